"""Questions about the articles themselves: who wrote them, when they came out, what and how many there are.

Such things stand in an article's first line, not in its sentences, so the reader, which sees only sentences, cannot
find them. They are looked up instead, and cited by that line. Only questions that name an article as such are taken for
one of these ("who wrote the article about …"): "who wrote Frankenstein?" is a question to the articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from language.words import STOPWORDS
from qa.answering import Answerer
from qa.retriever import HybridRetriever
from qa.types import Answer, AnswerEvent, AnswerReady, Citation, Retrieved
from vectorstore import Article, ArticleIndex, ArticleSummary

SCORE = 0.95
"""Chance that such an answer is right, by judgement: all of ``samples/metadata.jsonl`` are, but the patterns below and
those questions were written together."""
LEAST_COVERED = 0.75
"""Share of a subject's telling words that an article must hold to be about it."""
SAME_TITLE = 0.8
"""Overlap (F1 of their words) from which on the words asked about are an article's title."""
LEAST_TITLE = 4
"""Words that a title has at least to be recognised without "the article": shorter ones are names of things too."""
LEAST_IN_TITLE = 0.5
"""Share of a subject's telling words that must be in the title where only the subject tells which article is meant:
"who wrote about X" asks for an article only if X is what an article is about."""
MAX_LISTED = 10
"""Articles that an answer lists at most."""
_POOL = 50

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_PERIOD = (
    rf"(?:(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?)?(?P<month>{_MONTH})(?:\s(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)?"
    r",?\s)?(?P<year>(?:1[4-9]|20|21)\d\d)(?:-(?P<iso_month>\d\d)(?:-(?P<iso_day>\d\d))?)?"
)
_ARTICLE = (
    r"(?:articles?|news\s(?:items?|stor(?:y|ies)|reports?|pieces?)|pieces?|blog\sposts?|write-?ups?|stor(?:y|ies))"
)
_ORDER = r"(?P<order>newest|latest|most\srecent|oldest|earliest)\s"
_THE = rf"(?:(?:the|this|that|an?|our|your|my|any)\s)?(?:{_ORDER}|\w+\s)?"
_ABOUT = r"(?:\s(?:about|on|regarding|concerning|covering|titled|entitled|called|headlined|with\sthe\stitle))\s"
_WRITTEN = r"(?:written|published|posted|printed|filed)"

_IN_PERIOD = rf"(?:in|on|during|from|of)\s{_PERIOD}"
_SUBJECT = r"(?:\s(?:about|on|regarding|concerning)\s(?P<subject>.+))?"
_LISTED = r"(?:(?:what|which)\s|(?:list|show)\s(?:me\s)?(?:all\s)?(?:the\s)?)"

_THERE = r"(?:\s(?:are\s(?:there|stored)|do\s(?:you|we|i)\shave|have\s(?:you|we|i)(?:\sgot)?))?"
_HERE = r"(?:\s(?:in|on)\s(?:the|your|my|our|this)\s(?:library|collection|index|file))?"

