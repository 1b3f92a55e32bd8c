from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.conftest import Store
from vectorstore import Article, ArticleFilter, ArticleIndex, Chunk


class Same:
    """One vector for every text: what is tested with it is not about meaning."""

    name, dimension = "same", 2

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]


def article(name: str, text: str = "Nothing to see.", **facts: object) -> tuple[Article, list[Chunk]]:
    made = Article(name, f"/news/{name}.txt", name.title(), text, fingerprint=name)
    made = replace(made, **facts)  # type: ignore[arg-type]
    # Long texts have two chunks that overlap, as chunks do.
    half = text.find(" ", len(text) // 2) + 1
    spans = [(0, text.find(" ", half)), (half, len(text))] if len(text) > 80 else [(0, len(text))]
    return made, [
        Chunk(f"{name}{start}", name, made.title, made.source, text[start:end], start, end) for start, end in spans
    ]


@pytest.fixture
def index(store: Store) -> Iterator[ArticleIndex]:
    made = ArticleIndex.open(store.place(), Same())
    yield made
    made.close()


def ids(index: ArticleIndex, articles: list[str] | None = None, /, **wanted: object) -> list[str]:
    return [found.summary.id for found in index.find_articles(ArticleFilter(**wanted), articles)]  # type: ignore[arg-type]


@pytest.fixture
def dated(index: ArticleIndex) -> ArticleIndex:
    dates = {"a": "2022", "b": "2022-08", "c": "2022-08-10", "d": "2021-12-31", "e": None, "f": "2023-01-01"}
    index.add([article(name, text=f"Number {name}.", published=date) for name, date in dates.items()])
    return index


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2022", "2022", "abc"),
        ("2022-08", "2022-08", "bc"),
        ("2022-08-10", "2022-08-10", "c"),
        ("2022-08-11", None, "f"),
        ("2022-08", None, "bcf"),
        (None, "2022-08", "bcd"),
        (None, "2021", "d"),
        ("2024", None, ""),
    ],
)
def test_articles_of_a_period_are_those_that_certainly_came_out_in_it(
    dated: ArticleIndex, since: str | None, until: str | None, expected: str
) -> None:
    assert "".join(ids(dated, since=since, until=until)) == expected


def test_dates_that_are_not_known_exactly_are_neither_newest_nor_oldest(dated: ArticleIndex) -> None:
    assert "".join(ids(dated, order="newest")) == "fcbade"
    assert "".join(ids(dated, order="oldest")) == "dcbafe"
    assert ids(dated, order="newest", limit=1) == ["f"]
    assert ids(dated, ["a", "c", "nowhere"], order="newest") == ["c", "a"]


def test_what_the_record_says_is_compared_without_case_and_accents(index: ArticleIndex) -> None:
    index.add(
        [
            article("one", text="One.", authors=("Zoë Müller", "Ian Quill"), language="en", title="The Met Gala"),
            article("two", text="Two.", authors=("Ian Zoe",), source="https://News.example/Gala/2022", language="fr"),
        ]
    )
    assert ids(index, author="zoe MULLER") == ["one"]
    assert ids(index, author="Zoe") == ["one", "two"]
    assert ids(index, author="Zoë Quill") == []  # no one author is called so
    assert ids(index, author="Zo") == []
    assert ids(index, author="?") == []
    assert ids(index, title="gala met") == ["one"]
    assert ids(index, source="news.example") == ["two"]
    assert ids(index, language="en-GB") == ["one"]
    assert ids(index, author="zoe", language="fr", source="2022") == ["two"]
    assert ids(index) == ["one", "two"]


def test_a_story_is_found_by_the_source_of_its_copy(index: ArticleIndex) -> None:
    text = " ".join(f"word{number} stands here" for number in range(60))
    index.add([article("one", text=text), article("two", text=text, source="/wire/two.txt")])
    assert ids(index, source="/wire/") == ids(index, source="/news/") == ["one"]


