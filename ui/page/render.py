"""Values to HTML. Pure; whatever came from an article, a file or a person is escaped here and nowhere else.

Buttons carry what they do in ``data-do`` and its arguments beside it; ``assets/buttons.js`` turns a press into an
event of the component they stand in.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from ingest.report import IngestReport, Outcome, Progress, Status
from qa.types import Alternative, Answer, Citation, Passage
from ui import wording
from ui.history import Conversation, Exchange, Feedback, Pending
from vectorstore.types import Article, ArticleSummary

SHORT = 140
"""Characters up to which an answer is set large."""
CANDIDATES = 3
"""Possible answers shown side by side where none is likely enough to be given."""
SHOWN_AROUND = 150_000
"""Characters of a very long article shown on either side of the mark; a browser is slow with more."""
LISTED = 200
"""Articles listed at once; the filter finds the others."""
LISTED_CONVERSATIONS = 50
"""Conversations listed at once; the list is sent with every answer."""

_BETWEEN_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True)
class Mark:
    """A place in an article to show: what is marked, and the words in it that are the answer."""

    article_id: str
    start: int
    end: int
    answer_start: int | None = None
    answer_end: int | None = None

    @classmethod
    def of(cls, place: Citation | Passage) -> Mark:
        """Where a citation or a passage stands."""
        if isinstance(place, Passage):
            return cls(place.article_id, place.start, place.end)
        return cls(place.article_id, place.start, place.end, place.answer_start, place.answer_end)


# The conversation ------------------------------------------------------------------------------


def render_conversation(exchanges: Sequence[Exchange], pending: Pending | None = None, conversation: str = "") -> str:
    """The whole conversation, as far as it has come; its id tells the page when it is another one."""
    said = spoken(exchanges, pending)
    items = [_exchange(exchange, number) for number, exchange in enumerate(exchanges)]
    if pending is not None:
        items.append(_item(pending.question, render_pending(pending), busy=True))
    body = f'<ol class="exchanges" data-of="{escape(conversation)}">{"".join(items)}</ol>' if items else ""
    return f'<p class="unseen" role="status">{escape(said)}</p>{body}'


def spoken(exchanges: Sequence[Exchange], pending: Pending | None) -> str:
    """What a screen reader says of the newest state."""
    if pending is not None:
        return "Searching your articles." if pending.passages is None else "Reading."
    if not exchanges:
        return ""
    last = exchanges[-1]
    if last.stopped:
        return "Stopped."
    if last.answer is None:
        return f"This could not be answered. {last.error}"
    if last.answer.text is None:
        return wording.abstention(last.answer)
    return f"Answer: {last.answer.text}. {wording.basis(last.answer)}".strip()


def _exchange(exchange: Exchange, number: int) -> str:
    if exchange.answer is not None:
        reply = render_answer(exchange.answer, number, exchange.feedback)
    elif exchange.stopped:
        reply = render_stopped(exchange.question)
    else:
        reply = render_error(exchange.error or "", exchange.question)
    return _item(exchange.question, reply)


def _item(question: str, reply: str, busy: bool = False) -> str:
    return (
        f'<li class="exchange"{" aria-busy=true" if busy else ""}>'
        f'<p class="asked" dir="auto"><span class="unseen">You asked: </span>{escape(question)}</p>{reply}</li>'
    )


def render_pending(pending: Pending) -> str:
    """What is being done for the question right now, and what a language model has written so far."""
    if pending.passages is None:
        doing = "Searching your articles"
    else:
        articles = len({passage.article_id for passage in pending.passages})
        doing = f"Reading {_count(len(pending.passages), 'passage')} from {_count(articles, 'article')}"
    titles = _titles(pending.passages or ())
    text = _paragraphs(pending.text) if pending.text else ""
    return (
        f'<div class="reply working">{_understood(pending.question, pending.query)}{text}'
        '<p class="doing"><span class="dots" aria-hidden="true"><i></i><i></i><i></i>'
        f"</span>{doing}…</p>{titles}</div>"
    )


def _titles(passages: Iterable[Passage]) -> str:
    titles = list(dict.fromkeys(passage.title for passage in passages))[:3]
    return f'<p class="faint" dir="auto">{escape(" · ".join(titles))}</p>' if titles else ""


def render_answer(answer: Answer, number: int = 0, feedback: Feedback | None = None) -> str:
    """The answer with its quote, its article and how sure it is; ``number`` is its place in the conversation."""
    if answer.text is None:
        return _abstention(answer, number, feedback)
    size = "short" if len(answer.text) <= SHORT and "\n" not in answer.text.strip() else "long"
    first, *more = answer.citations or (None,)
    said = f'<div class="answer {size}" dir="auto">{_paragraphs(answer.text)}</div>'
    if answer.items:
        heading = said if answer.kind in {"count", "yes_no"} else ""
        body = f"{heading}{_items(answer, number)}"
    else:
        body = f"{said}{_cited(first, number) if first else ''}{_more_citations(more, number)}"
    return (
        f'<div class="reply answered {answer.kind}">{_understood(answer.question, answer.query)}{body}'
        f'<div class="foot">{_confidence(answer)}{_thumbs(number, feedback)}'
        f"{_notice(answer)}</div>{_right_answer(number, feedback, answer)}</div>"
    )


def _items(answer: Answer, number: int) -> str:
    """The pieces of an answer, each with the places it stands at, under the labels they share."""
    groups: dict[str | None, list[str]] = {}
    for item in answer.items:
        date = f'<span class="date">{date_in_words(item.date)}</span> ' if item.date else ""
        places = "".join(_show_button(answer.citations[place], number) for place in item.citations)
        label = None if item.label == item.text else item.label
        groups.setdefault(label, []).append(
            f'<li><p class="item" dir="auto">{date}{escape(item.text)}</p>{places}</li>'
        )
    return "".join(
        (f'<h3 class="label" dir="auto">{escape(label)}</h3>' if label else "")
        + f'<ul class="items">{"".join(items)}</ul>'
        for label, items in groups.items()
    )


def _cited(citation: Citation, number: int) -> str:
    return (
        f'<figure class="cited"><blockquote dir="auto">{render_quote(citation)}</blockquote>{_dates(citation)}'
        f"<figcaption>{_show_button(citation, number)}</figcaption></figure>"
    )


def _dates(citation: Citation) -> str:
    """What "yesterday" meant on the day the article came out."""
    told = [f"“{escape(words)}” is {date_in_words(date)}" for words, date in citation.dates.items()]
    return (
        f'<p class="faint">{"; ".join(told)}, as the article came out on {date_in_words(citation.published)}</p>'
        if told
        else ""
    )


def render_quote(citation: Citation) -> str:
    """The quote with the answer's words emphasised, white space as it is."""
    if citation.answer_start is None or citation.answer_end is None:
        return escape(citation.quote)
    start = min(max(citation.answer_start - citation.start, 0), len(citation.quote))
    end = min(max(citation.answer_end - citation.start, start), len(citation.quote))
    return f"{escape(citation.quote[:start])}<em>{escape(citation.quote[start:end])}</em>{escape(citation.quote[end:])}"


