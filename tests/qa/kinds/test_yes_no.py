"""Yes or no, and when neither is said."""

from __future__ import annotations

from typing import Any

import pytest

from qa.kinds.yes_no import YesNoStrategy, _denies, _is_quoted, _telling, _without_questions, rarities
from qa.types import Answer, Passage
from tests.qa.kinds.conftest import Asking, ScriptedEvidence, holds_its_quotes, planned

COUNSELOR = "Kardashian saw a counselor about the robbery."


def _judged(parts: Any, question: str, evidence: ScriptedEvidence) -> Answer:
    gatherer, abstainer, _ = parts
    strategy = YesNoStrategy(gatherer, abstainer, evidence)
    plan = planned("yes_no", question)
    answer = strategy.answer(plan, strategy.gather(plan))
    holds_its_quotes(answer, gatherer.index)
    return answer


def test_a_sure_verdict_comes_with_the_sentence_that_says_so(parts: Any) -> None:
    said = "The council voted 5-4 to rebuild on Ferry Street."
    answer = _judged(parts, "Did the council vote to rebuild on Ferry Street?", ScriptedEvidence(telling=[said]))
    assert answer.verdict == "yes"
    assert answer.text == f"Yes. {said}"
    assert answer.citations[0].quote == said


def test_a_denial_is_a_no(parts: Any) -> None:
    said = "Fleming was no chemist."
    answer = _judged(parts, "Was Fleming a chemist?", ScriptedEvidence(telling=[said]))
    assert (answer.verdict, answer.text) == ("no", f"No. {said}")


def test_who_avoids_something_does_not_do_it(asking_of: Any) -> None:
    told = {
        "port.txt": "The port\n\nThe dockers of Alder Point reached an agreement with the port on Sunday, avoiding a "
        "strike. Anna Petrov will skip the first debate of the season.\n",
    }
    assert asking_of(told, "yes_no", "did the dockers of alder point strike").verdict != "yes"


@pytest.mark.parametrize(
    ("sentence", "question", "is_denied"),
    [
        ("Vaccines prevent illness, like whooping cough.", "is whooping cough contagious", False),
        ("Whooping cough is not contagious.", "is whooping cough contagious", True),
        ("Keeping sharks is illegal there.", "is it legal to keep a shark", True),
        ("Keeping sharks is legal there.", "is it legal to keep a shark", False),
        ("Anna Petrov will skip the debate.", "will anna petrov go to the debate", True),
        ("The cough never spread in Alder Point.", "did whooping cough spread in Alder Point", True),
    ],
)
def test_a_verb_that_implies_a_not_denies_what_is_asked_of_its_subject(
    sentence: str, question: str, is_denied: bool
) -> None:
    assert _denies(sentence, question, _telling(question)) is is_denied


@pytest.mark.parametrize(
    ("title", "states"),
    [
        ("Will a shutdown delay your ferry? What to know", "What to know"),
        ("The ferry is late. Why?", "The ferry is late."),
        ("The ferry is late", "The ferry is late"),
    ],
)
def test_what_a_headline_asks_it_does_not_state(title: str, states: str) -> None:
    assert _without_questions(title).strip() == states


def test_an_unsure_one_shows_the_sentence_alone(parts: Any) -> None:
    evidence = ScriptedEvidence(telling=[COUNSELOR])
    answer = _judged(parts, "Did Kim Kardashian always see the same counselor about jewelry?", evidence)
    assert answer.verdict is None
    assert answer.text == COUNSELOR


def test_a_sentence_that_is_less_likely_evidence_than_not_is_not_shown_alone(parts: Any) -> None:
    question = "Did Kim Kardashian always see the same counselor about jewelry?"
    assert _judged(parts, question, ScriptedEvidence(telling=[COUNSELOR], logit=0.1)).text is not None
    answer = _judged(parts, question, ScriptedEvidence(telling=[COUNSELOR], logit=-0.1))
    assert (answer.text, answer.verdict) == (None, None)
    assert answer.nearest


def test_what_is_said_of_one_is_not_said_of_the_other(parts: Any) -> None:
    said = "The council voted 5-4 to rebuild on Ferry Street."
    evidence = ScriptedEvidence(telling=[said])
    assert _judged(parts, "Was the rebuild on Ferry Street voted by the owners?", evidence).verdict is None
    assert _judged(parts, "Did the council lose the vote on Ferry Street again?", evidence).verdict is None


