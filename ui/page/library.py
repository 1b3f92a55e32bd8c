"""What the page does to the library: takes uploads and addresses in, adds, removes. Knows no components."""

from __future__ import annotations

import re
import shutil
import threading
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import samples
from ingest import add_articles
from ingest.report import IngestReport, Outcome, ProgressCallback
from vectorstore import ArticleIndex, ArticleSummary, StoreLocked, StoreReadOnly
from vectorstore.files import UPLOADS

MAX_NAME_BYTES = 200
"""How much of an uploaded file's name is kept; file systems take 255 bytes."""

EXAMPLES = {
    "kim-and-kanye-third-anniversary.txt": "When did Kanye propose?",
    "brooklyn-bridge.md": "How many elephants did Barnum lead across the Brooklyn Bridge?",
    "webb-space-telescope.txt": "Why is the mirror of the Webb telescope covered with gold?",
    "arctic-tern.txt": "How much does an Arctic tern weigh?",
}
"""A question for some of the sample articles, by file name."""


class Library:
    """The library of one page. Writes wait for each other; reading never waits."""

    def __init__(self, index: ArticleIndex) -> None:
        self.index = index
        self._uploads = index.folder / UPLOADS
        self._writing = threading.Lock()

    def articles(self) -> list[ArticleSummary]:
        """Every article, by title."""
        return self.index.articles()

    def examples(self) -> list[str]:
        """Questions that the sample articles in the library answer; none where there are none."""
        sources = {article.source for article in self.articles()}
        return [question for name, question in EXAMPLES.items() if str((samples.ARTICLES / name).resolve()) in sources]

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
        """Adds uploaded files, from copies of them that stay beside the index.

        A file named like an earlier upload takes its place. One that cannot be read leaves nothing behind.
        """
        with self._writing:
            try:
                self._uploads.mkdir(exist_ok=True)
            except OSError as error:
                raise StoreReadOnly(f"{self._uploads} cannot be written: {error}") from error
            copies: dict[str, tuple[Path, bytes | None]] = {}
            for file in files:
                copy = self._uploads / _unused(safe_name(file.name), {path.name for path, _ in copies.values()})
                copies[str(copy.resolve())] = (copy, copy.read_bytes() if copy.exists() else None)
                shutil.copyfile(file, copy)
            report = add_articles([path for path, _ in copies.values()], self.index, progress)
            for outcome in report.of("skipped"):
                if outcome.source in copies:
                    _put_back(*copies[outcome.source])
            return report

    def remove(self, article_id: str) -> ArticleSummary | None:
        """Forgets the article, and the copy of its file where one was uploaded; returns what it was."""
        with self._writing:
            gone = next((article for article in self.articles() if article.id == article_id), None)
            if gone is None:
                return None
            self.index.remove([article_id])
            source = Path(gone.source)
            if source.parent == self._uploads.resolve():
                source.unlink(missing_ok=True)
            return gone

    def repair(self) -> None:
        """Brings the vector index up to date, unless somebody else is writing or nobody may."""
        with self._writing:
            try:
                self.index.repair()
            except (StoreLocked, StoreReadOnly):
                return


def safe_name(name: str) -> str:
    """A file name that means nothing but itself, as close to ``name`` as can be."""
    kept = re.sub(r"[^\w .,()'-]", "_", unicodedata.normalize("NFC", name.replace("\\", "/").split("/")[-1]))
    stem, dot, suffix = kept.strip(" .").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    stem = stem.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .") or "article"
    return f"{stem}.{suffix[:10]}" if suffix else stem


def read_addresses(text: str) -> tuple[list[str], list[Outcome]]:
    """The web addresses in ``text``, and what else is there, with the reason it is not taken."""
    addresses: list[str] = []
    refused: list[Outcome] = []
    for word in dict.fromkeys(text.split()):
        if re.match(r"https?://\S+$", word, re.IGNORECASE):
            addresses.append(word)
        elif re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?$", word):
            addresses.append(f"https://{word}")
        else:
            refused.append(Outcome(word, "skipped", reason="not a web address; one begins with https:// or http://"))
    return addresses, refused


def _unused(name: str, taken: set[str]) -> str:
    """``name``, numbered where another file of the same upload has it already."""
    stem, dot, suffix = name.rpartition(".")
    number = 2
    free = name
    while free in taken:
        free = f"{stem} ({number}).{suffix}" if dot else f"{name} ({number})"
        number += 1
    return free


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)
