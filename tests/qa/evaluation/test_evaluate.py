import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from qa.errors import QuestionError, TestSetError
from qa.evaluation import EvalQuestion, evaluate, evaluate_gold_context, load_test_set
from qa.ports import Text
from qa.selection import Calibration
from qa.settings import Settings
from qa.types import Alternative, Answer, Candidate, Citation, Item, Passage, Turn
from samples import FOLLOWUPS, QUESTIONS
from vectorstore import StoreError

CITATION = Citation("a1", "Year Three", "/a/kim.txt", "He proposed in 2013.", 10, 30, 25, 29)


def passage(text: str, rank: int, title: str = "Year Three") -> Passage:
    return Passage(f"c{rank}", "a1", title, f"/a/{title}.txt", text, 0, len(text), 1.0, rank)


def answer(text: str | None, score: float, instead: str | None = None, passages: Sequence[Passage] = ()) -> Answer:
    alternatives = (Alternative(instead, score, CITATION),) if instead else ()
    return Answer(
        "asked",
        text,
        score=score,
        citations=(CITATION,) if text else (),
        passages=tuple(passages),
        alternatives=alternatives,
        query="alone",
    )


class StubBot:
    """Gives the scripted answers, raising those that are errors, and the same ranked passages to every query."""

    def __init__(self, answers: Mapping[str, Answer | Exception], ranked: Sequence[Passage] | Exception = ()) -> None:
        self._answers = answers
        self._ranked = ranked
        self.asked: list[tuple[str, Sequence[Turn]]] = []
        self.searched: list[tuple[str, int]] = []
        self.settings = Settings(threshold=0.5, top_k=2)
        self.index = SimpleNamespace(
            counts=lambda: (3, 12), embedder_name="hash", place=Path("library"), chunking="size=9 overlap=1"
        )
        self.reader = SimpleNamespace(name="scripted")
        self.gatherer = self

    def warm_up(self) -> None:
        pass

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        self.asked.append((question, history))
        given = self._answers[question]
        if isinstance(given, Exception):
            raise given
        return given

    def passages(self, query: str, top_k: int) -> list[Passage]:
        self.searched.append((query, top_k))
        if isinstance(self._ranked, Exception):
            raise self._ranked
        return list(self._ranked[:top_k])


def run(bot: StubBot, questions: Sequence[EvalQuestion]) -> Any:
    return evaluate(bot, questions)  # type: ignore[arg-type]


@pytest.fixture
def mixed() -> Any:
    """Right, partly right, wrong, missed, overconfident, rightly abstained."""
    answers = {
        "right": answer("2013", 0.9),
        "partly": answer("in 2013", 0.8),
        "wrong": answer("Paris", 0.6),
        "missed": answer(None, 0.4, instead="2013"),
        "overconfident": answer("Rome", 0.7),
        "abstained": answer(None, 0.1),
    }
    questions = [
        EvalQuestion(name, name, () if name in ("overconfident", "abstained") else ("2013",)) for name in answers
    ]
    return run(StubBot(answers), questions)


def test_answers_are_scored_over_all_and_apart(mixed: Any) -> None:
    figures = mixed.to_dict()
    # F1 of "in 2013" against "2013": precision 1/2, recall 1 -> 2/3.
    assert figures["n"] == 6
    assert figures["exact_match"] == pytest.approx(100 * 2 / 6)
    assert figures["f1"] == pytest.approx(100 * (2 + 2 / 3) / 6)
    assert figures["has_answer"] == {"n": 4, "exact_match": 25.0, "f1": pytest.approx(100 * (1 + 2 / 3) / 4)}
    assert figures["no_answer"] == {"n": 2, "exact_match": 50.0, "f1": 50.0}


def test_abstentions_are_scored(mixed: Any) -> None:
    # Scores of answerable .9 .8 .6 .4 against .7 .1: 2 + 2 + 1 + 1 of 8 pairs in order.
    assert mixed.to_dict()["abstention"] == {"precision": 0.5, "recall": 0.5, "auroc": pytest.approx(6 / 8)}


