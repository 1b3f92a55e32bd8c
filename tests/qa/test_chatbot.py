from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda

import samples
from ingest import add_articles
from qa import Answer, AnswerReady, Chatbot, PassagesFound, Planned, QuestionError, Settings
from qa.reader import RereadingReader
from tests.loops import complete
from vectorstore import ArticleIndex


def assert_supported(answer: Answer, bot: Chatbot) -> None:
    """Every citation's quote is the article's own words at its place, and holds the answer."""
    assert answer.text is not None
    assert answer.citations
    for citation in answer.citations:
        article = bot.index.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
        assert article.text[citation.answer_start : citation.answer_end] in citation.quote
    assert answer.text in answer.citations[0].quote


def test_a_question_is_answered_with_the_words_that_support_it(bot: Chatbot) -> None:
    answer = bot.ask("when did Kanye propose")
    assert "Oct. 21" in (answer.text or "")
    assert answer.citations[0].title == "Kim and Kanye Reach Year Three"
    assert answer.score is not None and 0.0 < answer.score <= 1.0
    assert_supported(answer, bot)


def test_what_the_articles_do_not_say_is_not_answered(bot: Chatbot) -> None:
    answer = bot.ask("Who won the 2017 NBA finals?")
    assert answer.text is None
    assert answer.citations == ()
    assert answer.passages


def test_a_follow_up_carries_its_subject_along(bot: Chatbot) -> None:
    first = bot.ask("When was Saint born?")
    answer = bot.ask("and where did his parents marry?", history=[("When was Saint born?", first.text)])
    assert answer.query != answer.question
    assert "Saint" in answer.query


def test_questions_asked_together_are_answered_as_if_alone(bot: Chatbot) -> None:
    questions = ["when did Kanye propose", "When was Saint born?", "Who won the 2017 NBA finals?"]
    together = bot.ask_many([*questions, ""])
    assert [answer.text for answer in together if isinstance(answer, Answer)] == [
        bot.ask(one).text for one in questions
    ]
    assert isinstance(together[-1], QuestionError)
    assert bot.ask_many([]) == []


def test_every_passage_says_why_it_ranked(bot: Chatbot) -> None:
    passages = bot.ask("when did Kanye propose").passages
    assert [passage.rank for passage in passages] == list(range(1, len(passages) + 1))
    assert [passage.score for passage in passages] == sorted((p.score for p in passages), reverse=True)
    assert passages[0].scores["bm25"] > 0
    assert -1 <= passages[0].scores["similarity"] <= 1


def test_the_stream_shows_passages_first_and_the_answer_last(bot: Chatbot) -> None:
    async def collect() -> list[object]:
        return [event async for event in bot.astream("when did Kanye propose")]

    events = complete(collect())
    assert isinstance(events[0], Planned)
    assert isinstance(events[1], PassagesFound)
    assert isinstance(events[-1], AnswerReady)
    assert events[-1].answer.text == bot.ask("when did Kanye propose").text


def test_the_chain_and_the_retriever_are_langchains(bot: Chatbot) -> None:
    chain = bot.as_runnable()
    assert isinstance(chain, Runnable)
    piped = chain | RunnableLambda(lambda answer: answer.text)
    assert "2015" in piped.invoke({"question": "When was Saint born?", "history": []})
    assert isinstance(bot.retriever, BaseRetriever)
    document = bot.retriever.invoke("When was Saint born?")[0]
    article = bot.index.article(document.metadata["article_id"])
    assert article is not None
    assert article.text[document.metadata["start"] : document.metadata["end"]] == document.page_content


@pytest.mark.parametrize("question", ["", "   ", "?!", "\n\t"])
def test_an_empty_question_is_an_error_and_no_abstention(bot: Chatbot, question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        bot.ask(question)


def test_a_question_of_ten_thousand_characters_is_refused_with_the_limit(bot: Chatbot) -> None:
    with pytest.raises(QuestionError, match=r"10,000 characters.*1,000"):
        bot.ask("why? " * 1999 + "why??")


@pytest.mark.parametrize(
    "question",
    ["何ですか？", "🙂 what is this", "SELECT * FROM chunks", "a" * 999, "when\x00did", "‮evil‬", "\ud83c half"],
)
def test_odd_questions_get_an_answer_or_an_abstention(bot: Chatbot, question: str) -> None:
    assert isinstance(bot.ask(question), Answer)


def test_an_empty_library_abstains(empty_index: ArticleIndex) -> None:
    answer = Chatbot(empty_index, Settings(index=empty_index.folder)).ask("When was Saint born?")
    assert (answer.text, answer.score, answer.passages) == (None, 0.0, ())


def test_the_threshold_moves_the_abstention(library: ArticleIndex) -> None:
    question = "Who won the 2017 NBA finals?"
    assert Chatbot(library, Settings(threshold=0.0)).ask(question).text is not None
    assert Chatbot(library, Settings(threshold=1.0)).ask("When was Saint born?").text is None


def test_other_models_over_the_same_library_share_what_both_need(bot: Chatbot) -> None:
    quick = bot.with_models(llm=None, second_reading=False)
    assert quick.index is bot.index
    assert isinstance(bot.reader, RereadingReader) and quick.reader is bot.reader.first
    assert bot.with_models(llm=None, second_reading=True).reader is bot.reader
    assert "100 grams" in (quick.ask("How much does an Arctic tern weigh?").text or "")


def test_settings_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="top_k"):
        Chatbot.open(tmp_path, top_k=0)


def test_the_readme_example_works(tmp_path: Path) -> None:
    bot = Chatbot.open(tmp_path / "index")
    add_articles([samples.ARTICLES / "kim-and-kanye-third-anniversary.txt"], bot.index)
    answer = bot.ask("when did Kanye propose?")
    assert_supported(answer, bot)
    again = bot.ask("and when did they marry?", history=[("when did Kanye propose?", answer.text)])
    assert "Kanye" in again.query
    assert "marry" in again.query
    assert answer.to_dict()["citations"][0]["quote"] == answer.citations[0].quote
