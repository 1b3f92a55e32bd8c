"""What the page does to a library: uploads keep their source, nothing but web addresses is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.report import Progress
from tests.ingest.documents import archive
from ui.page.library import Library, read_addresses
from ui.page.uploads import safe_name
from vectorstore import ArticleIndex, StoreLocked


class WordLengths:
    """Embeds a text as the lengths of its first words."""

    name = "word-lengths"
    dimension = 4

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        lengths = [float(len(word)) for word in text.split()[:4]]
        return (lengths + [1.0] * 4)[:4]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    index = ArticleIndex.open(tmp_path / "index", WordLengths())
    yield Library(index)
    index.close()


def quiet(_: object) -> None:
    return


def dropped(tmp_path: Path, name: str, content: str | bytes, folder: str = "dropped") -> Path:
    path = tmp_path / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


STORY = "A Day at the Lake\n\nThe boat left at nine and came back at noon, wet and late."


def test_uploads_are_copied_beside_the_index(library: Library, tmp_path: Path) -> None:
    report = library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    assert [outcome.status for outcome in report.outcomes] == ["added"]
    (article,) = library.articles()
    assert Path(article.source) == (library.index.folder / "uploads" / "lake.txt").resolve()
    assert Path(article.source).read_text() == STORY


def test_same_name_with_other_content_updates_the_article(library: Library, tmp_path: Path) -> None:
    library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    report = library.add_uploads([dropped(tmp_path, "lake.txt", STORY.replace("noon", "three"), "again")], quiet)
    assert [outcome.status for outcome in report.outcomes] == ["changed"]
    (article,) = library.articles()
    stored = library.index.article(article.id)
    assert stored is not None and "three" in stored.text


def test_two_files_of_one_name_in_one_drop_are_both_kept(library: Library, tmp_path: Path) -> None:
    files = [dropped(tmp_path, "lake.txt", STORY), dropped(tmp_path, "lake.txt", STORY.replace("nine", "ten"), "other")]
    library.add_uploads(files, quiet)
    assert {Path(article.source).name for article in library.articles()} == {"lake.txt", "lake (2).txt"}


def test_unreadable_upload_leaves_nothing_behind(library: Library, tmp_path: Path) -> None:
    report = library.add_uploads([dropped(tmp_path, "photo.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" * 20)], quiet)
    assert [outcome.status for outcome in report.outcomes] == ["skipped"]
    assert report.outcomes[0].reason
    assert list((library.index.folder / "uploads").iterdir()) == []


def test_unreadable_upload_does_not_replace_what_was_there(library: Library, tmp_path: Path) -> None:
    library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    library.add_uploads([dropped(tmp_path, "lake.txt", b"\x00\x01\x02\x03" * 99, "again")], quiet)
    assert (library.index.folder / "uploads" / "lake.txt").read_text() == STORY


def uploads(library: Library) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (library.index.folder / "uploads").iterdir()}


def test_an_upload_while_somebody_else_writes_leaves_everything_as_it_was(library: Library, tmp_path: Path) -> None:
    library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    files = [dropped(tmp_path, "lake.txt", "It snowed.", "again"), dropped(tmp_path, "new.txt", "It rained.")]
    other = ArticleIndex.open(library.index.folder, WordLengths())
    with other.writing(), pytest.raises(StoreLocked):
        in_a_thread(lambda: library.add_uploads(files, quiet))
    other.close()
    assert uploads(library) == {"lake.txt": STORY.encode()}


def in_a_thread(work: Callable[[], object]) -> None:
    """Runs ``work`` in a thread of its own, as the page does, and raises what it raises."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(work).result()


@pytest.mark.parametrize("stored_first", [True, False])
def test_an_upload_that_fails_half_way_leaves_the_file_that_the_library_has_read(
    library: Library, tmp_path: Path, stored_first: bool
) -> None:
    library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    new = STORY.replace("noon", "three")

    def stop(progress: Progress) -> None:
        if not stored_first or (progress.total == progress.done == 1 and progress.chunks):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.add_uploads([dropped(tmp_path, "lake.txt", new, "again")], stop)
    (article,) = library.articles()
    stored = library.index.article(article.id)
    assert stored is not None
    assert uploads(library) == {"lake.txt": new.encode() if "three" in stored.text else STORY.encode()}


