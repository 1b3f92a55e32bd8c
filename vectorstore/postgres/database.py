"""One schema of a PostgreSQL database: a pool of connections, transactions that are tried again, errors in words."""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from psycopg import sql
from psycopg.abc import Params
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from vectorstore.errors import StoreDamaged, StoreError, StoreReadOnly
from vectorstore.place import Address

logger = logging.getLogger(__name__)

CONNECTIONS = 16
"""Of one process, at most. A question holds one for as long as a query takes."""
CONNECT_SECONDS = 10
"""For a connection to be made, or to be free. Within as many a server that is back is looked for, too: the pool itself
would wait twice as long after each try, for minutes."""
TRUSTED_SECONDS = 1.0
"""After which a connection is asked whether it still is one before it is used."""
TRIES = 8
"""Times that a transaction is tried which others keep from ending: a deadlock, or rows that changed under it."""
SETTINGS: dict[str, Any] = {
    "fallback_application_name": "article-qa",
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 30,  # seconds after which a host that went away is noticed
}
"""Of a connection whose address does not say otherwise."""

Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]
T = TypeVar("T")

_AGAIN = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.ForeignKeyViolation,  # what was referred to has just been removed by somebody else
)
_LOST = (psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown, psycopg.errors.CannotConnectNow)
_DAMAGED = (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted)