def _more_citations(citations: Sequence[Citation], number: int) -> str:
    if not citations:
        return ""
    items = "".join(f"<li>{_cited(citation, number)}</li>" for citation in citations)
    said = "Also said here" if len(citations) == 1 else f"Also said in {len(citations)} more places"
    return f'<details class="fold"><summary>{said}</summary><ol class="more">{items}</ol></details>'


def _show_button(place: Citation | Passage, number: int | None) -> str:
    locator, published = (place.locator, place.published) if isinstance(place, Citation) else (None, None)
    about = _joined([locator or "", date_in_words(published), source_name(place.source)])
    return (
        f'<button type="button" class="source" {_show(Mark.of(place), number)} title="Show these words in the article">'
        f'<span class="title" dir="auto">{escape(_title(place.title, place.source))}</span>'
        f'<span class="about">{about}</span></button>'
    )


def _show(mark: Mark, number: int | None) -> str:
    """The attributes of a button that shows ``mark``; ``number`` says which exchange it belongs to."""
    values = {
        "exchange": number,
        "article": mark.article_id,
        "start": mark.start,
        "end": mark.end,
        "answer-start": mark.answer_start,
        "answer-end": mark.answer_end,
    }
    given = "".join(f' data-{name}="{escape(str(value))}"' for name, value in values.items() if value is not None)
    return f'data-do="show"{given}'


