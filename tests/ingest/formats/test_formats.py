from __future__ import annotations

import bz2
import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.cleaning import clean
from ingest.errors import UnreadableSource
from ingest.formats import FORMATS, SUFFIXES, article_id, fingerprint, read_article
from ingest.limits import PAGE_MEDIA_TYPES
from ingest.types import RawSource


def raw(content: bytes | str, name: str = "a.txt", media_type: str | None = None) -> RawSource:
    content = content.encode() if isinstance(content, str) else content
    return RawSource(f"/articles/{name}", name, content, media_type)


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


def test_an_article_is_complete() -> None:
    source = raw("Otters Return\n\nBy Ada Finch\n5 May 2017\n\nIt rained.", "otters.txt")
    article = read_article(source)
    assert article.id == article_id("/articles/otters.txt") and len(article.id) == 12
    assert article.source == "/articles/otters.txt"
    assert article.title == "Otters Return"
    assert article.authors == ("Ada Finch",)
    assert article.published == "2017-05-05"
    assert article.fingerprint == fingerprint(source)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        (archive("word/document.xml"), "a Word document"),
        (archive("xl/workbook.xml"), "an Excel workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01\x00\x01\x00", "a GIF image"),
        (b"\x7fELF\x02\x01\x01\0", "a program (ELF)"),
        (b"MZ\x90\0\x03\0\0\0", "a program (Windows)"),
        (bz2.compress(b"It rained."), "a bzip2-compressed file"),
        (b"It rained.\0\0", "NUL bytes"),
        (bytes(range(1, 9)) * 20, "control characters"),
    ],
)
def test_what_is_no_text_is_refused_and_named(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read_article(raw(content, "article.txt"))
    assert words in caught.value.reason
    assert "/articles/article.txt" in str(caught.value)


@pytest.mark.parametrize("text", ["MZ was her middle name.", "ID3 is a tag.", "RIFF and raff met.", "BM is a car."])
def test_text_that_begins_like_a_file_signature_is_read(text: str) -> None:
    assert read_article(raw(text)).text == text


def test_html_under_another_name_is_read_as_html() -> None:
    page = "<!DOCTYPE html><html><body><p>It rained.</p></body></html>"
    assert read_article(raw(page, "a.txt")).text == "It rained."
    assert read_article(raw(page, "a.md")).text == "It rained."
    assert read_article(raw(page, "page", "text/plain")).text == "It rained."


def test_the_suffix_decides_between_texts() -> None:
    assert read_article(raw("*It* rained.", "a.md")).text == "It rained."
    assert read_article(raw("*It* rained.", "a.txt")).text == "*It* rained."
    assert read_article(raw("<p>It rained.</p>", "a.htm")).text == "It rained."


def test_a_servers_word_decides_unless_it_only_says_text() -> None:
    assert read_article(raw("*It* rained.", "a", "text/markdown; charset=utf-8")).text == "It rained."
    assert read_article(raw("*It* rained.", "a.md", "text/plain")).text == "It rained."
    assert read_article(raw("<p>It rained.</p>", "a.txt", "text/html")).text == "It rained."


@pytest.mark.parametrize("content", [" \n\n ", "***", "\ufeff", "<!DOCTYPE html><html><body></body></html>"])
def test_a_source_without_words_is_refused(content: str) -> None:
    with pytest.raises(UnreadableSource, match=r"no text|empty"):
        read_article(raw(content))


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("kim-and-kanye.txt", "Kim and kanye"),
        ("the_big%20river.txt", "The big river"),
        ("2017-05-05-yearly-report.txt", "2017-05-05 yearly report"),
        ("A Well Named File.txt", "A Well Named File"),
        ("v1.2 travel notes.txt", "V1.2 travel notes"),
        ("rtqa-000403.txt", "It rained"),
        ("article.txt", "It rained"),
    ],
)
def test_without_a_title_the_name_is_made_readable(name: str, title: str) -> None:
    assert read_article(raw("It rained. It stopped.", name)).title == title


