"""BM25 over the chunks, by SQLite's FTS5, in the same file and transaction as the chunks themselves."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from language.words import STOPWORDS

TITLE_WEIGHT = 1.0
"""BM25 weight of a word in the title, where one in the text counts 1."""
MAX_POSTINGS = 40_000
"""Chunks that a question may rank, counted once for each of its words. A word in more of them than this tells none
apart, and ranking them all would take a large library a tenth of a second and more (docs/retrieval.md)."""

# The index is external-content: it holds the words, the chunks table holds the text. Triggers keep
# both equal inside each transaction, so there is nothing to rebuild after a crash.
SCHEMA = """
CREATE VIEW searched_chunks AS SELECT number, title, text FROM chunks WHERE searched;
CREATE VIRTUAL TABLE lexical USING fts5(
    title, text, content='searched_chunks', content_rowid='number', tokenize='porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER lexical_insert AFTER INSERT ON chunks WHEN new.searched BEGIN
    INSERT INTO lexical(rowid, title, text) VALUES (new.number, new.title, new.text);
END;
CREATE TRIGGER lexical_show AFTER UPDATE OF searched ON chunks WHEN new.searched AND NOT old.searched BEGIN
    INSERT INTO lexical(rowid, title, text) VALUES (new.number, new.title, new.text);
END;
CREATE TRIGGER lexical_hide AFTER UPDATE OF searched ON chunks WHEN old.searched AND NOT new.searched BEGIN
    INSERT INTO lexical(lexical, rowid, title, text) VALUES ('delete', old.number, old.title, old.text);
END;
CREATE TRIGGER lexical_delete AFTER DELETE ON chunks WHEN old.searched BEGIN
    INSERT INTO lexical(lexical, rowid, title, text) VALUES ('delete', old.number, old.title, old.text);
END;
"""

_WORD = re.compile(r"\w+")


def telling_words(query: str) -> list[str]:
    """The words of ``query`` to search for, each once: all but stop words, unless there is nothing else."""
    words = list(dict.fromkeys(_WORD.findall(query.lower())))
    return [word for word in words if word not in STOPWORDS] or words


def match_expression(words: Sequence[str]) -> str:
    """``words`` as an FTS5 expression: any of them.

    Each is quoted, else a person's ``NOT`` or ``"`` would be read as query syntax.
    """
    return " OR ".join(f'"{word}"' for word in words)


def search_bm25(connection: sqlite3.Connection, query: str, top_k: int) -> list[tuple[int, float]]:
    """(chunk number, BM25 score) of the best ``top_k`` chunks, best first; higher is better.

    Its time does not grow with the library beyond ``MAX_POSTINGS``: the commonest words are left out then.
    """
    words = _affordable(connection, telling_words(query))
    if not words:
        return []
    rows = connection.execute(
        # FTS5's bm25() is negative so that ascending order is best first; the sign is turned at this edge.
        "SELECT rowid, -bm25(lexical, ?, 1.0) AS score FROM lexical WHERE lexical MATCH ? "
        "ORDER BY score DESC, rowid LIMIT ?",
        (TITLE_WEIGHT, match_expression(words), top_k),
    )
    return [(number, score) for number, score in rows]


def _affordable(connection: sqlite3.Connection, words: Sequence[str]) -> list[str]:
    """Those of ``words`` that together stand in at most ``MAX_POSTINGS`` chunks, the rarest first."""
    largest = connection.execute("SELECT max(number) FROM chunks").fetchone()[0] or 0
    if largest * len(words) <= MAX_POSTINGS:
        return list(words)
    counted = sorted((_chunks_with(connection, word), place) for place, word in enumerate(words))
    kept, postings = [], 0
    for count, place in counted:
        postings += count
        if postings > MAX_POSTINGS:
            break
        kept.append(words[place])
    return kept


def _chunks_with(connection: sqlite3.Connection, word: str) -> int:
    """How many chunks hold ``word``; counts no further than it must to know that they are too many."""
    [count] = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM lexical WHERE lexical MATCH ? LIMIT ?)",
        (match_expression([word]), MAX_POSTINGS + 1),
    ).fetchone()
    return int(count)


def check_lexical(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the lexical index, or None; compares every word with the chunks."""
    try:
        connection.execute("INSERT INTO lexical(lexical, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        return f"the lexical index does not agree with the chunks ({error})"
    return None


def rebuild_lexical(connection: sqlite3.Connection) -> None:
    """Makes the lexical index anew from the chunks."""
    connection.execute("INSERT INTO lexical(lexical) VALUES ('rebuild')")
