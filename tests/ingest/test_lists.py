"""Feeds and sitemaps on the web: what they list is fetched, once and within bounds, and kept when it rolls off."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest import add_articles, preview_articles
from tests.ingest.documents import STORY, pdf, rss, sitemap
from vectorstore import ArticleIndex


class Site:
    """A web site whose pages are set by the test."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []

    def page(self, path: str, text: str) -> None:
        self.pages[path] = (
            "text/html; charset=utf-8",
            f"<html><body><article><p>{text}</p></article></body></html>".encode(),
        )


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            media_type, content = made.pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Site(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def statuses(index: ArticleIndex, *sources: str) -> list[tuple[str, str]]:
    report = add_articles(sources, index, allow_private=True)
    return [
        (
            outcome.source.partition(
                "/",
            )[2].rpartition("/")[2],
            outcome.status,
        )
        for outcome in report.outcomes
    ]


def test_what_a_feed_lists_is_fetched_and_stays_when_it_rolls_off(site: Site, empty_index: ArticleIndex) -> None:
    def item(number: int) -> str:
        whole = "".join(f"<p>{line}</p>" for line in STORY * 3) if number == 1 else ""
        return (
            f"<item><guid>n{number}</guid><title>N {number}</title><link>{site.address}/{number}</link>"
            f"<description><![CDATA[{whole}]]></description></item>"
        )

    for number in (1, 2, 3):
        site.page(f"/{number}", f"Story number {number}. {STORY[number - 1]}")
    site.pages["/feed"] = ("application/rss+xml", rss(item(1) + item(2)))
    assert statuses(empty_index, f"{site.address}/feed") == [("feed#n1", "added"), ("2", "added")]
    assert site.asked == ["/feed", "/2"]
    site.pages["/feed"] = ("application/rss+xml", rss(item(2) + item(3)))
    assert statuses(empty_index, f"{site.address}/feed") == [("2", "unchanged"), ("3", "added")]
    assert empty_index.counts()[0] == 3
    assert empty_index.search_lexical("number 3", top_k=1)[0].chunk.source == f"{site.address}/3"


def test_sitemaps_of_sitemaps_are_followed_so_far_and_each_page_once(site: Site, empty_index: ArticleIndex) -> None:
    site.page("/a", STORY[0])
    site.pages["/b"] = ("application/octet-stream", pdf([STORY[1:2]]))
    site.pages["/sitemap.xml"] = (
        "text/xml",
        sitemap(f"{site.address}/one.xml", f"{site.address}/sitemap.xml", index=True),
    )
    site.pages["/one.xml"] = (
        "application/xml",
        sitemap(f"{site.address}/a", f"{site.address}/b", f"{site.address}/two.xml"),
    )
    site.pages["/two.xml"] = ("application/xml", sitemap(f"{site.address}/never"))
    found = dict(statuses(empty_index, f"{site.address}/sitemap.xml"))
    assert found == {"a": "added", "b": "added", "never": "skipped"}
    assert sorted(site.asked) == ["/a", "/b", "/one.xml", "/sitemap.xml", "/two.xml"]


def test_a_list_leads_nowhere_that_an_address_may_not(site: Site, empty_index: ArticleIndex) -> None:
    site.pages["/feed"] = (
        "text/xml",
        sitemap("file:///etc/passwd", "http://user:secret@a.example/", "ftp://a.example/"),
    )
    report = add_articles([f"{site.address}/feed"], empty_index, allow_private=True)
    assert [outcome.status for outcome in report.outcomes] == ["skipped"] * 3
    assert all("http" in (outcome.reason or "") or "password" in (outcome.reason or "") for outcome in report.outcomes)


def test_a_list_in_a_file_makes_nothing_fetched(site: Site, empty_index: ArticleIndex, tmp_path: Path) -> None:
    (tmp_path / "sitemap.xml").write_bytes(sitemap(f"{site.address}/a"))
    report = add_articles([tmp_path], empty_index, allow_private=True)
    assert [outcome.status for outcome in report.outcomes] == ["skipped"]
    assert site.asked == []


def test_a_long_list_takes_time_in_proportion_to_its_links(site: Site, empty_index: ArticleIndex) -> None:
    def seconds(links: int) -> float:
        site.pages["/list"] = ("text/xml", sitemap(*(f"ftp://a.example/{number}" for number in range(links))))
        started = time.thread_time()
        report = preview_articles([f"{site.address}/list"], empty_index, allow_private=True)
        took = time.thread_time() - started
        assert len(report.outcomes) == links
        return took

    def in_proportion() -> bool:
        long = seconds(5_000)
        return long < 0.2 or long < 24 * seconds(625)  # 8 times as long where it is linear, 64 times where quadratic

    seconds(10)
    assert any(in_proportion() for _ in range(5))  # a machine that is busy with something else can spoil one try
