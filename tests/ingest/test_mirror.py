"""A folder is mirrored: after any edits the library equals one built afresh, and nothing known is embedded again."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from benchmarks.crash import HashEmbedder, contents
from ingest import IngestReport, add_articles, preview_articles
from tests.conftest import Store
from tests.ingest.documents import archive
from vectorstore import ArticleIndex

STORY = (
    "The old bridge over the river was closed to all traffic on Friday after engineers found cracks in two of its "
    "granite towers. The mayor said that the repairs would take until the spring and that a ferry would run every half "
    "hour from the northern landing. Shopkeepers along the quay fear for their trade."
)


class CountingEmbedder(HashEmbedder):
    """Counts what it embeds."""

    def __init__(self) -> None:
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return super().embed_documents(texts)


def text(number: int, variant: int = 0) -> str:
    """An article; of one number and several variants, one story slightly edited."""
    words = f"Story {number}\n\n" + STORY.replace("river", f"river of town{number}").replace("quay", f"quay {number}")
    return words + f" Variation {'abcdefgh'[variant]} of it was printed later that week.\n" * bool(variant)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    for number in range(3):
        (made / f"{number}.txt").write_text(text(number), encoding="utf-8")
    return made


@pytest.fixture
def index(store: Store) -> Iterator[ArticleIndex]:
    index = ArticleIndex.open(store.place(), CountingEmbedder())
    yield index
    index.close()


def told(report: IngestReport) -> dict[str, str]:
    return {Path(outcome.source).name: outcome.status for outcome in report.outcomes if outcome.status != "unchanged"}


def embedded(index: ArticleIndex) -> int:
    embedder = index.embedder
    assert isinstance(embedder, CountingEmbedder)
    return embedder.embedded


def test_a_renamed_and_a_moved_file_are_followed_and_nothing_is_embedded(folder: Path, index: ArticleIndex) -> None:
    add_articles([folder], index)
    before = embedded(index)
    (folder / "0.txt").rename(folder / "renamed.txt")
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "1.txt").rename(folder / "deep" / "er" / "1.txt")
    report = add_articles([folder], index)
    assert told(report) == {"renamed.txt": "moved", "1.txt": "moved"}
    assert {Path(one.previous or "").name for one in report.of("moved")} == {"0.txt", "1.txt"}
    assert (embedded(index), report.chunks) == (before, 0)
    assert {Path(one.source).name for one in index.articles()} == {"renamed.txt", "1.txt", "2.txt"}
    assert index.check().sound


def test_a_moved_folder_is_followed(folder: Path, index: ArticleIndex) -> None:
    (folder / "a").mkdir()
    shutil.move(folder / "0.txt", folder / "a")
    add_articles([folder], index)
    (folder / "a").rename(folder / "b")
    assert told(add_articles([folder], index)) == {"0.txt": "moved"}


def test_only_the_changed_passages_of_a_changed_article_are_embedded(folder: Path, index: ArticleIndex) -> None:
    paragraphs = [text(number).partition("\n\n")[2].strip() for number in range(40)]
    (folder / "long.txt").write_text("Long\n\n" + "\n\n".join(paragraphs), encoding="utf-8")
    add_articles([folder], index)
    before, chunks = embedded(index), index.counts()[1]
    (folder / "long.txt").write_text("Long\n\n" + "\n\n".join([*paragraphs, "One more line."]), encoding="utf-8")
    assert told(add_articles([folder], index)) == {"long.txt": "changed"}
    assert 0 < embedded(index) - before <= 2 < chunks


def test_a_copy_is_shown_with_the_first_as_one_article(folder: Path, index: ArticleIndex) -> None:
    add_articles([folder], index)
    shutil.copy(folder / "0.txt", folder / "copy.txt")
    (folder / "edited.txt").write_text(text(0, 1), encoding="utf-8")
    report = add_articles([folder], index)
    assert told(report) == {"copy.txt": "added", "edited.txt": "added"}
    assert len(index.articles()) == 3
    [one] = [summary for summary in index.articles() if summary.other_sources]
    assert {Path(source).name for source in (one.source, *one.other_sources)} == {"0.txt", "copy.txt", "edited.txt"}
    (folder / Path(one.source).name).unlink()
    add_articles([folder], index)
    assert len(index.articles()) == 3
    assert index.check().sound


def test_an_article_removed_by_hand_from_a_file_with_several_is_back_with_the_next_ingest(
    folder: Path, index: ArticleIndex
) -> None:
    (folder / "all.zip").write_bytes(archive({"a.txt": text(3), "b.txt": text(4)}))
    add_articles([folder], index)
    before = embedded(index)
    [one] = [article for article in index.articles() if article.source.endswith("a.txt")]
    index.remove([one.id])
    assert told(add_articles([folder], index)) == {"a.txt": "added", "b.txt": "changed"}
    assert told(add_articles([folder], index)) == {}
    assert len(index.articles()) == 5
    assert embedded(index) == before + 1  # the removed one's only chunk


@pytest.mark.parametrize("store", ["folder"], indirect=True)  # its files are compared
def test_a_preview_says_what_would_be_done_and_writes_nothing(folder: Path, index: ArticleIndex) -> None:
    add_articles([folder], index)
    (folder / "0.txt").rename(folder / "renamed.txt")
    (folder / "1.txt").write_text("Now something else entirely.", encoding="utf-8")
    (folder / "2.txt").unlink()
    (folder / "3.txt").write_text(text(3), encoding="utf-8")
    (folder / "bad.txt").write_bytes(b"\x7fELF" + bytes(200))
    index.close()
    before = {path: path.read_bytes() for path in index.folder.rglob("*") if path.is_file()}
    preview = preview_articles([folder], index)
    index.close()
    assert {path: path.read_bytes() for path in index.folder.rglob("*") if path.is_file()} == before
    expected = {"renamed.txt": "moved", "1.txt": "changed", "2.txt": "removed", "3.txt": "added", "bad.txt": "skipped"}
    assert told(preview) == expected
    assert told(add_articles([folder], index)) == expected


def test_a_preview_needs_no_library(folder: Path) -> None:
    assert told(preview_articles([folder], None)) == {f"{number}.txt": "added" for number in range(3)}


def test_a_library_inside_a_folder_is_not_read_as_articles(folder: Path) -> None:
    inside = ArticleIndex.open(folder / "library", CountingEmbedder())
    (inside.folder / "uploads").mkdir()
    (inside.folder / "uploads" / "upload.txt").write_text(text(7), encoding="utf-8")
    add_articles([inside.folder / "uploads" / "upload.txt"], inside)
    assert told(add_articles([folder], inside)) == {f"{number}.txt": "added" for number in range(3)}
    assert len(inside.articles()) == 4


def test_a_folder_that_cannot_be_looked_into_loses_nothing(
    folder: Path, index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "closed").mkdir()
    shutil.move(folder / "0.txt", folder / "closed")
    add_articles([folder], index)
    look = Path.iterdir

    def refuse(self: Path) -> object:
        if self.name == "closed":
            raise PermissionError(13, "Permission denied")
        return look(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    monkeypatch.setattr(Path, "is_file", lambda self: "closed" not in self.parts)
    assert told(add_articles([folder], index)) == {"closed": "skipped"}
    assert len(index.articles()) == 3


def test_a_file_replaced_by_a_link_out_of_the_folder_is_gone(folder: Path, index: ArticleIndex, tmp_path: Path) -> None:
    add_articles([folder], index)
    secret = tmp_path / "secret.txt"
    secret.write_text("The secret is out.", encoding="utf-8")
    (folder / "0.txt").unlink()
    (folder / "0.txt").symlink_to(secret)
    add_articles([folder], index)
    assert index.search_lexical("secret", 5) == []
    assert len(index.articles()) == 2


NAMES = st.sampled_from(
    ["a.txt", "b.txt", "c.md", "no-suffix", "rows.csv", "sub/a.txt", "sub/all.zip", "sub/deep/e.txt"]
)


class Mirror(RuleBasedStateMachine):
    """Edits a folder at random, ingests at random, and compares with a library built afresh, in a folder."""

    store: Store

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="mirror-"))
        self.folder = self.root / "articles"
        self.folder.mkdir()
        # A folder that turns out empty is left alone, so one article always stays.
        (self.folder / "stays.txt").write_text("Stays\n\nThis one is always there.\n", encoding="utf-8")
        self.index = ArticleIndex.open(self.store.place(self.root.name), CountingEmbedder())

    def path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @rule(name=NAMES, number=st.integers(0, 3), variant=st.integers(0, 2))
    def write(self, name: str, number: int, variant: int) -> None:
        self.path(name).write_text(text(number, variant), encoding="utf-8")

    @rule(name=NAMES, numbers=st.lists(st.integers(0, 3), min_size=1, max_size=4))
    def write_several(self, name: str, numbers: list[int]) -> None:
        rows = [["title", "text"], *([f"Row {number}", text(number)] for number in numbers)]
        table = io.StringIO()
        csv.writer(table).writerows(rows)
        content = archive({"rows.csv": table.getvalue(), "one.txt": text(len(numbers))})
        self.path(name).write_bytes(content if name.endswith("zip") else table.getvalue().encode())

    @rule(name=NAMES, other=NAMES)
    def rename(self, name: str, other: str) -> None:
        if self.path(name).exists():
            self.path(name).rename(self.path(other))

    @rule(name=NAMES, other=NAMES)
    def copy(self, name: str, other: str) -> None:
        if self.path(name).exists() and name != other:
            shutil.copyfile(self.path(name), self.path(other))

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    @precondition(lambda self: (self.folder / "sub").exists())
    @rule()
    def move_folder(self) -> None:
        shutil.rmtree(self.folder / "moved", ignore_errors=True)
        (self.folder / "sub").rename(self.folder / "moved")

    @rule()
    def ingest(self) -> None:
        expected = told(preview_articles([self.folder], self.index))
        assert told(add_articles([self.folder], self.index)) == expected

    @rule()
    def remove_one(self) -> None:
        # By hand; the file is still there, so that the next ingest brings it back.
        if articles := self.index.articles():
            self.index.remove([articles[0].id])

    def teardown(self) -> None:
        if not hasattr(self, "root"):
            return
        add_articles([self.folder], self.index)
        before = embedded(self.index)
        assert told(add_articles([self.folder], self.index)) == {}
        assert embedded(self.index) == before
        with_fresh = ArticleIndex.open(self.root / "fresh", CountingEmbedder())
        add_articles([self.folder], with_fresh)
        ours, theirs = contents(self.index), contents(with_fresh)
        for name, stored in theirs.items():
            assert ours[name] == stored, name
        assert self.index.check().sound
        self.index.close()
        with_fresh.close()
        shutil.rmtree(self.root)


@pytest.mark.slow
def test_after_any_edits_a_library_equals_one_built_afresh(store: Store) -> None:
    run_state_machine_as_test(
        type("MirrorOf", (Mirror,), {"store": store}),
        settings=settings(
            max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
