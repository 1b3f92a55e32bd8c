"""What runs beside the caller: requests to a model, and the reader while the model thinks."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")

_starting = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def start_request(work: Coroutine[Any, Any, None]) -> Future[None]:
    """Starts ``work`` on the event loop of all requests, with the caller's context, which holds its callbacks.

    A request on an event loop is let go of at once when it is cancelled, whatever it waits for; a thread that waits
    for a server cannot be stopped. There is one loop, since the providers' clients keep their connections on one.
    """
    with _starting:
        if not _loops:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="language-model", daemon=True).start()
            _loops.append(loop)
    return asyncio.run_coroutine_threadsafe(work, _loops[0])


def beside(work: Callable[[], Result]) -> Future[Result]:
    """Starts ``work`` in a thread of its own, with a copy of the caller's context. Nothing waits for it to end."""
    future: Future[Result] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            future.set_result(context.run(work))
        except BaseException as error:  # whoever asks for the result meets it
            future.set_exception(error)

    threading.Thread(target=run, name="beside-the-model").start()
    return future
