"""A follow-up and the conversation before it -> a question that can be searched and read alone. No retrieval.

No parser and no model: word lists and word order. Where they cannot tell, the question is left as it is, since a
question wrongly rewritten is worse than a vague one. ``docs/conversation.md`` has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qa.types import Turn

Rewriter = Callable[[str, Sequence[Turn]], str]
"""(question, history) -> stand-alone question. ``standalone`` is one; a language model's can take its place."""

_READ_CHARS = 300  # of each earlier question and answer; what matters is at their beginning
_LONGEST = 600  # characters; a longer question says itself what it is about, and the rules take quadratic time
_FADING = 0.75  # weight a mention loses with each later turn; tuned on half of CANARD
_LOWER = 2.0  # what a mention without capitals loses where names have them
_REMEMBERED = 24  # mentions kept; older ones are never the best candidate


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BE = _words("is are was were be isn't aren't wasn't weren't")
_DO = _words(
    "did does do didn't doesn't don't can could will would should may might must shall has have had hasn't hadn't "
)
_AUX = _BE | _DO
_WH = _words("who whom whose what which when where why how who's what's where's when's")
_DETERMINERS = _words("the a an any some this that these those every each all no")
_PREPOSITIONS = _words(
    "in on at to from of for with by about after before during since until under over into between against near as than"
)
_CLAUSE = _words("when while after before because that if as since until although though and but who which where so")
_ADVERBS = _words("ever first also originally still really actually currently usually now not then never already else")
_STOP = _AUX | _WH | _DETERMINERS | _PREPOSITIONS | _CLAUSE | _ADVERBS
_STOP |= _words(
    "i you we me my your our us it its he she they him her his them their there here or be been being yes "
    "tell name list give describe explain please many much more most other"
)
_BREAKS = (_WH | _CLAUSE | _DETERMINERS | _PREPOSITIONS) - {"of"}
_DATES = _words(
    "january february march april may june july august september october november december jan feb mar apr jun jul "
    "aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday"
)
_JOINS = _words("of the de van von der da la del di du bin al et &")
_VERBS = _words(
    "act appear arrive attend be beat become begin belong bring build buy call come compete compose contain continue "
    "cost create decide defeat design develop die direct discover do earn end enter fail fall fight find form found "
    "get give go grow happen have help hold invent join keep kill know launch lead learn leave like live look lose "
    "love make marry mean meet move need open oppose paint pay perform play produce propose publish put quit raise "
    "reach read receive record release retire return rule run say see sell serve set sing sign speak spend split "
    "stand start state stay stop study support take teach tell think tour train travel try turn use vote want wear "
    "win work write beaten began begun born bought broke broken brought built came chosen died done drawn fell fought "
    "gave given gone got held kept killed known knew led left lost made met paid sang sung said sat seen sold sent "
    "shot spent spoken stood taken took taught thought told shown went won worn wrote written"
)
_MALE = _words(
    "husband father son brother king man boy grandfather uncle nephew actor prince duke emperor pope lord sir mr "
    "boyfriend james john robert michael william david richard joseph thomas charles christopher daniel matthew "
    "anthony mark paul steven andrew george kenneth kevin brian edward peter jack henry adam frank tom tim bob bill "
    "jim joe steve albert isaac louis leonardo vincent pablo barack donald juan carlos jose ludwig wolfgang johann "
    "hans karl gustave"
)
_FEMALE = _words(
    "wife mother daughter sister queen woman girl grandmother aunt niece actress princess duchess empress lady mrs ms "
    "miss girlfriend mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty sandra "
    "ashley emily donna michelle carol amanda melissa deborah laura anna anne jane kim marie maria victoria diana ada "
    "rosa frida taylor adele rihanna madonna beyoncé beyonce julia kate catherine margaret alice helen emma sophie "
    "charlotte joan"
)
_PERSON = _words(
    "ceo president author writer director singer artist composer painter founder inventor player coach captain leader "
    "child scientist professor teacher student person politician senator mayor minister poet general owner manager "
    "driver"
)
_THING = _words(
    "university tower river city war street album company inc studios club church museum party festival school "
    "college battle bridge mountain lake sea island empire kingdom castle palace house hall act treaty league cup "
    "championship book novel film movie song show series game team band group bank station airport county state "
    "united north south"
)
_HUMAN_ACTS = _words("born die died marry married propose proposed divorce divorced graduate graduated retire retired")
_COLLECTIVE = _words("band group team company club couple family government party people police staff crew duo trio")
_THIS = _words("this that these those")
_VAGUE = _words(
    "interesting aspects aspect article happened happen next tell know anything something fact facts important "
    "significant thing things learn information details explain example section about notable another"
)
_META = _words("article section page text passage story topic subject person man woman guy individual entity")
_PLACED = _words("city town country place region area state village school university college club stadium")
_PERIODS = _words("year season decade century summer winter spring month day date tournament")

