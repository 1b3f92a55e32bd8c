"""The front ends: the command ``article-qa`` and the page in the browser."""

from __future__ import annotations

import os
from pathlib import Path

import telemetry  # noqa: F401 - first of all: it switches off what would be sent out

# What a person may have on for other programs, and what would be sent every question and every request then. Not
# switched off for those who import qa into a program of their own: there it is theirs to say.
os.environ.update(
    {"LANGSMITH_TRACING_V2": "false", "FASTAPI_OTEL_AUTO_CONFIGURE": "false", "CHROMA_OTEL_COLLECTION_ENDPOINT": ""}
)


def keep_off_hub(*models: str | None) -> None:
    """Forbids the model hub, unless one of the ``models`` asked for (names or paths; None: our own) may be there.

    To be called before anything is imported that brings ``huggingface_hub`` along.
    """
    if not any(model and not Path(model).expanduser().exists() for model in models):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
