"""A chat model that writes its whole reply in time, or fails."""

from __future__ import annotations

import asyncio
import codecs
import logging
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage

from qa.errors import GeneratorError
from qa.llm.background import start_request
from qa.llm.failures import NoReply, early_end, reason
from qa.llm.providers import LEAST_ROOM, SAY_HOW_THEY_ENDED, build, provider_and_name, room
from qa.ports import Cancel
from qa.settings import Settings

logger = logging.getLogger(__name__)

MAX_REPLY_CHARS = 20_000
"""A model that has written this much will not come to an end."""
LOOK_UP = 0.1
"""Seconds between two looks at whether anybody still waits."""
GRACE = 2.0
"""Seconds after its time-out in which a request has to say that it ended; a provider's client may hold it up."""


@dataclass(frozen=True)
class _End:
    """The last that comes of a request: its reply is whole, or ``error`` says why not."""

    error: Exception | None = None


_Arrivals = queue.SimpleQueue[str | _End]


class LanguageModel:
    """A chat model of LangChain's under limits of time and length. Safe to share between threads."""

    def __init__(
        self, name: str, timeout: float, build: Callable[[bool], BaseChatModel], room: int = LEAST_ROOM
    ) -> None:
        """``build`` makes the LangChain model, with temperature 0 or, given False, the model's own; ``room`` is how
        many characters of articles a prompt to it may hold."""
        self.name = name
        self.timeout = timeout
        self.room = room
        self._build = build
        self._steady = True
        self._built: BaseChatModel | None = None
        self._building = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Settings) -> LanguageModel:
        """The model that ``settings.llm`` names. Raises GeneratorError where no such model can be set up.

        A missing API key is no such error: it may yet be set, and until then each question says so.
        """
        provider, name = provider_and_name(settings.llm or "")
        if settings.llm_base_url and not settings.llm_base_url.startswith(("http://", "https://")):
            raise GeneratorError(
                f"the language model's address {settings.llm_base_url!r} does not begin with http:// or https://; "
                "give the whole address, such as http://127.0.0.1:8080/v1"
            )
        model = cls(f"{provider}:{name}", settings.llm_timeout, lambda steady: build(settings, steady), room(settings))
        try:
            model.chat_model()
        except NoReply as error:
            logger.warning("the language model %s cannot answer yet: %s", model.name, error)
        return model

    def chat_model(self, steady: bool = True) -> BaseChatModel:
        """The LangChain model, with temperature 0 until it was once asked for without.

        Raises NoReply while its API key is missing.
        """
        with self._building:
            if self._built is None or (self._steady and not steady):
                self._steady = self._steady and steady
                self._built = self._build(self._steady)
            return self._built

    def write(
        self, messages: Sequence[BaseMessage], timeout: float | None = None, cancel: Cancel | None = None
    ) -> Generator[str]:
        """The reply to ``messages``, piece by piece; ends early once ``cancel`` is set.

        Raises NoReply when it fails, or is not whole after ``timeout`` seconds, by default the model's own.
        However it ends, nothing is left waiting for the model.
        """
        limit = self.timeout if timeout is None else timeout
        self.chat_model()
        arrivals = _Arrivals()
        deadline = time.monotonic() + limit + GRACE
        request = start_request(self._request(messages, limit, arrivals.put))
        # JSON spells a character outside the basic plane as two halves, which may come in two pieces, or alone.
        halves = codecs.getincrementaldecoder("utf-16-le")("replace")
        try:
            while cancel is None or not cancel.is_set():
                text, end = _arrived(arrivals)
                if text := halves.decode(text.encode("utf-16-le", "surrogatepass"), final=end is not None):
                    yield text
                if end is None and not text and time.monotonic() > deadline:
                    raise NoReply(f"no full reply within {limit:g} s")
                if end is not None:
                    self._raise(end.error)
                    return
        finally:
            request.cancel()

    def _raise(self, error: Exception | None) -> None:
        if error is None:
            return
        logger.debug("the language model %s failed", self.name, exc_info=error)
        raise error if isinstance(error, NoReply) else NoReply(reason(error, self.name)) from error

    async def _request(self, messages: Sequence[BaseMessage], limit: float, put: Callable[[str | _End], None]) -> None:
        """Puts the reply's pieces, then how it ended, within ``limit`` seconds."""
        time_left = asyncio.timeout(limit)
        try:
            async with time_left:
                await self._read(messages, put)
            put(_End())
        except Exception as error:
            put(_End(NoReply(f"no full reply within {limit:g} s") if time_left.expired() else error))

    async def _read(self, messages: Sequence[BaseMessage], put: Callable[[str], None]) -> None:
        written = 0
        ending = None
        async with aclosing(self._chunks(messages)) as chunks:
            async for chunk in chunks:
                _heed_cancellation()
                if text := str(chunk.text):
                    written += len(text)
                    if written > MAX_REPLY_CHARS:
                        raise NoReply("its reply did not come to an end")
                    put(text)
                ending = _ending(chunk) or ending
                if ending and (why := early_end(ending)):
                    raise NoReply(why)
        if ending is None and self.name.partition(":")[0] in SAY_HOW_THEY_ENDED:
            raise NoReply("its reply was broken off" if written else "its reply held no answer")

    async def _chunks(self, messages: Sequence[BaseMessage]) -> AsyncGenerator[AIMessageChunk]:
        began = False
        was_steady, model = self._steady, self.chat_model()
        try:
            async for chunk in model.astream(list(messages)):
                began = True
                yield chunk
        except Exception as error:
            # Some models have one temperature and refuse to be told another.
            if began or not was_steady or "temperature" not in str(error):
                raise
            async for chunk in self.chat_model(steady=False).astream(list(messages)):
                yield chunk


def _arrived(arrivals: _Arrivals) -> tuple[str, _End | None]:
    """All that has come since the last look, and the end if it has; waits for it, but not long."""
    text = ""
    try:
        piece = arrivals.get(timeout=LOOK_UP)
        while isinstance(piece, str):
            text += piece
            piece = arrivals.get_nowait()
    except queue.Empty:
        return text, None
    return text, piece


def _heed_cancellation() -> None:
    """Ends a request that was cancelled or is late: ``asyncio.wait_for``, which providers' clients use, swallows that
    in Python 3.11 where a piece arrives in the same moment."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _ending(chunk: AIMessageChunk) -> str | None:
    """Why the reply ended with ``chunk``, in its provider's word; None if it did not."""
    metadata = chunk.response_metadata
    for key in ("finish_reason", "stop_reason", "done_reason", "stopReason"):
        if isinstance(word := metadata.get(key), str) and word:
            return word
    # As OpenAI's second protocol has it, which some of its models speak.
    if metadata.get("status") == "incomplete":
        return str((metadata.get("incomplete_details") or {}).get("reason") or "incomplete")
    return "complete" if metadata.get("status") == "completed" else None
