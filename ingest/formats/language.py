"""The language a source says it is written in, as one code. Nothing is guessed from the words."""

from __future__ import annotations

import re

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")
_NAMES = {
    "arabic": "ar",
    "chinese": "zh",
    "czech": "cs",
    "danish": "da",
    "deutsch": "de",
    "dutch": "nl",
    "english": "en",
    "español": "es",
    "finnish": "fi",
    "français": "fr",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "italian": "it",
    "italiano": "it",
    "japanese": "ja",
    "korean": "ko",
    "norwegian": "no",
    "polish": "pl",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
    "swedish": "sv",
    "turkish": "tr",
    "ukrainian": "uk",
}
_THREE_LETTERS = {
    "ara": "ar",
    "ces": "cs",
    "deu": "de",
    "eng": "en",
    "fra": "fr",
    "fre": "fr",
    "ger": "de",
    "ita": "it",
    "jpn": "ja",
    "nld": "nl",
    "por": "pt",
    "rus": "ru",
    "spa": "es",
    "swe": "sv",
    "zho": "zh",
}


def parse_language(stated: str | None) -> str | None:
    """``en`` for ``en``, ``en-GB``, ``eng`` or ``English``; None for nothing and for what names no language."""
    text = (stated or "").strip()[:60]
    if text.lower() in _NAMES:
        return _NAMES[text.lower()]
    match = _TAG.fullmatch(text)
    if not match or match[1].lower() in ("und", "mul", "zxx", "mis"):
        return None
    return _THREE_LETTERS.get(match[1].lower(), match[1].lower())
