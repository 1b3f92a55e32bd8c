from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Store
from vectorstore import Article, ArticleIndex, Chunk, duplicates
from vectorstore.duplicates import adds_nothing, near, profile

WORDS = (
    "harbour storm lantern granite copper meadow violin orchard timber saddle pepper canvas velvet anchor barley "
    "thunder marble cotton falcon ginger hollow ivory jasper kettle ladder mirror needle oyster pillow quarry ribbon "
    "silver tunnel umbrella valley walnut yellow zebra basket candle dragon ember feather garden hammer island jungle"
).split()


def story(seed: int, words: int = 160) -> list[str]:
    """A made-up story, as words; of different seeds, different."""
    chosen = random.Random(seed)
    return [chosen.choice(WORDS) for _ in range(words)]


def edited(words: list[str], seed: int) -> list[str]:
    """The story with a few of its words changed, and its last words cut."""
    chosen = random.Random(seed)
    changed = list(words[: len(words) - chosen.randrange(15)])
    for _ in range(4):
        changed[chosen.randrange(len(changed))] = chosen.choice(WORDS)
    return changed


class Lengths:
    """Embeds a text as a few counts."""

    name = "lengths"
    dimension = 4

    def __init__(self) -> None:
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return [[1.0, len(text) % 7, len(text) % 11, 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def article(name: str, words: list[str], title: str = "Story") -> tuple[Article, list[Chunk]]:
    """An article of chunks of forty words."""
    text = " ".join(words) + "."
    made = Article(name, f"/news/{name}.txt", title, text, fingerprint=text)
    chunks, start = [], 0
    for first in range(0, len(words), 40):
        piece = " ".join(words[first : first + 40])
        end = start + len(piece)
        chunks.append(Chunk(f"{name}-{start}-{end}", name, title, made.source, piece, start, end))
        start = end + 1
    return made, chunks


@pytest.fixture
def index(store: Store) -> Iterator[ArticleIndex]:
    opened = ArticleIndex.open(store.place(), Lengths())
    yield opened
    opened.close()


def shown(index: ArticleIndex) -> dict[str, tuple[str, ...]]:
    return {summary.id: summary.other_sources for summary in index.articles()}


def stories(index: ArticleIndex) -> int:
    return len({frozenset({one.source, *one.other_sources}) for one in index.articles()})


def near_texts(one: str, other: str) -> bool:
    return near(profile("", one), profile("", other))


WIRE = (
    "The old bridge over the river was closed to all traffic on Friday after engineers found cracks in two of its "
    "granite towers. The mayor, Oona Farrell, said that the repairs would take until the spring and that a ferry would "
    "run every half hour from the northern landing. Shopkeepers along the quay fear for their trade before the "
    "holidays. The bridge was opened in 1883 and carries 40,000 people a day."
)


def test_a_few_words_changed_are_the_same_story() -> None:
    assert near_texts(WIRE, WIRE.replace("fear for", "worry about").replace("take until", "last until"))
    assert near_texts(WIRE, WIRE + " More on this story as it develops through the evening.")
    assert near_texts(WIRE, WIRE.upper())


def test_another_number_is_another_story() -> None:
    assert not near_texts(WIRE, WIRE.replace("1883", "1884"))
    assert near_texts(WIRE, WIRE.replace(" and carries 40,000 people a day", ""))


def test_other_stories_are_others() -> None:
    assert not near_texts(" ".join(story(1)), " ".join(story(2)))
    assert not near_texts(WIRE, WIRE[:150])
    assert not near_texts("It rained.", "It snowed.")


def test_short_texts_are_the_same_only_with_the_same_title() -> None:
    assert near(profile("Rain", "It rained."), profile("Rain", "It rained."))
    assert not near(profile("Rain", "It rained."), profile("Snow", "It rained."))


def test_a_passage_adds_nothing_where_its_names_and_numbers_are_known() -> None:
    known = profile("", WIRE)
    first, second, *_ = WIRE.split(". ")
    assert adds_nothing(first, known)
    assert adds_nothing(second.replace("every half hour", "each half hour"), known)
    assert not adds_nothing(second.replace("Oona Farrell", "Ian Quill"), known)
    assert not adds_nothing(first.replace("two", "2"), known)
    assert not adds_nothing("A ferry sank off the southern landing late at night.", known)


def test_the_same_story_twice_is_shown_as_one_with_two_sources(index: ArticleIndex) -> None:
    words = story(1)
    index.add([article("long", words), article("short", words[:-5]), article("other", story(2))])
    assert shown(index) == {"long": ("/news/short.txt",), "other": ()}
    assert index.counts() == (2, 8)
    assert {hit.chunk.article_id for hit in index.search_lexical(" ".join(words[:10]), 50)} <= {"long", "other"}
    assert {hit.chunk.article_id for hit in index.search_vector([1, 1, 1, 1], 50)} == {"long", "other"}
    both = [index.article("long"), index.article("short")]
    assert [one.other_sources if one else None for one in both] == [("/news/short.txt",), ("/news/long.txt",)]
    assert index.check().sound


def test_removing_one_leaves_the_other(index: ArticleIndex) -> None:
    words = story(1)
    index.add([article("long", words), article("short", words[:-5])])
    assert index.remove(["long"]) == 1
    assert shown(index) == {"short": ()}
    assert index.search_lexical(words[0], 5)[0].chunk.article_id == "short"
    assert index.counts() == (1, 4)
    assert index.check().sound


def test_what_only_the_copy_says_is_found_and_the_copy_is_listed_beside_the_other(index: ArticleIndex) -> None:
    words = story(1)
    copy = words[:-20] + "while the mayor Oona Farrell looked on".split()
    index.add([article("long", words), article("copy", copy)])
    assert shown(index) == {"long": ("/news/copy.txt",), "copy": ("/news/long.txt",)}
    assert index.counts()[0] == 2
    assert [hit.chunk.article_id for hit in index.search_lexical("Farrell", 5)] == ["copy"]
    assert index.check().sound


def test_a_search_within_a_copy_finds_what_is_hidden_elsewhere_and_within_both_finds_it_once(
    index: ArticleIndex,
) -> None:
    words = story(1)
    index.add([article("long", words), article("short", words[:-5]), article("other", story(2))])
    assert {hit.chunk.article_id for hit in index.search_vector([1, 1, 1, 1], 50, ["short"])} == {"short"}
    assert {hit.chunk.article_id for hit in index.search_vector([1, 1, 1, 1], 50, ["short", "long"])} == {"long"}
    hidden = index.chunks_of("short")
    assert len(index.similarities([1, 1, 1, 1], [one.id for one in hidden])) == len(hidden) == 4


def test_a_copy_is_not_embedded_again(index: ArticleIndex) -> None:
    embedder = index.embedder
    assert isinstance(embedder, Lengths)
    assert index.add([article("one", story(1))]) == 4
    assert index.add([article("two", story(1)), article("three", story(1))]) == 0
    assert embedder.embedded == 4
    assert shown(index) == {"one": ("/news/three.txt", "/news/two.txt")}


def test_a_copy_is_stored_though_the_other_is_removed_just_before(
    index: ArticleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add([article("one", story(1))])
    embedder = index.embedder
    assert isinstance(embedder, Lengths)
    embed = embedder.embed_documents

    def embed_slowly(texts: list[str]) -> list[list[float]]:
        index.remove(["one"])  # as somebody else may, where several write
        return embed(texts)

    monkeypatch.setattr(embedder, "embed_documents", embed_slowly)
    assert index.add([article("two", story(1)), article("three", story(2))]) == 4
    assert shown(index) == {"three": (), "two": ()}
    assert index.check().sound


def test_an_edit_takes_a_copy_out_of_its_group(index: ArticleIndex) -> None:
    index.add([article("one", story(1)), article("two", story(1))])
    index.add([article("two", story(2))])
    assert shown(index) == {"one": (), "two": ()}
    assert index.counts() == (2, 8)
    assert index.check().sound


def test_two_groups_joined_by_one_between_them_fall_apart_without_it(index: ArticleIndex) -> None:
    words = story(1, 150)
    first, between, last = words[:], words[:], words[:]
    for place in range(0, 27, 3):
        first[place] = "changed"
    for place in range(60, 87, 3):
        last[place] = "altered"
    assert not near_texts(" ".join(first), " ".join(last))
    index.add([article("first", first), article("last", last)])
    assert stories(index) == 2
    index.add([article("between", between)])
    assert stories(index) == 1
    index.remove(["between"])
    assert stories(index) == 2
    assert index.check().sound


def test_a_rebuild_groups_as_adding_did(index: ArticleIndex) -> None:
    index.add([article("one", story(1)), article("two", edited(story(1), 3)), article("three", story(4))])
    before = groups(index)
    index.rebuild()
    assert groups(index) == before
    assert index.check().sound


def groups(index: ArticleIndex) -> object:
    searched = index._record._database.rows("SELECT id, searched FROM chunks ORDER BY id")
    return shown(index), searched, sorted(index._record.vectors()[0])


STEPS = st.lists(
    # Articles that are added together, by name: of which story, and which edit of it; None where one is removed.
    st.dictionaries(
        st.sampled_from("abcdefgh"), st.one_of(st.none(), st.tuples(st.integers(0, 2), st.integers(0, 4))), min_size=1
    ),
    min_size=1,
    max_size=8,
)
Steps = list[dict[str, tuple[int, int] | None]]


@pytest.mark.parametrize("form", [2, 50])
@given(steps=STEPS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_groups_do_not_depend_on_the_order_of_adding(form: int, steps: Steps, store: Store) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "FORM", form)
        _compare_grown_and_fresh(steps, store)


def _compare_grown_and_fresh(steps: Steps, store: Store) -> None:
    grown = ArticleIndex.open(store.place(f"grown-{secrets.token_hex(4)}"), Lengths())
    left: dict[str, tuple[Article, list[Chunk]]] = {}
    for step in steps:
        removed = [name for name, content in step.items() if content is None]
        added = {
            name: article(name, edited(story(content[0]), content[1]) if content[1] else story(content[0]))
            for name, content in step.items()
            if content is not None
        }
        grown.remove(removed)
        grown.add(list(added.values()))
        left = {name: made for name, made in left.items() if name not in removed} | added
    fresh = ArticleIndex.open(store.place(f"fresh-{secrets.token_hex(4)}"), Lengths())
    fresh.add([left[name] for name in sorted(left)])
    assert groups(grown) == groups(fresh)
    assert grown.check().sound
    grown.close()
    fresh.close()


def rows(first: int, last: int) -> list[tuple[Article, list[Chunk]]]:
    """Rows made from one template, three of their words in a hundred their own."""
    made = []
    for number in range(first, last):
        words = story(1, 100)
        for place in (20, 50, 80):
            words[place] = f"{WORDS[number % 40]}{chr(97 + number // 40)}"
        made.append(article(f"row{number:04}", words))
    return made


def test_rows_made_from_one_template_are_no_story_told_again_and_again(index: ArticleIndex) -> None:
    index.add(rows(0, 10))
    assert stories(index) == 1
    index.add(rows(10, 70))
    assert stories(index) == 70
    index.remove([f"row{number:04}" for number in range(10, 70)])
    assert stories(index) == 1
    assert index.check().sound


def test_copies_are_found_however_many_there_are(index: ArticleIndex) -> None:
    index.add([article(f"copy{number:02}", story(1)) for number in range(70)])
    index.add([article("late", story(1), title="Another"), article("other", story(2))])
    assert stories(index) == 2
    index.remove(["copy00"])
    assert stories(index) == 2
    assert index.check().sound


@pytest.mark.parametrize("words", [["rain"], story(1)])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_copies_added_together_join_one_that_was_there(index: ArticleIndex, words: list[str], before: int) -> None:
    copies = [article(f"copy{number}", words) for number in range(3)]
    index.add([copies.pop(before)])
    index.add(copies)
    assert stories(index) == 1


@pytest.mark.parametrize("store", ["folder"], indirect=True)  # it is SQLite that counts its steps
def test_the_work_for_a_row_does_not_grow_with_the_rows_stored(index: ArticleIndex) -> None:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    index.add(rows(0, 100))
    index._record._database.connection.set_progress_handler(count, 100)
    index.add(rows(100, 150))
    early, steps = steps, 0
    for first in range(150, 900, 150):
        index.add(rows(first, first + 150))
    steps = 0
    index.add(rows(900, 950))
    assert 0 < steps < 3 * early


def test_the_body_alone_is_compared(index: ArticleIndex) -> None:
    words = story(1)
    plain, chunks = article("plain", words)
    line = "By Oona Farrell, 5 May 2017.\n"
    signed = replace(article("signed", words)[0], text=line + plain.text, body_start=len(line))
    moved = [replace(one, id=f"signed{one.start}", article_id="signed", source=signed.source) for one in chunks]
    index.add([(plain, chunks)])
    index.add([(signed, [replace(one, start=one.start + len(line), end=one.end + len(line)) for one in moved])])
    assert len(shown(index)) == 1
    assert index.check().sound
