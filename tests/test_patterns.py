"""No regular expression of ours takes more than linear time, whatever it is given."""

from __future__ import annotations

import re

import pytest

from tests.patterns import METHODS, PACKAGES, Used, patterns, slow


@pytest.mark.slow
@pytest.mark.timeout(1800)  # a minute's work; other work may be going on beside it
@pytest.mark.parametrize("package", PACKAGES)
def test_every_pattern_takes_linear_time(package: str) -> None:
    ours = {(one.pattern, one.methods): one for one in patterns() if one.name.startswith(f"{package}/")}
    assert ours
    assert {one.name: reason for one in ours.values() if (reason := slow(one))} == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "pattern",
    [
        rb"(?:\s|<!--.{0,2000}?-->)*<html",
        r"<[^>]*>",
        r"[a-z][.](?:^|\s)|¿[a-z]{1,3}\b(?![^\n]*\?)",
        r"(a+)+b",
        r"\s*,?\s*x",
    ],
)
def test_the_inputs_show_patterns_that_do_not(pattern: str | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.patterns.LIMIT", 1.0)
    # A fast machine takes less than the usual bound for the middle input of a quadratic pattern, and would not go on.
    monkeypatch.setattr("tests.patterns.SUSPICIOUS", 0.0001)
    flags = re.DOTALL | re.IGNORECASE
    used = Used("test", re.compile(pattern, flags), frozenset({"match", "search", "sub"}))
    # What grows with the square may look linear once, where a busy machine slows the shorter input.
    assert any(slow(used) for _ in range(3))


def test_patterns_are_found_wherever_they_are_kept() -> None:
    names = {one.name.partition("[")[0] for one in patterns()}
    assert {"ingest/formats/html.py:_START", "language/dates.py:_ISO"} <= names
    assert all(one.methods <= METHODS for one in patterns())
