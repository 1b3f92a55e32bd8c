"""A follow-up and the conversation before it -> a question that can be searched and read alone. No retrieval.

No parser and no model: word order and the small words of ``language.words``. Where they cannot tell, the question is
left as it is, since a question wrongly rewritten is worse than a vague one. ``docs/questions.md`` has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from language import words as en
from qa.types import Turn
from qa.wording import (
    Word,
    content_in,
    cut_out,
    ends_subject,
    first_of,
    is_verb,
    names_in,
    subject_in,
    with_its_noun,
    words_in,
)

Rewriter = Callable[[str, Sequence[Turn]], str]
"""(question, history) -> stand-alone question. ``standalone`` is one; a language model's can take its place."""

_READ_CHARS = 300  # of each earlier question and answer; what matters is at their beginning
_LONGEST = 600  # characters; a longer question says itself what it is about
# How likely a pronoun means something, by where it was said; tuned on half of CANARD.
_SUBJECT, _ANSWER, _NAME, _ASIDE = 3.0, 2.5, 2.0, 0.5
_KIND = 1.5  # what "he" gains for a person and loses for a thing, "it" the other way round
_LEAD_OF_ANSWER = 0.5  # what an answer gains over the question's other names where it is the question's subject
_FADING = 0.75  # what a mention loses with each later turn
_UNCASED = 2.0  # what a mention without capitals loses where names have them
_REMEMBERED = 24  # mentions kept; older ones are never the best candidate

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
LONGEST_NAME = 6
"""Words of an answer that can be a name."""
PLACING = frozenset("in at on to from near into of".split())


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
    answer: str = ""
    """The answer to that question where it is one name."""


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


# --- remembering what was talked about ---


def _remember(context: _Context, asked: str, question: str, answer: str) -> _Context:
    """The context after one more exchange; ``question`` is ``asked`` made stand-alone."""
    words = words_in(question)
    if not any(word.text.isalnum() for word in words):
        return context
    # "Where was he born?" became "Where was Kanye born?": so Kanye is a person.
    told = {en.PRONOUNS[word.low] for word in words_in(asked) if word.low in en.PRONOUNS} - {""}
    known = {mention.text.lower(): replace(mention, weight=mention.weight - _FADING) for mention in context.mentions}
    answered = _mentions_of_answer(words, answer)
    for mention in _mentions_of_question(question, words) + answered:
        if not 0 < len(content_in(mention.text)) <= 8 or len(mention.text) < 2:
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
        context.cased or bool(names_in(words_in(asked))),
        place,
        years[-1] if years else context.year,
        next((mention.text for mention in answered if mention.weight != _ASIDE), ""),
    )


def _mentions_of_question(text: str, words: Sequence[Word]) -> list[_Mention]:
    names, subject = names_in(words), subject_in(words)
    lows = [word.low for word in words]
    if first_of(lows, en.QUESTION_WORDS | en.AUXILIARIES) < 0:  # a title, keywords, "tell me about ..."
        return [_Mention(_TELL_ME.sub("", text).strip(" ?.!,:"), _SUBJECT)]
    found = [
        _Mention(cut_out(text, words, with_its_noun(words, run)), _SUBJECT if run.start in subject else _NAME)
        for run in names
    ]
    if "'s" in lows[subject.start : subject.stop]:  # "the father's job": of whom "his" may be said next
        subject = range(subject.start, lows.index("'s", subject.start))
    if subject and not any(run.start in subject for run in names):
        found.append(_Mention(cut_out(text, words, subject), _SUBJECT))
    if not any(content_in(mention.text) for mention in found):  # "how much butter for the plum cake"
        found += [_Mention(cut_out(text, words, noun), _ASIDE) for noun in _nouns(lows)[-1:]]
    return found


def _nouns(lows: Sequence[str]) -> list[range]:
    """What is led in by an article: "the plum cake"."""
    found = []
    for start in (i for i, low in enumerate(lows[:-1]) if low in ("the", "a", "an")):
        end = start + 1
        while end < len(lows) and not ends_subject("", lows[end]):
            end += 1
        found.append(range(start, end))
    return found


