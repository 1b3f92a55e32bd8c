from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from qa.errors import QuestionError, ReaderError
from qa.reader import WEIGHTS, OnnxReader
from qa.reader.decoding import decode_items
from qa.reader.evidence import Evidence, OnnxEvidenceReader, load_evidence_reader
from qa.reader.evidence_export import SHARED

ORCHESTRA = (
    "The town orchestra was founded in 1921. Its first members were Anna Bell, Peter Stone and Maria Lopez. "
    "It moved to the harbour in 1950 because its old hall had burned down. Tickets are cheap."
)


@pytest.fixture(scope="module")
def reader() -> OnnxEvidenceReader:
    return load_evidence_reader()


def tags(*names: str) -> np.ndarray:
    """Logits in which the tag of each token, ``outside``, ``begin`` or ``inside``, is all but sure."""
    order = ("outside", "begin", "inside")
    return np.array([[9.0 if name == one else 0.0 for one in order] for name in names])


def test_items_begin_at_begin_and_go_on_inside() -> None:
    spans = decode_items(tags("outside", "begin", "inside", "outside", "begin", "begin", "inside"))
    assert [(span.first, span.last) for span in spans] == [(1, 2), (4, 4), (5, 6)]
    assert all(span.score == pytest.approx(1.0, abs=0.001) for span in spans)


def test_nothing_is_inside_without_a_beginning() -> None:
    logits = tags("outside", "inside", "inside")
    logits[1, 1] = 8.5  # a beginning, nearly as likely, makes sense of what follows
    assert [(span.first, span.last) for span in decode_items(logits)] == [(1, 2)]
    # The first token of a text can only begin.
    assert [(span.first, span.last) for span in decode_items(np.array([[0.0, 1.0, 9.0]]))] == [(0, 0)]
    assert decode_items(np.zeros((0, 3))) == []


def test_an_items_score_is_the_mean_chance_of_its_tokens() -> None:
    logits = np.log(np.array([[0.2, 0.8, 1e-9], [0.4, 1e-9, 0.6], [0.9, 0.05, 0.05]]))
    [span] = decode_items(logits)
    assert (span.first, span.last) == (0, 1) and span.score == pytest.approx(0.7)


def test_a_sentences_chance_is_that_of_its_tokens_mean_logit() -> None:
    evidence = Evidence(0, (), 0.0, (0.0, 0.0, 1.0), tokens=((0, 2), (3, 5), (6, 9)), logits=(2.0, -2.0, 4.0))
    assert evidence.sentence(0, 5) == pytest.approx(0.5)
    assert evidence.sentence(6, 9) == pytest.approx(1 / (1 + np.exp(-4)))
    assert evidence.sentence(9, 12) == 0.0


def test_the_items_of_a_list_are_found_each_apart(reader: OnnxEvidenceReader) -> None:
    [evidence] = reader.weigh("Who were the first members of the orchestra?", [("Town orchestra", ORCHESTRA)])
    assert [item.text for item in evidence.items] == ["Anna Bell", "Peter Stone", "Maria Lopez"]
    assert all(ORCHESTRA[item.start : item.end] == item.text for item in evidence.items)
    assert all(0.5 < item.score <= 1 for item in evidence.items)
    assert evidence.several > reader.weigh("When was the orchestra founded?", [("", ORCHESTRA)])[0].several


def test_the_sentence_that_gives_the_reason_stands_highest(reader: OnnxEvidenceReader) -> None:
    [evidence] = reader.weigh("Why did the orchestra move?", [("Town orchestra", ORCHESTRA)])
    starts = [ORCHESTRA.index(words) for words in ("The town", "Its first", "It moved", "Tickets")]
    chances = [evidence.sentence(s, e) for s, e in zip(starts, [*starts[1:], len(ORCHESTRA)], strict=True)]
    assert max(chances) == chances[2]
    cheese = "The wheels ripen for two years. An expert taps each of them with a small hammer."
    [elsewhere] = reader.weigh("Why did the orchestra move?", [("Cheese", cheese)])
    assert elsewhere.sentence(0, len(cheese)) < chances[2]
    assert not elsewhere.items


def test_a_verdict_is_a_chance_of_each(reader: OnnxEvidenceReader) -> None:
    for question in ("Was the orchestra founded in 1921?", "Was the orchestra founded in 1934?"):
        [evidence] = reader.weigh(question, [("Town orchestra", ORCHESTRA)])
        assert sum(evidence.verdict) == pytest.approx(1.0)
    assert 0.5 < reader.sure < 1


def test_passages_are_weighed_in_their_order_whatever_stands_beside_them(reader: OnnxEvidenceReader) -> None:
    question = "Who were the first members?"
    passages = [("", ORCHESTRA), ("", ""), ("Town", "Nothing of it here."), ("", ORCHESTRA * 20)]
    together = reader.weigh(question, passages)
    assert [one.passage for one in together] == [0, 1, 2, 3]
    [alone] = reader.weigh(question, passages[:1])
    assert [item.text for item in together[0].items] == [item.text for item in alone.items]
    assert together[0].logits == pytest.approx(alone.logits, abs=0.01)
    assert together[1].items == () and together[1].sentence(0, 10) == 0.0
    # The tokens of a long passage, which is read in several windows, each stand once and in order.
    assert len(together[3].tokens) == len(together[3].logits) == 20 * len(alone.tokens)
    assert list(together[3].tokens) == sorted(set(together[3].tokens))
    assert reader.weigh(question, []) == []


def test_questions_are_weighed_together_as_apart(reader: OnnxEvidenceReader) -> None:
    asked = [("Who were the first members?", [("", ORCHESTRA)]), ("Why did it move?", [("", ORCHESTRA), ("", "No.")])]
    many = reader.weigh_many(asked)
    assert [len(found) for found in many] == [1, 2]
    for found, (question, passages) in zip(many, asked, strict=True):
        alone = reader.weigh(question, passages)
        assert [one.passage for one in found] == [one.passage for one in alone]
        assert found[0].logits == pytest.approx(alone[0].logits, abs=0.01)


def test_a_question_that_is_too_long_is_refused(reader: OnnxEvidenceReader) -> None:
    with pytest.raises(QuestionError, match="shorter"):
        reader.weigh("why " * 400, [("", ORCHESTRA)])


def test_incomplete_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"lacks evidence\.onnx, tokenizer\.json, evidence\.json"):
        OnnxEvidenceReader.load(tmp_path)
    shutil.copytree(WEIGHTS, tmp_path / "weights")
    (tmp_path / "weights" / SHARED).unlink()
    for load in (OnnxEvidenceReader.load, OnnxReader.load):
        with pytest.raises(ReaderError, match=rf"lacks {SHARED}"):
            load(tmp_path / "weights")


def test_what_both_networks_hold_is_shipped_once() -> None:
    sizes = {name: (WEIGHTS / name).stat().st_size for name in ("reader.onnx", "evidence.onnx", SHARED)}
    assert sizes["reader.onnx"] < 8_000_000 and sizes["evidence.onnx"] < 8_000_000 and sizes[SHARED] < 17_000_000
