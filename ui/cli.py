"""The command ``article-qa``: flags in, the packages called, results printed.

Each command imports what it needs when it runs: ``--help`` loads no model, store or page.
"""

from __future__ import annotations

import inspect
import json
import logging
import os
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict
from enum import StrEnum
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from language.errors import ArticleQAError
from ui import keep_off_hub, terminal
from ui.access import host_name, is_origin

if TYPE_CHECKING:
    from ingest import IngestReport, Progress
    from qa.chatbot import Chatbot
    from qa.evaluation import EvalQuestion, EvalResult
    from qa.settings import Settings
    from vectorstore import ArticleFilter, ArticleIndex, ArticleSummary

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
"""Exit statuses: some source or question failed; wrong usage; Ctrl+C."""


class _Commands(TyperGroup):
    """Tells people what went wrong in one line; what nobody foresaw keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            terminal.complain("interrupted")
            raise typer.Exit(INTERRUPTED) from error
        except ArticleQAError as error:
            terminal.complain(str(error))
            raise typer.Exit(MISUSED if type(error).__name__ == "QuestionError" else FAILED) from error


app = typer.Typer(
    cls=_Commands,
    help="Ask your articles: short exact answers with the words that support them, offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """The console command."""
    logging.captureWarnings(True)  # Python's warnings are for developers: shown with --verbose
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that knows no “ shows a ?
    app(prog_name="article-qa")


# Options ----------------------------------------------------------------------------------------


def _show_version(value: bool) -> None:
    if value:
        try:
            typer.echo(f"article-qa {version('article-qa')}")
        except PackageNotFoundError:
            typer.echo("article-qa, not installed: run from its source")
        raise typer.Exit


def _show_logs(value: bool) -> bool:
    if value:
        terminal.set_up_logging(verbose=True)
    return value


Index = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="DIR",
        help="Folder of the library.",
        show_default="data/index, or ARTICLE_QA_INDEX",
        file_okay=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EmbedderName = Annotated[
    str | None,
    typer.Option("--embedder", metavar="MODEL", help="sentence-transformers model, by name or path."),
]
ReaderName = Annotated[
    str | None,
    typer.Option("--reader", metavar="MODEL", help="Hugging Face extractive QA model, by name or path."),
]
Llm = Annotated[
    str | None,
    typer.Option("--llm", metavar="PROVIDER:MODEL", help="Chat model that writes the answers."),
]
LlmBaseUrl = Annotated[
    str | None,
    typer.Option("--llm-base-url", metavar="URL", help="OpenAI-compatible server of the chat model."),
]
TopK = Annotated[int | None, typer.Option("--top-k", min=1, max=100, help="Passages read for a question.")]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", min=0.0, max=1.0, help="Least chance of being right that an answer must have."),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", callback=_show_logs, help="Show what the libraries log.")]


ANSWERING: dict[str, Any] = {
    "index": Index,
    "top_k": TopK,
    "threshold": Threshold,
    "reader": ReaderName,
    "llm": Llm,
    "llm_base_url": LlmBaseUrl,
}
"""The options of every command that answers, by the settings they change."""
Command = Callable[..., None]


def answering(command: Command) -> Command:
    """``command``, which takes ``settings``, with the options that change them, and with ``--verbose``."""

    @wraps(command)
    def called(**given: Any) -> None:
        given.pop("verbose")  # its callback has seen to it
        command(settings=_settings(**{name: given.pop(name) for name in ANSWERING}), **given)

    # Not inspect's eval_str, which would load the settings, and pydantic with them, for --help.
    own = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=eval(one.annotation, command.__globals__))
        for one in inspect.signature(command).parameters.values()
        if one.name != "settings"
    ]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, default, annotation in (
            *((name, None, annotation) for name, annotation in ANSWERING.items()),
            ("verbose", False, Verbose),
        )
    ]
    called.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in [*own, *shared]}
    return called


@app.callback()
def article_qa(
    verbose: Verbose = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Ask your articles: short exact answers with the words that support them, offline."""
    terminal.set_up_logging(verbose)


def _settings(**given: Any) -> Settings:
    """The settings from the environment, changed by the options that were given."""
    from pydantic import ValidationError

    from qa.settings import Settings

    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise typer.BadParameter(f"{told} (in an option, or in the environment as ARTICLE_QA_…)") from error
    keep_off_hub(settings.embedder, settings.reader)
    return settings


