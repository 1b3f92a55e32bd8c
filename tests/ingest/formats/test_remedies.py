"""Whoever adds what cannot be read is told what to do."""

from __future__ import annotations

import re

import pytest

from ingest import UnreadableSource
from ingest.formats import read_articles
from ingest.types import RawSource
from tests.ingest import documents

TO_DO = re.compile(r"\b(add|save|split|unpack|remove|install|mend|scan|get) ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(100)),
        ("talk.mp3", b"ID3\x04" + bytes(100)),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)),
        ("sheet.xlsx", documents.archive({"xl/workbook.xml": "<x/>", "[Content_Types].xml": "<x/>"})),
        ("all.7z", b"7z\xbc\xaf\x27\x1c" + bytes(100)),
        ("library.sqlite", b"SQLite format 3\0" + bytes(100)),
        ("program", b"\x7fELF" + bytes(100)),
        ("noise.txt", bytes(range(256)) * 8),
        ("broken.pdf", b"%PDF-1.7\n" + bytes(100)),
        ("locked.pdf", documents.pdf([["Secret."]], encrypted=True)),
        ("blank.pdf", documents.pdf([[]])),
        ("scan.pdf", documents.pdf([[]], pictures=[1])),
        ("blank.txt", b"\n \n"),
        ("broken.docx", documents.archive({"word/document.xml": "<broken"})),
        ("broken.gz", b"\x1f\x8b\x08" + bytes(20)),
        ("empty.rtf", b"{\\rtf1}"),
    ],
)
def test_message_of_what_cannot_be_read_says_what_to_do(name: str, content: bytes) -> None:
    with pytest.raises(UnreadableSource) as refused:
        read_articles(RawSource(f"/here/{name}", name, content))
    assert TO_DO.search(refused.value.reason), refused.value.reason
