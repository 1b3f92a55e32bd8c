import pytest

from qa.ports import Sentence
from qa.prose import is_prose, leans, points_back, showable
from vectorstore import Article


def _sentences(*texts: str) -> list[Sentence]:
    text = "\n\n".join(texts)
    article = Article("a", "a.txt", "A", text, "")
    places = [text.index(one) for one in texts]
    return [Sentence(article, start, start + len(one)) for start, one in zip(places, texts, strict=True)]


@pytest.mark.parametrize(
    "text",
    [
        "The bridge opened on May 24, 1883.",
        "“I still think I was right,” she said.",
        "THE BRIDGE OPENED ON MAY 24 AFTER FOURTEEN YEARS.",
        "the bridge opened after fourteen years.",
    ],
)
def test_prose(text: str) -> None:
    assert is_prose(text)


@pytest.mark.parametrize(
    "text",
    [
        "Read more",
        "The Bridge That Cost a Family Fourteen Years",
        "Why did it take so long to build it?",
        "split its two classes of shares by a 20-to-1 margin, said Alphabet.",
        ", which trades at more than $525 a share, is the highest in the Dow.",
        "Sign up for our newsletter on science and the universe.",
        "Twitter down: Thousands of global users struggle to login but Elon ...",
        "Kim Kardashian, Kanye West, North West, Saint West and Tony Robbins.",
    ],
)
def test_headings_questions_and_rests_are_no_prose(text: str) -> None:
    assert not is_prose(text)


@pytest.mark.parametrize("text", ["He refused most of it.", "“It smells like paint.”", "This was too far.", "I went."])
def test_what_leans_on_the_words_before_it(text: str) -> None:
    assert leans(text)


def test_what_stands_alone() -> None:
    assert not leans("The council voted 5-4 to rebuild on Ferry Street.")
    assert not leans("Mayor Brisk said that “we can move the books”.")


def test_datelines_are_not_part_of_what_is_said() -> None:
    shown = showable(_sentences("OSLO (AP) — The ferry sank in the night.", "HARROW'S LANDING - The doors swung open."))
    assert [one.text for one in shown] == ["The ferry sank in the night.", "The doors swung open."]


def test_letters_in_brackets_in_mid_sentence_are_no_dateline() -> None:
    told = ["Alphabet (GOOGL) split its two classes of shares.", "DoorDash (DASH), which delivers, charges a fee."]
    assert [one.text for one in showable(_sentences(*told))] == told


def test_captions_of_a_gallery_are_left_out() -> None:
    captions = [f"Hide Caption {n} of 30 Photos: The Queen waves to people of town {n}." for n in range(1, 6)]
    shown = showable(_sentences("The Queen came to the throne in 1952 and reigned for seventy years.", *captions))
    assert [one.text for one in shown] == ["The Queen came to the throne in 1952 and reigned for seventy years."]


def test_without_prose_everything_is_shown_in_pieces() -> None:
    words = " ".join(f"word{n}" for n in range(200))
    shown = showable(_sentences("Name | Age", words))
    assert [len(one.text.split()) for one in shown] == [3, 40, 40, 40, 40, 40]
    assert " ".join(one.text for one in shown[1:]) == words


def test_what_points_back_and_what_only_quotes() -> None:
    assert points_back("He refused most of it.")
    assert points_back("This was too far.")
    assert not points_back("“It smells like paint,” she said.")
    assert not points_back("And the council voted 5-4 to rebuild.")
