"""Answers end to end, beside the plain way: ``python -m benchmarks.answers --heldout FILE``.

Both ways ingest the held-out articles and read with the same reader; questions are drawn from the half
of the articles that nothing was fitted on. The plain way gives the reader's best span of the nearest
four chunks; ours is the product as it is, and, to compare like with like, without abstaining.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import plain
from benchmarks.squad import halves, make_library
from qa import Chatbot, Settings
from qa.evaluation.metrics import best_over_gold, exact_match, token_f1
from qa.reader import OnnxReader
from qa.reader.data import Example

Ask = Callable[[str], str]


def score(name: str, ask: Ask, examples: Sequence[Example]) -> str:
    """One row of the table; the first question, which loads the models, is asked twice."""
    ask(examples[0].question)
    matches, f1s, abstained, milliseconds = [], [], [], []
    for example in examples:
        started = time.perf_counter()
        text = ask(example.question)
        milliseconds.append(1000 * (time.perf_counter() - started))
        if example.spans:
            gold = [example.context[start:end] for start, end in example.spans]
            matches.append(best_over_gold(exact_match, text, gold))
            f1s.append(best_over_gold(token_f1, text, gold))
        else:
            abstained.append(text == "")
    figures = [100 * statistics.mean(values) for values in (matches, f1s, abstained)]
    return (
        f"| {name} | "
        + " | ".join(f"{figure:.1f}" for figure in figures)
        + f" | {statistics.median(milliseconds):.0f} |"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heldout", type=Path, required=True, help="squad-heldout.json.xz")
    parser.add_argument("--limit", type=int, default=1000, help="questions, drawn at random")
    arguments = parser.parse_args()
    fitted, reported = halves(arguments.heldout)
    examples = [e for article in reported for paragraph in article.paragraphs for e in paragraph.examples]
    random.Random(11).shuffle(examples)
    examples = examples[: arguments.limit]
    reader = OnnxReader.load()
    with tempfile.TemporaryDirectory() as scratch:
        index = make_library([*fitted, *reported], Path(scratch) / "ours")
        store = plain.ingest(sorted((Path(scratch) / "ours" / "articles").iterdir()), Path(scratch) / "plain")

        def ask_plain(question: str) -> str:
            found = reader.read(question, plain.retrieve(store, question))
            return found[0].text if found else ""

        ours = Chatbot(index, Settings(index=index.folder), reader=reader)
        forced = Chatbot(index, Settings(index=index.folder, threshold=0.0), reader=reader)
        articles, chunks = index.counts()
        answerable = sum(bool(example.spans) for example in examples)
        print(f"{articles} articles, {chunks} chunks; {answerable} answerable, {len(examples) - answerable} not\n")
        print("| | EM | F1 | abstains where it should | ms |\n|---|---|---|---|---|")
        print(score("plain LangChain and Chroma, same reader", ask_plain, examples), flush=True)
        print(
            score("article-qa, made to answer", lambda question: forced.ask(question).text or "", examples), flush=True
        )
        print(score("article-qa", lambda question: ours.ask(question).text or "", examples))


if __name__ == "__main__":
    main()
