"""What articles are about is told in names kept whole and in nouns, as the articles write them."""

from __future__ import annotations

from qa.topics import topics_of

FERRY = "The ferry left at noon. On Monday the new ferry carried 40 people. People like the ferry."


def test_names_are_kept_whole_and_short_ones_stand_for_them() -> None:
    bodies = [
        "On Monday Senator Mary Holm met the farmers. The farmers like Holm, and they said so to Holm.",
        "The farmers say that Mary Holm has listened. They thanked Holm.",
    ]
    titles = ["Holm Meets Farmers", "What Mary Holm heard"]
    topics = topics_of(list(zip(titles, bodies, strict=True)))
    assert all("Mary Holm" in one for one in topics)
    assert not any(topic in ("Holm", "Senator Mary Holm", "Holm Meets Farmers") for one in topics for topic in one)


def test_nouns_of_a_title_are_topics_in_the_casing_of_the_text_and_verbs_are_not() -> None:
    topics = topics_of([("New Ferry Carried People Across", FERRY), ("Another matter", "It is of no ferry at all.")])
    assert "ferry" in topics[0]
    assert topics[0].isdisjoint({"Ferry", "carried", "Carried", "across", "new"})


def test_an_adjective_with_a_capital_is_no_topic() -> None:
    text = "They met British farmers, British sailors and British miners. The ferry is British built."
    assert topics_of([("British visitors", text)]) == [frozenset()]


def test_what_only_begins_sentences_or_stands_in_headings_is_no_name() -> None:
    text = "All About The Ferry\nBoats come. Boats go. Boats stay. Boats sink."
    assert topics_of([("Boats and More", text)]) == [frozenset()]


def test_no_article_and_no_text_have_no_topics() -> None:
    assert topics_of([]) == []
    assert topics_of([("", "")]) == [frozenset()]


def test_what_follows_an_ordinal_is_no_name_of_its_own() -> None:
    texts = ["They met in the library of Water Street. It opened.", "They played for nine hours on East 30th Street."]
    library, studio = topics_of(list(zip(["A Library in Water Street", "Hours on 30th Street"], texts, strict=True)))
    assert "Water Street" in library
    assert not any("Street" in topic for topic in studio)
