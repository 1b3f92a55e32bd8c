"""Questions to ask next, each of which the library is known to answer: made from its sentences, then asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tokenizers import Tokenizer

from language.normalisation import normalize_answer
from language.words import AUXILIARIES, QUESTION_WORDS, words_of
from qa.described import descriptions_in
from qa.errors import QAError
from qa.gathering import Gatherer
from qa.ports import Cancel, Reader, Sentence
from qa.questions import questions_in
from qa.reader.reader import WEIGHTS
from qa.shown import ShownSentences
from qa.topics import topics_of
from qa.types import Answer, Citation
from vectorstore import Article

MOST = 3
SURE = 0.6
"""The least chance that the answer of a suggested question must have to be right."""
SENTENCES = 40
"""Of an article that questions are made from: those nearest to what was answered, or the first."""
CANDIDATES = 16
"""Questions that the reader is given with their own passage."""
ASKED = 6
"""Of these, the best, that are then asked of the whole library."""
OVERVIEW = "What does '{}' say?"
ON_TOPIC = "What do the articles say about {}?"
TOPICS = 2
"""Of an article that are asked about at most."""
FEWEST_WORDS = 3
"""Of a question in a title."""
AROUND = 500
"""Characters before and after a sentence that make its passage."""


@dataclass(frozen=True)
class _Candidate:
    question: str
    article: Article
    start: int
    """Where its answer stands in the article, end exclusive."""
    end: int

    @property
    def answer(self) -> str:
        return self.article.text[self.start : self.end]


class Suggester:
    """Makes suggestions for one library. Safe to share between threads."""

    def __init__(
        self,
        gatherer: Gatherer,
        reader: Reader,
        ask: Callable[[str], Answer],
        known: Container[str] | None = None,
    ) -> None:
        """``ask`` answers a question that stands alone; ``known`` holds English words, by default the reader's."""
        self._gatherer = gatherer
        self._shown = ShownSentences(gatherer)
        self._reader = reader
        self._ask = ask
        self._known = _words_of_reader() if known is None else known

    def after(
        self, answer: Answer, asked: Sequence[str] = (), most: int = MOST, cancel: Cancel | None = None
    ) -> tuple[str, ...]:
        """What can be asked next, near to what ``answer`` cites, or to what came nearest where it is an abstention.

        Never what it has just said, nor one of the questions that were ``asked`` before. Once ``cancel`` is set, no
        further question is tried.
        """
        places = _one_an_article(answer.citations or answer.nearest)
        articles = self._gatherer.articles([one.article_id for one in places])
        starts = {one.article_id: one.start for one in places}
        found = [one for article in articles for one in self._candidates(article, starts[article.id])]
        said = f"{answer.text or ''}\n{' '.join(one.quote for one in answer.citations if one.answer_start is None)}"
        known = {normalize_answer(question) for question in (answer.question, answer.query, *asked)}
        new = [one for one in found if one.answer not in said and normalize_answer(one.question) not in known]
        told = [] if answer.kind in ("summary", "theme") else articles[:1]
        confirmed = list(self._confirmed(new, most, cancel))
        if cancel is not None and cancel.is_set():
            return tuple(confirmed)
        suggested = self._with_overview(confirmed, told, most)
        return tuple(question for question in suggested if normalize_answer(question) not in known)

    def of_article(self, article_id: str, most: int = MOST, cancel: Cancel | None = None) -> tuple[str, ...]:
        """What can be asked of one article, ``OVERVIEW`` where little in it is plain; none if it is not there.

        Once ``cancel`` is set, no further question is tried.
        """
        articles = self._gatherer.articles([article_id])
        found = [question for one in articles for question in self._confirmed(self._candidates(one, 0), most, cancel)]
        if cancel is not None and cancel.is_set():
            return tuple(found)
        return self._with_overview(found, articles, most)

    def of_library(self, articles: Container[str] | None = None, most: int = MOST) -> tuple[str, ...]:
        """What can be asked of the newest of ``articles``, ids (None: of all), one question each."""
        among = [one for one in self._gatherer.index.articles() if articles is None or one.id in articles]
        newest = sorted(among, key=lambda one: one.published or one.added_at[:10], reverse=True)
        tried = self._gatherer.articles([summary.id for summary in newest[: 4 * most]])
        found: list[str] = []
        without = []
        for article in tried:
            own = next(self._confirmed(self._candidates(article, 0), 1), None)
            found += [own] if own else []
            without += [] if own else [article]
            if len(found) >= most:
                break
        for article in without[: max(most - len(found), 0)]:  # what is plain comes before what is wide
            found += self._with_overview([], [article], 1)
        return tuple(found)

    def _with_overview(self, questions: list[str], articles: Sequence[Article], most: int) -> tuple[str, ...]:
        """``questions``, and where there is room what the title of the first of ``articles`` asks, what is said about
        its topics, or, where there is nothing else, what it says at all."""
        found = list(questions)
        for article in articles[:1]:
            for question in _asked_by(article.title):
                if len(found) < most and self._is_settled(question, article):
                    found.append(question)
            for topic in _topics(article):
                if len(found) < most and self._is_about(ON_TOPIC.format(topic), article):
                    found.append(ON_TOPIC.format(topic))
            overview = OVERVIEW.format(article.title)
            if not found and self._is_about(overview, article, alone=True):
                found.append(overview)
        return tuple(found)

    def _is_settled(self, question: str, article: Article) -> bool:
        """Whether what a title asks has an answer that is sure, and in its article."""
        answer = self._answer(question)
        if answer is None or {one.article_id for one in answer.citations} != {article.id}:
            return False
        return answer.verdict is not None if answer.kind == "yes_no" else (answer.score or 1.0) >= SURE

    def _is_about(self, question: str, article: Article, alone: bool = False) -> bool:
        answer = self._answer(question)
        cited = {one.article_id for one in answer.citations} if answer else set()
        return cited == {article.id} if alone else article.id in cited

    def _answer(self, question: str) -> Answer | None:
        """None where there is no answer, or where it cannot be asked: then it is no suggestion."""
        try:
            answer = self._ask(question)
        except QAError:
            return None
        return None if answer.text is None else answer

    def _candidates(self, article: Article, near: int) -> list[_Candidate]:
        """Questions that the sentences of ``article`` answer, those nearest to the place ``near`` first."""

        def nearest(sentences: Sequence[Sentence]) -> list[Sentence]:
            body = [one for one in sentences if one.start >= article.body_start]
            return sorted(body, key=lambda one: abs(one.start - near))[:SENTENCES]

        asked = [
            (one, asked)
            for one in nearest(self._shown.of_article(article))
            for asked in questions_in(one.text, article.text, self._known)
        ] + [
            (one, asked)
            for one in nearest(self._gatherer.sentences(article))
            for asked in descriptions_in(one.text, article.text)
        ]
        found = {
            one.question: _Candidate(one.question, article, sentence.start + one.start, sentence.start + one.end)
            for sentence, one in reversed(asked)
        }
        wrote = [author.casefold() for author in article.authors]
        fair = [one for one in found.values() if not any(name in one.question.casefold() for name in wrote)]
        return fair[::-1][:CANDIDATES]

    def _confirmed(self, candidates: Sequence[_Candidate], most: int, cancel: Cancel | None = None) -> Iterator[str]:
        """Those that the library answers with the very words they were made for, the likeliest first."""
        found: list[_Candidate] = []
        for one in self._likeliest(candidates, cancel)[:ASKED]:
            if len(found) >= most or (cancel is not None and cancel.is_set()):
                return
            if any(other.start < one.end and one.start < other.end for other in found):
                continue
            if self._is_answered(one):
                found.append(one)
                yield one.question

    def _likeliest(self, candidates: Sequence[_Candidate], cancel: Cancel | None) -> list[_Candidate]:
        """Those that the reader answers where it is given the passage, the surest first."""
        sure: list[tuple[float, _Candidate]] = []
        for one in candidates:
            if cancel is not None and cancel.is_set():
                break
            start = max(0, one.start - AROUND)
            passage = one.article.text[start : one.end + AROUND]
            best = self._reader.read(one.question, [(one.article.title, passage)])[:1]
            if best and best[0].score > 0 and start + best[0].start < one.end and one.start < start + best[0].end:
                sure.append((best[0].score, one))
        return _of_many_kinds([one for _, one in sorted(sure, key=lambda pair: -pair[0])])

    def _is_answered(self, wanted: _Candidate) -> bool:
        answer = self._answer(wanted.question)
        if answer is None or not answer.citations or (answer.score is not None and answer.score < SURE):
            return False
        words, given = (set(normalize_answer(text).split()) - {"and"} for text in (wanted.answer, answer.text or ""))
        if not (given <= words or (words <= given and answer.kind != "list")):
            return False
        if any(one.article_id != wanted.article.id for one in answer.citations):
            return False
        first = answer.citations[0]
        start, end = first.answer_start, first.answer_end
        if start is None or end is None:
            start, end = first.start, first.end
        return start < wanted.end and wanted.start < end


