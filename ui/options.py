"""The options that several commands share, and what they open: settings, a library, a chatbot."""

from __future__ import annotations

import inspect
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui import keep_off_hub, terminal

if TYPE_CHECKING:
    from qa.chatbot import Chatbot
    from qa.settings import Settings
    from vectorstore import ArticleIndex, ArticleSummary
    from vectorstore.place import Address

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
"""Exit statuses: some source or question failed; wrong usage; Ctrl+C."""


def _show_logs(value: bool) -> bool:
    if value:
        terminal.set_up_logging(verbose=True)
    return value


def _no_file(value: str | None) -> str | None:
    if value is not None and Path(value).is_file():
        raise typer.BadParameter(f"{value!r} is a file; a library is a folder, or an address")
    return value


Index = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="DIR",
        help="Folder of the library, or postgresql:// address of a database.",
        show_default="data/index, or ARTICLE_QA_INDEX",
        callback=_no_file,
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
        command(settings=settings_from(**{name: given.pop(name) for name in ANSWERING}), **given)

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


def settings_from(**given: Any) -> Settings:
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


def prepare_for_ray(place: Path | Address) -> None:
    """Leaves where the library is not one that many processes can write, or Ray is not installed.

    Ray notes the command line of who uses it, for all of its cluster to read. One with a password on it is begun anew,
    with the address in the environment.
    """
    from vectorstore.place import Address

    if not isinstance(place, Address):
        raise typer.BadParameter(
            f"many processes write to the library, and {place} is a folder, which takes one; give the address of a "
            "database, --index postgresql://…",
            param_hint="--ray",
        )
    import ingest.on_ray  # noqa: F401 - says where Ray is not installed

    rest, given = _without_index(sys.orig_argv[1:])
    if given is not None and place.without_password(given) != given:
        os.execve(sys.executable, [sys.executable, *rest], {**os.environ, "ARTICLE_QA_INDEX": given})


def _without_index(command: Sequence[str]) -> tuple[list[str], str | None]:
    """A command line without ``--index``, and what it named."""
    rest: list[str] = []
    given = None
    arguments = iter(command)
    for argument in arguments:
        if argument == "--index":
            given = next(arguments, None)
        elif argument.startswith("--index="):
            given = argument.partition("=")[2]
        else:
            rest.append(argument)
    return rest, given


def check_library(settings: Settings) -> None:
    """Raises StoreError where there is no library: looking must not make one."""
    from vectorstore import StoreError
    from vectorstore.files import is_library

    place = settings.index.expanduser() if isinstance(settings.index, Path) else settings.index
    if not is_library(place):
        raise StoreError(
            f"there is no library at {place} yet: article-qa ingest FOLDER --index {shlex.quote(str(place))}"
        )


@contextmanager
def open_library(settings: Settings) -> Iterator[ArticleIndex]:
    """The library of ``settings``, which must be there."""
    from vectorstore import ArticleIndex

    check_library(settings)
    with closing(ArticleIndex.open(settings.index, threads=settings.threads)) as library:
        yield library


@contextmanager
def open_chatbot(settings: Settings) -> Iterator[Chatbot]:
    """A chatbot over the library of ``settings``, which must be there."""
    from qa import Chatbot

    check_library(settings)
    bot = Chatbot.open(settings=settings)
    with closing(bot.index):
        yield bot


def chosen_articles(stored: Sequence[ArticleSummary], ids: Sequence[str]) -> list[ArticleSummary]:
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
