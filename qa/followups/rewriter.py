"""A follow-up and the conversation before it -> a question that can be searched and read alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property

from language import words as en
from qa.conversation import is_part, name_for_pronoun, standalone
from qa.followups.features import Row, Word, content
from qa.followups.tagger import TermTagger
from qa.types import Turn

LONGEST = 600
"""Characters; a longer question says itself what it is about."""
SHORT = 3
"""Letters of a word that is no name of its own: the "al" of "al-Amin"."""
TURNS_READ = 8
"""The latest; more than these never fit into a row."""

_JOINS = en.NAME_JOINS | {"the", "s"}
"""What may stand inside of a run of words; the "s" is a possessive's."""


class FollowUps:
    """Puts into a question the words of the conversation that it leans on. Safe to share between threads.

    The tagger decides which words, and the rules of ``qa.conversation`` how the question reads best, where they take
    none that the tagger would not. They decide alone where a question is no more than part of one.
    """

    def __init__(self, tagger: TermTagger | None = None) -> None:
        """``tagger``: the one that is shipped by default, loaded with the first follow-up."""
        self._given = tagger

    @cached_property
    def _tagger(self) -> TermTagger:
        return self._given or _shipped()

    def __call__(self, question: str, history: Sequence[Turn]) -> str:
        """See ``qa.ports.Rewriter``."""
        if not history or len(question) > LONGEST or not _says_something(question):
            return question
        recent = history[-TURNS_READ:]
        row, taken = self._tagger.taken(question, recent)
        is_fragment = is_part(question)
        # What was left out of "and in 2015?" only the rules put in order; else what they take alone is mostly wrong.
        if not taken and not is_fragment:
            return question
        ruled = standalone(question, recent)
        if not taken:
            return ruled
        by_rule = content(ruled) - content(question)
        agree = not any(len(word) > SHORT for word in by_rule - taken - _names_whole(row, taken))
        text = ruled if agree or is_fragment else question
        if text != question:
            text = _with_whole_names(text, _runs(row, taken), by_rule)
        runs = _runs(row, taken - content(text))
        names = [run for run in runs if run[0].isupper()]
        if text == question and len(names) == 1:
            text = name_for_pronoun(question, names[0])
        rest = [run for run in runs if not content(run) <= content(text)]
        return _with_beside(text, rest) if rest else text


def _names_whole(row: Row, taken: set[str]) -> set[str]:
    """The words of names of which a part is ``taken``: "Lee" where "Ann" is and "Ann Lee" was said."""
    found: set[str] = set()
    name: list[Word] = []
    for word in row.words:
        text = row.said[word.said]
        goes_on = bool(name) and name[-1].said == word.said and text[name[-1].end : word.start] == " "
        if not text[word.start].isupper():
            name = []
            continue
        name = [*name, word] if goes_on else [word]
        if any(one.low in taken for one in name):
            found |= {one.low for one in name}
    return found


def _with_beside(question: str, words: Sequence[str]) -> str:
    """``question`` with ``words`` in brackets at its end, before its question mark: it stays one question."""
    stem = question.rstrip(" ?.!")
    mark = question[len(stem) :].strip()
    # What stands in brackets already came with the question before.
    before, opening, beside = stem.removesuffix(")").rpartition(" (") if stem.endswith(")") else ("", "", "")
    return f"{before if opening else stem} ({', '.join([beside, *words] if opening else words)}){mark}"


def _with_whole_names(text: str, runs: Sequence[str], by_rule: set[str]) -> str:
    """``text`` with names whole of which the rules took the beginning: "Ayman" of "Ayman al-Zawahiri"."""
    for run in runs:
        words = run.split()
        if words[0].lower() not in by_rule or content(run) <= content(text):
            continue
        beginnings = (" ".join(words[:number]) for number in range(len(words) - 1, 0, -1))
        taken = next((part for part in beginnings if part in text), None)
        text = text.replace(taken, run, 1) if taken else text
    return text


def _says_something(question: str) -> bool:
    """Whether there is a word in ``question`` at all."""
    return any(character.isalnum() for character in question)


def _runs(row: Row, taken: set[str]) -> list[str]:
    """The words of ``taken`` as they were said, those that stood side by side together; the latest first.

    A word is in one run only: the longest that it is part of.
    """
    runs: list[list[Word]] = []
    for word in (word for word in row.words if word.low in taken):
        last = runs[-1][-1] if runs else None
        together = (
            last is not None and last.said == word.said and _joins(row.said[word.said][last.end : word.start].lower())
        )
        if together:
            runs[-1].append(word)
        else:
            runs.append([word])
    found: list[tuple[int, str]] = []
    known: set[str] = set()
    for place, run in sorted(enumerate(runs), key=lambda one: -len({word.low for word in one[1]})):
        lows = {word.low for word in run}
        if not lows <= known:
            known |= lows
            found.append((place, row.said[run[0].said][run[0].start : run[-1].end]))
    return [text for _, text in sorted(found)]


def _joins(between: str) -> bool:
    """Whether what stands ``between`` two words leaves them one run: "the", "of", or the "al-" of a name."""
    return all(word in _JOINS or (len(word) <= SHORT and "-" in between) for word in between.strip(" -'’").split())


@cache
def _shipped() -> TermTagger:
    return TermTagger.load()


def load_followups() -> FollowUps:
    """What comes with the project; its model is loaded with the first follow-up."""
    return FollowUps()
