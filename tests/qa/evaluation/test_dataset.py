import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from qa.errors import TestSetError
from qa.evaluation import EvalQuestion, load_test_set

SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Raleigh,_North_Carolina",
            "paragraphs": [
                {
                    "context": "Raleigh is the capital of North Carolina.",
                    "qas": [
                        {
                            "id": "q1",
                            "question": "What is the capital? ",
                            "answers": [{"text": "Raleigh", "answer_start": 0}, {"text": "Raleigh", "answer_start": 0}],
                            "is_impossible": False,
                        },
                        {
                            "id": "q2",
                            "question": "Who is the mayor?",
                            "answers": [],
                            "plausible_answers": [{"text": "Raleigh", "answer_start": 0}],
                            "is_impossible": True,
                        },
                    ],
                }
            ],
        }
    ],
}


def written(folder: Path, content: str | bytes, name: str = "set.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def row(**fields: Any) -> dict[str, Any]:
    return {"question": "Who?", "answers": ["Kim"]} | fields


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in row().items() if name != field}


def test_json_lines_with_every_field(tmp_path: Path) -> None:
    given = row(id="a", article="Year Three", history=["When?", "2013", "Where?", None], extra="ignored")
    assert load_test_set(written(tmp_path, lines(given))) == [
        EvalQuestion("a", "Who?", ("Kim",), "Year Three", (("When?", "2013"), ("Where?", None)))
    ]


def test_optional_fields_may_be_missing_or_null(tmp_path: Path) -> None:
    content = "\ufeff" + lines(row()) + "\n" + lines(row(id=None, article=None, history=None, answers=[]))
    first, second = load_test_set(written(tmp_path, content))
    assert first == EvalQuestion("line-1", "Who?", ("Kim",))
    assert second == EvalQuestion("line-3", "Who?", ())
    assert (first.is_answerable, second.is_answerable) == (True, False)


def test_a_single_line_is_json_lines_too(tmp_path: Path) -> None:
    assert [one.id for one in load_test_set(written(tmp_path, json.dumps(row(id=7))))] == ["7"]


def test_a_line_may_hold_unusual_line_separators(tmp_path: Path) -> None:
    content = json.dumps(row(question="Who\u2028then?"), ensure_ascii=False)
    assert len(load_test_set(written(tmp_path, content))) == 1


def test_repeated_ids_are_told_apart(tmp_path: Path) -> None:
    content = lines(*(row(id=name) for name in ("a", "a", "a-2", "a", "b")))
    assert [one.id for one in load_test_set(written(tmp_path, content))] == ["a", "a-3", "a-2", "a-4", "b"]


@pytest.mark.parametrize("compress", [bytes, lzma.compress], ids=["plain", "xz"])
def test_squad_json_is_told_by_its_content(tmp_path: Path, compress: Any) -> None:
    path = written(tmp_path, compress(json.dumps(SQUAD, indent=1).encode()), "set.jsonl")
    title, context = "Raleigh, North Carolina", "Raleigh is the capital of North Carolina."
    assert load_test_set(path) == [
        EvalQuestion("q1", "What is the capital?", ("Raleigh",), title, context=context, title=title),
        EvalQuestion("q2", "Who is the mayor?", (), title, context=context, title=title),
    ]


def test_squad_without_titles_ids_and_verdicts(tmp_path: Path) -> None:
    paragraph = {"context": "Kim.", "qas": [{"question": "Who?", "answers": [{"text": "Kim", "answer_start": 0}]}]}
    [question] = load_test_set(written(tmp_path, json.dumps({"data": [{"paragraphs": [paragraph]}]})))
    assert question == EvalQuestion("data[0].paragraphs[0].qas[0]", "Who?", ("Kim",), context="Kim.")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lines(row(), without("question")), r"line 2: expected question .*, not null"),
        (lines(row(question=" ")), r'line 1: expected question .*, not " "'),
        (lines(row(question="\ud83d")), "line 1: expected question"),
        (lines(row(), "", without("answers")), "line 2: expected an object"),
        (lines(without("answers")), r"line 1: expected answers .* \[\] where the articles do not say, not null"),
        (lines(row(answers="Kim")), r'expected answers to be a list .*, not "Kim"'),
        (lines(row(answers=[""])), r'expected answers .*, not \[""\]'),
        (lines(row(answers={"text": ["Kim"]})), "expected answers to be a list"),
        (lines(row(history=["When?"])), "expected history to be a list with an answer after each question"),
        (lines(row(history=[1, "2013"])), "expected history to hold strings"),
        (lines(row(history="When?")), "expected history to be a list"),
        (lines(row(article=3)), "expected article to be a string, not 3"),
        (lines(row(id=[1])), r"expected id to be a string, not \[1\]"),
        (lines(row()) + "{oops\n", r"line 2: expected one JSON object on the line"),
        (json.dumps([row()]), "line 1: expected an object"),
        ("", "holds no questions"),
        (" \n\n", "holds no questions"),
        ('{"data": []}', "holds no questions"),
        (b"\xff\xfe\x00", "is not UTF-8 text: byte 0"),
        (lzma.compress(b"abc")[:20], "is a damaged xz file"),
        (json.dumps(SQUAD, indent=1)[:-9], r"begins as a SQuAD file, but is not whole JSON: .*line \d+"),
        (json.dumps({"data": {}}), "data: expected a list"),
        (
            json.dumps({"data": [{"paragraphs": [{"context": None, "qas": []}]}]}),
            r"data\[0\]\.paragraphs\[0\]: .*context",
        ),
        (json.dumps({"data": [{"paragraphs": [{"context": "", "qas": [1]}]}]}), r"qas\[0\]: expected an object, not 1"),
        (
            json.dumps({"data": [{"paragraphs": [{"context": "", "qas": [{"question": "Who?"}]}]}]}),
            r"qas\[0\]\.answers: expected a list, not null",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_and_place(tmp_path: Path, content: str | bytes, told: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(TestSetError, match=told) as raised:
        load_test_set(path)
    assert str(raised.value).startswith(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TestSetError, match=r"nowhere\.jsonl cannot be read: No such file"):
        load_test_set(tmp_path / "nowhere.jsonl")


def test_a_folder_is_no_test_set(tmp_path: Path) -> None:
    with pytest.raises(TestSetError, match="cannot be read"):
        load_test_set(tmp_path)


def test_kinds_items_verdicts_and_references_are_read(tmp_path: Path) -> None:
    path = tmp_path / "kinds.jsonl"
    rows = [
        {"question": "Who?", "answers": [], "kind": "list", "items": [["Ann", "Ann Lee"], "Bo"]},
        {"question": "Did it?", "answers": [], "verdict": "no"},
        {"question": "Why?", "answers": [], "reference": "Because."},
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    listed, decided, explained = load_test_set(path)
    assert (listed.kind, listed.items) == ("list", (("Ann", "Ann Lee"), ("Bo",)))
    assert (decided.verdict, explained.reference) == ("no", "Because.")
    assert all(one.is_answerable and not one.is_scored_by_words for one in (listed, decided, explained))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("kind", "riddle", "one of fact, list"),
        ("verdict", "maybe", "one of yes, no"),
        ("items", [[]], "accepted strings"),
    ],
)
def test_fields_of_a_kind_are_checked(tmp_path: Path, field: str, value: object, told: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({"question": "Who?", "answers": [], field: value}), encoding="utf-8")
    with pytest.raises(TestSetError, match=f"line 1: expected {field} .*{told}"):
        load_test_set(path)