def _mentions_of_answer(asked: Sequence[Word], answer: str) -> list[_Mention]:
    """The first name in ``answer``; more likely meant where it is all of it, "Calbuco volcano", and most where it is
    what does what was asked."""
    words = words_in(answer)
    names = names_in(words)
    lows = [word.low for word in asked]
    wh = first_of(lows, en.QUESTION_WORDS)
    asks = lows[wh] if wh >= 0 else ""
    found = [_Mention(cut_out(answer, words, run), _ASIDE) for run in names[:1]]
    if asks in {"who", "what", "which", "where"} and _is_one_name(words, names):
        kind = {"who": "person", "where": "thing"}.get(asks, "")
        weight = _SUBJECT + _LEAD_OF_ANSWER if _acts(lows, wh) else _ANSWER
        found.append(_Mention(cut_out(answer, words, range(names[0].start, len(words))), weight, kind))
    return found


def _is_one_name(words: Sequence[Word], names: Sequence[range]) -> bool:
    """Whether all of it is one name, maybe with a noun: "President Ann Lee", "the Calbuco volcano"."""
    if len(names) != 1 or len(words) > LONGEST_NAME:
        return False
    rest = words[names[0].stop :]
    return not rest or (
        names[0].start <= 1
        and len(rest) == 1
        and rest[0].text.isalpha()
        and rest[0].low not in en.STOPWORDS
        and not is_verb(rest[0].low)
    )


def _asks_where(words: Sequence[Word]) -> bool:
    return any(word.low in ("where", "where's") for word in words)


def _place_in(text: str, answers_where: bool) -> str:
    """The last name in ``text`` that says where; where it answers that, a name that is all of it."""
    words = words_in(text)
    for name in reversed(names_in(words)):
        before = words[max(0, name.start - 2) : name.start]
        if before and before[-1].low == "the":
            before = before[:-1]
        led = bool(before) and before[-1].low in PLACING
        if led or (answers_where and len(words) <= 6):
            return cut_out(text, words, name)
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

    free = [mention for mention in context.mentions if not content_in(besides) & content_in(mention.text)]
    return max(free, key=score).text if free else ""


def _replace_pronouns(text: str, context: _Context) -> str:
    """``text`` with the first pronoun of each kind replaced, if it points out of it; the others mean the same."""
    words = words_in(text)
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
    stem = question.rstrip(" ?.!")  # with its mark, "who appointed her?" would ask for a thing of hers
    return _replace_pronouns(stem, _Context((_Mention(name, _SUBJECT),))) + question[len(stem) :]


def _points_inside(words: Sequence[Word], i: int) -> bool:
    """Whether the pronoun at ``i`` points into its own question, as in "What did Obama say when he left?"."""
    lows = [word.low for word in words]
    for span in (*names_in(words), subject_in(words)):
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
        return _ask_again(bare.group(1), before, context.answer)
    if fragment := _fragment(text, led):
        lows = [word.low for word in words_in(fragment)]
        said = _replace_pronouns(fragment, context)
        if lows[0] in en.POSSESSIVES | {"her"} and said != fragment:
            owner = said.partition("'s ")[0].partition("’ ")[0]
            if owner.lower() not in before.lower():  # "and his wife?" after an answer: it asks for no more than that
                return f"{'what' if lows[0] == 'its' else 'who'} is {said}"
        return _graft(lows[0], said, before)
    return ""


def is_part(question: str) -> bool:
    """Whether ``question`` is no more than part of one: "why?", "when was that?", "and in 2015?", "what about Kim?"."""
    text = question.strip().rstrip(" ?.!")
    lead = _LEAD.match(text)
    body = text[lead.end() :] if lead else text
    return bool(_BARE.fullmatch(body)) or bool(_fragment(body, bool(lead)))


