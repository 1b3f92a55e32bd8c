"""The sentences that answers made of sentences may show, article by article."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from qa.gathering import Gatherer
from qa.ports import Sentence
from qa.prose import showable
from qa.types import Passage
from vectorstore import Article


class ShownSentences:
    """What ``qa.prose`` leaves of articles; the latest are remembered. Safe to share between threads."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._of = lru_cache(maxsize=64)(self._left)

    def of_article(self, article: Article) -> tuple[Sentence, ...]:
        """Those of ``article``, in their order; without its line on who wrote it and when."""
        return self._of(article)

    def of_passages(self, passages: Sequence[Passage]) -> list[Sentence]:
        """Those that ``passages`` hold whole, or, where a passage holds none, those it touches; none of them twice."""
        found: dict[tuple[str, int], Sentence] = {}
        for passage in passages:
            for one in self.of_passage(passage):
                found.setdefault((one.article.id, one.start), one)
        return list(found.values())

    def of_passage(self, passage: Passage) -> list[Sentence]:
        """Those of one passage."""
        sentences = self.of_article(self._gatherer.article_of(passage))
        touched = [one for one in sentences if one.start < passage.end and one.end > passage.start]
        return [one for one in touched if passage.start <= one.start and one.end <= passage.end] or touched

    def _left(self, article: Article) -> tuple[Sentence, ...]:
        sentences = self._gatherer.sentences(article)
        body = [one for one in sentences if one.start >= article.body_start]
        return tuple(showable(body or sentences))
