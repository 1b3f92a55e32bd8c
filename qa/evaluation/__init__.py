"""How good the answers are: ``evaluate(Chatbot.open("data/index"), load_test_set("questions.jsonl")).to_dict()``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.evaluation.dataset import EvalQuestion, load_test_set
    from qa.evaluation.report import write_report
    from qa.evaluation.result import EvalResult, QuestionResult
    from qa.evaluation.run import evaluate, evaluate_gold_context

__all__ = [
    "EvalQuestion",
    "EvalResult",
    "QuestionResult",
    "evaluate",
    "evaluate_gold_context",
    "load_test_set",
    "write_report",
]

_HOMES = {
    "EvalQuestion": "dataset",
    "EvalResult": "result",
    "QuestionResult": "result",
    "evaluate": "run",
    "evaluate_gold_context": "run",
    "load_test_set": "dataset",
    "write_report": "report",
}


def __getattr__(name: str) -> Any:
    """Loads a part when it is asked for: answering uses ``qa.evaluation.metrics``, and ``run`` uses answering."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"qa.evaluation.{_HOMES[name]}"), name)
