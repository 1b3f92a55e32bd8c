"""How well follow-ups become stand-alone questions: ``python -m benchmarks.followups --data ../shared/data``.

Prints Markdown. CANARD conversations are split by a hash of their id: rules were tuned on one half, figures that
count come from the other. SQuAD questions, asked after a conversation about something else, should stay as they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from qa.conversation import standalone
from qa.followups import load_followups
from qa.followups.data import read_canard as read_parts
from qa.ports import Rewriter
from qa.types import Turn

SAMPLES = Path(__file__).parent.parent / "samples" / "followups.jsonl"
UNRELATED: tuple[tuple[Turn, ...], ...] = (
    (("when did Kanye propose?", "Oct. 21"), ("who did he propose to?", "Kim Kardashian")),
    (("who painted Guernica?", "Pablo Picasso"), ("when was it shown first?", "in 1937"), ("why?", None)),
    (("how tall is the eiffel tower", "330 metres"), ("which company built it", "Eiffel et Cie")),
    (("Where were the Beatles from?", "Liverpool"), ("What was their first album?", '"Please Please Me" (1963)')),
)
ABSTAINED = "I don't know."
PRONOUN = re.compile(r"\b(?:he|she|it|they|him|her|them|his|hers|its|their|theirs|this|these|those)\b", re.I)
# A capitalised word, not the first, and a pronoun after it: nearly always its antecedent.
INTERNAL = re.compile(r"^\S+ .*?\b[A-Z][a-z]+\b.*? (?:he|she|it|they|him|her|them|his|its|their)\b")
FUNCTION_WORDS = frozenset(
    "a an the of in on at to for from by with about as and or but so is are was were be been being do does did has"
    " have had can could will would should may might what which who whom whose when where why how that this these those"
    " there he she it they him her them his hers its their theirs i you we s any some other than besides not if".split()
)


def content_words(text: str) -> Counter[str]:
    """The words that carry a question's content, lower case."""
    words = re.findall(r"\w+", text.lower().replace("’s", "'s"))
    return Counter(word for word in words if word not in FUNCTION_WORDS)


def overlap(candidate: str, gold: str) -> tuple[float, float]:
    """Recall and F1 of the content words of ``gold`` in ``candidate``."""
    found, wanted = content_words(candidate), content_words(gold)
    common = (found & wanted).total()
    if not common:
        return (float(not wanted), float(not wanted and not found))
    recall, precision = common / wanted.total(), common / found.total()
    return recall, 2 * recall * precision / (recall + precision)


def turns(said: Sequence[str]) -> list[Turn]:
    """Alternating questions and answers as turns; an abstention is None."""
    answers = [None if answer.strip() in ("", ABSTAINED) else answer for answer in said[1::2]]
    return list(zip(said[::2], answers + [None] * (len(said[::2]) - len(answers)), strict=True))


def read_canard(path: Path) -> list[dict[str, Any]]:
    """The rows of CANARD, each with ``tuning``: whether its conversation is in the half for tuning."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows:
        row["tuning"] = hashlib.sha256(row["conv_id"].encode()).digest()[0] % 2 == 0
    return rows


def context_turns(row: dict[str, Any], title: bool) -> list[Turn]:
    """The history of a CANARD row; its article's title as a first turn, or left out as in our product."""
    first: list[Turn] = [(row["history"][0], None)] if title else []
    return first + turns(row["history"][2:])


def lower_case(row: dict[str, Any]) -> dict[str, Any]:
    """The row as somebody would type it who leaves out the capitals; the answers keep theirs."""
    history = [said if i % 2 else said.lower() for i, said in enumerate(row["history"])]
    return {**row, "question": row["question"].lower(), "history": history}


def append_previous(question: str, history: Sequence[Turn]) -> str:
    """The baseline that needs no rules."""
    return f"{history[-1][0]} {question}" if history else question


def keep(question: str, history: Sequence[Turn]) -> str:
    """The question as asked."""
    return question


METHODS: dict[str, Rewriter] = {
    "as asked": keep,
    "previous question before it": append_previous,
    "`standalone`": standalone,
    "`FollowUps`": load_followups(),
}
REWRITERS = {name: METHODS[name] for name in ("`standalone`", "`FollowUps`")}


def canard_table(rows: Sequence[dict[str, Any]]) -> Iterable[str]:
    """Markdown rows of recall and F1 for every method: with the article's title, without, and in lower case."""
    yield "| CANARD | turns | method | recall | F1 | changed |"
    yield "|---|---|---|---|---|---|"
    for half, setting in product(("tuning", "held out"), ("title first", "no title", "lower case")):
        title = setting != "no title"
        # Without the title, a first question has nothing to refer to.
        chosen = [row for row in rows if row["tuning"] == (half == "tuning") and (title or len(row["history"]) > 2)]
        if setting == "lower case":
            chosen = [lower_case(row) for row in chosen]
        for name, method in METHODS.items():
            outs = [method(row["question"], context_turns(row, title)) for row in chosen]
            scores = [overlap(out, row["rewrite"]) for out, row in zip(outs, chosen, strict=True)]
            recall, f1 = (100 * sum(column) / len(scores) for column in zip(*scores, strict=True))
            changed = 100 * sum(out != row["question"] for out, row in zip(outs, chosen, strict=True)) / len(outs)
            yield f"| {half}, {setting} | {len(chosen)} | {name} | {recall:.1f} | {f1:.1f} | {changed:.0f} % |"


