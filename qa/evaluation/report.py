"""An evaluation as one HTML file that needs nothing else: figures first, then every question, the worst at the top."""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any, get_args

from qa.evaluation.result import RECALL_AT, EvalResult, Outcome, QuestionResult

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""Worst first."""
MEANINGS: dict[Outcome, str] = {
    "failed": "neither an answer nor an abstention",
    "wrong": "no word of the answer is right",
    "overconfident": "answered what the articles do not say",
    "missed": "abstained though the articles say",
    "partly right": "some of the words are right",
    "right": "exact match",
    "rightly abstained": "the articles do not say",
}


def write_report(result: EvalResult, path: str | Path, title: str = "Evaluation") -> None:
    """Writes the report to ``path``."""
    Path(path).write_text(render(result, title), encoding="utf-8")


def render(result: EvalResult, title: str = "Evaluation") -> str:
    """The report as HTML. All that comes from articles, questions and models is escaped."""
    figures = result.to_dict()
    rows = sorted(result.rows, key=lambda row: (OUTCOMES.index(row.outcome), -(row.score or 0.0)))
    return _PAGE.format(
        title=escape(title),
        style=_STYLE,
        script=_SCRIPT,
        tiles=_tiles(figures),
        answers=_answer_table(figures),
        retrieval=_retrieval(figures) if result.retrieved else "",
        outcomes=_outcomes(result),
        rows="\n".join(_row(row) for row in rows),
        settings=escape(json.dumps(result.settings, indent=2, ensure_ascii=False)),
    )


def figure(value: float | None, pattern: str = "{:.1f}") -> str:
    """A figure for people; a dash where there was nothing to measure."""
    return "–" if value is None else pattern.format(value)


def _tiles(figures: dict[str, Any]) -> str:
    abstention, latency = figures["abstention"], figures["latency_ms"]
    tiles = [
        ("Questions", f"{figures['n']:,}", ""),
        ("Exact match", figure(figures["exact_match"]), _range(figures["confidence"]["exact_match"])),
        ("F1", figure(figures["f1"]), _range(figures["confidence"]["f1"])),
        ("Abstention precision", figure(abstention["precision"], "{:.1%}"), "of abstentions, unanswerable"),
        ("Abstention recall", figure(abstention["recall"], "{:.1%}"), "of unanswerable, abstained"),
        ("AUROC", figure(abstention["auroc"], "{:.3f}"), "answerable or not, by score"),
        ("Calibration error", figure(figures["calibration_error"], "{:.3f}"), "score against share right"),
        ("Latency", figure(latency["p50"], "{:.0f} ms"), "95 % below " + figure(latency["p95"], "{:.0f} ms")),
    ]
    return "".join(
        f"<div class=tile><span>{escape(name)}</span><b>{escape(value)}</b><small>{escape(note)}</small></div>"
        for name, value, note in tiles
    )


def _range(interval: list[float] | None) -> str:
    return f"95 % within {interval[0]:.1f}–{interval[1]:.1f}" if interval else ""


def _answer_table(figures: dict[str, Any]) -> str:
    parts = [("All", figures), ("Has an answer", figures["has_answer"]), ("Has none", figures["no_answer"])]
    return "".join(
        f"<tr><th scope=row>{name}<td>{part['n']:,}<td>{figure(part['exact_match'])}<td>{figure(part['f1'])}"
        for name, part in parts
    )


def _retrieval(figures: dict[str, Any]) -> str:
    shares = [(k, figures["answer_recall_at"][str(k)]) for k in RECALL_AT]
    bars = "".join(
        f"<tr><th scope=row>first {k}<td><meter min=0 max=1 value={share or 0:.4f}></meter>"
        f"<td>{figure(share, '{:.1%}')}"
        for k, share in shares
    )
    return (
        "<section><h2>Answer among the passages</h2><table class=small>"
        f"{bars}<tr><th scope=row>MRR@10<td><td>{figure(figures['mrr_at_10'], '{:.3f}')}</table></section>"
    )


def _outcomes(result: EvalResult) -> str:
    counts = Counter(row.outcome for row in result.rows)
    return "".join(
        f'<label title="{escape(MEANINGS[outcome])}"><input type=checkbox value="{outcome}" checked>'
        f"<span class=outcome data-outcome='{outcome}'>{outcome}</span> {counts[outcome]:,}</label>"
        for outcome in OUTCOMES
        if counts[outcome]
    )


def _row(row: QuestionResult) -> str:
    question = row.question
    earlier = "".join(
        f"<small>{escape(asked)} — {escape(answered or 'the articles do not say')}</small>"
        for asked, answered in question.history
    )
    return (
        f'<tr data-outcome="{row.outcome}"><td><span class=outcome data-outcome="{row.outcome}">{row.outcome}</span>'
        f"<td>{earlier}{escape(question.question)}<small>{escape(question.id)}</small>"
        f"<td>{_gold(row)}<td>{_given(row)}<td>{_quotes(row)}"
        f"<td class=number>{figure(row.score, '{:.2f}')}<td class=number>{row.f1:.2f}"
        f"<td class=number>{row.first_relevant_rank or '–'}"
    )


def _gold(row: QuestionResult) -> str:
    answers = " · ".join(escape(answer) for answer in row.question.answers) or "<i>the articles do not say</i>"
    return answers + (f"<small>{escape(row.question.article)}</small>" if row.question.article else "")


def _given(row: QuestionResult) -> str:
    if row.failure is not None:
        return f"<i>failed</i><small>{escape(row.failure)}</small>"
    if row.abstained:
        return "<i>abstained</i>" + (f"<small>would have said: {escape(row.best)}</small>" if row.best else "")
    return escape(row.prediction or "")


def _quotes(row: QuestionResult) -> str:
    if not row.citations:
        return ""
    first = row.citations[0]
    if first.answer_start is None or first.answer_end is None:
        quote = escape(first.quote)
    else:
        start, end = first.answer_start - first.start, first.answer_end - first.start
        before, marked, after = first.quote[:start], first.quote[start:end], first.quote[end:]
        quote = f"{escape(before)}<mark>{escape(marked)}</mark>{escape(after)}"
    return f"{quote}<small>{escape(first.title)}</small>"


_PAGE = """<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta name=viewport content="width=device-width, initial-scale=1">
<meta http-equiv=Content-Security-Policy
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
<h1>{title}</h1>
<div class=tiles>{tiles}</div>
<div class=beside>
<section><h2>Answers</h2><table class=small><tr><th><th>n<th>exact match<th>F1{answers}</table></section>
{retrieval}
</div>
<h2>Questions</h2>
<form class=filter><input type=search placeholder="Filter by words" aria-label="Filter by words">{outcomes}
<output></output></form>
<div class=scroll><table class=questions>
<thead><tr><th>Outcome<th>Question<th>Accepted<th>Answer<th>Quote
<th class=number>Score<th class=number>F1<th class=number title="First passage that holds the answer">Rank
<tbody>
{rows}
</table></div>
<details><summary>Settings</summary><pre>{settings}</pre></details>
<script>{script}</script>
</html>
"""

_STYLE = """
:root { color-scheme: light dark; --line: #d8dbe0; --soft: #f4f5f7; --dim: #5c6370; --good: #1a7f4b; --fair: #8a6100;
  --bad: #b3261e; --mark: #fff0b3; }
@media (prefers-color-scheme: dark) { :root { --line: #3a3f47; --soft: #23262b; --dim: #a0a7b4; --good: #5fcf96;
  --fair: #e3b341; --bad: #ff8a80; --mark: #5c4a00; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 86rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .5rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .6rem; }
@media (min-width: 64rem) { .tiles { grid-template-columns: repeat(4, 1fr); } }
.tile { background: var(--soft); border-radius: .5rem; padding: .6rem .8rem; display: grid; align-content: start; }
.tile b { font-size: 1.35rem; } .tile span, small { color: var(--dim); font-size: .82rem; } small { display: block; }
.beside { display: flex; flex-wrap: wrap; gap: 3rem; }
table { border-collapse: collapse; } th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; }
tr + tr > *, tbody tr > * { border-top: 1px solid var(--line); } th { font-weight: 600; }
.small td, .small th:not(:first-child), .number { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } .questions { width: 100%; } .questions td { overflow-wrap: anywhere; min-width: 3rem; }
.questions td:nth-child(2), .questions td:nth-child(5) { min-width: 14rem; }
.questions td:nth-child(3), .questions td:nth-child(4) { min-width: 9rem; }
.filter { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; margin-bottom: .6rem; }
.filter input[type=search] { font: inherit; padding: .3rem .6rem; min-width: 16rem; }
.outcome { font-weight: 600; white-space: nowrap; color: var(--bad); }
.outcome[data-outcome=right], .outcome[data-outcome="rightly abstained"] { color: var(--good); }
.outcome[data-outcome="partly right"] { color: var(--fair); }
mark { background: var(--mark); color: inherit; } details { margin-top: 1.5rem; } pre { overflow-x: auto; }
tr[hidden] { display: none; }
"""

_SCRIPT = """
const form = document.querySelector(".filter"), rows = [...document.querySelectorAll(".questions tbody tr")];
const texts = rows.map(row => row.textContent.toLowerCase());
function show() {
  const words = form.querySelector("[type=search]").value.toLowerCase().split(/\\s+/).filter(Boolean);
  const kept = new Set([...form.querySelectorAll(":checked")].map(box => box.value));
  let shown = 0;
  rows.forEach((row, i) => {
    row.hidden = !kept.has(row.dataset.outcome) || !words.every(word => texts[i].includes(word));
    shown += !row.hidden;
  });
  form.querySelector("output").textContent = shown + " of " + rows.length;
}
form.addEventListener("input", show);
form.addEventListener("submit", event => event.preventDefault());
show();
"""
