"""What the command shows in a terminal: values in, text out. Results go to ``out``, all else to ``err``."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from ui import wording

if TYPE_CHECKING:
    from ingest import IngestReport, Outcome
    from ingest.report import Status
    from qa import Answer, Citation
    from vectorstore import Article, ArticleSummary

out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

OUR_PACKAGES = ("ingest", "language", "qa", "ui", "vectorstore")
LISTED = 20
"""Sources listed one by one of each kind; the rest are counted."""
_UNSAFE = {"Cc", "Cs"}  # what could steer the terminal, and what no encoding takes
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """``text`` of an article as it is safe to show: without anything that steers the terminal."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or (unicodedata.category(character) not in _UNSAFE and character not in _BIDI)
    )


def line(text: str) -> str:
    """``plain`` on one line."""
    return " ".join(plain(text).split())


def say(text: str | Text = "", style: str = "", console: Console = out) -> None:
    """Prints a paragraph; only a terminal has its lines wrapped."""
    console.print(text, style=style or None, soft_wrap=not console.is_terminal)


def complain(message: str) -> None:
    """Prints what went wrong to stderr."""
    say(f"article-qa: {plain(message)}", console=err)


def print_json(value: Any) -> None:
    """Prints ``value`` as JSON, in characters that stdout can take."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    typer.echo(text)


def set_up_logging(verbose: bool) -> None:
    """Warnings of ours and errors of others, or, if ``verbose``, all there is to know; on stderr."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, RichHandler)]:
        root.removeHandler(handler)
    root.addHandler(RichHandler(console=err, show_time=verbose, show_path=False))
    root.setLevel(logging.INFO if verbose else logging.ERROR)
    for package in OUR_PACKAGES:
        logging.getLogger(package).setLevel(logging.DEBUG if verbose else logging.WARNING)
    if not verbose:
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # it has handlers of its own


# Progress ---------------------------------------------------------------------------------------


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="dim")


class Tell(Protocol):
    """Moves a progress bar."""

    def __call__(self, done: int, total: int, at: str = "") -> None:
        """``done`` of ``total`` are done; ``at`` is the one dealt with now."""
        ...


@contextmanager
def progress_bar(doing: str) -> Iterator[Tell]:
    """A bar on stderr while the block runs, with rate and time to go."""
    columns = (
        TextColumn(doing),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[at]}", style="dim", markup=False, table_column=Column(no_wrap=True)),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=None, at="")

        def tell(done: int, total: int, at: str = "") -> None:
            bar.update(task, completed=done, total=total, at=_short(line(PurePath(at).name)))

        yield tell


def _short(text: str, width: int = 24) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


# Answers ----------------------------------------------------------------------------------------


def show_answer(answer: Answer) -> None:
    """The answer with its quotes, or why there is none, with what comes nearest."""
    if answer.notice:
        complain(answer.notice)
    if answer.text is None:
        say(wording.abstention(answer))
        for other in answer.alternatives:
            say(f"- {line(other.text)}")
            _show_citations([other.citation])
        if not answer.alternatives:
            _show_citations(answer.nearest)
        return
    if answer.items:
        _show_items(answer)
    else:
        if stated := wording.stated(answer):
            say(plain(stated), "bold")
        _show_citations(answer.citations)
    if basis := wording.basis(answer):
        say(basis)


def _show_items(answer: Answer) -> None:
    """An answer of several pieces: each with where it stands, under the label that it shares with those beside it."""
    if wording.is_stated_first(answer):
        say(plain(answer.text or ""), "bold")
    label = None
    for item in answer.items:
        if item.label is not None and item.label not in (label, item.text):
            say(line(item.label), "dim")
        label = item.label
        say(f"- {f'{item.date}: ' if item.date else ''}{line(item.text)}", "bold")
        cited = [answer.citations[place] for place in item.citations]
        if answer.kind == "catalogue":
            say(" · ".join(dict.fromkeys(line(citation.source) for citation in cited)), "dim")
        else:
            _show_citations([one for one in cited if line(one.quote) != line(item.text)], cited)


def _show_citations(shown: Sequence[Citation], named: Sequence[Citation] | None = None) -> None:
    """The quotes of ``shown``, and the articles of ``named`` (by default the same), each article once in a row."""
    for citation in shown:
        say(_quote(citation))
        for words, date in citation.dates.items():
            say(f"{line(words)}: {date}, as the article came out on {citation.published}", "dim")
    for byline in dict.fromkeys(_byline(citation) for citation in (shown if named is None else named)):
        say(byline, "dim")


def _byline(citation: Citation) -> str:
    return " · ".join(
        line(part) for part in (citation.title, citation.locator, citation.published, citation.source) if part
    )


def _quote(citation: Citation) -> Text:
    """The quote on one line, the words of the answer in it emphasised."""
    start = end = len(citation.quote)
    if citation.answer_start is not None and citation.answer_end is not None:
        start, end = citation.answer_start - citation.start, citation.answer_end - citation.start
    before, answer, after = (
        re.sub(r"\s+", " ", plain(part))
        for part in (citation.quote[:start], citation.quote[start:end], citation.quote[end:])
    )
    return Text.assemble("“", before, (answer, "bold underline"), after, "”")


# Libraries --------------------------------------------------------------------------------------


SIGNS: dict[Status, str] = {"added": "+", "changed": "~", "moved": ">", "removed": "-"}