Dated = TypeVar("Dated", Article, ArticleSummary)
Wanted = Literal["authors", "published", "articles", "count"]
_PATTERNS: tuple[tuple[Wanted, str], ...] = (
    ("authors", rf"who\s(?:wrote|authored|penned|filed|is\sbehind)\s{_THE}(?P<noun>{_ARTICLE}){_ABOUT}(?P<subject>.+)"),
    ("authors", r"who\s(?:wrote|has\swritten|reported)\sabout\s(?P<subject>.+)"),
    (
        "authors",
        r"who(?:\sis|\swas|'s|\sare|\swere)?\s(?:the\s)?(?:authors?|writers?|reporters?|journalists?)\s(?:of|behind)\s"
        rf"{_THE}(?P<noun>{_ARTICLE}){_ABOUT}(?P<subject>.+)",
    ),
    (
        "authors",
        rf"(?:by\swhom|who)\swas\s{_THE}(?P<noun>{_ARTICLE}){_ABOUT}(?P<subject>.+?)\swritten(?:\sby)?",
    ),
    (
        "published",
        rf"(?:when|on\s(?:what|which)\s(?:date|day))\s(?:was|were|is)\s{_THE}(?P<noun>{_ARTICLE}){_ABOUT}(?P<subject>.+?)"
        rf"\s{_WRITTEN}",
    ),
    (
        "published",
        rf"(?:when|on\s(?:what|which)\s(?:date|day))\sdid\s{_THE}(?P<noun>{_ARTICLE}){_ABOUT}(?P<subject>.+?)"
        r"\s(?:appear|come\sout|run)",
    ),
    (
        "published",
        rf"what\s(?:is|was)\sthe\s(?:publication\s)?date\sof\s{_THE}(?P<noun>{_ARTICLE}){_ABOUT}(?P<subject>.+)",
    ),
    (
        "articles",
        rf"(?:what|which)(?P<noun>\s{_ARTICLE})?\s(?:was|were|is|are|got|has\sbeen|have\sbeen)\s{_WRITTEN}\s{_IN_PERIOD}"
        rf"{_SUBJECT}",
    ),
    (
        "articles",
        rf"(?:what|which)(?P<noun>\s{_ARTICLE})\s(?:about|on)\s(?P<subject>.+?)\s(?:(?:was|were|are)\s)?(?:{_WRITTEN}\s)?"
        rf"{_IN_PERIOD}",
    ),
    ("articles", rf"{_LISTED}(?P<noun>{_ARTICLE})\s(?:are\s|is\s)?{_IN_PERIOD}{_SUBJECT}"),
    (
        "articles",
        rf"(?:what|which)(?:\s{_ARTICLE})?\s(?:did|has|have)\s(?P<author>.{{1,80}}?)\s(?:write|written|publish|published)"
        rf"(?:\s{_IN_PERIOD})?{_SUBJECT}",
    ),
    (
        "articles",
        rf"(?:what|which)\s{_ARTICLE}\s(?:was|were|are)\s(?:{_WRITTEN}\s)?by\s(?P<author>.{{1,80}}?)(?:\s{_IN_PERIOD})?{_SUBJECT}",
    ),
    ("articles", rf"{_LISTED}{_ARTICLE}\sby\s(?P<author>.{{1,80}}?)(?:\s{_IN_PERIOD})?{_SUBJECT}"),
    (
        "articles",
        rf"(?:(?:what|which)(?:\s(?:is|are|was|were)|['’]s)?|show\sme)\s(?:the|your|my|our)\s{_ORDER}(?P<noun>{_ARTICLE})"
        rf"{_HERE}{_SUBJECT}",
    ),
    (
        "count",
        rf"how\smany\s(?P<noun>{_ARTICLE}){_THERE}{_HERE}(?:\sby\s(?P<author>.{{1,80}}?))?"
        rf"(?:\s(?:(?:was|were|are)\s)?(?:{_WRITTEN}\s)?{_IN_PERIOD})?",
    ),
    ("authors", r"who\s(?:wrote|authored|penned|(?:is|was)\sthe\sauthor\sof)\s(?P<title>.+)"),
    ("published", rf"when\s(?:was|were)\s(?P<title>.+?)\s{_WRITTEN}"),
)
_QUESTIONS = tuple((wanted, re.compile(pattern, re.IGNORECASE)) for wanted, pattern in _PATTERNS)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ENDINGS = re.compile(r"(?:['’]s|ings?|ed|ies|es|s|e|y)\Z")


@dataclass(frozen=True)
class MetadataQuestion:
    """What is asked about which articles."""

    wanted: Wanted
    subject: str = ""
    """What the article is about, or its title; empty for articles about anything."""
    by_title: bool = False
    """Whether the subject must be an article's title: nothing else says that an article is meant."""
    author: str = ""
    order: Literal["", "newest", "oldest"] = ""
    """Which one alone is asked for, of several."""
    period: str = ""
    """ISO 8601, as exact as it was asked: ``2017``, ``2017-05``, ``2017-05-05``."""
    says_article: bool = True
    """Whether the question speaks of articles; where not, finding none means that something else was asked."""


def parse(question: str) -> list[MetadataQuestion]:
    """What a question may ask about the articles themselves, the likeliest first; nothing for any other question."""
    text = " ".join(question.split()).rstrip(" ?.!")
    matches = ((wanted, pattern.fullmatch(text)) for wanted, pattern in _QUESTIONS)
    return [_reading(wanted, match.groupdict()) for wanted, match in matches if match]


