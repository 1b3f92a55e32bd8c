"""Follow-ups become stand-alone questions, and stand-alone questions stay as they are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.conversation import Rewriter, standalone
from qa.types import Turn

PROPOSAL: list[Turn] = [("when did Kanye propose?", "Oct. 21")]
TOWER: list[Turn] = [("When was the Eiffel Tower built?", "1889")]

FOLLOW_UPS: list[tuple[str, list[Turn], str]] = [
    # pronouns
    ("and when did they marry?", PROPOSAL, "when did Kanye marry?"),
    ("And when did they marry?", PROPOSAL, "When did Kanye marry?"),
    ("How tall is it?", TOWER, "How tall is the Eiffel Tower?"),
    ("Who designed it?", TOWER, "Who designed the Eiffel Tower?"),
    ("What is its height?", TOWER, "What is the Eiffel Tower's height?"),
    ("When was she born?", [("Who painted the harbour?", "Jane Doe")], "When was Jane Doe born?"),
    ("what was his first album", [("when was Kanye born", "1977")], "what was Kanye's first album"),
    ("Did they tour?", [("Where were the Beatles from?", "Liverpool")], "Did the Beatles tour?"),
    ("What was their first song?", [("Where were the Beatles from?", None)], "What was the Beatles’ first song?"),
    ("When did he die?", [("Who was Marie Curie's husband?", "Pierre Curie")], "When did Pierre Curie die?"),
    ("When was he born?", [("Who is the wife of Kanye West?", None)], "When was Kanye West born?"),
    ("Who blacklisted her?", [("What did Joan Leslie act in?", "films")], "Who blacklisted Joan Leslie?"),
    ("What did he say when he left?", PROPOSAL, "What did Kanye say when he left?"),
    ("How old do they get?", [("How much do the terns weigh?", "100 g")], "How old do the terns get?"),
    ("who were the parents of them?", PROPOSAL, "who were the parents of Kanye?"),
    ("What did he study?", [("Tell me about Alan Turing", None)], "What did Alan Turing study?"),
    ("Where is it?", [("Alhambra", None)], "Where is Alhambra?"),
    ("How long did they stay?", [("Where did Kim and Kanye eat?", "in Rome")], "How long did Kim and Kanye stay?"),
    ("How did she die?", [("Where was Joan of Arc born?", "Domrémy")], "How did Joan of Arc die?"),
    ("When was he born?", [("Who designed Donkey Kong?", "Shigeru Miyamoto")], "When was Shigeru Miyamoto born?"),
    ("When was it released?", [("Who designed Donkey Kong?", "Shigeru Miyamoto")], "When was Donkey Kong released?"),
    # a name with the noun it describes
    ("How long does it live?", [("How much does an Arctic tern weigh?", None)], "How long does Arctic tern live?"),
    (
        "When did it start?",
        [("Why is the Webb telescope covered in gold?", None)],
        "When did the Webb telescope start?",
    ),
    ("Who managed them?", [("Did the Beatles sing Yesterday?", None)], "Who managed the Beatles?"),
    # there, that year
    ("How many people live there?", [("Who is the mayor of Wexmoor?", "Ann")], "How many people live in Wexmoor?"),
    (
        "When did they go there?",
        [("Where did Kim and Kanye marry?", "in Italy")],
        "When did Kim and Kanye go to Italy?",
    ),
    ("How long did he stay there?", [("Where was Ali born?", "Louisville")], "How long did Ali stay in Louisville?"),
    (
        "how many passengers came that year?",
        [("How many ships came in 2022?", "61"), ("And in 2023?", "84")],
        "how many passengers came in 2023?",
    ),
    ("What else opened in that year?", [("When was the pier built?", "May 4, 1898")], "What else opened in 1898?"),
    # what it was said of, not who says it, and of whom something was said
    ("How hot do I bake it?", [("How much flour for the plum cake?", "500 g")], "How hot do I bake the plum cake?"),
    (
        "how long does it keep?",
        [("How much flour for the plum cake?", "500 g"), ("How hot do I bake it?", "190 °C")],
        "how long does the plum cake keep?",
    ),
    ("When did he die?", [("what was the father's job", "postman")], "When did the father die?"),
    # lower case
    ("when did they marry", [("when did kanye propose", "Oct. 21")], "when did kanye marry"),
    ("how tall is it", [("when was the eiffel tower built", "1889")], "how tall is the eiffel tower"),
    ("how old is he", [("where does elon musk live", "Texas")], "how old is elon musk"),
    # one determiner, or none
    (
        "what about the Eiffel Tower?",
        [("When did the Brooklyn Bridge open?", "1883")],
        "When did the Eiffel Tower open?",
    ),
    ("what about Central Park?", [("When did the Brooklyn Bridge open?", "1883")], "When did Central Park open?"),
    ("and the Prado?", [("Who designed the Guggenheim?", "Wright")], "Who designed the Prado?"),
    ("what about a goose?", [("How much does an Arctic tern weigh?", "100 g")], "How much does a goose weigh?"),
    ("what about Bush?", [("How long was the Obama speech?", "an hour")], "How long was the Bush speech?"),
    ("what about italy?", [("what is the capital of france?", "Paris")], "what is the capital of italy?"),
    # what was left out
    ("why?", PROPOSAL, "why did Kanye propose?"),
    ("Where?", PROPOSAL, "Where did Kanye propose?"),
    ("and where did it happen?", PROPOSAL, "where did Kanye propose?"),
    ("when was it?", PROPOSAL, "when did Kanye propose?"),
    ("what year was that?", PROPOSAL, "what year did Kanye propose?"),
    ("what about Kim?", PROPOSAL, "when did Kim propose?"),
    ("what about the children?", [("How many adults came?", "12")], "How many children came?"),
    ("and counties?", [("how many states voted for it", "12")], "how many counties voted for it?"),
    ("How about Saint?", [("When was North born?", "2013")], "When was Saint born?"),
    ("what about his mother?", [("when was Kanye born", "1977")], "when was Kanye's mother born?"),
    ("and his wife?", [("who leads Wexmoor?", "Bob Lee")], "who is Bob Lee's wife?"),
    ("When was it?", [("Who won the cup?", "Germany"), ("when was the final", "May")], "When was the final?"),
    ("and in 2015?", [("Who won the cup in 2014?", "Germany")], "Who won the cup in 2015?"),
    ("in Spain?", [("How many people live in France?", "68 million")], "How many people live in Spain?"),
    ("and of Italy?", [("What is the capital of France?", "Paris")], "What is the capital of Italy?"),
    ("From where?", [("When was the probe launched?", "2021")], "From where was the probe launched?"),
    ("When?", [("Who painted Guernica?", "Pablo Picasso")], "When was it that Pablo Picasso painted Guernica?"),
    ("why?", [("who was elected in 2019?", "Ann Lee")], "why was it that Ann Lee was elected in 2019?"),
    ("when?", [("which mill burned in Wexmoor?", None)], "when was it that the mill burned in Wexmoor?"),
    ("where?", [("how many people had to leave?", "six")], "where was it that people had to leave?"),
    ("where is it?", [("which mill burned in Wexmoor?", "Sker mill")], "where is Sker mill?"),
    ("which country is she from?", [("who got disqualified?", "Ann Lee")], "which country is Ann Lee from?"),
    # chains, unicode, other signs
    ("and how old was she?", [*PROPOSAL, ("who is Zoë Błyskawica?", "a poet")], "how old was Zoë Błyskawica?"),
    ("Where was he born?", [("Who wrote «Žár»?", "Jiří Dvořák"), ("why?", None)], "Where was Jiří Dvořák born?"),
    ("When did he retire?", [("Where was Ali born?", "Louisville"), ("Was he tall?", None)], "When did Ali retire?"),
]

STANDALONE = [
    "when did Kanye propose?",
    "What did Obama say when he left office?",
    "When Chopin died, what did he leave?",
    "When he died, what did Chopin leave?",
    "Which composer wrote his first symphony at eight?",
    "Where did Beyonce get her name from?",
    "What job did Schwarzenegger's father want him to pursue?",
    "How many workers lost their lives?",
    "How does it cost so much to build a bridge?",
    "is it true that cats can swim?",
    "what time is it?",
    "How long does it take to fly to Mars?",
    "Is it raining?",
    "it rains",
    "Is there a delegate?",
    "How many ditches are there?",
    "there are how many ditches?",
    "Who was there in 1989?",
    "How many states are there in Germany?",
    "And what is the capital of France?",
    "so who painted the Night Watch",
    "eiffel tower height",
    "Which technical universities are there that award degrees?",
    "  What is the boiling point of water ? ",
    "WHO WROTE HAMLET",
    "Who wrote the script?",
    "北京的人口是多少？",
    "¿Dónde nació Goya?",
]


@pytest.mark.parametrize(("question", "history", "expected"), FOLLOW_UPS)
def test_a_follow_up_is_rewritten_so_that_it_stands_alone(question: str, history: list[Turn], expected: str) -> None:
    assert standalone(question, history) == expected


@pytest.mark.parametrize("question", STANDALONE)
@pytest.mark.parametrize("history", [PROPOSAL, TOWER, [("who wrote it", "Jane Doe"), ("why?", None)]])
def test_a_stand_alone_question_stays_character_for_character(question: str, history: list[Turn]) -> None:
    assert standalone(question, history) == question


@pytest.mark.parametrize("question", ["and when did they marry?", "why?", "what about Kim?", "", "  ", "?!", "he"])
def test_without_a_history_nothing_changes(question: str) -> None:
    assert standalone(question, []) == question


@pytest.mark.parametrize("history", [[("", None)], [("", "")], [("?!", "...")], [("  ", None), ("", "Jane Doe")]])
def test_an_empty_history_in_disguise_changes_nothing(history: list[Turn]) -> None:
    assert standalone("when was she born?", history) == "when was she born?"


@pytest.mark.parametrize("question", ["", " ", "?", "...", "and", "what about", "What about?", "’s", "\x00", "🦊"])
def test_odd_questions_come_back_as_they_are(question: str) -> None:
    assert standalone(question, PROPOSAL) == question


@pytest.mark.parametrize(("question", "history", "expected"), FOLLOW_UPS)
def test_a_rewritten_question_is_not_rewritten_again(question: str, history: list[Turn], expected: str) -> None:
    assert standalone(expected, history) == expected


def test_the_subject_is_remembered_through_abstentions() -> None:
    history: list[Turn] = [("Where was Kanye born?", "Atlanta"), ("who were his parents?", None), ("why?", None)]
    assert standalone("did he go to college?", history) == "did Kanye go to college?"


def test_a_newer_subject_takes_the_place_of_an_older_one() -> None:
    history: list[Turn] = [("Where was Kanye born?", "Atlanta"), ("Where was Drake born?", "Toronto")]
    assert standalone("when was he born?", history) == "when was Drake born?"


def test_very_long_histories_and_texts_take_no_time() -> None:
    history: list[Turn] = [("Where was Kanye born? " + "x " * 50_000, "word " * 50_000)] * 500
    started = time.process_time()
    assert standalone("when did he marry?", history) == "when did Kanye marry?"
    assert time.process_time() - started < 20


@pytest.mark.parametrize("asked", ["him and it", "and in it", "what about him and it?", "why did he like it?"])
def test_a_question_does_not_grow_with_the_conversation(asked: str) -> None:
    assert len(standalone(asked, [*PROPOSAL, *TOWER, *[(asked, None)] * 200])) < 2000


@pytest.mark.parametrize("words", ["he said that she ", "it ", "make it to ", "and then ", "what about (", "A of "])
def test_a_question_as_long_as_a_page_is_unchanged_at_once(words: str) -> None:
    started = time.process_time()
    assert standalone(words * 20_000, PROPOSAL) == words * 20_000
    assert time.process_time() - started < 10


def test_any_function_of_the_same_shape_can_take_its_place() -> None:
    rewriters: list[Rewriter] = [standalone, lambda question, history: f"{question} ({len(history)})"]
    assert [rewrite("why?", []) for rewrite in rewriters] == ["why?", "why? (0)"]


WORDS = st.sampled_from(
    "and what about how why when who was did is it he she they his her their that this year there Kanye Kim the of in"
    " 2015 any some else born propose Paris , ? . ' ’s \" «".split()
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=10).map(" ".join))


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.lists(st.tuples(TEXTS, st.none() | TEXTS), max_size=4))
def test_any_question_gets_a_question_and_always_the_same(question: str, history: list[Turn]) -> None:
    rewritten = standalone(question, history)
    assert rewritten == standalone(question, history)
    assert bool(rewritten.strip()) >= bool(question.strip())
