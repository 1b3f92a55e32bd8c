"""A corpus of broken and hostile files, made here: what the tests ingest, and the checks hold for every one of them."""

from __future__ import annotations

import gzip
import io
import json
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable

from tests.ingest.documents import STORY, archive, atom, docx, epub, mhtml, odt, pdf, rss, rtf, sitemap, xhtml

TEXT = "\n\n".join(["The Last Ferry", *STORY])
SCRIPT = "<script>alert(1)</script>"
BILLION_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(9))
    + "]>"
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY net SYSTEM "http://127.0.0.1:9/x">]>'


def _bomb(name: str, size: int = 60_000_000) -> bytes:
    return archive({name: b"It rained. " * (size // 11)})


def _lying_bomb() -> bytes:
    """A member that says it has 20 bytes and unpacks to 60 million."""
    content = bytearray(_bomb("a.txt"))
    place = content.rfind(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 20)
    content[22:26] = struct.pack("<I", 20)
    return bytes(content)


def _nested(depth: int) -> bytes:
    content = archive({"a.txt": TEXT})
    for _ in range(depth):
        content = archive({"in.zip": content})
    return content


def _packed(depth: int) -> bytes:
    content = TEXT.encode()
    for _ in range(depth):
        content = gzip.compress(content)
    return content


def _quine_like() -> bytes:
    """Archives of archives that together would unpack to far more than one alone."""
    inner = archive({f"{number}.txt": b"It rained. " * 800_000 for number in range(9)}, zipfile.ZIP_DEFLATED)
    return archive({f"{number}.zip": inner for number in range(9)})


def _encrypted_zip() -> bytes:
    content = bytearray(archive({"a.txt": TEXT}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        content[place + offset] |= 1
    return bytes(content)


def _wrong_checksum() -> bytes:
    content = bytearray(archive({"a.txt": TEXT}, zipfile.ZIP_STORED))
    content[content.find(b"ferry")] ^= 0x20
    return bytes(content)


def _linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        link = zipfile.ZipInfo("passwd.txt")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def _twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.txt", TEXT)
        with warnings.catch_warnings(action="ignore"):
            file.writestr("a.txt", "Another text under the same name.")
    return buffer.getvalue()


def _deep_pdf(depth: int = 20_000) -> bytes:
    content = pdf([STORY])
    return content.replace(b"/Type /Catalog", b"/Type /Catalog /X " + b"[" * depth + b"]" * depth)


def _circular_pdf() -> bytes:
    return pdf([STORY]).replace(b"/Kids [6 0 R]", b"/Kids [2 0 R]")


def _pdf_bomb() -> bytes:
    """A page whose content unpacks to 100 million bytes."""
    packed = zlib.compress(b"(It rained.) Tj " * 6_000_000, 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
        b"<< /Filter /FlateDecode /Length " + str(len(packed)).encode() + b" >>\nstream\n" + packed + b"\nendstream",
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer\n<< /Size 5 /Root 1 0 R >>\n%%EOF\n"


def _many_rows() -> bytes:
    return b"title,text\n" + b"a,It rained.\n" * 20_001


def _scripted_fields() -> bytes:
    row = {"title": f"A {SCRIPT}", "text": f"It rained. {SCRIPT}", "author": SCRIPT, "date": SCRIPT, SCRIPT: SCRIPT}
    return json.dumps(row).encode()


def _scripted_page() -> str:
    return (
        f'<!DOCTYPE html><html lang="{SCRIPT}"><head><title>A {SCRIPT} title</title>'
        f'<meta name="author" content="&lt;script&gt;alert(1)&lt;/script&gt;">'
        '<script type="application/ld+json">{"@type": "Article", "headline": "<img src=x onerror=alert(1)>"}</script>'
        f"</head><body onload=alert(1)><article><h1>The Last Ferry</h1>{SCRIPT}"
        f"{''.join(f'<p onclick=alert(1)>{line}</p>' for line in STORY)}"
        "<a href='javascript:alert(1)'>x</a></article></body></html>"
    )


def _mixed_encodings() -> bytes:
    return "Café Müller öffnet wieder.\n".encode() + "Café Müller öffnet wieder.\n".encode("latin-1") * 3


def corpus() -> dict[str, Callable[[], bytes]]:
    """Makers of files by name. A name that begins with ``good`` holds something that must be found in the library."""
    utf8 = TEXT.encode()
    whole_docx, whole_epub, whole_pdf = docx(), epub({"one.xhtml": xhtml(f"<p>{STORY[0]}</p>")}), pdf([STORY])
    page = f"<html><body><article>{''.join(f'<p>{line}</p>' for line in STORY)}</article></body></html>"
    files: dict[str, Callable[[], bytes]] = {
        # Nothing, or nothing that can be read
        "empty.txt": lambda: b"",
        "blank.txt": lambda: b" \n\t\n",
        "empty.pdf": lambda: b"",
        "zeros.txt": lambda: bytes(100_000),
        "noise.txt": lambda: bytes(range(256)) * 400,
        "marks-only.txt": lambda: "\u200e\u200f\u202e\ufeff\u2066".encode(),
        "huge.txt": lambda: b"It rained. " * 2_000_000,
        "one-line.txt": lambda: b"a" * 1_000_000,
        # Characters
        "nul-bytes.txt": lambda: utf8.replace(b" ", b"\0"),
        "mixed-encodings.txt": _mixed_encodings,
        "half-a-character.txt": lambda: utf8 + b" caf\xc3",
        "surrogates.txt": lambda: b"Half \xed\xa0\xbd a character. " * 5,
        "good-right-to-left.txt": lambda: f"\u202eThe Last Ferry\u202c\n\n\u2067{TEXT}\u2069\n\nعاد القارب".encode(),
        "good-utf16.txt": lambda: TEXT.encode("utf-16"),
        "utf16-odd.txt": lambda: TEXT.encode("utf-16")[:-1],
        "utf7-declared.html": lambda: (
            b"<html><meta charset=utf-7><p>+ADw-script+AD4-alert(1)+ADw-/script+AD4-</p></html>"
        ),
        "good-combining.txt": lambda: utf8 + ("z" + "\u0301" * 100_000).encode(),
        "good-controls.txt": lambda: utf8 + b"\x1b[31mred\x1b[0m \x07\x08",
        # Wrong suffixes
        "good-pdf-called.txt": lambda: whole_pdf,
        "good-word-called.pdf": lambda: whole_docx,
        "good-page-called.docx": lambda: page.encode(),
        "good-book-called.zip": lambda: whole_epub,
        "good-text-called.pdf": lambda: utf8,
        "good-text-called.zip": lambda: utf8,
        "program-called.txt": lambda: b"\x7fELF\x02\x01\x01" + bytes(500),
        "picture-called.txt": lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100),
        "zip-called.docx": lambda: archive({"a.bin": b"x"}),
        # PDF
        "truncated.pdf": lambda: whole_pdf[: len(whole_pdf) // 2],
        "head-only.pdf": lambda: b"%PDF-1.7\n",
        "encrypted.pdf": lambda: pdf([STORY], encrypted=True),
        "scan.pdf": lambda: pdf([[], []], pictures=[1, 2]),
        "deep.pdf": _deep_pdf,
        "circular.pdf": _circular_pdf,
        "bomb.pdf": _pdf_bomb,
        "noise.pdf": lambda: b"%PDF-1.4\n" + bytes(range(256)) * 2000,
        "good-scripted.pdf": lambda: pdf([[SCRIPT, *STORY]], {"Title": SCRIPT, "Author": SCRIPT}),
        # Archives
        "truncated.zip": lambda: archive({"a.txt": TEXT})[:60],
        "encrypted.zip": _encrypted_zip,
        "checksum.zip": _wrong_checksum,
        "bomb.zip": lambda: _bomb("a.txt"),
        "lying-bomb.zip": _lying_bomb,
        "many-bombs.zip": _quine_like,
        "deep.zip": lambda: _nested(30),
        "good-nested.zip": lambda: _nested(2),
        "good-out.zip": lambda: archive(
            {"../../evil.txt": TEXT, "/etc/evil.txt": TEXT, "c:\\evil.txt": TEXT, "a.txt": TEXT}
        ),
        "link.zip": _linked,
        "good-twice.zip": _twice,
        "crowd.zip": lambda: archive({f"{number}.txt": "a" for number in range(6_000)}, zipfile.ZIP_STORED),
        "good-odd-names.zip": lambda: archive({"\u202etxt.exe.txt": TEXT, "a\nb\x1b[31m.txt": TEXT, "a.txt": TEXT}),
        "good-packed.txt.gz": lambda: gzip.compress(utf8),
        "truncated.gz": lambda: gzip.compress(utf8)[:60],
        "bomb.gz": lambda: gzip.compress(b"It rained. " * 1_500_000),
        "huge.gz": lambda: gzip.compress(b"It rained. " * 10_000_000, 1),
        "deep.gz": lambda: _packed(6),
        "no-directory.zip": lambda: b"PK\x03\x04" + bytes(range(256)) * 40,
        # Office documents and books
        "truncated.docx": lambda: whole_docx[:2000],
        "no-parts.docx": lambda: archive({"word/document.xml": "<w:document/>"}),
        "laughs.docx": lambda: _with(whole_docx, "word/document.xml", f"{BILLION_LAUGHS}<w>&j;</w>"),
        "bomb.docx": lambda: _with(whole_docx, "word/media/a.png", bytes(300_000_000)),
        "deep.docx": lambda: _with(whole_docx, "word/document.xml", "<w>" * 100_000),
        "external.odt": lambda: odt(f"</office:text></office:body></x>{EXTERNAL}<x>"),
        "external-entity.odt": lambda: _with(odt(), "content.xml", f"{EXTERNAL}<office>&file;&net;</office>"),
        "laughs.odt": lambda: _with(odt(), "content.xml", f"{BILLION_LAUGHS}<office>&j;</office>"),
        "encrypted.odt": lambda: odt(manifest="<encryption-data/>"),
        "good-scripted.odt": lambda: odt(f"<text:p>{STORY[0]}</text:p><text:p>&lt;script&gt;alert(1)</text:p>"),
        "truncated.epub": lambda: whole_epub[: len(whole_epub) - 100],
        "no-package.epub": lambda: archive({"mimetype": "application/epub+zip"}),
        "out.epub": lambda: epub({"../../../etc/passwd": xhtml("<p>x</p>")}),
        "drm.epub": lambda: _protected_book(),
        "good-laughs.epub": lambda: epub(
            {"one.xhtml": f"{BILLION_LAUGHS}<html><body><p>{STORY[0]} &j;</p></body></html>"}
        ),
        "good-deep-contents.epub": lambda: epub(
            {"one.xhtml": xhtml(f"<p>{STORY[0]}</p>")},
            nav="<ol><li><a href='one.xhtml'>x</a>" * 200 + "</li></ol>" * 200,
        ),
        "noise.rtf": lambda: b"{\\rtf1 " + bytes(range(256)) * 200,
        "good-truncated.rtf": lambda: rtf()[:-20],
        "deep.rtf": lambda: b"{\\rtf1 " + b"{" * 200_000,
        "slow.rtf": lambda: b"{\\rtf1 " + b"{\\field{\\*\\fldinst{HYPERLINK " * 3_000,
        "good-scripted.rtf": lambda: rtf([SCRIPT, *STORY]),
        # Pages, feeds and lists
        "good-scripted.html": lambda: _scripted_page().encode(),
        "deep.html": lambda: b"<div>" * 200_000 + b"It rained.",
        "wide.html": lambda: b"<html><body>" + b"<p>It rained.<p>" * 40_000,
        "good-truncated.html": lambda: page.encode()[:-40],
        "attributes.html": lambda: b"<html><body><p " + b"a=1 " * 200_000 + b">It rained.</p></body></html>",
        "no-page.mhtml": lambda: mhtml(page).replace(b"text/html", b"text/plain"),
        "good-saved.mhtml": lambda: mhtml(page),
        "truncated.mhtml": lambda: mhtml(page)[:250],
        "laughs.rss": lambda: rss(
            "<item><title>&j;</title><description>&j;</description></item>", declared=BILLION_LAUGHS
        ),
        "external.rss": lambda: rss(
            "<item><title>a</title><description>&file;</description></item>", declared=EXTERNAL
        ),
        "good-scripted.atom": lambda: atom(
            f"<entry><id>1</id><title>{SCRIPT}</title><author><name>{SCRIPT}</name></author>"
            f"<content type='html'>{STORY[0]} &lt;script&gt;alert(1)&lt;/script&gt;</content></entry>"
        ),
        "truncated.rss": lambda: rss(f"<item><title>a</title><description>{STORY[0]}</description></item>")[:200],
        "empty.rss": lambda: rss(""),
        "list.xml": lambda: sitemap("http://169.254.169.254/latest/", "file:///etc/passwd"),
        "laughs.xml": lambda: f"{BILLION_LAUGHS}<urlset><url><loc>&j;</loc></url></urlset>".encode(),
        "other.xml": lambda: b"<?xml version='1.0'?><invoice>1</invoice>",
        # Tables and JSON
        "many-rows.csv": _many_rows,
        "good-quotes.csv": lambda: b'title,text\n"A ""quoted"" title","It rained.\nIt snowed."\n"open,never closed',
        "nul.csv": lambda: b"title,text\na\0b,It\0 rained.\n",
        "formula.csv": lambda: b"title,text\n=cmd|' /C calc'!A0,It rained on the @sum.\n",
        "wide.csv": lambda: b",".join(b"c%d" % number for number in range(20_000)) + b"\n" + b"x," * 20_000,
        "deep.jsonl": lambda: b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        "digits.jsonl": lambda: b'{"text": ' + b"9" * 100_000 + b"}",
        "good-scripted.jsonl": _scripted_fields,
        "surrogates.jsonl": lambda: b'{"title": "\\ud800", "text": "Half \\udfff a character", "author": "\\udc00"}',
        "deep-lists.jsonl": lambda: b'{"title": "a", "text": ' + b"[" * 900 + b'"x"' + b"]" * 900 + b"}",
        "list.jsonl": lambda: b"[1, 2, 3]\n" * 10,
        "alias-bomb.md": lambda: _yaml_bomb(),
        "good-front-matter.md": lambda: f"---\ntitle: [broken\nauthor: {{\n---\n{TEXT}".encode(),
        "brackets.md": lambda: b"[" * 50_000,
        "quotes.md": lambda: b">" * 5_000 + b" It rained.",
    }
    return files


def _with(content: bytes, name: str, replaced: str | bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        files: dict[str, str | bytes] = {one: file.read(one) for one in file.namelist()}
    return archive(files | {name: replaced})


def _protected_book() -> bytes:
    listed = "<EncryptedData><CipherData><CipherReference URI='OPS/one.xhtml'/></CipherData></EncryptedData>"
    files: dict[str, str | bytes] = {"META-INF/encryption.xml": f"<encryption>{listed}</encryption>"}
    return epub({"one.xhtml": xhtml("<p>x</p>")}, extra=files)


def _yaml_bomb() -> bytes:
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)]
    return ("---\n" + "\n".join(lines) + f"\ntitle: *a9\n---\n{TEXT}").encode()