def _confidence(answer: Answer) -> str:
    """What the answer rests on; with bars and a percentage only where the chance was measured."""
    if answer.score is None:
        return f'<span class="faint">{escape(wording.basis(answer))}</span>' if wording.basis(answer) else ""
    words = wording.confidence_in_words(answer.score)
    level = {"Very likely": 3, "Likely": 2}.get(words, 1)
    percent = f"{100 * answer.score:.0f} %"
    return (
        f'<details class="confidence level-{level}" title="Chance of being right: about {percent}">'
        f'<summary><span class="bars" aria-hidden="true"><i></i><i></i><i></i></span>'
        f"{words}</summary>"
        f"<p>About {percent} of the answers scored like this one are right.</p></details>"
    )


def _understood(question: str, query: str) -> str:
    """The question that is searched, above what comes of it, where that is not the one that was asked."""
    if not query or query == " ".join(question.split()):
        return ""
    return f'<p class="aside" dir="auto"><span>Understood as</span> {escape(query)}</p>'


def _notice(answer: Answer) -> str:
    return f'<p class="aside notice" dir="auto">{escape(answer.notice)}</p>' if answer.notice else ""


_THUMB = (
    '<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.7" '
    'stroke-linejoin="round" stroke-linecap="round" aria-hidden="true"><path d="M7 11v9H4.5A1.5 1.5 0 0 1 3 18.5v-6'
    "A1.5 1.5 0 0 1 4.5 11zM7 11l3.7-7a2 2 0 0 1 2.7 2.4L12.6 9.5H18a2 2 0 0 1 2 2.4l-1.3 6.5A2 2 0 0 1 16.7 20H7z"
    '"/></svg>'
)


def _thumbs(number: int, feedback: Feedback | None) -> str:
    """Two buttons that say what the person thinks of the answer."""

    def thumb(verdict: str, label: str, pressed: bool) -> str:
        return (
            f'<button type="button" class="thumb {verdict}" data-do="judge" data-exchange="{number}" '
            f'data-verdict="{verdict}" aria-pressed="{str(pressed).lower()}" aria-label="{label}" title="{label}">'
            f"{_THUMB}</button>"
        )

    return (
        '<span class="thumbs" role="group" aria-label="Is this right?">'
        f"{thumb('right', 'This is right', bool(feedback and feedback.right))}"
        f"{thumb('wrong', 'This is wrong', bool(feedback and not feedback.right))}</span>"
    )


def _right_answer(number: int, feedback: Feedback | None, answer: Answer) -> str:
    """Where the person can say what would have been right, or what they said."""
    if feedback is None or feedback.right:
        return ""
    if feedback.answers is not None:
        right = "; ".join(feedback.answers) if feedback.answers else "The articles don't say."
        return (
            f'<p class="noted" dir="auto"><span>The right answer:</span> <b>{escape(right)}</b> '
            f'<button type="button" class="link" data-do="judge" data-exchange="{number}" data-verdict="again">Change'
            "</button></p>"
        )
    unsaid = (
        f'<button type="button" class="plain" data-do="unsaid" data-exchange="{number}">The articles don\'t say'
        "</button>"
        if answer.text is not None
        else ""
    )
    return (
        '<form class="correct"><label><span>The right answer is…</span>'
        '<input name="text" type="text" maxlength="500" autocomplete="off"></label>'
        f'<button type="submit" class="primary" data-do="correct" data-exchange="{number}">Save</button>{unsaid}</form>'
    )