_PRONOUNS = {
    **dict.fromkeys(("he", "him", "his"), "m"),
    **dict.fromkeys(("she", "her", "hers"), "f"),
    **dict.fromkeys(("it", "its"), "n"),
    **dict.fromkeys(("they", "them", "their", "theirs"), "p"),
}
_NO_TOPIC = _VAGUE | _PRONOUNS.keys() | _THIS
_NOT_OWNED = (_AUX | _WH | _PREPOSITIONS | _CLAUSE | _DETERMINERS | _ADVERBS) - {"first"}
_POSSESSIVE = _words("his its their hers theirs")

_BESIDE = _words("with against between for around within behind beside let make made allow prevent")
_TIMES = _words("later earlier ago before after afterwards then now today yesterday tomorrow")
_LOCATIVE = ("in", "at", "to", "from", "near")
_NOUNS = (
    _THING | _COLLECTIVE | _PERSON | _PLACED | _META | _MALE | _FEMALE | _words("event game match award role record")
)
_MOTION = _words(
    "go goes went gone going move moved moving travel traveled travelled come came get got return returned sent"
)
_FIT: dict[str, dict[str, float]] = {  # pronoun -> kind of mention -> how well it fits; no entry: cannot be
    "m": {"m": 1.0, "h": 0.5, "?": 0.0},
    "f": {"f": 1.0, "h": 0.5, "?": 0.0},
    "n": {"n": 1.5, "?": 0.0},
    "p": {"n": 0.0, "?": 0.0, "m": -0.5, "f": -0.5, "h": -0.5},
    "any": {"n": 0.0, "?": 0.0, "m": 0.0, "f": 0.0, "h": 0.0},
    "who": {"m": 1.0, "f": 1.0, "h": 1.0, "?": 0.0},
}

_TOKEN = re.compile(r"(?:[^\W\d_]\.){1,4}(?=\s)|\w+(?:[-.]\w+|['’](?!(?:s|re|ve|ll|d)\b)\w+)*|['’](?:s|re|ve|ll|d)\b")
_TOPIC = re.compile(
    r"^(?:please\s+)?(?:tell|describe|explain|show|give)\s+(?:me\s+)?(?:more\s+)?(?:about\s+)?|\s*\(.*?\)", re.I
)
_QUOTED = re.compile(r"[\"“«]([^\"”»]{2,60})[\"”»]")
_YEAR = re.compile(r"\b(?:1\d{3}|20\d{2})(?:[-–/]\d{2,4})?\b")
_LEAD = re.compile(r"(?:(?:and|so|but|also|then|ok|okay|well|or|now)\b[\s,]*)+", re.I)
_ABOUT = re.compile(r"(?:what|how)\s+about\s+(.+?)\W*$", re.I | re.S)
_EVENT = r"(?:\s+(?:was|is|were)\s+(?:this|that)|\s+(?:did|does)\s+(?:this|that|it)\s+(?:happen|occur|take place))"
_BARE = re.compile(
    r"((?:why|when|where|how)(?:\s+(?:not|exactly|else|so))?|how\s+(?:many|much|long|often|come)|(?:what|who|where)\s+else"
    r"|(?:since|until|from|to|in)\s+(?:when|where)|(?:who|whom)|(?:with|by|for|to|from)\s+(?:whom|who)|(?:in\s+)?(?:what|which)\s+"
    rf"(?:year|day|month|date|city|country|place|one|ones)){_EVENT}?\W*$",
    re.I,
)
_ANY = re.compile(r"\b(?:any|some)\s+((?:(?!(?:in|on|at|for|with|to|before|after|during|from|by)\b)\w+\s*)+)", re.I)
_WAS_IT = re.compile(r"(when|where|why|how)\s+(?:was|is)\s+it\W*$", re.I)
_PLEONASTIC = re.compile(
    r"\b(?:(?:is|was|isn't|wasn't|be)\s+it\s+(?:\w+\s+)?(?:true|possible|likely|unlikely|necessary|important|legal|illegal"
    r"|common|safe|raining|snowing|sunny|cold|hot|worth|that|because|known|believed|said|thought|announced|decided|estimated|reported|called\s+when)\b"
    r"|it\s+(?:(?:rain|snow)\w*|bec[ao]mes?\s+(?:common|clear|known|possible|popular)\b|is\s+time\b)|it\s+not\s+\w+ed\s+that\b|it\s+(?:is|was)\s+(?:\w+\s+)?(?:true|possible|likely|important|that|said|known|believed)\b"
    r"|(?:time|day|date|year|far)\s+(?:is|was)\s+it\b|(?:does|did|would|will)\s+it\s+(?:take|cost|mean)\s+"
    r"(?:\w+\s+){0,3}?(?:to|for|when|if)\b|(?:make|makes|made|making|find|found)\s+it\s+(?:\w+\s+)?(?:to|for|into)\b)",
    re.I,
)


