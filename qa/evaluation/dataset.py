"""Test sets: JSON Lines of our own, or SQuAD v1.1 / v2.0 JSON as published; either may be xz-compressed."""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from qa.errors import TestSetError
from qa.reader.data import readable_title
from qa.types import Kind, Turn, Verdict

_XZ_MAGIC = b"\xfd7zXZ\x00"
_SQUAD_BEGINNING = re.compile(r'\{\s*"(?:version|data)"\s*:')


@dataclass(frozen=True)
class EvalQuestion:
    """A question with every answer that is accepted; none: the articles do not say."""

    id: str
    question: str
    answers: tuple[str, ...]
    article: str | None = None
    """Title or source of the article that holds the answer, where the test set names it."""
    history: tuple[Turn, ...] = ()
    kind: Kind | None = None
    """What kind of answer it asks for, where the test set says so."""
    items: tuple[tuple[str, ...], ...] = ()
    """For a question with several answers: each as its accepted strings."""
    verdict: Verdict | None = None
    """Whether yes or no is right."""
    reference: str | None = None
    """A text to compare a longer answer with."""
    context: str | None = None
    """The gold paragraph; SQuAD files have one for each question."""
    title: str = ""
    """Title of the article ``context`` is from."""

    @property
    def is_answerable(self) -> bool:
        """Whether there is an answer to give."""
        return bool(self.answers or self.items or self.verdict or self.reference)

    @property
    def is_scored_by_words(self) -> bool:
        """Whether exact match and F1 apply: there are accepted strings, or no answer at all is right."""
        return bool(self.answers) or not self.is_answerable


def load_test_set(path: str | Path) -> list[EvalQuestion]:
    """The questions of a test set in its own order, each with an id of its own; the format is told by the content.

    A repeated id gets ``-2``, ``-3``, … at its end. Raises TestSetError, naming the file, the place in it and what was
    expected there.
    """
    path = Path(path)
    text = _read(path)
    questions = list(_squad(path, text) if _is_squad(text) else _json_lines(path, text))
    if not questions:
        raise TestSetError(f"{path} holds no questions")
    return list(_with_unique_ids(questions))


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content.startswith(_XZ_MAGIC):
            content = lzma.decompress(content)
        return content.decode("utf-8-sig")
    except OSError as error:
        raise TestSetError(f"{path} cannot be read: {error.strerror or error}") from error
    except lzma.LZMAError as error:
        raise TestSetError(f"{path} is a damaged xz file: {error}") from error
    except UnicodeDecodeError as error:
        raise TestSetError(f"{path} is not UTF-8 text: byte {error.start:,} cannot be read") from error


def _is_squad(text: str) -> bool:
    """Whether the whole is one JSON object with ``data``; one that is cut short is told by how it begins."""
    try:
        whole = json.loads(text)
    except ValueError:
        return _SQUAD_BEGINNING.match(text.lstrip()) is not None
    return isinstance(whole, dict) and "data" in whole and "question" not in whole


# JSON Lines -------------------------------------------------------------------------------------


def _json_lines(path: Path, text: str) -> Iterator[EvalQuestion]:
    # Not splitlines(): JSON strings may hold the other line separators that Unicode knows.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise TestSetError(
                f"{place}: expected one JSON object on the line, or one SQuAD file as a whole ({error})"
            ) from error
        if not isinstance(row, dict):
            raise TestSetError(f'{place}: expected an object such as {{"question": "…", "answers": ["…"]}}')
        yield EvalQuestion(
            id=_id(row, place) or f"line-{number}",
            question=_question(row, place),
            answers=_answers(row, place),
            article=_text(row, "article", place),
            history=_history(row, place),
            kind=_one_of(row, "kind", get_args(Kind), place),
            items=_items(row, place),
            verdict=_one_of(row, "verdict", get_args(Verdict), place),
            reference=_text(row, "reference", place),
        )


def _id(row: dict[str, Any], place: str) -> str:
    value = row.get("id")
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TestSetError(f"{place}: expected id to be a string, not {_shown(value)}")
    return str(value)


def _question(row: dict[str, Any], place: str) -> str:
    value = row.get("question")
    if not _has_words(value):
        raise TestSetError(f"{place}: expected question to be a string with words in it, not {_shown(value)}")
    return str(value).strip()


