from __future__ import annotations

import pytest

import samples
from qa import Chatbot
from qa.evaluation import load_test_set
from qa.types import Answer, AnswerReady, PassagesFound
from tests.qa.kinds.catalogue_questions import ARTICLES, TITLES, TOLD
from vectorstore import ArticleIndex


def _is_cited(answer: Answer, index: ArticleIndex) -> bool:
    """Whether every citation holds words that stand in the article itself, at the place it says."""
    for citation in answer.citations:
        article = index.article(citation.article_id)
        assert article is not None
        if article.text[citation.start : citation.end] != citation.quote or citation.start < article.body_start:
            return False
    return bool(answer.citations)


def test_questions_kept_aside_are_answered_right(bot: Chatbot) -> None:
    wrong = []
    for question, keys in ARTICLES:
        answer = bot.ask(question)
        if answer.kind != "catalogue" or {item.text for item in answer.items} != {TITLES[key] for key in keys.split()}:
            wrong.append((question, answer.kind, answer.text, answer.notice))
    for question, text in TOLD:
        answer = bot.ask(question)
        if answer.kind != "catalogue" or answer.text != text:
            wrong.append((question, answer.kind, answer.text, answer.notice))
    asked = len(ARTICLES) + len(TOLD)
    assert asked == 40
    assert len(wrong) <= 4, wrong


def test_sample_questions_about_the_articles_are_answered_right(bot: Chatbot) -> None:
    wrong = []
    for example in load_test_set(samples.METADATA):
        answer = bot.ask(example.question)
        if answer.text not in (example.answers or (None,)):
            wrong.append((example.question, answer.kind, answer.text))
    assert len(wrong) <= 2, wrong


def test_articles_are_items_cited_by_their_own_words(bot: Chatbot) -> None:
    answer = bot.ask("Which articles were published in 2019?")
    assert answer.model == "catalogue" and answer.score is None and answer.reason is None
    assert [(item.text, item.label, item.date) for item in answer.items] == [
        (TITLES["curie"], TITLES["curie"], "2019-11-07"),
        (TITLES["blue"], TITLES["blue"], "2019-11-18"),
        (TITLES["mile"], TITLES["mile"], "2019-05-06"),
    ]
    assert answer.text == f"{TITLES['curie']}, {TITLES['blue']} and {TITLES['mile']}"
    assert [item.citations for item in answer.items] == [(0,), (1,), (2,)]
    assert _is_cited(answer, bot.index)


def test_a_mention_is_cited_where_it_stands(bot: Chatbot) -> None:
    answer = bot.ask("Which articles mention Coltrane?")
    assert answer.text == TITLES["blue"]
    assert "Coltrane" in answer.citations[0].quote
    assert _is_cited(answer, bot.index)


def test_nothing_is_searched(bot: Chatbot) -> None:
    events = list(bot.stream("who wrote the article about cheese"))
    assert not any(isinstance(event, PassagesFound) for event in events)
    assert isinstance(events[-1], AnswerReady) and events[-1].answer.text == "Livia Santoro"
    assert events[-1].answer.passages == ()


@pytest.mark.parametrize(
    ("question", "notice"),
    [
        ("Which articles are by Charles Dickens?", "No article by Charles Dickens is in the library."),
        ("anything by Lianne Kolirin?", "No article by Lianne Kolirin is in the library."),
        (
            "Who wrote the article about volcanoes in Iceland?",
            "No article about “volcanoes in Iceland” is in the library.",
        ),
        ("Which articles were published in 1987?", "No article from 1987 is in the library."),
        (
            "When was the article about Arctic terns published?",
            f"“{TITLES['tern']}” does not say when it was published.",
        ),
        ("who wrote this?", "Say which article you mean: choose one, or say what it is about."),
    ],
)
def test_what_is_missing_is_said_plainly(bot: Chatbot, question: str, notice: str) -> None:
    answer = bot.ask(question)
    assert (answer.kind, answer.text, answer.reason, answer.notice) == ("catalogue", None, "nothing", notice)
    assert answer.citations == () and answer.items == ()


def test_this_article_is_the_one_that_was_chosen(bot: Chatbot) -> None:
    [kim] = [article.id for article in bot.index.articles() if article.title == TITLES["kim"]]
    assert bot.ask("who wrote this?", articles=[kim]).text == "Imogen Hartley"
    assert bot.ask("when was this article published?", articles=[kim]).text == "12 May 2017"
    assert bot.ask("how many articles are there?", articles=[kim]).text == "1"


def test_a_choice_is_never_widened(bot: Chatbot) -> None:
    [kim] = [article.id for article in bot.index.articles() if article.title == TITLES["kim"]]
    assert bot.ask("Who wrote the article about cheese?", articles=[kim]).text is None


@pytest.mark.parametrize(
    "question",
    [
        "Who proposed the bridge?",
        "How many articles does the constitution have?",
        "What was the latest story she told?",
        "Who published the first map of the moon?",
        "When was penicillin discovered?",
        "What was the article of clothing that he lost?",
        "Who wrote the novel Moby-Dick?",
    ],
)
def test_other_questions_are_left_to_the_articles(bot: Chatbot, question: str) -> None:
    assert bot.ask(question).kind != "catalogue"


def test_many_questions_keep_their_order(bot: Chatbot) -> None:
    answers = bot.ask_many(["Who wrote the article about cheese?", "When did Kanye propose?", "articles from 1790"])
    assert [isinstance(answer, Answer) and answer.kind for answer in answers] == ["catalogue", "fact", "catalogue"]
