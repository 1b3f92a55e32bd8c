from __future__ import annotations

import inspect
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest import preview_articles
from ingest.errors import UnreadableSource
from ingest.limits import MAX_FILE_BYTES
from ingest.sources import find_sources, named_folders, read_source
from ingest.types import FilePlace, Skipped, WebPlace


def write(path: Path, text: str = "It rained.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(*names: str | Path) -> list[str]:
    return [place.source for place in find_sources(names) if not isinstance(place, Skipped)]


def skipped(*names: str | Path) -> dict[str, str]:
    return {place.source: place.reason for place in find_sources(names) if isinstance(place, Skipped)}


def reason(place: FilePlace) -> str:
    with pytest.raises(UnreadableSource) as caught:
        read_source(place)
    return caught.value.reason


def test_a_folder_is_searched_to_any_depth_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/deep/er/y.html", "c.TXT", "a.txt"):
        write(tmp_path / name)
    names = ["a/deep/er/y.html", "a/z.md", "a.txt", "b.txt", "c.TXT"]
    assert found(tmp_path) == [str(tmp_path / name) for name in names]
    assert found(tmp_path) == found(str(tmp_path))


def test_hidden_and_unreadable_kinds_are_passed_over_in_folders(tmp_path: Path) -> None:
    for name in (".hidden.txt", ".git/a.txt", "a.exe", "b.png", "style.css", "good.txt"):
        write(tmp_path / name)
    assert found(tmp_path) == [str(tmp_path / "good.txt")]
    assert skipped(tmp_path) == {}


def test_files_without_a_suffix_are_looked_into_and_documents_nobody_reads_are_named(tmp_path: Path) -> None:
    write(tmp_path / "saved", "<html><body><p>It rained.</p></body></html>")
    (tmp_path / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    (tmp_path / "core").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(100))
    report = preview_articles([tmp_path], None)
    assert [Path(outcome.source).name for outcome in report.of("added")] == ["saved"]
    assert {Path(outcome.source).name: outcome.reason for outcome in report.of("skipped")} == {
        "core": "looks like a program (ELF), which cannot be read; add the text of it, as PDF or in a text file",
        "old.doc": "looks like an old Microsoft Office document, which cannot be read; save it as .docx, PDF or text,"
        " and add that",
    }


def test_what_is_named_outright_is_read_even_if_hidden(tmp_path: Path) -> None:
    file = write(tmp_path / ".notes" / ".a.txt")
    assert found(file) == found(file.parent / ".." / ".notes" / ".a.txt") == [str(file)]


def test_what_is_named_outright_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("README", "story.exe"):
        assert found(write(tmp_path / name)) == [str(tmp_path / name)]


def test_a_name_of_nothing_is_reported(tmp_path: Path) -> None:
    assert skipped(tmp_path / "gone.txt") == {str(tmp_path / "gone.txt"): "no such file or folder"}
    assert skipped(tmp_path / "gone") == {str(tmp_path / "gone"): "no such file or folder"}
    assert skipped(write(tmp_path / "a.txt") / "b.txt") == {str(tmp_path / "a.txt" / "b.txt"): "no such file or folder"}


@pytest.mark.parametrize("name", ["", "  ", "a\0b.txt", "x" * 5000 + ".txt"])
def test_impossible_names_are_reported(name: str) -> None:
    (place,) = find_sources([name])
    assert isinstance(place, Skipped) and place.reason


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "a.txt")
    assert found("~/a.txt") == [str(tmp_path / "a.txt")]


def test_every_source_is_found_once(tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt")
    (tmp_path / "link.txt").symlink_to(file)
    assert found(file, tmp_path, tmp_path / "." / "a.txt", tmp_path / "link.txt") == [str(file)]


def test_links_that_lead_out_of_the_folder_are_reported_and_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret" / "key.txt")
    folder = tmp_path / "articles"
    write(folder / "a.txt")
    (folder / "link.txt").symlink_to(secret)
    (folder / "linked").symlink_to(secret.parent)
    (folder / "other.bin").symlink_to(secret.with_suffix(".bin"))
    assert found(folder) == [str(folder / "a.txt")]
    assert set(skipped(folder)) == {str(folder / "link.txt"), str(folder / "linked")}
    assert "out of the folder" in skipped(folder)[str(folder / "link.txt")]


def test_links_inside_the_folder_are_followed_to_their_file(tmp_path: Path) -> None:
    write(tmp_path / "..data" / "a.txt")
    (tmp_path / "a.txt").symlink_to(tmp_path / "..data" / "a.txt")
    assert found(tmp_path) == [str(tmp_path / "..data" / "a.txt")]


def test_circles_of_links_end(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "one.txt").symlink_to(tmp_path / "two.txt")
    (tmp_path / "two.txt").symlink_to(tmp_path / "one.txt")
    assert found(tmp_path) == [str(tmp_path / "a.txt")]
    assert list(skipped(tmp_path / "one.txt").values()) != []


def test_a_named_link_is_followed_wherever_it_leads(tmp_path: Path) -> None:
    file = write(tmp_path / "elsewhere" / "a.txt")
    (tmp_path / "link").symlink_to(file.parent)
    assert found(tmp_path / "link") == [str(file)]


def test_folders_nested_deeper_than_python_calls_are_searched(tmp_path: Path) -> None:
    depth = 400
    write(tmp_path.joinpath(*["d"] * depth) / "a.txt")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + depth // 2)
    try:
        assert len(found(tmp_path)) == 1
    finally:
        sys.setrecursionlimit(limit)


def test_a_name_that_is_not_utf8_is_reported_in_printable_form(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))).write_text("It rained.")
    ((source, why),) = skipped(tmp_path).items()
    assert "not valid UTF-8" in why
    source.encode()


