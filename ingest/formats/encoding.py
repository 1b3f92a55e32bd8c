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
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*+=\s*+[\"']?+\s*+([\w.:-]+)", re.IGNORECASE)
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
_LEAST_EVIDENCE = 16
"""Fewer bytes beyond ASCII than this spell something in too many charsets."""
_GUESS_REACH = 200_000
"""How many bytes are shown to the guesser; the whole is decoded with its answer."""

_LATIN_CHARSETS = ("cp1252", "cp1250", "iso8859-2", "cp1254", "cp1257")
"""Tried in this order, the most widespread first. Not Mac OS Roman: DOS code pages' bytes spell words in it too."""
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "àâæçéèêëîïôœùûüÿ",  # French
        "äöüßéèàêôçâ",  # German, with the French words in it
        "áéíñóúüªº",  # Spanish
        "áàâãçéêíóôõúüªº",  # Portuguese
        "àèéìíîòóùúç",  # Italian
        "åäöæøéèêàóôüíá",  # Danish, Norwegian, Swedish, Finnish
        "áéíóúýðþæöø",  # Icelandic, Faroese
        "äöõüšžå",  # Estonian
        "áéíóúàèëïöüêîâôûç",  # Dutch
        "àçèéíïòóúüñ",  # Catalan
        "áéíóúàèìòùŵŷ",  # Irish, Scottish Gaelic
        "ąćęłńóśźżé",  # Polish
        "áčďéěíňóřšťúůýžöäü",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "âçğıiîöşüûİ\u0307",  # Turkish
        "ăâîșțşţ",  # Romanian
        "čćđšžáéíóúàèêô",  # Croatian, Slovenian
        "āčēģīķļņšūžōŗ",  # Latvian
        "ąčęėįšųūž",  # Lithuanian
    )
)
"""Letters beyond ASCII that occur together in one language."""
_SIGNS = frozenset("‘’‚“”„…–—•€£©®™°«»‹›·§¶†‡ \u00a0\u00ad¿¡ºª½¼¾×±²³µ¢¥\n")
_SIGN_IN_WORD = re.compile(
    r"[^\W\d_][«»‹›“”„‚†‡§¶©®°¿¡ºª¢£¥€±²³¹½¼¾×µ•™´¸¨˘˛¦¤¬][^\W\d_A-Z]|(?:^|\s)[³¹¶±¥£¼¾ªº][^\W\d_A-Z]"
    r"|¿[^\W\d_A-Z]{1,3}\b(?![^\n]{0,300}\?)"
)
_CASE_IN_WORD = re.compile(r"[a-z][^\W\d_a-zA-Z]")
_ODD_SHARE = 0.01
"""Share of letters from other alphabets that a text in cp1252 may have: English with names and loan words."""
_HALF_WIDTH = re.compile(r"[\uff61-\uff9f]")
"""Half-width katakana: hardly ever meant, but what Cyrillic bytes give when they are read as Japanese."""
_FIRST_OTHER_SCRIPT = "\u0370"


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
    for encoding in _LATIN_CHARSETS:
        text = _try(content, encoding)
        if text is not None and _spells_words(text, _ODD_SHARE if encoding == "cp1252" else 0):
            return text
    guessed = _guess(content) if len(_HIGH_BYTE.findall(content)) >= _LEAST_EVIDENCE else None
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


def _spells_words(text: str, odd_share: float) -> bool:
    """Whether a text's letters beyond ASCII are those of one language, and stand where letters stand."""
    high = [character for character in text if not character.isascii()]
    letters = [character for character in high if character not in _SIGNS]
    ascii_letters = sum(character.isalnum() and character.isascii() for character in text)
    if len(letters) > ascii_letters or not all(map(str.isalpha, letters)):
        return False
    if _SIGN_IN_WORD.search(text) or _has_capital_in_word(text):
        return False
    return len(letters) <= odd_share * ascii_letters or _is_one_language(frozenset("".join(letters).lower()))


def _has_capital_in_word(text: str) -> bool:
    """Whether a capital beyond ASCII follows a small letter: other charsets' small letters look so ("cafŽ")."""
    return any(match.group()[1].isupper() for match in _CASE_IN_WORD.finditer(text))


def _is_one_language(letters: frozenset[str]) -> bool:
    return any(alphabet.issuperset(letters) for alphabet in _ALPHABETS)


def _guess(content: bytes) -> str | None:
    """What charset-normalizer makes of other scripts, unless its answer is unlikely or does not fit the whole."""
    import charset_normalizer  # only where it is needed: most sources are UTF-8

    # Two-byte encodings without a mark are never guessed: any short text "fits" as a row of rare Chinese characters.
    unguessed = ["utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_7"]
    best = charset_normalizer.from_bytes(content[:_GUESS_REACH], cp_exclusion=unguessed).best()
    text = _try(content, best.encoding) if best else None
    return text if text is not None and _is_other_script(text) else None


def _is_other_script(text: str) -> bool:
    """Whether what is beyond ASCII is mostly letters of a script that is not Latin."""
    if _HALF_WIDTH.search(text) or any("\x7f" <= character <= "\x9f" or character == "\ufffd" for character in text):
        return False
    letters = [character for character in text if character.isalpha() and not character.isascii()]
    return bool(letters) and sum(letter >= _FIRST_OTHER_SCRIPT for letter in letters) > 0.8 * len(letters)
