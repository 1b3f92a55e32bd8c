"""A follow-up and the conversation before it -> a question that can be searched and read alone. No retrieval.

No parser and no model: word order and the small words of ``language.words``. Where they cannot tell, the question is
left as it is, since a question wrongly rewritten is worse than a vague one. ``docs/conversation.md`` has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from language import words as en
from qa.types import Turn

Rewriter = Callable[[str, Sequence[Turn]], str]
"""(question, history) -> stand-alone question. ``standalone`` is one; a language model's can take its place."""

_READ_CHARS = 300  # of each earlier question and answer; what matters is at their beginning
_LONGEST = 600  # characters; a longer question says itself what it is about
# How likely a pronoun means something, by where it was said; tuned on half of CANARD.
_SUBJECT, _ANSWER, _NAME, _ASIDE = 3.0, 2.5, 2.0, 0.5
_KIND = 1.5  # what "he" gains for a person and loses for a thing, "it" the other way round
_FADING = 0.75  # what a mention loses with each later turn
_UNCASED = 2.0  # what a mention without capitals loses where names have them
_REMEMBERED = 24  # mentions kept; older ones are never the best candidate

_WORD = re.compile(r"\w+(?:[-.]\w+|['’](?!(?:s|re|ve|ll|d)\b)\w+)*|['’](?:s|re|ve|ll|d)\b|[^\w\s]")
_LEAD = re.compile(r"(?:(?:and|so|but|also|then|ok|okay|well|or|now)\b[\s,]*)+", re.I)
_ABOUT = re.compile(r"(?:what|how)\s+about\s+(.+)", re.I | re.S)
_TELL_ME = re.compile(r"^(?:tell|describe|explain|show|give)\s+(?:me\s+)?(?:more\s+)?(?:about\s+)?", re.I)
_BARE = re.compile(  # "why", "from where", "how many", "what year was that", "where did it happen"
    r"((?:(?:in|on|at|to|from|of|for|with|by|since|until)\s+)?(?:who|whom|what|which|when|where|why|how)"
    r"(?:\s+(?:exactly|else|many|much|long|often|far|year|day|date|month|place|city|country))?)"
    r"(?:\s+(?:was|is)\s+(?:this|that)|\s+was\s+it|\s+did\s+(?:this|that|it)\s+(?:happen|take\s+place))?",
    re.I,
)
_IDLE_IT = re.compile(  # an "it" that stands for nothing: "is it true that", "what time is it", "does it take to"
    r"\b(?:is|was)\s+it\s+(?:not\s+)?(?:(?:\w+\s+)?that|true|possible|necessary|raining)\b|\b(?:time|day|far)\s+is\s+it\b"
    r"|\b(?:does|did|would|will)\s+it\s+(?:take|cost|mean)\b.*\b(?:to|for|if)\b|\bit\s+(?:rain|snow)s"
    r"|\b(?:make|made|find|found)\s+it\s+(?:\w+\s+){1,2}(?:to|that)\b",
    re.I,
)
_THERE = re.compile(  # not "is there", "there was", "over there"
    r"(?<!\w)(?:(?P<to>go|went|gone|get|got|move|moved|travel|travelled|come|came|arrive|arrived|fly|flew|sent|taken)\s+)?"
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bout )(?<!\bover )(?<!\bup )(?<!\bdown )there"
    r"(?=$|\s*[,.]|\s+(?:in|on|at|for|with|by|after|before|during|since|until|when|while|and|today|now|then|first|from)\b)",
    re.I,
)
_THAT_YEAR = re.compile(r"\b(?:(?:in|during)\s+)?(?:that|the same)\s+year\b", re.I)
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
PLACING = frozenset("in at on to from near into of".split())


@dataclass(frozen=True)
class _Word:
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
    kind: str = ""
    """``person``, ``thing``, or empty where that is not known."""


@dataclass(frozen=True)
class _Context:
    mentions: tuple[_Mention, ...] = ()
    question: str = ""
    """The question before, already stand-alone."""
    cased: bool = False
    """Whether the questions write names with capitals."""
    place: str = ""
    """What "there" means: the last name that followed "in", "at" or the like, or answered "where"."""
    year: str = ""
    """The last year that was named."""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """``question`` as it can be understood without ``history``; itself, to the character, where it already can."""
    context = _Context()
    for asked, answer in history:
        asked = asked[:_READ_CHARS]
        alone = _rewrite(asked, context)[:_LONGEST]
        context = _remember(context, asked, alone, (answer or "")[:_READ_CHARS])
    return _rewrite(question, context)


