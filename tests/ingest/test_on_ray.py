"""Ingest spread over a Ray cluster of three nodes, compared with one in a single process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if find_spec("ray") is None:
    pytest.skip("Ray is not installed: make setup-test", allow_module_level=True)

from benchmarks.crash import HashEmbedder, edit
from ingest import IngestError, Progress, add_articles
from ingest.on_ray import driver
from tests.conftest import Store
from tests.ingest.stores import ObjectStore
from tests.ingest.test_mirror import text
from tests.servers import ESCAPED, NODE, PASSWORD, free_port, ray_cluster
from tests.vectorstore.fresh import assert_is_as_made_at_once
from vectorstore import ArticleIndex

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # Ray warns of its own ways
    pytest.mark.parametrize("store", ["postgresql 18"], indirect=True),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three nodes of one core each on this machine, which the tests share."""
    with ray_cluster(3) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two dozen made-up articles, and a file that is none."""
    folder = tmp_path / "articles"
    folder.mkdir()
    edit(folder, random.Random(5), articles=24)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of the kind\n")
    return folder


def said_in(notes: Path) -> str:
    """All that Ray has written down."""
    files = [path for path in notes.rglob("*") if path.is_file() and path.suffix not in {".sock", ".so"}]
    return "\n".join(path.read_text("utf-8", "replace") for path in files)


def test_a_library_made_on_ray_equals_one_made_in_one_process(
    store: Store, cluster: Any, folder: Path, tmp_path: Path
) -> None:
    told: list[Progress] = []
    with (
        closing(ArticleIndex.open(store.place(), HashEmbedder())) as index,
        closing(ArticleIndex.open(tmp_path / "alone", HashEmbedder())) as alone,
    ):
        spread = add_articles([folder], index, told.append, ray=cluster.address)
        single = add_articles([folder], alone)
        assert spread.outcomes == single.outcomes
        assert spread.chunks == single.chunks > 100
        [skipped] = spread.of("skipped")
        assert skipped.source == str(folder / "broken.pdf") and skipped.reason
        assert told[-1].done == told[-1].total == 25 and told[-1].chunks == spread.chunks

        stored = index.generation
        again = add_articles([folder], index, ray=cluster.address)
        assert {one.status for one in again.outcomes} == {"unchanged", "skipped"}
        assert again.chunks == 0 and index.generation == stored

        edit(folder, random.Random(6), articles=24)
        edited = add_articles([folder], index, ray=cluster.address)
        assert edited.outcomes == add_articles([folder], alone).outcomes
    assert_is_as_made_at_once(store.place(), [folder], tmp_path / "fresh")


def test_the_command_shows_the_same_report_and_no_password(store: Store, cluster: Any, folder: Path) -> None:
    address = store.place()
    command = [sys.executable, "-m", "ui.cli", "ingest", str(folder), "--index", address, "--ray", cluster.address]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARTICLE_QA_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 1, done.stdout + done.stderr  # a file could not be read
    assert "24 added" in done.stdout and "broken.pdf" in done.stdout + done.stderr
    alone = subprocess.run(command[:-2], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert "24 unchanged" in alone.stdout
    notes = said_in(Path(cluster.head_node.get_temp_dir_path()))
    assert "EmbedChunks" in notes  # these are the notes that were meant
    for secret in (PASSWORD, ESCAPED, "staple"):
        assert secret not in done.stdout + done.stderr
        assert secret not in notes


def test_what_a_killed_node_was_at_is_done_by_others(store: Store, cluster: Any, folder: Path, tmp_path: Path) -> None:
    doomed = next(iter(cluster.worker_nodes))
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if not killed and 0 < progress.done < progress.total:
            killed.append(progress.done)
            cluster.remove_node(doomed, allow_graceful=False)

    with closing(ArticleIndex.open(store.place(), HashEmbedder())) as index:
        try:
            add_articles([folder], index, kill, ray=cluster.address)
        except IngestError as error:  # the run itself need not outlive it
            assert "run the same command again" in str(error)
        assert killed
        report = add_articles([folder], index, ray=cluster.address)
        assert {one.status for one in report.outcomes} <= {"unchanged", "added", "skipped"}
        assert len(report.outcomes) == 25
    cluster.add_node(**NODE)
    assert_is_as_made_at_once(store.place(), [folder], tmp_path / "fresh")


def test_what_ray_cannot_do_is_refused(store: Store, folder: Path, tmp_path: Path, empty_index: ArticleIndex) -> None:
    with pytest.raises(IngestError, match="give the address of a database"):
        add_articles([tmp_path], empty_index, ray="local")
    with closing(ArticleIndex.open(store.place(), HashEmbedder())) as index:
        with pytest.raises(IngestError, match="not a client"):
            add_articles([tmp_path], index, ray="ray://127.0.0.1:10001")
        for address in (f"127.0.0.1:{free_port()}", "nowhere"):
            with pytest.raises(IngestError, match=f"no Ray cluster answers at {address} "):
                add_articles([folder], index, ray=address)


def test_a_cluster_does_the_work_after_one_of_this_machine_alone_did_some(
    store: Store, cluster: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    for number, address in enumerate(["local", cluster.address, "local"]):
        with closing(ArticleIndex.open(store.place(str(number)), HashEmbedder())) as index:
            report = add_articles([folder], index, ray=address)
            assert len(report.of("added")) == 24
        assert "RAY_AUTH_MODE" not in os.environ  # nor is another program asked for a token that this one starts


def test_a_run_that_does_not_move_is_ended(
    store: Store, cluster: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "EMBED_CPUS", 64)  # which no node has
    monkeypatch.setattr(driver, "PATIENCE_SECONDS", 5)
    with (
        closing(ArticleIndex.open(store.place(), HashEmbedder())) as index,
        pytest.raises(IngestError, match=r"nothing has moved on Ray .* 0 stored.* run the same command again"),
    ):
        add_articles([folder], index, ray=cluster.address)


def test_objects_of_a_store_are_read_by_the_processes_of_the_cluster(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = ObjectStore()
    bucket.objects |= {f"articles/{number}.txt": text(number).encode() for number in range(3)}
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{bucket.address}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with closing(ArticleIndex.open(store.place(), HashEmbedder())) as index:
        report = add_articles(["s3://news/articles"], index, ray="local")  # its nodes have the environment of this one
        assert [one.status for one in report.outcomes] == ["added"] * 3
        del bucket.objects["articles/1.txt"]
        report = add_articles(["s3://news/articles"], index, ray="local")
        assert [one.status for one in report.outcomes] == ["unchanged", "unchanged", "removed"]
    bucket.stop()