def _reading(wanted: Wanted, fields: dict[str, str | None]) -> MetadataQuestion:
    title = fields.get("title")
    return MetadataQuestion(
        wanted,
        _subject(title or fields.get("subject")),
        by_title=title is not None,
        author=fields.get("author") or "",
        order=_order(fields.get("order")),
        period=_period(fields) if fields.get("year") else "",
        says_article=bool(fields.get("noun")),
    )


def _order(word: str | None) -> Literal["", "newest", "oldest"]:
    if not word:
        return ""
    return "oldest" if word.lower() in ("oldest", "earliest") else "newest"


def _subject(text: str | None) -> str:
    return (text or "").strip(" \"'“”‘’,")


def _period(fields: dict[str, str | None]) -> str:
    name = (fields["month"] or "")[:3].lower()
    number = next((number for number, month in enumerate(_MONTHS, 1) if name and month.startswith(name)), None)
    month = number or int(fields["iso_month"] or 0)
    day = int(fields["day"] or fields["day2"] or fields["iso_day"] or 0)
    return f"{fields['year']}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if month and day else "")


class MetadataAnswerer:
    """Answers questions about the articles themselves, and leaves every other one to the answerer it is given."""

    def __init__(self, inner: Answerer, index: ArticleIndex, retriever: HybridRetriever) -> None:
        self._inner = inner
        self._index = index
        self._retriever = retriever

    def answer_many(self, retrieved: Sequence[Retrieved]) -> list[Answer]:
        """See ``Answerer``."""
        found = [self._look_up(one) for one in retrieved]
        others = [one for one, answer in zip(retrieved, found, strict=True) if answer is None]
        read = iter(self._inner.answer_many(others) if others or not retrieved else [])
        return [answer or next(read) for answer in found]

    def stream(self, retrieved: Retrieved) -> Iterator[AnswerEvent]:
        """See ``Answerer``."""
        answer = self._look_up(retrieved)
        if answer is None:
            yield from self._inner.stream(retrieved)
        else:
            yield AnswerReady(answer)

    def _look_up(self, retrieved: Retrieved) -> Answer | None:
        readings = parse(retrieved.query.text)
        if not readings:
            return None
        stored = self._index.articles()
        for reading in readings:
            matching = _matching(stored, reading)
            answer = _answer(reading, self._about(reading, matching), len(matching), retrieved)
            if answer is not None:
                return answer
        return None

    def _about(self, reading: MetadataQuestion, candidates: Sequence[ArticleSummary]) -> list[Article]:
        """The candidates that are about the subject, the nearest first."""
        by_id = {summary.id: summary for summary in candidates}
        if not reading.subject:
            return [article for article in map(self._index.article, list(by_id)[:MAX_LISTED]) if article]
        titled = sorted(
            (-overlap, summary.id)
            for summary in candidates
            if (overlap := _overlap(reading.subject, summary.title)) >= SAME_TITLE
        )
        if titled and (not reading.by_title or len(_words(reading.subject)) >= LEAST_TITLE):
            return [
                article for article in map(self._index.article, [summary_id for _, summary_id in titled]) if article
            ]
        if reading.by_title:
            return []
        passages = self._retriever.retrieve(reading.subject, top_k=_POOL)
        ids = dict.fromkeys(passage.article_id for passage in passages if passage.article_id in by_id)
        found = [article for article in map(self._index.article, ids) if article]
        is_vague = not (reading.says_article or reading.period or reading.author)
        return [
            article
            for article in found
            if _share(reading.subject, f"{article.title} {article.text[article.body_start :]}") >= LEAST_COVERED
            and (not is_vague or _share(reading.subject, article.title) >= LEAST_IN_TITLE)
        ]


def _matching(stored: Iterable[ArticleSummary], reading: MetadataQuestion) -> list[ArticleSummary]:
    """The articles of the author and the time that are asked for, the newest first unless the oldest is wanted."""
    matching = [
        summary
        for summary in stored
        if (summary.published or "").startswith(reading.period)
        and (not reading.author or any(_is_name(reading.author, author) for author in summary.authors))
    ]
    return _by_date(matching, reading.order)


