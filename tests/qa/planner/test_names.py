from __future__ import annotations

from qa.planner.names import LibraryNames
from vectorstore import ArticleIndex

KIM = "Kim and Kanye Reach Year Three"


def test_a_title_is_recognised_and_taken_out(library: ArticleIndex) -> None:
    [kim] = [article.id for article in library.articles() if article.title == KIM]
    names = LibraryNames(library)
    for question in (f"Who wrote “{KIM}”?", f"who wrote {KIM.lower()}", f"Who wrote '{KIM}'"):
        named = names.find(question)
        assert named.articles == (kim,)
        assert named.question.lower().rstrip("?") == "who wrote this article"


def test_a_title_is_recognised_without_its_subtitle(library: ArticleIndex) -> None:
    named = LibraryNames(library).find("When was Mould, Milk Churns and a Melon published?")
    assert named.question == "When was this article published?"


def test_short_names_of_things_are_no_titles(library: ArticleIndex) -> None:
    question = "How did Marie Curie die?"
    assert LibraryNames(library).find(question).question == question


def test_authors_are_known_in_any_case(library: ArticleIndex) -> None:
    names = LibraryNames(library)
    assert names.find("anything by oona farrell?").authors == ("oona farrell",)
    assert names.is_author("Voss") and names.is_author("henrietta voss")
    assert not names.is_author("Charles Dickens") and not names.is_author("")