def test_finding_reads_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")  # opening it would wait for ever
    assert found(tmp_path) == [str(tmp_path / "pipe.txt")]


def test_finding_is_lazy(tmp_path: Path) -> None:
    places = find_sources([write(tmp_path / "a.txt"), tmp_path / "later"])
    next(places)
    write(tmp_path / "later" / "b.txt")
    assert [place.source for place in places] == [str(tmp_path / "later" / "b.txt")]


def test_addresses_are_normalised_and_found_once() -> None:
    assert found("HTTPS://Otters.Example:443/a b#part", "https://otters.example/a%20b") == [
        "https://otters.example/a%20b"
    ]
    assert found("http://otters.example") == ["http://otters.example/"]
    assert list(find_sources([" http://otters.example/x "])) == [WebPlace("http://otters.example/x")]


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x.example/a.txt",
        "file:///etc/passwd",
        "http://",
        "http://user:word@x.example/",
        "http://[::1",
        "https://x:99999/",
    ],
)
def test_addresses_that_cannot_be_fetched_are_reported(address: str) -> None:
    assert list(skipped(address)) == [address]


def test_named_folders_are_those_whose_articles_may_be_missing(tmp_path: Path) -> None:
    file = write(tmp_path / "a" / "x.txt")
    names: list[str | Path] = [file, file.parent, f"{file.parent}/.", "http://otters.example/", tmp_path / "gone", ""]
    assert named_folders(names) == (file.parent,)


def test_a_file_is_read_with_its_name(tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt", "Dé jà")
    raw = read_source(FilePlace(str(file), file))
    assert (raw.source, raw.name, raw.content, raw.media_type) == (str(file), "a.txt", "Dé jà".encode(), None)


def test_a_file_of_fifty_megabytes_is_refused_with_its_size_and_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "big.txt"
    with file.open("wb") as opened:
        opened.truncate(50_000_000)
    assert reason(FilePlace(str(file), file)) == "50 MB is more than the 20 MB a file may have; split it"


def test_a_file_at_the_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "full.txt"
    with file.open("wb") as opened:
        opened.truncate(MAX_FILE_BYTES)
    assert len(read_source(FilePlace(str(file), file)).content) == MAX_FILE_BYTES


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt", "")
    assert reason(FilePlace(str(file), file)) == "the file is empty; save it again, and add that"


def test_a_file_that_vanished_is_refused(tmp_path: Path) -> None:
    assert reason(FilePlace("x", tmp_path / "a.txt")) == "no such file or folder"


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    for name in ("pipe.txt", "folder.txt"):
        assert reason(FilePlace(name, tmp_path / name)) == "not a regular file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt")
    file.chmod(0)
    assert reason(FilePlace(str(file), file)) == "no permission to read it"


def test_missing_permission_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert reason(FilePlace("a.txt", tmp_path / "a.txt")) == "no permission to read it"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to look into everything."""
    kept = os.geteuid()
    if kept == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(kept)


def test_a_folder_that_nobody_may_look_into_is_named_and_the_rest_is_found() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        root.chmod(0o755)
        write(root / "z.txt")
        for folder, mode in (("lost+found", 0o700), ("listed", 0o744), ("closed", 0)):
            write(root / folder / "a.txt")
            (root / folder).chmod(mode)
        with as_nobody():
            places = list(find_sources([root]))
            assert named_folders([root / "closed" / "inner", root]) == (root,)
        assert [place.source for place in places if not isinstance(place, Skipped)] == [str(root / "z.txt")]
        reasons = {Path(one.source).name: one.reason for one in places if isinstance(one, Skipped)}
        assert set(reasons) == {"lost+found", "listed", "closed"} or set(reasons) == {"lost+found", "a.txt", "closed"}
        assert set(reasons.values()) == {"no permission to read it"}
        for inside in root.iterdir():
            inside.chmod(0o755)


@pytest.mark.skipif(sys.platform != "linux", reason="makes a path longer than Linux takes")
def test_a_path_that_is_too_long_is_named_and_the_rest_is_found(tmp_path: Path) -> None:
    write(tmp_path / "z.txt")
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("n" * 250, dir_fd=folder)
        inner = os.open("n" * 250, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    report = preview_articles([tmp_path], None)
    assert [outcome.source for outcome in report.of("added")] == [str(tmp_path / "z.txt")]
    [outcome] = report.of("skipped")
    assert outcome.reason == "its path is longer than the system takes"
