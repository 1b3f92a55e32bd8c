from __future__ import annotations

import json

import pytest

from ingest.errors import UnreadableSource
from ingest.formats import html
from ingest.types import Draft, RawSource

SENTENCES = [
    "The first otter was seen in May by a farmer who was mending a fence near the old mill.",
    "He took it for a cat until it slid into the water without a sound and did not come up again.",
    "By the end of June there were four of them, and the village had given every one of them a name.",
    "Nobody had seen an otter in the valley since 1962, when the last one was found below the weir.",
]
BOILERPLATE = ["Accept cookies", "Main menu", "Ten other rivers", "First comment!", "All rights reserved", "Share me"]
PAGE = f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Otters Return | Wend Valley Review</title>
<meta property="article:published_time" content="2017-05-05T19:54:00Z"><meta name="author" content="Ada Finch">
<style>p {{ color: red }}</style><script>var hidden = "script text";</script></head><body>
<div class="cookie-banner">We use cookies. <button>Accept cookies</button></div>
<nav><a href="/">Main menu</a> <a href="/x">Sport</a></nav>
<main><article><h1>Otters Return</h1>
<p>{SENTENCES[0]} {SENTENCES[1]}</p>
<h2>A second summer</h2>
<p>{SENTENCES[2]} {SENTENCES[3]}</p>
<ul><li>one holt</li><li>two cubs</li></ul>
<table><tr><th>Year</th><th>Otters</th></tr><tr><td>2016</td><td>1</td></tr><tr><td>2017</td><td>4</td></tr></table>
<div class="share"><a href="#">Share me</a></div>
</article></main>
<aside class="related"><h3>Related</h3><a href="/y">Ten other rivers</a></aside>
<section id="comments"><p>First comment!</p></section>
<footer>All rights reserved 2024</footer></body></html>"""


def read(page: str | bytes, media_type: str | None = None) -> Draft:
    content = page.encode() if isinstance(page, str) else page
    return html.read(RawSource("/a/otters.html", "otters.html", content, media_type))


def page(head: str = "", body: str = "") -> str:
    text = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    return f"<html><head>{head}</head><body>{body}<article>{text}</article></body></html>"


def test_an_article_is_read_without_its_page() -> None:
    text = read(PAGE).text
    assert all(sentence in text for sentence in SENTENCES)
    assert not any(line in text for line in [*BOILERPLATE, "script text", "color"])


def test_paragraphs_and_headings_are_set_off_by_blank_lines() -> None:
    paragraphs = read(PAGE).text.split("\n\n")
    assert f"{SENTENCES[0]} {SENTENCES[1]}" in paragraphs
    assert "A second summer" in paragraphs


def test_lists_and_tables_are_lines() -> None:
    text = read(PAGE).text
    assert "- one holt\n- two cubs" in text
    assert "Year | Otters\n2016 | 1\n2017 | 4" in text


def test_metadata_comes_from_the_page() -> None:
    draft = read(PAGE)
    assert (draft.title, draft.authors, draft.published) == ("Otters Return", ("Ada Finch",), "2017-05-05")


def test_linked_data_says_who_and_when() -> None:
    graph = {
        "@graph": [
            {"@type": "Organization", "name": "Review"},
            {
                "@type": ["NewsArticle"],
                "headline": "Otters &amp; Voles",
                "datePublished": "2017-05-05T10:00:00+02:00",
                "author": [{"@type": "Person", "name": "Ada Finch"}, {"name": "Ben Roe"}],
            },
        ]
    }
    draft = read(page(f'<script type="application/ld+json">{json.dumps(graph)}</script>'))
    assert (draft.title, draft.authors, draft.published) == ("Otters & Voles", ("Ada Finch", "Ben Roe"), "2017-05-05")


@pytest.mark.parametrize(
    "broken",
    ["{", '{"@type": "Article"}', "[" * 100_000, '{"@type": 3, "headline": [], "author": {"name": 4}}', "null"],
)
def test_broken_linked_data_is_passed_over(broken: str) -> None:
    draft = read(page(f'<title>T</title><script type="application/ld+json">{broken}</script>'))
    assert (draft.title, draft.authors) == ("T", ())


@pytest.mark.parametrize(
    "body",
    [
        '<div class="byline">By Ada Finch</div><time datetime="2017-05-05">5 May</time>',
        '<p class="article-byline">By Ada Finch | May 5, 2017</p>',
        '<span class="author">Ada Finch</span><span class="published">Published May 5, 2017</span>',
        '<a rel="author">Ada Finch</a><time itemprop="datePublished" datetime="2017-05-05">x</time><time>2020</time>',
    ],
)
def test_a_visible_byline_is_read(body: str) -> None:
    draft = read(page(body=body))
    assert (draft.authors, draft.published) == (("Ada Finch",), "2017-05-05")


def test_no_date_is_guessed_from_the_footer_or_the_text() -> None:
    body = "<p>It happened on May 5, 2017.</p><footer>Copyright 2024. Updated 3 March 2023</footer>"
    assert read(page(body=body)).published is None


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Otters Return | Wend Valley Review</title>", "", "Otters Return"),
        ("<title>Otters Return</title>", "<h1>Otters Return to the Wend</h1>", "Otters Return to the Wend"),
        ('<meta property="og:title" content="Otters &amp; Voles"><title>x</title>', "", "Otters & Voles"),
        ("", "", None),
    ],
)
def test_the_title_is_the_articles_and_not_the_sites(head: str, body: str, title: str | None) -> None:
    assert read(page(head, body)).title == title


def test_a_page_too_short_for_the_extractor_is_still_read() -> None:
    text = read("<html><body><nav>Menu</nav><h1>Otters</h1><p>It&nbsp;rained.<br>It stopped.</p></body></html>").text
    assert text == "Otters\n\nIt rained.\nIt stopped."


def test_a_fragment_without_html_element_is_read() -> None:
    assert read("<p>One.</p><p>Two <b>words</b>.</p>").text == "One.\n\nTwo words."


def test_a_file_without_any_tag_is_read_as_plain_text() -> None:
    assert read("Otters Return\n\nIt rained: 3 < 4.").text == "Otters Return\n\nIt rained: 3 < 4."


def test_an_old_page_laid_out_by_a_table_keeps_its_paragraphs() -> None:
    text = read("<table><tr><td><p>One.</p><p>Two.</p></td></tr></table>").text
    assert text == "One.\n\nTwo."


def test_a_declared_charset_is_used() -> None:
    source = '<html><head><meta charset="windows-1251"></head><body><p>Вода.</p></body></html>'
    assert read(source.encode("cp1251")).text == "Вода."


def test_nested_beyond_reason_is_refused_rather_than_cut_off() -> None:
    with pytest.raises(UnreadableSource, match="nested"):
        read("<div>word " * 5000)


@pytest.mark.parametrize("content", ["<!-- nothing -->", "<html></html>", "<script>x</script>"])
def test_a_page_without_words_gives_an_empty_text_or_a_reason(content: str) -> None:
    try:
        assert read(content).text == ""
    except UnreadableSource as error:
        assert error.reason == "the page is empty"


@pytest.mark.parametrize(
    ("content", "is_html"),
    [
        (b"<!DOCTYPE html><p>x", True),
        (b"\xef\xbb\xbf \n<html lang='en'>", True),
        (b"<!-- saved page --><html>", True),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x">', True),
        ("\ufeff<html>".encode("utf-16-le"), True),
        (b"<div align='center'>\n\n# Title", False),
        (b"An article about <html> tags", False),
        (b"<htmlx>", False),
        (b"", False),
    ],
)
def test_html_is_told_by_how_it_begins(content: bytes, is_html: bool) -> None:
    assert html.recognises(content) is is_html


def test_a_page_in_german_and_latin_1_is_read_without_its_page() -> None:
    story = [
        "Die neue Brücke über die Förde ist am Freitag für den Verkehr freigegeben worden, vor zweitausend Zuschauern.",
        "Der Bau dauerte vier Jahre und kostete 83 Millionen Euro, wie eine Sprecherin der Stadt am Samstag sagte.",
        "Gestern hatten Prüfer die letzten Schweißnähte abgenommen; die Fähre stellt ihren Betrieb am Sonntag ein.",
    ]
    content = f"""<html lang="de"><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">
    <title>Brücke eröffnet | Küstenbote</title></head><body><ul id="nav"><li><a href="/">Startseite</a></li></ul>
    <div class="artikel"><h1>Brücke eröffnet</h1><p class="autor">Von Jürgen Müßig</p>
    <p class="datum">Veröffentlicht am 5. Mai 2017, 14:30 Uhr</p><p>{story[0]}</p><p>Anzeige</p><p>{story[1]}</p>
    <p>{story[2]}</p><p>Lesen Sie auch: <a href="/x">Der Fährmann geht</a></p></div>
    <div class="kommentare"><h3>Kommentare (1)</h3><p>Endlich! Das wurde aber auch Zeit mit der Brücke.</p></div>
    </body></html>"""
    draft = read(content.encode("latin-1"))
    assert (draft.title, draft.authors, draft.published) == ("Brücke eröffnet", ("Jürgen Müßig",), "2017-05-05")
    kept = draft.text.split("\n\n")
    assert [line for line in kept if line in story] == story
    assert not any(word in draft.text for word in ("Anzeige", "Lesen Sie", "Endlich", "Startseite"))