def _check_library(settings: Settings) -> None:
    """Raises StoreError where there is no library: looking must not make one."""
    from vectorstore import StoreError
    from vectorstore.files import is_library

    folder = settings.index.expanduser()
    if not is_library(folder):
        raise StoreError(
            f"there is no library at {folder} yet: article-qa ingest FOLDER --index {shlex.quote(str(folder))}"
        )


@contextmanager
def _library(settings: Settings) -> Iterator[ArticleIndex]:
    from vectorstore import ArticleIndex

    _check_library(settings)
    with closing(ArticleIndex.open(settings.index, threads=settings.threads)) as library:
        yield library


@contextmanager
def _chatbot(settings: Settings) -> Iterator[Chatbot]:
    from qa import Chatbot

    _check_library(settings)
    bot = Chatbot.open(settings=settings)
    with closing(bot.index):
        yield bot


# Commands ---------------------------------------------------------------------------------------


@app.command()
def ingest(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Files, folders and web addresses.")],
    index: Index = None,
    embedder: EmbedderName = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on following the folders as they change.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; embed nothing and write nothing.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let web addresses lead to this machine and its network.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Add files, folders and web pages to the library; what is unchanged costs next to nothing.

    A folder is mirrored: what was changed, moved or deleted in it since is followed.
    """
    if watch and dry_run:
        raise typer.BadParameter("--dry-run looks once; it does not go with --watch")
    settings = _settings(index=index, embedder=embedder, allow_private=allow_private or None)
    if dry_run:
        _preview(sources, settings)
        return
    from ingest import add_articles
    from vectorstore import ArticleIndex

    with closing(ArticleIndex.open(settings.index, settings.embedder, threads=settings.threads)) as library:
        if watch:
            _watch(sources, library, settings)
            return
        with _reading() as told:
            report = add_articles(sources, library, told, allow_private=settings.allow_private)
    _end(report, sources)


def _preview(sources: list[str], settings: Settings) -> None:
    from ingest import preview_articles
    from vectorstore import ArticleIndex
    from vectorstore.files import is_library

    there = is_library(settings.index.expanduser())
    with (
        closing(ArticleIndex.open(settings.index, settings.embedder, threads=settings.threads))
        if there
        else nullcontext() as library,
        _reading() as told,
    ):
        report = preview_articles(sources, library, told, allow_private=settings.allow_private)
    _end(report, sources, would=True)


def _watch(sources: list[str], library: ArticleIndex, settings: Settings) -> None:
    from ingest.watch import watch_articles

    try:
        with _reading() as told:
            reports = watch_articles(sources, library, told, allow_private=settings.allow_private)
            first = next(reports)
        terminal.show_report(first)
        terminal.say("Watching for changes   (Ctrl+C stops)", console=terminal.err)
        for report in reports:
            for outcome in report.outcomes:
                terminal.show_outcome(outcome)
    except KeyboardInterrupt:
        terminal.say("Stopped.", console=terminal.err)


@contextmanager
def _reading() -> Iterator[Callable[[Progress], None]]:
    with terminal.progress_bar("Reading articles") as tell:
        yield lambda progress: tell(progress.done, progress.total, progress.source or _stored(progress))


def _stored(progress: Progress) -> str:
    return f"stored {progress.chunks:,} of {progress.cut:,}" if progress.cut else ""


def _end(report: IngestReport, sources: Sequence[str], would: bool = False) -> None:
    """Shows the report; leaves with status 1 where something was not read."""
    if not report.outcomes:
        terminal.complain(f"no article was found in {', '.join(sources)}")
        raise typer.Exit(FAILED)
    terminal.show_report(report, would)
    if report.of("skipped"):
        raise typer.Exit(FAILED)


@app.command()
@answering
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In plain words.")],
    settings: Settings,
    article: Annotated[
        list[str] | None,
        typer.Option("--article", metavar="ID", help="Ask only of this article; may be given several times."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer one question, with the words that support the answer."""
    with _chatbot(settings) as bot:
        if bot.index.counts() == (0, 0):
            terminal.complain(f"the library at {bot.index.folder} holds no articles")
        scope = [one.id for one in _chosen(bot.index.articles(copies=True), article)] if article else None
        answer = bot.ask(os.fsencode(question).decode("utf-8", "replace"), articles=scope)
    if as_json:
        terminal.print_json(answer.to_dict())
    else:
        terminal.show_answer(answer)


@app.command()
@answering
def chat(
    settings: Settings,
    host: Annotated[str, typer.Option(help="Address to serve on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    auth: Annotated[
        list[str] | None,
        typer.Option(
            metavar="USER:PASSWORD",
            envvar="ARTICLE_QA_AUTH",
            help="Let in only who knows these; once for each person. In the environment several are parted by spaces.",
            show_envvar=False,
        ),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            envvar="ARTICLE_QA_ALLOWED_HOSTS",
            help="A name under which the page may be reached, as through a proxy; may be given several times.",
            show_envvar=False,
        ),
    ] = None,
    allowed_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            envvar="ARTICLE_QA_ALLOWED_ORIGINS",
            help="Another site, as https://intranet.example, whose pages may ask and read; may be given several times.",
            show_envvar=False,
        ),
    ] = None,
    max_upload: Annotated[
        int, typer.Option("--max-upload", metavar="MB", min=1, max=1000, help="Largest file that can be uploaded.")
    ] = 20,
    max_waiting: Annotated[
        int, typer.Option("--max-waiting", metavar="N", min=1, help="Requests that may wait for their turn.")
    ] = 64,
) -> None:
    """Chat with the articles in the browser."""
    logins = [(user, password) for user, _, password in (one.partition(":") for one in auth or [])]
    if not all(user and password for user, password in logins):
        raise typer.BadParameter("expected USER:PASSWORD", param_hint="--auth")
    if not logins and "ARTICLE_QA_AUTH" in os.environ:
        raise typer.BadParameter(
            "it is set and names nobody, so that everyone would be let in; give it USER:PASSWORD, or unset it",
            param_hint="ARTICLE_QA_AUTH",
        )
    for origin in allowed_origin or []:
        if not is_origin(origin):
            raise typer.BadParameter(
                f"{origin!r} is no origin, as https://intranet.example", param_hint="--allowed-origin"
            )
    for name in allowed_host or []:
        if not host_name(name):
            raise typer.BadParameter(f"{name!r} is no name of a host", param_hint="--allowed-host")
    from ui.page import Limits, launch

    limits = Limits(
        upload_mb=max_upload,
        waiting=max_waiting,
        allowed_hosts=tuple(allowed_host or ()),
        allowed_origins=tuple(allowed_origin or ()),
    )
    launch(settings, host, port, logins, limits)


