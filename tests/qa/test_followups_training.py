"""The way from data files to a tagger, on a few made-up rows."""

from __future__ import annotations

import json
import lzma
import random
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from qa.followups.data import Examples, follow_up, read_canard, read_pages
from qa.followups.export import export_tagger
from qa.followups.features import Rows, content
from qa.followups.fit import fit
from qa.followups.tagger import TermTagger
from qa.followups.train import Config, Conversations, TermNetwork, tensors, train
from qa.followups.weighing import scores
from qa.reader import WEIGHTS
from qa.reader.batches import reader_tokenizer
from qa.reader.evidence_export import SHARED


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    turns = [
        {
            "conv_id": f"C_{n}",
            "history": ["Anna Bell", "Life", "What did Anna Bell play?", "She played the viola."][
                : 2 + 2 * (n % 3 > 0)
            ],
            "question": "When was she born?",
            "rewrite": "When was Anna Bell born?",
        }
        for n in range(40)
    ]
    with lzma.open(folder / "followups-canard.jsonl.xz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in turns)
    context = "Anna Bell was born in Wexmoor. She played the viola. In 1921 Anna Bell founded an orchestra."
    asked = [
        ("Where was Anna Bell born?", "Wexmoor"),
        ("What did young Anna Bell play?", "the viola"),
        ("When did Anna Bell found an orchestra?", "1921"),
    ]
    questions = [
        {"question": question, "answers": [{"text": answer, "answer_start": context.index(answer)}]}
        for question, answer in asked
    ]
    squad = {"data": [{"title": "Anna_Bell", "paragraphs": [{"context": context, "qas": questions}] * 8}]}
    for name in ("squad-train", "nq-qed"):
        with lzma.open(folder / f"{name}.json.xz", "wt", encoding="utf-8") as file:
            json.dump(squad, file)
    return folder


def test_conversations_are_split_whole(data: Path) -> None:
    canard = read_canard(data)
    parts = [{row["conv_id"] for row in rows} for rows in (canard.train, canard.watched, canard.unseen)]
    assert all(parts) and not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert follow_up(canard.train[0]).added == {"anna", "bell"}
    assert all(len(row["history"]) > 2 for row in canard.train)


def test_made_up_follow_ups_lean_on_a_name_that_was_said(data: Path) -> None:
    examples = list(islice(Examples(read_canard(data).train, read_pages(data), random.Random(1)), 200))
    leaning = [one for one in examples if one.added and "was she" not in one.question]
    assert leaning and len(leaning) < 100
    for one in leaning:
        said = set().union(*(content(asked) | content(answer or "") for asked, answer in one.history))
        assert one.added <= {"anna", "bell"} and one.added <= said
        assert not one.added & content(one.question)
    assert any(not one.added for one in examples)


def test_what_is_trained_is_what_is_read(data: Path, tmp_path: Path) -> None:
    train(Config(questions=12, pool=12), Conversations.load(data), tmp_path / "run", "float32")
    weights = tmp_path / "weights"
    shutil.copytree(WEIGHTS, weights)
    export_tagger([tmp_path / "run" / "followups.pt"], weights, {"leans": -99.0, "threshold": -99.0})
    assert (weights / "followups.onnx").stat().st_size < 8_000_000 < (weights / SHARED).stat().st_size
    tagger = TermTagger.load(weights)
    taken = tagger.taken("When was she born?", [("What did Anna Bell play?", "the viola")])[1]
    assert taken == {"anna", "bell", "play", "viola"}

    from language.published import default_model_path

    network = TermNetwork(default_model_path()).eval()
    network.load_state_dict(torch.load(tmp_path / "run" / "followups.pt", weights_only=True))
    row = Rows(reader_tokenizer()).row("When was she born?", [("What did Anna Bell play?", "the viola")])
    ids, mask, types = tensors([row])
    with torch.no_grad():
        exact, leans = (values[0].numpy() for values in network(ids, mask, types))
    session = onnxruntime.InferenceSession(str(weights / "followups.onnx"))
    names = ("input_ids", "attention_mask", "token_type_ids")
    small, small_leans = session.run(None, dict(zip(names, (ids.numpy(), mask.numpy(), types.numpy()), strict=True)))
    places = [word.token for word in row.words]
    assert places
    np.testing.assert_allclose(small[0][places], exact[places], atol=0.5)
    np.testing.assert_allclose(small_leans[0], leans, atol=0.5)


def test_words_are_weighed_so_that_those_a_person_adds_come_first(data: Path) -> None:
    weights, threshold = fit(data, WEIGHTS, 0.0)
    one = follow_up(read_canard(data).watched[0])
    row, logits, leans = TermTagger.load().read(one.question, one.history)
    assert leans
    assert {low for low, score in scores(row, logits, weights).items() if score >= threshold} == one.added
