"""The front ends: the command ``article-qa`` and the page in the browser."""

from __future__ import annotations

import os
from pathlib import Path

import telemetry  # noqa: F401 - first of all: it switches off what would be sent out

# LangSmith would be sent every question by who has it on for other programs. Not switched off for those who import
# qa into a program of their own: there it is theirs to say.
os.environ["LANGSMITH_TRACING_V2"] = "false"


def keep_off_hub(*models: str | None) -> None:
    """Forbids the model hub, unless one of the ``models`` asked for (names or paths; None: our own) may be there.

    To be called before anything is imported that brings ``huggingface_hub`` along.
    """
    if not any(model and not Path(model).expanduser().exists() for model in models):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