def words_table(folder: Path) -> Iterable[str]:
    """Markdown rows of the words that a person added and that are found, and of those added that the person did not."""
    yield "| CANARD, unseen fifth, no title | turns | words found | words too many a turn |"
    yield "|---|---|---|---|"
    for name, method in REWRITERS.items():
        found = wanted = wrong = turns_that_lean = 0
        for row in read_parts(folder).unseen:
            asked = set(content_words(row["question"]))
            missing = set(content_words(row["rewrite"])) - asked
            if not missing:
                continue
            added = set(content_words(method(row["question"], context_turns(row, False)))) - asked
            turns_that_lean += 1
            found += len(added & missing)
            wanted += len(missing)
            wrong += len(added - missing)
        yield f"| {name} | {turns_that_lean} | {100 * found / wanted:.1f} % | {wrong / turns_that_lean:.2f} |"


def heldout_questions(path: Path) -> list[str]:
    """Questions without a pronoun of the twenty articles whose titles come last, which nothing was chosen on."""
    with lzma.open(path, "rt", encoding="utf-8") as text:
        articles = sorted(json.load(text)["data"], key=lambda article: article["title"])[20:]
    questions = [qa["question"] for article in articles for p in article["paragraphs"] for qa in p["qas"]]
    random.Random(2026).shuffle(questions)
    return [question for question in questions if not PRONOUN.search(question)]


def squad_questions(path: Path) -> list[str]:
    """Every question, in an order that does not depend on the article."""
    with lzma.open(path, "rt", encoding="utf-8") as text:
        data = json.load(text)["data"]
    questions = [qa["question"] for article in data for p in article["paragraphs"] for qa in p["qas"]]
    random.Random(2026).shuffle(questions)
    return questions


def unchanged(questions: Sequence[str], method: Rewriter = standalone) -> list[tuple[str, str]]:
    """The questions that did not stay as they are, with what they became."""
    asked = [(question, method(question, UNRELATED[i % len(UNRELATED)])) for i, question in enumerate(questions)]
    return [(question, out) for question, out in asked if question != out]


def sample_table(path: Path) -> Iterable[str]:
    """The same figures on the follow-ups written for this project's sample articles."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    same = [row for row in rows if row["question"] == row["standalone"]]
    other = [row for row in rows if row["question"] != row["standalone"]]
    kept = sum(standalone(row["question"], turns(row["history"])) == row["question"] for row in same)
    yield f"Sample follow-ups: {kept} of {len(same)} stand-alone questions unchanged; {len(other)} others:"
    yield ""
    yield "| method | recall | F1 |"
    yield "|---|---|---|"
    for name, method in METHODS.items() if other else ():
        scores = [overlap(method(row["question"], turns(row["history"])), row["standalone"]) for row in other]
        recall, f1 = (100 * sum(column) / len(scores) for column in zip(*scores, strict=True))
        yield f"| {name} | {recall:.1f} | {f1:.1f} |"


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--show", action="store_true", help="also print the questions changed by mistake")
    options = parser.parse_args()
    rows = read_canard(options.data / "followups-canard.jsonl.xz")
    lines = [*canard_table(rows), "", "| SQuAD after an unrelated history | questions | unchanged |", "|---|---|---|"]
    questions = squad_questions(options.data / "squad-train.json.xz")
    groups = {
        "no pronoun": [question for question in questions if not PRONOUN.search(question)],
        "antecedent inside": [question for question in questions if INTERNAL.search(question)],
    }
    wrong: list[tuple[str, str]] = []
    for name, group in groups.items():
        # The first 4000 of each served to find mistakes by.
        chosen = group[4000:6000]
        changed = unchanged(chosen)
        wrong += changed
        lines.append(f"| {name} | {len(chosen)} | {100 - 100 * len(changed) / len(chosen):.2f} % |")
    heldout = heldout_questions(options.data / "squad-heldout.json.xz")[:1000]
    changed = unchanged(heldout, REWRITERS["`FollowUps`"])
    wrong += changed
    lines.append(f"| `FollowUps`, held out | {len(heldout)} | {100 - 100 * len(changed) / len(heldout):.2f} % |")
    lines += ["", *words_table(options.data)]
    for name, method in REWRITERS.items():
        started = time.process_time()
        for row in rows:
            method(row["question"], context_turns(row, True))
        lines += ["", f"{name}: {1000 * (time.process_time() - started) / len(rows):.2f} ms a question."]
    if SAMPLES.exists():
        lines += ["", *sample_table(SAMPLES)]
    if options.show:
        lines += ["", *(f"- {question} -> {out}" for question, out in wrong)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