@dataclass(frozen=True)
class _Token:
    text: str
    low: str
    start: int
    end: int


@dataclass(frozen=True)
class _Mention:
    """Something a pronoun may stand for."""

    text: str
    weight: float
    """Higher is likelier; falls with every turn."""
    kind: str
    """``m``ale, ``f``emale, ``h``uman, ``n``o person, or ``?``."""
    plural: bool


@dataclass(frozen=True)
class _Context:
    mentions: tuple[_Mention, ...] = ()
    question: str = ""
    """The question before, already stand-alone."""
    year: str = ""
    place: str = ""
    cased: bool = False
    """Whether names were written with capitals in the questions."""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """``question`` as it can be understood without ``history``; itself, to the character, where it already can."""
    context = _Context()
    for asked, answer in history:
        asked = asked[:_READ_CHARS]
        context = _hear(context, asked, _rewrite(asked, context), (answer or "")[:_READ_CHARS])
    return _rewrite(question, context)


def _rewrite(question: str, context: _Context) -> str:
    if not context.question or len(question) > _LONGEST:
        return question
    text = question.strip()
    lead = _LEAD.match(text)
    body = text[lead.end() :] if lead else text
    changed = _complete(body, bool(lead), context) or _substitute(body, context)
    if not changed or changed == body:
        return question
    return changed[0].upper() + changed[1:] if text[0].isupper() else changed


# --- reading a question: tokens, names, the grammatical subject ---


def _tokens(text: str) -> list[_Token]:
    return [_Token(m.group(), m.group().lower().replace("’", "'"), *m.span()) for m in _TOKEN.finditer(text)]


def _names(text: str, tokens: Sequence[_Token]) -> list[tuple[int, int]]:
    """Token ranges of capitalised names; none where capitals say nothing, as in "WHEN DID KANYE PROPOSE"."""
    lettered = [token for token in tokens if token.text[0].isalpha()]
    asks = any(token.low in _AUX | _WH for token in lettered)
    if asks and len(lettered) > 2 and all(token.text[0].isupper() for token in lettered):
        return []
    found: list[tuple[int, int]] = []
    i = 0
    while i < len(tokens):
        if not _is_capitalised(tokens[i]):
            i += 1
            continue
        end = i + 1
        while end < len(tokens):
            j = end
            while j < len(tokens) and j < end + 2 and tokens[j].low in _JOINS:
                j += 1
            if (
                j == len(tokens)
                or (j == end + 1 and tokens[end].low == "the")
                or any(text[tokens[k].end : tokens[k + 1].start] != " " for k in range(end - 1, j))
            ):
                break
            if not _is_capitalised(tokens[j]) and not (
                j == end and tokens[j].text.isdigit() and len(tokens[j].text) < 4
            ):
                break
            end = j + 1
        # The first word of an answer is capitalised whatever it is.
        if asks or i or end > 1 or len(tokens) <= 6:
            found.append((i, end))
        i = end
    return found


def _is_capitalised(token: _Token) -> bool:
    return token.text[0].isupper() and token.low not in _STOP and token.low not in _DATES


