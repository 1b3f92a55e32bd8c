"""The teacher: its network over another encoder, its labels, and a reader that learns from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import MPNetConfig, MPNetModel

from language.published import default_model_path
from qa.reader.batches import reader_tokenizer
from qa.reader.data import Example, load_labels
from qa.reader.devices import as_tensors
from qa.reader.features import Featurizer
from qa.reader.network import SpanNetwork
from qa.reader.recipe import Phase, TrainConfig
from qa.reader.teacher import TeacherNetwork, label, write_labels
from qa.reader.train import train
from tests.qa.test_training import TINY, data

__all__ = ["data"]

CONTEXT = "The old town of Oslo was founded in 1201 by monks. They built a small church there."
EXAMPLES = [
    Example("When was Oslo founded?", "Oslo", CONTEXT, ((36, 40),)),
    Example("Who burned Oslo?", "", CONTEXT[:50], ()),
    Example("How long is it?", "", "far " * 700, ()),
]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small MPNet, untrained, whose vocabulary has the reader's word pieces at other places, as the real one's."""
    folder = tmp_path_factory.mktemp("encoder")
    pieces = sorted(reader_tokenizer().get_vocab().items(), key=lambda item: item[1])
    names = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[MASK]": "<mask>"}
    kept = [piece for piece, _ in pieces if piece not in names]
    vocabulary = {piece: place for place, piece in enumerate(["<s>", "<pad>", "</s>", *kept, "<mask>"])}
    tokenizer = json.loads(reader_tokenizer().to_str())
    tokenizer["model"]["vocab"] = vocabulary
    tokenizer["added_tokens"], tokenizer["post_processor"] = [], None
    Tokenizer.from_str(json.dumps(tokenizer)).save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        num_hidden_layers=6,
        num_attention_heads=2,
        intermediate_size=64,
    )
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def test_the_teacher_is_handed_the_readers_tokens_as_its_own(encoder: Path) -> None:
    network = TeacherNetwork(encoder)
    theirs = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    window = Featurizer(reader_tokenizer()).windows("When was Oslo founded?", [("Oslo", CONTEXT)])[0]
    pieces = [theirs.id_to_token(place) for place in network.places[torch.tensor(window.ids)].tolist()]
    assert pieces[:9] == ["<s>", "when", "was", "oslo", "founded", "?", "</s>", "oslo", "</s>"]
    assert pieces[-3:] == ["there", ".", "</s>"]


def test_an_encoder_with_other_word_pieces_is_refused(encoder: Path, tmp_path: Path) -> None:
    for file in encoder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    tokenizer = json.loads((encoder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"] = {
        piece + "!" if piece == "oslo" else piece: place for piece, place in tokenizer["model"]["vocab"].items()
    }
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ValueError, match="other word pieces"):
        TeacherNetwork(tmp_path)


def test_a_label_holds_the_networks_logits_over_the_context(encoder: Path) -> None:
    network = TeacherNetwork(encoder).eval()
    labelled = {example.question: example for example in label(network, EXAMPLES)}
    assert set(labelled) == {"When was Oslo founded?", "Who burned Oslo?"}  # the third needs two windows

    example = labelled["When was Oslo founded?"]
    assert replace(example, soft=None) == EXAMPLES[0]
    assert example.soft is not None
    featurizer = Featurizer(reader_tokenizer())
    [window] = featurizer.windows(example.question, [(example.title, example.context)])
    with torch.inference_mode():
        start, end = network(*as_tensors(featurizer.pad([window]), torch.device("cpu")))
    assert example.soft.offsets == tuple(first for first, _ in window.offsets)
    for ours, theirs in ((example.soft.start, start), (example.soft.end, end)):
        assert torch.allclose(torch.tensor(ours), theirs[0, window.context_start : window.context_end], atol=0.006)


def test_labels_that_are_written_are_not_written_again(encoder: Path, tmp_path: Path) -> None:
    network = TeacherNetwork(encoder).eval()
    write_labels(network, EXAMPLES[:2], tmp_path, count=2)
    [written] = tmp_path.iterdir()
    before = written.stat().st_mtime_ns
    write_labels(network, EXAMPLES[:2], tmp_path, count=2)
    assert written.stat().st_mtime_ns == before
    assert set(load_labels(tmp_path)) == set(label(network, EXAMPLES[:2]))


@pytest.mark.slow
def test_a_reader_learns_what_its_teacher_thinks(encoder: Path, data: Path, tmp_path: Path) -> None:
    train(TINY, data, tmp_path / "teacher", threads=1, network=TeacherNetwork(encoder))
    teacher = TeacherNetwork(encoder).eval()
    teacher.load_state_dict(torch.load(tmp_path / "teacher" / "network.pt", weights_only=True)["network"])
    write_labels(teacher, EXAMPLES[:2] * 20, tmp_path / "labels", count=40)

    taught = TrainConfig(
        phases=(Phase("taught", 200, (3e-4, 1e-4), True, softness=1.0),),
        warmup=20, pool=40, batch_tokens=400, watch_articles=1, watch_questions=2, temperature=1.0,
    )  # fmt: skip
    with pytest.raises(ValueError, match="--labels"):
        train(taught, data, tmp_path / "reader", threads=1)
    train(taught, data, tmp_path / "reader", threads=1, labels=tmp_path / "labels")
    reader = SpanNetwork(default_model_path()).eval()
    torch.manual_seed(0)
    untaught = SpanNetwork(default_model_path()).eval()
    reader.load_state_dict(torch.load(tmp_path / "reader" / "network.pt", weights_only=True)["network"])

    def distance(network: SpanNetwork) -> float:
        """From the teacher's chances that an answer begins here, in total variation, mean over the examples."""
        pairs = zip(label(network, EXAMPLES[:2]), label(teacher, EXAMPLES[:2]), strict=True)
        chances = [
            [torch.softmax(torch.tensor(example.soft.start), 0) for example in pair if example.soft] for pair in pairs
        ]
        return float(sum((ours - theirs).abs().sum() / 2 for ours, theirs in chances)) / len(chances)

    # It comes to about half; machines round differently, and what is asked is whether it has learned anything at all.
    assert distance(reader) < 0.8 * distance(untaught)
