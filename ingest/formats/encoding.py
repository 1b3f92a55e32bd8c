"""Bytes -> str, right or not at all: no replacement characters, no guess that turns letters into others."""

from __future__ import annotations

import codecs
import re

from ingest.errors import UnreadableSource
from ingest.types import RawSource

_BOMS = (  # UTF-32 first: its little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META_REACH = 4096
"""Where in a page a declared charset is looked for, in bytes; the standard asks for the first 1024."""
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"\A\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)

_SINGLE_BYTE = re.compile(r"iso8859-|cp125|cp8|cp437|koi8|mac|tis-620|ascii")
_MULTI_BYTE = re.compile(r"gb|big5|cp9[345]|shift_jis|euc_|iso2022_|johab|hz|utf-8")
"""Python's other codecs are refused when declared: some are no character sets, some are slow on purpose-made input."""
_WINDOWS_FOR = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
}
"""What these labels mean in practice, as in the WHATWG Encoding Standard."""

_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_GUESS_REACH = 200_000
"""How many bytes are shown to the guesser; the whole is decoded with its answer."""

_WESTERN_LETTERS = "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŸŒŠŽ"
_WESTERN_SIGNS = "‘’‚“”„…–—•€£©®™°«»‹›·§¶†‡ \u00a0\u00ad¿¡ºª½¼¾×±²³µ¢¥"
_WESTERN = frozenset(_WESTERN_LETTERS + _WESTERN_SIGNS)
_SIGN_IN_WORD = re.compile(
    r"[^\W\d_][«»‹›“”„‚†‡§¶©®°¿¡ºª¢£¥€±²³½¼¾×µ•™…][a-zà-ÿ]|(?:^|\s)[³¹¶±¥£][a-zà-ÿ]|¿[a-zà-ÿ]{1,3}\b(?![^\n]*\?)"
)
_LETTER_CASE = re.compile(r"[a-zà-ÿ][ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝ][a-zà-ÿ]")


def decode(raw: RawSource) -> str:
    """The characters of a source: by byte order mark, declared charset, strict UTF-8, and only then by what they spell.

    Raises:
        UnreadableSource: no encoding fits, or the file is damaged.
    """
    content = raw.content
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _decode_marked(raw.source, content[len(bom) :], encoding)
    declared = declared_charset(raw)
    text = _decode_declared(content, declared) if declared else None
    if text is None:
        text = _try(content, "utf-8")
    if text is None:
        text = _decode_by_content(raw.source, content)
    return text


def declared_charset(raw: RawSource) -> str | None:
    """Python's name of the charset that the server or, within a page, the page itself declares."""
    header = _HEADER_CHARSET.search(raw.media_type or "")
    if header:
        return _known(header.group(1))
    head = raw.content[:_META_REACH]
    match = _XML_CHARSET.search(head) or _META_CHARSET.search(head)
    return _known(match.group(1).decode("ascii", "replace")) if match else None


def _known(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    name = _WINDOWS_FOR.get(name, name)
    return name if _SINGLE_BYTE.match(name) or _MULTI_BYTE.match(name) else None


def _decode_marked(source: str, content: bytes, encoding: str) -> str:
    text = _try(content, encoding)
    if text is None:
        raise UnreadableSource(
            source, f"its byte order mark says {encoding}, but it is damaged; save it again as UTF-8"
        )
    return text


def _decode_declared(content: bytes, encoding: str) -> str | None:
    # Nearly every sequence of bytes is "valid" in a single-byte charset, hardly any is in UTF-8 by accident.
    if _SINGLE_BYTE.match(encoding) and not content.isascii():
        text = _try(content, "utf-8")
        if text is not None:
            return text
    return _try(content, encoding)


def _try(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _decode_by_content(source: str, content: bytes) -> str:
    """For bytes that declare nothing and are not UTF-8."""
    _refuse_damaged_utf8(source, content)
    western = _try(content, "cp1252")
    if western is not None and _reads_western(western):
        return western
    guessed = _guess(content)
    if guessed is None:
        raise UnreadableSource(source, "its character encoding cannot be told; save it as UTF-8")
    return guessed


def _refuse_damaged_utf8(source: str, content: bytes) -> None:
    """Raises where most bytes beyond ASCII are UTF-8: read as anything else, all of them would come out wrong."""
    sequences = _UTF8_SEQUENCE.findall(content)
    in_sequences = sum(map(len, sequences))
    high = sum(map(len, _HIGH_RUN.findall(content)))
    if in_sequences * 2 > high:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnreadableSource(
                source, f"it is UTF-8 but damaged at byte {error.start:,}; mend or save it again as UTF-8"
            ) from None


def _reads_western(text: str) -> bool:
    """Whether cp1252 gives a text in a Western European language rather than another charset's letters in disguise."""
    high = [character for character in text if not character.isascii()]
    letters = sum(character.isalpha() and character.isascii() for character in text)
    return (
        _WESTERN.issuperset(high)
        and len(high) <= 0.5 * letters
        and not _SIGN_IN_WORD.search(text)
        and not _LETTER_CASE.search(text)
    )


def _guess(content: bytes) -> str | None:
    """What charset-normalizer makes of it, unless its answer holds control characters or does not fit the whole."""
    import charset_normalizer  # only where it is needed: most sources are UTF-8

    # Two-byte encodings without a mark are never guessed: any short text "fits" as a row of rare Chinese characters.
    sample = content[:_GUESS_REACH]
    best = charset_normalizer.from_bytes(
        sample, cp_exclusion=["utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_7"]
    ).best()
    text = _try(content, best.encoding) if best else None
    return None if text is None or _has_controls(text) else text


def _has_controls(text: str) -> bool:
    return any("\x7f" <= character <= "\x9f" or character == "\ufffd" for character in text)