def test_calibration_counts_what_would_have_been_answered(mixed: Any) -> None:
    # Each score is alone in its bin; right are .9 and, though it was withheld, .4.
    expected = (0.1 + 0.8 + 0.6 + 0.6 + 0.7 + 0.1) / 6
    assert mixed.to_dict()["calibration_error"] == pytest.approx(expected)


def test_outcomes_are_told_in_a_word(mixed: Any) -> None:
    assert [row.outcome for row in mixed.rows] == [
        "right",
        "partly right",
        "wrong",
        "missed",
        "overconfident",
        "rightly abstained",
    ]


def test_the_interval_holds_the_figure(mixed: Any) -> None:
    figures = mixed.to_dict()
    for name in ("exact_match", "f1"):
        low, high = figures["confidence"][name]
        assert 0 <= low <= figures[name] <= high <= 100


def test_a_failed_question_is_no_abstention() -> None:
    bot = StubBot({"long": QuestionError("too long"), "none": answer(None, 0.0)})
    result = run(bot, [EvalQuestion("a", "long", ()), EvalQuestion("b", "none", ())])
    figures = result.to_dict()
    assert figures["failed"] == [{"id": "a", "question": "long", "reason": "too long"}]
    assert figures["exact_match"] == 50.0
    assert figures["abstention"]["recall"] == 1.0
    assert [row.to_dict()["prediction"] for row in result.rows] == [None, ""]


def test_a_failure_of_the_library_fails_its_question_alone() -> None:
    asked = [EvalQuestion("a", "lost", ("2013",)), EvalQuestion("b", "found", ("2013",))]
    result = run(StubBot({"lost": StoreError("disk gone"), "found": answer("2013", 0.9)}, [RANKED[0]]), asked)
    assert [row.failure for row in result.rows] == ["disk gone", None]
    unsearched = run(StubBot({"found": answer("2013", 0.9)}, StoreError("disk gone")), asked[1:])
    assert [row.failure for row in unsearched.rows] == ["disk gone"]


def test_other_errors_stop_the_evaluation() -> None:
    with pytest.raises(RuntimeError):
        run(StubBot({"a": RuntimeError("disk gone")}), [EvalQuestion("a", "a", ())])


RANKED = [
    passage("Kim was born in 1980.", 1),
    passage("In 2013 it rained.", 2, title="Weather"),
    passage("He proposed in 2013.", 3),
]


def test_relevant_is_an_accepted_answer_in_the_named_article() -> None:
    bot = StubBot({"q": answer("2013", 0.9, passages=RANKED[:2])}, RANKED)
    questions = [EvalQuestion("a", "q", ("2013",)), EvalQuestion("b", "q", ("2013",), article="year_three")]
    result = run(bot, questions)
    figures = result.to_dict()
    assert [row.first_relevant_rank for row in result.rows] == [2, 3]
    assert figures["answer_recall_at"] == {"1": 0.0, "3": 1.0, "5": 1.0, "10": 1.0, "20": 1.0}
    assert figures["mrr_at_10"] == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_twenty_passages_are_looked_through_though_fewer_are_read() -> None:
    bot = StubBot({"q": answer("2013", 0.9, passages=RANKED[:2])}, RANKED)
    run(bot, [EvalQuestion("a", "q", ("2013",)), EvalQuestion("b", "q", ())])
    assert bot.searched == [("alone", 20)]


def test_unanswerable_questions_do_not_count_in_retrieval() -> None:
    result = run(StubBot({"q": answer(None, 0.1)}, RANKED), [EvalQuestion("a", "q", ())])
    figures = result.to_dict()
    assert set(figures["answer_recall_at"].values()) == {None}
    assert figures["mrr_at_10"] is None
    assert figures["has_answer"] == {"n": 0, "exact_match": None, "f1": None}


def test_history_is_passed_on() -> None:
    bot = StubBot({"and then?": answer("2013", 0.9)})
    run(bot, [EvalQuestion("a", "and then?", ("2013",), history=(("When?", None),))])
    assert bot.asked == [("and then?", (("When?", None),))]


