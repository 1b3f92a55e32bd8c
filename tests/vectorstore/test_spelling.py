from __future__ import annotations

import pytest

from tests.conftest import Store
from vectorstore import Article, ArticleIndex, Chunk
from vectorstore.spelling import Vocabulary

WORDS = Vocabulary({"kardashian": 4, "python": 2, "pythons": 9, "climate": 3, "bridge": 5, "fridge": 1, "beyonce": 1})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Kardashain", "kardashian"),  # two letters changed over: one mistake
        ("kardasian", "kardashian"),
        ("kardashiann", "kardashian"),
        ("kardishain", "kardashian"),  # two mistakes
        ("kurdishain", None),  # three
        ("pyhton", "python"),
        ("pythno", "python"),
        ("payhton", "python"),  # two mistakes in seven letters
        ("bribge", "bridge"),
        ("bidgee", None),  # two mistakes in a short word
        ("cridge", "bridge"),  # the commoner of two
        ("Beyoncee", "beyonce"),
        ("brg", None),
        ("2022", None),
        ("pyth0n", None),
    ],
)
def test_the_word_spelled_most_alike_is_found(typed: str, meant: str | None) -> None:
    assert WORDS.nearest(typed) == meant


def test_only_words_that_the_library_does_not_hold_are_looked_for(store: Store) -> None:
    text = "Beyoncé crossed the bridges. The ZEPPELIN rose over Zürich."
    with_chunk = [Chunk("c", "a", "A title of Otters", "/a.txt", text, 0, len(text))]

    class Same:
        name, dimension = "same", 2

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[1.0, 0.0] for _ in texts]

        def embed_query(self, text: str) -> list[float]:
            return [1.0, 0.0]

    index = ArticleIndex.open(store.place(), Same())
    index.add([(Article("a", "/a.txt", "A title of Otters", text, fingerprint="1"), with_chunk)])
    asked = ["Beyoncé", "beyonce", "bridge", "brigdes", "zepelin", "Zurihc", "otetrs", "xylophone", "the", "?", ""]
    assert index.nearest_words(asked) == {
        "brigdes": "bridges",
        "zepelin": "ZEPPELIN",
        "Zurihc": "Zürich",
        "otetrs": "otters",
    }
    index.remove(["a"])
    assert index.nearest_words(asked) == {}
    index.close()
