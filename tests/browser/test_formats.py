"""Articles in every format at the page: what is cited is marked in the article, word for word."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.test_asking import squeezed
from tests.ingest import documents

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAKERS: dict[str, Callable[[str, list[str]], bytes]] = {
    "txt": lambda title, lines: "\n\n".join([title, *lines]).encode(),
    "md": lambda title, lines: "\n\n".join([f"# {title}", f"**{lines[0]}**", *lines[1:]]).encode(),
    "html": lambda title, lines: _page(title, lines).encode(),
    "pdf": lambda title, lines: documents.pdf([lines], {"Title": title}),
    "docx": lambda title, lines: documents.docx(lines, title=title),
    "odt": lambda title, lines: documents.odt(
        "".join(f"<text:p>{line}</text:p>" for line in lines), meta=f"<dc:title>{title}</dc:title>"
    ),
    "epub": lambda title, lines: documents.epub(
        {"1.xhtml": documents.xhtml(_paragraphs(lines), title)}, metadata=f"<dc:title>{title}</dc:title>"
    ),
    "rtf": lambda title, lines: documents.rtf(lines, rf"{{\info{{\title {title}}}}}"),
    "mhtml": lambda title, lines: documents.mhtml(_page(title, lines)),
    "csv": lambda title, lines: f'title,text\n{title},"{" ".join(lines)}"\n'.encode(),
    "jsonl": lambda title, lines: json.dumps({"title": title, "text": "\n\n".join(lines)}).encode(),
    "zip": lambda title, lines: documents.archive({"notes/one.txt": "\n\n".join([title, *lines])}),
    "xml": lambda title, lines: documents.rss(
        f"<item><title>{title}</title><link>https://news.example/{title[:3]}</link>"
        f"<description>{' '.join(lines)}</description></item>"
    ),
}
BUILT = {
    "txt": ("mill", "Oxley", "Hannah Rudd"),
    "md": ("barn", "Ashby", "Edith Marlow"),
    "html": ("chapel", "Thornwick", "Silas Penrose"),
    "pdf": ("lighthouse", "Vardo", "Marta Skog"),
    "docx": ("bridge", "Alder Point", "Ruth Amsel"),
    "odt": ("school", "Wexmoor", "Tobias Lind"),
    "epub": ("pier", "Saltby", "Oona Farrell"),
    "rtf": ("forge", "Kestrel Hill", "Jonas Ferreira"),
    "mhtml": ("theatre", "Brockhaven", "Priya Nand"),
    "csv": ("dairy", "Marlstone", "Samuel Okafor"),
    "jsonl": ("observatory", "Cold Fell", "Elena Marchetti"),
    "zip": ("windmill", "Tidewell", "Maja Lindqvist"),
    "xml": ("library", "Harrowgate", "Adaeze Brandt"),
}


def _paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def _page(title: str, lines: list[str]) -> str:
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><article><h1>{title}</h1>{_paragraphs(lines)}"
    )


def test_article_opens_at_its_marked_words_in_every_format(
    empty_server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    files = []
    for suffix, (thing, town, builder) in BUILT.items():
        lines = [
            f"The {thing} at {town} is one of the oldest in the county, & visitors come to it from far away.",
            f"It was {builder} who built the {thing} at {town}, with stones from the river and < 900 pounds.",
        ]
        if suffix not in ("txt", "md", "pdf", "docx", "rtf", "csv", "jsonl", "zip"):
            lines = [line.replace("&", "&amp;").replace("<", "&lt;") for line in lines]
        files.append(tmp_path / f"{thing}.{suffix}")
        files[-1].write_bytes(MAKERS[suffix](f"The {thing} at {town}", lines))
    talk = open_page(empty_server)
    report = talk.upload(*files).inner_text()
    assert f"Added: {len(files)} articles" in report
    assert "Not added" not in report
    for suffix, (thing, town, builder) in BUILT.items():
        talk.ask(f"Who built the {thing} at {town}?")
        assert talk.last.locator(".answer").inner_text() == builder, suffix
        mark = talk.page.locator(".article-text mark")
        assert talk.page.locator(".article-head h2").inner_text() == f"The {thing} at {town}", suffix
        assert squeezed(mark.inner_text()) == squeezed(talk.last.locator("blockquote").first.inner_text()), suffix
        assert mark.locator("strong").inner_text() == builder, suffix
        assert mark.is_visible() and "< 900 pounds" in squeezed(mark.inner_text()), suffix
