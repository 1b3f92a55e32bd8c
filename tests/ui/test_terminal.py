from typing import Any

import pytest

from ingest import IngestReport, Outcome
from qa import Alternative, Answer, Citation, Item, Passage
from ui import terminal
from ui.wording import confidence_in_words
from vectorstore import ArticleSummary

QUOTE = "He proposed on\nOct. 21, 2013, in a ballpark."
CITATION = Citation("a1", "Year Three", "/kim.txt", QUOTE, 100, 144, 112, 128, "2017-05-12")
PASSAGES = tuple(
    Passage(f"c{rank}", "a1", title, "/kim.txt", "text", 0, 4, 1.0, 0.5, 1.0, rank)
    for rank, title in enumerate(["One", "Two", "One", "", "Four"], start=1)
)


def answer(text: str | None, **fields: Any) -> Answer:
    return Answer(
        "When?", text, **{"score": 0.9, "citations": (CITATION,) if text else (), "passages": PASSAGES} | fields
    )


def summary(article_id: str, title: str = "Title") -> ArticleSummary:
    return ArticleSummary(article_id, "/a.txt", title, (), None, 10, 1, "2026-01-01T00:00:00+00:00")


def test_an_answer_is_shown_with_its_quote_article_and_confidence(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_answer(answer("on Oct. 21, 2013"))
    assert capsys.readouterr().out.splitlines() == [
        "on Oct. 21, 2013",
        "“He proposed on Oct. 21, 2013, in a ballpark.”",
        "Year Three · 2017-05-12 · /kim.txt",
        "Very likely (90 %)",
    ]


def test_the_answer_is_emphasised_in_its_quote() -> None:
    quote = terminal._quote(CITATION)
    [span] = quote.spans
    assert quote.plain[span.start : span.end] == "on Oct. 21, 2013"


def test_a_quote_of_a_language_model_has_no_emphasis() -> None:
    quote = terminal._quote(Citation("a1", "Year Three", "/kim.txt", QUOTE, 100, 144))
    assert (quote.spans, quote.plain) == ([], "“He proposed on Oct. 21, 2013, in a ballpark.”")


def test_an_abstention_shows_the_nearest_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_answer(answer(None, nearest=(CITATION,), reason="no_answer"))
    assert capsys.readouterr().out.splitlines() == [
        "I found no answer. These sentences are about it:",
        "“He proposed on Oct. 21, 2013, in a ballpark.”",
        "Year Three · 2017-05-12 · /kim.txt",
    ]


def test_doubt_is_shown_as_candidates_without_a_headline(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_answer(answer(None, alternatives=(Alternative("2013", 0.3, CITATION),), reason="no_answer"))
    assert capsys.readouterr().out.splitlines()[:2] == ["I’m not sure. It may be this:", "- 2013"]


def test_a_list_is_shown_item_by_item_under_its_labels(capsys: pytest.CaptureFixture[str]) -> None:
    items = (Item("A ballpark.", (0,), label="Place"), Item("A proposal.", (0,), label="Place", date="2013-10-21"))
    terminal.show_answer(answer("A ballpark. A proposal.", kind="theme", score=None, items=items))
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == ["Place", "- A ballpark."]
    assert "- 2013-10-21: A proposal." in shown
    assert shown[-1] == "The articles’ own sentences"


def test_a_notice_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_answer(answer(None, notice="the language model did not answer"))
    assert capsys.readouterr().err == "article-qa: the language model did not answer\n"


def test_nothing_in_an_article_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_answer(answer("red \x1b[31m[bold]\u202etxet\r\x07"))
    assert capsys.readouterr().out.splitlines()[0] == "red [31m[bold]txet"


@pytest.mark.parametrize(("score", "words"), [(0.85, "Very likely"), (0.6, "Likely"), (0.59, "Possible, unsure")])
def test_confidence_in_words(score: float, words: str) -> None:
    assert confidence_in_words(score) == words


def test_json_is_readable_where_stdout_can_take_it_and_ascii_where_not(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_json({"city": "Kraków"})
    terminal.print_json({"half": "\ud83d"})
    assert capsys.readouterr().out == '{\n  "city": "Kraków"\n}\n{\n  "half": "\\ud83d"\n}\n'


def test_an_ingest_is_summed_up_and_what_was_skipped_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    added = [Outcome(f"/{n}.txt", "added", f"T{n}", str(n)) for n in range(terminal.LISTED + 2)]
    other = [Outcome("/gone.txt", "removed"), Outcome("/x.bin", "skipped", reason="no reader handles it")]
    terminal.show_report(IngestReport((*added, *other), chunks=40, seconds=2.04))
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0] == "+ T0  /0.txt"
    assert lines[terminal.LISTED :] == [
        "+ … and 2 more",
        "- /gone.txt",
        "22 added, 0 changed, 0 unchanged, 1 removed, 1 skipped; 40 passages in 2.0 s",
    ]
    assert shown.err == "article-qa: skipped /x.bin: no reader handles it\n"


def test_articles_are_listed_with_ids_that_can_be_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_articles([summary("0123456789ab", "A\ttab"), summary("0123456789cd")])
    ids = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert ids == ["0123456789a", "0123456789c"]


def test_an_empty_library_is_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_articles([])
    assert capsys.readouterr() == ("", "The library holds no articles.\n")
