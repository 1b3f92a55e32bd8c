"""Values to HTML: everything escaped, marks exact, abstentions and failures unlike answers."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import cast

import pytest

from ingest.report import IngestReport, Outcome, Progress
from qa.chatbot import Chatbot
from qa.names import Name
from qa.settings import Settings
from qa.themes import Theme
from qa.types import Alternative, Answer, Citation, Item, Passage
from ui.history import Conversation, Exchange, Feedback, Pending, turns
from ui.page import render
from ui.page.address import Address, Mark
from ui.page.guide import Dated, Guide
from ui.page.models import Models
from ui.page.overview import Overview
from ui.page.reading import PART, Reading, opened
from vectorstore.types import Article, ArticleSummary, Section

EVIL = "<script>alert(1)</script><img src=x onerror=\"alert('2')\">&amp;"
TEXT = "First <b>line</b> & more.\n\nIt was on Oct. 21, 2013, in the park.\nStill there.\n\n\nThe end"


def article(text: str = TEXT, **changes: str) -> Article:
    values = {"id": "a1", "source": "/here/a.txt", "title": "Title", "text": text, "fingerprint": "f"} | changes
    return Article(**values)  # type: ignore[arg-type]


def long_article(label: str, word: str = "word") -> Article:
    """An article of 40 sections of some 5,000 characters, called by ``label`` and a number."""
    pieces = [f"{number} begins here. " + f"{word} " * (5000 // (len(word) + 1)) for number in range(1, 41)]
    starts = [sum(len(piece) + 2 for piece in pieces[:at]) for at in range(len(pieces))]
    sections = tuple(Section(start, f"{label} {number}") for number, start in enumerate(starts, 1))
    return replace(article("\n\n".join(pieces)), sections=sections)


def mark(text: str, quote: str, words: str | None = None) -> Mark:
    start = text.index(quote)
    if words is None:
        return Mark("a1", start, start + len(quote))
    inside = text.index(words, start)
    return Mark("a1", start, start + len(quote), inside, inside + len(words))


def citation(**changes: object) -> Citation:
    quote = "It was on Oct. 21, 2013, in the park."
    start = TEXT.index(quote)
    words = TEXT.index("Oct. 21, 2013")
    values = {
        "article_id": "a1", "title": "Title", "source": "/here/a.txt", "quote": quote, "start": start,
        "end": start + len(quote), "answer_start": words, "answer_end": words + 13, "published": "2017-05-12",
    } | changes  # fmt: skip
    return Citation(**values)  # type: ignore[arg-type]


def passage(**changes: object) -> Passage:
    values = {
        "chunk_id": "c1", "article_id": "a1", "title": "Title", "source": "/here/a.txt", "text": TEXT, "start": 0,
        "end": len(TEXT), "score": 1.0, "rank": 1,
        "scores": {"similarity": 0.71, "bm25": 4.2, "phrases": 0.0},
    } | changes  # fmt: skip
    return Passage(**values)  # type: ignore[arg-type]


def answer(text: str | None = "Oct. 21, 2013", **changes: object) -> Answer:
    values = {
        "question": "when?", "text": text, "score": 0.9, "citations": (citation(),) if text else (),
        "passages": (passage(),), "query": "when?",
    } | changes  # fmt: skip
    return Answer(**values)  # type: ignore[arg-type]


def served(may_name: bool = False, **changes: object) -> Models:
    return Models(cast(Chatbot, SimpleNamespace(settings=Settings(**changes))), may_name)  # type: ignore[arg-type]


class Seen(HTMLParser):
    """The tags and the text a browser would see, and that every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "input":  # it has no end
            self.open.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def inside(html: str, tag: str) -> list[str]:
    found = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", one)) for one in found]


def test_mark_holds_exactly_the_quote_and_the_answer_inside_it() -> None:
    html = render.render_text(TEXT, mark(TEXT, "It was on Oct. 21, 2013, in the park.", "Oct. 21, 2013"))
    assert inside(html, "mark") == ["It was on Oct. 21, 2013, in the park."]
    assert inside(html, "strong") == ["Oct. 21, 2013"]


