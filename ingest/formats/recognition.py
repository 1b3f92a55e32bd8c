"""The words on a page that is a picture, recognised by the program ``tesseract`` where it is installed.

It is called with the picture on its standard input: the process that reads files may write none, which is why
``pytesseract``, which goes through files, is of no use here.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

HOW = "install tesseract (on Debian and Ubuntu: apt install tesseract-ocr) and add it again"
"""What to do to have such pages read."""
DOTS_PER_INCH = 300
PAGE_SECONDS = 60.0
"""For one page; most take two or three."""
LEAST_CONFIDENCE = 40.0
"""Of the words of a line on average, 0 to 100; below it what was recognised is dirt, or a drawing."""
MOST_LANGUAGES = 3
"""Each takes its time; those that come first by name are taken, English before them."""
_WORD_LEVEL = "5"


@dataclass(frozen=True)
class RecognisedLine:
    """A line of a page, and where it stands: pixels from the left and from the top."""

    text: str
    left: float
    top: float
    height: float


@cache
def program() -> str | None:
    """Where ``tesseract`` is; None where it is not installed, or knows no language."""
    found = shutil.which("tesseract")
    return found if found and languages(found) else None


@cache
def languages(tesseract: str) -> tuple[str, ...]:
    """The languages it is installed for."""
    try:
        listed = subprocess.run(
            [tesseract, "--list-langs"], capture_output=True, text=True, timeout=PAGE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    # The first line is a heading; "osd" tells scripts apart and reads none.
    known = sorted({line.strip() for line in listed.stdout.splitlines()[1:]} - {"", "osd"})
    return tuple(sorted(known, key=lambda name: name != "eng")[:MOST_LANGUAGES])


def recognise(picture: Image) -> list[RecognisedLine]:
    """The lines on a picture of a page, at ``DOTS_PER_INCH``; none where nothing is read in ``PAGE_SECONDS``."""
    tesseract = program()
    if tesseract is None:
        return []
    sent = io.BytesIO()
    picture.convert("L").save(sent, "PPM")
    command = [tesseract, "stdin", "stdout", "-l", "+".join(languages(tesseract)), "--dpi", str(DOTS_PER_INCH), "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its threads cost more than they bring
    try:
        read = subprocess.run(
            command, input=sent.getvalue(), capture_output=True, timeout=PAGE_SECONDS, env=environment, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return list(_lines(read.stdout.decode("utf-8", "replace")))


def _lines(table: str) -> Iterator[RecognisedLine]:
    """The lines of the table that tesseract writes, a word a row, in the order they are read."""
    lines: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == _WORD_LEVEL and (row["text"] or "").strip():
            lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append(row)
    for words in lines.values():
        if sum(float(word["conf"]) for word in words) / len(words) < LEAST_CONFIDENCE:
            continue
        top = min(int(word["top"]) for word in words)
        bottom = max(int(word["top"]) + int(word["height"]) for word in words)
        left = min(int(word["left"]) for word in words)
        yield RecognisedLine(" ".join(word["text"].strip() for word in words), left, top, bottom - top)
