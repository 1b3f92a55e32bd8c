"""What programs can call through ``gradio_client``: ``/ask``, ``/search`` and ``/list_articles``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr
from gradio.events import api

from qa.errors import QAError
from ui.tools import Tools
from vectorstore import StoreError

ASKING: dict[str, Any] = {"concurrency_id": "asking", "concurrency_limit": 4}
"""All that asks shares these places, on the page and through the endpoints; more at once would only take turns."""


def add_endpoints(tools: Tools) -> None:
    """Adds the endpoints to the page that is being built."""
    for tool in (tools.ask, tools.search):
        api(_with_readable_errors(tool), api_name=tool.__name__, **ASKING)
    api(_with_readable_errors(tools.list_articles), api_name="list_articles")


def _with_readable_errors(tool: Callable[..., Any]) -> Callable[..., Any]:
    """``tool``, sending the message of an expected error to the caller, as Gradio does for its own errors only."""

    @wraps(tool)
    def called(*arguments: Any) -> Any:
        try:
            return tool(*arguments)
        except (QAError, StoreError) as error:
            raise gr.Error(str(error), print_exception=False) from error

    return called
