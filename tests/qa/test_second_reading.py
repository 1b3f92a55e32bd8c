"""The second reader: weights in four bits, their graph, and two readers as one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import MPNetConfig, MPNetModel

from language.minilm import Architecture, Precision, distance_buckets
from language.passes import Passes
from qa import Chatbot, Settings
from qa.errors import ReaderError
from qa.reader import WEIGHTS, OnnxReader, RereadingReader, load_reader
from qa.reader.graphs import second_graph
from qa.reader.packed import GROUP, Unpacked, pack, pack_all, unpack
from qa.reader.rounding import rounded
from qa.reader.second import shipped_names, trained_state
from vectorstore import ArticleIndex

TINY = Architecture(layers=2, heads=12, epsilon=1e-5, distances=64)


def test_four_bits_keep_every_weight_to_within_half_a_level() -> None:
    weights = np.random.default_rng(0).normal(size=(5, 3 * GROUP)).astype(np.float32)
    weights[2, :GROUP] = 0
    packed, scales = pack(weights)
    assert packed.nbytes + scales.nbytes < weights.nbytes / 7
    # The one level that there is not is that of the largest weight's opposite.
    error = np.abs(unpack(packed, scales) - weights).reshape(5, 3, GROUP)
    assert (error <= np.abs(scales.astype(np.float32))[..., None] * 1.001).all()
    assert np.median(error / np.abs(weights).max()) < 0.05
    assert (unpack(packed, scales)[2, :GROUP] == 0).all()


def test_rounded_weights_stay_as_they_are_when_rounded_again() -> None:
    weights = np.random.default_rng(1).normal(size=(4, GROUP)).astype(np.float32)
    once = unpack(*pack(weights))
    np.testing.assert_allclose(unpack(*pack(once)), once, rtol=1e-3)


def test_distances_fall_into_the_buckets_of_transformers() -> None:
    apart = np.arange(-511, 512)
    bucket: Any = MPNetModel(MPNetConfig(num_hidden_layers=0, hidden_size=12)).encoder.relative_position_bucket
    np.testing.assert_array_equal(distance_buckets(apart, 32), bucket(torch.from_numpy(apart)).numpy())


@pytest.mark.parametrize(("precision", "alike"), [("float32", 0.999999), ("int8", 0.99)])
def test_the_graph_computes_what_the_network_does(precision: Precision, alike: float) -> None:
    config = MPNetConfig(
        vocab_size=50, hidden_size=192, num_hidden_layers=2, num_attention_heads=12, intermediate_size=256,
        max_position_embeddings=66,
    )  # fmt: skip
    torch.manual_seed(0)
    network = MPNetModel(config, add_pooling_layer=False)
    network.train(False)
    head = torch.nn.Linear(192, 2)
    state = {f"encoder.{name}": values.numpy() for name, values in network.state_dict().items()}
    state |= {f"head.{name}": values.detach().numpy() for name, values in head.state_dict().items()}
    weights = shipped_names(state, np.arange(50))
    ids = np.random.default_rng(0).integers(3, 50, (2, 40))
    mask = np.ones_like(ids)
    mask[1, 30:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": 0 * ids, "span_mask": mask.astype(bool)}
    start, end = Passes(second_graph(weights, precision, TINY).SerializeToString(), 1).run(inputs)
    with torch.no_grad():
        hidden = network(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state
        logits = head(hidden).numpy()
    for ours, theirs in ((start, logits[..., 0]), (end, logits[..., 1])):
        assert np.corrcoef(ours[mask == 1], theirs[mask == 1])[0, 1] > alike
    assert (start[mask == 0] < -1000).all()


def test_training_goes_on_from_the_weights_that_are_shipped() -> None:
    config = MPNetConfig(vocab_size=9, hidden_size=24, num_hidden_layers=1, num_attention_heads=12, intermediate_size=8)
    first, second = (
        {f"encoder.{name}": values.numpy() for name, values in MPNetModel(config).state_dict().items()} for _ in "ab"
    )
    places = np.array([4, 0, 8, 3])
    again = trained_state(shipped_names(first, places), second, places)
    words = "encoder.embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(again[words][places], first[words][places])
    np.testing.assert_array_equal(again[words][[1, 2]], second[words][[1, 2]])  # word pieces that are not shipped
    positions = "encoder.embeddings.position_embeddings.weight"
    np.testing.assert_array_equal(again[positions][2:], first[positions][2:])
    for name in again.keys() - {words, positions}:
        np.testing.assert_array_equal(again[name], first[name])


def test_packed_weights_are_unpacked_by_name() -> None:
    weights = {"wide": np.full((2, GROUP), 0.5, np.float32), "bias": np.ones(3, np.float32)}
    unpacked = Unpacked(pack_all(weights))
    assert sorted(unpacked) == ["bias", "wide"]
    assert len(unpacked) == 2
    np.testing.assert_allclose(unpacked["wide"], weights["wide"])
    np.testing.assert_allclose(unpacked["bias"], weights["bias"])


def test_training_rounds_as_packing_does() -> None:
    weights = torch.randn(6, 2 * GROUP)
    np.testing.assert_allclose(rounded(weights).numpy(), unpack(*pack(weights.numpy())), atol=1e-6)


PASSAGES = [
    ("", "Potatoes grow best in loose, sandy soil."),
    ("The Brooklyn Bridge", "It opened in 1883 and joins Manhattan and Brooklyn."),
    ("", "The weather was fine."),
    ("Tower Bridge", "It was opened in 1894 by the Prince of Wales."),
    ("", "He never said so."),
]


@pytest.fixture(scope="module")
def rereading() -> RereadingReader:
    return RereadingReader.load()


def test_what_is_read_twice_is_found_where_it_stands(rereading: RereadingReader) -> None:
    found = rereading.read("When did the Brooklyn Bridge open?", PASSAGES)
    assert found[0].text == "1883"
    assert found[0].passage == 1
    for candidate in found:
        assert PASSAGES[candidate.passage][1][candidate.start : candidate.end] == candidate.text
    assert len({candidate.passage for candidate in found}) <= 4


def test_company_does_not_change_what_two_readers_find(rereading: RereadingReader) -> None:
    questions = [("When did the Brooklyn Bridge open?", PASSAGES), ("Who opened Tower Bridge?", PASSAGES[2:4])]
    together = rereading.read_many(questions)
    for (question, passages), found in zip(questions, together, strict=True):
        alone = rereading.read(question, passages)
        assert [one.text for one in alone] == [one.text for one in found]
        assert [one.score for one in alone] == pytest.approx([one.score for one in found], abs=1e-3)


def test_no_passages_give_two_readers_nothing(rereading: RereadingReader) -> None:
    assert rereading.read("Who?", []) == []
    assert rereading.read("Who?", [("", "")]) == []


def test_the_second_reading_can_be_left_out(empty_index: ArticleIndex) -> None:
    assert isinstance(load_reader(), RereadingReader)
    assert isinstance(load_reader(second=False), OnnxReader)
    assert isinstance(Chatbot(empty_index, Settings(second_reading=False)).reader, OnnxReader)


@pytest.mark.parametrize("missing", ["second.json", "second.safetensors", "second-words.safetensors"])
def test_a_second_reader_without_a_file_says_which(tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(WEIGHTS, tmp_path / "weights")
    (folder / missing).unlink()
    with pytest.raises(ReaderError, match=missing):
        RereadingReader.load(folder)
