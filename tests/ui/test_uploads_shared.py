"""Uploaded files of a library in a database lie in it: every replica of the page has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, nullcontext
from datetime import datetime
from pathlib import Path

import pytest

from ingest import add_articles
from tests.conftest import Store
from tests.ingest.documents import pdf
from tests.ui.test_page_library import STORY, WordLengths, dropped, quiet
from ui.page import uploads
from ui.page.library import Library, place_of
from ui.page.pictures import Pictures, has_pictures
from ui.page.state import State, open_state
from ui.page.uploads import SharedUploads
from vectorstore import ArticleIndex, StoredSource

pytestmark = pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)


class Replica:
    """A page's library and what it keeps, on a machine of its own."""

    def __init__(self, address: str) -> None:
        self.index = ArticleIndex.open(address, WordLengths())
        self.state: State = open_state(self.index)
        self.library = Library(self.index, self.state.uploads)

    @property
    def names(self) -> set[str]:
        uploads = self.state.uploads
        assert isinstance(uploads, SharedUploads)
        return {name for (name,) in uploads._database.rows("SELECT name FROM uploads")}

    @property
    def times(self) -> list[datetime]:
        """When it was last said of each copy that it is being read."""
        uploads = self.state.uploads
        assert isinstance(uploads, SharedUploads)
        return [at for (at,) in uploads._database.rows("SELECT added_at FROM uploads ORDER BY name")]

    def change(self, statement: str) -> None:
        """Has the database do it."""
        uploads = self.state.uploads
        assert isinstance(uploads, SharedUploads)
        uploads._database.transact(lambda connection: connection.execute(statement))

    def content(self, source: str) -> bytes | None:
        with self.state.uploads.opened(source) as file:
            return file.read_bytes() if file else None

    def close(self) -> None:
        self.state.close()
        self.index.close()