def test_a_page_without_a_title_or_a_name_is_called_by_its_first_words() -> None:
    text = b"The ferry at Alder Point stops running in autumn, when the bridge that everybody has waited for is opened."
    source = RawSource("https://otters.example/", "", text, "text/plain")
    assert read_article(source).title == "The ferry at Alder Point stops running in autumn, when the bridge that …"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("By Ada Finch\n5 May 2017\n\nIt rained.", ""),
        ("---\nauthor: Ada Finch\ndate: 2017-05-05\nsource: The Gazette\n---\nIt rained.", " · From The Gazette"),
        ("---\nauthor: Ada Finch\ndate: 2017-05-05\nsource: https://a.example/\n---\nIt rained.", ""),
    ],
)
def test_an_article_begins_with_who_wrote_it_where_and_when(content: str, line: str) -> None:
    content = content if content.startswith("---") else f"Otters Return\n\n{content}"
    article = read_article(raw(content, "a.md" if content.startswith("---") else "a.txt"))
    assert article.text == f"By Ada Finch{line} · Published 5 May 2017\n\nIt rained."
    assert article.text[article.body_start :] == "It rained."


def test_a_page_says_where_it_came_out() -> None:
    page = (
        '<html><head><meta name="author" content="Ada Finch"><script type="application/ld+json">{"@type": "Article", '
        '"headline": "A", "publisher": {"name": "The Gazette"}}</script></head><body><p>It rained.</p></body></html>'
    )
    assert read_article(raw(page)).text == "By Ada Finch · From The Gazette\n\nIt rained."


def test_a_reason_is_one_line_that_can_be_printed() -> None:
    assert UnreadableSource("/a", "damaged\n(\x1b[31m at\tline 1)").reason == "damaged ( [31m at line 1)"


def test_a_fingerprint_tells_content_and_label_apart() -> None:
    original = raw("It rained.", media_type="text/plain")
    others = (replace(original, content=b"It snowed."), replace(original, media_type="text/html"))
    assert fingerprint(original) == fingerprint(replace(original, name="b.txt"))
    assert len({fingerprint(original), *map(fingerprint, others)}) == 3


def test_every_suffix_is_a_lower_case_suffix() -> None:
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)
    assert {".txt", ".md", ".html", ".mhtml", ".pdf", ".docx", ".odt", ".epub", ".rtf"} <= SUFFIXES
    assert {".csv", ".tsv", ".jsonl", ".zip", ".rss", ".atom", ".xml"} <= SUFFIXES


def test_every_media_type_that_a_reader_knows_may_be_fetched() -> None:
    assert {media_type for form in FORMATS for media_type in form.MEDIA_TYPES} <= set(PAGE_MEDIA_TYPES)


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)),
    st.sampled_from(["a.txt", "a.md", "a.html"]),
)
def test_any_bytes_give_a_clean_article_or_a_reason(content: bytes, name: str) -> None:
    try:
        article = read_article(raw(content, name))
    except UnreadableSource as error:
        assert error.reason
    else:
        assert article.text == clean(article.text) != ""
        assert article.title.strip() == article.title != ""
        article.text.encode()


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_five_megabytes_without_newline_or_space_are_read(name: str) -> None:
    assert len(read_article(raw(b"a" * 5_000_000, name)).text) == 5_000_000


@pytest.mark.parametrize(
    ("top", "title", "authors"),
    [
        ("River Floods Old Town\n\n2017/05/05\n\n", "River Floods Old Town", ()),
        ("River floods old town. What we know.\n\n2017/05/05\n\n", "River floods old town. What we know.", ()),
        ("2017/05/05\n\nLeeds Evening Post —\n\n", "It rained for three days before the river came over its banks", ()),
        ("River Floods Old Town\n\n2017/05/05\n\nJane Roe\n\nLEEDS POST\n\n", "River Floods Old Town", ("Jane Roe",)),
        ("River Floods Old Town\n\nMay 5, 2017 Updated May 8, 2017, 11:56 a.m. ET\n\n", "River Floods Old Town", ()),
    ],
)
def test_the_head_of_a_newspapers_text_is_its_title_date_and_author(
    top: str, title: str, authors: tuple[str, ...]
) -> None:
    text = "It rained for three days before the river came over its banks.\n\nNobody was hurt."
    article = read_article(raw(top + text, "rtqa-1.txt"))
    assert (article.title, article.published, article.authors) == (title, "2017-05-05", authors)
    assert article.text[article.body_start :] == text


def test_headings_below_a_date_are_kept() -> None:
    text = "Alabama\n\nIt rained for three days before the river came over its banks."
    article = read_article(raw(f"River Floods by State\n\n2017/05/05\n\n{text}", "a.txt"))
    assert article.text[article.body_start :] == text
