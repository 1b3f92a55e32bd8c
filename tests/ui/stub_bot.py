"""A chatbot with a real library and scripted answers, for design work and for tests that need no reader."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Sequence
from typing import Any

from qa.errors import QAError
from qa.gathering import Gatherer
from qa.retriever import HybridRetriever
from qa.settings import Settings
from qa.types import Alternative, Answer, AnswerEvent, AnswerReady, Citation, PassagesFound, Planned, TextWritten, Turn
from vectorstore import ArticleIndex

SCRIPT = {
    "when did kanye propose?": ("Oct. 21, 2013", 0.93),
    "how many elephants did barnum lead across the brooklyn bridge?": ("21", 0.71),
    "why is the mirror of the webb telescope covered with gold?": ("it reflects infrared light superbly", 0.52),
}
NOTICE = "The language model did not answer; this is the reader's answer."


class StubBot:
    """Answers what is in ``SCRIPT``; abstains from all else; fails on "fail" and writes slowly on "write"."""

    def __init__(self, index: ArticleIndex, delay: float = 0.0) -> None:
        self.index = index
        self.settings = Settings(index=index.folder)
        self.retriever = HybridRetriever(index=index)
        self.delay = delay

    def warm_up(self) -> None:
        return

    @property
    def gatherer(self) -> Gatherer:
        return Gatherer(self.index, self.retriever, self.settings.top_k)

    def ask(self, question: str, history: Sequence[Turn] = (), articles: Sequence[str] | None = None) -> Answer:
        *_, last = self.stream(question, history)
        assert isinstance(last, AnswerReady)
        return last.answer

    def stream(
        self, question: str, history: Sequence[Turn] = (), articles: Sequence[str] | None = None, cancel: Any = None
    ) -> Generator[AnswerEvent]:
        query = question
        if question.lower().startswith("and ") and history:
            query = f"{history[-1][0]} {question}"
        yield Planned(query, "fact")
        time.sleep(self.delay)
        passages = tuple(self.retriever.retrieve(query))
        yield PassagesFound(query, passages)
        time.sleep(self.delay)
        if "fail" in question:
            raise QAError("the language model did not answer within 60 s; raise ARTICLE_QA_LLM_TIMEOUT")
        if "write" in question:
            for word in "West proposed at the ballpark in San Francisco, in front of a full orchestra.".split():
                time.sleep(self.delay / 5)
                yield TextWritten(f"{word} ")
        words, score = SCRIPT.get(question.lower(), (None, 0.12))
        citations: list[Citation] = []
        for passage in passages:
            if words is None or words not in passage.text:
                continue
            start = passage.start + passage.text.index(words)
            article: Any = self.index.article(passage.article_id)
            left = max(article.text.rfind(". ", 0, start - 6) + 2, article.text.rfind("\n", 0, start) + 1)
            found = re.search(r"[.?!](?=\s|$)(?! \d)", article.text[start + len(words) :])
            right = start + len(words) + (found.end() if found else 0)
            citations.append(
                Citation(
                    passage.article_id, passage.title, passage.source, article.text[left:right], left, right,
                    start, start + len(words), article.published,
                )
            )  # fmt: skip
        unique = tuple(dict.fromkeys(citations))
        yield AnswerReady(
            Answer(
                question, words if unique else None, score=score, citations=unique, passages=passages, query=query,
                latency_ms=412.0, reason=None if unique else "nothing",
                alternatives=(Alternative("May 24, 2014", 0.04, unique[0]),) if unique else (),
                notice=NOTICE if "superbly" in (words or "") else None,
            )
        )  # fmt: skip
