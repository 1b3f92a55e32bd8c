"""LangChain's chat models by the names of their providers, and what each provider wants differently."""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from qa.errors import GeneratorError
from qa.llm.failures import KEY_VARIABLES, NoReply
from qa.settings import Settings

MAX_RETRIES = 1
"""More would only keep the person waiting for the reader's answer."""
LEAST_ROOM = 16_000
"""Characters of articles that every prompt may hold: about 4,000 tokens of English, and most of a small model's window
in any script."""
CHARS_PER_PASSAGE = 900
"""A chunk's usual size."""
CHARS_PER_TOKEN = 2
"""English takes half as many tokens."""

SAY_HOW_THEY_ENDED = frozenset({"openai", "anthropic", "ollama"})
"""Providers whose whole replies always say why they ended: one that does not was broken off."""

_EXAMPLES = "openai:gpt-4o-mini, anthropic:claude-sonnet-4-5 or ollama:llama3.2"
_EXTRAS = ("openai", "anthropic", "ollama")


def provider_and_name(llm: str) -> tuple[str, str]:
    """The two parts of ``provider:model``. Raises GeneratorError where it is not of that form."""
    provider, colon, name = (part.strip() for part in llm.partition(":"))
    if not (provider and colon and name):
        raise GeneratorError(f"the language model {llm!r} is not of the form provider:model; say {_EXAMPLES}")
    return provider.lower().replace("-", "_"), name


def build(settings: Settings, steady: bool) -> BaseChatModel:
    """The chat model that ``settings.llm`` names; with temperature 0 where ``steady``, else with its own.

    Raises GeneratorError where it can never be made, and NoReply where only its key is missing.
    """
    provider, name = provider_and_name(settings.llm or "")
    arguments: dict[str, Any] = {"timeout": settings.llm_timeout, "max_retries": MAX_RETRIES}
    if provider == "ollama":
        # Its own names for these; and it cuts off, without a word, what of a prompt its window does not hold.
        window = 2048 + room(settings) // CHARS_PER_TOKEN
        arguments = {"client_kwargs": {"timeout": settings.llm_timeout}, "num_ctx": window}
    if steady:
        arguments["temperature"] = 0
    if settings.llm_base_url:
        arguments["base_url"] = settings.llm_base_url
    try:
        return _init(provider, name, arguments)
    except _KeyMissing:
        if provider != "openai" or not settings.llm_base_url:
            variable = KEY_VARIABLES.get(provider)
            raise NoReply(f"no API key: set {variable}" if variable else "no API key: set the provider's") from None
        # A server of one's own mostly asks for no key, but the client does.
        return _init(provider, name, arguments | {"api_key": "none"})


def recipient_of(settings: Settings) -> str:
    """Who is sent a question and the passages found for it, in words. Raises GeneratorError where that is no model."""
    provider, _ = provider_and_name(settings.llm or "")
    if settings.llm_base_url:
        return f"the server at {urlsplit(settings.llm_base_url).netloc.rpartition('@')[2]}"
    if provider == "ollama":
        return "the Ollama server, which is on this computer unless OLLAMA_HOST names another"
    return {"openai": "OpenAI", "anthropic": "Anthropic"}.get(provider, provider)


def room(settings: Settings) -> int:
    """How many characters of articles a prompt may hold: whoever asks for more passages is given more room."""
    return max(LEAST_ROOM, settings.top_k * CHARS_PER_PASSAGE)


class _KeyMissing(Exception):
    pass


def _init(provider: str, name: str, arguments: dict[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    llm = f"{provider}:{name}"
    try:
        model = cast(BaseChatModel, init_chat_model(name, model_provider=provider, **arguments))
    except ImportError as error:
        named = re.search(r"pip install ([\w-]+)", str(error))
        package = f'"article-qa[{provider}]"' if provider in _EXTRAS else named[1] if named else f"langchain-{provider}"
        raise GeneratorError(
            f"the language model {llm} needs a package that is not installed; run: pip install {package}"
        ) from error
    except Exception as error:
        message = " ".join(str(error).split())
        if re.search(r"api.?key|credentials", message, re.I):
            raise _KeyMissing from error
        if message.startswith("Unsupported provider"):
            raise GeneratorError(
                f"there is no provider {provider!r} for the language model {llm}; say {_EXAMPLES}, "
                "or another provider that LangChain's init_chat_model knows"
            ) from error
        raise GeneratorError(f"the language model {llm} cannot be set up: {message[:300]}") from error
    key = getattr(model, f"{provider}_api_key", None)
    if isinstance(key, SecretStr) and not key.get_secret_value().strip():
        raise _KeyMissing
    return model