def test_marks_of_a_quote_over_two_paragraphs_join_to_the_quote() -> None:
    html = render.render_text(TEXT, mark(TEXT, "more.\n\nIt was"))
    assert inside(html, "mark") == ["more.", "It was"]


def test_answer_at_the_edges_of_the_quote_is_marked_whole() -> None:
    html = render.render_text("one two", Mark("a1", 0, 7, 0, 7))
    assert inside(html, "mark") == inside(html, "strong") == ["one two"]


def test_paragraphs_are_kept_and_nothing_of_the_text_is_lost() -> None:
    html = render.render_text(TEXT, mark(TEXT, "on Oct."))
    shown = re.sub(r'<p dir="auto" data-at="[0-9]+">', "<p>", html)
    assert "\n\n".join(inside(shown, "p")) == TEXT.replace("\n\n\n", "\n\n")


@pytest.mark.parametrize("place", [Mark("a1", 0, 0), Mark("a1", 5, 3), Mark("a1", 9999, 99999), Mark("a1", 3, 9999)])
def test_marks_that_do_not_fit_the_text_do_no_harm(place: Mark) -> None:
    assert Seen(render.render_text(TEXT, place)).text.replace("\n", "") == TEXT.replace("\n", "")


SUMMARY = ArticleSummary(EVIL, EVIL, EVIL, (EVIL,), EVIL, 1, 1, EVIL)


@pytest.mark.parametrize(
    "html",
    [
        render.render_article(
            Reading(article(EVIL, title=EVIL, source=f"/x/{EVIL}"), mark(EVIL, "alert(1)"), wanted=EVIL)
        ),
        render.render_article(Reading(article(title=EVIL, source=f"https://x.example/{EVIL}"), has_pictures=True)),
        render.render_article(Reading(long_article(EVIL, EVIL))),
        render.render_conversation([Exchange(EVIL, answer(EVIL, notice=EVIL, query=EVIL, model=EVIL))]),
        render.render_conversation(
            [Exchange(EVIL, answer(citations=(citation(title=EVIL, quote=EVIL, source=EVIL),)))]
        ),
        render.render_conversation([Exchange(EVIL, answer(citations=(citation(article_id=EVIL, published=EVIL),)))]),
        render.render_conversation([Exchange(EVIL, answer(None, passages=(passage(text=EVIL, title=EVIL),)))]),
        render.render_conversation([Exchange(EVIL, error=EVIL)]),
        render.render_conversation([], Pending(EVIL, EVIL, EVIL, EVIL, (passage(title=EVIL),), EVIL)),
        render.render_reasons(answer(alternatives=(Alternative(EVIL, 0.1, citation(title=EVIL)),))),
        render.render_reasons(answer(passages=(passage(text=EVIL, title=EVIL, source=EVIL),))),
        render.render_library([ArticleSummary(EVIL, EVIL, EVIL, (EVIL,), EVIL, 1, 1, EVIL)]),
        render.render_library([ArticleSummary("a", "b", "c", (), None, 1, 1, "2026-01-01")], EVIL),
        render.render_report(IngestReport((Outcome(EVIL, "skipped", EVIL, EVIL, EVIL),), 0, 0.1)),
        render.render_message(EVIL, failed=True),
        render.render_conversation([Exchange(EVIL, stopped=True, id=EVIL, scope=EVIL, correction=(EVIL,))], None, EVIL),
        render.render_answer(answer(), 0, Feedback(right=False, answers=(EVIL,))),
        render.render_history([Conversation(EVIL, EVIL, EVIL, EVIL, 1)]),
        render.render_download(EVIL, EVIL, EVIL),
        render.render_next(EVIL, 0, [EVIL]),
        render.render_settings(served(llm=f"openai:{EVIL}", llm_base_url=f"http://{EVIL}", reader=EVIL)),
        render.render_no_article(EVIL, EVIL),
        render.render_welcome(Overview(1, (EVIL, EVIL), (SUMMARY,), (Theme((EVIL,), (SUMMARY,)),), (EVIL,))),
        render.render_guide(
            Guide(
                EVIL,
                (citation(title=EVIL, quote=EVIL, article_id=EVIL),),
                (Name(EVIL, 1, 2, 2, True), Name(EVIL, 1, 2, 2, False)),
                (Dated(EVIL, Mark(EVIL, 1, 2)),),
                ((EVIL, 1), (EVIL, 2)),
                (EVIL,),
            )
        ),
    ],
)
def test_nothing_from_outside_becomes_markup(html: str) -> None:
    seen = Seen(html)
    assert not {"script", "img"} & set(seen.tags)
    assert "onerror" not in seen.attributes
    assert "src" not in seen.attributes


