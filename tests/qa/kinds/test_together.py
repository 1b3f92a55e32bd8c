"""Facts that two articles state together, over made articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from qa.kinds.linked import Linking, Pair, linked, names
from qa.ports import Sentence
from qa.types import Answer, Candidate, Kind, Passage
from tests.qa.kinds.conftest import planned
from vectorstore import Article

AskingOf = Callable[[Mapping[str, str], Kind, str], Answer]

TOLD = {
    "hall.txt": "Otter Hall\n\nOtter Hall is a student residence of the University of Wexham. It was opened in 1974 "
    "and houses 228 students.\n",
    "university.txt": "University of Wexham\n\nThe University of Wexham is a research university. Its main buildings "
    "stand beside the river in the city of Alder Point, and it has some 9,000 students.\n",
    "film.txt": "The Lantern Keeper\n\nThe Lantern Keeper is a 1988 drama film directed by Marta Silva. It stars the "
    "singer Erik Lund as a keeper who will not leave his island.\n",
    "singer.txt": "Erik Lund\n\nErik Lund (born 3 May 1951) is a Norwegian singer and sailor. Before his first record "
    "he worked as a carpenter in a shipyard in Bergen.\n",
    "mill.txt": "Mill Meadow\n\nMill Meadow is a park in the south of Northgate. It has a pond, two lawns and "
    "a café.\n",
}


def _cited(answer: Answer) -> set[str]:
    return {citation.title for citation in answer.citations}


def test_what_leads_to_the_answer_is_not_the_answer(asking_of: AskingOf) -> None:
    answer = asking_of(TOLD, "fact", "Otter Hall is a residence of a university located in what city?")
    assert answer.text == "Alder Point"
    assert _cited(answer) == {"Otter Hall", "University of Wexham"}
    assert answer.score is None  # nobody has measured it


def test_two_articles_are_read_as_one_where_neither_answers_alone(asking_of: AskingOf) -> None:
    question = "What was the job of the singer who stars in The Lantern Keeper before his first record?"
    answer = asking_of(TOLD, "fact", question)
    assert answer.text is not None and "carpenter" in answer.text
    assert _cited(answer) == {"The Lantern Keeper", "Erik Lund"}


def test_a_plain_fact_stays_what_it_is(asking_of: AskingOf) -> None:
    answer = asking_of(TOLD, "fact", "Who directed The Lantern Keeper?")
    assert answer.text == "Marta Silva"
    assert answer.score is not None and _cited(answer) == {"The Lantern Keeper"}


def test_articles_that_do_not_name_each_other_are_no_pair(bot: Any) -> None:
    plan = planned("fact", "How heavy is the mirror of the telescope?")
    passages = bot.gatherer.passages(plan.query.text)
    for pair in Linking(bot.gatherer).pairs(plan, passages, passages):
        assert linked(pair.first, pair.second) and pair.first.article_id != pair.second.article_id


@pytest.mark.parametrize(
    ("text", "title", "has_it"),
    [
        ("It was filmed near Always, a village.", "Always (1989 film)", True),
        ("She sang in Hallways.", "Always", False),
        ("the river alder", "River Alder", True),
        ("It is so.", "It", False),  # too short to be told from a word
    ],
)
def test_a_title_is_named_by_whole_words_without_its_brackets(text: str, title: str, has_it: bool) -> None:
    assert names(text, title) is has_it


def test_a_span_of_a_pair_is_placed_in_the_article_it_stands_in() -> None:
    article = Article("a", "a.txt", "Otter Hall", "It is old. It belongs to Wexham.", fingerprint="")
    first = Passage("1", "a", "Otter Hall", "a.txt", article.text, 0, len(article.text), 1.0, 1)
    second = Passage("2", "b", "Wexham", "b.txt", "Wexham is in Alder Point.", 0, 25, 1.0, 1)
    pair = Pair(first, Sentence(article, 11, len(article.text)), second)
    text = pair.as_read[1]

    def placed(words: str) -> Candidate | None:
        start = text.index(words)
        return pair.place_of(Candidate(words, 0, start, start + len(words), 1.0))

    for words, passage in (("belongs", first), ("Alder Point", second)):
        found = placed(words)
        assert found is not None and passage.text[found.start : found.end] == words
        assert found.passage == (passage is second)
    assert placed("to Wexham. Wexham") is None
