"""Conversations in the database of a library: lost connections, a full disk, rights that are missing, other formats."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.conftest import Store
from tests.servers import ESCAPED, PASSWORD, Server
from tests.ui.test_history import ME, answered
from ui.history import Feedback, History
from ui.shared import page_schema
from vectorstore import StoreError, StoreMismatch
from vectorstore.place import Address

pytestmark = pytest.mark.parametrize("store", ["postgresql 18"], indirect=True)


@pytest.fixture
def server(store: Store) -> Server:
    assert store.server is not None
    return store.server


@pytest.fixture
def address(store: Store) -> str:
    return store.place()


@pytest.fixture
def history(address: str) -> Iterator[History]:
    opened = History.open(address)
    yield opened
    opened.close()


@pytest.fixture
def run_in_page(server: Server, address: str) -> Callable[..., list[tuple[object, ...]]]:
    """Statements of the administrator's, who names the page's schema ``page_schema``."""
    schema = page_schema(Address(address))

    def run(*statements: str) -> list[tuple[object, ...]]:
        return server.execute(*(statement.replace("page_schema", f'"{schema}"') for statement in statements))

    return run


def silent(text: str) -> str:
    assert PASSWORD not in text and ESCAPED not in text and "staple" not in text
    return text


def test_a_lost_connection_is_made_again_and_nothing_is_lost(history: History, server: Server) -> None:
    mine = history.append(ME, None, answered("One?"))
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'article-qa'"
    assert server.execute(cut)
    assert history.append(ME, mine, answered("Two?")) == mine
    assert server.execute(cut)
    assert [one.question for one in history.exchanges(ME, mine)] == ["One?", "Two?"]


def test_a_server_that_is_started_again_is_waited_for(servers: Callable[[str], Server], address: str) -> None:
    server = Server("postgresql 18")  # one of its own, which nobody else misses
    try:
        history = History.open(server.address())
        mine = history.append(ME, None, answered("One?"))
        server.stop()
        again = threading.Timer(1.0, server.start)
        again.start()
        assert history.append(ME, mine, answered("Two?")) == mine
        again.join()
        assert [one.question for one in history.exchanges(ME, mine)] == ["One?", "Two?"]
        server.stop()
        began = time.monotonic()
        with pytest.raises(StoreError, match="refused") as told:
            history.exchanges(ME, mine)
        assert time.monotonic() - began < 60
        silent(str(told.value))
        history.close()
        server.start()
    finally:
        server.remove()


def test_a_full_disk_is_said_and_what_was_kept_stays_and_goes_on(
    history: History, run_in_page: Callable[..., object]
) -> None:
    kept = history.append(ME, None, answered("One?"))
    run_in_page(
        "CREATE FUNCTION page_schema.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON page_schema.exchanges FOR EACH ROW "
        "EXECUTE FUNCTION page_schema.full()",
    )
    with pytest.raises(StoreError, match="No space left on device") as told:
        history.append(ME, kept, answered("Two?"))
    silent(str(told.value))
    assert [one.question for one in history.exchanges(ME, kept)] == ["One?"]
    run_in_page("DROP TRIGGER full_disk ON page_schema.exchanges")
    assert history.append(ME, kept, answered("Two?")) == kept


def test_history_of_a_later_version_is_refused(
    history: History, address: str, run_in_page: Callable[..., object]
) -> None:
    history.append(ME, None, answered("One?"))
    run_in_page("UPDATE page_schema.page SET value = '99' WHERE key = 'format'")
    with pytest.raises(StoreMismatch, match="another version of article-qa") as told:
        History.open(address)
    silent(str(told.value))
    run_in_page("UPDATE page_schema.page SET value = '1' WHERE key = 'format'")
    again = History.open(address)
    assert len(again.conversations(ME)) == 1
    again.close()


def test_who_may_only_read_the_library_sees_no_conversation(
    history: History, server: Server, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    mine = history.append(ME, None, answered("Who is Rumpelstiltskin?"))
    history.judge(ME, mine, 0, Feedback(right=True))
    schema = Address(address).schema
    server.execute(
        "CREATE ROLE looker LOGIN PASSWORD 'looks on'",
        f'CREATE SCHEMA "{schema}"', f'GRANT USAGE ON SCHEMA "{schema}" TO looker',
    )  # fmt: skip
    theirs = server.address(schema, user="looker", password="looks%20on")
    with caplog.at_level(logging.WARNING):
        own = History.open(theirs)
    assert not own.is_kept and own.conversations(ME) == []
    assert "conversations are forgotten when this program ends" in silent(caplog.text)
    with pytest.raises(StoreError, match="permission denied"):
        History.open(theirs, to_read=True)
    with psycopg.connect(theirs.partition("?")[0]) as looker, pytest.raises(psycopg.errors.InsufficientPrivilege):
        looker.execute(f'SELECT * FROM "{page_schema(Address(address))}".page')
    own.close()


def test_replicas_that_are_started_together_share_one_secret(address: str) -> None:
    from ui.shared import cookie_secret, open_page_database

    found: list[bytes] = []

    def start() -> None:
        database = open_page_database(Address(address))
        found.append(cookie_secret(database))
        database.close()

    replicas = [threading.Thread(target=start) for _ in range(4)]
    for one in replicas:
        one.start()
    for one in replicas:
        one.join()
    assert len(found) == 4 and len(set(found)) == 1 and len(found[0]) == 32
