"""Tables, JSON Lines, feeds, sitemaps, archives and texts that hold several articles: each told apart and named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ingest import add_articles
from ingest.errors import UnreadableSource
from ingest.formats import read_article, read_articles
from ingest.types import LinkedPage, RawSource, Skipped
from tests.ingest.documents import STORY, archive, atom, docx, epub, pdf, rss, sitemap, xhtml
from vectorstore import Article, ArticleIndex


def raw(content: bytes | str, name: str, media_type: str | None = None) -> RawSource:
    content = content.encode() if isinstance(content, str) else content
    return RawSource(f"/articles/{name}", name, content, media_type)


def articles(content: bytes | str, name: str, media_type: str | None = None) -> list[Article]:
    found = read_articles(raw(content, name, media_type))
    assert all(isinstance(one, Article) for one in found), found
    return [one for one in found if isinstance(one, Article)]


def body(article: Article) -> str:
    return article.text[article.body_start :]


# Tables ---------------------------------------------------------------------------------------------------------------


def test_a_row_is_an_article_with_its_fields_named() -> None:
    content = (
        "Headline,Body,Author,Date Published,Section,url\n"
        f'The Last Ferry,"{STORY[0]}\n\n{STORY[1]}",Ada Finch and Bo Reed,5 May 2017,Harbour,https://a.example/1\n'
        f'\nThe Bridge,"{STORY[2]}",,,,\n'
    )
    ferry, bridge = articles(content, "news.csv")
    assert (ferry.source, ferry.origin) == ("/articles/news.csv#row=2", "/articles/news.csv")
    assert (ferry.title, ferry.authors, ferry.published) == ("The Last Ferry", ("Ada Finch", "Bo Reed"), "2017-05-05")
    assert body(ferry) == f"{STORY[0]}\n\n{STORY[1]}\n\nSection: Harbour"
    assert (bridge.source, bridge.title, body(bridge)) == ("/articles/news.csv#row=4", "The Bridge", STORY[2])
    assert ferry.id != bridge.id and ferry.fingerprint == bridge.fingerprint


def test_a_table_of_values_is_read_as_named_values() -> None:
    first, second = articles(
        "Country;Capital;Population\nFrance;Paris;67 million\nPeru;Lima;34 million\n", "places.csv"
    )
    assert body(first) == "Country: France\nCapital: Paris\nPopulation: 67 million"
    assert body(second).startswith("Country: Peru")
    assert (first.title, second.title) == ("France", "Peru")
    assert [one.title for one in articles(f"{STORY[0]}\n=====\n", "a.txt")] == [
        "The ferry at Alder Point made its last crossing on Sunday after ninety years of …"
    ]
    assert [one.title for one in articles('{"body": "It rained."}\n{"body": "It snowed."}', "a.jsonl")] == [
        "It rained", "It snowed"
    ]  # fmt: skip


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_what_separates_the_fields_is_found(separator: str) -> None:
    lines = [["title", "text", "year"], ["Ferry", f'"{STORY[1]}"', "2017"], ["Bridge", f'"{STORY[2]}"', "2018"]]
    content = "\r\n".join(separator.join(line) for line in lines)
    assert [article.title for article in articles(content, "a.csv")] == ["Ferry", "Bridge"]
    assert [
        article.title for article in articles("\t".join(lines[0]) + "\nFerry\tIt rained, it snowed.\t1", "a.tsv")
    ] == ["Ferry"]


def test_a_table_without_names_numbers_its_fields() -> None:
    (article, _) = articles("2017,The ferry stopped.\n2018,The bridge opened.\n", "a.csv")
    assert body(article) == "Column 1: 2017\nColumn 2: The ferry stopped."


def test_html_in_a_field_is_read_as_html() -> None:
    (article,) = articles(
        "title,content\nA,<p>It <b>rained</b>.</p><script>alert(1)</script><p>It snowed.</p>\n", "a.csv"
    )
    assert article.text == "It rained.\n\nIt snowed."


def test_only_line_feeds_end_a_row() -> None:
    (article,) = articles("title,text\nFerry,It rained\u2028and snowed\x85all\x0bday.\n", "a.csv")
    assert (article.title, body(article)) == ("Ferry", "It rained\nand snowed\nall\nday.")


@pytest.mark.parametrize(
    "names",
    ["Titel;Autor;Datum;Inhalt", "Titre;Auteur;Date;Texte", "Título;Autor;Fecha;Texto", "titolo;autore;date;testo"],
)
def test_fields_may_be_named_in_other_languages(names: str) -> None:
    content = f'\ufeff{names}\r\nHafenfest;Anna Bär;05.06.2017;"Es kamen 30.000 Gäste; es regnete."\r\n'
    (article,) = articles(content, "a.csv")
    assert (article.title, article.authors, article.published) == ("Hafenfest", ("Anna Bär",), "2017-06-05")
    assert body(article) == "Es kamen 30.000 Gäste; es regnete."


# JSON Lines -----------------------------------------------------------------------------------------------------------


def test_a_line_is_an_article_whatever_the_file_is_called() -> None:
    lines = [
        {
            "title": "The Last Ferry",
            "text": STORY[0],
            "authors": ["Ada Finch", {"name": "Bo Reed"}],
            "date": "2017-05-05",
        },
        {
            "title": "The Bridge",
            "text": STORY[2],
            "meta": {"section": "Roads"},
            "views": 12,
            "draft": False,
            "lang": "en",
        },
    ]
    content = "\n".join(map(json.dumps, lines))
    for name in ("news.jsonl", "news.txt", "news.ndjson"):
        ferry, bridge = articles(content, name)
        assert (ferry.source, ferry.origin) == (f"/articles/{name}#line=1", f"/articles/{name}")
        assert (ferry.title, ferry.authors, ferry.published) == (
            "The Last Ferry", ("Ada Finch", "Bo Reed"), "2017-05-05"
        )  # fmt: skip
        assert (body(bridge), bridge.language) == (f"{STORY[2]}\n\nSection: Roads", "en")


def test_a_list_of_objects_is_read_too() -> None:
    ferry, bridge = articles(json.dumps([{"body": STORY[0]}, {"body": STORY[2]}], indent=1), "news.json")
    assert (ferry.source, body(bridge)) == ("/articles/news.json#item=1", STORY[2])


@pytest.mark.parametrize(
    "entry",
    [
        {"article": {"headline": "The Bridge", "body": [STORY[0], STORY[2]], "author": {"name": "Bo Reed", "id": 3}}},
        {"_source": {"title": "The Bridge", "text": f"{STORY[0]}\n\n{STORY[2]}", "byline": {"original": "By Bo Reed"}}},
        {"page_content": f"{STORY[0]}\n\n{STORY[2]}", "metadata": {"title": "The Bridge", "author": "Bo Reed"}},
        {"title": {"rendered": "The Bridge"}, "content": {"rendered": f"<p>{STORY[0]}</p><p>{STORY[2]}</p>"},
         "authors": [{"name": "Bo Reed", "town": "Alder"}]},
        {"webTitle": "The Bridge", "fields": {"byline": "Bo Reed", "bodyText": f"{STORY[0]}\n\n{STORY[2]}"}},
        {"title": "The Bridge", "by": "Bo Reed", "paragraphs": [STORY[0].split(), {"text": STORY[2], "n": None}]},
    ],
)  # fmt: skip
def test_an_article_is_found_however_deep_its_object_is(entry: dict[str, object]) -> None:
    (article,) = articles(json.dumps(entry), "a.jsonl")
    assert (article.title, article.authors) == ("The Bridge", ("Bo Reed",))
    assert body(article) == f"{STORY[0]}\n\n{STORY[2]}"


@pytest.mark.parametrize("keys", [("articles",), ("response", "docs"), ("hits", "hits"), ("data", "items")])
def test_the_articles_in_a_services_answer_are_told_apart(keys: tuple[str, ...]) -> None:
    answer: object = [{"title": "Ferry", "text": STORY[0], "author": 7}, {"title": "Bridge", "text": STORY[2]}]
    for key in reversed(keys):
        answer = {"status": "ok", "total": 2, key: answer}
    ferry, bridge = articles(json.dumps(answer, indent=1), "news.json")
    assert (ferry.source, ferry.title, ferry.authors, body(bridge)) == (
        "/articles/news.json#item=1", "Ferry", (), STORY[2]
    )  # fmt: skip


def test_a_list_in_an_article_is_part_of_it() -> None:
    recipe = {"title": "Bread", "items": [{"name": "flour"}, {"name": "salt"}], "text": "Bake it."}
    (article,) = articles(json.dumps(recipe), "bread.json")
    assert (article.title, body(article)) == ("Bread", "Bake it.\n\nItems: flour, salt")


def test_lines_that_are_no_articles_are_named_and_the_rest_is_read() -> None:
    content = '{"text": "It rained."}\n\nnot json\n[1, 2]\n{"text": ""}\n{"text": "It snowed."}\n'
    found = read_articles(raw(content, "a.jsonl"))
    assert [one.source.partition("#")[2] for one in found if isinstance(one, Article)] == ["line=1", "line=6"]
    reasons = {one.source.partition("#")[2]: one.reason for one in found if isinstance(one, Skipped)}
    assert set(reasons) == {"line=3", "line=4", "line=5"}
    assert "not JSON" in reasons["line=3"] and "not a JSON object" in reasons["line=4"]


def test_halves_of_characters_in_json_do_no_harm() -> None:
    (article,) = articles('{"title": "Half \\ud83d", "text": "It rained \\ud83d\\udea2 \\udc00."}\n', "a.jsonl")
    assert article.text == "It rained 🚢 ."
    article.title.encode()


# Feeds and sitemaps ---------------------------------------------------------------------------------------------------

WHOLE = "".join(f"<p>{line}</p>" for line in STORY * 3)
ITEMS = (
    f"<item><title>The Last Ferry</title><guid>ferry-1</guid><link>https://news.example/ferry</link>"
    f"<dc:creator>Ada Finch</dc:creator><pubDate>Fri, 05 May 2017 19:54:00 GMT</pubDate>"
    f"<content:encoded><![CDATA[{WHOLE}<p>Read more</p>]]></content:encoded></item>"
    "<item><title>The Bridge</title><link>https://news.example/bridge</link>"
    "<description>It opened.</description></item>"
)


def test_entries_of_a_feed_from_the_web_are_articles_or_links() -> None:
    ferry, bridge = read_articles(raw(rss(ITEMS), "feed", "application/rss+xml"))
    assert isinstance(ferry, Article) and bridge == LinkedPage("https://news.example/bridge")
    assert (ferry.source, ferry.title, ferry.authors) == ("/articles/feed#ferry-1", "The Last Ferry", ("Ada Finch",))
    assert (ferry.published, ferry.language) == ("2017-05-05", "en")
    assert body(ferry) == "\n\n".join(STORY * 3)


def test_a_feed_in_a_file_is_read_as_it_is_and_nothing_is_fetched() -> None:
    ferry, bridge = articles(rss(ITEMS), "feed.xml")
    assert (ferry.title, bridge.title, body(bridge)) == ("The Last Ferry", "The Bridge", "It opened.")


def test_an_atom_feed_is_read_under_any_name() -> None:
    entry = (
        "<entry><id>tag:1</id><title>The Bridge</title><updated>2019-01-01T00:00:00Z</updated>"
        "<published>2018-03-02T23:30:00-05:00</published><author><name>Bo Reed</name></author>"
        f"<content type='html'>&lt;p&gt;{STORY[2]}&lt;/p&gt;</content></entry>"
    )
    (article,) = articles(atom(entry), "notes.txt")
    assert (article.source, article.authors) == ("/articles/notes.txt#tag:1", ("Bo Reed",))
    assert (article.published, body(article)) == ("2018-03-02", STORY[2])


def test_a_sitemap_lists_pages() -> None:
    addresses = ["https://news.example/a?b=1&c=2", "https://news.example/b", "https://news.example/b"]
    found = read_articles(raw(sitemap(*addresses), "sitemap.xml", "application/xml"))
    assert found == [LinkedPage(addresses[0]), LinkedPage(addresses[1])]
    assert read_articles(raw(sitemap(addresses[1], index=True), "s", "text/xml")) == [LinkedPage(addresses[1])]
    with pytest.raises(UnreadableSource, match="name its own address"):
        read_articles(raw(sitemap(*addresses), "sitemap.xml"))


def test_xml_of_no_known_kind_is_named() -> None:
    with pytest.raises(UnreadableSource, match="XML file of a kind"):
        read_articles(raw("<?xml version='1.0'?><invoice><line>1</line></invoice>", "invoice.xml"))


# Archives -------------------------------------------------------------------------------------------------------------


def test_an_archive_holds_articles_of_any_format_and_archives() -> None:
    inner = archive({"deep/terns.md": "# Terns\n\nThey fly far."})
    content = archive(
        {
            "b.docx": docx(),
            "a.pdf": pdf([STORY]),
            "inner.zip": inner,
            "news.csv": f"title,text\nFerry,{STORY[1]}\nBridge,{STORY[2]}\n",
            "book.epub": epub({"one.xhtml": xhtml(f"<p>{STORY[0]}</p>")}),
            "notes/": "",
            "__MACOSX/a.txt": "junk",
            ".hidden.txt": "junk",
            "picture.png": b"\x89PNG",
            "zz": f"Without a Suffix\n\n{STORY[0]}",
        }
    )
    found = articles(content, "all.zip")
    assert [article.source.removeprefix("/articles/all.zip!/") for article in found] == [
        "a.pdf", "b.docx", "book.epub", "inner.zip!/deep/terns.md", "news.csv#row=2", "news.csv#row=3", "zz",
    ]  # fmt: skip
    assert {article.origin for article in found} == {"/articles/all.zip"}
    assert found[0].sections and found[3].title == "Terns"
    assert len({article.fingerprint for article in found}) == 1


def test_members_that_cannot_be_read_are_named_and_the_rest_is_read() -> None:
    found = read_articles(raw(archive({"a.txt": "It rained.", "b.pdf": b"%PDF-1.4 junk", "c.txt": ""}), "a.zip"))
    assert [(one.source.rpartition("/")[2], type(one)) for one in found if not isinstance(one, LinkedPage)] == [
        ("a.txt", Article), ("b.pdf", Skipped), ("c.txt", Skipped),
    ]  # fmt: skip


def test_an_archive_of_nothing_readable_is_named() -> None:
    with pytest.raises(UnreadableSource, match="no text was found"):
        read_articles(raw(archive({"picture.png": b"\x89PNG"}), "a.zip"))
    with pytest.raises(UnreadableSource, match="2 things in it"):
        read_articles(raw(archive({"a.txt": "", "b.txt": ""}), "a.zip"))
    with pytest.raises(UnreadableSource, match="2 articles"):
        read_article(raw(archive({"a.txt": "It rained.", "b.txt": "It snowed."}), "a.zip"))


# Gzip -----------------------------------------------------------------------------------------------------------------


def test_what_is_compressed_by_gzip_is_read_as_what_it_is() -> None:
    lines = "\n".join(json.dumps({"title": f"Day {number}", "text": STORY[number]}) for number in (0, 1))
    first, second = articles(gzip.compress(lines.encode()), "news.jsonl.gz")
    assert (first.source, first.origin) == ("/articles/news.jsonl.gz!/news.jsonl#line=1", "/articles/news.jsonl.gz")
    assert (second.title, body(second)) == ("Day 1", STORY[1])


def test_a_compressed_sitemap_lists_pages_only_where_it_came_from_the_web() -> None:
    content = gzip.compress(sitemap("https://news.example/a"))
    assert read_articles(raw(content, "sitemap.xml.gz", "application/x-gzip")) == [LinkedPage("https://news.example/a")]
    with pytest.raises(UnreadableSource, match="name its own address"):
        read_articles(raw(content, "sitemap.xml.gz"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(STORY[0].encode())[:30], "damaged or cut short"),
        (gzip.compress(b"It rained. " * 1_500_000), "a decompression bomb"),
        (gzip.compress(b"It rained. " * 2_500_000), "over 20 MB"),
        (gzip.compress(b"\x7fELF\x02" + bytes(100)), "looks like a program"),
    ],
    ids=["cut short", "a bomb", "too large", "a program"],  # compressed bytes hold the time of day
)
def test_gzip_has_the_limits_of_archives(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableSource, match=words):
        read_articles(raw(content, "a.gz"))


# Several articles in one text -----------------------------------------------------------------------------------------


NUMBERS = ("Zero", "One", "Two", "Three")


def story(number: int, byline: str = "") -> str:
    return f"Headline Number {NUMBERS[number]}\n\n{byline}{' '.join(STORY)} It was story {number}.\n"


@pytest.mark.parametrize("rule", ["\n==========\n\n", "\n-----\n", "\n\f", "\n* * * * *\n".replace(" ", "")])
def test_articles_set_off_by_rules_are_told_apart(rule: str) -> None:
    first, second, third = articles(rule.join(map(story, (1, 2, 3))), "all.txt")
    assert (first.source, first.origin) == ("/articles/all.txt#article=1", "/articles/all.txt")
    assert [article.title for article in (first, second, third)] == [
        f"Headline Number {NUMBERS[number]}" for number in (1, 2, 3)
    ]
    assert body(second) == f"{' '.join(STORY)} It was story 2."


def test_articles_set_off_by_blank_lines_and_bylines_are_told_apart() -> None:
    text = "\n\n\n".join([story(1, "By Ada Finch May 5, 2017\n\n"), story(2, "By Bo Reed\n\n")])
    first, second = articles(text, "all.txt")
    assert (first.authors, first.published, second.authors) == (("Ada Finch",), "2017-05-05", ("Bo Reed",))
    assert "story 2" not in first.text


@pytest.mark.parametrize(
    "text",
    [
        f"{story(1)}\n-----\n\nand then, without a headline of its own, the story went on for a long time. {STORY[0]}",
        f"{story(1)}\n\n\nA heading\n\n{STORY[0]}\n\n\nAnother heading\n\n{STORY[1]}",
        f"{story(1)}\n* * *\n{story(2)}",
        f"{story(1)}\n==========\nNote: short.",
        "\f".join(f"Annual Report   page {number}\n\n{STORY[number]} {STORY[0]}" for number in range(3)),
    ],
)
def test_one_article_stays_one(text: str) -> None:
    assert len(articles(text, "one.txt")) == 1


# In a library ---------------------------------------------------------------------------------------------------------


def test_a_file_with_several_articles_is_mirrored(tmp_path: Path, empty_index: ArticleIndex) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    table = folder / "news.csv"

    def statuses() -> list[tuple[str, str]]:
        return [
            (outcome.source.rpartition("#")[2], outcome.status)
            for outcome in add_articles([folder], empty_index).outcomes
        ]

    table.write_text(f"title,text\nFerry,{STORY[0]}\nBridge,{STORY[2]}\n", encoding="utf-8")
    assert statuses() == [("row=2", "added"), ("row=3", "added")]
    assert statuses() == [("row=2", "unchanged"), ("row=3", "unchanged")]
    table.write_text(f"title,text\nFerry,{STORY[1]}\n", encoding="utf-8")
    assert statuses() == [("row=2", "changed"), ("row=3", "removed")]
    assert [article.title for article in empty_index.articles()] == ["Ferry"]
    (folder / "other.txt").write_text("Terns\n\nThey fly far.\n", encoding="utf-8")
    table.unlink()
    assert sorted(status for _, status in statuses()) == ["added", "removed"]
    assert empty_index.check().sound


def test_every_offset_of_every_format_points_at_its_words(tmp_path: Path, empty_index: ArticleIndex) -> None:
    pages = {"one.xhtml": xhtml(f"<h1>Setting out</h1><p>{STORY[0]}</p>")}
    files = {
        "a.pdf": pdf([STORY, STORY[:1]], {"Author": "Ada Finch"}),
        "b.docx": docx([("Setting out", "Heading 1"), *STORY], author="Ada Finch"),
        "c.epub": epub(pages, nav='<ol><li><a href="one.xhtml">Chapter 1</a></li></ol>'),
        "d.zip": archive({"e.txt": f"By Ada Finch\n\n{STORY[0]}", "f.csv": f"title,text\nFerry,{STORY[1]}\n"}),
        "g.xml": rss(ITEMS),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    report = add_articles([tmp_path / name for name in files], empty_index)
    assert not report.of("skipped") and len(report.of("added")) == 7
    for hit in empty_index.search_lexical("ferry captain bridge Alder steel opened", top_k=100):
        article = empty_index.article(hit.chunk.article_id)
        assert article is not None and article.text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
        assert hit.chunk.start >= article.body_start
    located = {
        article.section_at(article.text.index(STORY[0]))
        for article in map(empty_index.article, [summary.id for summary in empty_index.articles(copies=True)])
        if article is not None and article.sections
    }
    assert located == {"page 1", "Setting out", "Chapter 1"}
