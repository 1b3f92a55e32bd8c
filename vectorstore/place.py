"""Where a library is: in a folder of this machine, or at the address of a PostgreSQL database."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

import platformdirs

DEFAULT_SCHEMA = "article_qa"
"""Database schema of a library whose address names none."""
_SCHEME = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_TOLD = frozenset({"host", "port", "dbname", "user", "schema", "sslmode"})
"""What of the options of an address is shown: no secret can be in these."""
_CHROMA = re.compile(r"[?&]chroma=([^&]*)", re.IGNORECASE)


@dataclass(frozen=True)
class ChromaAddress:
    """Where a Chroma server is reached. As text it is without what proves who asks."""

    url: str
    """``http://host:8000``, or ``https://host/path``; empty where the library is to be on none."""
    headers: dict[str, str] = field(default_factory=dict, repr=False, hash=False)
    """What a proxy before the server wants to see."""

    @classmethod
    def parse(cls, given: str) -> ChromaAddress:
        """From ``http://user:password@host:8000``, ``https://token@host``, or ``none``."""
        scheme, found, rest = (given if "://" in given else unquote(given)).partition("://")
        if not found:
            return cls("" if scheme.lower() == "none" else scheme.rpartition("@")[2])
        login, _, host = rest.rpartition("@")
        user, secret, password = login.partition(":")
        headers = {}
        if secret:
            known = f"{unquote(user)}:{unquote(password)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(known).decode('ascii')}"
        elif user:
            headers["Authorization"] = f"Bearer {unquote(user)}"
        return cls(f"{scheme}://{host}".rstrip("/"), headers)

    def __str__(self) -> str:
        return self.url or "none"


class Address:
    """The address of a PostgreSQL database. As text it is without its password, wherever it is shown.

    No dataclass: what shows the fields of one, as a dump of settings does, would show the password.
    """

    __slots__ = ("_given",)

    def __init__(self, given: str) -> None:
        """``given`` is ``postgresql://user:password@host:port/database?schema=name&chroma=http://host:port``, with
        libpq's other options."""
        self._given = given

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self._given == other._given

    def __hash__(self) -> int:
        return hash(self._given)

    def __str__(self) -> str:
        chroma = self.chroma
        if chroma is None:
            return self.of_database
        return f"{self.of_database}{'&' if '?' in self.of_database else '?'}chroma={chroma}"

    @property
    def of_database(self) -> str:
        """The address without the password, and without that of a Chroma server."""
        user, _, host, options = self._parts()
        if not user and any("@" in text for option in options for text in option):
            host = host.partition(":")[0]  # a ? in a password that ought to be written as %3F
        told = [(name, value) for name, value in options if name in _TOLD]
        return _written(user, "", host, told)

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    @property
    def schema(self) -> str:
        """The database schema that holds the library's tables: libraries of one database are told apart by it."""
        return self.options.get("schema") or DEFAULT_SCHEMA

    @property
    def chroma(self) -> ChromaAddress | None:
        """The Chroma server that holds the library's vectors; None where the address names none."""
        found = _CHROMA.search(self._given)
        return ChromaAddress.parse(found[1]) if found else None

    @property
    def options(self) -> dict[str, str]:
        """What stands behind the question mark, by name."""
        return dict(self._parts()[3])

    @property
    def for_server(self) -> str:
        """The address as libpq takes it: all but the schema and a Chroma server, and with the password."""
        user, password, host, options = self._parts()
        return _written(user, password, host, [(name, value) for name, value in options if name != "schema"])

    def without_password(self, text: str) -> str:
        """``text``, as a server or a driver says it, without any password of this address."""
        _, password, _, options = self._parts()
        secrets = [password, *(value for name, value in options if name not in _TOLD and "pass" in name)]
        for secret in filter(None, secrets):
            for written in (secret, quote(secret, safe="")):
                text = text.replace(written, "***")
        return text

    def _parts(self) -> tuple[str, str, str, list[tuple[str, str]]]:
        """User, password, host with port and database, and the options."""
        rest = _SCHEME.sub("", self._given, count=1)
        if found := _CHROMA.search(rest):  # it has a login of its own
            before, after = rest[: found.start()], rest[found.end() + 1 :]
            rest = f"{before}{found[0][0]}{after}" if after else before
        # The last @ ends the password, whatever unescaped characters stand in it; only after it a ? begins the options.
        login, _, rest = rest.rpartition("@") if "@" in rest.partition("?")[0] else ("", "", rest)
        user, _, password = login.partition(":")
        host, _, options = rest.partition("?")
        return unquote(user), unquote(password), host, parse_qsl(options, keep_blank_values=True)


def _written(user: str, password: str, host: str, options: list[tuple[str, str]]) -> str:
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    asked = f"?{urlencode(options, quote_via=quote)}" if options else ""
    return f"postgresql://{login}{'@' if login else ''}{host}{asked}"


Place = Path | Address


def library_place(place: str | Path | Address) -> Place:
    """What a person names with ``--index``: a folder, or a ``postgresql://`` address."""
    if isinstance(place, str):
        return Address(place) if _SCHEME.match(place) else Path(place)
    return place


def own_folder(place: Place) -> Path:
    """The folder for what is kept on this machine: the library's own, or one in the user's data for an address, where
    the copies of uploaded files lie, and the conversations."""
    if isinstance(place, Path):
        return place.expanduser().absolute()
    # Neither user nor password: who comes with another one comes to the same library.
    where = f"{place.of_database.rpartition('@')[2]} {place.schema}"
    name = hashlib.sha256(where.encode()).hexdigest()[:16]
    return platformdirs.user_data_path("article-qa") / "shared" / name


def make_own_folder(place: Place) -> Path:
    """``own_folder``, made for an address where it is not there and can be: who needs it says that it is missing."""
    folder = own_folder(place)
    if isinstance(place, Address):
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
    return folder