@app.command()
@answering
def mcp(settings: Settings) -> None:
    """Serve ask, search and list_articles to a program that speaks MCP, over stdin and stdout."""
    from ui.mcp_server import mcp_server
    from ui.tools import Tools

    with _chatbot(settings) as bot:
        mcp_server(Tools(bot)).run("stdio")


@app.command()
def feedback(index: Index = None, verbose: Verbose = False) -> None:
    """Print what people marked in the chat, everyone's, as a test set that eval reads."""
    settings = _settings(index=index)
    _check_library(settings)
    from ui.history import History, as_test_set

    with closing(History.open(settings.index.expanduser())) as history:
        text, unknown = as_test_set(history.judged())
    typer.echo(text, nl=False)
    if unknown:
        terminal.complain(f"left out: {unknown:,} marked as wrong without the right answer")
    if not text:
        terminal.complain("nothing was marked with what is right yet")


@app.command("eval")
@answering
def evaluate(
    test_set: Annotated[
        Path, typer.Argument(metavar="TESTSET", help="JSON Lines, or SQuAD JSON.", exists=True, dir_okay=False)
    ],
    settings: Settings,
    gold_context: Annotated[
        bool, typer.Option("--gold-context", help="Give the reader the gold paragraph (SQuAD JSON); needs no library.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures.", dir_okay=False)
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a JSON line for each question.", dir_okay=False)
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page to look through.", dir_okay=False)
    ] = None,
) -> None:
    """Score the answers on a test set."""
    if gold_context and (settings.llm or "top_k" in settings.model_fields_set):
        raise typer.BadParameter("with --gold-context there is neither retrieval nor a chat model")
    from qa.evaluation import load_test_set, write_report

    questions = load_test_set(test_set)
    if gold_context and any(question.context is None for question in questions):
        raise typer.BadParameter(
            f"{test_set} holds no paragraphs: --gold-context takes SQuAD JSON", param_hint="TESTSET"
        )
    for file in (json_file, predictions, report):
        if file is not None:
            _check_writable(file)  # now, not after the hour it may take
    with terminal.progress_bar("Asking questions") as tell:
        result = _evaluate(settings, questions, gold_context, tell)
    result.settings["test_set"] = str(test_set)
    figures = result.to_dict()
    if json_file is not None:
        json_file.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if predictions is not None:
        lines = [json.dumps(row.to_dict(), ensure_ascii=False) + "\n" for row in result.rows]
        predictions.write_text("".join(lines), encoding="utf-8")
    if report is not None:
        write_report(result, report, title=f"Evaluation on {test_set.name}")
    terminal.show_figures(figures)
    for notice, times in Counter(row.notice for row in result.rows if row.notice).items():
        terminal.complain(f"{times} of {len(questions)} questions: {notice}")
    for row in result.failed:
        terminal.complain(f"question {row.question.id} failed: {row.failure}")
    if result.failed:
        raise typer.Exit(FAILED)