def show_report(report: IngestReport, would: bool = False) -> None:
    """What an ingest did, or ``would`` do: what changed, the counts, and on stderr each source that was skipped."""
    for status in SIGNS:
        outcomes = report.of(status)
        for outcome in outcomes[:LISTED]:
            show_outcome(outcome)
        if len(outcomes) > LISTED:
            say(f"{SIGNS[status]} … and {len(outcomes) - LISTED:,} more")
    counts = Counter(outcome.status for outcome in report.outcomes)
    order: tuple[Status, ...] = ("added", "changed", "moved", "unchanged", "removed", "skipped")
    told = ", ".join(f"{counts[status]:,} {status}" for status in order if status != "moved" or counts[status])
    if would:
        say(f"{told}; nothing was written")
    else:
        passages = "1 passage" if report.chunks == 1 else f"{report.chunks:,} passages"
        say(f"{told}; {passages} in {report.seconds:.1f} s")
    for outcome in report.of("skipped"):
        show_outcome(outcome)


def show_outcome(outcome: Outcome) -> None:
    """A line for one source; on stderr where it was skipped, none where it is unchanged."""
    if outcome.status == "skipped":
        complain(f"skipped {outcome.source}: {outcome.reason}")
    elif outcome.status in SIGNS:
        title = f"{line(outcome.title)}  " if outcome.title else ""
        before = f"  (was {line(outcome.previous)})" if outcome.previous else ""
        say(f"{SIGNS[outcome.status]} {title}{line(outcome.source)}{before}")


def show_articles(articles: Sequence[ArticleSummary]) -> None:
    """The library, ids as short as they can be told apart: a table in a terminal, else a line with tabs for each."""
    if not articles:
        err.print("The library holds no articles.")
        return
    width = _telling_width([article.id for article in articles])
    rows = [
        (
            article.id[:width],
            line(article.title),
            article.published or "",
            str(article.chunks),
            line(article.source) + also(article.other_sources),
        )
        for article in articles
    ]
    if not out.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))  # rich would turn the tabs into spaces
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("title", overflow="fold")
    table.add_column("published", no_wrap=True)
    table.add_column("passages", justify="right")
    table.add_column("source", overflow="fold", style="dim")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def also(sources: Sequence[str]) -> str:
    """Where else the same story was read, to be put behind its source."""
    return f" (also {', '.join(map(line, sources))})" if sources else ""


def _telling_width(ids: Sequence[str], least: int = 8) -> int:
    width = least
    while len({one[:width] for one in ids}) < len(ids):
        width += 1
    return width


def show_article(article: Article) -> None:
    """One article with its text."""
    say(line(article.title), "bold")
    source = article.source + also(article.other_sources)
    about = [", ".join(article.authors), article.published or "", source, article.id]
    say(" · ".join(line(part) for part in about if part), "dim")
    say()
    say(plain(article.text))


# Evaluation -------------------------------------------------------------------------------------


def show_figures(figures: dict[str, Any]) -> None:
    """The figures of an evaluation: questions with an answer and those without apart."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in ("questions", "exact match", "F1"):
        table.add_column(name, justify="right")
    parts = {"all": figures, "has an answer": figures["has_answer"], "has none": figures["no_answer"]}
    for name, part in parts.items():
        if part["n"]:
            table.add_row(name, f"{part['n']:,}", _number(part["exact_match"], ".1f"), _number(part["f1"], ".1f"))
    low_high = [figures["confidence"][name] for name in ("exact_match", "f1")]
    if None not in low_high:  # yes or no, lists and long answers have figures of their own
        table.add_row("95 % within", "", *(f"{low:.1f}–{high:.1f}" for low, high in low_high), style="dim")
    out.print(table)
    say()
    if figures["mrr_at_10"] is not None:
        recall = "   ".join(f"{k}: {100 * share:.1f} %" for k, share in figures["answer_recall_at"].items())
        say(f"answer in the first   {recall}   MRR@10 {figures['mrr_at_10']:.3f}")
    abstention, latency = figures["abstention"], figures["latency_ms"]
    say(
        f"abstention            precision {_number(abstention['precision'], '.3f')}   "
        f"recall {_number(abstention['recall'], '.3f')}   AUROC {_number(abstention['auroc'], '.3f')}"
    )
    if figures["wrong_of_shown"] is not None:
        say(f"wrong of what is shown {100 * figures['wrong_of_shown']:.1f} %")
    say(f"calibration error     {_number(figures['calibration_error'], '.3f')}")
    p50, p95 = _number(latency["p50"], ".0f"), _number(latency["p95"], ".0f")
    say(f"latency               median {p50} ms   95 % below {p95} ms")
    if len(figures["kinds"]) > 1:
        _show_kinds(figures["kinds"])


def _show_kinds(kinds: Mapping[str, dict[str, Any]]) -> None:
    """A line for each kind of question, with the figures that apply to it."""
    columns = {
        "n": (1, ",.0f"),
        "exact_match": (1, ".1f"),
        "f1": (1, ".1f"),
        "items_exact_f1": (1, ".1f"),
        "items_partial_f1": (1, ".1f"),
        "verdicts_right": (100, ".0f"),
        "rouge_l": (1, ".1f"),
        "shown": (100, ".0f"),
        "wrong_of_shown": (100, ".0f"),
    }
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("kind", "questions", "EM", "F1", "items", "their words", "verdicts", "ROUGE-L", "shown %", "wrong %"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind, one in kinds.items():
        told = ("" if one[name] is None else format(one[name] * by, form) for name, (by, form) in columns.items())
        table.add_row(kind, *told)
    say()
    out.print(table)


def _number(value: float | None, pattern: str) -> str:
    return "–" if value is None else format(value, pattern)