def _fragment(text: str, led: bool) -> str:
    """What is asked about in a question without verb: "Kim" of "what about Kim"; empty where it is none."""
    about = _ABOUT.fullmatch(text)
    fragment = about.group(1) if about else text
    lows = [word.low for word in words_in(fragment)]
    if not 0 < len(lows) <= 5 or first_of(lows, en.QUESTION_WORDS | en.AUXILIARIES) >= 0:
        return ""
    return fragment if about or led or lows[0] in en.PREPOSITIONS else ""


def _ask_again(asked: str, before: str, answer: str) -> str:
    """The question before with other question words: "why" + "when did Kanye propose" -> "why did Kanye propose".

    Of "who proposed", ``answer``: "why was it that Kanye proposed".
    """
    words = words_in(before)
    lows = [word.low for word in words]
    wh = first_of(lows, en.QUESTION_WORDS)
    if acts := _acts(lows, wh):
        things = range(wh + 2 if lows[wh] == "how" else wh + 1, acts)  # "mill", "people"
        the = "" if lows[wh] == "how" else "the "
        subject = answer or (f"{the}{cut_out(before, words, things)}" if things else "somebody")
        return f"{asked} was it that {subject} {before[words[acts].start :]}"
    aux = first_of(lows, en.AUXILIARIES, wh + 1)
    return f"{before} {asked.lower()}" if aux < 0 else f"{asked} {lows[aux]}{before[words[aux].end :]}"


def _acts(lows: Sequence[str], wh: int) -> int:
    """Where the verb is of a question that asks who or what does it, "who painted", "which storm hit"; 0 elsewhere."""
    if wh < 0:
        return 0
    verb = wh + 1
    while verb < len(lows) and lows[verb] not in en.AUXILIARIES and not is_verb(lows[verb]):
        verb += 1
    asks_subject = lows[wh] in ("who", "which", "what") or lows[wh : wh + 2] in (["how", "many"], ["how", "much"])
    if not asks_subject or verb >= len(lows) or (verb > wh + 1 and lows[wh] == "who"):
        return 0
    follows = lows[verb + 1 : verb + 2]
    is_followed = bool(follows) and (is_verb(follows[0]) or follows[0] in {"to"} | en.AUXILIARIES)
    return verb if lows[verb] not in en.AUXILIARIES or is_followed else 0


def _graft(first: str, said: str, before: str) -> str:
    """The question before with the fragment in the place of its counterpart, or at its end."""
    words = words_in(before)
    lows = [word.low for word in words]
    if first in en.PREPOSITIONS:
        start = max((i for i, low in enumerate(lows) if i and low == first), default=-1)
        end = first_of(lows, en.PREPOSITIONS | en.CONJUNCTIONS, start + 1)
        span = range(start, end if end > 0 else len(lows)) if start > 0 else range(0)
    else:
        subject = subject_in(words)
        wh = first_of(lows, en.QUESTION_WORDS)
        counted = range(wh + 2, _acts(lows, wh)) if lows[wh : wh + 2] == ["how", "many"] else range(0)
        if counted:  # "How many adults came?": "what about the children" leaves the article
            article, _, rest = said.partition(" ")
            said = rest if rest and article.lower() in en.DETERMINERS else said
            return before[: words[counted.start].start] + said + before[words[counted.stop - 1].end :]
        names = [run for run in names_in(words) if not subject or run.start in subject]
        of = first_of(lows, {"of"}, subject.start) + 1
        span = names[0] if names else range(of, subject.stop) if of in subject else subject
        # "The Brooklyn Bridge" goes with its "the". In "the Obama speech" that is the speech's: "Bush" leaves both,
        # "the sermon" takes the place of all of it.
        is_led = span.start > 0 and lows[span.start - 1] in en.DETERMINERS
        if is_led and first in en.DETERMINERS:
            span = range(span.start - 1, subject.stop if span.start - 1 in subject else span.stop)
        elif is_led and (not subject or span.stop == subject.stop):
            span = range(span.start - 1, span.stop)
    if not span:
        return f"{before} {said}"
    return before[: words[span.start].start] + said + before[words[span.stop - 1].end :]
