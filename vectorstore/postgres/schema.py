"""The tables of a library in PostgreSQL. All are in one database schema, and so is what they call."""

from __future__ import annotations

from psycopg import sql

from vectorstore.postgres.database import Connection, Database

FORMAT = "postgresql 1"
"""Version of the tables."""
OLDEST_SERVER = 150_000
"""As PostgreSQL counts its versions: 15."""

# Text compares by its bytes (collation C), so that no upgrade of the system's locales can disorder an index.
#
# ``writes`` holds how often something was written, as the sum of its rows: each writer adds a row, for a row that all
# had to change would make them wait for each other. ``words`` and ``word_changes`` likewise: in how many searched
# chunks each word stands is the sum of both. Whoever groups near-duplicates, one at a time, sums them up.
#
# ``kind`` of a word: "s" its stem, by which is searched; "w" as it is written, without accents and in lower case, for
# those that a person spells otherwise; "n" the empty word, which stands in every chunk, with the words of all of them.
_TABLES = """
CREATE TABLE manifest (key text COLLATE "C" PRIMARY KEY, value text NOT NULL);
CREATE TABLE writes (count bigint NOT NULL);
INSERT INTO writes VALUES (1);
CREATE TABLE grouping_lock ();
CREATE TABLE articles (
    id text COLLATE "C" PRIMARY KEY, source text COLLATE "C" NOT NULL, title text COLLATE "C" NOT NULL,
    authors jsonb NOT NULL, published text, text text NOT NULL, fingerprint text NOT NULL, added_at text NOT NULL,
    origin text COLLATE "C" NOT NULL, language text, sections jsonb NOT NULL, body_start integer NOT NULL,
    shown_as text COLLATE "C" NOT NULL REFERENCES articles(id)
);
-- Hashes, since an index takes no more than 2,700 bytes: some addresses are longer.
CREATE INDEX articles_by_source ON articles (hashtextextended(source, 0));
CREATE INDEX articles_by_origin ON articles (hashtextextended(origin, 0));
CREATE INDEX articles_by_shown ON articles (shown_as);
CREATE TABLE chunks (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE,
    article_id text COLLATE "C" NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    start integer NOT NULL, "end" integer NOT NULL, searched boolean NOT NULL DEFAULT true, length integer NOT NULL,
    digest text COLLATE "C" NOT NULL, title text NOT NULL, text text NOT NULL, words tsvector NOT NULL,
    spelled text NOT NULL, vector bytea NOT NULL
);
-- Ranking reads the words of many chunks, and nothing else of them does: they stay in the row, the vectors do not.
ALTER TABLE chunks ALTER words SET STORAGE MAIN, ALTER vector SET STORAGE EXTERNAL;
CREATE INDEX chunks_by_article ON chunks (article_id);
CREATE INDEX chunks_by_digest ON chunks (digest);
-- Without a list of what is to be put into the index later: a search would have to read all of that list, too.
CREATE INDEX chunks_by_word ON chunks USING gin (words) WITH (fastupdate = off) WHERE searched;
CREATE TABLE words (
    kind "char" NOT NULL, word text COLLATE "C" NOT NULL, chunks bigint NOT NULL, length bigint NOT NULL,
    PRIMARY KEY (kind, word)
);
CREATE INDEX words_of_no_chunk ON words (word) WHERE chunks = 0;
CREATE TABLE word_changes (
    kind "char" NOT NULL, word text COLLATE "C" NOT NULL, chunks bigint NOT NULL, length bigint NOT NULL
);
CREATE INDEX word_changes_by_word ON word_changes (kind, word);
CREATE TABLE sketches (
    hash bigint NOT NULL, article_id text COLLATE "C" NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
    PRIMARY KEY (hash, article_id)
);
CREATE INDEX sketches_by_article ON sketches (article_id);
CREATE TABLE ungrouped (article_id text COLLATE "C" NOT NULL REFERENCES articles(id) ON DELETE CASCADE);
CREATE INDEX ungrouped_by_article ON ungrouped (article_id);
CREATE TABLE gone_sketches (hash bigint NOT NULL, articles bigint NOT NULL);
"""

