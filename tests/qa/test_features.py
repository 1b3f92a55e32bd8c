from __future__ import annotations

import itertools

import pytest
from tokenizers import Tokenizer

from language.published import default_model_path
from qa.reader.features import Featurizer

TEXT = "The bridge was opened in 1883. " * 40


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(default_model_path() / "tokenizer.json"))


def test_a_window_is_question_title_and_context(tokenizer: Tokenizer) -> None:
    [window] = Featurizer(tokenizer).windows("When?", [("Bridges", "It opened in 1883.")])
    tokens = [tokenizer.id_to_token(token) for token in window.ids]
    expected = ["[CLS]", "when", "?", "[SEP]", "bridges", "[SEP]"]
    assert tokens == [*expected, "it", "opened", "in", "1883", ".", "[SEP]"]
    assert window.context_start == 6
    assert ["It opened in 1883."[start:end] for start, end in window.offsets] == [
        "It",
        "opened",
        "in",
        "1883",
        ".",
    ]


def test_a_long_passage_is_covered_to_its_last_character(tokenizer: Tokenizer) -> None:
    windows = Featurizer(tokenizer, max_tokens=64, stride=16).windows("When was it?", [("", TEXT)])
    assert len(windows) > 3
    assert all(len(window.ids) <= 64 for window in windows)
    covered = {place for window in windows for start, end in window.offsets for place in range(start, end)}
    assert covered == {place for place, character in enumerate(TEXT) if not character.isspace()}
    for one, following in itertools.pairwise(windows):
        assert one.offsets[-16:] == following.offsets[:16]


def test_an_empty_passage_is_a_window_without_context(tokenizer: Tokenizer) -> None:
    [window] = Featurizer(tokenizer).windows("When?", [("", "")])
    assert window.offsets == ()


def test_a_question_that_leaves_no_room_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="ask a shorter one"):
        Featurizer(tokenizer).windows("why " * 300, [("", "Because.")])


def test_only_cls_and_context_may_hold_a_span(tokenizer: Tokenizer) -> None:
    featurizer = Featurizer(tokenizer)
    windows = featurizer.windows("When?", [("Bridges", "It opened in 1883."), ("", "No.")])
    batch = featurizer.pad(windows)
    assert batch.input_ids.shape == (2, 16)
    for row, window in enumerate(windows):
        allowed = [place for place in range(16) if batch.span_mask[row, place]]
        assert allowed == [0, *range(window.context_start, window.context_end)]
