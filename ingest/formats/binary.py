"""What bytes that are no text look like, in words for people."""

from __future__ import annotations

import codecs

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"BZh91AY", "a bzip2-compressed file"),
    (b"\xfd7zXZ\0", "an xz-compressed file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard-compressed file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program (ELF)"),
    (b"\xfe\xed\xfa", "a program (Mach-O)"),
    (b"\xcf\xfa\xed\xfe", "a program (Mach-O)"),
    (b"\xca\xfe\xba\xbe", "a program (Java or Mach-O)"),
    (b"\0asm", "a program (WebAssembly)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
)
_TEXT_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MAX_CONTROL_SHARE = 0.1


def describe_binary(content: bytes) -> str | None:
    """What the bytes look like ("a PDF document"), or None where they may be text."""
    head = content[:4096]
    if head.startswith(b"PK\x03\x04"):
        return _describe_zip(head)
    if head.startswith(b"RIFF") and len(head) > 12 and not head[8:12].isspace() and b"\0" in head:
        return {b"WEBP": "a WebP image", b"WAVE": "a WAV recording", b"AVI ": "an AVI video"}.get(
            head[8:12], "a RIFF file"
        )
    if head[4:8] == b"ftyp":
        return "an MP4, QuickTime or HEIF file"
    for signature, description in _SIGNATURES:
        if head.startswith(signature) and _fits(head, signature):
            return description
    return _describe_controls(content, head)


_REMEDIES = (
    (("image",), "to have the words on it read, save it as a PDF, and add that"),
    (("recording", "video", "MP4"), "add a transcript of it"),
    (("Excel",), "save its sheets as CSV, and add those"),
    (("PowerPoint", "OpenDocument", "PostScript"), "save it as PDF, and add that"),
    (("Office", "Word", "RTF", "EPUB", "PDF"), "save it as .docx, PDF or text, and add that"),
    (("compressed", "archive"), "unpack it, and add what is in it"),
    (("database",), "export the texts in it as CSV or JSON, and add that"),
)


def remedy(description: str) -> str:
    """What to do with a file that looks like ``description`` to have it read."""
    found = (told for words, told in _REMEDIES if any(word in description for word in words))
    return next(found, "add the text of it, as PDF or in a text file")


def _fits(head: bytes, signature: bytes) -> bool:
    """A signature of plain letters must be followed by more than text: an article may begin with "ID3"."""
    return not signature.isalnum() or signature.startswith(b"GIF") or b"\0" in head


def _describe_zip(head: bytes) -> str:
    if b"application/epub+zip" in head:
        return "an EPUB book"
    for folder, description in (
        (b"word/", "a Word document"),
        (b"xl/", "an Excel workbook"),
        (b"ppt/", "a PowerPoint file"),
    ):
        if folder in head:
            return description
    return "an OpenDocument file" if b"opendocument" in head else "a ZIP archive"


def _describe_controls(content: bytes, head: bytes) -> str | None:
    if content.startswith(_TEXT_MARKS):
        return None
    if b"\0" in content:
        return "a program (Windows)" if head.startswith(b"MZ") else "a binary file (it holds NUL bytes)"
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\v\x1b" for byte in head)
    return "a binary file (it is full of control characters)" if controls > _MAX_CONTROL_SHARE * len(head) else None