@dataclass(frozen=True)
class _Clause:
    """Where the parts of a question stand, as token indices; -1 or an empty range where there is none."""

    wh: int
    aux: int
    start: int
    """The grammatical subject; after "who" with a verb, the object."""
    end: int


def _parse(tokens: Sequence[_Token], names: Sequence[tuple[int, int]]) -> _Clause:
    lows = [token.low for token in tokens]
    wh = next((i for i, low in enumerate(lows) if low in _WH), -1)
    who_acts = wh >= 0 and lows[wh] == "who" and wh + 1 < len(lows) and lows[wh + 1] not in _AUX | {"'s"}
    if lows and lows[0] in _AUX:
        aux = 0
    elif wh < 0 or who_acts:
        aux = -1
    else:
        aux = next((i for i in range(wh + 1, len(lows)) if lows[i] in _AUX or (i == wh + 1 and lows[i] == "'s")), -1)
    if aux < 0 and not who_acts:
        return _Clause(wh, -1, 0, 0)
    start = wh + 2 if aux < 0 else aux + 1
    while start < len(lows) and lows[start] in _ADVERBS:
        start += 1
    named = {i for first, last in names for i in range(first, last)}
    participles = aux >= 0 and lows[aux] in _BE | {"'s", "has", "have", "had"}
    end, stopped = start, False
    while end < len(lows):
        low, last = lows[end], lows[end - 1]
        if end > start and end not in named and not (low == "and" and {end - 1, end + 1} <= named):
            stopped = low in _VERBS | _ADVERBS or (participles and low.endswith("ed") and len(low) > 4)
            stopped |= low.endswith("ing") and len(low) > 5 and last not in _DETERMINERS
            if stopped or (low in _BREAKS and not (low in _DETERMINERS and last == "of")):
                break
        end += 1
    if aux >= 0 and not stopped and end - start > 1 and (lows[aux] in _DO or aux == 0):
        # No known verb: the last word before the preposition or the end is the verb, or the predicate of "was".
        run = next((last for first, last in names if start <= first <= start + 1), end)
        rest = range(run, end)
        if run < end and lows[run] != "'s" and (lows[aux] in _BE or len(rest) == 1 or named.intersection(rest)):
            end = run
        else:
            end -= end - 1 not in named
    if (
        aux > wh + 1 > 0
        and lows[start : start + 1]
        and (lows[start] in _VERBS or lows[start].endswith("ed"))
        and start not in named
    ):
        start, end = wh + 1 + (lows[wh + 1] in {"many", "much"}), aux  # "How many consoles were sold?"
    if end - start > 1 and lows[start] in {"some", "one", "any"}:
        start += 1 + (lows[start + 1] == "of")
    if end - start > 8 or any(low in _PRONOUNS or low in {"there", "you", "i", "we"} for low in lows[start:end]):
        return _Clause(wh, aux, start, start)
    return _Clause(wh, aux, start, end)


def _describe(text: str, weight: float) -> _Mention:
    lows = [token.low for token in _tokens(text)]
    until = next((i for i, low in enumerate(lows) if low in _PREPOSITIONS and i), len(lows))
    head, first = lows[until - 1] if lows else "", lows[0] if lows else ""
    owned = "'s" in lows
    kind = "?"
    for low in (head, *([] if owned else lows[:1])):
        if kind == "?":
            kind = "m" if low in _MALE else "f" if low in _FEMALE else "h" if low in _PERSON else "?"
    if kind == "?" and (first in _DETERMINERS or text[:1] in '"“«' or any(low in _THING for low in lows)):
        kind = "n"
    many = (
        head.endswith("s")
        and not head.endswith(("ss", "us", "is"))
        and kind in "?n"
        and (len(lows) > 1 or text.islower())
    )
    return _Mention(text, weight, kind, many or head in _COLLECTIVE or "and" in lows)


# --- remembering what was talked about ---