def test_addresses_of_other_schemes_do_not_become_links() -> None:
    assert "<a " not in render.render_article(Reading(article(source="javascript:alert(1)")))
    assert 'href="https://x.example/a?b=1&amp;c=2"' in render.render_article(
        Reading(article(source="https://x.example/a?b=1&c=2"))
    )


def test_answer_shows_text_quote_article_date_and_confidence() -> None:
    seen = Seen(render.render_answer(answer()))
    for expected in ("Oct. 21, 2013", "It was on", "Title", "12 May 2017", "a.txt", "Very likely", "About 90 %"):
        assert expected in seen.text
    assert inside(render.render_answer(answer()), "em") == ["Oct. 21, 2013"]


def test_quotes_without_a_known_place_of_the_answer_are_whole() -> None:
    assert render.render_quote(citation(answer_start=None, answer_end=None)) == citation().quote


def test_link_of_a_citation_names_its_place() -> None:
    html = unescape(render.render_answer(answer(), number=4))
    found = re.search(r'href="#(article=[^"]+)"', html)
    assert found
    assert Address.read(found[1]) == Address("", Mark.of(citation()), 4)


def test_abstention_says_so_and_lists_the_nearest_sentences() -> None:
    html = render.render_answer(answer(None, score=0.1, nearest=(citation(),), reason="no_answer"))
    seen = Seen(html)
    assert "I found no answer. These sentences are about it:" in seen.text
    assert "Title" in seen.text
    assert "reply answered" not in html
    assert "likely" not in seen.text.lower()


def test_guesses_are_not_shown_beside_an_abstention() -> None:
    reasons = render.render_reasons(answer(None, alternatives=(Alternative("a guess", 0.4, citation()),)))
    assert "a guess" not in reasons
    assert "Passages read, and why" in reasons


def test_empty_library_is_told_from_articles_that_do_not_say() -> None:
    empty = answer(None, passages=(), notice="There are no articles in the library yet.")
    assert "no articles in the library" in render.render_answer(empty)


def test_doubt_shows_candidates_side_by_side_and_no_headline() -> None:
    html = render.render_answer(answer(None, score=0.3, alternatives=(Alternative("2014", 0.3, citation()),)))
    assert "It may be this:" in html and "2014" in html
    assert "reply answered" not in html


def test_an_answer_of_several_pieces_lists_them_with_their_places() -> None:
    items = (Item("In the park.", (0,), label="Place"), Item("At night.", (0,), label="Time", date="2013-10-21"))
    html = render.render_answer(answer("In the park. At night.", kind="theme", score=None, items=items))
    seen = Seen(html)
    assert seen.tags.count("li") == 2
    assert "Place" in seen.text and "21 October 2013" in seen.text
    assert "%" not in seen.text  # nobody has measured a chance


