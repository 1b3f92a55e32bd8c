"""The front ends: the command ``article-qa`` and the page in the browser. Importing them turns telemetry off."""

from __future__ import annotations

import os
from pathlib import Path

# Read by the libraries when they are imported, so they must be set first.
for _name, _value in {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}.items():
    os.environ.setdefault(_name, _value)


def keep_off_hub(*models: str | None) -> None:
    """Forbids the model hub, unless one of the ``models`` asked for (names or paths; None: our own) may be there.

    To be called before anything is imported that brings ``huggingface_hub`` along.
    """
    if not any(model and not Path(model).expanduser().exists() for model in models):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


def confidence_in_words(score: float) -> str:
    """How sure an answer is, as one would say it."""
    if score >= 0.85:
        return "Very likely"
    if score >= 0.6:
        return "Likely"
    return "Possible, unsure"