def _abstention(answer: Answer, number: int, feedback: Feedback | None) -> str:
    """Why there is no answer; below it the candidates, side by side, or the sentences that come nearest."""
    if answer.alternatives:
        near = "".join(f"<li>{_alternative(other, number)}</li>" for other in answer.alternatives[:CANDIDATES])
    else:
        near = "".join(
            f'<li><p class="snippet" dir="auto">{escape(citation.quote)}</p>{_show_button(citation, number)}</li>'
            for citation in answer.nearest
        )
    listed = f'<ul class="nearest">{near}</ul>' if near else ""
    return (
        f'<div class="reply">{_understood(answer.question, answer.query)}<div class="reply abstained">'
        f'<p class="verdict">{escape(wording.abstention(answer))}</p>{listed}'
        f'<div class="foot">{_thumbs(number, feedback)}{_notice(answer)}</div>'
        f"{_right_answer(number, feedback, answer)}</div></div>"
    )


def render_error(message: str, question: str = "") -> str:
    """A failure, which must look like neither an answer nor an abstention."""
    return (
        '<div class="reply failed" role="alert"><p class="verdict">This could not be answered.</p>'
        f'<p dir="auto">{escape(message[:1].upper() + message[1:])}</p>{_ask_again(question)}</div>'
    )


def render_stopped(question: str) -> str:
    """A question that the person did not wait for: neither an answer nor a failure."""
    return (
        '<div class="reply stopped"><p class="faint">Stopped before there was an answer.</p>'
        f"{_ask_again(question)}</div>"
    )


def _ask_again(question: str) -> str:
    if not question:
        return ""
    return (
        f'<p class="actions"><button type="button" class="plain" data-do="ask" data-question="{escape(question)}">'
        "Ask again</button></p>"
    )


def render_welcome(articles: int, examples: Sequence[str], stays_here: bool = False) -> str:
    """What stands in place of a conversation before the first question; ``stays_here``: no model of others is asked."""
    if not articles:
        stays = " Nothing leaves this computer." if stays_here else ""
        return (
            '<div class="welcome"><h2>Your library is empty</h2>'
            "<p>Add articles, ask about them in plain words, and get a short answer with the exact words that "
            f"support it.{stays}</p>"
            '<p class="actions">'
            '<button type="button" class="primary" data-do="samples">Add the sample articles</button>'
            '<button type="button" class="plain" data-do="library">Add your own</button></p></div>'
        )
    asked = "".join(
        f'<li><button type="button" class="example" data-do="ask" data-question="{escape(question)}">'
        f"{escape(question)}</button></li>"
        for question in examples
    )
    tried = f'<p class="faint">For example:</p><ul class="examples">{asked}</ul>' if asked else ""
    ready = "One article is" if articles == 1 else f"{articles:,} articles are"
    return (
        f'<div class="welcome"><h2>What would you like to know?</h2>'
        f"<p>{ready} ready. Every answer comes with the words that support it, "
        f"marked in the article.</p>{tried}</div>"
    )


# The article -----------------------------------------------------------------------------------


def render_article(article: Article, mark: Mark | None = None, steps: Sequence[Mark] = (), number: int = 0) -> str:
    """The whole article as text, ``mark`` marked in it; ``steps`` are the places one can step through."""
    about = _joined([", ".join(article.authors), date_in_words(article.published)])
    # The text's own line of authors and date says what stands in the head already; it is shown where it is cited.
    begin = 0 if mark and mark.start < min(mark.end, article.body_start) else article.body_start
    return (
        f'<header class="article-head"><h2 dir="auto">{escape(_title(article.title, article.source))}</h2>'
        f'<p class="about">{about}{" · " if about else ""}{_source_link(article.source)}</p>'
        f"{_stepper(mark, steps, number)}</header>"
        '<div class="article-text" dir="auto" tabindex="0" role="region" aria-label="Text of the article">'
        f"{render_text(article.text, mark, begin)}</div>"
    )


def render_text(text: str, mark: Mark | None = None, begin: int = 0) -> str:
    """Paragraphs of ``text`` from ``begin`` on; what ``mark`` names in <mark>, the answer's words in <strong> in it."""
    first, last = begin, len(text)
    if len(text) > 2 * SHOWN_AROUND:
        middle = mark.start if mark else 0
        first, last = max(begin, middle - SHOWN_AROUND), min(len(text), middle + SHOWN_AROUND)
    shown = [
        f'<p dir="auto">{_marked(text, start, end, mark)}</p>'
        for start, end in _paragraph_spans(text)
        if end > first and start < last
    ]
    left_out = '<p class="faint">The article is very long: what is {} is left out here.</p>'
    before = left_out.format("before this") if first > begin else ""
    after = left_out.format("after this") if last < len(text) else ""
    return f"{before}{''.join(shown)}{after}"


