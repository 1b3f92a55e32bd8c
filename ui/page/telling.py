"""Handlers of the page that say what went wrong with the library, instead of failing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import gradio as gr

from vectorstore import StoreError


def telling(handler: Callable[..., Any]) -> Callable[..., Any]:
    """``handler``, which shows the message of a StoreError at the page: a library, or a history, out of reach."""
    if inspect.isgeneratorfunction(handler):

        @wraps(handler)
        def yielding(*given: Any) -> Iterator[Any]:
            try:
                yield from handler(*given)
            except StoreError as error:
                raise gr.Error(str(error), duration=None, print_exception=False) from error

        return yielding

    @wraps(handler)
    def returning(*given: Any) -> Any:
        try:
            return handler(*given)
        except StoreError as error:
            raise gr.Error(str(error), duration=None, print_exception=False) from error

    return returning