def _rewrite(question: str, context: _Context) -> str:
    """One step of ``standalone``: what is left out completed, or else pronouns replaced."""
    text = question.strip()
    if not context.question or not text or len(text) > _LONGEST:
        return question
    lead = _LEAD.match(text)
    body = text[lead.end() :] if lead else text
    stem = body.rstrip(" ?.!")
    changed = _complete(stem, bool(lead), context) or _replace_pronouns(_replace_there(stem, context), context)
    if changed == stem:
        return question
    changed += body[len(stem) :].strip()
    return changed[0].upper() + changed[1:] if text[0].isupper() else changed


# --- reading a question ---


def _words(text: str) -> list[_Word]:
    return [_Word(m.group(), m.group().lower().replace("’", "'"), *m.span()) for m in _WORD.finditer(text)]


def _content(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower())) - en.STOPWORDS


def _first(lows: Sequence[str], wanted: Iterable[str], start: int = 0) -> int:
    """The index of the first word that is one of ``wanted``; -1 if there is none."""
    return next((i for i in range(start, len(lows)) if lows[i] in wanted), -1)


def _cut(text: str, words: Sequence[_Word], span: range) -> str:
    """The words of a range, with the "the" before a name."""
    first = span.start - (span.start > 0 and words[span.start - 1].low == "the")
    return text[words[first].start : words[span.stop - 1].end]


def _names(words: Sequence[_Word]) -> list[range]:
    """Runs of capitalised words: "Kanye West", "Tower of London", "Kim and Kanye"."""
    runs: list[range] = []
    for i, word in enumerate(words):
        if word.text[0].isupper() and word.low not in en.STOPWORDS:
            between = [joint.low for joint in words[runs[-1].stop : i]] if runs else ["the"]
            joined = between != ["the"] and en.NAME_JOINS.issuperset(between)
            runs.append(range(runs.pop().start if joined else i, i + 1))
    return runs


def _whole(words: Sequence[_Word], name: range) -> range:
    """The name with the noun it describes: "an Arctic tern", "the Webb telescope is", but not "the Beatles sang"."""
    lows = [word.low for word in words]
    before, rest = lows[: name.start][-1:], lows[name.stop :]
    if len(rest) < 2 or before not in (["a"], ["an"], ["the"]) or _ends_subject("", rest[0]):
        return name
    # After "the" a verb may follow at once; what has another one behind it is none.
    is_noun = before != ["the"] or _is_verb(rest[1]) or rest[1] in en.AUXILIARIES
    return range(name.start, name.stop + 1) if is_noun else name


def _subject(words: Sequence[_Word]) -> range:
    """The grammatical subject of a question, or the object of "who" with a verb; empty where it is not plain."""
    lows = [word.low for word in words]
    wh = _first(lows, en.QUESTION_WORDS)
    aux = _first(lows, en.AUXILIARIES | {"'s"}, wh + 1)
    who_acts = wh >= 0 and lows[wh] == "who" and aux != wh + 1  # "Who painted Guernica?"
    if wh >= 0 and lows[wh] in {"which", "what", "how"} and (aux < 0 or any(map(_is_verb, lows[aux + 1 : aux + 2]))):
        return range(wh + 1, aux if aux > 0 else min(wh + 2, len(lows)))  # "Which composer wrote it?"
    if not who_acts and aux != 0 and (wh < 0 or aux < 0):
        return range(0)
    start = wh + 2 if who_acts else aux + 1
    name = next((run for run in _names(words) if run.start in (start, start + 1)), range(0))
    if name and name.start == start and lows[name.stop : name.stop + 1] != ["'s"]:
        return name
    end = max(start + 1, name.stop)
    while end < len(lows) and not _ends_subject(lows[end - 1], lows[end]):
        end += 1
    if not who_acts and lows[aux] not in en.BE and not any(map(_is_verb, lows[end : end + 1])):
        end = max(end - 1, start + 1, name.stop)  # "did ada receive": a regular verb
    return range(start, min(end, len(lows)))


def _ends_subject(before: str, low: str) -> bool:
    return _is_verb(low) or not low[-1].isalnum() or (low in en.STOPWORDS - {"of"} and before != "of")


def _is_verb(low: str) -> bool:
    return low in en.VERBS or (len(low) > 4 and low.endswith(("ed", "ing")))


# --- remembering what was talked about ---


