from __future__ import annotations

import pytest

import samples
from qa import Chatbot
from qa.evaluation import evaluate, load_test_set
from qa.metadata import MetadataQuestion, parse
from qa.types import AnswerReady


@pytest.mark.parametrize(
    ("question", "reading"),
    [
        ("Who wrote the article about the Met Gala?", MetadataQuestion("authors", "the Met Gala")),
        ("when was the story about the robbery published", MetadataQuestion("published", "the robbery")),
        (
            "What was published in May 2017 about Kim?",
            MetadataQuestion("articles", "Kim", period="2017-05", says_article=False),
        ),
        ("Which articles were published on 5 May 2017?", MetadataQuestion("articles", period="2017-05-05")),
        ("which articles are from 2017-05", MetadataQuestion("articles", period="2017-05")),
        ("What is the newest article?", MetadataQuestion("articles", order="newest")),
        ("which is the oldest story about Kim", MetadataQuestion("articles", "Kim", order="oldest")),
        ("When was the latest article about Kim published?", MetadataQuestion("published", "Kim", order="newest")),
        ("How many articles do you have?", MetadataQuestion("count")),
        ("how many articles are there by Natalie Finn", MetadataQuestion("count", author="Natalie Finn")),
        ("How many articles were published in May 2017?", MetadataQuestion("count", period="2017-05")),
        ("What did Natalie Finn write?", MetadataQuestion("articles", author="Natalie Finn", says_article=False)),
    ],
)
def test_questions_about_articles_are_understood(question: str, reading: MetadataQuestion) -> None:
    assert parse(question)[0] == reading


@pytest.mark.parametrize(
    "question",
    [
        "When did Kanye propose?",
        "Who proposed the bridge?",
        "How many articles does the constitution have?",
        "How many stories does the tower have?",
        "What was the latest story she told?",
        "What happened in May 2017?",
        "Who published the first map of the moon?",
        "When was penicillin discovered?",
        "What was the article of clothing that he lost?",
        "",
    ],
)
def test_other_questions_are_left_alone(question: str) -> None:
    assert parse(question) == []


def test_every_sample_question_about_the_articles_is_answered_right(bot: Chatbot) -> None:
    figures = evaluate(bot, load_test_set(samples.METADATA)).to_dict()
    assert figures["exact_match"] == 100.0
    assert figures["failed"] == []


def test_the_answer_is_cited_by_the_articles_first_line(bot: Chatbot) -> None:
    answer = bot.ask("Who wrote the article about Kim and Kanye?")
    assert answer.text == "Imogen Hartley" and answer.model == "metadata"
    [citation] = answer.citations
    article = bot.index.article(citation.article_id)
    assert article is not None
    assert article.text[citation.start : citation.end] == citation.quote == "By Imogen Hartley · Published 12 May 2017"
    assert article.text[citation.answer_start : citation.answer_end] == "Imogen Hartley"


def test_what_an_article_does_not_say_of_itself_is_left_unanswered(bot: Chatbot) -> None:
    answer = bot.ask("When was the article about Arctic terns published?")
    assert answer.text is None and answer.citations == ()
    assert "does not give its date" in (answer.notice or "")


def test_who_wrote_a_book_is_asked_of_the_articles(bot: Chatbot) -> None:
    assert bot.ask("Who wrote the novel Moby-Dick?").model != "metadata"
    assert bot.ask("When was it published?").model != "metadata"
    assert bot.ask("Who wrote about the weight of the Arctic tern in grams and soap?").model != "metadata"
    assert bot.ask("What was published in 1929?").model != "metadata"


def test_many_questions_keep_their_order(bot: Chatbot) -> None:
    questions = ["Who wrote the article about cheese?", "When did Kanye propose?", "Which articles are from 1790?"]
    assert [answer.question for answer in bot.ask_many(questions)] == questions
    assert [answer.model == "metadata" for answer in bot.ask_many(questions)] == [True, False, True]


def test_a_stream_ends_with_the_answer(bot: Chatbot) -> None:
    *_, last = bot.stream("Who wrote the article about cheese?")
    assert isinstance(last, AnswerReady) and last.answer.text == "Livia Santoro"


def test_the_newest_the_oldest_and_the_number_of_articles_are_told(bot: Chatbot) -> None:
    stored = bot.index.articles()
    dated = sorted((one for one in stored if one.published), key=lambda one: one.published or "")
    assert bot.ask("How many articles are there?").text == str(len(stored))
    assert bot.ask("What is the newest article?").text == dated[-1].title
    oldest = bot.ask("what is the oldest article in the library?")
    assert oldest.text == dated[0].title
    assert [citation.article_id for citation in oldest.citations] == [dated[0].id]
    assert bot.ask("How many articles were published in 1801?").text is None