def _asked_by(title: str) -> list[str]:
    """The question that a title is, if it is one: "Was it stolen? What is known" asks the first."""
    question, mark, _ = title.partition("?")
    words = words_of(question)
    is_one = mark and len(words) > FEWEST_WORDS and words[0] in AUXILIARIES | QUESTION_WORDS
    return [f"{question}?"] if is_one and '"' not in question and ":" not in question else []


def _topics(article: Article) -> list[str]:
    """What the title and the text are about, the longest names first; of two small words only plurals, which need no
    article before them."""
    (topics,) = topics_of([(article.title, article.text[article.body_start :])])
    common = {word.capitalize() for word in article.text.split() if word.islower()}
    named = [one for one in topics if (one[0].isupper() or one.endswith("s")) and (" " in one or one not in common)]
    chosen: list[str] = []
    for topic in sorted(named, key=lambda one: (-len(one.split()), one)):
        if not any(set(topic.lower().split()) & set(other.lower().split()) for other in chosen):  # "Kanye" is said
            chosen.append(topic)
    return chosen[:TOPICS]


def _one_an_article(citations: Sequence[Citation]) -> list[Citation]:
    first: dict[str, Citation] = {}
    for one in citations:
        first.setdefault(one.article_id, one)
    return list(first.values())[:MOST]


def _of_many_kinds(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The first of each kind of question, then the second of each, and so on."""
    seen: Counter[str] = Counter()
    rounds = []
    for one in candidates:
        kind = " ".join(one.question.split()[:2])
        rounds.append(seen[kind])
        seen[kind] += 1
    return [one for _, one in sorted(zip(rounds, candidates, strict=True), key=lambda pair: pair[0])]


@cache
def _words_of_reader() -> frozenset[str]:
    """English words in lower case, as the reader's tokenizer knows them."""
    return frozenset(Tokenizer.from_file(str(WEIGHTS / "tokenizer.json")).get_vocab())