def _hear(context: _Context, asked: str, question: str, answer: str) -> _Context:
    """The context after one more exchange; ``question`` is ``asked`` made stand-alone."""
    tokens = _tokens(question)
    if not tokens:
        return context
    new = _mentions_of_question(question, tokens) + _mentions_of_answer(tokens, answer)
    # "Where was he born?" became "Where was Kanye born?": so Kanye is a man.
    told = {_PRONOUNS[token.low] for token in _tokens(asked) if token.low in _PRONOUNS} - {"p"}
    known = {mention.text.lower(): replace(mention, weight=mention.weight - _FADING) for mention in context.mentions}
    for mention in new:
        if len(told) == 1 and mention.kind == "?" and mention.text in question and mention.text not in asked:
            mention = replace(mention, kind=min(told))
        full = next((name for name in known if f" {mention.text.lower()} " in f" {name} "), mention.text.lower())
        if (old := known.pop(full, None)) is not None:
            kind = old.kind if mention.kind == "?" or old.kind in "mfh" else mention.kind
            mention = replace(mention, text=old.text, kind=kind, weight=max(old.weight, mention.weight))
        if any(token.low not in _STOP | _VAGUE for token in _tokens(mention.text)):
            known[full] = mention
    years = _YEAR.findall(answer) or _YEAR.findall(question)
    places = [answer] if tokens[0].low == "where" and 0 < len(_tokens(answer)) <= 6 else []
    for text in (answer, question):
        said = _tokens(text)
        places += [_cut(text, said, run) for run in _names(text, said) if run[0] and said[run[0] - 1].low in _LOCATIVE]
    place = (
        re.sub(rf"^(?:{'|'.join(_LOCATIVE)})\s+", "", places[0].strip(" .,"), flags=re.I) if places else context.place
    )
    ranked = sorted(known.values(), key=lambda mention: -mention.weight)[:_REMEMBERED]
    cased = context.cased or bool(_names(asked, _tokens(asked)))
    return _Context(tuple(ranked), question, years[-1] if years else context.year, place, cased)


def _cut(text: str, tokens: Sequence[_Token], run: tuple[int, int]) -> str:
    """The words of a token range, with the "the" before a name."""
    first = run[0] - 1 if run[0] and tokens[run[0] - 1].low == "the" else run[0]
    return text[tokens[first].start : tokens[run[1] - 1].end]


def _mentions_of_question(text: str, tokens: Sequence[_Token]) -> list[_Mention]:
    names = _names(text, tokens)
    clause = _parse(tokens, names)
    topic = _TOPIC.sub("", text).strip(" ?.!,:")
    if (
        clause.wh < 0
        and clause.aux < 0
        and not {token.low for token in _tokens(topic)} & _NO_TOPIC
        and len(topic.split()) <= 6
    ):  # a title, keywords, "tell me about ..."
        return [_describe(topic, 3.0)]
    mentions = [
        _describe(_cut(text, tokens, run), 3.0 if clause.start <= run[0] < clause.end else 2.0) for run in names
    ]
    mentions += [
        _describe(_cut(text, tokens, (a[0], b[1])), 3.1)
        for a, b in pairwise(names)
        if b[0] == a[1] + 1 and tokens[a[1]].low == "and"
    ]
    if clause.start < clause.end:
        whole = _describe(_cut(text, tokens, (clause.start, clause.end)), 3.2)
        inside = any(clause.start <= first < clause.end for first, _ in names)
        lows = [token.low for token in tokens[clause.start : clause.end]]
        # "the height of the Eiffel Tower" is about the tower; "Arctic terns" and "Kim's mother" are about themselves.
        if not inside or whole.kind in "mfh" or not _PREPOSITIONS.union({"'s", "and"}).intersection(lows):
            mentions.append(replace(whole, text=re.sub(r"^(?:a|an)\s+", "", whole.text, flags=re.I)))
    # Only people are born, propose and marry; and who stands beside a person is one.
    if any(token.low in _HUMAN_ACTS for token in tokens) or any(
        " and " in m.text and m.kind in "mfh" for m in mentions
    ):
        mentions = [replace(m, kind="h") if m.kind == "?" and m.weight >= 3.0 else m for m in mentions]
    return mentions + [_describe(quoted, 2.5) for quoted in _QUOTED.findall(text)]


