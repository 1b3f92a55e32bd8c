"""Pages that are pictures are read where tesseract is installed; where it is not, the message says how to have it."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest import UnreadableSource
from ingest.formats import draw_page, read_article, read_articles, recognition, sandbox
from ingest.types import RawSource, Skipped
from tests.ingest import documents
from vectorstore.types import Article

LINES = ["The harbour wall of Saltby was built", "by Hannah Rudd, who was a mason."]


def scan(*pages: list[str]) -> bytes:
    """A PDF document of pages that are pictures of such lines."""
    font = ImageFont.load_default(60)
    pictures = []
    for lines in pages:
        picture = Image.new("L", (1600, 1000), 255)
        for number, line in enumerate(lines):
            ImageDraw.Draw(picture).text((120, 120 + 90 * number), line, font=font, fill=0)
        pictures.append(picture)
    written = io.BytesIO()
    pictures[0].save(written, "PDF", resolution=200, save_all=True, append_images=pictures[1:])
    return written.getvalue()


def raw(content: bytes) -> RawSource:
    return RawSource("/here/scan.pdf", "scan.pdf", content)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder where programs are looked for; empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    sandbox.stop()  # those that wait were started before
    yield folder
    sandbox.stop()


def install_stand_in(folder: Path) -> None:
    """A program that is called as tesseract is, and recognises on any page the same words."""
    rows = [["level", "page_num", "block_num", "par_num", "line_num", "word_num", "left", "top", "width", "height",
             "conf", "text"]]  # fmt: skip
    for line, words in enumerate([*LINES, "~.| ~"], 1):
        for number, word in enumerate(words.split(), 1):
            certain = "11.0" if "~" in words else "95.5"
            place = [str(number * 100), str(100 * line), "90", "40"]
            rows.append(["5", "1", "1", "1", str(line), str(number), *place, certain, word])
    table = "\n".join("\t".join(row) for row in rows)
    program = folder / "tesseract"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "if '--list-langs' in sys.argv:\n    print('List of available languages (3):\\ndeu\\neng\\nosd')\n"
        "else:\n    assert sys.argv[1:5] == ['stdin', 'stdout', '-l', 'eng+deu'], sys.argv\n"
        f"    assert sys.stdin.buffer.read(2) == b'P5'\n    print({table!r})\n",
        encoding="utf-8",
    )
    program.chmod(0o755)


def test_scanned_page_is_read_and_named_as_read_by_recognition(programs: Path) -> None:
    install_stand_in(programs)
    article = read_article(raw(scan(LINES)))
    assert article.text == " ".join(LINES)  # and no dirt
    assert [section.label for section in article.sections] == ["page 1, read by recognition"]
    assert article.pages == ((1, 0),)


def test_only_the_pages_without_text_are_recognised(programs: Path) -> None:
    install_stand_in(programs)
    found = read_articles(raw(documents.pdf([["The pier at Saltby is long.", "It is old."], []], pictures=[2])))
    (article,) = (one for one in found if isinstance(one, Article))
    assert [section.label for section in article.sections] == ["page 1", "page 2, read by recognition"]
    assert not any(isinstance(one, Skipped) for one in found)


def test_without_tesseract_the_message_says_what_to_install(programs: Path) -> None:
    with pytest.raises(UnreadableSource, match="apt install tesseract-ocr"):
        read_articles(raw(scan(LINES)))
    found = read_articles(raw(documents.pdf([["The pier at Saltby is long.", "It is old."], []], pictures=[2])))
    (skipped,) = (one for one in found if isinstance(one, Skipped))
    assert "page 2 is a picture without text" in skipped.reason and "tesseract" in skipped.reason


def test_page_on_which_nothing_is_recognised_says_so(programs: Path) -> None:
    (programs / "tesseract").write_text(
        f"#!{sys.executable}\nimport sys\nprint('languages:\\neng' if '--list-langs' in sys.argv else 'level')\n",
        encoding="utf-8",
    )
    (programs / "tesseract").chmod(0o755)
    with pytest.raises(UnreadableSource, match="no text was recognised"):
        read_articles(raw(scan(LINES)))


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
def test_tesseract_itself_reads_a_scan() -> None:
    assert recognition.program()
    text = read_article(raw(scan(LINES, ["Second page of the scan", "about the pier."]))).text
    assert "built by Hannah Rudd, who was a mason" in text and "Second page of the scan" in text


def test_page_is_drawn_as_a_picture_of_the_wanted_width(tmp_path: Path) -> None:
    file = tmp_path / "pier.pdf"
    file.write_bytes(documents.pdf([["The pier."], ["Its end."]]))
    picture = Image.open(io.BytesIO(draw_page(file, 2, 500)))
    assert picture.format == "JPEG" and abs(picture.width - 500) <= 1 and picture.height > 600
    with pytest.raises(UnreadableSource, match="no page 3"):
        draw_page(file, 3, 500)
    file.write_bytes(b"no PDF")
    with pytest.raises(UnreadableSource, match="not a PDF document"):
        draw_page(file, 1, 500)
