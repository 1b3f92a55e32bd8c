"""Sample articles, and questions on them, written for this project: for the demo, the tests and quick evaluations."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

ARTICLES = _HERE / "articles"
QUESTIONS = _HERE / "questions.jsonl"
FOLLOWUPS = _HERE / "followups.jsonl"
KINDS = _HERE / "kinds.jsonl"
"""Questions of every kind that is answered from the text, fact aside."""
METADATA = _HERE / "metadata.jsonl"
"""Questions about the articles themselves: who wrote them, when they came out."""
