"""The language a source says it is written in or, where it says nothing, its commonest words are of; as one code."""

from __future__ import annotations

import re
from collections import Counter

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

_COMMON_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "cs": "a se na v je že s z do to o i ve by jako za",
        "da": "og i at det en er på til af for ikke den med som har blev",
        "de": "der die und das nicht ist von mit den ein auf dem im zu sich eine",
        "en": "the and of to in is was that for with his they it on as by",
        "es": "el los las que una por con del para se y su en de la es",
        "fi": "ja on ei että se oli hän ovat mutta kun kuin myös joka sekä",
        "fr": "le la les des et est dans que une pour pas du en un au qui",
        "hu": "a az és hogy nem is egy volt meg van de csak már mint",
        "it": "il che di la per non con una della sono gli del un è nel i",
        "nl": "de het een van en niet dat zijn op met voor is te in werd ook",
        "no": "og i at det en er på til av for ikke den med som har ble",
        "pl": "w i na z się nie do że jest to o jak po od przez za",
        "pt": "o os as que uma por com do da não para em um e no na",
        "ru": "и в не на что с он по это как из у за от но для",
        "sv": "och att det som en på är av för inte den med i till har ett",
        "tr": "ve bir bu için da de ile çok daha olarak gibi sonra olan kadar",
        "uk": "і в не на що з та до у це як за від але для про",
    }.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_REACH = 5_000
"""How many characters of a text its language is told by."""
_LEAST_WORDS, _LEAST_SHARE, _AHEAD = 20, 0.15, 1.4
"""A text of fewer words is too short to tell; in a text of some length, a third of all words are these few."""


def language_of(text: str) -> str | None:
    """The language that a text is written in, by its commonest words; None where that is not certain."""
    words = _WORD.findall(text[:_REACH].lower())
    if len(words) < _LEAST_WORDS:
        return None
    times = Counter(words)
    counts = {code: sum(times[word] for word in common) for code, common in _COMMON_WORDS.items()}
    first, second = sorted(counts, key=lambda code: counts[code], reverse=True)[:2]
    is_certain = counts[first] >= _LEAST_SHARE * len(words) and counts[first] >= _AHEAD * counts[second]
    return first if is_certain else None


def parse_language(stated: str | None) -> str | None:
    """``en`` for ``en``, ``en-GB``, ``eng`` or ``English``; None for nothing and for what names no language."""
    text = (stated or "").strip()[:60]
    if text.lower() in _NAMES:
        return _NAMES[text.lower()]
    match = _TAG.fullmatch(text)
    if not match or match[1].lower() in ("und", "mul", "zxx", "mis"):
        return None
    return _THREE_LETTERS.get(match[1].lower(), match[1].lower())
