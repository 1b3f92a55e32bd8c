"""Why a language model gave no answer, in a few words of our own: a library's may hold the API key, or the prompt."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator

from qa.errors import GeneratorError

KEY_VARIABLES = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}

_WHOLE = frozenset({"stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete", "finish", "finished"})
"""What providers say of a reply that the model itself brought to its end."""
_CUT_OFF = frozenset({"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded", "context_length"})
_WITHHELD = frozenset({"content_filter", "content_filtered", "safety", "refusal", "recitation", "guardrail_intervened"})


class NoReply(GeneratorError):
    """The model did not answer this time; the message says why, in words that fit between brackets."""


def early_end(ending: str) -> str | None:
    """Why a reply that ended with ``ending``, its provider's word, is not a whole one; None where it is."""
    ending = ending.lower()
    if ending in _WHOLE:
        return None
    if ending in _CUT_OFF:
        return "its reply was cut off at its limit of length"
    if ending in _WITHHELD:
        return "its provider's filter withheld the reply"
    return f"its reply ended early, with {re.sub('[^a-z0-9_ -]', '', ending)[:30]!r}"


def reason(error: BaseException, model: str) -> str:
    """What went wrong when ``model``, as ``provider:name``, was asked."""
    causes = list(_causes(error))
    statuses = [status for cause in causes if isinstance(status := getattr(cause, "status_code", None), int)]
    names = " ".join(type(cause).__name__ for cause in causes)
    if statuses and statuses[0] >= 400:
        return _status_reason(statuses[0], model)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "its address was not found"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "no secure connection could be made"
    if "Timeout" in names:
        return "no reply in time"
    if "Protocol" in names or "ReadError" in names or any(isinstance(cause, ConnectionError) for cause in causes):
        return "the connection broke"
    if "Connect" in names:
        return "no connection"
    if any(isinstance(cause, (json.JSONDecodeError, UnicodeDecodeError)) for cause in causes):
        return "its reply could not be read"
    return "its server reported an error" if "APIError" in names else f"it failed with {type(error).__name__}"


def _status_reason(status: int, model: str) -> str:
    if status in {401, 403}:
        variable = KEY_VARIABLES.get(model.partition(":")[0])
        return f"its API key was refused, HTTP {status}" + (f": check {variable}" if variable else "")
    if status == 404:
        return "its server knows no such model or address, HTTP 404"
    if status == 429:
        return "too many requests or no credit left, HTTP 429"
    return f"its server failed, HTTP {status}" if status >= 500 else f"the request was refused, HTTP {status}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """``error`` and what led to it, the nearest first."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        # One address may stand for several, and each fails on its own.
        several = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        waiting += [*several, one.__cause__ or one.__context__]