def _by_date(articles: Iterable[Dated], order: str) -> list[Dated]:
    """The newest first, or the oldest; where one of the two is asked for, those without a date are neither."""
    dated = [article for article in articles if article.published or not order]
    return sorted(dated, key=lambda article: article.published or "", reverse=order != "oldest")


def _answer(
    reading: MetadataQuestion, articles: Sequence[Article], matching: int, retrieved: Retrieved
) -> Answer | None:
    """The answer that the articles give, an abstention that says why, or None where something else may be asked.

    ``matching`` is how many there are, of whom ``articles`` are the first.
    """
    if not articles:
        if not reading.says_article:
            return None
        when = f" of {reading.period}" if reading.period else ""
        about = f" about “{reading.subject}”" if reading.subject else ""
        return _abstention(retrieved, f"There is no article{when}{about} in the library.")
    if reading.order:
        articles = _by_date(articles, reading.order)[:1]
    if reading.wanted == "count":
        return _given(retrieved, str(matching), tuple(_cite(article, None) for article in articles))
    if reading.wanted == "articles":
        listed = articles[:MAX_LISTED]
        text = "; ".join(article.title for article in listed)
        return _given(retrieved, text, tuple(_cite(article, None) for article in listed))
    best = articles[0]
    sought = _names(best.authors) if reading.wanted == "authors" else _date(best)
    if not sought:
        lacks = "its author" if reading.wanted == "authors" else "its date of publication"
        return _abstention(retrieved, f"“{best.title}” does not give {lacks}.")
    return _given(retrieved, sought, (_cite(best, sought),))


def _given(retrieved: Retrieved, text: str, citations: tuple[Citation, ...]) -> Answer:
    return replace(_abstention(retrieved, None), text=text, score=SCORE, citations=citations)


def _abstention(retrieved: Retrieved, notice: str | None) -> Answer:
    return Answer(
        question=retrieved.query.question,
        text=None,
        score=0.0,
        citations=(),
        passages=retrieved.passages,
        query=retrieved.query.text,
        model="metadata",
        notice=notice,
    )


def _cite(article: Article, sought: str | None) -> Citation:
    """The article's first line, which says who wrote it and when, and the place of ``sought`` in it."""
    quote = article.text[: article.body_start].rstrip()
    place = quote.find(sought) if sought else -1
    return Citation(
        article_id=article.id,
        title=article.title,
        source=article.source,
        quote=quote,
        start=0,
        end=len(quote),
        answer_start=place if place >= 0 else None,
        answer_end=place + len(sought) if sought and place >= 0 else None,
        published=article.published,
    )


def _names(authors: Sequence[str]) -> str:
    """As the article's first line joins them."""
    return f"{', '.join(authors[:-1])} and {authors[-1]}" if len(authors) > 1 else "".join(authors)


def _date(article: Article) -> str:
    """The date as the article's first line writes it."""
    return article.text[: article.body_start].rstrip().rpartition("Published ")[2] if article.published else ""


# --- words -----------------------------------------------------------------------------------------------------------


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _stem(word: str) -> str:
    return _ENDINGS.sub("", word) if len(word) > 4 else word.removesuffix("'s")


def _overlap(subject: str, title: str) -> float:
    """F1 of the words of a subject and a title, each word once."""
    asked, named = set(_words(subject)), set(_words(title))
    return 2 * len(asked & named) / (len(asked) + len(named)) if asked and named else 0.0


def _share(subject: str, text: str) -> float:
    """Share of the telling words of a subject that a text holds, whatever their endings."""
    telling = {_stem(word) for word in _words(subject) if word not in STOPWORDS}
    return len(telling & set(map(_stem, _words(text)))) / len(telling) if telling else 0.0


def _is_name(asked: str, author: str) -> bool:
    """Whether a name asked for is an author's: the whole of it, or the last name alone."""
    wanted, named = _words(asked), _words(author)
    return bool(wanted) and (wanted == named or wanted == named[-1:] or (set(wanted) <= set(named) and len(wanted) > 1))
