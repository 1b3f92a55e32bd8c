"""What programs can call through ``gradio_client``: ``/ask``, ``/search`` and ``/list_articles``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import gradio as gr
from gradio.events import api

from qa.chatbot import Chatbot
from qa.errors import QAError
from vectorstore import StoreError


def add_endpoints(bot: Chatbot) -> None:
    """Adds the endpoints to the page that is being built."""

    def ask(question: str) -> dict[str, Any]:
        """Answers a question over the articles: the object that ``article-qa ask --json`` prints."""
        with _readable_errors():
            return bot.ask(question).to_dict()

    def search(question: str, top_k: int = 10) -> list[dict[str, Any]]:
        """The passages that would be read for a question, best first, with the scores that say why."""
        with _readable_errors():
            return [asdict(passage) for passage in bot.retriever.retrieve(question, max(1, min(top_k, 100)))]

    def list_articles() -> list[dict[str, Any]]:
        """Every article of the library without its text, by title."""
        with _readable_errors():
            return [asdict(article) for article in bot.index.articles()]

    api(ask, api_name="ask")
    api(search, api_name="search")
    api(list_articles, api_name="list_articles")


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Sends the message of an expected error to the caller, as Gradio does for its own errors only."""
    try:
        yield
    except (QAError, StoreError) as error:
        raise gr.Error(str(error), print_exception=False) from error
