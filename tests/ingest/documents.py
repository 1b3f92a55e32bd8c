"""Small documents in every format, made from words: what the tests of the readers and the hostile inputs start from."""

from __future__ import annotations

import email.message
import email.policy
import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

STORY = [
    "The ferry at Alder Point made its last crossing on Sunday after ninety years of service.",
    "Its captain, Ruth Amsel, had steered the boat for thirty-one years without missing a day.",
    "A bridge of steel and timber, opened in March, carries the road to the island now.",
]
"""Three paragraphs, each one sentence."""


def archive(files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of files by name, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def pdf(
    pages: Sequence[Sequence[str]],
    info: Mapping[str, str] | None = None,
    *,
    pictures: Sequence[int] = (),
    encrypted: bool = False,
    language: str | None = None,
) -> bytes:
    """A PDF document: for each page its lines; ``pictures`` are the numbers of pages, from 1, that show an image."""
    objects: list[bytes] = []

    def add(body: str | bytes) -> int:
        objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(objects)

    def stream(dictionary: str, content: bytes) -> bytes:
        return f"<< {dictionary} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"

    catalog, tree = add(""), add("")
    font = add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    image = add(
        stream("/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", b"\x80")
    )
    kids = []
    for number, lines in enumerate(pages, start=1):
        drawn = ["BT /F1 11 Tf 14 TL 72 760 Td"]
        for line in lines:
            text = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            drawn.append(f"({text}) Tj T*")
        drawn.append("ET")
        if number in pictures:
            drawn.append("q 400 0 0 400 100 200 cm /I1 Do Q")
        content = add(stream("", "\n".join(drawn).encode("cp1252")))
        kids.append(
            add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R "
                f"/Resources << /Font << /F1 {font} 0 R >> /XObject << /I1 {image} 0 R >> >> >>"
            )
        )
    spoken = f"/Lang ({language})" if language else ""
    objects[catalog - 1] = f"<< /Type /Catalog /Pages {tree} 0 R {spoken} >>".encode()
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects[tree - 1] = f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode()
    described = "".join(f"/{name} ({value}) " for name, value in (info or {}).items())
    trailer = f"/Root {catalog} 0 R /Info {add(f'<< {described}>>')} 0 R"
    if encrypted:  # with a password that nobody knows
        handler = f"<< /Filter /Standard /V 1 /R 2 /P -4 /O <{'4f' * 32}> /U <{'55' * 32}> >>"
        trailer += f" /Encrypt {add(handler)} 0 R /ID [<{'0' * 32}> <{'0' * 32}>]"
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} {trailer} >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def docx(
    paragraphs: Sequence[str | tuple[str, str]] = STORY,
    *,
    rows: Sequence[Sequence[str]] = (),
    title: str = "",
    author: str = "",
) -> bytes:
    """A Word document: paragraphs, each with a style if it is a pair, and one table at the end."""
    import docx as python_docx

    document = python_docx.Document()
    document.core_properties.title, document.core_properties.author = title, author
    for paragraph in paragraphs:
        text, style = (paragraph, None) if isinstance(paragraph, str) else paragraph
        document.add_paragraph(text, style)
    if rows:
        table = document.add_table(0, len(rows[0]))
        for row in rows:
            for cell, value in zip(table.add_row().cells, row, strict=True):
                cell.text = value
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def odt(body: str | None = None, *, meta: str = "", manifest: str = "") -> bytes:
    """An OpenDocument text; ``body`` is the XML inside ``office:text``, ``meta`` that inside ``office:meta``."""
    body = "".join(f"<text:p>{escape(line)}</text:p>" for line in STORY) if body is None else body
    inner = f"<office:body><office:text>{body}</office:text></office:body>"
    content = f"<office:document-content {_ODF}>{inner}</office:document-content>"
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f'<?xml version="1.0" encoding="UTF-8"?>{content}',
            "meta.xml": f"<office:document-meta {_ODF}><office:meta>{meta}</office:meta></office:document-meta>",
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
        }
    )


def xhtml(body: str, title: str = "") -> str:
    """A page of a book."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f"<head><title>{title}</title></head><body>{body}</body></html>"
    )


def epub(
    pages: Mapping[str, str],
    *,
    metadata: str = "<dc:title>The Last Ferry</dc:title><dc:creator>Ruth Amsel</dc:creator>",
    nav: str | None = None,
    ncx: str | None = None,
    extra: Mapping[str, str | bytes] | None = None,
    spine: Sequence[str] | None = None,
) -> bytes:
    """An e-book: pages by file name in reading order, with EPUB 3's navigation or EPUB 2's."""
    items = [f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in pages]
    files: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": (
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OPS/book.opf"/></rootfiles></container>'
        ),
    }
    if nav is not None:
        items.append('<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>')
        files["OPS/nav.xhtml"] = xhtml(f'<nav epub:type="toc">{nav}</nav>')
    if ncx is not None:
        items.append('<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>')
        files["OPS/toc.ncx"] = f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{ncx}</navMap></ncx>'
    order = "".join(f'<itemref idref="{name}"/>' for name in (pages if spine is None else spine))
    files["OPS/book.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">'
        f"{metadata}</metadata><manifest>{''.join(items)}</manifest>"
        f"<spine{'' if ncx is None else ' toc=' + chr(34) + 'ncx' + chr(34)}>{order}</spine></package>"
    )
    files |= {f"OPS/{name}": page for name, page in pages.items()}
    return archive(files | dict(extra or {}))


def rtf(paragraphs: Sequence[str] = STORY, info: str = "") -> bytes:
    """An RTF document; what is not ASCII is written as RTF writes it."""
    body = r"\par ".join("".join(_rtf_character(character) for character in line) for line in paragraphs)
    return rf"{{\rtf1\ansi\ansicpg1252\deff0{{\fonttbl{{\f0 Times;}}}}{info}\f0 {body}\par}}".encode("ascii")


def _rtf_character(character: str) -> str:
    if character in "\\{}":
        return f"\\{character}"
    code = ord(character)
    if code < 128:
        return character
    units = [code] if code < 0x10000 else [0xD7C0 + (code >> 10), 0xDC00 + (code & 0x3FF)]
    return "".join(rf"\u{unit - 0x10000 if unit > 0x7FFF else unit}?" for unit in units)


def mhtml(page: str, *, charset: str = "utf-8") -> bytes:
    """A saved web page with a picture beside it, as browsers write it."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"] = "<Saved by a browser>"
    message["Snapshot-Content-Location"] = "https://news.example/ferry"
    message["Subject"] = "The Last Ferry"
    message["Date"] = "Tue, 3 Nov 2026 10:00:00 -0000"
    message.set_content(page, subtype="html", charset=charset, cte="quoted-printable")
    message.add_related(b"\x89PNG\r\n", maintype="image", subtype="png")
    return message.as_bytes()


def rss(items: str, *, language: str = "en-gb", declared: str = "") -> bytes:
    """An RSS feed; ``declared`` stands where a document type would."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{declared}<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Harbour News</title><language>{language}</language>{items}</channel></rss>"
    ).encode()


def atom(entries: str) -> bytes:
    """An Atom feed."""
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour News</title>{entries}</feed>'.encode()


def sitemap(*addresses: str, index: bool = False) -> bytes:
    """A sitemap, or an index of sitemaps."""
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    listed = "".join(f"<{inner}><loc>{escape(address)}</loc></{inner}>" for address in addresses)
    return f'<{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</{outer}>'.encode()
