"""What the browser sent with an event: trusted for nothing."""

from __future__ import annotations

from typing import Any

import gradio as gr


def field(event: gr.EventData, name: str) -> Any:
    """What a button, or a script of the page, sent under this name; None where it sent nothing."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def text(event: gr.EventData, name: str) -> str:
    """The same where it must be a text; empty where it is none."""
    value = field(event, name)
    return value if isinstance(value, str) else ""


def number(event: gr.EventData, name: str) -> int | None:
    """The same where it must be a whole number from 0 on; None where it is none."""
    value = str(field(event, name))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


def texts(event: gr.EventData, name: str, most: int) -> tuple[str, ...]:
    """The same where it must be a list of texts, ``most`` of them."""
    value = field(event, name)
    return tuple(one for one in value[:most] if isinstance(one, str)) if isinstance(value, list) else ()
