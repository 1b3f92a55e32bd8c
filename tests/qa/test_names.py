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


def test_a_name_goes_on_with_a_word_that_is_also_written_small() -> None:
    text = "On Monday the Supreme Court heard it. A lower court had not. Then the Supreme Court ruled."
    assert [name.text for name in names_in(text)] == ["Supreme Court"]
    # Where it also stands without that word, it is whole.
    text = "The court met in Florida. Later the Florida Court said so. Then all of Florida knew."
    assert [name.text for name in names_in(text)] == ["Florida"]
