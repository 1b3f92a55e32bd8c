"""Pure text -> text. All character offsets in the project refer to text that has been through ``clean``."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

MAX_COMBINING_MARKS = 30
"""Longest run of combining marks kept, as in Unicode's Stream-Safe Text Format; ordering a run takes quadratic time."""

_LINE_BREAKS = "\r\v\f\x1c\x1d\x1e\x85\u2028"
_PARAGRAPH_SEPARATOR = "\u2029"
_INNER_SPACES = re.compile(r"(?<=\S) {2,}")
_TRAILING_SPACES = re.compile(r"(?<! ) +$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")

# Joiners (U+200C, U+200D) stay: Persian, Indic scripts and emoji are spelled with them.
_INVISIBLE = "\u00ad\u180e\u200b\u200e\u200f\u2060\ufeff\ufffc\ufffe\uffff" + "".join(
    map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
)


def clean(text: str) -> str:
    """The canonical form of a text: composed characters, plain spaces, ``\\n`` line ends, single blank lines.

    Cleaning twice changes nothing more. No word is added, dropped or reordered.
    """
    text = text.replace("\r\n", "\n")
    if not _character_table().keys().isdisjoint(map(ord, set(text))):
        text = text.translate(_character_table())
    if not text.isascii():
        # Bounded again afterwards, because composing can make two marks of one.
        text = _bound_combining_runs(unicodedata.normalize("NFC", _bound_combining_runs(text)))
    text = text.expandtabs(4)
    # Looked for first: most texts have neither, and an expression tries every place.
    if "  " in text:
        text = _INNER_SPACES.sub(" ", text)
    if " \n" in text:
        text = _TRAILING_SPACES.sub("", text)
    return _BLANK_LINES.sub("\n\n", text).strip("\n ")


@cache
def _character_table() -> dict[int, str | None]:
    """What each odd character becomes: spaces of any width a plain one, breaks of any kind those of a plain text,
    invisible and control characters nothing."""
    table: dict[int, str | None] = {ord(character): None for character in _INVISIBLE}
    for code in range(0x10000):
        category = unicodedata.category(chr(code))
        if category == "Zs" and chr(code) != " ":
            table[code] = " "
        elif category == "Cs" or (category == "Cc" and chr(code) not in "\t\n"):
            table[code] = None
    table.update(dict.fromkeys(map(ord, _LINE_BREAKS), "\n"))
    table[ord(_PARAGRAPH_SEPARATOR)] = "\n\n"
    return table


def _bound_combining_runs(text: str) -> str:
    marks = "".join(filter(unicodedata.combining, set(text)))
    if not marks:
        return text
    return re.sub(rf"([{marks}]{{{MAX_COMBINING_MARKS}}})[{marks}]+", r"\1", text)


# --- furniture: what is copied along with a web article and belongs to the page, not to the article -------------------
# Every rule looks at one whole line and is written so that a sentence cannot match: losing a line of an article is
# worse than keeping a line of its page.

_MAX_FURNITURE = 300
"""Longest line, in characters, that can be furniture."""

