"""Broken and hostile files: each is taken in or named with a reason, within bounds, and the library stays sound."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest import add_articles
from ingest.formats import sandbox
from ingest.report import Outcome
from tests.ingest.hostile import corpus
from tests.ingest.test_pipeline import CountingEmbedder
from vectorstore import Article, ArticleIndex

pytestmark = pytest.mark.slow

SECONDS = 100.0
"""For any one file: the bound of a reader, and what a busy machine adds."""
MEGABYTES = 700
"""This process may grow by, over the whole corpus; the readers' child has a bound of its own."""


@dataclass(frozen=True)
class Run:
    """What became of the corpus, taken into one library file by file."""

    outcomes: dict[str, tuple[Outcome, ...]]
    seconds: dict[str, float]
    grown: float
    child: float
    """Megabytes that this process grew by, and that the readers' child took at most; 0 where another child that ended
    before, of other tests, took more: only the largest is told."""
    index: ArticleIndex

    @property
    def articles(self) -> list[Article]:
        found = (self.index.article(summary.id) for summary in self.index.articles(copies=True))
        return [article for article in found if article is not None]


def megabytes(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("hostile")
    index = ArticleIndex.open(tmp_path_factory.mktemp("library") / "index", CountingEmbedder())
    outcomes, seconds = {}, {}
    before, largest = megabytes(resource.RUSAGE_SELF), megabytes(resource.RUSAGE_CHILDREN)
    for name, make in corpus().items():
        file: Path = folder / name
        file.write_bytes(make())
        started = time.perf_counter()
        outcomes[name] = add_articles([file], index).outcomes
        seconds[name] = time.perf_counter() - started
        file.unlink()
    sandbox.stop()
    child = megabytes(resource.RUSAGE_CHILDREN)
    yield Run(outcomes, seconds, megabytes(resource.RUSAGE_SELF) - before, child if child > largest else 0.0, index)
    index.close()


def test_there_are_enough_of_them() -> None:
    assert len(corpus()) >= 90


def test_each_is_taken_in_or_named_with_a_reason(run: Run) -> None:
    for name, outcomes in run.outcomes.items():
        assert outcomes, f"nothing was said of {name}"
        for outcome in outcomes:
            assert name in outcome.source
            assert (outcome.status, outcome.reason) == ("added", None) or outcome.status == "skipped", outcome
            assert outcome.status == "added" or 0 < len(outcome.reason or "") < 400, outcome
            assert (outcome.reason or "").isprintable(), outcome


def test_what_is_good_in_them_is_taken_in(run: Run) -> None:
    good = {name: [outcome.status for outcome in outcomes] for name, outcomes in run.outcomes.items() if "good" in name}
    assert len(good) >= 20
    assert {name: statuses for name, statuses in good.items() if "added" not in statuses} == {}


def test_none_takes_long_or_fills_the_memory(run: Run) -> None:
    assert {name: seconds for name, seconds in run.seconds.items() if seconds > SECONDS} == {}
    assert run.grown < MEGABYTES
    assert run.child < 2_000


def test_the_library_is_intact(run: Run) -> None:
    assert run.index.check().problems == ()
    for article in run.articles:
        for text in (article.text, article.title, article.source, *article.authors, article.published or ""):
            text.encode()
            assert not any(character in text for character in "\0\u202e\x1b")


def test_nothing_of_this_machine_got_in_and_no_entity_grew(run: Run) -> None:
    texts = [f"{article.title} {article.text}" for article in run.articles]
    assert not any("root:" in text or "lollol" in text for text in texts)


def test_scripts_stay_words_where_they_are_words_and_go_where_they_are_markup(run: Run) -> None:
    page = next(article for article in run.articles if article.source.endswith("good-scripted.html"))
    assert "alert" not in page.text[page.body_start :]
    [plain] = [article for article in run.articles if article.source.endswith("good-scripted.odt")]
    assert plain.text.endswith("<script>alert(1)")
