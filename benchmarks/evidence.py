"""How well the evidence heads do on data kept aside: ``python -m benchmarks.evidence --data FOLDER``.

Lists by the F1 of whole items and of their words, sentences by how high the right one stands, verdicts by how often
they are right at each chance, and the time of a warm pass over ten passages.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from language.normalisation import normalize_answer
from language.sentences import sentence_spans
from qa.evaluation.metrics import auroc
from qa.reader.evidence import Evidence, OnnxEvidenceReader
from qa.reader.evidence_data import VERDICTS, Judged, load_evidence_corpus
from qa.reader.reader import WEIGHTS


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training files")
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="where the heads lie")
    parser.add_argument("--limit", type=int, default=600, help="examples of each part")
    arguments = parser.parse_args()
    reader = OnnxEvidenceReader.load(arguments.folder)
    aside = load_evidence_corpus(arguments.data).aside
    for line in figures(reader, {name: judged[: arguments.limit] for name, judged in aside.items()}):
        print(line)
    print(f"ten passages of 150 words: {1000 * seconds(reader):.0f} ms (median of 20)")


def figures(reader: OnnxEvidenceReader, aside: dict[str, Sequence[Judged]]) -> Iterator[str]:
    """Lines of figures for every part of what is kept aside."""
    for name, examples in aside.items():
        found = [one for [one] in reader.weigh_many([(e.question, [(e.title, e.text)]) for e in examples])]
        pairs = list(zip(examples, found, strict=True))
        several = [(e, f) for e, f in pairs if e.several]
        if several:
            yield f"{name}, {len(several)} with several items: {_lists(several)}"
        if single := [(e, f) for e, f in pairs if e.items and e.several is False]:
            yield f"{name}, {len(single)} with one item: {_lists(single)}"
        if several and single:
            right = auroc([f.several for _, f in several + single], [bool(e.several) for e, _ in several + single])
            yield f"{name}: whether several are asked for, AUROC {right:.3f}"
        if answering := [(e, f) for e, f in pairs if e.evidence]:
            yield f"{name}, {len(answering)}: {_sentences(answering)}"
            if 0 < len(reasons := [(e, f) for e, f in answering if e.weight == 2.0]) < len(answering):
                yield f"{name}, {len(reasons)} reasons and long answers: {_sentences(reasons)}"
        if answering and (nothing := [(e, f) for e, f in pairs if e.evidence == ()]):
            scores = [_best(e, f) for e, f in answering + nothing]
            tells = auroc(scores, [bool(e.evidence) for e, _ in answering + nothing])
            yield f"{name}: whether the passage answers, by its best sentence, AUROC {tells:.3f}"
        if judged := [(e, f) for e, f in pairs if e.verdict is not None]:
            yield from (f"{name}, {len(judged)}: {line}" for line in _verdicts(judged))


def _lists(pairs: Sequence[tuple[Judged, Evidence]]) -> str:
    whole, words = [], []
    for example, found in pairs:
        gold = [example.text[s:e] for s, e in example.items or ()]
        items = list(dict.fromkeys(item.text for item in found.items))  # named twice, it is one item
        whole.append(_f1([normalize_answer(one) for one in items], [normalize_answer(one) for one in gold]))
        words.append(_f1(normalize_answer(" ".join(items)).split(), normalize_answer(" ".join(gold)).split()))
    return f"F1 of whole items {100 * np.mean(whole):.1f}, of words {100 * np.mean(words):.1f}"


def _f1(found: Sequence[str], gold: Sequence[str]) -> float:
    common = sum((Counter(found) & Counter(gold)).values())
    return 2 * common / (len(found) + len(gold)) if common else 0.0


def _scores(example: Judged, found: Evidence) -> list[tuple[float, bool]]:
    """Each sentence's chance, and whether it answers."""
    evidence = example.evidence or ()
    return [
        (found.sentence(start, end), any(s < end and start < e for s, e in evidence))
        for start, end in sentence_spans(example.text)
    ]


def _best(example: Judged, found: Evidence) -> float:
    return max((score for score, _ in _scores(example, found)), default=0.0)


def _sentences(pairs: Sequence[tuple[Judged, Evidence]]) -> str:
    first, reciprocal, precision = [], [], []
    for example, found in pairs:
        ranked = [right for _, right in sorted(_scores(example, found), key=lambda pair: -pair[0])]
        if len(ranked) < 2 or not any(ranked):
            continue
        places = [place for place, right in enumerate(ranked, 1) if right]
        first.append(ranked[0])
        reciprocal.append(1 / places[0])
        precision.append(np.mean([count / place for count, place in enumerate(places, 1)]))
    return (
        f"right sentence first {100 * np.mean(first):.1f} %, MRR {np.mean(reciprocal):.3f}, "
        f"MAP {np.mean(precision):.3f} ({len(first)} of two sentences or more)"
    )


def _verdicts(pairs: Sequence[tuple[Judged, Evidence]]) -> list[str]:
    lines = []
    right = [VERDICTS[int(np.argmax(f.verdict))] == e.verdict for e, f in pairs]
    kinds = Counter(e.verdict for e, _ in pairs)
    lines.append(f"verdict right {100 * np.mean(right):.1f} % ({dict(kinds)})")
    decided = [(e, f) for e, f in pairs if e.verdict != "open"]
    for least in (0.0, 0.5, 0.6, 0.7, 0.8, 0.9):
        shown = [(e, f) for e, f in pairs if max(f.verdict[:2]) >= least]
        if not shown:
            continue
        good = [e.verdict == VERDICTS[int(np.argmax(f.verdict[:2]))] for e, f in shown]
        of_decided = sum(1 for e, f in decided if max(f.verdict[:2]) >= least)
        lines.append(
            f"yes or no from a chance of {least:.2f}: right {100 * np.mean(good):.1f} %, "
            f"shown for {of_decided} of {len(decided)} that have one and {len(shown) - of_decided} that have none"
        )
    return lines


def seconds(reader: OnnxEvidenceReader) -> float:
    """The median time of a warm pass over ten passages of 150 words."""
    sentence = "The old bridge over the wide river was opened by the mayor of the small town on a cold day in May. "
    text = " ".join((sentence * 8).split()[:150])
    times = []
    for _ in range(20):
        started = time.perf_counter()
        reader.weigh("Why was the bridge opened in May?", [("Bridges", text)] * 10)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    main()
