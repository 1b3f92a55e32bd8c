"""BM25 over the chunks, by SQLite's FTS5, in the same file and transaction as the chunks themselves."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence

from language.words import STOPWORDS, fold
from vectorstore.database import Database
from vectorstore.spelling import Vocabulary
from vectorstore.types import Mentions

TITLE_WEIGHT = 1.0
"""BM25 weight of a word in the title, where one in the text counts 1."""
MAX_POSTINGS = 40_000
"""Chunks that a question may rank, counted once for each of its words. A word in more of them than this tells none
apart, and ranking them all would take a large library a tenth of a second and more (docs/retrieval.md)."""

# Both indexes are external-content: they hold the words, the chunks table holds the text. Triggers keep
# them equal inside each transaction, so there is nothing to rebuild after a crash. ``lexical`` holds stems, by which
# is searched; ``spellings`` holds the words as they are written, for those that a person spells otherwise.
_TABLES = {
    "lexical": "tokenize='porter unicode61 remove_diacritics 2'",
    "spellings": "tokenize='unicode61 remove_diacritics 2', detail='none', columnsize=0",
}
_NEW = "INSERT INTO {table}(rowid, title, text) VALUES (new.number, new.title, new.text);"
_OLD = "INSERT INTO {table}({table}, rowid, title, text) VALUES ('delete', old.number, old.title, old.text);"
_SHOWN, _HIDDEN = "new.searched AND NOT old.searched", "old.searched AND NOT new.searched"


def _schema(table: str) -> str:
    new, old = _NEW.format(table=table), _OLD.format(table=table)
    return f"""
CREATE VIRTUAL TABLE {table} USING fts5(
    title, text, content='searched_chunks', content_rowid='number', {_TABLES[table]}
);
CREATE TRIGGER {table}_insert AFTER INSERT ON chunks WHEN new.searched BEGIN {new} END;
CREATE TRIGGER {table}_show AFTER UPDATE OF searched ON chunks WHEN {_SHOWN} BEGIN {new} END;
CREATE TRIGGER {table}_hide AFTER UPDATE OF searched ON chunks WHEN {_HIDDEN} BEGIN {old} END;
CREATE TRIGGER {table}_delete AFTER DELETE ON chunks WHEN old.searched BEGIN {old} END;
"""


SPELLINGS_SCHEMA = _schema("spellings") + "CREATE VIRTUAL TABLE vocabulary USING fts5vocab('spellings', 'row');\n"
LEXICAL_SCHEMA = f"""
CREATE VIEW searched_chunks AS SELECT number, title, text FROM chunks WHERE searched;
{_schema("lexical")}
"""
SCHEMA = LEXICAL_SCHEMA + SPELLINGS_SCHEMA

_WORD = re.compile(r"[^\W_]+")
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Set around what was found. Unicode promises that no text holds them."""


def telling_words(query: str) -> list[str]:
    """The words of ``query`` to search for, each once: all but stop words, unless there is nothing else."""
    words = list(dict.fromkeys(_WORD.findall(query.lower())))
    return [word for word in words if word not in STOPWORDS] or words


def match_expression(words: Sequence[str]) -> str:
    """``words`` as an FTS5 expression: any of them.

    Each is quoted, else a person's ``NOT`` or ``"`` would be read as query syntax.
    """
    return " OR ".join(f'"{word}"' for word in words)


