"""A question that is several: taken apart, each asked by itself, the answers beside each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from language.verbs import is_past
from language.words import AUXILIARIES, QUESTION_WORDS
from qa.types import Answer, Citation, Item

FEWEST_WORDS = 3
"""Of the first question; a later one may be "why?"."""
NOTICE = "These are {} questions; each was answered by itself."
NO_ANSWER = "No answer was found."

_ENDED = re.compile(r"(?<=\?) ")
_JOINT = re.compile(r", (?:and )?| and ")
_RELATIVES = frozenset("who whom whose which where".split())
"""Words that go on with a sentence after a comma as often as they begin a question: "the man who, …, which …"."""


def questions_in(text: str) -> list[str]:
    """The questions that ``text`` is made of, in their order; one, itself, where it is one."""
    ended = _ENDED.split(" ".join(text.split()))
    if any(_states(one) for one in ended):
        return [text]  # what somebody states beside a question says what is meant by it
    parts = [part for one in ended for part in _apart(one)]
    asked = [part.rstrip(" ,?") for part in parts if any(character.isalnum() for character in part)]
    return [f"{part}?" for part in asked] if len(asked) > 1 else [text]


def _states(text: str) -> bool:
    return text.endswith(".") and not _asks(text.split()[:1])


def _apart(text: str) -> list[str]:
    """``text`` cut before each joint after which a question begins: "when did it change, why, and what is it now"."""
    words = text.lower().split()
    # "When it rains, what is …" begins with a clause, and "between what was planned and what was done" is one thing.
    if (
        not _asks(words[:1])
        or (words[0] == "when" and words[1:2] and words[1] not in AUXILIARIES)
        or "between" in words
    ):
        return [text]
    cuts = [
        joint
        for joint in _JOINT.finditer(text)
        if _begins_question(text[: joint.start()], text[joint.end() :], "and" in joint.group())
        and len(text[: joint.start()].split()) >= FEWEST_WORDS
    ]
    starts, ends = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _begins_question(before: str, rest: str, joined: bool) -> bool:
    words = rest.rstrip("?!. ").lower().split()
    if not _asks(words[:1]) or (words[0] in _RELATIVES and not joined) or words[0] in AUXILIARIES:
        return False
    if words[0].rstrip(",") == "why" and (len(words) == 1 or words[0].endswith(",")):
        return True
    # "when he came" goes on, "when did he come" asks.
    if any(word in AUXILIARIES for word in words[1:4]):
        return True
    # "who founded it" asks, but for "the man who left and who founded it".
    asks_of_subject = words[0] in ("who", "what") and len(words) > 2 and is_past(words[1])
    return asks_of_subject and _RELATIVES.isdisjoint(before.lower().split()[1:])


def _asks(words: Sequence[str]) -> bool:
    return bool(words) and words[0].lower().rstrip(",") in QUESTION_WORDS | AUXILIARIES


def together(asked: str, answers: Sequence[tuple[str, Answer]]) -> Answer:
    """The answers to several questions as one: an item for each that has one, labelled with its question.

    Where none has, the first abstention.
    """
    if all(answer.text is None for _, answer in answers):
        return answers[0][1]
    items: list[Item] = []
    citations: list[Citation] = []
    for question, answer in answers:
        if answer.text is not None and answer.citations:
            places = tuple(range(len(citations), len(citations) + len(answer.citations)))
            items.append(Item(answer.text, places, label=question))
            citations += answer.citations
    passages = {passage.chunk_id: passage for _, answer in answers for passage in answer.passages}
    return Answer(
        question=asked,
        text="\n".join(f"{question} {answer.text or NO_ANSWER}" for question, answer in answers),
        kind="list",
        items=tuple(items),
        citations=tuple(citations),
        passages=tuple(passages.values()),
        notice=NOTICE.format(len(answers)),
    )