def test_titles_stand_once_after_the_sentences_of_their_article() -> None:
    one, other = citation(answer_start=None, answer_end=None), replace(citation(), article_id="b", title="Another")
    items = (Item(one.quote, (0,)), Item(one.quote, (1,)), Item(one.quote, (2,)))
    told = answer("told", kind="summary", items=items, citations=(one, one, other))
    assert re.findall(r'class="title"[^>]*>([^<]+)<', render.render_answer(told)) == [one.title, "Another"]
    sides = tuple(replace(item, label=one.title) for item in items[:1])
    assert 'class="title"' not in render.render_answer(replace(told, kind="theme", items=sides))
    sides = tuple(replace(item, label="Kim") for item in items[:1])
    assert 'class="title"' in render.render_answer(replace(told, kind="comparison", items=sides))


def test_names_of_a_list_lead_to_their_places_and_their_article_is_named_once() -> None:
    first, second = citation(), citation(quote="It was on Oct. 21, 2013", end=citation().start + 23)
    items = (Item("Oct. 21, 2013", (0,)), Item("2013", (1,)))
    html = render.render_answer(answer("both", kind="list", items=items, citations=(first, second)))
    assert html.count('class="words"') == html.count('class="snippet"') == 2
    assert html.count('class="source"') == 1


def test_place_of_the_article_says_what_to_do_where_nothing_is_marked() -> None:
    near = answer(None, nearest=(citation(),))
    assert "Press a title" in render.render_nothing_marked(near)
    assert "listed below" in render.render_nothing_marked(answer(None, nearest=()))
    assert "below" not in render.render_nothing_marked(answer("Hello.", kind="chat", passages=(), nearest=()))


def test_failure_looks_like_neither_answer_nor_abstention() -> None:
    html = render.render_conversation([Exchange("when?", error="the model is gone; install it")])
    assert 'role="alert"' in html
    assert "The model is gone; install it" in html
    assert "don't say" not in html
    assert "reply answered" not in html


def test_query_is_shown_only_where_it_differs() -> None:
    assert "Understood as" not in render.render_answer(answer(question=" when? "))
    assert "Understood as" in render.render_answer(answer(query="when did Kanye propose?"))


def test_notice_is_shown() -> None:
    assert "the model was away" in render.render_answer(answer(notice="the model was away"))


def test_reasons_tell_rank_and_both_scores() -> None:
    text = " ".join(Seen(render.render_reasons(answer())).text.split())
    assert "rank1" in text and "score1.00" in text and "meaning0.71" in text and "words4.2" in text


def test_stepper_leads_to_the_next_quote() -> None:
    first, second = mark(TEXT, "First"), mark(TEXT, "The end")
    html = render.render_article(Reading(article(), first, (first, second), 2))
    assert "Quote 1 of 2" in html
    assert f'aria-label="Next quote" href="#article=a1&amp;at={second.start}-{second.end}&amp;exchange=2"' in html
    assert 'aria-label="Previous quote" aria-disabled="true"' in html


def test_library_is_narrowed_by_all_the_words() -> None:
    articles = [
        ArticleSummary("1", "/x/one.txt", "Kind of Blue", ("Ann Lee",), "1959", 9, 2, "2026-11-23T10:00:00Z"),
        ArticleSummary("2", "/x/two.txt", "Blue Whales", (), None, 9, 2, "2026-11-23T10:00:00Z"),
    ]
    assert "Blue Whales" not in render.render_library(articles, "blue KIND")
    assert "Blue Whales" in render.render_library(articles, "two.txt")
    assert "No article is called" in render.render_library(articles, "green")
    assert "Add your first article" in render.render_library([])
    assert "added 23 November 2026" in render.render_library(articles)


def test_report_says_why_a_source_was_skipped() -> None:
    report = IngestReport(
        (Outcome("/x/a.txt", "skipped", reason="/x/a.txt: not text"), Outcome("/x/b.txt", "added", "B")), 1, 0
    )
    text = Seen(render.render_report(report)).text
    assert "Not added: 1 source" in text and "a.txtnot text" in text
    assert "Added: 1 article" in text


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("2017-05-05", "5 May 2017"), ("2017-05", "May 2017"), ("2017", "2017"), (None, ""), ("", ""),
        ("2017-13", "2017-13"), ("long ago", "long ago"),
    ],
)  # fmt: skip
def test_dates_in_words(published: str | None, words: str) -> None:
    assert render.date_in_words(published) == words


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/a/b/c.txt", "c.txt"), ("https://user:secret@x.example/a%20b/", "x.example/a b"),
        ("http://x.example", "x.example"),
    ],
)  # fmt: skip
def test_source_names(source: str, name: str) -> None:
    assert render.source_name(source) == name


