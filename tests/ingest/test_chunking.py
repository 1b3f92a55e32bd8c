from __future__ import annotations

import itertools
import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunking import MIN_TAIL, chunk_article
from language.sentences import sentence_spans
from vectorstore.types import Article

PROSE = (
    "The otter came back in May. It ate fish, crabs and one shoe. Dr. Finch saw it on Oct. 21, 2013 from her porch. "
)


def article(text: str, title: str = "Otters") -> Article:
    return Article(id="0123456789ab", source="/articles/otters.txt", title=title, text=text, fingerprint="1-x")


def prose(paragraphs: int, sentences: int = 6) -> str:
    sentence = "Sentence {0} of paragraph {1} says that the river rose again."
    return "\n\n".join(
        " ".join(sentence.format(number, paragraph) for number in range(sentences)) for paragraph in range(paragraphs)
    )


TEXTS = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="abc .!?\n", max_size=600),
    st.lists(
        st.sampled_from([PROSE, "Heading\n\n", "word ", "x" * 70, "\n\n", "- item\n", "的" * 30]), max_size=30
    ).map("".join),
)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 120), st.data())
def test_offsets_are_exact_and_the_whole_text_is_covered(text: str, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    chunks = chunk_article(article(text), size=size, overlap=overlap)
    covered = 0
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip() == chunk.text != ""
        assert not text[covered : chunk.start].strip()
        assert chunk.end > covered
        assert len(chunk.text) <= size * (1 + MIN_TAIL)
        covered = chunk.end
    assert not text[covered:].strip()
    assert len({chunk.id for chunk in chunks}) == len(chunks)


@settings(deadline=None)
@given(TEXTS, st.integers(20, 200))
def test_no_word_is_cut_unless_it_is_longer_than_a_chunk(text: str, size: int) -> None:
    for chunk in chunk_article(article(text), size=size, overlap=size // 6):
        for cut in (chunk.start, chunk.end):
            before = re.search(r"\S*\Z", text[:cut])
            after = re.match(r"\S*", text[cut:])
            assert before and after
            inside_a_sentence = all(cut not in span for span in sentence_spans(text))
            if before.group() and after.group() and inside_a_sentence:
                assert len(before.group() + after.group()) > size


def test_chunks_consist_of_whole_sentences() -> None:
    text = prose(8)
    starts, ends = zip(*sentence_spans(text), strict=True)
    chunks = chunk_article(article(text))
    assert all(chunk.start in starts and chunk.end in ends for chunk in chunks)


def test_neighbours_in_a_paragraph_share_whole_sentences_up_to_the_overlap() -> None:
    chunks = chunk_article(article(prose(1, sentences=50)), size=600, overlap=150)
    shared = [first.end - second.start for first, second in itertools.pairwise(chunks)]
    assert all(60 < length <= 150 for length in shared[:-1])


def test_neighbours_with_a_paragraph_break_between_them_share_nothing() -> None:
    chunks = chunk_article(article(prose(8)), size=600, overlap=150)
    assert len(chunks) == 8
    assert all(first.end < second.start for first, second in itertools.pairwise(chunks))


def test_without_overlap_nothing_is_repeated() -> None:
    chunks = chunk_article(article(prose(8)), size=600, overlap=0)
    assert all(first.end < second.start for first, second in itertools.pairwise(chunks))


def test_a_chunk_that_is_full_enough_ends_with_its_paragraph() -> None:
    text = prose(6, sentences=9)
    chunks = chunk_article(article(text), size=900, overlap=0)
    assert [chunk.text for chunk in chunks] == text.split("\n\n")


def test_a_heading_stays_with_the_text_it_heads() -> None:
    text = f"{prose(1, 10)}\n\nThe Second Winter\n\n{prose(1, 10)}"
    chunks = chunk_article(article(text), size=800, overlap=0)
    assert not any(chunk.text.endswith("Winter") for chunk in chunks)
    assert any(chunk.text.startswith("The Second Winter\n\nSentence") for chunk in chunks)


def test_a_tiny_end_is_not_left_alone() -> None:
    text = f"{prose(3)}\n\nThe end."
    chunks = chunk_article(article(text), size=400, overlap=0)
    assert chunks[-1].text.endswith("The end.")
    assert len(chunks[-1].text) >= 100


def test_a_tiny_end_after_one_long_sentence_joins_it() -> None:
    text = "word " * 70 + "word. The end."
    (chunk,) = chunk_article(article(text), size=360, overlap=0)
    assert chunk.text == text


def test_a_short_article_is_one_chunk() -> None:
    (chunk,) = chunk_article(article("It rained."))
    assert (chunk.start, chunk.end, chunk.text) == (0, 10, "It rained.")


@pytest.mark.parametrize("text", ["", " ", "\n\n \n"])
def test_an_article_without_text_has_no_chunks(text: str) -> None:
    assert chunk_article(article(text)) == []


def test_a_transcript_without_punctuation_is_cut_between_words_and_overlaps() -> None:
    text = " ".join(f"word{number}" for number in range(1000))
    chunks = chunk_article(article(text))
    assert all(re.fullmatch(r"(?:word\d+ ?)+", chunk.text) for chunk in chunks)
    assert all(first.end > second.start for first, second in itertools.pairwise(chunks))


def test_chunks_carry_what_a_citation_needs() -> None:
    (chunk,) = chunk_article(article("It rained."))
    assert (chunk.article_id, chunk.title, chunk.source) == ("0123456789ab", "Otters", "/articles/otters.txt")
    assert chunk.id.startswith("0123456789ab-0-10-")


def test_cutting_is_deterministic() -> None:
    assert chunk_article(article(prose(5))) == chunk_article(article(prose(5)))


def test_an_id_changes_with_the_words_and_with_the_title_that_is_embedded() -> None:
    original = article("It rained.")
    ids = {
        chunk_article(changed)[0].id
        for changed in (original, replace(original, text="It snowed."), replace(original, title="Voles"))
    }
    assert len(ids) == 3


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (100, 100), (100, -1)])
def test_impossible_sizes_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="size"):
        chunk_article(article("It rained."), size=size, overlap=overlap)


@pytest.mark.parametrize("unit", ["a", "的", ".", "a\n", "a "])
def test_megabytes_of_anything_take_linear_time(unit: str) -> None:
    started = time.process_time()
    chunks = chunk_article(article(unit * (200_000 // len(unit))))
    assert max(len(chunk.text) for chunk in chunks) <= 900 * 1.25
    assert time.process_time() - started < 10


def test_a_list_of_what_looks_like_headings_makes_no_chunk_of_each() -> None:
    text = "\n\n".join("a" * 30_000)
    chunks = chunk_article(article(text))
    assert len(chunks) < 2 * len(text) / 900
