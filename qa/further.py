""" "Tell me more", "are you sure?", "where does it say that?", "the second one": going on with an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np

from qa.choosing import choose
from qa.gathering import Gatherer
from qa.kinds.told import by_article, labels_of, plain, told
from qa.ports import Plan
from qa.relevance import relevance
from qa.shown import ShownSentences
from qa.types import Answer, Citation, Earlier, Item

MOST_SENTENCES = 3
MOST_ARTICLES = 3
PASSAGES = 10
"""Of these articles, those the sentences are found in."""
REPETITION = 0.2
MOST_CHARS = 80
"""Of a question that can be one of these."""
NOTHING_FURTHER = "The articles of that answer say nothing further about it."
NO_OTHERS = "Nothing else came near to being an answer."
NO_SUCH = "The answer before has no such entry."
SURE = "Of such answers about {:.0%} are right. It rests on these words."
UNMEASURED = "Nobody has measured how often such answers are right. It rests on these words."

Wish = Literal["more", "sure", "place", "others"]

_SAID: tuple[tuple[Wish | Literal[""], str], ...] = (
    (
        "more",
        "tell me more / more / say more / go on / continue / keep going / what else / anything else"
        " / more details please / can you tell me more about it / tell me more about this"
        " / what else is there / what else do they say / what else does it say / and then / please go on"
        " / could you continue / give me more / is there anything else / is there more"
        " / okay and what else / what more is there to say / tell me more about him"
        " / tell me more about her / tell me more about them / what's more",
    ),
    (
        "sure",
        "are you sure / really / is that right / is that true / are you certain / is it true"
        " / are you sure about that / how sure are you / is that correct / how do you know"
        " / how do you know that / is this really true / can I trust that / sure",
    ),
    (
        "place",
        "where does it say that / where does it say so / where is that written / where did you find that"
        " / where does that stand / which article says that / what is your source / source"
        " / where is that from / show me where it says that / show me the source"
        " / where did you get that from / who says so / says who / can you show me where / quote it"
        " / show me the quote / in which article is that / which article is this from"
        " / what's your source / where's that from",
    ),
    (
        "others",
        "and the others / what about the others / the others / any others / are there any others"
        " / other answers / what are the other answers / show me the others / and the rest"
        " / what are the others",
    ),
    (
        "",  # what is asked in the same words and is a question like any other
        "who is he / where is it / what is it / what is that / is there / where is that"
        " / what did they say / who says that / who are they / where are they / how do you do"
        " / what does he say / what about him / what about her / who is that / is it / what about it"
        " / where do they get it / who wrote it / who is the other",
    ),
)
EXAMPLES = {wish: tuple(said.split(" / ")) for wish, said in _SAID}
"""What each wish sounds like; ``""`` is none of them."""
_KNOWN = {wish: frozenset(re.findall(r"\w+", said.lower())) for wish, said in _SAID}
ORDINALS = {
    word: place
    for place, words in enumerate(
        ("first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th", "seventh 7th", "eighth 8th")
    )
    for word in words.split()
} | {"last": -1}
_BESIDES_ORDINAL = frozenset("the one and what about tell me more of please is who number entry".split())


def ordinal_in(question: str) -> int | None:
    """The place that "the second one" names, from 0; -1 is the last; None for another question."""
    words = re.findall(r"\w+", question[:MOST_CHARS].lower())
    places = [ORDINALS[word] for word in words if word in ORDINALS]
    others = [word for word in words if word not in ORDINALS]
    return places[0] if len(places) == 1 and _BESIDES_ORDINAL.issuperset(others) else None


class Further:
    """Goes on with an answer. Safe to share between threads."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._shown = ShownSentences(gatherer)

    def wish(self, question: str) -> Wish | None:
        """What ``question`` wants of the answer before it; None where it asks for something of its own.

        It is the wish whose examples are likest, among those that have all of the question's words in their examples:
        "tell me more about Kanye" has one that no example has.
        """
        words = frozenset(re.findall(r"\w+", question[: MOST_CHARS + 1].lower()))
        if not words or len(question) > MOST_CHARS or not any(words <= known for wish, known in _KNOWN.items() if wish):
            return None
        wishes, vectors = self._examples
        likeness = vectors @ self._gatherer.vector(" ".join(re.findall(r"\w+", question.lower())))
        likeness[[bool(wish) and not words <= _KNOWN[wish] for wish in wishes]] = -1.0
        return wishes[int(np.argmax(likeness))] or None

    @cached_property
    def _examples(self) -> tuple[list[Wish | Literal[""]], np.ndarray]:
        wishes = [wish for wish, said in EXAMPLES.items() for _ in said]
        return wishes, self._gatherer.vectors([text for said in EXAMPLES.values() for text in said])

    def before(self, history: Sequence[Earlier]) -> int | None:
        """The index of the last turn that was answered with something new; None where there is none."""
        for place in reversed(range(len(history))):
            asked, text = _both(history[place])
            if text is not None and self.wish(asked) is None:
                return place
        return None

    def more(self, plan: Plan, before: Answer, said: Sequence[str]) -> Answer:
        """What the articles cited by ``before`` also say; none of it stands in ``said`` or is cited there.

        ``plan`` is of kind ``theme``, with the subject of the question that ``before`` answers.
        """
        ids = tuple(dict.fromkeys(one.article_id for one in before.citations))[:MOST_ARTICLES]
        known = [(one.article_id, one.start, one.end) for one in before.citations]
        heard = "\n".join(" ".join(text.split()) for text in said)
        passages = self._gatherer.passages(plan.searched, ids, PASSAGES)
        left = [
            one
            for one in self._shown.of_passages(passages)
            if plain(one) not in heard
            and not any(
                one.article.id == article and one.start < end and start < one.end for article, start, end in known
            )
        ]
        if not left:
            question = plan.query.question
            return Answer(question, None, plan.kind, reason="no_answer", passages=passages, notice=NOTHING_FURTHER)
        vectors = self._gatherer.vectors([one.text for one in left])
        scores = relevance(left, vectors, self._gatherer.vector(plan.searched), plan.searched)
        best = choose(scores, vectors, REPETITION, lambda chosen: len(chosen) >= MOST_SENTENCES)
        chosen = sorted((left[place] for place in best), key=lambda one: (ids.index(one.article.id), one.start))
        return told(plan, chosen, text=by_article(chosen), labels=labels_of(chosen), passages=passages)


