"""``yes_no``: yes or no with the sentence that says so; where that is not sure, the sentence alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from language.verbs import base_of_past
from language.words import STOPWORDS, VERBS, stem
from qa import relevance
from qa.abstaining import Abstainer
from qa.citations import cite_span, enclosing_sentence
from qa.gathering import Gatherer
from qa.kinds.chances import chance, log_odds
from qa.kinds.subject import OPEN, Named, named
from qa.ports import Evidence, Plan, Reader, Sentence
from qa.prose import without_dateline
from qa.reader.evidence import Evidence as Weighed
from qa.reader.evidence import EvidenceReader
from qa.selection import standardized
from qa.types import Answer, Candidate, Passage, Query, Verdict

PASSAGES = 12
LEAST_ABOUT = 0.15
"""Chance that a sentence is evidence, from which on it may give a verdict."""
LEAST_ALONE = 0.5
"""The same, for it to be shown where it gives none."""


@dataclass(frozen=True)
class Weights:
    """What the log-odds of "yes" are made of, fitted on 371 questions of BoolQ over their own passages. The evidence
    reader's own verdict is not among them: on those that it has not learned from it told yes from no little better than
    chance, and with it fewer of the verdicts shown were right."""

    bias: float
    said: float
    """Of the share of the question's words that the sentence, or the title, says."""
    missing: float
    """Of the share that not even the passage says."""
    negated: float
    """Where either the question or the sentence has a "not"."""
    negated_said: float
    """Likewise, times the share that the sentence says."""
    denied: float
    """Where the sentence has a "not" right before a word of the question that has none, and says half of it at least:
    of 19 such questions 17 were answered with no."""
    total: float
    """Where the question says "all", "only", "always" or the like: few things are."""
    hedged: float
    """Where the sentence says what may be, or is planned or demanded, and the question does not ask for that: what
    could happen has not."""
    asks_what_may: float
    """Where the question asks what can or will be."""
    ended: float
    """Where the sentence says the last word of the question: often what is asked of its subject."""
    passage_negated: float
    """Where the passage has a "not" anywhere."""
    sure: float
    """Chance of a yes from which on it is shown."""
    sure_of_no: float
    """Chance of a no from which on it is shown."""


WEIGHTS = Weights(
    bias=0.92,
    said=0.11,
    missing=-1.37,
    negated=-0.24,
    negated_said=-0.95,
    denied=-1.35,
    total=-0.59,
    hedged=-0.54,
    asks_what_may=0.57,
    ended=0.45,
    passage_negated=-0.41,
    sure=0.62,
    sure_of_no=0.65,
)

WORDS = 3.0
"""Log-odds that a sentence gains if it says every word of the question, where those that fewer of the passages have
count for more: of two that may answer, it is the clearer."""
ON_TOP = 0.5
"""What a word counts that only the sentence's title says."""
LEAST_SAID = 0.5
"""Share of the question's words that a sentence with a "not" must say to deny what is asked."""
LEAST_FOR_YES = 0.66
"""Share of the question's words that a sentence, with its title, must say for a yes, unless the reader confirms it."""
_NOT = r"(?:\b(?:no|not|never|nor|none|nobody|nothing|neither|without|cannot)\b|n['’]t\b)"
NEGATION = re.compile(_NOT, re.IGNORECASE)
_IMPLIES_NOT = r"\b(?:avoid|avert|skip|fail|refus|declin|prevent)\w*"
"""Verbs that deny what follows them: who skips a debate does not go (Karttunen 1971, "Implicative Verbs")."""
_NEGATED = re.compile(rf"(?:(?P<said>{_NOT})|{_IMPLIES_NOT})(?P<denied>(?:\W+\w+){{1,3}})", re.IGNORECASE)
"""A "not", or such a verb, with the three words after it."""
_BY = re.compile(r"\bby ((?:\w+ ){0,3}\w+)\Z")
_HEDGE = re.compile(
    r"\b(?:could|may|might|would|should|if|whether|unless|until|den(?:y|ied|ies))\b"
    r"|\b(?:plan|propos|consider|expect|claim|alleg|potential|possibl|seek|call|hope|want|dismiss)",
    re.IGNORECASE,
)
_ASKS_WHAT_MAY = re.compile(r"(?:can|could|may|might|should|would|will)\b", re.IGNORECASE)
_QUESTION = re.compile(r"(?<![^.?!])[^.?!]*+\?")
_QUOTED = re.compile(r"(?:“[^”]*+|\"[^\"]*+)(?<=[.,!?])[”\"]")
"""What somebody says, which ends with a stop inside of the quotation marks; a title does not."""
_TOTAL = re.compile(r"\b(?:same|only|all|every|always|any|just|both)\b", re.IGNORECASE)