_PAGE_LINES = re.compile(
    r"""(?ix)
    (?:latest|more|top|breaking|related|trending)\s(?:news|stories|headlines|articles|posts|content|coverage|videos?)
    | read\s(?:more|next|also|on|full\sstory) | continue\sreading(?:\sbelow)? | (?:load|show|see)\smore
    | (?:story|article)\scontinues\s(?:below|after)(?:\s(?:the\s)?advert(?:isement)?)?
    | scroll\s(?:down\s)?to\scontinue(?:\s(?:with\scontent|reading))?
    | advert(?:isement|orial)?s? | sponsored(?:\scontent)? | skip\s(?:to\s(?:main\s)?content|advert(?:isement)?)
    | related | recommended\sfor\syou | you\s(?:may|might)\salso\slike | most\s(?:read|popular|viewed) | trending\snow
    | share(?:\s(?:this|on))?(?:\s(?:article|story|post|page|facebook|twitter|x|linkedin|pinterest|whatsapp|email))?
    | (?:email|print)\sthis(?:\s(?:article|story|post|page))? | copy\slink
    | (?:view|leave\sa|post\sa|add\sa|hide|show)\scomments? | back\sto\stop
    | follow\sus\son\s[\w ,&]{1,40}
    | (?:sign\sup|subscribe)\s(?:now\s)?(?:for|to)\s(?:our|the|my)\s(?:[\w']+\s){0,3}newsletters?
    | (?:accept|reject|manage|allow)\s(?:all\s)?cookies(?:\sand\sclose)?
    | cookie\s(?:settings|preferences|policy|notice)
    | (?:(?:©|\(c\)|copyright)\s[^.]{0,80})?\ball\srights\sreserved
    | anzeige | werbung | publicité | publicidad | publicidade | pubblicità | advertentie
    | weiterlesen | mehr\s(?:lesen|zum\sthema) | lire\sla\ssuite | seguir\sleyendo | leer\smás | leia\smais
    | lees\sverder
    | (?:lesen\ssie\sauch|(?:à\s)?lire\saussi|lea\stambién|leia\stambém|leggi\sanche|lees\sook)(?:\s?:\s?.*)?
    """
)
_PROMOTION = re.compile(
    r"(?i)(?:watch(?: now| next| more| live)?|related(?: (?:story|stories|articles?|content|coverage|links?|videos?))?"
    r"|read (?:more|next|also)|more from [\w! ]{1,30}|don['’]t miss|up next|you may also like)\s?:\s*\S.*"
)
_COOKIE_NOTICE = re.compile(
    r"(?i)(?:we|this (?:web)?site|our (?:web)?site|by (?:continuing|using|clicking))\b"
    r"(?=.*\bcookies\b)(?=.*\byour?\b).*\b(?:experience|consent|agree|accept|preferences|settings|traffic|policy)\b.*"
)
_AGENCY = (
    r"(?:REX(?: Features)?|Shutterstock(?:\.com)?|Getty(?: Images)?|AP(?: Photo| Images)?|Associated Press|Reuters|AFP"
    r"|Splash(?: News)?|BACKGRID|WireImage|FilmMagic|Alamy(?: Stock Photo)?|iStock(?:photo)?|Unsplash|Pexels"
    r"|EPA(?:-EFE)?|NurPhoto|Bloomberg|PA(?: Images| Wire)?|Zuma(?: Press)?|Corbis"
    r"|Everett(?: Collection)?|INSTARimages(?:\.com)?)"
)
_NAME_PART = r"[A-Z0-9][\w.'’&!-]*(?: (?:[A-Z0-9][\w.'’&!-]*|de|del|van|von|der|da|di|la|le|for|via|of|and|the)){0,6}"
_AGENCY_CREDIT = re.compile(
    rf"(?=.*(?:^|/)\s?{_AGENCY}(?:\s?/|$| (?:for|via) ))(?:{_NAME_PART})(?:\s?/\s?{_NAME_PART}){{0,4}}"
)
_PHOTO_CREDIT = re.compile(
    rf"(?:(?i:photo(?:graph)?s?|image|picture)(?i:\scredit)?\s?:"
    rf"|(?i:(?:photo(?:graph)?s?|image|picture|photography) (?:by|courtesy of)))"
    rf"\s*(?:{_NAME_PART})(?:\s?/\s?{_NAME_PART}){{0,4}}"
)
_GALLERY = re.compile(
    r"(?=.*(?:['’]s?\s|&|\b(?:Best|Cutest|Hottest|Sexiest|Biggest|Wildest|Craziest|Sweetest|Most)\b))"
    r".*\b(?:Looks|Style|Pics|Pictures|Photos|Moments|Romance|Fashion|Hairstyles|Outfits|Transformation"
    r"|Family Album|Selfies)(?: (?:Through|Over) the Years| of All Time| Ever)?"
)
_BYLINE_BUTTONS = re.compile(
    r"(?<=\d)(\s?(?:[AaPp]\.?[Mm]\.?)?(?:\s[A-Z]{2,4})?)\s?(?:Tags|Share|ShareTags|TagsShare|Comments)$"
)
_BYLINE_START = re.compile(r"(?i)(?:by|published|updated|posted)\b|[A-Z][a-z]{2,8}\.? \d")
_SMALL_WORDS = frozenset("a an and as at by de for from in of on or the to vs via with & -".split())


def drop_furniture(text: str) -> str:
    """A cleaned text without the lines a browser's copy brings along: credits, galleries, promotions, buttons.

    Conservative: the first line and anything that reads like a sentence stay.
    """
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line), 0)
    dropped = {index for index in range(first + 1, len(lines)) if _is_furniture(lines, index)}
    dropped |= {index - 1 for index in dropped if index - 1 > first and _is_caption_of_credit(lines, index)}
    kept = "\n".join(_without_buttons(line) for index, line in enumerate(lines) if index not in dropped)
    return text if kept == text else clean(kept)


def _is_furniture(lines: list[str], index: int) -> bool:
    line = lines[index].strip()
    if not line or len(line) > _MAX_FURNITURE:
        return False
    return (
        bool(_PAGE_LINES.fullmatch(line.rstrip(" :.!»›>→…")))
        or bool(_COOKIE_NOTICE.fullmatch(line))
        or is_credit(line)
        or (bool(_PROMOTION.fullmatch(line)) and _reads_like_headline(line))
        or (_stands_alone(lines, index) and bool(_GALLERY.fullmatch(line)) and _reads_like_headline(line))
    )


def is_credit(line: str) -> bool:
    """Whether a line only says whose photograph stood there."""
    return len(line) <= 100 and bool(_AGENCY_CREDIT.fullmatch(line) or _PHOTO_CREDIT.fullmatch(line))


def _is_caption_of_credit(lines: list[str], index: int) -> bool:
    """Whether line ``index`` is a credit and the line above it is the headline of the picture, not a sentence."""
    above = lines[index - 1].strip()
    return bool(above) and is_credit(lines[index].strip()) and _reads_like_headline(above)


def _reads_like_headline(line: str) -> bool:
    """Whether nearly all words that count are capitalised and nothing ends like a sentence."""
    if len(line) > 150 or line[-1] in ".;,:":
        return False
    words = [word for word in re.findall(r"[^\W_][\w'’-]*", line) if word.lower() not in _SMALL_WORDS]
    capitalised = sum(word[0].isupper() or word[0].isdigit() for word in words)
    return len(words) >= 3 and capitalised >= 0.8 * len(words)


def _stands_alone(lines: list[str], index: int) -> bool:
    below = lines[index + 1] if index + 1 < len(lines) else ""
    return not lines[index - 1] and not below


def _without_buttons(line: str) -> str:
    """A byline without the names of the buttons that stood beside it ("7:54 PMTags")."""
    return _BYLINE_BUTTONS.sub(r"\1", line) if len(line) <= 200 and _BYLINE_START.match(line) else line
