"""``yes_no``: yes or no with the sentence that says so; where that is not sure, the sentence alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from language.words import FUNCTION_WORDS
from qa.abstaining import Abstainer
from qa.citations import cite_span
from qa.gathering import Gatherer
from qa.kinds.chances import log_odds
from qa.ports import Evidence, Plan, Sentence
from qa.reader.evidence import Evidence as Weighed
from qa.reader.evidence import EvidenceReader
from qa.selection import standardized
from qa.types import Answer, Passage, Verdict

PASSAGES = 16
RETRIEVAL_WEIGHT = 1.0
"""Log-odds that a standard deviation of a passage's score among those read is worth."""
SURE = 0.8
"""Chance of a verdict from which on it is shown."""
LEAST_ABOUT = 0.2
"""Chance that a sentence is evidence, from which on it is shown without a verdict."""


class YesNoStrategy:
    """Never says no merely because nothing says yes: a verdict needs a passage that decides the matter."""

    def __init__(self, gatherer: Gatherer, abstainer: Abstainer, weigher: EvidenceReader) -> None:
        self._gatherer = gatherer
        self._abstainer = abstainer
        self._weigher = weigher

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return Evidence(self._gatherer.passages(plan.query.text, plan.articles, PASSAGES))

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        passages, question = evidence.passages, plan.query.text
        if not passages:
            return self._abstainer.abstain(plan, passages)
        weighed = self._weigher.weigh(question, [(passage.title, passage.text) for passage in passages])
        place = decisive(weighed, passages)
        verdict, chance = verdict_of(weighed[place])
        sentence, worth = self._best_sentence(passages[place], weighed[place])
        is_sure = chance >= SURE and _names_it(question, passages[place])
        if not is_sure and worth < LEAST_ABOUT:
            return self._abstainer.abstain(plan, passages)
        said = f"{verdict.capitalize()}. " if is_sure else ""
        return Answer(
            question=plan.query.question,
            text=said + " ".join(sentence.text.split()),
            kind="yes_no",
            verdict=verdict if is_sure else None,
            citations=(cite_span(sentence.article, sentence.start, sentence.end),),
            passages=passages,
        )

    def _best_sentence(self, passage: Passage, weighed: Weighed) -> tuple[Sentence, float]:
        """The sentence that says most of what is asked, and its chance to be evidence."""
        sentences = self._gatherer.sentences_of(passage)
        worth = [
            weighed.sentence(max(0, one.start - passage.start), min(len(passage.text), one.end - passage.start))
            for one in sentences
        ]
        best = max(range(len(sentences)), key=worth.__getitem__)
        return sentences[best], worth[best]


def decisive(weighed: Sequence[Weighed], passages: Sequence[Passage]) -> int:
    """The passage that most likely decides the matter: by what it says, and by how well the search liked it."""
    prior = standardized([passage.score for passage in passages])
    strength = [
        log_odds(1.0 - one.verdict[2]) + RETRIEVAL_WEIGHT * float(liked)
        for one, liked in zip(weighed, prior, strict=True)
    ]
    return max(range(len(strength)), key=strength.__getitem__)


def verdict_of(weighed: Weighed) -> tuple[Verdict, float]:
    """The likelier verdict and its chance, by what one passage says."""
    yes, no, _ = weighed.verdict
    return ("yes", yes) if yes >= no else ("no", no)


def _names_it(question: str, passage: Passage) -> bool:
    """Whether ``passage`` speaks of one of the names in ``question``, if it has any: what is said of somebody else
    decides nothing."""
    names = {word for word in re.findall(r"\w+", question)[1:] if word[:1].isupper()} - {"I"}
    names = {name.lower() for name in names} - FUNCTION_WORDS
    words = set(re.findall(r"\w+", f"{passage.title} {passage.text}".lower()))
    return not names or bool(names & words)
