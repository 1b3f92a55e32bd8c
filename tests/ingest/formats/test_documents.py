"""PDF, office documents, e-books and saved pages: text in order, pages and chapters, what the properties say."""

from __future__ import annotations

import io

import docx as python_docx
import pytest

from ingest.errors import UnreadableSource
from ingest.formats import read_article, read_articles
from ingest.types import RawSource, Skipped
from tests.ingest import documents
from tests.ingest.documents import STORY, archive, docx, epub, mhtml, odt, pdf, rtf, xhtml
from vectorstore import Article


def raw(content: bytes, name: str = "a.txt", media_type: str | None = None) -> RawSource:
    """Under a wrong suffix unless one is given: the bytes must tell."""
    return RawSource(f"/articles/{name}", name, content, media_type)


def labels(article: Article) -> list[tuple[str, str]]:
    """The label of each section with the words it begins with."""
    return [(section.label, article.text[section.start :][:12]) for section in article.sections]


def body(article: Article) -> str:
    return article.text[article.body_start :]


@pytest.mark.parametrize(
    "content",
    [pdf([[STORY[0], "", STORY[1], "", STORY[2]]]), docx(), odt(), rtf(), mhtml(xhtml("<p>" + "</p><p>".join(STORY)))],
)
def test_every_document_is_known_by_its_bytes_and_read_in_order(content: bytes) -> None:
    article = read_article(raw(content))
    assert body(article).split("\n\n") == STORY
    assert article.origin == ""


# PDF ------------------------------------------------------------------------------------------------------------------


def wrapped(text: str, width: int = 60) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width)


def test_pages_of_a_pdf_are_sections() -> None:
    pages = [["It rained on Monday."], ["It snowed on Tuesday."], ["The sun came out."]]
    article = read_article(raw(pdf(pages), "weather.pdf"))
    assert labels(article) == [("page 1", "It rained on"), ("page 2", "It snowed on"), ("page 3", "The sun came")]
    assert article.section_at(article.text.index("snowed")) == "page 2"
    assert article.title == "It rained on Monday"


def test_lines_of_a_pdf_become_paragraphs_and_words_are_joined() -> None:
    lines = [
        *wrapped(STORY[0]),
        "It was a long fare-",
        "well for everybody who had ever crossed on the old boat.",
        *wrapped(STORY[1]),
    ]
    text = read_article(raw(pdf([lines]))).text
    assert "a long farewell for everybody" in text
    assert STORY[0] in text and STORY[1] in text
    assert "\n" not in text[text.index(STORY[0]) : text.index(STORY[0]) + len(STORY[0])]


def test_running_heads_and_page_numbers_of_a_pdf_are_left() -> None:
    pages = [["The Harbour Gazette", STORY[number % 3], f"Page {number} of 6"] for number in range(1, 7)]
    text = read_article(raw(pdf(pages))).text
    assert "Gazette" not in text and "Page" not in text
    assert text.count("Ruth Amsel") == 2


def test_a_sentence_that_goes_over_the_page_stays_one() -> None:
    article = read_article(raw(pdf([["The captain looked at the sea and"], ["saw nothing but grey water."]])))
    assert article.text == "The captain looked at the sea and saw nothing but grey water."
    assert article.section_at(article.text.index("saw")) == "page 2"


def test_properties_of_a_pdf_are_used_where_they_say_something() -> None:
    info = {"Title": "The Last Ferry", "Author": "Ada Finch", "CreationDate": "D:20170505120000+02'00'"}
    article = read_article(raw(pdf([STORY], info, language="en-GB")))
    assert (article.title, article.authors, article.published) == ("The Last Ferry", ("Ada Finch",), None)
    assert article.language == "en"
    assert article.text.startswith("By Ada Finch\n\n")  # when a file was made is not when an article came out
    for title in ("Microsoft Word - ferry_v2.doc", "Word Document", "about:blank"):
        article = read_article(raw(pdf([["The Ferry Stops", *STORY]], {"Title": title, "Author": "Administrator"})))
        assert (article.title, article.authors) == ("The Ferry Stops", ())