def _remember(context: _Context, asked: str, question: str, answer: str) -> _Context:
    """The context after one more exchange; ``question`` is ``asked`` made stand-alone."""
    words = _words(question)
    if not any(word.text.isalnum() for word in words):
        return context
    # "Where was he born?" became "Where was Kanye born?": so Kanye is a person.
    told = {en.PRONOUNS[word.low] for word in _words(asked) if word.low in en.PRONOUNS} - {""}
    known = {mention.text.lower(): replace(mention, weight=mention.weight - _FADING) for mention in context.mentions}
    for mention in _mentions_of_question(question, words) + _mentions_of_answer(words, answer):
        if not 0 < len(_content(mention.text)) <= 8 or len(mention.text) < 2:
            continue  # no name, or a whole sentence; or the C of "190 °C"
        if len(told) == 1 and mention.text in question and mention.text not in asked:
            mention = replace(mention, kind=min(told))
        low = mention.text.lower()
        # "Curie" is the "Marie Curie" of before.
        full = next((name for name in known if f" {low} " in f" {name} "), low)
        if (old := known.pop(full, None)) is not None:
            mention = _Mention(old.text, max(old.weight, mention.weight), old.kind or mention.kind)
        known[full] = mention
    ranked = sorted(known.values(), key=lambda mention: -mention.weight)[:_REMEMBERED]
    place = _place_in(answer, _asks_where(words)) or _place_in(question, False) or context.place
    years = _YEAR.findall(f"{question} {answer}")
    return _Context(
        tuple(ranked),
        question,
        context.cased or bool(_names(_words(asked))),
        place,
        years[-1] if years else context.year,
    )


def _mentions_of_question(text: str, words: Sequence[_Word]) -> list[_Mention]:
    names, subject = _names(words), _subject(words)
    lows = [word.low for word in words]
    if _first(lows, en.QUESTION_WORDS | en.AUXILIARIES) < 0:  # a title, keywords, "tell me about ..."
        return [_Mention(_TELL_ME.sub("", text).strip(" ?.!,:"), _SUBJECT)]
    found = [
        _Mention(_cut(text, words, _whole(words, run)), _SUBJECT if run.start in subject else _NAME) for run in names
    ]
    if "'s" in lows[subject.start : subject.stop]:  # "the father's job": of whom "his" may be said next
        subject = range(subject.start, lows.index("'s", subject.start))
    if subject and not any(run.start in subject for run in names):
        found.append(_Mention(_cut(text, words, subject), _SUBJECT))
    if not any(_content(mention.text) for mention in found):  # "how much butter for the plum cake"
        found += [_Mention(_cut(text, words, noun), _ASIDE) for noun in _nouns(lows)[-1:]]
    return found


def _nouns(lows: Sequence[str]) -> list[range]:
    """What is led in by an article: "the plum cake"."""
    found = []
    for start in (i for i, low in enumerate(lows[:-1]) if low in ("the", "a", "an")):
        end = start + 1
        while end < len(lows) and not _ends_subject("", lows[end]):
            end += 1
        found.append(range(start, end))
    return found


def _mentions_of_answer(asked: Sequence[_Word], answer: str) -> list[_Mention]:
    words = _words(answer)
    names = _names(words)
    wh = next((word.low for word in asked if word.low in en.QUESTION_WORDS), "")
    found = [_Mention(_cut(answer, words, run), _ASIDE) for run in names[:1]]
    if len(words) <= 6 and wh in {"who", "what", "which", "where"} and len(names) == 1 and names[0].stop == len(words):
        kind = {"who": "person", "where": "thing"}.get(wh, "")
        found.append(_Mention(_cut(answer, words, names[0]), _ANSWER, kind))
    return found


def _asks_where(words: Sequence[_Word]) -> bool:
    return any(word.low in ("where", "where's") for word in words)


def _place_in(text: str, answers_where: bool) -> str:
    """The last name in ``text`` that says where; where it answers that, a name that is all of it."""
    words = _words(text)
    for name in reversed(_names(words)):
        before = words[max(0, name.start - 2) : name.start]
        if before and before[-1].low == "the":
            before = before[:-1]
        led = bool(before) and before[-1].low in PLACING
        if led or (answers_where and len(words) <= 6):
            return _cut(text, words, name)
    return ""


# --- putting what was meant in the place of what was said ---


def _replace_there(text: str, context: _Context) -> str:
    """``text`` with "there" and "that year" replaced by the last place and year that were named."""
    if context.place and context.place.lower() not in text.lower():
        text = _THERE.sub(
            lambda said: f"{said['to']} to {context.place}" if said["to"] else f"in {context.place}", text, count=1
        )
    if context.year and not _YEAR.search(text):
        text = _THAT_YEAR.sub(f"in {context.year}", text, count=1)
    return text


