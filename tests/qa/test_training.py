"""The way from data files to weights, on a few made-up questions."""

from __future__ import annotations

import json
import lzma
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from language.published import default_model_path
from qa.reader import OnnxReader, loop
from qa.reader import batches as batching
from qa.reader.batches import reader_tokenizer
from qa.reader.data import Example, SoftLabel, crop, load_articles, load_corpus, with_rivals
from qa.reader.devices import fastest_precision
from qa.reader.export import export
from qa.reader.features import MASKED, Featurizer
from qa.reader.graphs import reader_graph
from qa.reader.loop import Stretch
from qa.reader.network import SpanNetwork, soft_loss, span_loss
from qa.reader.recipe import Phase, TrainConfig
from qa.reader.train import train

CITIES = ("Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito")
TINY = TrainConfig(
    phases=(
        Phase("find", 24, (3e-4, 2e-4), unanswerable=False),
        Phase(
            "compare",
            24,
            (2e-4, 0.0),
            unanswerable=True,
            rival_share=1.0,
            frozen_layers=2,
            crop_chars=(60, 90),
            hidden_words=0.1,
            mean_decay=0.5,
        ),
    ),
    warmup=12,
    pool=12,
    batch_tokens=400,
    watch_articles=1,
    watch_questions=6,
    qamr_share=1.0,
)


def squad(cities: tuple[str, ...]) -> dict[str, Any]:
    """One article per city, two paragraphs each, with an answerable and an unanswerable question."""

    def question(identity: str, asked: str, context: str, answer: str | None) -> dict[str, Any]:
        answers = [] if answer is None else [{"text": answer, "answer_start": context.index(answer)}]
        return {"id": identity, "question": asked, "answers": answers, "is_impossible": answer is None}

    articles = []
    for number, city in enumerate(cities):
        founded = f"The old town of {city} was founded in {1200 + number} by monks. They built a small church there."
        rivers = f"A river called the Blue {number} runs through {city}. Boats carry salt and wood on it."
        paragraphs = [
            (founded, f"When was {city} founded?", str(1200 + number), f"Who burned {city}?"),
            (rivers, f"What runs through {city}?", f"A river called the Blue {number}", f"How deep is {city}'s river?"),
        ]
        articles.append(
            {
                "title": f"{city}_(city)",
                "paragraphs": [
                    {
                        "context": context,
                        "qas": [
                            question(f"{city}-{place}-a", asked, context, answer),
                            question(f"{city}-{place}-u", unanswerable, context, None),
                        ],
                    }
                    for place, (context, asked, answer, unanswerable) in enumerate(paragraphs)
                ],
            }
        )
    return {"version": "v2.0", "data": articles}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of the names and the format that training reads."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("squad-train", "nq-qed", "shift-amazon", "shift-reddit", "qamr"):
        cities = CITIES if name == "squad-train" else CITIES[:2]
        with lzma.open(folder / f"{name}.json.xz", "wt", encoding="utf-8") as file:
            json.dump(squad(cities), file)
    return folder


def test_spans_of_every_example_are_its_answers(data: Path) -> None:
    article = load_articles(data / "squad-train.json.xz")[0]
    assert article.title == "Rome (city)"
    answers = [[e.context[s:t] for s, t in e.spans] for p in article.paragraphs for e in p.examples]
    assert answers == [["1200"], [], ["A river called the Blue 0"], []]


def test_titles_that_name_the_data_set_are_not_shown_to_the_reader(data: Path) -> None:
    assert {article.title for article in load_articles(data / "nq-qed.json.xz")} == {""}


def test_a_crop_keeps_an_answer_whole_and_cuts_between_words() -> None:
    context = "word " * 200 + "the answer stands here " + "word " * 200
    start = context.index("the answer")
    example = Example("?", "", context, ((start, start + 10),))
    for seed in range(50):
        cut = crop(example, 120, random.Random(seed))
        [(first, last)] = cut.spans
        assert cut.context[first:last] == "the answer"
        assert len(cut.context) <= 140
        assert set(cut.context.split()) <= {"word", "the", "answer", "stands", "here"}