@pytest.mark.parametrize(
    ("sentence", "is_quoted"),
    [
        ('"The mayor is a robot!" reads a caption under the video.', True),
        ("“The mayor is a robot,” the caption says.", True),
        ("The mayor is a robot, “the best there is,” the maker says.", False),
        ("“The Mayor” is a film about a robot.", False),
    ],
)
def test_what_somebody_says_is_told_from_what_the_article_says(sentence: str, is_quoted: bool) -> None:
    assert _is_quoted(sentence, _telling("Is the mayor a robot?")) is is_quoted


def test_a_claim_in_quotation_marks_gives_no_verdict(asking_of: Any) -> None:
    told = {"claim.txt": 'The robot mayor\n\n"The mayor of Alder Point is a robot!" reads a caption under the video.\n'}
    assert asking_of(told, "yes_no", "is the mayor of alder point a robot").verdict is None


def test_silence_is_not_a_no(parts: Any) -> None:
    answer = _judged(parts, "Did Serena Williams win the US Open in 2022?", ScriptedEvidence())
    assert answer.verdict is None and answer.text is None


def test_what_is_said_of_somebody_else_decides_nothing(parts: Any) -> None:
    evidence = ScriptedEvidence()
    answer = _judged(parts, "Did Serena see a counselor about the robbery?", evidence)
    assert answer.verdict is None


def test_the_sample_articles_say_which_sentence_decides(asking: Asking) -> None:
    answer = asking("yes_no", "Did Kim see a counselor about the robbery?")
    assert answer.kind == "yes_no"
    assert answer.text is not None and "counselor" in answer.text
    assert answer.verdict in ("yes", None)


def test_another_year_or_another_winner_decides_nothing(parts: Any) -> None:
    evidence = ScriptedEvidence(telling=[COUNSELOR])
    for question in ("Did Kim Kardashian see a counselor in 1999?", "Did Serena Williams and Kim see a counselor?"):
        assert _judged(parts, question, evidence).verdict is None


def test_a_word_that_few_passages_have_counts_for_more() -> None:
    texts = ("Walmart is cutting prices.", "Companies have been raising prices.", "Prices are rising.")
    passages = [Passage(str(n), str(n), "", "", text, 0, len(text), 0.0, n) for n, text in enumerate(texts, 1)]
    weights = rarities("is walmart raising prices", passages)
    assert weights["walmart"] == weights["rais"] > weights["pric"]
    assert sum(weights.values()) == pytest.approx(1)


def test_who_met_somebody_need_not_have_done_what_is_asked(parts: Any) -> None:
    evidence = ScriptedEvidence(telling=["The council voted 5-4 to rebuild on Ferry Street."])
    assert _judged(parts, "Did the council vote to rebuild on Ferry Street?", evidence).verdict == "yes"
    assert _judged(parts, "Did the council win the vote to rebuild on Ferry Street?", evidence).verdict is None


def test_what_is_so_in_general_is_said_in_many_words(asking_of: Any) -> None:
    told = {"flags.txt": "Flags\n\nFlags are at half mast if flown from the ferries of Alder Point.\n"}
    assert asking_of(told, "yes_no", "can you fly a flag at half mast").verdict == "yes"


def test_what_the_reader_finds_said_of_somebody_else_is_no_yes(asking_of: Any) -> None:
    told = {
        "palace.txt": "At the palace\n\nAnna Petrov met the king an hour after Boris Lind had gone there to resign as "
        "prime minister. Petrov is the third woman to lead the government.\n",
        "vote.txt": "The vote\n\nMarta Ruiz won the mayor's race in Alder Point on Sunday. She was ahead of Tom Hale "
        "from the first count on.\n",
    }
    assert asking_of(told, "yes_no", "did anna petrov resign").verdict is None


def test_what_the_reader_confirms_is_a_yes_with_the_sentence_it_was_found_in(asking_of: Any) -> None:
    told = {
        "vote.txt": "The vote\n\nThe mayor's race was close for weeks. Marta Ruiz took the mayor's office in Alder "
        "Point on Sunday, and Tom Hale conceded.\n",
    }
    answer = asking_of(told, "yes_no", "did tom hale concede")
    assert answer.verdict == "yes" and answer.citations[0].quote.endswith("Tom Hale conceded.")
