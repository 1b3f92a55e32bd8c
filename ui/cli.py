"""The command ``article-qa``: flags in, the packages called, results printed.

Each command imports what it needs when it runs: ``--help`` loads no model, store or page.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from language.errors import ArticleQAError
from ui import terminal
from ui.access import host_name, is_origin
from ui.library_commands import articles, care, indexer
from ui.options import (
    FAILED,
    INTERRUPTED,
    MISUSED,
    AsJson,
    EmbedderName,
    Index,
    Verbose,
    answering,
    check_library,
    chosen_articles,
    open_chatbot,
    prepare_for_ray,
    settings_from,
)

if TYPE_CHECKING:
    from ingest import IngestReport, Progress
    from qa.evaluation import EvalQuestion, EvalResult
    from qa.settings import Settings
    from vectorstore import ArticleIndex


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


def _show_version(value: bool) -> None:
    if value:
        try:
            typer.echo(f"article-qa {version('article-qa')}")
        except PackageNotFoundError:
            typer.echo("article-qa, not installed: run from its source")
        raise typer.Exit


@app.callback()
def article_qa(
    verbose: Verbose = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Ask your articles: short exact answers with the words that support them, offline."""
    terminal.set_up_logging(verbose)


# Commands ---------------------------------------------------------------------------------------


@app.command()
def ingest(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Files, folders, web addresses, s3:// and gs://.")
    ],
    index: Index = None,
    embedder: EmbedderName = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on following the folders as they change.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; embed nothing and write nothing.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let web addresses lead to this machine and its network.")
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="local|ADDRESS",
            help="Spread the work over a Ray cluster, or over this machine; the library has to be in a database.",
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Add files, folders, web pages and objects of a store to the library; what is unchanged costs next to nothing.

    A folder is mirrored, and so is s3://bucket/prefix or gs://bucket/prefix: what was changed, moved or deleted in it
    since is followed. Keys for a store are taken from where its own tools take them.
    """
    if watch and dry_run:
        raise typer.BadParameter("--dry-run looks once; it does not go with --watch")
    if watch:
        from ingest.objects import is_object_address
        from ingest.watch import NOT_FOLLOWED

        if any(map(is_object_address, sources)):
            raise typer.BadParameter(NOT_FOLLOWED, param_hint="--watch")
    settings = settings_from(index=index, embedder=embedder, allow_private=allow_private or None)
    if ray is not None:
        if watch or dry_run:
            raise typer.BadParameter("it goes neither with --watch nor with --dry-run", param_hint="--ray")
        prepare_for_ray(settings.index)
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
            report = add_articles(sources, library, told, allow_private=settings.allow_private, ray=ray)
    _end(report, sources)


def _preview(sources: list[str], settings: Settings) -> None:
    from ingest import preview_articles
    from vectorstore import ArticleIndex
    from vectorstore.files import is_library

    there = is_library(settings.index)
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
    with open_chatbot(settings) as bot:
        if bot.index.counts() == (0, 0):
            terminal.complain(f"the library at {bot.index.place} holds no articles")
        scope = [one.id for one in chosen_articles(bot.index.articles(copies=True), article)] if article else None
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

    with open_chatbot(settings) as bot:
        mcp_server(Tools(bot)).run("stdio")


@app.command()
def feedback(index: Index = None, verbose: Verbose = False) -> None:
    """Print what people marked in the chat, everyone's, as a test set that eval reads."""
    settings = settings_from(index=index)
    check_library(settings)
    from ui.history import History, as_test_set

    with closing(History.open(settings.index, to_read=True)) as history:
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
        with open_chatbot(settings) as bot:
            return evaluate(bot, questions, tell)
    from qa.reader import load_reader

    reader = load_reader(settings.reader, settings.threads, settings.second_reading)
    calibration = getattr(reader, "paragraph_calibration", None)
    return evaluate_gold_context(reader, calibration, questions, tell, settings.threshold)


app.command()(articles)
app.command("index")(care)
app.command()(indexer)

if __name__ == "__main__":
    main()
