"""What the page does to the library: takes uploads and addresses in, adds, removes. Knows no components."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePath
from urllib.parse import urlsplit

import samples
from ingest import add_articles
from ingest.objects import is_object_address
from ingest.report import IngestReport, Outcome, ProgressCallback
from ui.page.uploads import FolderUploads, Uploads
from vectorstore import ArticleIndex, ArticleSummary, StoreLocked, StoreReadOnly
from vectorstore.files import UPLOADS

EXAMPLES = {
    "kim-and-kanye-third-anniversary.txt": "When did Kanye propose?",
    "brooklyn-bridge.md": "How many elephants did Barnum lead across the Brooklyn Bridge?",
    "webb-space-telescope.txt": "Why is the mirror of the Webb telescope covered with gold?",
    "arctic-tern.txt": "How much does an Arctic tern weigh?",
}
"""A question for some of the sample articles, by file name."""


class Library:
    """The library of one page. Writes wait for each other; reading never waits."""

    def __init__(self, index: ArticleIndex, uploads: Uploads | None = None) -> None:
        """``uploads`` is where files that are added are kept: the library's folder, or what ``open_state`` says."""
        self.index = index
        self.uploads = uploads or FolderUploads(index)
        self._writing = threading.Lock()

    def articles(self) -> list[ArticleSummary]:
        """Every article, by title."""
        return self.index.articles()

    def ids_from(self, place: str) -> tuple[str, ...]:
        """The ids of the articles that came from one place: a folder, or a site on the web."""
        return tuple(article.id for article in self.articles() if place_of(article.source) == place)

    def examples(self) -> list[str]:
        """Questions that the sample articles in the library answer; none where there are none, or others too."""
        sources = {article.source for article in self.articles()}
        asked = {str((samples.ARTICLES / name).resolve()): question for name, question in EXAMPLES.items()}
        return [asked[source] for source in asked if source in sources] if all(map(_is_sample, sources)) else []

    def own(self) -> list[str]:
        """The ids of the articles that are not the project's samples; of all where there are no others."""
        articles = self.articles()
        own = [article for article in articles if not _is_sample(article.source)]
        return [article.id for article in own or articles]

    def add_samples(self, progress: ProgressCallback) -> IngestReport:
        """Adds the sample articles."""
        with self._writing:
            return add_articles([samples.ARTICLES], self.index, progress)

    def add_pages(self, text: str, progress: ProgressCallback) -> IngestReport:
        """Adds the web pages whose addresses are in ``text``; nothing else that it may name is opened."""
        addresses, refused = read_addresses(text)
        with self._writing:
            report = add_articles(addresses, self.index, progress)
        return IngestReport((*report.outcomes, *refused), report.chunks, report.seconds)

    def add_uploads(self, files: Sequence[Path], progress: ProgressCallback) -> IngestReport:
        """Adds uploaded files, from copies of them that stay with the library.

        A file named like an earlier upload takes its place. One that cannot be read leaves nothing behind.
        """
        with self._writing, self.index.writing(), self.uploads.taking(files) as copies:
            return add_articles(copies, self.index, progress)

    def remove(self, article_id: str) -> ArticleSummary | None:
        """Forgets the article, and the copy of its file where that was the last one in it; returns what it was."""
        with self._writing:
            gone = next((article for article in self.articles() if article.id == article_id), None)
            if gone is None:
                return None
            with self.index.writing():
                self.index.remove([article_id])
                self.uploads.settle()
            return gone

    def repair(self) -> None:
        """Brings the vector index and the uploads up to date, unless somebody else is writing or nobody may."""
        with self._writing:
            try:
                with self.index.writing():
                    self.index.repair()
                    self.uploads.settle()
            except (StoreLocked, StoreReadOnly):
                return


@lru_cache(maxsize=1 << 16)  # asked of every article each time the list is narrowed
def place_of(source: str) -> str:
    """Where an article came from, in words: the site of an address, the name of a file's folder."""
    if re.match(r"https?://", source, re.IGNORECASE):
        return urlsplit(source).netloc.rpartition("@")[2]
    folder = PurePath(source.partition("!/")[0]).parent.name
    return "Uploaded files" if folder == UPLOADS else folder


def _is_sample(source: str) -> bool:
    return Path(source).parent == samples.ARTICLES.resolve()


def read_addresses(text: str) -> tuple[list[str], list[Outcome]]:
    """The web addresses in ``text``, and what else is there, with the reason it is not taken."""
    addresses: list[str] = []
    refused: list[Outcome] = []
    for word in dict.fromkeys(text.split()):
        if re.match(r"https?://\S+$", word, re.IGNORECASE):
            addresses.append(word)
        elif re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?$", word):
            addresses.append(f"https://{word}")
        elif is_object_address(word):
            # Nobody who reaches the page is to read with the keys of who serves it.
            refused.append(Outcome(word, "skipped", reason="the page reads no object store; article-qa ingest does"))
        else:
            refused.append(Outcome(word, "skipped", reason="not a web address; one begins with https:// or http://"))
    return addresses, refused
