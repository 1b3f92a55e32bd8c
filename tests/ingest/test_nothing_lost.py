"""A stop anywhere loses nothing: killed, interrupted, out of disk, out of power. Then it goes on where it was."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks.crash import HashEmbedder, contents, edit, run
from ingest import Progress, add_articles
from vectorstore import ArticleIndex, StoreError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty articles of five to forty paragraphs."""
    made = tmp_path / "articles"
    made.mkdir()
    edit(made, random.Random(1), 40)
    return made


def library(path: Path) -> ArticleIndex:
    return ArticleIndex.open(path, HashEmbedder())


def built_afresh(folder: Path, path: Path) -> dict[str, object]:
    fresh = library(path)
    add_articles([folder], fresh)
    made = contents(fresh)
    fresh.close()
    return made


def goes_on_to_the_whole(folder: Path, index: ArticleIndex) -> None:
    """Ingests the folder to the end and compares with a library built afresh."""
    add_articles([folder], index)
    assert index.check().problems == ()
    assert contents(index) == built_afresh(folder, index.folder.parent / "afresh")


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python process that has what these tests have."""
    head = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\nfrom benchmarks.crash import HashEmbedder\n"
        "from ingest import add_articles, pipeline\nfrom vectorstore import ArticleIndex, StoreError\n"
        "pipeline.BATCH_CHUNKS = 32  # several writes in a small folder\n"
        "folder, path = map(Path, sys.argv[1:3])\n"
    )
    command = [sys.executable, "-c", head + textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_ingests_killed_at_random_lose_nothing() -> None:
    tally = run(kills=8, seed=7, articles=25)
    assert tally.losses == []
    assert tally.kills == 8


def test_an_interrupted_ingest_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    ingest = child(
        """
        index = ArticleIndex.open(path, HashEmbedder())
        def told(progress):
            if index.counts()[0]:  # the first batch is stored
                print("half", flush=True)
                import time; time.sleep(600)
        add_articles([folder], index, told)
        """,
        folder,
        tmp_path / "index",
    )
    assert ingest.stdout is not None
    assert ingest.stdout.readline() == "half\n"
    ingest.send_signal(signal.SIGINT)
    ingest.communicate(timeout=60)
    assert ingest.returncode != 0
    index = library(tmp_path / "index")
    stored = index.counts()[0]
    assert 0 < stored < 40
    assert index.check().sound
    report = add_articles([folder], index)
    assert len(report.of("unchanged")) == stored
    goes_on_to_the_whole(folder, index)


@pytest.mark.parametrize("room", [300_000, 700_000, 1_500_000])
def test_a_full_disk_is_said_and_loses_nothing(folder: Path, tmp_path: Path, room: int) -> None:
    # No file may grow beyond the limit; to a program that is a disk that is full.
    ingest = child(
        """
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
        try:
            add_articles([folder], ArticleIndex.open(path, HashEmbedder()))
        except StoreError as error:
            print(error)
            sys.exit(7)
        """,
        folder,
        tmp_path / "index",
        room,
    )
    said, trouble = ingest.communicate(timeout=120)
    assert ingest.returncode == 7, (said, trouble)
    assert "could not be written" in said or "could not follow" in said
    index = library(tmp_path / "index")
    stored = {article.source for article in index.articles(copies=True)}
    if stored:
        assert index.search_dense("w1 w2", 5) and index.search_lexical("w1 w2", 5)
    report = add_articles([folder], index)
    assert {outcome.source for outcome in report.of("unchanged")} == stored
    goes_on_to_the_whole(folder, index)


@pytest.mark.parametrize("lost", ["record's last transactions", "vector index's last writes", "end of the log"])
def test_what_a_power_cut_may_leave_is_made_good(folder: Path, tmp_path: Path, lost: str) -> None:
    """Files of two moments side by side: what the system had not brought to the disk is as it was before."""
    path = tmp_path / "index"
    index = library(path)
    add_articles([folder], index)
    index.close()
    shutil.copytree(path, tmp_path / "earlier")
    edit(folder, random.Random(2), 40)
    index = library(path)
    add_articles([folder], index)
    if lost == "end of the log":
        # The log as a crash leaves it: not yet taken over into the file, and cut anywhere.
        after = tmp_path / "after"
        shutil.copytree(path, after)
        index.close()
        log = after / "record.sqlite3-wal"
        assert log.stat().st_size > 100_000
        with log.open("r+b") as opened:
            opened.truncate(log.stat().st_size * 2 // 3)
        path = after
    else:
        index.close()
        kept, older = ("chroma", "record*") if lost.startswith("record") else ("record*", "chroma")
        for old in (tmp_path / "earlier").glob(older):
            new = path / old.name
            shutil.rmtree(new) if new.is_dir() else new.unlink(missing_ok=True)
            shutil.copytree(old, new) if old.is_dir() else shutil.copy2(old, new)
        assert list(path.glob(kept))
    again = library(path)
    assert again.search_dense("w1 w2", 5) and again.search_lexical("w1 w2", 5)
    goes_on_to_the_whole(folder, again)


def test_a_backup_is_a_copy_of_the_folder(folder: Path, tmp_path: Path) -> None:
    index = library(tmp_path / "index")
    add_articles([folder], index)
    expected = contents(index)
    index.close()
    shutil.copytree(tmp_path / "index", tmp_path / "backup", copy_function=shutil.copyfile)
    shutil.rmtree(tmp_path / "index")
    backup = library(tmp_path / "backup")
    assert contents(backup) == expected
    assert backup.search_dense("w1 w2", 5)
    assert backup.check().sound
    assert not [one for one in add_articles([folder], backup).outcomes if one.status != "unchanged"]


def test_a_library_moves_to_another_model_without_the_sources(folder: Path, tmp_path: Path) -> None:
    class Other(HashEmbedder):
        name = "other"
        dimension = 16

        def embed_query(self, text: str) -> list[float]:
            return super().embed_query(text)[:16]

    index = library(tmp_path / "index")
    add_articles([folder], index)
    shutil.rmtree(folder)
    index.rebuild(Other())
    assert index.check().sound
    index.close()
    again = ArticleIndex.open(tmp_path / "index", Other())
    assert again.search_dense("w1 w2", 5)
    assert again.check().sound


def test_memory_does_not_grow_with_the_articles(tmp_path: Path) -> None:
    """What Python holds: Chroma's graph of the vectors is not counted, and does grow with them."""
    code = """
        import tracemalloc
        tracemalloc.start()
        peaks = []
        index = ArticleIndex.open(path, HashEmbedder())
        for part in sorted(folder.iterdir()):
            tracemalloc.reset_peak()
            add_articles([part], index)
            peaks.append(tracemalloc.get_traced_memory()[1])
        print(*peaks)
    """
    for number in range(900):
        part = tmp_path / "parts" / str(number // 300)
        part.mkdir(parents=True, exist_ok=True)
        words = " ".join(f"w{number * 31 + place * 7}" for place in range(100))
        (part / f"{number}.txt").write_text(f"T{number}\n\n{words}.\n", encoding="utf-8")
    ingest = child(code, tmp_path / "parts", tmp_path / "index")
    said, trouble = ingest.communicate(timeout=250)
    assert ingest.returncode == 0, trouble
    _, second, third = map(int, said.split())
    assert third < 1.2 * second, said


def test_readers_go_on_and_see_new_articles_while_another_process_writes(folder: Path, tmp_path: Path) -> None:
    reader = library(tmp_path / "index")
    ingest = child(
        """
        def told(progress):
            print(progress.done, flush=True)
        add_articles([folder], ArticleIndex.open(path, HashEmbedder()), told)
        """,
        folder,
        tmp_path / "index",
    )
    assert ingest.stdout is not None
    seen = []
    with ingest:
        for _ in ingest.stdout:
            seen.append(len(reader.articles()))
            hits = reader.search_dense("w1 w2", 3)
            assert len(hits) == 3 or not seen[-1]
    assert ingest.returncode == 0
    assert seen == sorted(seen) and len(set(seen)) > 2
    assert len(reader.articles()) == 40 and reader.check().sound


def test_two_libraries_over_one_folder_in_one_process(folder: Path, tmp_path: Path) -> None:
    one, other = library(tmp_path / "index"), library(tmp_path / "index")
    add_articles([folder], one)
    assert other.search_dense("w1 w2", 3)
    other.rebuild()
    assert one.search_dense("w1 w2", 3)
    one.remove([one.articles()[0].id])
    add_articles([folder], other)
    assert one.check().sound and other.check().sound
    assert contents(one) == contents(other)
    assert [hit.chunk.id for hit in one.search_dense("w1 w2", 3)] == [
        hit.chunk.id for hit in other.search_dense("w1 w2", 3)
    ]


def test_articles_of_a_library_that_is_deleted_meanwhile_are_not_reported_as_added(
    folder: Path, tmp_path: Path
) -> None:
    index = library(tmp_path / "index")

    def told(progress: Progress) -> None:
        if progress.done == progress.total and index.folder.exists():
            shutil.rmtree(index.folder)

    with pytest.raises(StoreError, match="deleted"):
        add_articles([folder], index, told)
    index.close()