def _mentions_of_answer(asked: Sequence[_Token], answer: str) -> list[_Mention]:
    tokens = _tokens(answer)
    names = _names(answer, tokens)
    found = [_describe(_cut(answer, tokens, run), 0.5) for run in names[:2]]
    found += [_describe(quoted, 1.0) for quoted in _QUOTED.findall(answer)[:1]]
    lows = [token.low for token in tokens]
    wh = next((token.low for token in asked if token.low in _WH), "")
    if not 0 < len(tokens) <= 6 or wh in {"", "when", "why", "how"} or any(low in _AUX for low in lows):
        return found
    identity = len(asked) > 1 and (asked[0].low == "who" or asked[1].low in _BE)
    role = next((kind for token in reversed(asked) if (kind := _describe(token.text, 0).kind) in "mf"), "?")
    if len(names) == 1 and names[0][1] == len(tokens) and sum(low not in _STOP for low in lows[: names[0][0]]) == 0:
        name = _describe(_cut(answer, tokens, names[0]), 3.5 if identity else 2.5)
        kind = {"who": role if role != "?" else "h", "where": "n"}.get(wh, name.kind)
        found.append(replace(name, kind=kind) if name.kind == "?" else name)
    elif not any(char.isdigit() for char in answer) and lows[-1] not in _STOP and lows[0] not in _PREPOSITIONS:
        thing = _describe(answer.strip(" .,"), 1.5)
        found.append(replace(thing, kind="n") if thing.kind == "?" else thing)
    return found


# --- putting what was meant in the place of what was said ---


def _pick(kind: str, context: _Context, besides: str) -> _Mention | None:
    """The likeliest mention of that kind which ``besides`` does not name already."""
    taken = {token.low for token in _tokens(besides)} - _STOP
    best, top = None, 0.0
    for mention in context.mentions:
        fit = _FIT[kind].get(mention.kind)
        if fit is None or any(token.low in taken for token in _tokens(mention.text)):
            continue
        score = (
            mention.weight
            + fit
            - _LOWER * (context.cased and mention.text.islower())
            + (mention.plural if kind == "p" else -mention.plural)
        )
        if best is None or score > top:
            best, top = mention, score
    return best


def _substitute(text: str, context: _Context) -> str:
    """``text`` with every pronoun that points out of it replaced; equal to ``text`` where there is none."""
    tokens = _tokens(text)
    names = _names(text, tokens)
    idle = [match.span() for match in _PLEONASTIC.finditer(text)]
    pieces, at = [], 0
    seen: dict[str, str] = {}
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else None
        start, end, said = token.start, token.end, ""
        if token.low in _PRONOUNS:
            kind = _PRONOUNS[token.low]
            own = token.low in _POSSESSIVE or (
                token.low == "her" and following is not None and following.low not in _NOT_OWNED
            )
            if (
                any(other and other == seen.get(kind) for other in seen.values())
                or any(a <= start < b for a, b in idle)
                or _has_antecedent(text, tokens, names, i, own)
            ):
                seen.setdefault(kind, "")
                continue
            mention = _pick(kind, context, " ".join([text, *seen.values()]))
            if mention is None:
                continue
            said = seen[kind] = mention.text
            if own:
                said += "’" if said.endswith("s") else "'s"
            if following is not None and following.low in {"'re", "'ve"}:
                said, end = f"{said} {'are' if following.low == chr(39) + 're' else 'have'}", following.end
        elif token.low == "there" and not names and _points_to_place(tokens, i):
            before = tokens[i - 1].low
            thing = _pick("n", context, text)
            place = context.place or (thing.text if thing else "there")
            said = (
                place
                if before in _PREPOSITIONS or place == "there"
                else f"{'to' if before in _MOTION else 'in'} {place}"
            )
        elif (
            token.low in _THIS and following is not None and not names and (token.low != "that" or _governed(tokens, i))
        ):
            said = _name_demonstrative(token, following, context, text)
            said = f"in {said}" if said.isdigit() and i and tokens[i - 1].low not in _PREPOSITIONS else said
            end = following.end
        if said:
            pieces += [text[at:start], said]
            at = end
    changed = "".join(pieces) + text[at:]
    return _attach_topic(text, tokens, context) if changed == text and not names and not seen else changed


