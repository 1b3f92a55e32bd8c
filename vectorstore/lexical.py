"""BM25 over the chunks, by SQLite's FTS5, in the same file and transaction as the chunks themselves."""

from __future__ import annotations

import re
import sqlite3

TITLE_WEIGHT = 1.0
"""BM25 weight of a word in the title, where one in the text counts 1."""

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

# Words that carry no subject. Left in, they make the query touch nearly every chunk and rank by chance.
STOPWORDS = frozenset(
    """
    a about after again all am an and any are as at be because been before being between both but by can
    could did do does doing down during each few for from further had has have having he her here hers him
    his how i if in into is it its itself just me more most my no nor not of off on once only or other our
    out over own s same shall she should so some such t than that the their them then there these they this
    those through to too under until up us very was we were what when where which while who whom whose why
    will with would you your
    """.split()
)


def match_expression(query: str) -> str:
    """``query`` as an FTS5 expression: any of its words; empty when it holds none.

    Every word is quoted, else a person's ``NOT`` or ``"`` would be read as query syntax. Stop words
    are left out unless there is nothing else ("who was The Who").
    """
    words = list(dict.fromkeys(_WORD.findall(query.lower())))
    telling = [word for word in words if word not in STOPWORDS] or words
    return " OR ".join(f'"{word}"' for word in telling)


def search_bm25(connection: sqlite3.Connection, query: str, top_k: int) -> list[tuple[int, float]]:
    """(chunk number, BM25 score) of the best ``top_k`` chunks, best first; higher is better."""
    expression = match_expression(query)
    if not expression:
        return []
    rows = connection.execute(
        # FTS5's bm25() is negative so that ascending order is best first; the sign is turned at this edge.
        "SELECT rowid, -bm25(lexical, ?, 1.0) AS score FROM lexical WHERE lexical MATCH ? "
        "ORDER BY score DESC, rowid LIMIT ?",
        (TITLE_WEIGHT, expression, top_k),
    )
    return [(number, score) for number, score in rows]


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