def _marked(text: str, start: int, end: int, mark: Mark | None) -> str:
    """``text[start:end]`` escaped, with the part of the mark that falls into it."""
    if mark is None:
        return escape(text[start:end])
    mark_start, mark_end = _clipped(mark.start, mark.end, start, end)
    if mark_start == mark_end:
        return escape(text[start:end])
    inside = escape(text[mark_start:mark_end])
    if mark.answer_start is not None and mark.answer_end is not None:
        words_start, words_end = _clipped(mark.answer_start, mark.answer_end, mark_start, mark_end)
        if words_start < words_end:
            inside = (
                f"{escape(text[mark_start:words_start])}<strong>{escape(text[words_start:words_end])}</strong>"
                f"{escape(text[words_end:mark_end])}"
            )
    return f"{escape(text[start:mark_start])}<mark>{inside}</mark>{escape(text[mark_end:end])}"


def _clipped(start: int, end: int, low: int, high: int) -> tuple[int, int]:
    start = min(max(start, low), high)
    return start, min(max(end, start), high)


def _stepper(mark: Mark | None, steps: Sequence[Mark], number: int) -> str:
    if mark is None or len(steps) < 2 or mark not in steps:
        return ""
    place = steps.index(mark)

    def button(to: int, label: str, sign: str) -> str:
        if not 0 <= to < len(steps):
            return f'<button type="button" class="step" aria-label="{label}" disabled>{sign}</button>'
        return f'<button type="button" class="step" aria-label="{label}" {_show(steps[to], number)}>{sign}</button>'

    return (
        f'<nav class="steps" aria-label="Quotes of this answer">{button(place - 1, "Previous quote", "‹")}'
        f"<span>Quote {place + 1} of {len(steps)}</span>{button(place + 1, 'Next quote', '›')}</nav>"
    )


def render_no_article(title: str, text: str) -> str:
    """What stands in the article's place when none is shown."""
    return f'<div class="placeholder"><h2>{escape(title)}</h2><p>{escape(text)}</p></div>'


def render_reasons(answer: Answer, number: int = 0) -> str:
    """Other likely answers, and what was read and why; folded."""
    others = "".join(f"<li>{_alternative(other, number)}</li>" for other in answer.alternatives)
    read = "".join(f"<li>{_passage(passage, number)}</li>" for passage in answer.passages)
    parts = []
    if others and answer.text is not None:  # next to an abstention, guesses would look like answers
        parts.append(f'<details class="fold"><summary>Other likely answers</summary><ol>{others}</ol></details>')
    if read:
        parts.append(
            '<details class="fold"><summary>Passages read, and why</summary><p class="faint">Ranked by how near their '
            "meaning is to the question’s, the words and the wording they share with it, and what was found on reading "
            "them. More is better.</p>"
            f'<ol class="passages">{read}</ol></details>'
        )
    return "".join(parts)


def _alternative(other: Alternative, number: int) -> str:
    sure = "" if other.score is None else f"{wording.confidence_in_words(other.score)}, {100 * other.score:.0f} %"
    return (
        f'<p class="other" dir="auto"><strong>{escape(other.text)}</strong> <span class="faint">{sure}</span></p>'
        f'<p class="snippet" dir="auto">{render_quote(other.citation)}</p>{_show_button(other.citation, number)}'
    )


SCORES = {
    "similarity": ("meaning", ".2f"),
    "bm25": ("words", ".1f"),
    "phrases": ("wording", ".2f"),
    "reading": ("reading", "+.1f"),
}
"""What the project's own retriever and reader score with, as people are told, and how it is written."""