def test_the_byline_of_a_pdf_goes_before_its_properties() -> None:
    lines = ["The Ferry Stops", "By Ada Finch", "6 May 2017", *STORY]
    article = read_article(raw(pdf([lines], {"Author": "Scanner", "CreationDate": "D:2020"})))
    assert (article.authors, article.published) == (("Ada Finch",), "2017-05-06")
    assert body(article).startswith("The ferry at Alder Point")
    assert article.sections[0].start == article.body_start


def test_a_page_that_is_a_picture_is_named_and_the_rest_is_read() -> None:
    [article, note] = read_articles(raw(pdf([STORY, [], STORY[:1]], pictures=[2]), "scan.pdf"))
    assert isinstance(article, Article) and [section.label for section in article.sections] == ["page 1", "page 3"]
    assert (
        isinstance(note, Skipped)
        and note.source == "/articles/scan.pdf#page=2"
        and "page 2 is a picture" in note.reason
    )


def test_a_scan_and_an_empty_pdf_are_told_apart() -> None:
    with pytest.raises(UnreadableSource, match="whose pages are pictures"):
        read_article(raw(pdf([[], []], pictures=[1, 2])))
    with pytest.raises(UnreadableSource, match="without any text"):
        read_article(raw(pdf([[], []])))


def test_a_pdf_with_a_password_is_named() -> None:
    with pytest.raises(UnreadableSource, match="password"):
        read_article(raw(pdf([STORY], encrypted=True)))


# Word and OpenDocument ------------------------------------------------------------------------------------------------


def test_a_word_document_has_a_section_for_each_heading() -> None:
    content = docx(
        [("The Last Ferry", "Title"), "By Ada Finch", STORY[0], ("The captain", "Heading 1"), STORY[1]],
        rows=[["Year", "Crossings"], ["2025", "730"]],
    )
    article = read_article(raw(content, "ferry.docx"))
    assert (article.title, article.authors) == ("The Last Ferry", ("Ada Finch",))
    assert labels(article) == [("The captain", "The captain\n")]
    assert body(article) == f"{STORY[0]}\n\nThe captain\n\n{STORY[1]}\n\nYear | Crossings\n2025 | 730"


def test_lists_of_a_word_document_are_lines() -> None:
    content = docx([STORY[0], ("Bring a coat", "List Bullet"), ("Bring a lamp", "List Number"), STORY[1]])
    assert f"{STORY[0]}\n\n- Bring a coat\n- Bring a lamp\n\n{STORY[1]}" in read_article(raw(content)).text


def test_a_table_of_a_word_document_is_read_once_cell_by_cell() -> None:
    document = python_docx.Document()
    document.add_paragraph(STORY[0])
    table = document.add_table(2, 2)
    for cell, words in zip(
        (*table.rows[0].cells, *table.rows[1].cells), ("Year", "Cost", "2017", "9 crowns"), strict=True
    ):
        cell.text = words
    last = table.cell(1, 1)
    last.add_paragraph("paid in May")
    inner = last.add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "north", "south"
    buffer = io.BytesIO()
    document.save(buffer)
    rows = "Year | Cost\n2017 | 9 crowns paid in May north south"
    assert read_article(raw(buffer.getvalue())).text == f"{STORY[0]}\n\n{rows}"


def test_properties_of_a_word_document_are_used_but_not_its_dates() -> None:
    article = read_article(raw(docx(title="The Last Ferry", author="Ada Finch")))
    assert (article.title, article.authors, article.published) == ("The Last Ferry", ("Ada Finch",), None)
    assert read_article(raw(docx(author="python-docx"), "notes.docx")).authors == ()