def test_a_prediction_line_has_the_promised_fields() -> None:
    [row] = run(StubBot({"q": answer("in 2013", 0.9)}, RANKED), [EvalQuestion("a", "q", ("2013",))]).rows
    assert row.to_dict() == {
        "id": "a",
        "question": "q",
        "answers": ["2013"],
        "prediction": "in 2013",
        "kind": "fact",
        "score": 0.9,
        "exact_match": 0.0,
        "f1": pytest.approx(2 / 3),
        "citations": [
            {
                "article_id": "a1",
                "title": "Year Three",
                "source": "/a/kim.txt",
                "quote": "He proposed in 2013.",
                "start": 10,
                "end": 30,
            }
        ],
        "first_relevant_rank": 2,
    }


def kinds(**answers: Answer) -> Any:
    """The figures of one question of each kind, answered as told."""
    gold: dict[str, dict[str, Any]] = {
        "list": {"items": (("Ann", "Ann Lee"), ("Bo",), ("Cy",))},
        "yes_no": {"verdict": "yes"},
        "explanation": {"reference": "Because the river rose and the bridge fell."},
        "count": {"answers": ("three",)},
    }
    questions = [EvalQuestion(kind, kind, **({"answers": ()} | gold[kind]), kind=kind) for kind in answers]  # type: ignore[arg-type]
    return run(StubBot(answers), questions).to_dict()


