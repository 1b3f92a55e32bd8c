"""The way from data files to the evidence heads, on a few made-up rows."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from language.published import default_model_path
from language.sentences import sentence_spans
from qa.reader import WEIGHTS, loop
from qa.reader.batches import reader_tokenizer
from qa.reader.dequantize import float_weights
from qa.reader.evidence import OnnxEvidenceReader
from qa.reader.evidence_data import EvidenceCorpus, Judged, cropped, split_items
from qa.reader.evidence_export import evidence_graph, export_evidence
from qa.reader.evidence_train import EvidenceConfig, batches, train_evidence
from qa.reader.features import Featurizer
from qa.reader.graphs import reader_graph
from qa.reader.heads import BEGIN, INSIDE, OUTSIDE, UNKNOWN, EvidenceNetwork, Targets, evidence_loss
from qa.reader.polar import polar_question

TEXT = "Tea is sold here. The stall of Ann Lee has pears and plums. It rained, so the market closed early."


def spans(*words: str) -> tuple[tuple[int, int], ...]:
    return tuple((TEXT.index(word), TEXT.index(word) + len(word)) for word in words)


LIST = Judged("What has the stall?", "Market", TEXT, items=spans("pears", "plums"), several=True)
REASON = Judged("Why did it close?", "Market", TEXT, evidence=spans("It rained"), weight=2.0)
NOTHING = Judged("Who owns the hall?", "Market", TEXT, items=(), evidence=())
POLAR = Judged("Is tea sold here?", "Market", TEXT, evidence=spans("Tea"), verdict="yes")
CORPUS = EvidenceCorpus((LIST, REASON, NOTHING, POLAR, replace(POLAR, question="Is milk sold?", verdict="open")), {})


@pytest.mark.parametrize(
    ("question", "answer", "items"),
    [
        ("What are grown?", "pears, plums and figs", ["pears", "plums", "figs"]),
        ("Which two cities?", "Rome and Oslo", ["Rome", "Oslo"]),
        ("Who won?", "Maria Lopez", ["Maria Lopez"]),
        ("Where was it?", "Oslo, Norway", ["Oslo, Norway"]),
        ("Who led it?", "the Church and local rulers", []),  # perhaps one answer, perhaps two
        ("When were they?", "March 4, 1911 and May 5, 1912", []),
    ],
)
def test_an_answer_is_split_where_it_clearly_lists(question: str, answer: str, items: list[str]) -> None:
    assert [answer[start:end] for start, end in split_items(question, answer)] == items


@pytest.mark.parametrize(
    ("question", "answer", "before", "made"),
    [
        ("When did Kim marry?", "2014", "in", "Did Kim marry in 2014?"),
        ("Where was the bridge built?", "the harbour", "near", "Was the bridge built near the harbour?"),
        ("What is the capital of Peru?", "Lima", "is", "Is Lima the capital of Peru?"),
        ("Who founded the club?", "Ann Lee", "by", "Did Ann Lee found the club?"),
        ("What did the mayor open?", "a hall", "opened", "Did the mayor open a hall?"),
        ("How many goals did Bo score?", "three", "scored", "Did Bo score three goals?"),
        ("Why did it close?", "rain", "of", None),
    ],
)
def test_a_question_and_its_answer_make_a_yes_or_no_question(
    question: str, answer: str, before: str, made: str | None
) -> None:
    assert polar_question(question, answer, before, frozenset({"found", "open"})) == made


def test_a_crop_keeps_whole_sentences_with_all_that_answers() -> None:
    sentence = TEXT[slice(*sentence_spans(TEXT)[1])]
    for seed in range(20):
        cut = cropped(LIST, 55, random.Random(seed))
        assert cut.text == sentence
        assert [cut.text[s:e] for s, e in cut.items or ()] == ["pears", "plums"]
        some = cropped(NOTHING, 55, random.Random(seed))
        assert some.items == some.evidence == () and some.text in TEXT
        assert 0 < len(some.text) <= 55
    assert cropped(LIST, 500, random.Random(0)) is LIST


def test_targets_name_every_token_and_sentence() -> None:
    featurizer = Featurizer(reader_tokenizer())
    [(batch, targets)] = batches([LIST, REASON, POLAR], featurizer, 10_000, random.Random(0))
    tokenizer = reader_tokenizer()
    order = sorted(range(3), key=lambda row: tokenizer.decode(batch.input_ids[row].tolist()))  # is…, what…, why…
    polar, listed, reason = order
    tagged = {
        tag: [tokenizer.id_to_token(int(t)) for t in batch.input_ids[listed][targets.tags[listed] == tag]]
        for tag in (BEGIN, INSIDE, OUTSIDE)
    }
    assert tagged[BEGIN] == ["pear", "plum"] and tagged[INSIDE] == ["##s", "##s"]
    assert "and" in tagged[OUTSIDE] and "[CLS]" not in tagged[OUTSIDE] and "market" in tagged[OUTSIDE]
    assert (targets.tags[reason] == UNKNOWN).all() and (targets.answers[listed] == UNKNOWN).all()
    assert targets.answers[reason].tolist() == [0, 0, 1] and targets.answers[polar].tolist() == [1, 0, 0]
    assert targets.weights[reason] == 2.0
    assert targets.several[listed] == 1 and targets.verdicts[[listed, polar]].tolist() == [UNKNOWN, 0]


def targets(**known: Any) -> Targets:
    """Of one window of four tokens in two sentences; what is not given is unknown."""
    nothing = {
        "tags": np.full((1, 4), UNKNOWN),
        "sentence_of": np.array([[UNKNOWN, 0, 0, 1]]),
        "answers": np.full((1, 2), UNKNOWN),
        "weights": np.ones(1, dtype=np.float32),
        "several": np.array([UNKNOWN]),
        "verdicts": np.array([UNKNOWN]),
    }
    return Targets(**nothing | known)


def test_nothing_is_learned_where_nothing_is_known() -> None:
    tokens, passages = torch.randn(1, 4, 4, requires_grad=True), torch.randn(1, 4, requires_grad=True)
    loss = evidence_loss(tokens, passages, targets())
    assert loss.item() == 0.0
    loss.backward()  # type: ignore[no-untyped-call]
    assert tokens.grad is not None and not tokens.grad.isnan().any() and not tokens.grad.any()


def test_the_loss_of_each_part_is_that_of_its_chances() -> None:
    tokens, passages = torch.zeros(1, 4, 4), torch.zeros(1, 4)
    tags = evidence_loss(tokens, passages, targets(tags=np.array([[UNKNOWN, 0, 1, UNKNOWN]])))
    assert tags.item() == pytest.approx(0.3 * 2 * np.log(3))
    assert evidence_loss(tokens, passages, targets(verdicts=np.array([1]))).item() == pytest.approx(np.log(3))
    several = evidence_loss(tokens, passages, targets(several=np.array([1])))
    assert several.item() == pytest.approx(0.3 * np.log(2))
    # Two sentences and "none here" are equally likely; so are yes and no for each sentence.
    for answers in ([[1, 0]], [[0, 0]]):
        loss = evidence_loss(tokens, passages, targets(answers=np.array(answers)))
        assert loss.item() == pytest.approx(2 * np.log(2) + np.log(3))
    # The mean of a sentence's tokens counts.
    tokens[0, :, 3] = torch.tensor([99.0, 4.0, 2.0, 0.0])
    loss = evidence_loss(tokens, passages, targets(answers=np.array([[1, 0]])))
    separate = (np.log1p(np.exp(-3)) + np.log(2)) / 2
    assert loss.item() == pytest.approx(2 * separate + np.log1p(2 * np.exp(-3)), rel=1e-5)


def test_eight_bits_turned_back_to_float_round_to_the_same_eight_bits() -> None:
    weights = float_weights(WEIGHTS / "reader.onnx")
    again = {c.name: numpy_helper.to_array(c) for c in reader_graph(weights, "int8").graph.initializer}
    shipped = {c.name: numpy_helper.to_array(c) for c in onnx.load(str(WEIGHTS / "reader.onnx")).graph.initializer}
    assert again.keys() == shipped.keys()
    for name, values in shipped.items():
        assert np.allclose(again[name], values, rtol=1e-5, atol=0), name


def test_a_graph_of_another_make_is_refused(tmp_path: Path) -> None:
    graph = onnx.helper.make_graph([], "empty", [], [])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "empty.onnx"))
    with pytest.raises(ValueError, match=r"empty\.onnx is not an eight-bit graph"):
        float_weights(tmp_path / "empty.onnx")


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = EvidenceConfig(examples=15, warmup=4, pool=5, batch_tokens=200)
    train_evidence(config, CORPUS, tmp_path / "whole", threads=1)
    save = loop.save

    def stop(*arguments: Any) -> None:
        save(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save", stop)
        with pytest.raises(KeyboardInterrupt):
            train_evidence(config, CORPUS, tmp_path / "stopped", threads=1)
    train_evidence(config, CORPUS, tmp_path / "stopped", threads=1)
    whole, stopped = (
        torch.load(tmp_path / run / "evidence.pt", weights_only=True)["network"] for run in ("whole", "stopped")
    )
    for name, weights in whole.items():
        assert torch.equal(weights, stopped[name]), name
    log = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert [line["seen"] for line in log] == [5, 10, 15]
    with pytest.raises(ValueError, match="warmup"):
        train_evidence(replace(config, warmup=1), CORPUS, tmp_path / "stopped")
    # What the reader shares is left as it was.
    reader = float_weights(WEIGHTS / "reader.onnx")
    changed = {name for name, weights in reader.items() if name in whole and not np.array_equal(whole[name], weights)}
    assert any(name.startswith("encoder.encoder.layer.2.") for name in changed)
    assert not any(name.startswith(("encoder.embeddings.", "encoder.encoder.layer.1.")) for name in changed)


@pytest.mark.slow
def test_the_exported_heads_compute_what_the_network_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = EvidenceNetwork(default_model_path()).eval()
    reader = {name: torch.tensor(values) for name, values in float_weights(WEIGHTS / "reader.onnx").items()}
    network.load_state_dict({n: v for n, v in reader.items() if n.startswith("encoder.")}, strict=False)
    torch.save({"network": network.state_dict()}, tmp_path / "evidence.pt")
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    exact = onnxruntime.InferenceSession(evidence_graph(weights, "float32").SerializeToString())
    ids = torch.randint(1000, 2000, (3, 24))
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    types = torch.zeros_like(ids)
    types[:, 8:] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    arrays = {name: value.numpy() for name, value in inputs.items()}
    with torch.inference_mode():
        expected = [logits.numpy() for logits in network(*inputs.values())]
    there = arrays["attention_mask"] > 0
    tokens, passages = exact.run(["tokens", "passages"], arrays)
    assert np.allclose(tokens[there], expected[0][there], atol=1e-3)
    assert np.allclose(passages, expected[1], atol=1e-3)

    shutil.copytree(WEIGHTS, tmp_path / "weights")
    chosen = {"outside": 0.0, "temperature": 1.0, "sure": 0.8}
    export_evidence([tmp_path / "evidence.pt"], tmp_path / "weights", chosen)
    small = onnxruntime.InferenceSession(str(tmp_path / "weights" / "evidence.onnx"))
    tokens, passages = small.run(["tokens", "passages"], arrays)
    assert np.abs(tokens[there] - expected[0][there]).mean() < 0.1
    assert OnnxEvidenceReader.load(tmp_path / "weights").weigh("Why?", [("", TEXT)])[0].sentence(0, 20) > 0