# Porter's stems and no stop words, as SQLite's FTS5 has them, but for a few words that the two take differently, as
# "technology" and "is".
_WORDS = r"""
CREATE TEXT SEARCH DICTIONARY porter (TEMPLATE = snowball, Language = porter);
CREATE FUNCTION stem(word text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((ts_lexize('porter', word))[1], word);
CREATE FUNCTION quoted(word text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '''' || replace(replace(word, '\', '\\'), '''', '''''') || '''';
-- Of the words of a chunk, in order, their stems with their places; '' stands between its title and its text.
CREATE FUNCTION indexed(written text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((
        SELECT string_agg(quoted(stem) || ':' || places, ' ') FROM (
            SELECT stem(word) AS stem, string_agg(place::text, ',') AS places
            FROM unnest(written) WITH ORDINALITY AS one(word, place) WHERE word != '' AND place < 16384 GROUP BY 1
        ) AS found
    ), '')::tsvector;
"""


def _note_words(name: str, event: str, tables: str, changed: str) -> str:
    """A trigger that notes how the counts of words change with ``changed``: rows of chunks with the sign of each."""
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    WITH changed AS MATERIALIZED ({changed})
    INSERT INTO word_changes
    SELECT 's'::"char", word, sum(sign), 0
        FROM changed, unnest(tsvector_to_array(words)) word GROUP BY word HAVING sum(sign) != 0
    UNION ALL SELECT 'w'::"char", word, sum(sign), 0
        FROM changed, unnest(string_to_array(spelled, ' ')) word GROUP BY word HAVING sum(sign) != 0
    UNION ALL SELECT 'n'::"char", '', sum(sign), sum(sign * length) FROM changed HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON chunks {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""


_COLUMNS = "words, spelled, length"
_TRIGGERS = (
    _note_words(
        "words_stored",
        "INSERT",
        "REFERENCING NEW TABLE AS stored",
        f"SELECT 1 AS sign, {_COLUMNS} FROM stored WHERE searched",
    )
    + _note_words(
        "words_removed",
        "DELETE",
        "REFERENCING OLD TABLE AS removed",
        f"SELECT -1 AS sign, {_COLUMNS} FROM removed WHERE searched",
    )
    + _note_words(
        "words_shown",
        "UPDATE",
        "REFERENCING OLD TABLE AS before NEW TABLE AS after",
        "SELECT CASE WHEN a.searched THEN 1 ELSE -1 END AS sign, a.words, a.spelled, a.length "
        "FROM before b JOIN after a USING (number) WHERE a.searched != b.searched",
    )
)


def create_tables(connection: Connection, schema: str) -> None:
    """Makes the schema and its tables, within a transaction that is open."""
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    for part in (_TABLES, _WORDS, _TRIGGERS):
        connection.execute(part)


def has_library(connection: Connection, schema: str) -> bool:
    """Whether the schema holds a library's tables."""
    row = connection.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = %s AND tablename IN ('manifest', 'articles', 'chunks')",
        (schema,),
    ).fetchone()
    return row is not None and row[0] == 3


def sum_up(connection: Connection) -> None:
    """Adds what was noted of words and of writes to what is known of them. One at a time; see ``Database``."""
    connection.execute(
        "WITH changes AS (DELETE FROM word_changes RETURNING kind, word, chunks, length) "
        "INSERT INTO words AS known SELECT kind, word, sum(chunks), sum(length) FROM changes "
        "GROUP BY kind, word HAVING sum(chunks) != 0 OR sum(length) != 0 "
        "ON CONFLICT (kind, word) DO UPDATE "
        "SET chunks = known.chunks + excluded.chunks, length = known.length + excluded.length"
    )
    connection.execute("DELETE FROM words WHERE chunks = 0 AND kind != 'n'")
    connection.execute(
        "WITH noted AS (DELETE FROM writes RETURNING count) INSERT INTO writes SELECT sum(count) FROM noted"
    )


def note_write(connection: Connection) -> None:
    """Changes the library's generation."""
    connection.execute("INSERT INTO writes VALUES (1)")


def generation(database: Database) -> int:
    """Changes with every write that is stored: no number, but how many were."""
    [(count,)] = database.rows("SELECT coalesce(sum(count), 0)::bigint FROM writes")
    return int(count)