def test_a_crop_keeps_of_a_soft_label_what_it_keeps_of_the_context() -> None:
    label = SoftLabel(offsets=(0, 4, 9), start=(1.0, 2.0, 3.0), end=(4.0, 5.0, 6.0))
    assert label.cropped(0, 12) == label
    assert label.cropped(4, 9) == SoftLabel(offsets=(0,), start=(2.0,), end=(5.0,))
    example = Example("?", "", "The tall man", ((4, 8),), soft=label)
    cut = crop(example, 5, random.Random(0))
    assert cut.soft == label.cropped(4, 8) and cut.context.strip() == "tall"


def test_a_rival_comes_from_the_same_article_and_does_not_answer(data: Path) -> None:
    article = load_articles(data / "squad-train.json.xz")[0]
    founded, burned, river, deep = with_rivals(article)
    assert founded.rivals == (river.context,)
    assert "1200" not in river.context
    assert river.rivals == (founded.context,)
    assert burned.rivals == deep.rivals == ()


def test_the_corpus_leaves_the_watched_articles_out(data: Path) -> None:
    corpus = load_corpus(data, qamr_share=1.0, watch_articles=2, seed=1)
    watched = {example.title for example in corpus.watch}
    assert len(watched) == 2
    assert watched.isdisjoint(example.title for example in corpus.train)


def test_the_learning_rate_rises_then_falls_evenly() -> None:
    stretch = Stretch("find", 1000, (1.0, 0.5), warmup=100)
    assert [stretch.rate_at(seen) for seen in (0, 50, 500, 1000)] == pytest.approx([0.0, 0.4875, 0.75, 0.5])
    assert Stretch("tell", 1000, (1.0, 0.5)).rate_at(0) == 1.0


def test_the_learning_rate_follows_the_clock_where_that_is_further_on() -> None:
    stretch = Stretch("find", 1000, (1.0, 0.0), warmup=100, seconds=60.0)
    assert [stretch.rate_at(3, elapsed) for elapsed in (0.0, 1.5, 30.0, 60.0, 99.0)] == pytest.approx(
        [0.03 * 0.997, 0.5 * 0.975, 0.5, 0.0, 0.0]
    )
    assert stretch.rate_at(800, 6.0) == pytest.approx(0.2)


def test_the_loss_sums_the_chances_of_alternative_spans() -> None:
    start, end = torch.zeros(1, 4), torch.zeros(1, 4)  # every span has the chance 1/16
    assert span_loss(start, end, [[(1, 2)]], [0]).item() == pytest.approx(np.log(16))
    assert span_loss(start, end, [[(1, 2), (3, 3)]], [0]).item() == pytest.approx(np.log(8))


def test_the_loss_compares_the_passages_of_one_question_by_their_scores_against_no_answer() -> None:
    start, end = torch.zeros(2, 4), torch.zeros(2, 4)
    start[:, 3] = end[:, 3] = MASKED
    targets = [[(1, 2)], [(0, 0)]]
    # Of each window's own nine spans, "no answer" among them, and of the four starts and ends of both without it.
    expected = (np.log(9) + np.log(9) + np.log(16)) / 3
    assert span_loss(start, end, targets, [0, 0]).item() == pytest.approx(expected)
    assert span_loss(start, end, targets, [0, 1]).item() == pytest.approx(np.log(9))
    # A rival that is as sure of itself as of having no answer is no better for larger logits of both.
    start[1, :3] += 5
    assert span_loss(start, end, targets, [0, 0]).item() == pytest.approx(expected)
    assert span_loss(start, end, [[(0, 0)], [(0, 0)]], [0, 0]).item() == pytest.approx(np.log(9))


def test_questions_of_one_batch_with_more_and_fewer_passages_leave_each_other_alone() -> None:
    start, end = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(1))
    targets = [[(0, 0)], [(1, 2), (3, 3)], [(2, 2)], [(0, 0)], [(1, 1)]]
    first = span_loss(start[:3], end[:3], targets[:3], [0, 0, 0])  # a mean of four terms
    second = span_loss(start[3:], end[3:], targets[3:], [0, 0])  # of three
    both = span_loss(start, end, targets, [0, 0, 0, 1, 1])
    assert both.item() == pytest.approx((4 * first.item() + 3 * second.item()) / 7, rel=1e-5)