def words_of(before: Answer, question: str, wish: Wish) -> Answer:
    """The words that ``before`` rests on, where they stand and how sure that is; for ``others``, what came close."""
    if wish == "others":
        close = before.alternatives
        notice = None if close else NO_OTHERS
        return _quoting(before, question, [(one.text, one.citation) for one in close], notice)
    rests = "" if wish == "place" else UNMEASURED if before.score is None else SURE.format(before.score)
    quotes = [(" ".join(one.quote.split()), one) for one in before.citations]
    return _quoting(before, question, quotes, rests or None)


def entry(before: Answer, question: str, place: int) -> Answer:
    """Entry number ``place`` of an answer that has several; of one that has not, of it and those that came close."""
    entries = [(item.text, [before.citations[n] for n in item.citations]) for item in before.items] or [
        (before.text or "", list(before.citations[:1])),
        *((one.text, [one.citation]) for one in before.alternatives),
    ]
    if not -len(entries) <= place < len(entries):
        return replace(_quoting(before, question, [], NO_SUCH))
    text, citations = entries[place]
    return replace(_quoting(before, question, [(text, one) for one in citations], None), text=text, items=())


def _quoting(before: Answer, question: str, said: Sequence[tuple[str, Citation]], notice: str | None) -> Answer:
    return replace(
        before,
        question=question,
        kind="list" if len(said) > 1 else "fact",
        text=" ".join(dict.fromkeys(text for text, _ in said)) or None,
        score=None,
        citations=tuple(citation for _, citation in said),
        items=tuple(Item(text, (place,)) for place, (text, _) in enumerate(said)) if len(said) > 1 else (),
        verdict=None,
        alternatives=(),
        nearest=(),
        reason=None if said else "no_answer",
        notice=notice,
    )


def _both(one: Earlier) -> tuple[str, str | None]:
    return (one.question, one.text) if isinstance(one, Answer) else one
