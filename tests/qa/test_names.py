"""Names are found by how a text writes them."""

from __future__ import annotations

from qa.names import names_in

TEXT = """Kim Kardashian met Kanye West in Florence. Kardashian wore white. The guests met West at a fort.

People came to Florence on Saturday. In Florence, Kardashian spoke of people and of guests."""


def test_names_are_found_with_their_mentions_and_their_place() -> None:
    found = {name.text: name for name in names_in(TEXT)}
    assert set(found) == {"Kim Kardashian", "Kanye West", "Florence"}
    assert found["Kim Kardashian"].mentions == 3
    assert found["Florence"].is_place and not found["Kanye West"].is_place
    assert all(TEXT[name.start : name.end] == name.text for name in found.values())


def test_words_that_are_also_written_small_and_days_are_no_names() -> None:
    assert names_in("The Guests came. Some of the Guests met other guests on Monday and on Monday.") == []
    assert names_in("") == []