def test_items_are_scored_whole_and_by_their_words() -> None:
    items = (Item("Ann Lee", (0,)), Item("Bo Derek", (0,)))
    figures = kinds(list=Answer("q", "Ann Lee and Bo Derek", kind="list", items=items))["kinds"]["list"]
    # Whole: one of two given, one of three wanted: precision 1/2, recall 1/3.
    assert figures["items_exact_f1"] == pytest.approx(100 * 2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    # "Bo Derek" shares 2/3 with "Bo": precision (1 + 2/3) / 2, recall (1 + 2/3 + 0) / 3.
    precision, recall = (1 + 2 / 3) / 2, (1 + 2 / 3) / 3
    assert figures["items_partial_f1"] == pytest.approx(100 * 2 * precision * recall / (precision + recall))
    assert figures["wrong_of_shown"] == 0.0


def test_verdicts_are_right_or_wrong_or_not_given() -> None:
    shown = kinds(yes_no=Answer("q", "No. It fell.", kind="yes_no", verdict="no"))
    assert shown["kinds"]["yes_no"]["verdicts_right"] == 0.0
    assert shown["wrong_of_shown"] == 1.0
    unsure = kinds(yes_no=Answer("q", "It fell.", kind="yes_no"))["kinds"]["yes_no"]
    assert (unsure["verdicts_right"], unsure["verdicts_shown"], unsure["wrong_of_shown"]) == (None, 0.0, 0.0)


def test_longer_answers_are_compared_with_their_reference() -> None:
    figures = kinds(explanation=Answer("q", "Because the river rose.", kind="explanation"))
    # Four words in common, in order, of four and of eight.
    assert figures["kinds"]["explanation"]["rouge_l"] == pytest.approx(100 * 2 * 4 / (4 + 8))
    assert figures["exact_match"] is None  # there is no string to match
    unlike = kinds(explanation=Answer("q", "Nobody knows.", kind="explanation"))
    assert unlike["wrong_of_shown"] == 1.0


def test_a_needless_abstention_counts_in_its_kind() -> None:
    figures = kinds(count=Answer("q", None, kind="fact", score=0.1))["kinds"]["count"]
    assert (figures["shown"], figures["needless_of_abstentions"]) == (0.0, 1.0)
    assert figures["taken_for"] == {"fact": 1}
    assert 0 < figures["latency_ms"]["p50"] <= figures["latency_ms"]["p95"]


def test_settings_say_what_was_measured(mixed: Any) -> None:
    settings = mixed.to_dict()["settings"]
    assert settings["reader"] == "scripted"
    assert settings["embedder"] == "hash"
    assert (settings["index"], settings["articles"], settings["chunks"]) == ("library", 3, 12)
    assert (settings["top_k"], settings["threshold"]) == (2, 0.5)
    assert settings["answered_by"] == {"reader": 6}
    assert settings["versions"]["chromadb"]


def test_figures_are_plain_json(mixed: Any) -> None:
    figures = mixed.to_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_progress_is_told_question_by_question() -> None:
    told: list[tuple[int, int]] = []
    bot = StubBot({"q": answer(None, 0.0)})
    evaluate(bot, [EvalQuestion("a", "q", ())] * 3, lambda done, total: told.append((done, total)))  # type: ignore[arg-type]
    assert told == [(1, 3), (2, 3), (3, 3)]


# With the paragraph given


CALIBRATION = Calibration(
    retrieval_weight=0.0, agreement=0.0, bias=0.0, score_weight=1.0, margin_weight=0.0, threshold=0.5
)
"""The chance is the logistic function of the reader's score: above one half where that is positive."""


class StubReader:
    """Finds "2013" wherever it stands, surely unless the title is "Doubt", and takes no question of over 20 letters."""

    name = "stub"

    def read(self, question: str, passages: Sequence[Text]) -> list[Candidate]:
        [(title, text)] = passages
        if len(question) > 20:
            raise QuestionError("too long to read")
        start = text.find("2013")
        return [Candidate("2013", 0, start, start + 4, -1.0 if title == "Doubt" else 2.0)] if start >= 0 else []


def gold(question: str = "When?", answers: tuple[str, ...] = ("2013",), title: str = "") -> EvalQuestion:
    return EvalQuestion("id", question, answers, context="It rained. He proposed in 2013.", title=title)


def test_the_reader_answers_from_the_paragraph_alone() -> None:
    result = evaluate_gold_context(StubReader(), CALIBRATION, [gold()])
    [row] = result.rows
    assert (row.prediction, row.exact_match, row.first_relevant_rank) == ("2013", 1.0, None)
    assert row.score == pytest.approx(0.8808, abs=1e-4)  # 1 / (1 + e^-2)
    assert [citation.quote for citation in row.citations] == ["He proposed in 2013."]
    assert row.question.context[row.citations[0].start : row.citations[0].end] == row.citations[0].quote


def test_the_title_is_read_and_the_threshold_decides() -> None:
    reader = StubReader()
    [row] = evaluate_gold_context(reader, CALIBRATION, [gold(title="Doubt")]).rows
    assert (row.prediction, row.best, row.outcome) == ("", "2013", "missed")
    [row] = evaluate_gold_context(reader, CALIBRATION, [gold(title="Doubt")], threshold=0.2).rows
    assert row.outcome == "right"


def test_retrieval_is_not_measured_with_the_paragraph_given() -> None:
    figures = evaluate_gold_context(StubReader(), CALIBRATION, [gold()]).to_dict()
    assert figures["mrr_at_10"] is None
    assert set(figures["answer_recall_at"].values()) == {None}
    assert figures["settings"]["mode"] == "gold context"


def test_a_question_that_fails_fails_alone() -> None:
    questions = [gold(), gold("so long that it cannot be read"), gold()]
    told: list[int] = []
    result = evaluate_gold_context(StubReader(), CALIBRATION, questions, lambda done, total: told.append(done))
    assert told == [1, 2, 3]
    assert [row.failure for row in result.rows] == [None, "too long to read", None]
    assert [row.outcome for row in result.rows] == ["right", "failed", "right"]


def test_a_reader_that_nobody_has_measured_gives_no_scores() -> None:
    figures = evaluate_gold_context(StubReader(), None, [gold(), gold(title="Doubt")]).to_dict()
    assert figures["calibration_error"] is None
    assert figures["has_answer"]["exact_match"] == 50.0


def test_a_question_without_its_paragraph_is_refused() -> None:
    with pytest.raises(TestSetError, match="question a has no gold paragraph"):
        evaluate_gold_context(StubReader(), CALIBRATION, [EvalQuestion("a", "When?", ("2013",))])


# With the real parts


def test_the_samples_score_well_end_to_end(bot: Any) -> None:
    questions = load_test_set(QUESTIONS)[:12] + load_test_set(FOLLOWUPS)[:3]
    result = evaluate(bot, questions)
    figures = result.to_dict()
    assert not result.failed
    assert figures["n"] == 15
    assert figures["answer_recall_at"]["10"] >= 0.8
    assert figures["latency_ms"]["p50"] > 0
    for row in result.rows:
        for citation in row.citations:
            article = bot.index.article(citation.article_id)
            assert article.text[citation.start : citation.end] == citation.quote
