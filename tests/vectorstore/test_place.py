"""What a person names as the place of a library, and that no password of an address is shown anywhere."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from qa import Settings
from vectorstore.place import DEFAULT_SCHEMA, Address, library_place, own_folder


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://ann:secret@db.example:5433/articles", "postgresql://ann@db.example:5433/articles"),
        ("postgres://ann:secret@db.example/articles", "postgresql://ann@db.example/articles"),
        ("postgresql://ann:se@cr/et?@db.example/articles", "postgresql://ann@db.example/articles"),
        ("postgresql://ann:se%40cret@db.example/articles", "postgresql://ann@db.example/articles"),
        (
            "postgresql://ann:secret@db/a?sslmode=require&schema=news",
            "postgresql://ann@db/a?sslmode=require&schema=news",
        ),
        ("postgresql://db/a?user=ann&password=secret", "postgresql://db/a?user=ann"),
        ("postgresql:///a?host=%2Frun&sslpassword=secret", "postgresql:///a?host=%2Frun"),
        ("postgresql://ann:secret?more@db/a", "postgresql://ann@db/a"),
        ("postgresql://ann:12?secret@db/a", "postgresql://ann@db/a"),
        ("postgresql://db/a", "postgresql://db/a"),
    ],
)
def test_an_address_is_shown_without_its_password(given: str, shown: str) -> None:
    address = library_place(given)
    assert isinstance(address, Address)
    for text in (str(address), f"{address}", repr(address), repr(Settings(index=address)), str(own_folder(address))):
        assert "secret" not in text and "se@cr" not in text and "cret" not in text
    assert Settings(index=given).index == address  # type: ignore[arg-type]
    if "?more" not in given and "12?" not in given:
        assert str(address) == shown


def test_a_dump_of_settings_shows_no_password() -> None:
    assert "secret" not in repr(Settings(index="postgresql://ann:secret@db/a").model_dump())  # type: ignore[arg-type]


def test_a_server_gets_the_password_and_not_the_schema() -> None:
    address = Address("postgresql://ann:se@cr/et?x@db:5433/a?schema=news&sslmode=require")
    assert address.for_server == "postgresql://ann:se%40cr%2Fet%3Fx@db:5433/a?sslmode=require"
    assert address.schema == "news"
    assert Address("postgresql://db/a").schema == DEFAULT_SCHEMA
    assert pickle.loads(pickle.dumps(address)) == address


def test_everything_else_is_a_folder() -> None:
    assert library_place("data/index") == Path("data/index")
    assert library_place("mysql://db/a") == Path("mysql://db/a")


def test_what_lies_beside_a_shared_library_is_the_same_for_all_users_of_a_machine_account() -> None:
    one, other = (own_folder(Address(f"postgresql://{login}@db/a")) for login in ("ann:x", "bob"))
    assert one == other
    assert own_folder(Address("postgresql://ann@db/a?schema=news")) != one
    assert own_folder(Path("data")) == Path("data").absolute()