def test_what_a_kill_left_among_the_uploads_is_tidied_up(library: Library, tmp_path: Path) -> None:
    library.add_uploads([dropped(tmp_path, "lake.txt", STORY), dropped(tmp_path, "sea.txt", "It rained.")], quiet)
    folder = library.index.folder / "uploads"
    (folder / "lake.txt").rename(folder / ".lake.txt.before")
    (folder / "lake.txt").write_text("Copied, not read yet.")
    (folder / "new.txt").write_text("Copied, not read yet.")
    (folder / ".other.txt.arriving").write_text("Cop")
    Library(library.index).repair()
    assert uploads(library) == {"lake.txt": STORY.encode(), "sea.txt": b"It rained."}


def test_removing_the_last_article_of_an_uploaded_archive_removes_the_archive(library: Library, tmp_path: Path) -> None:
    content = archive({"a.txt": STORY, "b.txt": "It rained all day."})
    library.add_uploads([dropped(tmp_path, "both.zip", content)], quiet)
    first, second = library.articles()
    library.remove(first.id)
    assert uploads(library) == {"both.zip": content}
    library.remove(second.id)
    assert uploads(library) == {}


def test_removing_an_upload_removes_its_copy(library: Library, tmp_path: Path) -> None:
    original = dropped(tmp_path, "lake.txt", STORY)
    library.add_uploads([original], quiet)
    gone = library.remove(library.articles()[0].id)
    assert gone is not None and gone.title == "A Day at the Lake"
    assert library.articles() == []
    assert list((library.index.folder / "uploads").iterdir()) == []
    assert original.exists()


def test_removing_twice_is_no_error(library: Library) -> None:
    assert library.remove("nothing") is None


def test_only_the_copies_of_uploads_are_deleted(library: Library, tmp_path: Path) -> None:
    from ingest import add_articles

    original = dropped(tmp_path, "lake.txt", STORY)
    add_articles([original], library.index)
    library.remove(library.articles()[0].id)
    assert original.exists()


def test_files_of_the_server_cannot_be_named(library: Library, tmp_path: Path) -> None:
    original = dropped(tmp_path, "lake.txt", STORY)
    report = library.add_pages(f"{original} ../lake.txt file://{original}", quiet)
    assert [outcome.status for outcome in report.outcomes] == ["skipped"] * 3
    assert library.articles() == []


def test_examples_are_offered_only_over_the_samples(library: Library, tmp_path: Path) -> None:
    assert library.examples() == []
    library.add_samples(quiet)
    assert library.examples()[0] == "When did Kanye propose?"
    assert len(library.examples()) == 4
    assert len(library.own()) == 12
    library.add_uploads([dropped(tmp_path, "lake.txt", STORY)], quiet)
    assert library.examples() == []  # from then on it is asked what its own articles answer
    assert [one.title for one in library.articles() if one.id in library.own()] == ["A Day at the Lake"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("notes.txt", "notes.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a b.md", "a b.md"),
        (".bashrc", "bashrc"),
        ("...", "article"),
        ("", "article"),
        ("<img src=x onerror=alert(1)>.txt", "_img src_x onerror_alert(1)_.txt"),
        ("Größe – 東京.html", "Größe _ 東京.html"),
        ("~root.txt", "_root.txt"),
        ("a\0b\n.txt", "a_b_.txt"),
        ("x" * 300 + ".txt", "x" * 200 + ".txt"),
        ("東" * 300 + ".txt", "東" * 66 + ".txt"),
    ],
)
def test_safe_names_mean_nothing_but_themselves(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert len(safe_name(name).encode()) < 255


def test_addresses_are_told_from_other_words() -> None:
    addresses, refused = read_addresses(
        "https://x.example/a  HTTP://y.example\nz.example/b https://x.example/a /etc/passwd word"
    )
    assert addresses == ["https://x.example/a", "HTTP://y.example", "https://z.example/b"]
    assert [outcome.source for outcome in refused] == ["/etc/passwd", "word"]