def _passage(passage: Passage, number: int) -> str:
    reasons = [("rank", str(passage.rank)), ("score", f"{passage.score:.2f}")]
    for name, value in passage.scores.items():
        label, form = SCORES.get(name, (name, ".2f"))
        reasons.append((label, format(value, form)))
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in reasons)
    return (
        f'<p class="snippet" dir="auto">{escape(_shortened(passage.text))}</p>'
        f'<dl class="scores">{told}</dl>{_show_button(passage, number)}'
    )


# Earlier conversations -------------------------------------------------------------------------


def render_history(
    conversations: Sequence[Conversation],
    opened: str = "",
    wanted: str = "",
    marks: tuple[int, int] = (0, 0),
    is_kept: bool = True,
) -> str:
    """The conversations whose title has all the words of ``wanted``, the latest first, and the feedback in all of them.

    ``marks`` says how many answers are marked with what is right, and how many as wrong and nothing more.
    """
    lost = (
        '<p class="aside notice">The library\'s folder cannot be written, so conversations are forgotten when the '
        "program that serves this page ends.</p>"
    )
    before = ("" if is_kept else lost) + _feedback_kept(*marks)
    if not conversations:
        return (
            f'{before}<div class="placeholder small"><h2>No conversations yet</h2><p>What you ask is kept here, for '
            "you alone, until you delete it.</p></div>"
        )
    words = wanted.casefold().split()
    found = [one for one in conversations if all(word in one.title.casefold() for word in words)]
    if not found:
        return (
            f'{before}<div class="placeholder small"><p>No conversation is called “{escape(wanted.strip())}”.</p></div>'
        )
    items = "".join(f"<li>{_past(one, one.id == opened)}</li>" for one in found[:LISTED_CONVERSATIONS])
    left = len(found) - LISTED_CONVERSATIONS
    more = f'<p class="faint">{left:,} more: type some words of the title to find them.</p>' if left > 0 else ""
    return f'{before}<ul class="articles conversations">{items}</ul>{more}'


def _past(conversation: Conversation, is_open: bool) -> str:
    title, of = escape(conversation.title), f'data-conversation="{escape(conversation.id)}"'
    when = date_in_words(conversation.updated_at[:10])
    about = _joined([_count(conversation.questions, "question"), when, "open" if is_open else ""])
    current = ' aria-current="true"' if is_open else ""
    return (
        f'<button type="button" class="source"{current} data-do="open" {of}>'
        f'<span class="title" dir="auto">{title}</span><span class="about">{about}</span>'
        f'</button><details class="manage"><summary aria-label="Rename, export or delete {title}">Manage</summary>'
        f'<div class="managed"><form><label><span class="unseen">Title</span>'
        f'<input name="text" type="text" maxlength="120" value="{title}" autocomplete="off"></label>'
        f'<button type="submit" class="plain" data-do="rename" {of}>Rename</button></form>'
        f'<button type="button" class="plain" data-do="export" data-format="md" {of}>Export as Markdown</button>'
        f'<button type="button" class="plain" data-do="export" data-format="json" {of}>Export as JSON</button>'
        '<details class="remove"><summary><span class="drop">Delete</span><span class="keep">Keep it</span></summary>'
        '<div class="confirm"><span>Delete it, with what you marked in it?</span>'
        f'<button type="button" class="danger" data-do="delete" {of} aria-label="Yes, delete {title}">Yes, delete'
        "</button></div></details></div></details>"
    )


def _feedback_kept(known: int, unknown: int) -> str:
    if not known + unknown:
        return ""
    told = [f"You marked {_count(known, 'answer')} with what is right."] if known else []
    if unknown:
        marked = _count(unknown, "other" if known else "answer")
        told.append(f"{marked} marked as wrong {'lacks' if unknown == 1 else 'lack'} the right answer.")
    button = '<button type="button" class="plain" data-do="testset">Download as a test set</button>' if known else ""
    return f'<div class="kept"><p>{" ".join(told)}</p>{button}</div>'


def render_download(name: str, text: str, number: str) -> str:
    """A file that the page's script saves; ``number`` tells one download from the next."""
    return f'<pre data-name="{escape(name)}" data-number="{escape(number)}">{escape(text)}</pre>'


# The library -----------------------------------------------------------------------------------