def _has_antecedent(text: str, tokens: Sequence[_Token], names: Sequence[tuple[int, int]], i: int, own: bool) -> bool:
    """Whether the pronoun at ``i`` points into its own question, as in "What did Obama say when he left?"."""
    kind = _PRONOUNS[tokens[i].low]
    lows = [token.low for token in tokens]
    clause = _parse(tokens, names)
    follows = lows[i + 1] if i + 1 < len(lows) else ""
    is_object = not own and (
        lows[i] in {"him", "her", "them"}
        or (
            lows[i] == "it"
            and (not i or lows[i - 1] not in _AUX | _CLAUSE)
            and (not follows or follows in _STOP - _AUX)
        )
    )
    infinitive = any(a == "to" and b not in _STOP and b.isalpha() for a, b in pairwise(lows[:i]))
    free = is_object and (i == 0 or lows[i - 1] not in _BESIDE) and not infinitive
    subject = (clause.start, clause.end)
    phrases = [*names, subject]
    if clause.wh >= 0 and lows[clause.wh] in {"which", "what", "how"} and (own or i > clause.end):
        verb = (k for k in range(clause.wh + 2, i) if lows[k] in _VERBS or lows[k].endswith("ed"))
        phrases.append((clause.wh + 1, clause.aux if clause.aux > 0 else next(verb, 0)))
    for first, last in phrases:
        if first >= last or first <= i < last:
            continue
        phrase = _describe(text[tokens[first].start : tokens[last - 1].end], 0.0)
        if not _can_be(kind, phrase, clause.aux >= 0 and lows[clause.aux] in _DO):
            continue
        if last <= i:
            # "Did Kanye meet him?" is about two men; "Did Kanye say that they met him?" may be about one.
            apart = any(low in _CLAUSE for low in lows[last : i - 1]) or lows[last] == "'s"
            if not free or apart or not subject[0] <= first < subject[1]:
                return True
        elif (i < clause.aux and own) or "," in text[
            tokens[i].end : tokens[first].start
        ]:  # "When he died, what did Chopin leave?"
            return True
    return False


def _can_be(kind: str, phrase: _Mention, acts: bool) -> bool:
    """Whether a phrase of the question itself fits a pronoun; stricter than for what was said before."""
    low = phrase.text.islower()
    if kind == "p":
        return phrase.plural or not low or (phrase.kind == "?" and acts)
    if low and phrase.kind == "?" and (phrase.plural or not acts):  # "What was special about his technique?"
        return False
    return phrase.kind in _FIT[kind] and not (phrase.plural and low)


def _governed(tokens: Sequence[_Token], i: int) -> bool:
    """Whether "that" at ``i`` opens a noun phrase ("in that city") and not a clause ("universities that award")."""
    before = tokens[i - 1].low if i else "in"
    return before in _PREPOSITIONS | _AUX | _VERBS or before.endswith("ed")


def _points_to_place(tokens: Sequence[_Token], i: int) -> bool:
    """Whether "there" is a place and not the "there" of "is there" and "there were"."""
    follows = tokens[i + 1].low if i + 1 < len(tokens) else ""
    return i > 0 and tokens[i - 1].low not in _AUX | _CLAUSE | {"over", "out", "up"} and follows not in _AUX | {"'s"}


def _name_demonstrative(token: _Token, noun: _Token, context: _Context, text: str) -> str:
    """What "that year", "this article" or "those songs" stands for; empty where that is not clear."""
    if noun.low in _PERIODS:
        year = context.year if token.low in {"this", "that"} else ""
        return year if noun.low == "year" or not year else f"the {year} {noun.text}" if noun.low == "season" else ""
    if noun.low in _STOP or noun.low in _VERBS or (token.low == "that" and noun.low not in _NOUNS):
        return ""
    people = noun.low in {"person", "man", "woman", "guy"}
    mention = _pick("who" if people else "any", context, text)
    if mention is None:
        return ""
    if noun.low in _META:
        return mention.text
    return f"{mention.text}{'’' if mention.text.endswith('s') else chr(39) + 's'} {noun.text}"


def _attach_topic(text: str, tokens: Sequence[_Token], context: _Context) -> str:
    """A question without content of its own ("What else?", "Tell me more") with its topic added."""
    words = [token.low for token in tokens if token.low not in _STOP]
    empty = all(word in _VAGUE for word in words) and (words or "else" in {token.low for token in tokens})
    mention = _pick("any", context, text) if empty and not _YEAR.search(text) else None
    if mention is None:
        return text
    body = text.rstrip(" ?.!")
    return f"{body} {'to' if words[-1:] == ['happened'] else 'about'} {mention.text}{text[len(body) :].strip()}"


