from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.boilerplate import drop_boilerplate
from ingest.cleaning import clean

HEADLINE = "Otters Return to the River Wend\n\n"


def kept(line: str) -> bool:
    """Whether a line standing alone in the middle of an article survives."""
    return line in drop_boilerplate(f"{HEADLINE}The first otter was seen in May.\n\n{line}\n\nIt was alone.").split(
        "\n"
    )


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet="a \t\n\r\u00a0\u200b\u00ad\u0301\u0344e\u2028\u2029\u3000\x00\x0b", max_size=80))
def test_cleaning_is_stable_on_the_characters_it_changes(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_dropping_boilerplate_twice_changes_nothing_more(text: str) -> None:
    once = drop_boilerplate(clean(text))
    assert drop_boilerplate(once) == once


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"], max_codepoint=0x24F), max_size=60))
def test_cleaning_keeps_every_visible_character(text: str) -> None:
    assert clean(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("one  \n \n\t\ntwo ", "one\n\ntwo"),
        ("Ellen\u00a0 last\u2009month", "Ellen last month"),
        ("co\u00adoper\u200bate\ufeff", "cooperate"),
        ("bell\x07 and null\x00", "bell and null"),
        ("cafe\u0301", "café"),
        ("line\u2028next\u2029paragraph", "line\nnext\n\nparagraph"),
        ("\u202eevil\u202c", "evil"),
        ("\ud800lone", "lone"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("def f():\n    return 1", "def f():\n    return 1"),
        ("", ""),
        (" \n \n", ""),
    ],
)
def test_text_becomes_canonical(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_endless_combining_marks_are_bounded_and_fast() -> None:
    started = time.process_time()
    cleaned = clean("a" + "\u0301\u0316" * 500_000)
    assert len(cleaned) < 100
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "line",
    [
        "Watch: Otters Play Under the Old Bridge",
        "WATCH NOW: Otters Play Under the Old Bridge",
        "Related: Ten Rivers Worth a Weekend",
        "Read more: Why Rivers Meander",
        "Don't miss: The Best Bridges in the North",
        "Jane Roe/REX/Shutterstock",
        "Jane Roe / Getty Images",
        "Jane Roe/Getty Images for River Trust",
        "AP Photo/Jane Roe",
        "Getty Images",
        "Ada Finch's River Looks Through the Years",
        "Ada & Ben Finch's Cutest Pics",
        "The Wildest Otter Photos of All Time",
        "Latest News",
        "Read more",
        "READ MORE »",
        "Advertisement",
        "ADVERTISEMENT",
        "Related:",
        "Share this",
        "Share this article",
        "Sign up for our newsletter",
        "Subscribe to our free weekly newsletter!",
        "Story continues below advertisement",
        "Skip to main content",
        "Accept all cookies",
        "Cookie settings",
        "Follow us on Facebook and Instagram",
    ],
)
def test_boilerplate_of_the_page_is_dropped(line: str) -> None:
    assert not kept(line)


@pytest.mark.parametrize(
    "line",
    [
        "Watch: the otter dives before it is seen.",
        "Watch the river long enough and you will see one.",
        "Related species live further south.",
        "Related work was published in 2012.",
        "Read more books, said the teacher.",
        "Advertisement spending rose by 4 percent.",
        "Share this burden with your neighbours.",
        "She signed up for our newsletter in March.",
        "The site uses cookies to track its readers, the court found.",
        "We use cookies to thicken the pudding, she said.",
        "Reuters reported that the river had risen.",
        "Getty Images sued the company in 2023.",
        "The Getty family paid for the bridge.",
        "Photo editors chose the picture at night.",
        "The photo was taken by Jane Roe in 1954",
        "And/or is a word that lawyers love",
        "The Best Years of the River",
        "Ada Finch's Childhood",
        "The River Through the Years",
        "A New Bridge",
        "Fashion",
        "Latest news from the front reached them in May.",
        "Photo: how the first otter was found in the reeds by the old mill",
        "No. 3",
        "I love you so much!",
        "In 1999 Ada & Ben moved here; their best moments were still to come",
    ],
)
def test_sentences_and_headings_are_kept(line: str) -> None:
    assert kept(line)


def test_the_headline_above_a_credit_goes_with_it() -> None:
    text = f"{HEADLINE}It rained.\n\nAda Finch and the River Otters\nJane Roe/Shutterstock\n\nThen it stopped."
    assert drop_boilerplate(text) == f"{HEADLINE}It rained.\n\nThen it stopped."


def test_a_sentence_above_a_credit_stays() -> None:
    text = f"{HEADLINE}It rained.\n\nAda Finch looks at the river in 2017.\nJane Roe/Shutterstock\n\nThen it stopped."
    assert drop_boilerplate(text) == (
        f"{HEADLINE}It rained.\n\nAda Finch looks at the river in 2017.\n\nThen it stopped."
    )


def test_the_first_line_is_never_boilerplate() -> None:
    assert drop_boilerplate("Latest News\n\nIt rained.") == "Latest News\n\nIt rained."


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        ("By Ada Finch May 05, 2017 7:54 PMTags", "By Ada Finch May 05, 2017 7:54 PM"),
        ("By Ada Finch May 05, 2017 7:54 PM Share", "By Ada Finch May 05, 2017 7:54 PM"),
        ("May 5, 2017Tags", "May 5, 2017"),
        ("By 2017 Tags were printed.", "By 2017 Tags were printed."),
        ("She wore Price Tags", "She wore Price Tags"),
    ],
)
def test_buttons_beside_a_byline_go(line: str, cleaned: str) -> None:
    assert drop_boilerplate(f"{HEADLINE}{line}\n\nIt rained.") == f"{HEADLINE}{cleaned}\n\nIt rained."


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["It rained.", "She said: “Read more!”", "Who came?", "Photo: it was dark."]), max_size=9)
)
def test_no_sentence_is_ever_dropped(sentences: list[str]) -> None:
    text = clean("\n\n".join(["Title", *sentences]))
    assert drop_boilerplate(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "Otters at play below the old bridge on Monday. Jane Roe/AP",
        "The harbour after the storm, March 3, 2017. Jane W. Roe/River Trust/AFP/Getty Images",
        "An otter that was fifteen when it came here Jane Roe/Getty Images",
        "Ada Finch took this picture in 1954. Courtesy Ada Finch",
        "More:Ten rivers that are worth a weekend",
        "The old bridge:Why it stands where nobody needs one",
        "Sign up for the Gazette's weekly newsletter. Otters, rivers and more.",
        "Get our weekly newsletter Sign up here to get the news from the river every Tuesday.",
        "Follow Jane Roe on Twitter @janeroe",
    ],
)
def test_captions_and_promotions_of_newspapers_are_dropped(line: str) -> None:
    assert not kept(line)


@pytest.mark.parametrize(
    "line",
    [
        "The bridge carries 400 people an hour. Most of them walk and/or cycle",
        "They played songs by AC/DC",
        "He lived in Leeds. His house stands in York/Leeds Road today.",
        "The rule was plain: no otters after dark",
        "March 30:The mayor closed the bridge.",
        "Follow the river on foot and you will see an otter.",
        "Get used to it, she said.",
    ],
)
def test_lines_of_a_text_that_look_a_little_like_them_are_kept(line: str) -> None:
    assert kept(line)


def test_what_a_newsroom_says_of_itself_is_dropped_at_the_head_and_at_the_foot() -> None:
    text = (
        f"{HEADLINE}5 May 2017\n\nLeeds Evening Post —\n\nIt rained.\n\n"
        "This story has been updated with more details.\n\nContributing: Jane Roe, Leeds Evening Post"
    )
    assert drop_boilerplate(text) == f"{HEADLINE}5 May 2017\n\nIt rained."
    story = "It rained for three days before the river came over its banks and into the old town."
    text = "\n\n".join(["River Floods", story, "Leeds —", "This story has been updated.", *[story] * 4])
    assert drop_boilerplate(text) == text