def test_spoken_state_tells_answers_abstentions_and_failures_apart() -> None:
    assert render.spoken([Exchange("q", answer())], None) == "Answer: Oct. 21, 2013. Very likely (90 %)"
    assert render.spoken([Exchange("q", answer(None))], None) == "Nothing in the articles is about this."
    assert "could not be answered" in render.spoken([Exchange("q", error="no")], None)
    assert render.spoken([Exchange("q", answer())], Pending("r")) == "Searching your articles."


def test_failed_and_stopped_questions_are_no_turns() -> None:
    exchanges = (
        Exchange("q", answer()),
        Exchange("r", answer(None)),
        Exchange("s", error="e"),
        Exchange("t", stopped=True),
    )
    assert turns(exchanges) == [("q", "Oct. 21, 2013"), ("r", None)]


def test_stopped_question_looks_like_no_answer_failure_or_abstention_and_can_be_asked_again() -> None:
    html = render.render_conversation([Exchange("when?", stopped=True)])
    assert "Stopped before there was an answer" in html
    assert 'data-do="ask" data-question="when?"' in html
    assert not any(f'class="reply {other}' in html for other in ("answered", "failed", "abstained"))
    assert render.spoken([Exchange("when?", stopped=True)], None) == "Stopped."


def judged(feedback: Feedback | None, text: str | None = "Oct. 21, 2013") -> str:
    return render.render_answer(answer(text), 3, feedback)


def test_thumbs_say_which_is_pressed() -> None:
    assert judged(None).count('aria-pressed="false"') == 2
    assert 'data-verdict="right" aria-pressed="true"' in judged(Feedback(right=True))
    assert 'data-verdict="wrong" aria-pressed="true"' in judged(Feedback(right=False))


def test_right_answer_is_asked_for_once_and_then_shown() -> None:
    assert "The right answer is…" not in judged(None) + judged(Feedback(right=True))
    assert 'data-do="correct" data-exchange="3"' in judged(Feedback(right=False))
    assert 'data-do="unsaid"' in judged(Feedback(right=False))
    assert 'data-do="unsaid"' not in judged(Feedback(right=False), text=None)  # it said so already
    assert "<b>May 24</b>" in judged(Feedback(right=False, answers=("May 24",)))
    assert "<b>The articles don’t say.</b>" in judged(Feedback(right=False, answers=()))


def conversation(title: str = "When?", conversation_id: str = "c1") -> Conversation:
    return Conversation(conversation_id, title, "2026-11-24T09:00:00+00:00", "2026-11-25T09:00:00+00:00", 2)


def test_history_lists_conversations_by_their_addresses() -> None:
    html = render.render_history([conversation(), conversation("Why?", "c2")])
    assert html.count('href="#conversation=c') == 2
    assert "2 questions · 25 November 2026" in html
    assert "Download as a test set" not in html


def test_history_counts_feedback_and_offers_it_once_something_is_known() -> None:
    told = render.render_history([conversation()], marks=(2, 1))
    assert "You marked 2 answers with what is right. 1 other marked as wrong lacks" in told
    assert ">2 answers marked as wrong lack the right answer.<" in render.render_history([], marks=(0, 2))
    assert "Download as a test set" in told
    assert "Download as a test set" not in render.render_history([conversation()], marks=(0, 1))


def test_history_that_cannot_be_kept_says_so() -> None:
    assert "cannot be written" in render.render_history([], is_kept=False)
    assert "cannot be written" not in render.render_history([])