def render_folder(suffixes: Sequence[str]) -> str:
    """The button that chooses a folder, and what kinds of files are read."""
    return (
        '<details class="fold"><summary>What can be read</summary>'
        f'<p class="faint">Files whose names end with {escape(" ".join(suffixes))}</p></details>'
        '<label class="choose"><input type="file" webkitdirectory multiple class="unseen"><span>Choose a folder</span>'
        "</label>"
    )


def progress_in_words(now: Progress, seconds: float) -> str:
    """How far an ingest is after ``seconds``, and about how long it still takes."""
    name = source_name(now.source)
    told = f"{now.done:,} of {now.total:,}{name and ': '}{name}"
    if now.done >= now.total:
        told = f"All {now.total:,} read" if now.total > 1 else "Read"
        told += f", storing: {now.chunks:,} of {_count(now.cut, 'chunk')}" if now.chunks < now.cut else ", storing"
    if not 0 < now.share < 1 or seconds < 1:
        return told
    return f"{told} · {_about(seconds / now.share * (1 - now.share))} left"


def _about(seconds: float) -> str:
    if seconds < 55:
        return f"about {5 * max(1, round(seconds / 5))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {round(seconds / 3600)} h"


def render_about(articles: Sequence[ArticleSummary], embedder: str, answers_with: str) -> str:
    """What the library holds, and which models are at work on it."""
    if not articles:
        return ""
    chunks = sum(article.chunks for article in articles)
    facts = (
        ("Holds", f"{_count(len(articles), 'article')}, {_count(chunks, 'chunk')}"),
        ("Finds with", f"{embedder} and BM25"),
        ("Answers with", answers_with),
    )
    return (
        '<dl class="facts">'
        + "".join(f"<div><dt>{name}</dt><dd>{escape(fact)}</dd></div>" for name, fact in facts)
        + "</dl>"
    )


def render_library(articles: Sequence[ArticleSummary], wanted: str = "") -> str:
    """The list of articles whose title, source or author has all the words of ``wanted``."""
    if not articles:
        return '<div class="placeholder small"><p>No articles yet. Add some above.</p></div>'
    words = wanted.casefold().split()
    found = [article for article in articles if all(word in _findable(article) for word in words)]
    if not found:
        return f'<div class="placeholder small"><p>No article is called “{escape(wanted.strip())}”.</p></div>'
    items = "".join(f"<li>{_listed(article)}</li>" for article in found[:LISTED])
    left = len(found) - LISTED
    more = f'<p class="faint">{left:,} more: type some words of the title to find them.</p>' if left > 0 else ""
    return f'<ul class="articles">{items}</ul>{more}'


def _findable(article: ArticleSummary) -> str:
    return " ".join([article.title, source_name(article.source), *article.authors]).casefold()


def _listed(article: ArticleSummary) -> str:
    title = escape(_title(article.title, article.source))
    about = _joined(
        [
            date_in_words(article.published),
            _count(article.chunks, "chunk"),
            f"added {date_in_words(article.added_at[:10])}",
        ]
    )
    return (
        f'<button type="button" class="source" data-do="open" data-article="{escape(article.id)}">'
        f'<span class="title" dir="auto">{title}</span><span class="about">{about}</span></button>'
        f'<details class="remove"><summary aria-label="Remove {title}">'
        f'<span class="drop">Remove</span><span class="keep">Keep it</span></summary><div class="confirm">'
        "<span>Remove it from the library?</span>"
        f'<button type="button" class="danger" data-do="remove" data-article="{escape(article.id)}" '
        f'aria-label="Yes, remove {title}">Yes, remove</button></div></details>'
    )


_HEADINGS: dict[Status, str] = {
    "skipped": "Not added",
    "changed": "Updated",
    "added": "Added",
    "moved": "Moved",
    "unchanged": "Already there",
    "removed": "Removed",
}
_REASONS: dict[Status, str] = {
    "changed": "takes the place of what was stored under this name",
    "unchanged": "nothing in it has changed",
    "removed": "its file is no longer there",
}