def _check_writable(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{file.parent} cannot be made: {error.strerror}") from error
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise typer.BadParameter(f"{file} cannot be written")


def _evaluate(
    settings: Settings, questions: Sequence[EvalQuestion], gold_context: bool, tell: terminal.Tell
) -> EvalResult:
    from qa.evaluation import evaluate, evaluate_gold_context

    if not gold_context:
        with _chatbot(settings) as bot:
            return evaluate(bot, questions, tell)
    from qa.reader import load_reader

    reader = load_reader(settings.reader, settings.threads)
    calibration = getattr(reader, "paragraph_calibration", None)
    return evaluate_gold_context(reader, calibration, questions, tell, settings.threshold)


class ArticlesAction(StrEnum):
    """What ``article-qa articles`` does."""

    list = "list"
    show = "show"
    remove = "remove"


@app.command()
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
    with _library(_settings(index=index)) as library:
        if action == ArticlesAction.list:
            _list_articles(library, wanted, as_json)
            return
        chosen = _chosen(library.articles(copies=True), ids)
        if action == ArticlesAction.show:
            _show_article(library, chosen[0].id, as_json)
        else:
            library.remove([article.id for article in chosen])
            _tell_removed(chosen, as_json)
            _tell_left(library, chosen)


def _chosen(stored: Sequence[ArticleSummary], ids: Sequence[str]) -> list[ArticleSummary]:
    """The articles meant by ``ids``, each once; leaves, naming those that mean none or several, if there are such."""
    chosen: dict[str, ArticleSummary] = {}
    wrong = False
    for wanted in ids:
        fitting = [one for one in stored if wanted in (one.id, one.source)]
        fitting = fitting or [one for one in stored if wanted and one.id.startswith(wanted)]
        if len(fitting) == 1:
            chosen[fitting[0].id] = fitting[0]
            continue
        wrong = True
        if fitting:
            terminal.complain(f"the id {wanted} fits {len(fitting)} articles: give more of it")
        else:
            terminal.complain(f"no article has the id {wanted}; article-qa articles lists them")
    if wrong:
        raise typer.Exit(FAILED)
    return list(chosen.values())


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


@app.command("index")
def care(
    action: Annotated[IndexAction, typer.Argument(metavar="check|rebuild")] = IndexAction.check,
    index: Index = None,
    embedder: EmbedderName = None,
    verbose: Verbose = False,
) -> None:
    """Check the library against its record, or make anew all that is derived from it."""
    if embedder and action != IndexAction.rebuild:
        raise typer.BadParameter("only rebuild takes another embedding model", param_hint="--embedder")
    settings = _settings(index=index, embedder=embedder)
    with _library(settings) as library:
        if action == IndexAction.rebuild:
            _rebuild(library, embedder)
        checked = library.check()
        for problem in checked.problems:
            terminal.complain(problem)
        if checked.damaged:
            raise typer.Exit(FAILED)
        if not checked.sound:
            terminal.complain(f"to repair: article-qa index rebuild --index {shlex.quote(str(library.folder))}")
            raise typer.Exit(FAILED)
        terminal.say(f"sound: {checked.articles:,} articles, {checked.chunks:,} passages, {library.embedder_name}")


def _rebuild(library: ArticleIndex, embedder: str | None) -> None:
    from vectorstore import load_embedder

    with terminal.progress_bar("Embedding passages") as tell:
        library.rebuild(load_embedder(embedder) if embedder else None, tell)


if __name__ == "__main__":
    main()