@pytest.mark.parametrize(
    ("done", "seconds", "left"),
    [(1, 0.9, ""), (10, 20.0, "about 1 min left"), (10, 10.0, "about 40 s left"), (10, 2000.0, "about 2 h left")],
)
def test_progress_has_an_estimate_once_there_is_one(done: int, seconds: float, left: str) -> None:
    told = render.progress_in_words(Progress(done, 50, 0, 0, "/x/lake.txt"), seconds)
    assert told == f"{done} of 50: lake.txt" + (f" · {left}" if left else "")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (Progress(3, 12, 0, 40, "/x/lake.txt"), "3 of 12: lake.txt"),  # nothing is done yet that could be measured
        (Progress(6, 12, 20, 40, "/x/lake.txt"), "6 of 12: lake.txt · about 30 s left"),
        (Progress(12, 12, 32, 1200, ""), "All 12 read, storing: 32 of 1,200 passages · about 6 min left"),
        (Progress(1, 1, 64, 128, ""), "Read, storing: 64 of 128 passages · about 10 s left"),
        (Progress(12, 12, 128, 128, ""), "All 12 read, storing"),
    ],
)
def test_the_estimate_is_of_what_takes_the_time_which_is_storing(now: Progress, told: str) -> None:
    assert render.progress_in_words(now, 10.0) == told


def test_yes_is_said_and_its_sentence_stands_once() -> None:
    sentence = citation(answer_start=None, answer_end=None)
    sure = answer(f"Yes. {sentence.quote}", kind="yes_no", verdict="yes", score=None, citations=(sentence,))
    html = render.render_answer(sure)
    assert "<p>Yes.</p>" in html
    assert html.count(sentence.quote) == html.count(f">{sentence.quote}</a>") + 2 == 3  # twice more in what is copied
    assert "Concluded from these words" in html
    unsure = render.render_answer(replace(sure, text=sentence.quote, verdict=None))
    assert 'class="answer' not in unsure and "The articles’ own sentences" in unsure


def test_two_dates_in_one_sentence_are_two_entries_of_a_timeline() -> None:
    whole = citation(answer_start=None, answer_end=None)
    items = (Item(whole.quote, (0,), date="2013"), Item(whole.quote, (0,), date="2014"))
    html = render.render_answer(answer("text", kind="timeline", items=items, citations=(whole,)))
    assert html.count('class="date"') == 2


def test_names_from_one_sentence_share_its_quote_and_each_is_marked_in_it() -> None:
    day = citation()
    place = TEXT.index("the park")
    park = citation(answer_start=place, answer_end=place + len("the park"))
    items = (Item("Oct. 21, 2013", (0,)), Item("the park", (1,)))
    listed = answer("Oct. 21, 2013 and the park", kind="list", items=items, citations=(day, park))
    html = render.render_answer(listed)
    assert html.count('class="snippet"') == html.count('class="source"') == 1
    assert "<em>Oct. 21, 2013</em>, in <em>the park</em>." in html
    for words, cited in (("Oct. 21, 2013", day), ("the park", park)):
        at = f"answer={cited.answer_start}-{cited.answer_end}"
        assert re.search(rf'href="[^"]*{at}[^"]*"[^>]*><strong>{words}</strong>', html)


def test_settings_say_what_each_choice_means_and_where_keys_stay() -> None:
    html = render.render_settings(served())
    assert "nothing leaves this computer" in html and "0.4 s more" in html
    assert "ARTICLE_QA_LLM=" in html and "stays in the environment" in html
    assert 'name="named"' not in html
    assert 'name="named"' in render.render_settings(served(may_name=True))
    hosted = render.render_settings(served(llm="openai:gpt-5-mini"))
    assert "go to OpenAI" in hosted and "OPENAI_API_KEY" in hosted
    assert 'value="openai:gpt-5-mini" checked' in hosted
    assert "a second time" not in render.render_settings(served(reader="somebody/theirs"))


