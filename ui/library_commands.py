"""The commands that look after a library: ``articles``, ``index`` and ``indexer``."""

from __future__ import annotations

import shlex
import signal
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui import terminal
from ui.options import FAILED, AsJson, EmbedderName, Index, Verbose, chosen_articles, open_library, settings_from

if TYPE_CHECKING:
    from vectorstore import ArticleFilter, ArticleIndex, ArticleSummary


class ArticlesAction(StrEnum):
    """What ``article-qa articles`` does."""

    list = "list"
    show = "show"
    remove = "remove"


def articles(
    action: Annotated[ArticlesAction, typer.Argument(metavar="list|show|remove")] = ArticlesAction.list,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Ids, beginnings of ids that fit one article only, or sources."),
    ] = None,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Only articles by this author.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only from then on: 2022, 2022-08-10.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Only until then, all of it included.")] = None,
    about: Annotated[str | None, typer.Option(metavar="SUBJECT", help="Only those about this, the best first.")] = None,
    index: Index = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List what is in the library, show an article, remove articles."""
    ids = ids or []
    wanted = _filter(author, since, until, about)
    filtered = any(value is not None for value in (author, since, until, about))
    if action == ArticlesAction.list and ids:
        raise typer.BadParameter("list takes no ids; to read one article: article-qa articles show ID")
    if action == ArticlesAction.show and len(ids) != 1:
        raise typer.BadParameter("show takes one id; article-qa articles lists them")
    if action == ArticlesAction.remove and not ids:
        raise typer.BadParameter("remove takes the ids of what to remove; article-qa articles lists them")
    if action != ArticlesAction.list and filtered:
        raise typer.BadParameter(f"--author, --since, --until and --about choose what to list; {action} takes ids")
    with open_library(settings_from(index=index)) as library:
        if action == ArticlesAction.list:
            _list_articles(library, wanted, as_json)
            return
        chosen = chosen_articles(library.articles(copies=True), ids)
        if action == ArticlesAction.show:
            _show_article(library, chosen[0].id, as_json)
        else:
            library.remove([article.id for article in chosen])
            _tell_removed(chosen, as_json)
            _tell_left(library, chosen)


def _filter(author: str | None, since: str | None, until: str | None, about: str | None) -> ArticleFilter:
    from vectorstore import ArticleFilter

    try:
        return ArticleFilter(author=author, since=since, until=until, about=about)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _list_articles(library: ArticleIndex, wanted: ArticleFilter, as_json: bool) -> None:
    found = [one.summary for one in library.find_articles(wanted)]
    if as_json:
        terminal.print_json([_summary(article) for article in found])
    elif not found and library.counts()[0]:
        terminal.complain("no article of the library fits")
    else:
        terminal.show_articles(found)


def _tell_removed(removed: Sequence[ArticleSummary], as_json: bool) -> None:
    if as_json:
        terminal.print_json([_summary(article) for article in removed])
    else:
        for article in removed:
            terminal.say(f"- {terminal.line(article.title)}  {terminal.line(article.source)}")


def _tell_left(library: ArticleIndex, removed: Sequence[ArticleSummary]) -> None:
    """Says where the same story still stands: a copy of it was removed, not the story."""
    others = {source for article in removed for source in article.other_sources}
    for left in library.articles(copies=True):
        if left.source in others:
            terminal.say(f"the same story is still there, from {terminal.line(left.source)}", console=terminal.err)


def _show_article(library: ArticleIndex, article_id: str, as_json: bool) -> None:
    article = library.article(article_id)
    if article is None:
        terminal.complain(f"the article {article_id} has just been removed")
        raise typer.Exit(FAILED)
    if as_json:
        names = ("id", "source", "other_sources", "title", "authors", "published", "language", "text")
        shown = {name: getattr(article, name) for name in names}
        terminal.print_json(shown | {"sections": [asdict(section) for section in article.sections]})
    else:
        terminal.show_article(article)


def _summary(article: ArticleSummary) -> dict[str, Any]:
    names = ("id", "source", "other_sources", "title", "authors", "published", "language", "characters", "chunks")
    return {name: getattr(article, name) for name in (*names, "added_at")}


class IndexAction(StrEnum):
    """What ``article-qa index`` does."""

    check = "check"
    rebuild = "rebuild"


def care(
    action: Annotated[IndexAction, typer.Argument(metavar="check|rebuild")] = IndexAction.check,
    index: Index = None,
    embedder: EmbedderName = None,
    verbose: Verbose = False,
) -> None:
    """Check the library against its record, or make anew all that is derived from it."""
    if embedder and action != IndexAction.rebuild:
        raise typer.BadParameter("only rebuild takes another embedding model", param_hint="--embedder")
    settings = settings_from(index=index, embedder=embedder)
    with open_library(settings) as library:
        if action == IndexAction.rebuild:
            _rebuild(library, embedder, settings.threads)
        checked = library.check()
        for problem in checked.problems:
            terminal.complain(problem)
        if checked.damaged:
            raise typer.Exit(FAILED)
        if not checked.sound:
            terminal.complain(f"to repair: article-qa index rebuild --index {shlex.quote(str(library.place))}")
            raise typer.Exit(FAILED)
        terminal.say(f"sound: {checked.articles:,} articles, {checked.chunks:,} passages, {library.embedder_name}")


def indexer(
    index: Index = None,
    once: Annotated[bool, typer.Option("--once", help="End once Chroma has been told of all that waits.")] = False,
    verbose: Verbose = False,
) -> None:
    """Tell a Chroma server of what was stored in a database; any number of these work together."""
    place = settings_from(index=index).index
    if isinstance(place, Path):
        raise typer.BadParameter(
            f"{place} is a folder, whose writers see to its vectors; an indexer is for a postgresql:// address",
            param_hint="--index",
        )
    from vectorstore.postgres import open_indexer

    with closing(open_indexer(place)) as opened:
        if once:
            _tell_told(opened.run_once())
            return
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        terminal.say("Telling Chroma of what is stored   (Ctrl+C stops)", console=terminal.err)
        opened.run(stop, _tell_told, terminal.complain)
        terminal.say("Stopped.", console=terminal.err)


def _tell_told(count: int) -> None:
    terminal.say(f"told Chroma of {count:,} passages stored or removed")


def _rebuild(library: ArticleIndex, embedder: str | None, threads: int | None) -> None:
    from vectorstore import load_embedder

    with terminal.progress_bar("Embedding passages") as tell:
        library.rebuild(load_embedder(embedder, threads) if embedder else None, tell)
