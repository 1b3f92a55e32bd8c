from __future__ import annotations

import pytest

from qa.citations import cite, enclosing_sentence
from qa.types import Candidate, Passage
from vectorstore import Article, Section

TEXT = (
    "Two blows\n\nKim was in Paris. Kanye proposed on Oct. 21 at the ballpark, on her birthday. She said yes!\n\n"
    "They live in L.A. now. The end"
)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("Oct. 21", "Kanye proposed on Oct. 21 at the ballpark, on her birthday."),
        ("Paris", "Kim was in Paris."),
        ("yes", "She said yes!"),
        ("L.A.", "They live in L.A. now."),
        ("The end", "The end"),
        ("Two blows", "Two blows"),
        ("her birthday. She", "Kanye proposed on Oct. 21 at the ballpark, on her birthday. She said yes!"),
    ],
)
def test_the_quote_is_the_sentence_around_the_answer(words: str, sentence: str) -> None:
    start = TEXT.index(words)
    first, last = enclosing_sentence(TEXT, start, start + len(words))
    assert TEXT[first:last] == sentence


def test_a_citation_counts_characters_of_the_article() -> None:
    pages = (Section(0, "page 1"), Section(TEXT.index("Oct. 21"), "page 2"))
    article = Article("a", "/a.txt", "Two blows", TEXT, "f", published="2017-05-05", sections=pages)
    passage_start = TEXT.index("Kanye")
    passage = Passage("c", "a", "", "", TEXT[passage_start:], passage_start, len(TEXT), 0.0, 0.0, 0.0, 1)
    start = passage.text.index("Oct. 21")
    citation = cite(Candidate("Oct. 21", 0, start, start + 7, 1.0), passage, article)
    assert article.text[citation.start : citation.end] == citation.quote
    assert citation.answer_start is not None
    assert article.text[citation.answer_start : citation.answer_end] == "Oct. 21"
    assert (citation.published, citation.locator) == ("2017-05-05", "page 1")