def test_long_article_is_shown_in_parts_with_a_way_on_and_back_and_a_page_to_go_to() -> None:
    first = render.render_article(Reading(long_article("page")))
    assert len(first) < 1.5 * PART
    assert "Page 1<" in first and "Page 39<" not in first
    assert 'max="40" value="1"' in first and "Go on to pages" in first and "Back to" not in first
    assert 'class="guide-slot"' in first
    last = render.render_article(opened(long_article("page"), Address(mark=Mark("a1", 0, 0), page=40)))
    assert 'value="40"' in last and "Back to pages" in last and "Go on to" not in last
    assert 'data-page="40" data-here="true">40 begins here.' in last
    assert 'class="guide-slot"' not in last


def test_every_part_of_a_long_article_leads_to_the_next_until_all_was_shown() -> None:
    shown = long_article("page")
    seen, at = "", "0-0"
    while at:
        html = render.render_article(opened(shown, Address.read(f"#article=a1&at={at}")))
        seen += Seen(html).text
        found = re.search(r'at=(\d+-\d+)">Go on', html)
        at = found[1] if found else ""
    assert all(f"{number} begins here." in seen for number in range(1, 41))
    assert seen.count("17 begins here.") == 1


def test_chapters_are_chosen_by_their_names() -> None:
    html = render.render_article(opened(long_article("Chapter"), Address.read("#article=a1&at=5100-5100")))
    assert html.count("<option") == 40 and re.search(r"selected>Chapter 2<", html)
    assert "part 2 of" in html and 'type="number"' not in html


def test_words_are_found_in_an_article_and_stepped_through() -> None:
    reading = opened(long_article("page"), Address.read("#article=a1&find=BEGINS%20%20here"))
    assert len(reading.steps) == 40 and reading.place == 0
    html = render.render_article(reading)
    assert "Match 1 of 40" in html and "<mark>begins here</mark>" in html and "&amp;find=BEGINS" in html
    later = opened(long_article("page"), Address.read("#article=a1&at=60000-60000&find=begins"))
    assert later.mark is not None and later.mark.start > 60000
    none = render.render_article(opened(long_article("page"), Address.read("#article=a1&find=whale")))
    assert "“whale” does not stand in this article." in none


def test_nothing_leaves_is_promised_only_where_it_is_so() -> None:
    assert "Nothing leaves this computer" in render.render_welcome(Overview(0), stays_here=True)
    assert "Nothing leaves" not in render.render_welcome(Overview(0), stays_here=False)


def test_exported_page_works_alone_and_holds_no_path() -> None:
    exchanges = [
        Exchange("when?", answer(citations=(citation(source="/srv/secret/a.txt"),)), scope="two articles"),
        Exchange("why?", error="no"),
    ]
    html = render.render_export(conversation(), exchanges)
    assert "Oct. 21, 2013" in html and "<em>" in html and "two articles" in html
    assert not any(other in html for other in ("http:", "https:", "<script", "src=", "@import", "secret"))


def test_copied_answer_has_its_quotes() -> None:
    html = unescape(render.render_answer(answer()))
    assert f"“{citation().quote}”" in html  # as text
    assert "> — Title" in html  # as Markdown


def test_a_correction_stands_before_the_answer() -> None:
    html = render.render_conversation([Exchange("when?", answer(), correction=("May 24",))])
    assert (
        html.index("You said:") < html.index("May 24") < html.index("From the articles:") < html.rindex("Very likely")
    )


def test_conversations_are_narrowed_by_all_the_words_and_not_listed_without_end() -> None:
    two = [conversation("When did Kanye propose?"), conversation("Why gold?", "c2")]
    assert "Why gold?" not in render.render_history(two, wanted="propose WHEN")
    assert "No conversation is called “<b>”".replace("<b>", "&lt;b&gt;") in render.render_history(two, wanted="<b>")
    many = [conversation(f"Number {number}", f"c{number}") for number in range(60)]
    assert "10 more" in render.render_history(many)
