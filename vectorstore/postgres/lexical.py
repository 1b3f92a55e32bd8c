"""BM25 over the chunks, by PostgreSQL's own text search, in the same transactions as the chunks themselves.

A GIN index finds the chunks with any of a question's words. How often a word stands in a chunk follows from
``ts_rank``, which is the sum of 1/i² up to that number, over π²/6; in how many chunks it stands, and how long they are,
from tables that triggers keep. So the score is BM25, as SQLite's FTS5 computes it, and needs no extension.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from language.words import fold
from vectorstore import lexical
from vectorstore.lexical import telling_words
from vectorstore.postgres.database import Database
from vectorstore.postgres.schema import generation
from vectorstore.postgres.tokens import text_spans, tokens
from vectorstore.spelling import Vocabulary
from vectorstore.types import Mentions

K1, B = 1.2, 0.75
"""BM25's constants, as FTS5 has them."""

_COUNTED = """
WITH asked AS MATERIALIZED (SELECT place, stem(word) AS stem FROM unnest(%s::text[]) WITH ORDINALITY one(word, place)),
counts AS (
    SELECT word, chunks FROM words WHERE kind = 's' AND word IN (SELECT stem FROM asked)
    UNION ALL SELECT word, chunks FROM word_changes WHERE kind = 's' AND word IN (SELECT stem FROM asked)
)
SELECT stem, (SELECT coalesce(sum(chunks), 0)::bigint FROM counts WHERE counts.word = stem)
FROM asked ORDER BY place
"""
_TOTALS = """
SELECT coalesce(sum(chunks), 0)::bigint, coalesce(sum(length), 0)::bigint FROM (
    SELECT chunks, length FROM words WHERE kind = 'n' UNION ALL SELECT chunks, length FROM word_changes WHERE kind = 'n'
) one
"""
_BEST = """
SELECT id, {score} AS score FROM chunks WHERE searched AND words @@ %s::tsquery {scope}
ORDER BY score DESC, number LIMIT %s
"""
# How often a word stands in a chunk follows from its rank r as round(1 / (π²/6 (1 - r)) - 1/2): 0 for a rank of 0, and
# 10,000 where it stands there so often that nothing is left to 1. A word is worth idf · (k1 + 1) / (1 + norm / times).
_WORD = (
    "%s / (1 + (%s + %s * length) / greatest("
    "round(1 / (%s * greatest(1 - ts_rank('{1,1,1,1}', words, %s::tsquery)::float8, 0.00006)) - 0.5), 1e-9))"
)
_LIMIT = math.pi**2 / 6


@dataclass(frozen=True)
class _Word:
    stem: str
    chunks: int
    """In how many searched chunks it stands."""