class YesNoStrategy:
    """Never says no merely because nothing says yes: a verdict needs a passage that speaks of the matter."""

    def __init__(
        self,
        gatherer: Gatherer,
        abstainer: Abstainer,
        weigher: EvidenceReader,
        reader: Reader | None = None,
        weights: Weights = WEIGHTS,
    ) -> None:
        """``reader`` is asked who or what; None where what its scores mean was not measured."""
        self._gatherer = gatherer
        self._abstainer = abstainer
        self._weigher = weigher
        self._reader = reader
        self._weights = weights

    def gather(self, plan: Plan) -> Evidence:
        """See ``Strategy``."""
        return Evidence(self._gatherer.passages(plan.query.text, plan.articles, PASSAGES, plan.query.talked_about))

    def answer(self, plan: Plan, evidence: Evidence) -> Answer:
        """See ``Strategy``."""
        passages, question = evidence.passages, plan.query.text
        if not passages:
            return self._abstainer.abstain(plan, passages)
        weighed = self._weigher.weigh(question, [passage.as_read for passage in passages])
        asked = rarities(question, passages)
        said = [self._best_sentence(asked, passage, one) for passage, one in zip(passages, weighed, strict=True)]
        liked = standardized([passage.score for passage in passages])
        strength = [clarity + float(value) for (_, _, clarity), value in zip(said, liked, strict=True)]
        place = max(range(len(strength)), key=strength.__getitem__)
        sentence, worth, _ = said[place]
        if worth < LEAST_ABOUT:
            return self._abstainer.abstain(plan, passages)
        subject = self._reader_names(plan.query, passages[place])
        if subject.said == "confirmed" and subject.span:
            naming = self._sentence_of(subject.span, passages[place])
            # A heading, or a question, names its subject and states nothing of it.
            sentence, subject = (naming, subject) if _is_whole(naming.text) else (sentence, OPEN)
        verdict = self._verdict(plan.query, sentence, passages[place], subject)
        if verdict is None and worth < LEAST_ALONE:
            return self._abstainer.abstain(plan, passages)
        words = " ".join(sentence.text.split())
        return Answer(
            question=plan.query.question,
            text=with_verdict(verdict, words),
            kind="yes_no",
            verdict=verdict,
            citations=(cite_span(sentence.article, sentence.start, sentence.end),),
            passages=passages,
        )

    def _best_sentence(
        self, asked: Mapping[str, float], passage: Passage, weighed: Weighed
    ) -> tuple[Sentence, float, float]:
        """The sentence that says most of what is asked, its chance to be evidence, and the log-odds of that with what
        its words add; headings say nothing."""
        sentences = self._gatherer.sentences_of(passage)
        whole = [one for one in sentences if _is_whole(one.text)] or sentences
        title = _stems(_without_questions(passage.title))

        def judged(one: Sentence) -> tuple[float, float]:
            worth = weighed.sentence(max(0, one.start - passage.start), min(len(passage.text), one.end - passage.start))
            own = _stems(one.text)
            said = sum(
                weight * (1.0 if word in own else ON_TOP if word in title else 0.0) for word, weight in asked.items()
            )
            return log_odds(worth) + WORDS * said, worth

        clarity, worth, place = max((*judged(one), -place) for place, one in enumerate(whole))
        return without_dateline(whole[-place]), worth, clarity

    def _reader_names(self, query: Query, passage: Passage) -> Named:
        return named(query.worded, query.beside, passage.as_read_for_spans, self._reader) if self._reader else OPEN

    def _sentence_of(self, span: Candidate, passage: Passage) -> Sentence:
        article = self._gatherer.article_of(passage)
        found = enclosing_sentence(article.text, passage.start + span.start, passage.start + span.end)
        return without_dateline(Sentence(article, *found))

    def _verdict(self, query: Query, sentence: Sentence, passage: Passage, subject: Named) -> Verdict | None:
        """Yes or no where it is sure."""
        question = query.text
        if not _names_it(question, passage) or _ORDINALS & (_words(question) - _words(sentence.text)):
            return None  # "the first" is no "third"
        weights = self._weights
        asked = _telling(question)
        title = _without_questions(passage.title)
        stated = _stated(title, sentence.text, asked)
        said = _stems(f"{title} {sentence.text}")
        around = said | _stems(passage.text)
        share = len(asked & said) / max(1, len(asked))
        is_negated = bool(NEGATION.search(question)) != bool(NEGATION.search(stated))
        asks_what_may = bool(_ASKS_WHAT_MAY.match(question))
        is_hedged = (not asks_what_may and bool(_HEDGE.search(sentence.text))) or _is_quoted(sentence.text, asked)
        is_denied = share >= LEAST_SAID and _denies(stated, question, asked)
        likely = chance(
            weights.bias
            + weights.said * share
            + weights.missing * len(asked - around) / max(1, len(asked))
            + is_negated * (weights.negated + weights.negated_said * share)
            + weights.denied * is_denied
            + weights.total * bool(_TOTAL.search(question))
            + weights.hedged * is_hedged
            + weights.asks_what_may * asks_what_may
            + weights.ended * (_last_telling(question) in _stems(sentence.text))
            + weights.passage_negated * bool(NEGATION.search(passage.text))
        )
        is_confirmed = subject.said == "confirmed"
        if likely <= 0.5:
            is_sure = 1.0 - likely >= weights.sure_of_no and (not is_confirmed or is_denied)
            return "no" if is_sure else None
        if is_hedged or is_denied:
            return None  # "could declare" does not say whether he declared
        # Who is meant stands beside a question that leans on others; what is asked of them has to be said too.
        own = _telling(query.worded)
        said_so = min(share, len(own & said) / max(1, len(own))) >= LEAST_FOR_YES
        said_so = said_so and _has_verb(sentence.text, question) and _has_agent(sentence.text, question)
        is_sure = likely >= weights.sure and said_so and subject.said != "another"
        return "yes" if is_confirmed or is_sure else None


