from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

from language.published import default_model_path
from qa.errors import QuestionError, ReaderError
from qa.reader import OnnxReader, Reader, load_reader

BRIDGE = (
    "The Brooklyn Bridge was opened on May 24, 1883. Emily Roebling was the first to cross it. "
    "Its towers of granite stand 276 feet above the water."
)


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader.load()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the Brooklyn Bridge opened?", "May 24, 1883"),
        ("who was the first to cross the bridge", "Emily Roebling"),
        ("How high are the towers?", "276 feet"),
    ],
)
def test_the_answer_is_read_from_the_passage(reader: OnnxReader, question: str, answer: str) -> None:
    best = reader.read(question, [("", BRIDGE)])[0]
    assert answer in best.text
    assert BRIDGE[best.start : best.end] == best.text


def test_a_passage_that_answers_scores_above_one_that_does_not(reader: OnnxReader) -> None:
    cheese = "The wheels ripen for two years. An expert taps each of them with a small hammer."
    best = reader.read("When was the Brooklyn Bridge opened?", [("Cheese", cheese), ("Bridges", BRIDGE)])[0]
    assert best.passage == 1
    alone = reader.read("When was the Brooklyn Bridge opened?", [("Cheese", cheese)])[0]
    assert best.score > alone.score + 3


def test_company_does_not_change_what_is_found(reader: OnnxReader) -> None:
    question, passages = "When was it opened?", [("", BRIDGE), ("", "Nothing of it here."), ("", BRIDGE * 30)]
    together = [c for c in reader.read(question, passages) if c.passage == 0]
    alone = reader.read(question, passages[:1])
    assert [one.text for one in together] == [one.text for one in alone]
    assert [one.score for one in together] == pytest.approx([one.score for one in alone], abs=0.01)


def test_the_end_of_a_long_passage_is_read_too(reader: OnnxReader) -> None:
    filler = "The river is wide and slow, and boats pass on it all day long. " * 120
    best = reader.read("When was the Brooklyn Bridge opened?", [("", filler + BRIDGE)])[0]
    assert best.text == "May 24, 1883"
    assert best.start > len(filler)


def test_candidates_of_one_passage_do_not_overlap(reader: OnnxReader) -> None:
    found = sorted(reader.read("When was it opened?", [("", BRIDGE)], top_k=5), key=lambda one: one.start)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


@pytest.mark.parametrize("passage", ["", " ", "\n\n", "…", "?!", "\0", "東京は日本の首都です。", "🙂🙂🙂", "a" * 20000])
def test_odd_passages_are_read_without_harm(reader: OnnxReader, passage: str) -> None:
    for candidate in reader.read("Where is it?", [("", passage)]):
        assert passage[candidate.start : candidate.end] == candidate.text


def test_no_passages_give_no_candidates(reader: OnnxReader) -> None:
    assert reader.read("Where is it?", []) == []


def test_a_question_too_long_for_the_window_is_refused(reader: OnnxReader) -> None:
    with pytest.raises(QuestionError, match="shorter"):
        reader.read("why " * 400, [("", BRIDGE)])


@pytest.mark.slow
def test_ten_thousand_passages_are_read_in_bounded_memory(reader: OnnxReader) -> None:
    # No bare numbers, which between 1000 and 2100 would be years: as good an answer as the bridge's.
    passages = [("", f"Sheep number {number} has woolly ears.") for number in range(9_999)] + [("", BRIDGE)]
    assert reader.read("When was the Brooklyn Bridge opened?", passages)[0].passage == 9_999


def test_an_incomplete_reader_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"lacks reader\.onnx, tokenizer\.json, config\.json"):
        OnnxReader.load(tmp_path)


@pytest.fixture(scope="module")
def published_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Hugging Face question-answering model on disk: tiny, and untrained."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    tokenizer = BertTokenizerFast(vocab=str(default_model_path() / "vocab.txt"))
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_a_hugging_face_model_runs_in_as_many_threads_as_it_is_told(published_model: str) -> None:
    before = torch.get_num_threads()
    try:
        load_reader(published_model, threads=before + 1)
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_a_hugging_face_model_can_take_the_readers_place(published_model: str) -> None:
    other: Reader = load_reader(published_model)
    passages = [("", BRIDGE * 20), ("Cheese", "Two years.")]
    found = other.read("When was it opened?", passages)
    assert other.read("Why?", []) == []
    assert not hasattr(other, "calibration")  # nobody has measured its scores
    assert {candidate.passage for candidate in found} == {0, 1}
    for candidate in found:
        assert passages[candidate.passage][1][candidate.start : candidate.end] == candidate.text


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="missing-model"):
        load_reader(str(tmp_path / "missing-model"))
