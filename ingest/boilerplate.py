"""What is copied along with an article and belongs to its page: credits, captions, promotions, buttons, notices.

Every rule looks at one whole line, by its shape and its place, and is written so that a sentence cannot match: losing a
line of an article is worse than keeping a line of its page.
"""

from __future__ import annotations

import re

from ingest.cleaning import clean
from language.credits import AGENCY

_MAX_BOILERPLATE = 300
"""Longest line, in characters, that can be boilerplate."""

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
_NAME_PART = r"[A-Z0-9][\w.'’&!-]*(?: (?:[A-Z0-9][\w.'’&!-]*|de|del|van|von|der|da|di|la|le|for|via|of|and|the)){0,6}"
_AGENCY_CREDIT = re.compile(
    rf"(?=.*(?:^|/)\s?{AGENCY}(?:\s?/|$| (?:for|via) ))(?:{_NAME_PART})(?:\s?/\s?{_NAME_PART}){{0,4}}"
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
_CREDIT_REACH = 90
"""Longest credit below or behind a caption, in characters."""
_MAX_CAPTION = 500
_SENTENCE_ENDS = (". ", "! ", "? ", "” ", '" ', ") ")
_BETWEEN_CREDITS = re.compile(r"[\s/]+")
_IN_CREDITS = frozenset("via for of the and de del van von der da di la le".split())
_ENDS_WITH_AGENCY = re.compile(rf"/\s?{AGENCY}\Z")
_LABELLED = re.compile(r"[^\W\d_a-z][^:.?!]{1,40}:(?=[^\W\d_]|['‘“\"])")
"""A promotion's label runs into its headline: "More:Ten rivers worth a weekend". In a text a space follows."""
_ASKING = frozenset("get sign subscribe follow want for".split())
_ASKED_FOR = (
    "newsletter",
    "sign up here",
    "on twitter",
    "on x",
    "on facebook",
    "on instagram",
    "on tiktok",
    "our podcast",
)
_MAX_ASKING = 200
_WORDS = re.compile(r"[\w']+")
_FOOT_LINES = 4
"""How many of the last lines may be notices of the newsroom."""
_OF_THE_NEWSROOM = re.compile(
    r"(?i)(?:this|the) (?:story|article|report)(?: and (?:its )?headline)? (?:has|have) been updated\b[^\"“]{0,120}"
    r"|[^\"“]{1,160} contributed to this (?:story|article|report)\.?|contributing:.{1,160}"
)
_PLACE_MARK = 60
"""Longest mark of an agency and a place before the text, "Leeds Evening Post —", in characters."""
_SMALL_WORDS = frozenset("a an and as at by de for from in of on or the to vs via with & -".split())


def drop_boilerplate(text: str) -> str:
    """A cleaned text without the lines a browser's copy brings along: credits, galleries, promotions, buttons.

    Conservative: the first line and anything that reads like a sentence stay.
    """
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line), 0)
    dropped = {index for index in range(first + 1, len(lines)) if _is_boilerplate(lines, index)}
    dropped |= _at_the_head(lines, first) | _at_the_foot(lines, first)
    dropped |= {index - 1 for index in dropped if index - 1 > first and _is_caption_of_credit(lines, index)}
    kept = "\n".join(_without_buttons(line) for index, line in enumerate(lines) if index not in dropped)
    return text if kept == text else clean(kept)


def _is_boilerplate(lines: list[str], index: int) -> bool:
    line = lines[index].strip()
    if not line or len(line) > _MAX_BOILERPLATE:
        return False
    return (
        bool(_PAGE_LINES.fullmatch(line.rstrip(" :.!»›>→…")))
        or is_credit(line)
        or _is_caption(line)
        or (_stands_alone(lines, index) and (_is_labelled(line) or _asks_readers(line)))
        or (bool(_PROMOTION.fullmatch(line)) and _reads_like_headline(line))
        or (_stands_alone(lines, index) and bool(_GALLERY.fullmatch(line)) and _reads_like_headline(line))
    )


def is_credit(line: str) -> bool:
    """Whether a line only says whose photograph stood there."""
    return len(line) <= 100 and bool(_AGENCY_CREDIT.fullmatch(line))


def _is_caption(line: str) -> bool:
    """Whether a line describes a picture and ends with whose it is: "Otters at play on Monday. Jane Roe/AP"."""
    if not (line[-1].isalnum() or line[-1] == ")") or len(line) > _MAX_CAPTION:
        return False
    if _ENDS_WITH_AGENCY.search(line[-_CREDIT_REACH:]):
        return True
    start = max(line.rfind(end) + len(end) if end in line else 0 for end in _SENTENCE_ENDS)
    credit = line[start:]
    if not start or not 3 <= len(credit) <= _CREDIT_REACH:
        return False
    words = _BETWEEN_CREDITS.split(credit.removeprefix("Courtesy of ").removeprefix("Courtesy "))
    return ("/" in credit or credit.startswith("Courtesy ")) and all(
        word[:1].isupper() or word in _IN_CREDITS for word in words
    )


def _is_labelled(line: str) -> bool:
    """Whether a line leads to another article: a label, a colon, and a headline right behind it."""
    label = _LABELLED.match(line)
    return label is not None and line.rstrip("\"'”’")[-1:] not in ".;,:" and len(line[label.end() :].split()) >= 4


def _asks_readers(line: str) -> bool:
    """Whether a paragraph asks to sign up for something or to follow somebody: "Sign up for our weekly newsletter."."""
    if len(line) > _MAX_ASKING or '"' in line or "“" in line or line.split()[0].lower() not in _ASKING:
        return False
    said = f"{' '.join(_WORDS.findall(line.lower()))} "
    return any(f"{asked} " in said or f"{asked}s " in said for asked in _ASKED_FOR)


def _at_the_head(lines: list[str], first: int) -> set[int]:
    """The marks of agencies and places between the headline and the text: "Leeds Evening Post —"."""
    marks: set[int] = set()
    for index in range(first + 1, min(first + 20, len(lines))):
        line = lines[index].strip()
        if _reads_like_text(line):
            break
        if is_place_mark(line):
            marks.add(index)
    return marks


def is_place_mark(line: str) -> bool:
    """Whether a line only says which paper or agency reports from where: "Leeds Evening Post —"."""
    words = line[:-1].split()
    return (
        line.endswith(("—", "–"))
        and len(line) <= _PLACE_MARK
        and all(word[0].isupper() or word[0] == "/" or word in _IN_CREDITS for word in words)
    )


def _at_the_foot(lines: list[str], first: int) -> set[int]:
    """What the newsroom says of itself below the text: who contributed, that something was updated."""
    last = [index for index in range(first + 1, len(lines)) if lines[index].strip()][-_FOOT_LINES:]
    return {index for index in last if _OF_THE_NEWSROOM.fullmatch(lines[index].strip(" —–-"))}


def _reads_like_text(line: str) -> bool:
    """Whether a line is long enough, and ends as a sentence does."""
    return len(line) > 60 and line[-1] in ".!?”\"’'"


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
