"""Where a library is: in a folder of this machine, or at the address of a PostgreSQL database."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

import platformdirs

DEFAULT_SCHEMA = "article_qa"
"""Database schema of a library whose address names none."""
_SCHEME = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_TOLD = frozenset({"host", "port", "dbname", "user", "schema", "sslmode"})
"""What of the options of an address is shown: no secret can be in these."""


class Address:
    """The address of a PostgreSQL database. As text it is without its password, wherever it is shown.

    No dataclass: what shows the fields of one, as a dump of settings does, would show the password.
    """

    __slots__ = ("_given",)

    def __init__(self, given: str) -> None:
        """``given`` is ``postgresql://user:password@host:port/database?schema=name``, with libpq's other options."""
        self._given = given

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self._given == other._given

    def __hash__(self) -> int:
        return hash(self._given)

    def __str__(self) -> str:
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
    def options(self) -> dict[str, str]:
        """What stands behind the question mark, by name."""
        return dict(self._parts()[3])

    @property
    def for_server(self) -> str:
        """The address as libpq takes it: all but the schema, and with the password."""
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
    where = f"{str(place).rpartition('@')[2]} {place.schema}"
    name = hashlib.sha256(where.encode()).hexdigest()[:16]
    return platformdirs.user_data_path("article-qa") / "shared" / name


def make_own_folder(place: Place) -> Path:
    """``own_folder``, made for an address where it is not there and can be: who needs it says that it is missing."""
    folder = own_folder(place)
    if isinstance(place, Address):
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
    return folder