def _answers(row: dict[str, Any], place: str) -> tuple[str, ...]:
    value = row.get("answers")
    if not isinstance(value, list) or not all(map(_has_words, value)):
        raise TestSetError(
            f"{place}: expected answers to be a list of the accepted strings, [] where the articles do not say, "
            f"not {_shown(value)}"
        )
    return tuple(dict.fromkeys(value))


def _has_words(value: Any) -> bool:
    # JSON can spell half a character ("\\ud83d"), which no tokenizer and no file takes.
    return isinstance(value, str) and bool(value.strip()) and not re.search("[\ud800-\udfff]", value)


def _text(row: dict[str, Any], name: str, place: str) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise TestSetError(f"{place}: expected {name} to be a string, not {_shown(value)}")
    return value or None


def _history(row: dict[str, Any], place: str) -> tuple[Turn, ...]:
    value = row.get("history")
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) % 2:
        raise TestSetError(
            f"{place}: expected history to be a list with an answer after each question, not {_shown(value)}"
        )
    turns = []
    for asked, answered in zip(value[::2], value[1::2], strict=True):
        if not isinstance(asked, str) or not isinstance(answered, str | None):
            raise TestSetError(f"{place}: expected history to hold strings (null for no answer), not {_shown(value)}")
        turns.append((asked, answered or None))
    return tuple(turns)


def _one_of(row: dict[str, Any], name: str, allowed: Sequence[str], place: str) -> Any:
    value = row.get(name)
    if value is not None and value not in allowed:
        raise TestSetError(f"{place}: expected {name} to be one of {', '.join(allowed)}, not {_shown(value)}")
    return value


def _items(row: dict[str, Any], place: str) -> tuple[tuple[str, ...], ...]:
    value = row.get("items")
    if value is None:
        return ()
    rows = [[one] if isinstance(one, str) else one for one in value] if isinstance(value, list) else [[]]
    if not all(isinstance(one, list) and one and all(map(_has_words, one)) for one in rows):
        raise TestSetError(
            f"{place}: expected items to be a list with the accepted strings of each item, not {_shown(value)}"
        )
    return tuple(map(tuple, rows))


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:59] + "…"


# SQuAD ------------------------------------------------------------------------------------------


def _squad(path: Path, text: str) -> Iterator[EvalQuestion]:
    try:
        data = json.loads(text)["data"]
    except ValueError as error:
        raise TestSetError(f"{path} begins as a SQuAD file, but is not whole JSON: {error}") from error
    for entry, at in _objects(data, "data", path):
        title = readable_title(_text(entry, "title", at) or "")
        for paragraph, paragraph_at in _objects(entry.get("paragraphs"), f"{at}.paragraphs"):
            context = paragraph.get("context")
            if not isinstance(context, str):
                raise TestSetError(f"{paragraph_at}: expected context to be a string, not {_shown(context)}")
            for qa, qa_at in _objects(paragraph.get("qas"), f"{paragraph_at}.qas"):
                yield EvalQuestion(
                    id=_id(qa, qa_at) or qa_at.partition(": ")[2],
                    question=_question(qa, qa_at),
                    answers=_squad_answers(qa, qa_at),
                    article=title or None,
                    context=context,
                    title=title,
                )


def _objects(value: Any, name: str, path: Path | None = None) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects of a list in a SQuAD file, each with its place for messages: ``data[0].paragraphs[2]``."""
    place = f"{path}: {name}" if path else name
    if not isinstance(value, list):
        raise TestSetError(f"{place}: expected a list, not {_shown(value)}")
    for index, one in enumerate(value):
        if not isinstance(one, dict):
            raise TestSetError(f"{place}[{index}]: expected an object, not {_shown(one)}")
        yield one, f"{place}[{index}]"


def _squad_answers(qa: dict[str, Any], place: str) -> tuple[str, ...]:
    if qa.get("is_impossible"):
        return ()
    texts = [answer.get("text") for answer, _ in _objects(qa.get("answers"), f"{place}.answers")]
    return _answers({"answers": texts}, place)


# Ids --------------------------------------------------------------------------------------------


def _with_unique_ids(questions: Sequence[EvalQuestion]) -> Iterator[EvalQuestion]:
    given = {question.id for question in questions}
    repeats: Counter[str] = Counter()
    for question in questions:
        repeats[question.id] += 1
        if repeats[question.id] == 1:
            yield question
            continue
        while (name := f"{question.id}-{repeats[question.id]}") in given:
            repeats[question.id] += 1
        given.add(name)
        yield replace(question, id=name)