class TextSearch:
    """The words of the chunks in one database. Safe from several threads."""

    def __init__(self, database: Database) -> None:
        """``database`` holds the tables of ``schema``."""
        self._database = database
        self._vocabulary: tuple[int, Vocabulary] | None = None

    def search(self, query: str, top_k: int, articles: Collection[str] | None = None) -> list[tuple[str, float]]:
        """(chunk id, BM25 score) of the best ``top_k`` chunks, of ``articles`` where given; best first.

        Its time does not grow with the library beyond ``MAX_POSTINGS``: the commonest words are left out then.
        """
        total, length = self._totals()
        words = self._affordable(self._counted(_query_tokens(query)), articles)
        if not words or top_k <= 0 or not total:
            return []
        by_length = K1 * B / max(length / total, 1.0)
        worth = [
            (_idf(total, word.chunks) * (K1 + 1), K1 * (1 - B), by_length, _LIMIT, _quoted(word.stem)) for word in words
        ]
        scope, within = ("", []) if articles is None else ("AND article_id = ANY(%s)", [list(articles)])
        any_of_them = " | ".join(_quoted(word.stem) for word in words)
        return self._database.rows(
            _BEST.format(score=" + ".join([_WORD] * len(words)), scope=scope),
            [*(value for one in worth for value in one), any_of_them, *within, top_k],
        )

    def weight(self, query: str) -> float:
        """The BM25 score of a chunk of average length that holds each telling word of ``query`` once."""
        total, _ = self._totals()
        return sum(_idf(total, word.chunks) for word in self._counted(_query_tokens(query)))

    def mentions(self, phrase: str, articles: Collection[str] | None = None) -> dict[str, Mentions]:
        """The articles, by id, in which the words of ``phrase`` stand one after the other, in any form of them."""
        words = [word for word, _, _ in tokens(phrase)]
        if not words:
            return {}
        stems = [word.stem for word in self._counted(words)]
        scope, within = ("", []) if articles is None else ("AND article_id = ANY(%s)", [list(articles)])
        rows = self._database.rows(
            "SELECT article_id, start, title, text, ARRAY(SELECT lexeme FROM unnest(words) WHERE lexeme = ANY(%s)), "
            "ARRAY(SELECT array_to_string(positions, ' ') FROM unnest(words) WHERE lexeme = ANY(%s)) FROM chunks "
            f"WHERE searched AND words @@ %s::tsquery {scope}",
            [stems, stems, " <-> ".join(map(_quoted, stems)), *within],
        )
        found: dict[str, set[tuple[int, int]]] = {}
        for article_id, start, title, text, lexemes, positions in rows:
            places = {stem: set(map(int, one.split())) for stem, one in zip(lexemes, positions, strict=True)}
            begins = (one for one in places[stems[0]] if all(one + n in places[s] for n, s in enumerate(stems)))
            spans = text_spans(title, text)
            # Chunks overlap: what stands in two of them is one place. What stands in the title has no place.
            found.setdefault(article_id, set()).update(
                (start + spans[one][0], start + spans[one + len(stems) - 1][1]) for one in begins if one in spans
            )
        return {one: Mentions(min(places, default=None), len(places)) for one, places in found.items()}

    def nearest_words(self, words: Sequence[str]) -> dict[str, str]:
        """For those of ``words`` that no chunk holds in any form: the word of the library that is spelled most alike.

        Words without one, short words and numbers are left out. The library's word is given as it is first written.
        """
        unknown = [word for word in dict.fromkeys(words) if not self._stands_anywhere(word)]
        if not unknown:
            return {}
        vocabulary = self._current_vocabulary()
        nearest = ((word, vocabulary.nearest(word)) for word in unknown)
        return {word: self._as_written(found) for word, found in nearest if found is not None}

    def _totals(self) -> tuple[int, int]:
        """How many chunks are searched, and how many words they have together."""
        [(chunks, length)] = self._database.rows(_TOTALS)
        return chunks, length

    def _counted(self, words: Sequence[str]) -> list[_Word]:
        return [_Word(*row) for row in self._database.rows(_COUNTED, (list(words),))] if words else []

    def _affordable(self, words: Sequence[_Word], articles: Collection[str] | None) -> list[_Word]:
        """Those of ``words`` that together stand in at most ``MAX_POSTINGS`` chunks, the rarest first; each stem once.

        Within chosen articles only their chunks are ranked, and all words count where they are few enough.
        """
        different = list({word.stem: word for word in words if word.chunks}.values())
        if articles is not None:
            query = "SELECT count(*) FROM chunks WHERE article_id = ANY(%s)"
            [(chunks,)] = self._database.rows(query, (list(articles),))
            if chunks * len(different) <= lexical.MAX_POSTINGS:
                return different
        kept, postings = [], 0
        for word in sorted(different, key=lambda word: word.chunks):
            postings += word.chunks
            if postings > lexical.MAX_POSTINGS:
                break
            kept.append(word)
        return kept

    def _stands_anywhere(self, word: str) -> bool:
        counted = self._counted([part for part, _, _ in tokens(word)])
        if len(counted) < 2:
            return any(one.chunks for one in counted)
        phrase = " <-> ".join(_quoted(one.stem) for one in counted)
        return bool(
            self._database.rows("SELECT 1 FROM chunks WHERE searched AND words @@ %s::tsquery LIMIT 1", (phrase,))
        )

    def _current_vocabulary(self) -> Vocabulary:
        current = generation(self._database)
        if self._vocabulary is None or self._vocabulary[0] != current:
            rows = self._database.rows(
                "SELECT word, sum(chunks)::bigint FROM (SELECT word, chunks FROM words WHERE kind = 'w' "
                "UNION ALL SELECT word, chunks FROM word_changes WHERE kind = 'w') one GROUP BY word "
                "HAVING sum(chunks) > 0"
            )
            self._vocabulary = (current, Vocabulary(dict(rows)))
        return self._vocabulary[1]

    def _as_written(self, word: str) -> str:
        """A word of the vocabulary, which is in lower case and without accents, as a chunk has it."""
        rows = self._database.rows(
            "SELECT text FROM chunks WHERE searched AND words @@ quoted(stem(%s))::tsquery "
            "AND %s = ANY(string_to_array(spelled, ' ')) ORDER BY number LIMIT 1",
            (word, word),
        )
        written = (text[start:end] for (text,) in rows for _, start, end in tokens(text))
        return next((one for one in written if fold(one) == word), word)


def _query_tokens(query: str) -> list[str]:
    return list(dict.fromkeys(token for word in telling_words(query) for token, _, _ in tokens(word)))


def _quoted(stem: str) -> str:
    """A stem as tsquery takes it, so that nothing a person types is read as its syntax."""
    return "'" + stem.replace("\\", "\\\\").replace("'", "''") + "'"


def _idf(total: int, count: int) -> float:
    """As FTS5's bm25() has it."""
    return max(math.log((total - count + 0.5) / (count + 0.5)), 1e-6)