def render_report(report: IngestReport) -> str:
    """What was added, what was not, and why."""
    if not report.outcomes:
        return render_message("There was nothing to add.")
    groups = "".join(_group(status, report.of(status)) for status in _HEADINGS if report.of(status))
    return (
        f'<div class="report" role="status">{groups}'
        '<button type="button" class="plain" data-do="dismiss">Dismiss</button></div>'
    )


def _group(status: Status, outcomes: Sequence[Outcome]) -> str:
    """The outcomes of one kind; what needs a look is open."""
    opened = " open" if status in ("skipped", "changed") or len(outcomes) <= 3 else ""
    items = "".join(f"<li>{_outcome(outcome)}</li>" for outcome in outcomes[:LISTED])
    return (
        f'<details class="group {status}"{opened}><summary>{_HEADINGS[status]}: '
        f"{_count(len(outcomes), 'article' if status != 'skipped' else 'source')}</summary><ul>{items}</ul></details>"
    )


def _outcome(outcome: Outcome) -> str:
    name = source_name(outcome.source) or outcome.source
    file = f" <small>{escape(name)}</small>" if outcome.title and outcome.title != name else ""
    reason = _REASONS.get(outcome.status, "")
    if outcome.status == "skipped":
        reason = (outcome.reason or "").removeprefix(f"{outcome.source}: ")
    said = f'<span class="reason">{escape(reason)}</span>' if reason else ""
    return f'<span dir="auto"><b>{escape(outcome.title or name)}</b>{file}{said}</span>'


def render_message(message: str, failed: bool = False) -> str:
    """One line about the library: what was done, or what could not be."""
    return (
        f'<div class="report{" failed" if failed else ""}" role="{"alert" if failed else "status"}">'
        f'<p class="totals" dir="auto">{escape(message)}</p>'
        '<button type="button" class="plain" data-do="dismiss">Dismiss</button></div>'
    )


def render_brand(articles: int) -> str:
    """The head of the page."""
    held = "no articles yet" if not articles else _count(articles, "article")
    return f'<h1><mark>Ask</mark> <span>your articles</span></h1><p class="faint">{held}</p>'


def render_places() -> str:
    """Where a narrow window can go to: there the article stands under the conversation."""
    places = "".join(
        f'<button type="button" class="place" data-do="go" data-place="{place}">{name}</button>'
        for place, name in (("chat", "Chat"), ("library", "Library"), ("history", "History"))
    )
    return f'<nav aria-label="Parts of the page">{places}</nav>'


# Small things ----------------------------------------------------------------------------------


def date_in_words(published: str | None) -> str:
    """``2017-05-05`` as "5 May 2017", as far as it goes; empty for None."""
    if not published:
        return ""
    found = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", published)
    if not found or (found[2] and not 1 <= int(found[2]) <= 12):
        return published
    year, month, day = found.groups()
    parts = (str(int(day)) if day else "", calendar.month_name[int(month)] if month else "", year)
    return " ".join(filter(None, parts))


def source_name(source: str) -> str:
    """A file's name without its folders, or a page's address without its scheme."""
    if re.match(r"https?://", source, re.IGNORECASE):
        address = urlsplit(source)
        return unquote(f"{address.netloc.rpartition('@')[2]}{address.path}").removesuffix("/")
    return PurePath(source).name


def _source_link(source: str) -> str:
    name = escape(source_name(source))
    if re.match(r"https?://", source, re.IGNORECASE):
        return f'<a href="{escape(source)}" target="_blank" rel="noopener noreferrer">{name}</a>'
    return f'<span title="{escape(source)}">{name}</span>'


def _title(title: str, source: str) -> str:
    return title or source_name(source) or source


def _joined(parts: Iterable[str]) -> str:
    """The parts that there are, escaped, with dots between."""
    return " · ".join(escape(part) for part in parts if part)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _shortened(text: str, length: int = 200) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[:length].rsplit(' ', 1)[0]} …"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(text[start:end])}</p>" for start, end in _paragraph_spans(text))


def _paragraph_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the paragraphs of ``text`` start and end; blank lines part them."""
    start = 0
    for gap in _BETWEEN_PARAGRAPHS.finditer(text):
        if text[start : gap.start()].strip():
            yield start, gap.start()
        start = gap.end()
    if text[start:].strip():
        yield start, len(text)
