"""SQuAD files as a library: each article a text file, ingested the way a person would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest import add_articles
from ingest.chunking import chunk_article
from qa.reader.data import TrainingArticle, load_articles
from vectorstore import ArticleIndex, Embedder


def halves(path: Path) -> tuple[list[TrainingArticle], list[TrainingArticle]]:
    """The articles to fit choices on, the first half by title, and the others, to report on."""
    articles = sorted(load_articles(path), key=lambda article: article.title)
    middle = len(articles) // 2
    return articles[:middle], articles[middle:]


def real_articles(data: Path) -> list[TrainingArticle]:
    """All articles there are in the folder ``data``: those of squad-heldout, then those of squad-train."""
    return [one for name in ("heldout", "train") for one in load_articles(data / f"squad-{name}.json.xz")]


def write_articles(articles: Sequence[TrainingArticle], folder: Path) -> list[Path]:
    """The articles as text files in ``folder``, title and paragraphs, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for article in articles:
        text = "\n\n".join([article.title, *(paragraph.context for paragraph in article.paragraphs)])
        files.append(folder / f"{article.title.replace('/', '-')}.txt")
        files[-1].write_text(text + "\n", encoding="utf-8")
    return files


def make_library(articles: Sequence[TrainingArticle], folder: Path, embedder: Embedder | None = None) -> ArticleIndex:
    """A library in ``folder/index`` of the articles, written to ``folder/articles``."""
    write_articles(articles, folder / "articles")
    index = ArticleIndex.open(folder / "index", embedder=embedder)
    report = add_articles([folder / "articles"], index)
    if skipped := report.of("skipped"):
        raise RuntimeError(f"{skipped[0].source}: {skipped[0].reason}")
    return index


def indexed_texts(index: ArticleIndex) -> list[str]:
    """What is embedded of every chunk in a library."""
    stored = [index.article(one.id) for one in index.articles()]
    return [chunk.indexed_text for article in stored if article for chunk in chunk_article(article)]