def _pick(kind: str, context: _Context, besides: str) -> str:
    """The likeliest mention that fits and that ``besides`` does not name already; empty if there is none."""

    def score(mention: _Mention) -> float:
        fit = 0.0 if not kind or not mention.kind else _KIND if mention.kind == kind else -_KIND
        return mention.weight + fit - _UNCASED * (context.cased and mention.text.islower())

    free = [mention for mention in context.mentions if not _content(besides) & _content(mention.text)]
    return max(free, key=score).text if free else ""


def _replace_pronouns(text: str, context: _Context) -> str:
    """``text`` with the first pronoun of each kind replaced, if it points out of it; the others mean the same."""
    words = _words(text)
    settled: set[str] = set()
    pieces, at = [""], 0
    for i, word in enumerate(words):
        kind = en.PRONOUNS.get(word.low)
        if kind is None or kind in settled:
            continue
        after = words[i + 1].low if i + 1 < len(words) else ""
        own = word.low in en.POSSESSIVES or (word.low == "her" and after not in en.LINKS | {""})
        idle = any(match.start() <= word.start < match.end() for match in _IDLE_IT.finditer(text))
        settled.add(kind)
        if idle or _points_inside(words, i):
            continue
        if meant := _pick(kind, context, " ".join([text, *pieces])):
            owner = "’" if meant.endswith("s") else "'s"
            pieces += [text[at : word.start], meant, owner if own else ""]
            at = word.end
    return "".join(pieces) + text[at:]


def name_for_pronoun(question: str, name: str) -> str:
    """``question`` with ``name`` in the place of a pronoun that points out of it; as it is where there is none."""
    return _replace_pronouns(question, _Context((_Mention(name, _SUBJECT),)))


def _points_inside(words: Sequence[_Word], i: int) -> bool:
    """Whether the pronoun at ``i`` points into its own question, as in "What did Obama say when he left?"."""
    lows = [word.low for word in words]
    for span in (*_names(words), _subject(words)):
        if not span or i in span or lows[span.start] in en.SPEAKERS:
            continue
        if lows[span.start] in en.DETERMINERS and en.PRONOUNS[lows[i]] == "person":
            continue  # "Did an injury end his career?"
        if span.stop <= i or "," in lows[i : span.start]:  # "When he died, what did Chopin leave?"
            return True
    return False


# --- completing what was left out ---


def _complete(text: str, led: bool, context: _Context) -> str:
    """The question a fragment ("why", "and in 2015", "what about Saint") asks; empty for what is no fragment."""
    before = context.question.strip().rstrip(" ?.!")
    if bare := _BARE.fullmatch(text):
        return _ask_again(bare.group(1), before)
    about = _ABOUT.fullmatch(text)
    fragment = about.group(1) if about else text
    lows = [word.low for word in _words(fragment)]
    if not 0 < len(lows) <= 5 or _first(lows, en.QUESTION_WORDS | en.AUXILIARIES) >= 0:
        return ""
    if about or led or lows[0] in en.PREPOSITIONS:
        said = _replace_pronouns(fragment, context)
        if lows[0] in en.POSSESSIVES | {"her"} and said != fragment:
            owner = said.partition("'s ")[0].partition("’ ")[0]
            if owner.lower() not in before.lower():  # "and his wife?" after an answer: it asks for no more than that
                return f"{'what' if lows[0] == 'its' else 'who'} is {said}"
        return _graft(lows[0], said, before)
    return ""


def _ask_again(asked: str, before: str) -> str:
    """The question before with other question words: "why" + "when did Kanye propose" -> "why did Kanye propose"."""
    words = _words(before)
    lows = [word.low for word in words]
    aux = _first(lows, en.AUXILIARIES, _first(lows, en.QUESTION_WORDS) + 1)
    return f"{before}, {asked.lower()}" if aux < 0 else f"{asked} {lows[aux]}{before[words[aux].end :]}"


def _graft(first: str, said: str, before: str) -> str:
    """The question before with the fragment in the place of its counterpart, or at its end."""
    words = _words(before)
    lows = [word.low for word in words]
    if first in en.PREPOSITIONS:
        start = max((i for i, low in enumerate(lows) if i and low == first), default=-1)
        end = _first(lows, en.PREPOSITIONS | en.CONJUNCTIONS, start + 1)
        span = range(start, end if end > 0 else len(lows)) if start > 0 else range(0)
    else:
        subject = _subject(words)
        names = [run for run in _names(words) if not subject or run.start in subject]
        of = _first(lows, {"of"}, subject.start) + 1
        span = names[0] if names else range(of, subject.stop) if of in subject else subject
    if not span:
        return f"{before} {said}"
    return before[: words[span.start].start] + said + before[words[span.stop - 1].end :]