def test_the_soft_loss_asks_for_the_teachers_chances_where_it_has_read() -> None:
    start = torch.tensor([[9.0, 2.0, 0.5], [7.0, 0.0, 0.0]], requires_grad=True)
    end = torch.tensor([[0.0, 1.0, 3.0], [0.0, 7.0, 0.0]], requires_grad=True)
    soft = torch.stack([start, end]).detach() + 4.0  # the same chances
    soft[:, 0, 0] = MASKED  # the teacher says nothing of [CLS]
    soft[:, 1] = torch.nan  # and has not read the second window
    assert soft_loss(start, end, soft, 2.0).item() == pytest.approx(0.0, abs=1e-6)

    soft[0, 0] = torch.tensor([MASKED, 0.0, 4.0])
    loss = soft_loss(start, end, soft, 1.0)
    chances = torch.softmax(soft[0, 0, 1:], 0)
    expected = (chances * (chances / torch.softmax(start[0, 1:], 0)).log()).sum()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    loss.backward()  # type: ignore[no-untyped-call]
    assert start.grad is not None and start.grad[0, 2] < 0 and not start.grad[0, 0] and not start.grad[1].any()
    assert soft_loss(start, end, torch.full_like(soft, torch.nan), 2.0).item() == 0.0


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_to_the_same_weights(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(TINY, data, tmp_path / "whole", threads=1)

    save, saves = loop.save, []

    def stop_at_the_third(*arguments: Any) -> None:
        save(*arguments)
        saves.append(arguments)
        if len(saves) == 3:  # in the middle of a phase, with a running mean under way
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save", stop_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, data, tmp_path / "stopped", threads=1)
    train(TINY, data, tmp_path / "stopped", threads=1)

    whole, resumed = (
        torch.load(tmp_path / run / "network.pt", weights_only=True)["network"] for run in ("whole", "stopped")
    )
    for name, weights in whole.items():
        assert torch.equal(weights, resumed[name]), name
    log = [json.loads(line) for line in (tmp_path / "stopped" / "log.jsonl").read_text().splitlines()]
    # The line of the pool it was stopped after is lost.
    assert [(line["phase"], line["seen"]) for line in log] == [("find", 12), ("find", 24), ("compare", 24)]
    with pytest.raises(ValueError, match="warmup"):
        train(replace(TINY, warmup=1), data, tmp_path / "stopped")


@pytest.mark.slow
def test_a_run_goes_on_in_another_precision(data: Path, tmp_path: Path) -> None:
    config = replace(TINY, phases=TINY.phases[1:])
    train(config, data, tmp_path, threads=1)
    exact = torch.load(tmp_path / "network.pt", weights_only=True)["network"]["head.weight"]
    (tmp_path / "network.pt").unlink()
    train(config, data, tmp_path, threads=1, precision="bfloat16")
    assert torch.equal(torch.load(tmp_path / "network.pt", weights_only=True)["network"]["head.weight"], exact)

    train(config, data, tmp_path / "rounded", threads=1, precision="bfloat16")
    rounded = torch.load(tmp_path / "rounded" / "network.pt", weights_only=True)["network"]["head.weight"]
    assert not torch.equal(rounded, exact) and torch.allclose(rounded, exact, atol=0.02)


def test_the_precision_that_is_faster_here_is_found_by_trial() -> None:
    assert fastest_precision(torch.device("cpu")) in ("float32", "bfloat16")


@pytest.mark.slow
def test_a_run_begins_from_the_weights_it_is_given_and_leaves_frozen_layers_alone(data: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    given = SpanNetwork(default_model_path()).state_dict()
    torch.save({"network": given}, tmp_path / "given.pt")
    train(replace(TINY, phases=TINY.phases[1:]), data, tmp_path / "run", threads=1, start=tmp_path / "given.pt")
    trained = torch.load(tmp_path / "run" / "network.pt", weights_only=True)["network"]
    changed = {name for name, weights in given.items() if not torch.equal(weights, trained[name])}
    assert "head.weight" in changed
    assert any(name.startswith("encoder.encoder.layer.2.") for name in changed)
    assert not any(name.startswith(("encoder.embeddings.", "encoder.encoder.layer.1.")) for name in changed)


@pytest.mark.slow
def test_a_phase_leaves_the_running_mean_of_its_weights_behind(data: Path, tmp_path: Path) -> None:
    phase = Phase("average", 24, (3e-4, 3e-4), unanswerable=False)
    heads = []
    for decay in (0.0, 0.5):
        config = replace(TINY, phases=(replace(phase, mean_decay=decay),), warmup=0)
        train(config, data, tmp_path / str(decay), threads=1)
        heads.append(torch.load(tmp_path / str(decay) / "network.pt", weights_only=True)["network"]["head.weight"])
    # The mean stays behind the weights, nearer to the beginning, which both runs share.
    torch.manual_seed(TINY.seed)
    beginning = SpanNetwork(default_model_path()).state_dict()["head.weight"]
    last, mean = ((head - beginning).norm() for head in heads)
    assert 0 < mean < last


def test_words_are_hidden_but_never_those_of_an_answer() -> None:
    tokenizer = reader_tokenizer()
    windows = Featurizer(tokenizer).windows("Who built the tower?", [("Rome", "A tall tower was built by nine monks.")])
    batch = Featurizer(tokenizer).pad(windows)
    last = windows[0].context_end - 2  # the full stop comes after
    hidden = batching._hidden(batch, [[(last - 1, last)]], 1.0, tokenizer.get_vocab(), np.random.default_rng(0))
    kept = [tokenizer.id_to_token(token) for token in hidden[0]]
    assert [piece for piece in kept if piece not in ("[MASK]", "[PAD]")] == [
        "[CLS]",
        "[SEP]",
        "[SEP]",
        "nine",
        "monks",
        "[SEP]",
    ]
    some = batching._hidden(batch, [[(0, 0)]], 0.3, tokenizer.get_vocab(), np.random.default_rng(0))
    assert 0 < (some != batch.input_ids).mean() < 0.6


@pytest.mark.slow
def test_the_mean_of_several_networks_is_exported(tmp_path: Path) -> None:
    networks = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        networks.append(SpanNetwork(default_model_path()).state_dict())
        torch.save({"network": networks[-1]}, tmp_path / f"{seed}.pt")
    export([tmp_path / "0.pt", tmp_path / "1.pt"], tmp_path / "both", "test")
    mean = {name: (weights + networks[1][name]) / 2 for name, weights in networks[0].items()}
    torch.save({"network": mean}, tmp_path / "mean.pt")
    export([tmp_path / "mean.pt"], tmp_path / "mean", "test")
    assert (tmp_path / "both" / "reader.onnx").read_bytes() == (tmp_path / "mean" / "reader.onnx").read_bytes()


@pytest.mark.slow
def test_the_exported_reader_computes_what_the_network_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = SpanNetwork(default_model_path()).eval()
    torch.save({"network": network.state_dict()}, tmp_path / "network.pt")
    export([tmp_path / "network.pt"], tmp_path / "out", "test")
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    exact = onnxruntime.InferenceSession(reader_graph(weights, "float32").SerializeToString())
    ids = torch.randint(1000, 2000, (3, 24))
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    types = torch.zeros_like(ids)
    types[:, 8:] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types, "span_mask": mask > 0}
    arrays = {name: value.numpy() for name, value in inputs.items()}
    with torch.inference_mode():
        expected = [logits.numpy() for logits in network(*inputs.values())]
    there = arrays["span_mask"]
    for ours, theirs in zip(exact.run(["start", "end"], arrays), expected, strict=True):
        assert np.allclose(ours[there], theirs[there], atol=1e-3)
        assert (ours[~there] == MASKED).all()
    small = onnxruntime.InferenceSession(str(tmp_path / "out" / "reader.onnx"))
    for ours, theirs in zip(small.run(["start", "end"], arrays), expected, strict=True):
        assert np.abs(ours[there] - theirs[there]).mean() < 0.1
    assert (tmp_path / "out" / "reader.onnx").stat().st_size < 25_000_000
    assert OnnxReader.load(tmp_path / "out").read("When?", [("", "In 1883.")])