# --- completing what was left out ---


def _complete(body: str, led: bool, context: _Context) -> str:
    """The question a fragment ("why?", "and in 2015?", "what about Saint?") asks; empty for what is no fragment."""
    before = context.question.strip().rstrip(" ?.!")
    mark = body[len(body.rstrip(" ?.!")) :].strip()
    if bare := _BARE.fullmatch(body.strip()):
        return _ask_again(bare.group(1), before) + mark
    if (event := _WAS_IT.fullmatch(body.strip())) and _pick("n", context, body) is None:
        return _ask_again(event.group(1), before) + mark
    if why_not := re.fullmatch(r"(why\s+not\s+\w[^,]*?)\W*", body, re.I | re.S):
        return f"{why_not.group(1)}, {before[0].lower() + before[1:]}{mark}" if before else ""
    about = _ABOUT.fullmatch(body)
    fragment = about.group(1) if about else body.strip(" ?.!")
    tokens = _tokens(fragment)
    if not tokens or any(token.low in _WH or token.low in _AUX for token in tokens) or len(tokens) > 8:
        return ""
    prepositional = tokens[0].low in _PREPOSITIONS
    if not (about or (led and len(tokens) <= 5) or (prepositional and len(tokens) <= 4)):
        return ""
    return _graft(fragment, _substitute(fragment, context), before) + mark


def _ask_again(asked: str, before: str) -> str:
    """The question before with other question words: "why" + "when did Kanye propose" -> "why did Kanye propose"."""
    tokens = _tokens(before)
    clause = _parse(tokens, _names(before, tokens))
    if clause.aux >= 0:
        rest = before[tokens[clause.aux].start :]
        rest = rest[0].lower() + rest[1:]
        counted = _ANY.search(rest) if asked.lower().startswith(("how m", "which", "what")) else None
        if counted:  # "Did she write any plays?" + "how many" -> "how many plays did she write"
            asked, rest = f"{asked} {counted.group(1)}", rest[: counted.start()].rstrip() + rest[counted.end() :]
        elif (
            tokens[clause.wh].low in {"what", "which"}
            and clause.aux > clause.wh + 1 > 0
            and asked.lower() == "how many"
        ):
            asked += f" {before[tokens[clause.wh + 1].start : tokens[clause.aux - 1].end]}"
        return f"{asked} {rest}"
    if 0 <= clause.wh < len(tokens) - 1:  # "Who painted Guernica?": nobody to ask about but someone
        thing = "someone" if tokens[clause.wh].low == "who" else "something"
        return f"{asked} was it that {thing} {before[tokens[clause.wh + 1].start :]}"
    return f"{asked} {before}"


def _graft(fragment: str, said: str, before: str) -> str:
    """The question before with the fragment in the place of its counterpart, or at its end."""
    tokens = _tokens(before)
    names = _names(before, tokens)
    clause = _parse(tokens, names)
    first = _tokens(fragment)[0].low
    if (year := _YEAR.search(fragment)) and (old := _YEAR.search(before)) and first in _PREPOSITIONS | {year.group()}:
        return before[: old.start()] + year.group() + before[old.end() :]
    if _tokens(fragment)[-1].low in _TIMES:
        return f"{before} {said}"
    if first in _PREPOSITIONS:
        same = [i for i, token in enumerate(tokens) if token.low == first and i]
        if not same:
            return f"{before} {said}"
        stop = next(
            (k for k in range(same[-1] + 1, len(tokens)) if tokens[k].low in _PREPOSITIONS | _CLAUSE), len(tokens)
        )
        return before[: tokens[same[-1]].start] + said + before[tokens[stop - 1].end :]
    spans = [(clause.start, clause.end)] if clause.start < clause.end else list(names[:1])
    if not spans:
        return f"{before} {said}"
    start, end = spans[0]
    inside = [run for run in names if start <= run[0] < run[1] <= end]
    if fragment == said and first not in _DETERMINERS:
        if inside:
            start, end = inside[-1]
        else:
            start = max([k + 1 for k in range(start, end - 1) if tokens[k].low == "of"], default=start)
    elif start and tokens[start - 1].low == "the":
        start -= 1
    return before[: tokens[start].start] + said + before[tokens[end - 1].end :]