class FtsIndex:
    """The words of the chunks in one SQLite file. Safe from several threads."""

    def __init__(self, database: Database, generation: Callable[[], int]) -> None:
        """``generation`` changes with every write to ``database``."""
        self._database = database
        self._generation = generation
        self._vocabulary: tuple[int, Vocabulary] | None = None

    def search(self, query: str, top_k: int, articles: Collection[str] | None = None) -> list[tuple[str, float]]:
        """(chunk id, BM25 score) of the best ``top_k`` chunks, of ``articles`` where given; best first.

        Its time does not grow with the library beyond ``MAX_POSTINGS``: the commonest words are left out then.
        """
        words = self._affordable(telling_words(query), articles)
        if not words or top_k <= 0:
            return []
        # With the plus FTS5 goes through its postings once, and not once for each chunk of the articles.
        scope = "" if articles is None else f"AND +lexical.rowid IN {_CHUNKS_OF}"
        return self._database.rows(
            # FTS5's bm25() is negative so that ascending order is best first; the sign is turned at this edge.
            f"SELECT c.id, best.score FROM (SELECT rowid AS number, -bm25(lexical, ?, 1.0) AS score FROM lexical "
            f"WHERE lexical MATCH ? {scope} ORDER BY score DESC, rowid LIMIT ?) best JOIN chunks c USING (number) "
            "ORDER BY best.score DESC, number",
            (TITLE_WEIGHT, match_expression(words), *([] if articles is None else [json.dumps(list(articles))]), top_k),
        )

    def weight(self, query: str) -> float:
        """The BM25 score of a chunk of average length that holds each telling word of ``query`` once."""
        [(total,)] = self._database.rows("SELECT count(*) FROM chunks WHERE searched")
        return sum(_idf(total, self._chunks_with(word)) for word in telling_words(query))

    def mentions(self, phrase: str, articles: Collection[str] | None = None) -> dict[str, Mentions]:
        """The articles, by id, in which the words of ``phrase`` stand one after the other, in any form of them."""
        words = _WORD.findall(phrase)
        if not words:
            return {}
        scope = "" if articles is None else f"AND +lexical.rowid IN {_CHUNKS_OF}"
        rows = self._database.rows(
            "SELECT c.article_id, c.start, highlight(lexical, 1, ?, ?) FROM lexical JOIN chunks c "
            f"ON c.number = lexical.rowid WHERE lexical MATCH ? {scope}",
            (_OPEN, _CLOSE, f'"{" ".join(words)}"', *([] if articles is None else [json.dumps(list(articles))])),
        )
        found: dict[str, set[tuple[int, int]]] = {}
        for article_id, start, marked in rows:
            # Chunks overlap: what stands in two of them is one place.
            found.setdefault(article_id, set()).update(_places(marked, start))
        return {one: Mentions(min(places, default=None), len(places)) for one, places in found.items()}

    def nearest_words(self, words: Sequence[str]) -> dict[str, str]:
        """For those of ``words`` that no chunk holds in any form: the word of the library that is spelled most alike.

        Words without one, short words and numbers are left out. The library's word is given as it is first written.
        """
        unknown = [word for word in dict.fromkeys(words) if not self._chunks_with(word, enough=1)]
        if not unknown:
            return {}
        vocabulary = self._current_vocabulary()
        nearest = ((word, vocabulary.nearest(word)) for word in unknown)
        return {word: self._as_written(found) for word, found in nearest if found is not None}

    def problem(self) -> str | None:
        """What is wrong with the index, or None; compares every word with the chunks. The file must be writable."""
        try:
            for table in _TABLES:
                self._database.connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            return f"the lexical index does not agree with the chunks ({error})"
        return None

    def _affordable(self, words: Sequence[str], articles: Collection[str] | None) -> list[str]:
        """Those of ``words`` that together stand in at most ``MAX_POSTINGS`` chunks, the rarest first."""
        if self._searchable(articles) * len(words) <= MAX_POSTINGS:
            return list(words)
        counted = sorted((self._chunks_with(word), place) for place, word in enumerate(words))
        kept, postings = [], 0
        for count, place in counted:
            postings += count
            if postings > MAX_POSTINGS:
                break
            kept.append(words[place])
        return kept

    def _searchable(self, articles: Collection[str] | None) -> int:
        """About how many chunks there are to be searched, at most."""
        if articles is None:
            [(count,)] = self._database.rows("SELECT max(number) FROM chunks")
        else:
            query = "SELECT count(*) FROM chunks WHERE article_id IN (SELECT value FROM json_each(?))"
            [(count,)] = self._database.rows(query, (json.dumps(list(articles)),))
        return int(count or 0)

    def _chunks_with(self, word: str, enough: int | None = None) -> int:
        """How many chunks hold ``word``; counts no further than ``enough``, or than to know that they are too many."""
        parts = _WORD.findall(word)
        if not parts:
            return 0
        [(count,)] = self._database.rows(
            "SELECT count(*) FROM (SELECT 1 FROM lexical WHERE lexical MATCH ? LIMIT ?)",
            (f'"{" ".join(parts)}"', MAX_POSTINGS + 1 if enough is None else enough),
        )
        return int(count)

    def _current_vocabulary(self) -> Vocabulary:
        generation = self._generation()
        if self._vocabulary is None or self._vocabulary[0] != generation:
            rows = self._database.rows("SELECT term, doc FROM vocabulary")
            self._vocabulary = (generation, Vocabulary(dict(rows)))
        return self._vocabulary[1]

    def _as_written(self, word: str) -> str:
        """A word of the vocabulary, which is in lower case and without accents, as a chunk has it."""
        rows = self._database.rows(
            "SELECT c.text FROM spellings JOIN chunks c ON c.number = spellings.rowid WHERE spellings MATCH ? LIMIT 1",
            (f'"{word}"',),
        )
        written = (one for (text,) in rows for one in _WORD.findall(text) if fold(one) == fold(word))
        return next(written, word)


_CHUNKS_OF = "(SELECT number FROM chunks WHERE searched AND article_id IN (SELECT value FROM json_each(?)))"


def rebuild_lexical(connection: sqlite3.Connection) -> None:
    """Makes the lexical index anew from the chunks."""
    for table in _TABLES:
        connection.execute(f"INSERT INTO {table}({table}) VALUES ('rebuild')")


def _places(marked: str, start: int) -> Iterator[tuple[int, int]]:
    """Where the marked words of a chunk stand in its article; ``start`` is where the chunk does."""
    marks = 0
    for match in re.finditer(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}", marked):
        begin = start + match.start() - marks
        yield begin, begin + len(match[1])
        marks += 2


def _idf(total: int, count: int) -> float:
    """As FTS5's bm25() has it."""
    return max(math.log((total - count + 0.5) / (count + 0.5)), 1e-6)
