"""A little of ``tests.ingest.fuzz``, the same each time; ``make fuzz`` goes on for longer, with others."""

from __future__ import annotations

import pytest

from tests.ingest.fuzz import SEEDS, check, fuzz, in_this_process


@pytest.mark.parametrize("name", list(SEEDS))
def test_whatever_comes_in_an_article_or_a_reason_comes_out(name: str) -> None:
    fuzz(name, examples=40)


@pytest.mark.parametrize("name", list(SEEDS))
def test_the_documents_that_mutations_start_from_are_sound(name: str) -> None:
    with in_this_process():
        for content in SEEDS[name]:
            check(content, name)