def test_orders_by_length_and_by_title(index: ArticleIndex) -> None:
    index.add([article(name, text=f"{name} " + "word " * n) for name, n in (("b", 30), ("a", 9), ("c", 60))])
    assert ids(index, order="longest") == ["c", "b", "a"]
    assert ids(index, order="shortest", limit=2) == ["a", "b"]
    assert ids(index, order="title") == ["a", "b", "c"]
    assert ids(index, limit=0) == []


@pytest.mark.parametrize("store", ["folder"], indirect=True)  # its record is written to by hand
def test_the_last_one_added_comes_first(index: ArticleIndex) -> None:
    index.add([article(name, text=f"{name} alone.") for name in "abc"])
    with index._record._database.transaction() as connection:
        connection.execute("UPDATE articles SET added_at = '2020-01-0' || (1 + (id = 'b')) || 'T00:00:00+00:00'")
    assert ids(index, order="added") == ["b", "a", "c"]


def test_mentions_are_counted_where_they_stand(index: ArticleIndex) -> None:
    text = "Old bridges rot. The Old  Bridge of Zürich is an old\nbridge: an old and new bridge. Olden bridge."
    index.add([article("one", text=text), article("two", text="No bridge here, old man."), article("old bridge")])
    found = {one.summary.id: one for one in index.find_articles(ArticleFilter(mentions="old bridge"))}
    assert found.keys() == {"one", "old bridge"}
    assert found["one"].mentions == 3
    first = found["one"].mention
    assert first is not None and text[slice(*first)] == "Old bridges"
    assert (found["old bridge"].mention, found["old bridge"].mentions) == (None, 0)
    [zurich] = index.find_articles(ArticleFilter(mentions="ZURICH"))
    assert zurich.mention is not None and text[slice(*zurich.mention)] == "Zürich"
    assert ids(index, ["two"], mentions="old bridge") == []
    assert ids(index, mentions="?!") == ids(index, mentions='" OR old') == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"since": "August"}, "2022-08"),
        ({"until": "2022-02-30"}, "2022-02-30"),
        ({"order": "random"}, "newest"),
        ({"order": "relevance"}, "about"),
        ({"limit": -1}, "-1"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ArticleFilter(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("cheese", "Listening to Cheese"),
        ("the making of cheese", "Listening to Cheese"),
        ("trains", "Sixty Years of the Bullet Train"),
        ("railways in Japan", "Sixty Years of the Bullet Train"),
        ("birds", "The Bird That Lives in Summer"),
        ("Kim Kardashian", "Kim and Kanye Reach Year Three"),
        ("astronomy", "The Telescope That Unfolded in the Dark"),
        ("video games", "From Paper Flowers to Pixels: The Long Game of Nintendo"),
        ("medicine", "Mould, Milk Churns and a Melon: The Making of Penicillin"),
        ("radioactivity", "Marie Curie: A Life by the Light of Radium"),
        ("jazz", "Nine Hours on 30th Street"),
        ("libraries", "Ferry Street Library Reopens, 26 Inches Higher"),
        ("running", "The Windy Evening When the Mile Gave Way"),
    ],
)
def test_articles_about_a_subject_are_found_by_words_and_meaning(
    library: ArticleIndex, subject: str, title: str
) -> None:
    [found] = library.find_articles(ArticleFilter(about=subject))
    assert found.summary.title == title
    assert found.score is not None


@pytest.mark.parametrize("subject", ["football", "knitting patterns", "quantum computing", "elections in Peru", "?"])
def test_nothing_is_about_what_no_article_is_about(library: ArticleIndex, subject: str) -> None:
    assert library.find_articles(ArticleFilter(about=subject)) == []


def test_what_an_article_is_about_is_combined_with_the_rest(library: ArticleIndex) -> None:
    assert len(library.find_articles(ArticleFilter(about="cheese", since="2018"))) == 1
    assert library.find_articles(ArticleFilter(about="cheese", since="2019")) == []
    assert library.find_articles(ArticleFilter(about="cheese", author="Oona Farrell")) == []