def test_insertions_of_a_word_document_are_read_and_deletions_are_not() -> None:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(docx(["It rained."]))) as file:
        files = {name: file.read(name) for name in file.namelist()}
    xml = files["word/document.xml"].decode()
    edited = (
        "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>It snowed.</w:t></w:r></w:ins></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>It thawed.</w:t></w:r></w:p></w:sdtContent></w:sdt><w:sectPr"
    )
    files["word/document.xml"] = xml.replace("<w:sectPr", edited, 1).encode()
    assert read_article(raw(archive(files))).text == "It rained.\n\nIt snowed.\n\nIt thawed."


def test_an_opendocument_text_is_read_without_notes_and_deletions() -> None:
    content = odt(
        "<text:tracked-changes><text:changed-region><text:p>gone</text:p></text:changed-region></text:tracked-changes>"
        "<text:h>The captain</text:h><text:p>It<text:s text:c='2'/>rained<text:note><text:note-body><text:p>A note"
        "</text:p></text:note-body></text:note>,\n   and<text:tab/>it <text:span>snowed</text:span>.</text:p>"
        "<text:list><text:list-item><text:p>A coat</text:p></text:list-item><text:list-item><text:p>A lamp</text:p>"
        "</text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>2025</text:p>"
        "</table:table-cell><table:table-cell><text:p>730</text:p></table:table-cell></table:table-row></table:table>",
        meta="<dc:title>The Last Ferry</dc:title><meta:initial-creator>Ada Finch</meta:initial-creator>"
        "<dc:creator>Somebody Else</dc:creator><dc:language>en-US</dc:language><dc:date>2026-01-01T10:00:00</dc:date>",
    )
    article = read_article(raw(content))
    assert (article.title, article.authors) == ("The Last Ferry", ("Ada Finch",))
    assert (article.language, article.published) == ("en", None)
    assert body(article) == "The captain\n\nIt rained, and it snowed.\n\n- A coat\n- A lamp\n\n2025 | 730"
    assert labels(article) == [("The captain", "The captain\n")]


def test_an_opendocument_text_with_a_password_is_named() -> None:
    with pytest.raises(UnreadableSource, match="password"):
        read_article(raw(odt(manifest="<encryption-data/>")))


# RTF ------------------------------------------------------------------------------------------------------------------


def test_rtf_gives_every_character_and_its_information() -> None:
    info = r"{\info{\title The Last Ferry}{\author Ada Finch}{\creatim\yr2011\mo2\dy3}}"
    article = read_article(raw(rtf(["Über “Straße” {1} → 🚢", STORY[0]], info)))
    assert (article.title, article.authors, article.published) == ("The Last Ferry", ("Ada Finch",), None)
    assert body(article) == f"Über “Straße” {{1}} → 🚢\n\n{STORY[0]}"


# E-books --------------------------------------------------------------------------------------------------------------

BOOK = {
    "cover.xhtml": xhtml('<img src="cover.png"/>'),
    "one.xhtml": xhtml(f"<h1>Setting out</h1><p>{STORY[0]}</p>"),
    "two.xhtml": xhtml(f'<h1 id="a">Halfway</h1><p>{STORY[1]}</p><h1 id="b">Landing</h1><p>{STORY[2]}</p>'),
}
NAV = (
    '<ol><li><a href="one.xhtml">Setting out</a></li><li><span>Part Two</span><ol>'
    '<li><a href="two.xhtml#a">Chapter 2</a></li><li><a href="two.xhtml#b">Chapter 3</a></li></ol></li></ol>'
)
EXPECTED = [
    ("Setting out", "Setting out\n"),
    ("Part Two, Chapter 2", "Halfway\n\nThe"[:12]),
    ("Part Two, Chapter 3", "Landing\n\nA b"),
]


def test_a_book_is_read_in_the_order_of_its_spine_with_its_nested_navigation() -> None:
    article = read_article(raw(epub(BOOK, nav=NAV), "book.epub"))
    assert article.title == "The Last Ferry"
    assert [label for label, _ in labels(article)] == [label for label, _ in EXPECTED]
    assert [start.split("\n")[0] for _, start in labels(article)] == ["Setting out", "Halfway", "Landing"]
    assert body(article) == "\n\n".join(["Setting out", STORY[0], "Halfway", STORY[1], "Landing", STORY[2]])
    assert article.section_at(article.text.index("Ruth", article.body_start)) == "Part Two, Chapter 2"