_DENYING = ("il", "un", "non", "ir")
"""What makes a word its opposite: "illegal" answers whether something is legal."""


def with_verdict(verdict: Verdict | None, words: str) -> str:
    """``words``, which decide, after "Yes." or "No." where that is sure."""
    return f"{verdict.capitalize()}. {words}" if verdict else words


_ORDINALS = frozenset("first second third fourth fifth last".split())


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _is_whole(text: str) -> bool:
    """Whether it states something: a heading does not, and a question asks."""
    return text.rstrip("\"'”’)]").endswith((".", "!", "…"))


def _without_questions(title: str) -> str:
    """``title`` without what it asks: "Will it delay your flight? What to know" decides nothing."""
    return _QUESTION.sub("", title)


def _stated(title: str, sentence: str, asked: set[str]) -> str:
    """What ``sentence`` says under its headline, where that speaks of what is asked."""
    return f"{title}. {sentence}" if len(asked & _stems(title)) >= LEAST_SAID * len(asked) else sentence


def _has_agent(sentence: str, question: str) -> bool:
    """Whether who did it by ``question`` ("was it won by B?") did it by ``sentence``: "by B", or B comes first."""
    asked = _BY.search(question.rstrip("?!. "))
    if asked is None:
        return True
    name = re.escape(asked[1].split()[-1])
    return bool(re.search(rf"\bby\b[^,.]{{0,60}}\b{name}\b|\A\W*(?:\w+\W+){{0,2}}{name}\b", sentence, re.IGNORECASE))


def _has_verb(sentence: str, question: str) -> bool:
    """Whether ``sentence`` has the irregular verb of a question that asks what somebody did, if any: who met somebody
    need not have won what is asked about. What can be done, or is so, is said in many words."""
    asked = re.findall(r"\w+", question.lower())
    if asked[:1] not in (["did"], ["was"], ["were"], ["had"]):
        return True
    told = _stems(sentence) | {base_of_past(word, ()) for word in _words(sentence)}
    return {stem(verb) for verb in VERBS.intersection(asked[1:])} <= told


def _denies(sentence: str, question: str, asked: set[str]) -> bool:
    """Whether ``sentence`` has the opposite of a word of ``question``, or a "not" stands before one, or a verb that
    implies one before its last: what prevents whooping cough does not say that it is not contagious."""
    if NEGATION.search(question):
        return False
    if any(f"{prefix}{word}" in _words(sentence) for word in _words(question) for prefix in _DENYING):
        return True
    last = {_last_telling(question)}
    return any(_stems(match["denied"]) & (asked if match["said"] else last) for match in _NEGATED.finditer(sentence))


def _is_quoted(sentence: str, asked: set[str]) -> bool:
    """Whether most of what ``sentence`` says of what is asked stands in quotation marks: somebody has said so, which
    may be a claim that the article does not believe."""
    said = asked & _stems(sentence)
    return len(said & _stems(_QUOTED.sub(" ", sentence))) < LEAST_SAID * len(said)


def _names_it(question: str, passage: Passage) -> bool:
    """Whether ``passage`` speaks of every name and number in ``question``: what is said of somebody else, or of
    another year, decides nothing. Of a name of several words one is enough."""
    words = set(re.findall(r"\w+", f"{passage.title} {passage.text}".lower()))
    runs: list[set[str]] = [set()]
    for word in re.findall(r"\w+", question)[1:]:
        if word[:1].isupper() and word.lower() not in STOPWORDS:
            runs[-1].add(word.lower())
        elif word.isdigit():
            runs += [{word}, set()]
        else:
            runs.append(set())
    return all(run & words for run in runs if run)


def rarities(question: str, passages: Sequence[Passage]) -> dict[str, float]:
    """What each telling word of ``question`` counts for: all together 1, those that fewer passages have for more."""
    return relevance.rarities(_telling(question), [_stems(f"{passage.title} {passage.text}") for passage in passages])


def _telling(question: str) -> set[str]:
    return {stem(word) for word in re.findall(r"\w+", question.lower())} - _SMALL


def _last_telling(question: str) -> str | None:
    words = [stem(word) for word in re.findall(r"\w+", question.lower())]
    return next((word for word in reversed(words) if word not in _SMALL), None)


def _stems(text: str) -> set[str]:
    return {stem(word) for word in re.findall(r"\w+", text.lower())}


_SMALL: frozenset[str] = frozenset(map(stem, STOPWORDS))
