"""A short answer, or a list: where the question or what is found says that several things are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from qa.kinds.chances import log_odds
from qa.kinds.lists import ListStrategy, asked_number
from qa.kinds.run_of_words import taken_apart
from qa.ports import Evidence, Plan, Strategy, Text
from qa.reader.evidence import EvidenceReader
from qa.types import Answer, Passage

LOOKED_AT = 3
"""Passages, the best by reading, that may show that a question without a short answer is for several things."""
SURE_OF_SEVERAL = 0.9
"""The evidence reader's chance of that, in one of them: of 87 plain questions without a short answer two have it, of
22 for several things ten (LOG.md)."""
MAYBE_SEVERAL = 0.15
"""The planner's chance of that, from which on two names are two things; below, the evidence reader is asked."""
LIKELY_SEVERAL = -0.9
"""Its log-odds of several, and of the unlikelier of the two names to be an item, together: they are less for "Food and
Drug Administration"."""
UNTAGGED = 0.5
"""In place of the chance of a name where the evidence reader sees no item."""


class OrSeveral:
    """The short answer of another strategy; a list where the question says how many ("which two towns"), where the
    answer is a run of words that names several things (it stays as it is, and has its items beside it), and where no
    short answer is sure and the evidence reader sees several."""

    def __init__(self, strategy: Strategy, listing: ListStrategy, weigher: EvidenceReader) -> None:
        self._strategy = strategy
        self._listing = listing
        self._weigher = weigher

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return self._of(plan).gather(plan)

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        answer = self._of(plan).answer(plan, evidence)
        if answer.kind != "fact":
            return answer
        if answer.text is not None:
            apart = taken_apart(answer)
            return apart if len(apart.items) > 1 and self._are_several(plan, apart) else answer
        if answer.reason != "no_answer" or not self._shows_several(plan, answer):
            return answer
        listed = self._listing.answer(plan, self._listing.gather(plan))
        return listed if len(listed.items) > 1 else answer

    def _of(self, plan: Plan) -> Strategy:
        return self._strategy if asked_number(plan.query.text) is None else self._listing

    def _are_several(self, plan: Plan, apart: Answer) -> bool:
        """Whether its items are that: two names with an "and" may be one."""
        names = [item.text for item in apart.items if item.text[:1].isupper()]
        if len(apart.items) != 2 or len(names) != 2 or plan.several >= MAYBE_SEVERAL:
            return True
        places = [(one.answer_start or 0, one.answer_end or 0) for one in apart.citations[:2]]
        first, last = places[0][0], places[1][1]
        article = apart.citations[0].article_id
        held = [one for one in apart.passages if one.article_id == article and one.start <= first and last <= one.end]
        if not held:
            return False
        [weighed] = self._weigher.weigh(plan.query.text, _as_read(held[:1]))
        seen = [
            {item for item in weighed.items if held[0].start + item.start < end and start < held[0].start + item.end}
            for start, end in places
        ]
        if seen[0] & seen[1]:
            return False  # one item, with its "and"
        unlikelier = min(max((item.score for item in items), default=UNTAGGED) for items in seen)
        return log_odds(weighed.several) + log_odds(unlikelier) >= LIKELY_SEVERAL

    def _shows_several(self, plan: Plan, answer: Answer) -> bool:
        """Whether a passage that was read says that several are asked for, and names them."""
        weighed = self._weigher.weigh(plan.query.text, _as_read(answer.passages[:LOOKED_AT]))
        return any(one.several >= SURE_OF_SEVERAL and len(one.items) > 1 for one in weighed)


def _as_read(passages: Sequence[Passage]) -> list[Text]:
    return [passage.as_read for passage in passages]
