"""Questions to ask next, each of which the library is known to answer: made from its sentences, then asked."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tokenizers import Tokenizer

from language.normalisation import normalize_answer
from qa.errors import QAError
from qa.gathering import Gatherer
from qa.ports import Cancel, Reader
from qa.questions import questions_in
from qa.reader.reader import WEIGHTS
from qa.shown import ShownSentences
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

    def of_article(self, article_id: str, most: int = MOST) -> tuple[str, ...]:
        """What can be asked of one article, ``OVERVIEW`` where little in it is plain; none if it is not there."""
        articles = self._gatherer.articles([article_id])
        found = [question for one in articles for question in self._confirmed(self._candidates(one, 0), most)]
        return self._with_overview(found, articles, most)

    def of_library(self, most: int = MOST) -> tuple[str, ...]:
        """What can be asked of the newest articles, one question each."""
        newest = sorted(self._gatherer.index.articles(), key=lambda one: one.published or "", reverse=True)
        found: list[str] = []
        for summary in newest[: 4 * most]:
            found += self.of_article(summary.id, 1)
            if len(found) >= most:
                break
        return tuple(found)

    def _with_overview(self, questions: list[str], articles: Sequence[Article], most: int) -> tuple[str, ...]:
        """``questions``, and where there is room what the first of ``articles`` says, if that is known by its title."""
        for article in articles[:1]:
            overview = OVERVIEW.format(article.title)
            if len(questions) < most and self._is_about(overview, article):
                questions = [*questions, overview]
        return tuple(questions)

    def _is_about(self, question: str, article: Article) -> bool:
        answer = self._answer(question)
        return answer is not None and {one.article_id for one in answer.citations} == {article.id}

    def _answer(self, question: str) -> Answer | None:
        """None where there is no answer, or where it cannot be asked: then it is no suggestion."""
        try:
            answer = self._ask(question)
        except QAError:
            return None
        return None if answer.text is None else answer

    def _candidates(self, article: Article, near: int) -> list[_Candidate]:
        """Questions that the sentences of ``article`` answer, those nearest to the place ``near`` first."""
        sentences = sorted(self._shown.of_article(article), key=lambda one: abs(one.start - near))
        found = [
            _Candidate(asked.question, article, one.start + asked.start, one.start + asked.end)
            for one in sentences[:SENTENCES]
            for asked in questions_in(one.text, article.text, self._known)
        ]
        wrote = [author.casefold() for author in article.authors]
        return [one for one in found if not any(name in one.question.casefold() for name in wrote)][:CANDIDATES]

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
        return [one for _, one in sorted(sure, key=lambda pair: -pair[0])]

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


def _one_an_article(citations: Sequence[Citation]) -> list[Citation]:
    first: dict[str, Citation] = {}
    for one in citations:
        first.setdefault(one.article_id, one)
    return list(first.values())[:MOST]


@cache
def _words_of_reader() -> frozenset[str]:
    """English words in lower case, as the reader's tokenizer knows them."""
    return frozenset(Tokenizer.from_file(str(WEIGHTS / "tokenizer.json")).get_vocab())
