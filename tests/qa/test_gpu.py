"""From data to weights by way of another machine, in miniature: packed, trained by the clock, put back, asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from qa.followups.tagger import TermTagger
from qa.followups.train import Conversations
from qa.gpu.clock import Clock
from qa.gpu.corpora import Corpora
from qa.gpu.pack import pack
from qa.gpu.put_back import put_back
from qa.gpu.run import PACKED, join, missing, split
from qa.gpu.weights import changed, from_eight_bits, in_eight_bits
from qa.reader import WEIGHTS, OnnxReader, second
from qa.reader.data import load_corpus
from qa.reader.evidence import OnnxEvidenceReader
from qa.reader.teacher import TeacherNetwork
from tests.qa.test_evidence_training import CORPUS
from tests.qa.test_followups_training import data as conversations
from tests.qa.test_teacher import encoder
from tests.qa.test_training import data

__all__ = ["conversations", "data", "encoder"]

TEXT = "The old town of Oslo was founded in 1201 by monks. They built a small church there."


def test_parts_are_no_larger_than_asked_for_and_come_together_again(tmp_path: Path) -> None:
    split(b"0123456789", tmp_path, "some", 4)
    assert [(tmp_path / f"some.0{n}").read_bytes() for n in range(3)] == [b"0123", b"4567", b"89"]
    assert join(tmp_path, "some") == b"0123456789"
    (tmp_path / "some.01").write_bytes(b"4568")
    (tmp_path / "some.02").unlink()
    with pytest.raises(ValueError, match=r"some\.01, some\.02"):
        join(tmp_path, "some")


def test_eight_bits_are_near_and_rounding_again_changes_nothing() -> None:
    weights = np.random.default_rng(0).normal(size=(3, 80)).astype(np.float32)
    weights[1] = 0
    state = {"table": weights, "narrow": weights[:, :2], "bias": weights[0]}
    there = from_eight_bits(in_eight_bits(state))
    assert np.abs(there["table"] - weights).max() <= np.abs(weights).max() / 253
    assert np.array_equal(there["narrow"], state["narrow"]) and np.array_equal(there["bias"], state["bias"])
    again = from_eight_bits(in_eight_bits(there))
    assert np.allclose(again["table"], there["table"], rtol=1e-6)


def test_only_what_has_changed_comes_back() -> None:
    begin = {"frozen": torch.ones(3), "learned": torch.ones(3)}
    assert set(changed(begin | {"learned": torch.zeros(3), "head": torch.ones(1)}, begin)) == {"learned", "head"}


def test_what_one_part_leaves_of_its_time_the_later_ones_share() -> None:
    clock = Clock(time.time() + 1000, {"first": 0.5, "second": 0.25, "third": 0.25})
    assert clock.seconds("first") == pytest.approx(500, abs=30)
    assert clock.seconds("second") == pytest.approx(500, abs=30)  # the first took none of its time
    assert clock.seconds("third") == pytest.approx(1000, abs=30)
    assert Clock(time.time() - 5, {"first": 1.0}).seconds("first") == 1.0


def test_a_package_in_another_major_version_is_missing() -> None:
    major = int(torch.__version__.partition(".")[0])
    assert missing([f"torch=={major}.0", f"numpy=={int(np.__version__[0]) + 1}.0", "no-such-package==1.0"]) == [
        f"numpy=={int(np.__version__[0]) + 1}.0",
        "no-such-package==1.0",
    ]


@pytest.mark.slow
@pytest.mark.timeout(1800)  # a busy machine fails nothing
def test_networks_trained_elsewhere_by_the_clock_answer_here(
    data: Path, conversations: Path, encoder: Path, tmp_path: Path
) -> None:
    spans = load_corpus(data, qamr_share=1.0, watch_articles=1, seed=1)
    measured = {"some": spans.watch * 5}
    corpora = Corpora(spans, CORPUS, Conversations.load(conversations), measured)
    there = tmp_path / "there"
    pack(corpora, TeacherNetwork(encoder), encoder, there)
    assert max(path.stat().st_size for path in there.iterdir()) <= 30_000_000

    # Less time than loading takes: every network is trained all the same, if hardly. Nothing of this checkout is used.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(there / "run.py"), "--minutes", "0.01", "--workers", "1", "--tokens", "400"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert "questions are labelled" in done.stdout
    assert '"network": "reader", "set": "some"' in done.stdout
    back = there / "back"
    assert max(path.stat().st_size for path in back.iterdir()) <= 15_000_000

    weights = tmp_path / "weights"
    shutil.copytree(WEIGHTS, weights)
    assert put_back(back, WEIGHTS, weights) == ["second", "reader", "evidence", "followups"]
    for name in ("reader.onnx", "evidence.onnx", "followups.onnx", *second.FILES):
        assert (weights / name).read_bytes() != (WEIGHTS / name).read_bytes(), name
    best = OnnxReader.load(weights).read("When was Oslo founded?", [("Oslo", TEXT)])[0]
    assert best.text == "1201"
    assert OnnxEvidenceReader.load(weights).weigh("Why?", [("", TEXT)])[0].sentence(0, 20) > 0
    assert TermTagger.load(weights).taken("When was it founded?", [("Who lives in Oslo?", "many people")]) is not None
    assert load_file(str(weights / second.FILES[0]))["head.weight.levels"].shape == (2, 32)  # two to a byte
    assert load_file(str(weights / second.FILES[1])).keys() == {f"{second.WORDS}.levels", f"{second.WORDS}.scales"}

    (back / "evidence.json").unlink()
    with pytest.raises(ValueError, match="evidence did not come back"):
        put_back(back, WEIGHTS, weights)
    assert PACKED in {path.stem for path in there.iterdir()}
