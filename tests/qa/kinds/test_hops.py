"""Questions in two steps."""

from __future__ import annotations

import pytest

from qa.kinds.hops import Hop, hops, with_answer


@pytest.mark.parametrize(
    ("question", "inner", "outer"),
    [
        ("How old was Kim when Kanye proposed?", "When Kanye proposed?", "How old was Kim {}?"),
        (
            "Where was the coach of the Lionesses born?",
            "What is the name of the coach of the Lionesses?",
            "Where was {} born?",
        ),
        (
            "Who directed the film that Tom Hanks starred in?",
            "What is the name of the film that Tom Hanks starred in?",
            "Who directed {}?",
        ),
        (
            "In what year did the man who built the bridge die?",
            "What is the name of the man who built the bridge?",
            "In what year did {} die?",
        ),
        ("Where did Kim's husband grow up?", "What is the name of Kim's husband?", "Where did {} grow up?"),
    ],
)
def test_the_inner_question_is_found(question: str, inner: str, outer: str) -> None:
    first = hops(question)[0]
    assert (first.inner, first.outer) == (inner, outer)


@pytest.mark.parametrize(
    "question",
    ["Who is the coach of the Lionesses?", "Who discovered penicillin?", "when did kanye propose", "", "the of"],
)
def test_a_plain_question_has_none(question: str) -> None:
    assert hops(question) == []


def test_a_date_is_put_in_with_its_preposition() -> None:
    hop = Hop("When Kanye proposed?", "How old was Kim {}?", is_time=True)
    assert with_answer(hop, "Oct. 21, 2013") == "How old was Kim on Oct. 21, 2013?"
    assert with_answer(hop, "2013") == "How old was Kim in 2013?"
    assert with_answer(hop, "in 2013") == "How old was Kim in 2013?"
