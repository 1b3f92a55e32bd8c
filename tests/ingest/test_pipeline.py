from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import Progress, add_articles
from ingest.steps import PIECE_CHUNKS
from ingest.types import FilePlace
from tests.conftest import Store
from vectorstore import ArticleIndex, StoreLocked

BRIDGE = "The Old Bridge\n\nThe bridge over the river was opened in 1883. Its towers are made of granite.\n"
CHEESE = "Cheese\n\nThe wheels ripen for two years. An expert taps each of them with a hammer.\n"


@pytest.fixture
def empty_index(store: Store) -> Iterator[ArticleIndex]:
    """A library of its own for one test, in each place that there is."""
    index = ArticleIndex.open(store.place(), CountingEmbedder())
    yield index
    index.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two articles."""
    made = tmp_path / "articles"
    made.mkdir()
    (made / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    (made / "cheese.txt").write_text(CHEESE, encoding="utf-8")
    return made


class CountingEmbedder:
    """Fixed little vectors, and a count of the texts that were embedded."""

    name = "counting"
    dimension = 4

    def __init__(self) -> None:
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return [[1.0, len(text) % 7, len(text) % 11, 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def statuses(folder: Path, index: ArticleIndex) -> dict[str, str]:
    return {Path(outcome.source).name: outcome.status for outcome in add_articles([folder], index).outcomes}


def test_a_file_may_be_known_under_another_name(folder: Path, empty_index: ArticleIndex) -> None:
    report = add_articles([FilePlace("uploads/crossing.txt", folder / "bridge.txt"), folder], empty_index)
    assert [(one.source, one.status) for one in report.outcomes] == [
        ("uploads/crossing.txt", "added"),
        (str((folder / "bridge.txt").resolve()), "added"),
        (str((folder / "cheese.txt").resolve()), "added"),
    ]
    (folder / "bridge.txt").write_text(BRIDGE.replace("1883", "1884"), encoding="utf-8")
    again = add_articles([FilePlace("uploads/crossing.txt", folder / "bridge.txt")], empty_index)
    assert [(one.source, one.status) for one in again.outcomes] == [("uploads/crossing.txt", "changed")]
    (folder / "bridge.txt").unlink()
    assert statuses(folder, empty_index)["bridge.txt"] == "removed"
    assert "uploads/crossing.txt" in {one.source for one in empty_index.sources()}


def test_articles_of_a_folder_are_added_with_their_offsets(folder: Path, empty_index: ArticleIndex) -> None:
    assert statuses(folder, empty_index) == {"bridge.txt": "added", "cheese.txt": "added"}
    [hit, *_] = empty_index.search_lexical("granite", top_k=3)
    article = empty_index.article(hit.chunk.article_id)
    assert article is not None
    assert article.text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
    assert article.title == "The Old Bridge"


def test_adding_twice_changes_nothing_and_embeds_nothing(folder: Path, empty_index: ArticleIndex) -> None:
    index, embedder = empty_index, empty_index.embedder
    assert isinstance(embedder, CountingEmbedder)
    add_articles([folder], index)
    embedded, generation = embedder.embedded, index.generation
    assert statuses(folder, index) == {"bridge.txt": "unchanged", "cheese.txt": "unchanged"}
    assert (embedder.embedded, index.generation) == (embedded, generation)


def test_a_folder_is_mirrored(folder: Path, empty_index: ArticleIndex) -> None:
    add_articles([folder], empty_index)
    (folder / "cheese.txt").unlink()
    (folder / "bridge.txt").write_text(BRIDGE + "\nIt was closed in 1999.\n", encoding="utf-8")
    (folder / "tern.txt").write_text("Terns\n\nArctic terns fly from pole to pole.\n", encoding="utf-8")
    expected = {"bridge.txt": "changed", "tern.txt": "added", "cheese.txt": "removed"}
    assert statuses(folder, empty_index) == expected
    assert {article.title for article in empty_index.articles()} == {"The Old Bridge", "Terns"}
    assert empty_index.check().sound


def test_a_folder_that_turns_out_empty_loses_nothing(folder: Path, empty_index: ArticleIndex) -> None:
    add_articles([folder], empty_index)
    for file in folder.iterdir():
        file.unlink()
    report = add_articles([folder], empty_index)
    assert [(outcome.source, outcome.status) for outcome in report.outcomes] == [(str(folder), "skipped")]
    assert "2 read from it before are kept" in (report.outcomes[0].reason or "")
    assert empty_index.counts()[0] == 2


def test_a_file_that_became_unreadable_keeps_its_old_text(folder: Path, empty_index: ArticleIndex) -> None:
    add_articles([folder], empty_index)
    (folder / "cheese.txt").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)
    report = add_articles([folder], empty_index)
    [skipped] = report.of("skipped")
    assert skipped.source.endswith("cheese.txt")
    assert "PDF" in (skipped.reason or "")
    assert empty_index.search_lexical("hammer", top_k=1)


def test_a_bad_file_is_named_and_the_rest_goes_on(folder: Path, empty_index: ArticleIndex) -> None:
    (folder / "empty.txt").write_bytes(b"")
    (folder / "program.txt").write_bytes(b"\x7fELF" + bytes(500))
    (folder / "latin.txt").write_bytes("Café Müller\n\nDas Café öffnete 1920 in Köln.\n".encode("latin-1"))
    report = add_articles([folder], empty_index)
    assert {Path(outcome.source).name for outcome in report.of("skipped")} == {"empty.txt", "program.txt"}
    assert all(outcome.reason for outcome in report.of("skipped"))
    assert empty_index.search_lexical("Köln", top_k=1)[0].chunk.title == "Café Müller"


def test_a_source_that_is_not_there_is_named(empty_index: ArticleIndex, tmp_path: Path) -> None:
    [outcome] = add_articles([tmp_path / "nowhere.txt"], empty_index).outcomes
    assert outcome.status == "skipped"
    assert "nowhere.txt" in outcome.source
    assert outcome.reason


def test_progress_is_told_to_the_end(folder: Path, empty_index: ArticleIndex) -> None:
    told: list[Progress] = []
    report = add_articles([folder], empty_index, told.append)
    assert list(dict.fromkeys(step.done for step in told)) == [1, 2]
    assert told[-1].total == 2
    assert told[-1].chunks == told[-1].cut == report.chunks > 0
    assert told[-1].share == 1


def test_progress_is_told_while_one_long_article_is_embedded(tmp_path: Path, empty_index: ArticleIndex) -> None:
    lines = (f"In {200 + year} the parish paid {year} shillings for candles and oil." for year in range(4000))
    (tmp_path / "accounts.txt").write_text("Accounts\n\n" + "\n\n".join(lines), encoding="utf-8")
    told: list[Progress] = []
    report = add_articles([tmp_path / "accounts.txt"], empty_index, told.append)
    shares = [step.share for step in told]
    assert shares == sorted(shares)
    assert shares[0] == 0 and shares[-1] == 1
    assert any(0 < step.chunks < step.cut for step in told)
    assert report.chunks == told[-1].cut > PIECE_CHUNKS


def test_an_ingest_is_refused_while_another_process_writes_alone(folder: Path, empty_index: ArticleIndex) -> None:
    other = ArticleIndex.open(empty_index.place)
    with other.writing(alone=True), pytest.raises(StoreLocked):
        add_articles([folder], empty_index)
    other.close()


def test_title_and_byline_are_kept_as_such_and_not_searched_as_text(tmp_path: Path, empty_index: ArticleIndex) -> None:
    file = tmp_path / "tern.txt"
    file.write_text("Terns\n\nBy Oona Farrell\nMay 5, 2017\n\nArctic terns fly from pole to pole.\n", encoding="utf-8")
    add_articles([file], empty_index)
    [summary] = empty_index.articles()
    assert (summary.title, summary.authors, summary.published) == ("Terns", ("Oona Farrell",), "2017-05-05")
    article = empty_index.article(summary.id)
    assert article is not None
    assert article.text == "By Oona Farrell · Published 5 May 2017\n\nArctic terns fly from pole to pole."
    [hit] = empty_index.search_lexical("farrell terns published", top_k=9)
    assert hit.chunk.text == article.text[article.body_start :] == "Arctic terns fly from pole to pole."