class Database:
    """Reads and writes the tables of one library. Safe from several threads."""

    def __init__(self, address: Address, schema: str | None = None, connections: int = CONNECTIONS) -> None:
        """Connects when it is first needed, ``connections`` times at most. ``schema`` is where its tables are, if not
        where the address says."""
        self.address = address
        named = {name: value for name, value in SETTINGS.items() if name not in address.options}
        self._options: dict[str, Any] = {**named, "client_encoding": "UTF8", "autocommit": True}
        self._path = [schema or address.schema]
        self._most = connections
        self._settings: tuple[str, ...] = ()
        self._local = threading.local()
        self._used: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()
        self._lost_at = -math.inf
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            address.for_server,
            kwargs=self._options,
            min_size=0,
            max_size=connections,
            open=False,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,
            configure=self._configure,
            name="article-qa",
        )

    def connect(self) -> Connection:
        """A connection of its own, outside the pool. Raises StoreError, which says why there is none."""
        try:
            connection = psycopg.connect(self.address.for_server, **self._options)
        except psycopg.Error as error:
            # Not "from error": a driver's message on an address may quote what stands in it.
            raise StoreError(f"{self.address} cannot be opened: {self._told(error)}") from None
        self._configure(connection)
        return connection

    def look_in(self, schema: str, settings: Sequence[str] = ()) -> None:
        """Has connections made from now on find what is in ``schema``, too, and begin with ``settings``."""
        if schema not in self._path:
            self._path.append(schema)
        self._settings = tuple(dict.fromkeys((*self._settings, *settings)))

    def rows(self, query: str, parameters: Params = ()) -> list[Row]:
        """What ``query``, which changes nothing, finds. A connection that was lost is made again, once.

        Raises StoreError where the server cannot be reached, StoreDamaged where it says that its data are broken.
        """
        pinned: Connection | None = getattr(self._local, "pinned", None)
        with self._in_words("read"):
            if pinned is not None:
                return pinned.execute(query, parameters, binary=True).fetchall()
            try:
                with self._connection() as connection:
                    return connection.execute(query, parameters, binary=True).fetchall()
            except psycopg.OperationalError as error:
                if not (connection.closed or isinstance(error, _LOST)):
                    raise
                self._lost_at = time.monotonic()  # whoever lost one has lost all of them
            with self._connection() as connection:
                return connection.execute(query, parameters, binary=True).fetchall()

    def row(self, query: str, parameters: Params = ()) -> Row | None:
        """The first of ``rows``, if there is one."""
        return next(iter(self.rows(query, parameters)), None)

    def transact(self, work: Callable[[Connection], T], *, before: Sequence[str] = ()) -> T:
        """What ``work`` returns, done in one transaction: all of it is stored, or, after an exception, none.

        ``before`` are statements that begin it. ``work`` may be called several times: where others are in the way it is
        tried again from the start. Raises StoreReadOnly, and StoreError where the disk is full, or the connection is
        lost: what was stored before is kept.
        """
        for left in reversed(range(TRIES)):
            try:
                with self._in_words("written"), self._connection() as connection, connection.transaction():
                    for statement in before:
                        connection.execute(statement)
                    return work(connection)
            except _AGAIN as error:
                if not left:
                    raise StoreError(
                        f"{self.address} could not be written: others kept changing the same articles "
                        f"({self._told(error)}); run the same command again"
                    ) from error
                time.sleep(random.uniform(0.01, 0.05) * (TRIES - left))
        raise AssertionError  # the last try returns or raises

    @contextmanager
    def pinned(self) -> Iterator[Connection]:
        """One connection for all that this thread does meanwhile, so that locks of its session can be held."""
        held: Connection | None = getattr(self._local, "pinned", None)
        if held is not None:
            yield held
            return
        with self._in_words("written"), self._connection() as connection:
            self._local.pinned = connection
            try:
                yield connection
            finally:
                self._local.pinned = None

    @property
    def is_pinned(self) -> bool:
        """Whether this thread has a connection of its own now."""
        return getattr(self._local, "pinned", None) is not None

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        pinned: Connection | None = getattr(self._local, "pinned", None)
        if pinned is not None:
            yield pinned
            return
        try:
            self._pool.open()
            connection = self._taken()
            # Not the pool's own check, which waits longer and longer after each connection that was lost.
            while not self._is_alive(connection):
                self._pool.putconn(connection)  # which makes another in its place
                connection = self._taken()
        except PoolTimeout:
            raise StoreError(
                f"{self.address} has no connection to spare: {self._most} are in use, for {CONNECT_SECONDS} s"
            ) from None
        except PoolClosed:
            raise StoreError(f"{self.address} was closed; open it again") from None
        # Not when it is put back: between its last answer and that all of them may have been lost.
        taken = time.monotonic()
        try:
            yield connection
        finally:
            self._used[connection] = taken
            self._pool.putconn(connection)

    def _taken(self) -> Connection:
        """One of the pool's. Raises PoolTimeout where all are in use, StoreError where the server cannot be reached."""
        try:
            return self._pool.getconn()
        except PoolTimeout:
            self.connect().close()  # says why
        return self._pool.getconn()  # it is back

    def _is_alive(self, connection: Connection) -> bool:
        """Whether the server is still there; it is not asked where it has just answered on this connection."""
        used = self._used.get(connection, -math.inf)
        if used > self._lost_at and time.monotonic() - used < TRUSTED_SECONDS:
            return True
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.Error:
            return False
        return True

    def _configure(self, connection: Connection) -> None:
        path = sql.SQL(", ").join(map(sql.Identifier, dict.fromkeys([*self._path, "public"])))
        connection.execute(sql.SQL("SET search_path = {}").format(path))
        for setting in self._settings:
            connection.execute(setting)

    @contextmanager
    def _in_words(self, done: str) -> Iterator[None]:
        """Turns what PostgreSQL says into an error for people; what ``transact`` tries again passes as it is."""
        try:
            yield
        except _AGAIN:
            raise
        except _DAMAGED as error:
            raise StoreDamaged(
                f"{self.address} is damaged ({self._told(error)}); put back a backup of the database"
            ) from error
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege) as error:
            raise StoreReadOnly(f"{self.address} may not be {done}: {self._told(error)}") from error
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise StoreError(
                f"there is no library at {self.address} any more: it was deleted ({self._told(error)})"
            ) from error
        except psycopg.OperationalError as error:
            raise StoreError(
                f"{self.address} could not be {done} ({self._told(error)}); what was stored before is kept: run the "
                "same command again"
            ) from error
        except psycopg.DataError as error:
            raise StoreError(f"{self.address} could not be {done}: {self._told(error)}") from error

    def _told(self, error: psycopg.Error) -> str:
        """What the server or the driver says, on one line, and nothing that nobody should read."""
        said = error.diag.message_primary or str(error)
        return self.address.without_password(" ".join(said.split())) or type(error).__name__
