"""A folder followed live, with the system's own notices of changes."""

from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.crash import HashEmbedder
from ingest import IngestReport
from ingest.watch import watch_articles
from vectorstore import ArticleIndex

BRIDGE = "The Old Bridge\n\nThe bridge over the river was opened in 1883.\n"
CHEESE = "Cheese\n\nThe wheels ripen for two years.\n"


class Watch:
    """A watch in a thread of its own; reports come through a queue."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.index = ArticleIndex.open(library, HashEmbedder())
        self.reports: queue.Queue[IngestReport | BaseException] = queue.Queue()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.follow, args=(folder,))
        self.thread.start()
        self.next()

    def follow(self, folder: Path) -> None:
        try:
            for report in watch_articles([folder], self.index, stop=self.stop):
                self.reports.put(report)
        except BaseException as error:
            self.reports.put(error)
        finally:
            self.index.close()

    def next(self, timeout: float = 60) -> dict[str, str]:
        """What the next report says, by file name."""
        report = self.reports.get(timeout=timeout)
        if isinstance(report, BaseException):
            raise report
        return {Path(outcome.source).name: outcome.status for outcome in report.outcomes}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    (made / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    return made


@pytest.fixture
def watching(folder: Path, tmp_path: Path) -> Iterator[Watch]:
    begun = Watch(folder, tmp_path / "index")
    yield begun
    begun.stop.set()
    begun.thread.join(30)
    assert not begun.thread.is_alive()


def test_what_is_added_changed_moved_and_deleted_is_followed(folder: Path, watching: Watch) -> None:
    (folder / "cheese.txt").write_text(CHEESE, encoding="utf-8")
    assert watching.next() == {"cheese.txt": "added"}
    (folder / "cheese.txt").write_text(CHEESE + "\nAn expert taps them.\n", encoding="utf-8")
    assert watching.next() == {"cheese.txt": "changed"}
    (folder / "old").mkdir()
    shutil.move(folder / "cheese.txt", folder / "old" / "cheddar.txt")
    assert watching.next() == {"cheddar.txt": "moved"}
    (folder / "old").rename(folder / "older")
    assert watching.next() == {"cheddar.txt": "moved"}
    (folder / "older" / "cheddar.txt").unlink()
    assert watching.next() == {"cheddar.txt": "removed"}
    reader = ArticleIndex.open(watching.index.folder)
    assert [article.title for article in reader.articles()] == ["The Old Bridge"]
    assert reader.check().sound


def test_a_file_that_cannot_be_read_is_told_and_the_watch_goes_on(folder: Path, watching: Watch) -> None:
    (folder / "bad.txt").write_bytes(b"\x7fELF" + bytes(200))
    assert watching.next() == {"bad.txt": "skipped"}
    (folder / "cheese.txt").write_text(CHEESE, encoding="utf-8")
    assert watching.next() == {"cheese.txt": "added"}


def test_changes_wait_for_another_writer_and_are_not_lost(folder: Path, watching: Watch) -> None:
    other = ArticleIndex.open(watching.index.folder, HashEmbedder())
    with other.writing():
        (folder / "cheese.txt").write_text(CHEESE, encoding="utf-8")
        with pytest.raises(queue.Empty):
            watching.next(timeout=3)
    assert watching.next() == {"cheese.txt": "added"}


def test_hidden_files_and_the_library_itself_are_not_followed(folder: Path) -> None:
    inside = Watch(folder, folder / "library")
    (folder / ".draft.txt").write_text(CHEESE, encoding="utf-8")
    with pytest.raises(queue.Empty):
        inside.next(timeout=3)
    inside.stop.set()
    inside.thread.join(30)