def test_an_older_book_has_its_navigation_elsewhere() -> None:
    def point(label: str, src: str, inside: str = "") -> str:
        return f"<navPoint><navLabel><text>{label}</text></navLabel><content src='{src}'/>{inside}</navPoint>"

    inside = point("Chapter 2", "two.xhtml#a") + point("Chapter 3", "two.xhtml#b")
    ncx = point("Setting out", "one.xhtml") + point("Part Two", "two.xhtml", inside)
    article = read_article(raw(epub(BOOK, ncx=ncx)))
    assert [label for label, _ in labels(article)] == [label for label, _ in EXPECTED]


def test_a_book_without_navigation_is_read_all_the_same() -> None:
    pages = {
        "one.xhtml": xhtml(f"<h1>Setting <i>out</i></h1><p>{STORY[0]}</p><h2>At sea</h2><p>{STORY[1]}</p>"),
        "two.xhtml": xhtml(f"<p>{STORY[2]}</p>"),
    }
    article = read_article(raw(epub(pages)))
    assert labels(article) == [("Setting out", "Setting out\n")]
    assert all(sentence in article.text for sentence in STORY)


def test_properties_of_a_book() -> None:
    metadata = (
        "<dc:title>The Last Ferry</dc:title><dc:creator>Amsel, Ruth</dc:creator><dc:creator>Ada Finch</dc:creator>"
        '<dc:language>en-GB</dc:language><dc:date opf:event="modification">2020-01-01</dc:date>'
        '<dc:date opf:event="publication">2017-05</dc:date>'
    )
    article = read_article(raw(epub(BOOK, metadata=metadata)))
    assert (article.authors, article.published, article.language) == (("Ruth Amsel", "Ada Finch"), "2017-05", "en")
    assert article.text.startswith("By Ruth Amsel and Ada Finch · Published May 2017\n\n")


def test_a_protected_book_is_named_and_one_with_protected_fonts_is_read() -> None:
    def encryption(path: str) -> dict[str, str | bytes]:
        reference = f"<CipherData><CipherReference URI='{path}'/></CipherData>"
        return {"META-INF/encryption.xml": f"<encryption><EncryptedData>{reference}</EncryptedData></encryption>"}

    with pytest.raises(UnreadableSource, match="DRM"):
        read_article(raw(epub(BOOK, extra=encryption("OPS/one.xhtml"))))
    assert STORY[0] in read_article(raw(epub(BOOK, extra=encryption("OPS/font.otf")))).text


# Saved pages ----------------------------------------------------------------------------------------------------------


def test_a_saved_page_is_read_as_the_page_it_is() -> None:
    page = (
        '<html lang="en"><head><meta property="og:title" content="The Last Ferry">'
        '<meta name="author" content="Ada Finch">'
        '<meta property="article:published_time" content="2017-05-05T08:00:00Z"></head><body><nav>Home Sport</nav>'
        f"<article><h1>The Last Ferry</h1>{''.join(f'<p>{line} Ünder grey skies.</p>' for line in STORY)}"
        "</article></body></html>"
    )
    for charset in ("utf-8", "iso-8859-1"):
        article = read_article(raw(mhtml(page, charset=charset), "ferry.mhtml"))
        assert (article.title, article.authors, article.published) == ("The Last Ferry", ("Ada Finch",), "2017-05-05")
        assert "Ünder grey skies." in article.text and "Sport" not in article.text
        assert article.language == "en"


def test_what_looks_like_a_document_and_cannot_be_read_is_named() -> None:
    for name, words in (("xl/workbook.xml", "an Excel workbook"), ("ppt/presentation.xml", "a PowerPoint file")):
        with pytest.raises(UnreadableSource, match=words):
            read_article(raw(archive({name: "x"})))
    assert documents.STORY
