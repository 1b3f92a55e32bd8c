from html.parser import HTMLParser
from pathlib import Path

from qa.evaluation import EvalQuestion, EvalResult, QuestionResult, write_report
from qa.evaluation.report import render
from qa.types import Citation

NASTY = "<script>alert('x')</script>\"&"
QUESTION = EvalQuestion("a", "When did he propose?", ("2013",), "Year Three", (("Who?", None), ("Who?", "Kim")))
QUOTE = Citation("a1", "Year Three", "/kim.txt", "He proposed in 2013 & <so>.", 100, 127, 115, 119)
ROWS = (
    QuestionResult(QUESTION, "2013", "2013", 0.9, (QUOTE,), 1, 20.0),
    QuestionResult(QUESTION, "", "2014", 0.2, (), None, 20.0),
    QuestionResult(QUESTION, None, failure="too long"),
    QuestionResult(EvalQuestion("b", "Why?", ()), "Love", "Love", 0.7, (), None, 20.0),
)


class Page(HTMLParser):
    """What the tests look at."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outcomes: list[str | None] = []
        self.addresses: list[str | None] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.addresses += [given[name] for name in ("src", "href") if name in given]
        if tag == "tr" and "data-outcome" in given:
            self.outcomes.append(given["data-outcome"])


def test_failures_come_first() -> None:
    assert Page(render(EvalResult(ROWS))).outcomes == ["failed", "overconfident", "missed", "right"]


def test_the_answer_is_marked_in_its_quote() -> None:
    assert "He proposed in <mark>2013</mark> &amp; &lt;so&gt;." in render(EvalResult(ROWS))


def test_what_an_abstention_would_have_said_is_shown() -> None:
    assert "would have said: 2014" in render(EvalResult(ROWS))


def test_nothing_is_fetched_from_anywhere() -> None:
    html = render(EvalResult(ROWS))
    assert Page(html).addresses == []
    assert "http" not in html.replace("http-equiv", "")


def test_everything_is_escaped() -> None:
    question = EvalQuestion(NASTY, NASTY, (NASTY,), NASTY, ((NASTY, NASTY),))
    citation = Citation(NASTY, NASTY, NASTY, NASTY, 0, len(NASTY), 0, 8)
    rows = (
        QuestionResult(question, NASTY, NASTY, 0.5, (citation,), 1, 1.0),
        QuestionResult(question, "", NASTY, 0.5),
        QuestionResult(question, None, failure=NASTY),
    )
    html = render(EvalResult(rows, {"index": NASTY}), title=NASTY)
    assert Page(html).tags.count("script") == 1
    assert "alert('x')" not in html


def test_a_report_without_retrieval_says_nothing_of_it() -> None:
    assert "MRR" in render(EvalResult(ROWS))
    assert "MRR" not in render(EvalResult(ROWS, retrieved=False))


def test_the_report_is_one_file(tmp_path: Path) -> None:
    write_report(EvalResult(ROWS), tmp_path / "report.html", "Samples")
    assert "<title>Samples</title>" in (tmp_path / "report.html").read_text(encoding="utf-8")