def wait_until(happened: Callable[[], bool]) -> None:
    """However long it takes a slow machine; what never happens is an error."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


@pytest.fixture
def replicas(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Replica, Replica]]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    address = store.place()
    with closing(Replica(address)) as one, closing(Replica(address)) as other:
        yield one, other
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == []


def test_an_upload_at_one_replica_is_there_at_the_other(replicas: tuple[Replica, Replica], tmp_path: Path) -> None:
    here, there = replicas
    report = here.library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    assert [one.status for one in report.outcomes] == ["added"]
    [article] = there.library.articles()
    assert (article.source, place_of(article.source)) == ("uploads/lake.txt", "Uploaded files")
    assert there.content(article.source) == STORY.encode()
    again = there.library.add_uploads([dropped(tmp_path, "lake.txt", STORY, "again")], quiet)
    assert [one.status for one in again.outcomes] == ["unchanged"]
    new = STORY.replace("noon", "three")
    changed = there.library.add_uploads([dropped(tmp_path, "lake.txt", new, "changed")], quiet)
    assert [one.status for one in changed.outcomes] == ["changed"]
    assert here.content(article.source) == new.encode()
    assert there.names == {"lake.txt"}
    [article] = here.library.articles()
    assert there.library.remove(article.id) is not None
    assert (here.library.articles(), here.names, here.content(article.source)) == ([], set(), None)


def test_an_upload_that_cannot_be_read_leaves_what_was_there(replicas: tuple[Replica, Replica], tmp_path: Path) -> None:
    here, there = replicas
    here.library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    broken = b"\x00\x01\x02\x03" * 99
    files = [dropped(tmp_path, "lake.txt", broken, "again"), dropped(tmp_path, "sea.txt", broken)]
    report = here.library.add_uploads(files, quiet)
    assert [one.status for one in report.outcomes] == ["skipped", "skipped"]
    assert there.names == {"lake.txt"}
    assert there.content("uploads/lake.txt") == STORY.encode()


def test_what_another_replica_is_just_reading_is_left_alone(replicas: tuple[Replica, Replica], tmp_path: Path) -> None:
    here, there = replicas
    with here.state.uploads.taking([dropped(tmp_path, "lake.txt", STORY)]):
        there.library.repair()
        assert there.names == {"lake.txt"}
    assert there.names == set()  # nothing was read from it


def test_what_is_read_for_long_is_renewed_and_kept(
    replicas: tuple[Replica, Replica], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = replicas
    monkeypatch.setattr(uploads, "RENEW_SECONDS", 0.05)
    with here.state.uploads.taking([dropped(tmp_path, "lake.txt", STORY)]) as arriving:
        [kept] = here.times
        wait_until(lambda: here.times != [kept])
        # For this machine may stand still for a moment: what is cleared then has to be back in the end.
        monkeypatch.setattr(uploads, "ARRIVING_SECONDS", 0.2)
        for _ in range(20):
            there.state.uploads.settle()
            time.sleep(0.05)
        add_articles(arriving, here.index, quiet)
    there.state.uploads.settle()
    assert there.content("uploads/lake.txt") == STORY.encode()


def test_what_was_cleared_while_this_replica_stood_still_is_kept_again(
    replicas: tuple[Replica, Replica], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = replicas
    with here.state.uploads.taking([dropped(tmp_path, "lake.txt", STORY)]) as arriving:
        with monkeypatch.context() as later:
            later.setattr(uploads, "ARRIVING_SECONDS", 0)
            there.state.uploads.settle()
        assert there.names == set()
        add_articles(arriving, here.index, quiet)
    assert there.content("uploads/lake.txt") == STORY.encode()


def test_a_database_that_fails_for_a_moment_does_not_end_the_renewing(
    replicas: tuple[Replica, Replica], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = replicas
    monkeypatch.setattr(uploads, "RENEW_SECONDS", 0.05)
    with here.state.uploads.taking([dropped(tmp_path, "lake.txt", STORY)]):
        there.change("ALTER TABLE uploads RENAME TO away")
        wait_until(lambda: "could not be renewed" in caplog.text)
        there.change("ALTER TABLE away RENAME TO uploads")
        [kept] = there.times
        wait_until(lambda: there.times != [kept])


def test_what_a_replica_left_that_was_killed_is_cleared_after_an_hour(
    replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    here, there = replicas
    dead = here.state.uploads
    assert isinstance(dead, SharedUploads)
    dead._keep("lake.txt", STORY.encode())  # as far as one comes that is killed then
    there.state.uploads.settle()
    assert there.names == {"lake.txt"}
    there.change("UPDATE uploads SET added_at = now() - interval '61 minutes'")
    there.state.uploads.settle()
    assert there.names == set()


def test_two_replicas_take_uploads_at_once(replicas: tuple[Replica, Replica], tmp_path: Path) -> None:
    files = [dropped(tmp_path, f"{n}.txt", STORY.replace("nine", str(n))) for n in range(6)]
    with ThreadPoolExecutor(2) as people:
        list(people.map(lambda n: replicas[n].library.add_uploads(files[n::2], quiet), range(2)))
    assert replicas[0].names == {f"{n}.txt" for n in range(6)}
    assert {one.source for one in replicas[1].index.sources()} == {f"uploads/{n}.txt" for n in range(6)}


def test_files_of_one_name_that_arrive_at_two_replicas_are_settled_each_by_its_own(
    replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    new = STORY.replace("noon", "three")
    files = dropped(tmp_path, "lake.txt", STORY), dropped(tmp_path, "lake.txt", new, "changed")
    with ExitStack() as later:
        with replicas[0].state.uploads.taking([files[0]]) as first:
            second = later.enter_context(replicas[1].state.uploads.taking([files[1]]))
            add_articles(first, replicas[0].index, quiet)
            assert replicas[0].content("uploads/lake.txt") is not None
        add_articles(second, replicas[1].index, quiet)
    assert replicas[0].content("uploads/lake.txt") == new.encode()


def test_a_file_that_two_replicas_take_is_left_by_who_reads_nothing_from_it(
    replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    file = dropped(tmp_path, "lake.txt", STORY)
    with ExitStack() as later:
        with replicas[0].state.uploads.taking([file]):
            arriving = later.enter_context(replicas[1].state.uploads.taking([file]))
        add_articles(arriving, replicas[1].index, quiet)
    assert replicas[0].content("uploads/lake.txt") == STORY.encode()


def test_what_another_replica_takes_while_this_one_clears_up_stays(
    replicas: tuple[Replica, Replica], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = replicas
    here.library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    new = STORY.replace("noon", "three")

    def before_it_was_changed() -> list[StoredSource]:
        found = here.index.sources()
        there.library.add_uploads([dropped(tmp_path, "lake.txt", new, "changed")], quiet)
        return found

    monkeypatch.setattr(here.state.uploads, "_stored", before_it_was_changed)
    here.state.uploads.settle()
    assert here.content("uploads/lake.txt") == new.encode()


def test_a_file_is_opened_as_it_was_read_while_another_of_its_name_arrives(
    replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    here, there = replicas
    here.library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    with there.state.uploads.taking([dropped(tmp_path, "lake.txt", "other", "changed")]):
        assert here.content("uploads/lake.txt") == STORY.encode()


def test_the_pages_of_a_document_are_drawn_at_any_replica(
    replicas: tuple[Replica, Replica], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = replicas
    here.library.add_uploads(
        [dropped(tmp_path, "boats.pdf", pdf([["The boat left at nine."], ["It came back."]]))], quiet
    )
    [summary] = there.library.articles()
    article = there.index.article(summary.id)
    assert article is not None and has_pictures(article, there.state.uploads)
    pictures = Pictures(there.state.uploads)
    with monkeypatch.context() as patch:
        patch.setattr(there.state.uploads, "opened", lambda _: nullcontext())
        assert pictures.of(article, 1) is None
    drawn = pictures.of(article, 1)  # what could not be opened once can be later
    assert drawn is not None and drawn.startswith(b"\xff\xd8")
    assert not there.state.uploads.has("/etc/passwd") and there.content("/etc/passwd") is None
