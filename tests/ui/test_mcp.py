"""The library as MCP tools, called with the protocol's own client: over stdio, and over HTTP beside the page."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qa import Chatbot
from tests.loops import complete
from ui.mcp_server import PATH, http_routes, mcp_server
from ui.tools import Tools
from vectorstore import ArticleIndex

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "How much does an Arctic tern weigh?"
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip
HEADERS = {"accept": "application/json, text/event-stream"}


def run(server: Any, use: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    async def connected() -> None:
        async with Client(server) as client:
            await use(client)

    complete(connected())


def content(result: Any) -> Any:
    """What a tool gave: the value that its one text holds as JSON, or the list of them."""
    assert not result.is_error, result
    if result.structured_content is not None:
        value = result.structured_content
        return value["result"] if set(value) == {"result"} else value
    return json.loads(result.content[0].text)


async def use_all(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "search", "list_articles"}
    assert all(tool.description and tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
    answer = content(await client.call_tool("ask", {"question": QUESTION}))
    assert "100 grams" in answer["answer"]
    assert answer["citations"][0]["quote"]
    followed = content(
        await client.call_tool("ask", {"question": "When was it founded?", "history": ["Who founded Nintendo?", None]})
    )
    assert "Nintendo" in followed["query"]
    passages = content(await client.call_tool("search", {"question": "Arctic tern", "top_k": 2}))
    assert [passage["rank"] for passage in passages] == [1, 2]
    assert len(content(await client.call_tool("list_articles", {}))) == 12
    [cheese] = content(await client.call_tool("list_articles", {"about": "cheese", "since": "2018"}))
    assert (cheese["title"], cheese["score"] > 0.5) == ("Listening to Cheese", True)
    [first, *_] = content(await client.call_tool("list_articles", {"mentions": "hammer", "order": "newest"}))
    assert first["mentions"] >= 1


def test_client_over_stdio_uses_the_command(library: ArticleIndex) -> None:
    arguments = ["-m", "ui.cli", "mcp", "--index", str(library.folder)]
    run(StdioServerParameters(command=sys.executable, args=arguments, cwd=ROOT), use_all)


def test_error_is_told_in_words(bot: Chatbot) -> None:
    async def ask_nothing(client: Client) -> None:
        result = await client.call_tool("ask", {"question": " "})
        assert result.is_error
        assert "the question is empty" in result.content[0].text  # type: ignore[union-attr]
        result = await client.call_tool("ask", {"question": "Why?", "history": ["Who?"]})
        assert "an answer after each question" in result.content[0].text  # type: ignore[union-attr]
        result = await client.call_tool("list_articles", {"since": "last week"})
        assert "since='last week' is no date" in result.content[0].text  # type: ignore[union-attr]

    run(mcp_server(Tools(bot)), ask_nothing)


def served(bot: Chatbot, logins: list[tuple[str, str]]) -> Starlette:
    routes, lifespan = http_routes(mcp_server(Tools(bot)), "127.0.0.1", logins)

    @asynccontextmanager
    async def run_it(app: Any) -> AsyncIterator[None]:
        async with lifespan(app):
            yield

    return Starlette(routes=routes, lifespan=run_it)


@pytest.mark.parametrize(
    ("login", "status"), [(None, 401), (("ann", "wrong"), 401), (("ann", "tulip"), 200), (("bob", "tulip"), 401)]
)
def test_login_guards_the_tools(bot: Chatbot, login: tuple[str, str] | None, status: int) -> None:
    with TestClient(served(bot, [("ann", "tulip"), ("bob", "rose")]), base_url="http://127.0.0.1:7860") as client:
        assert client.post(PATH, json=INITIALIZE, headers=HEADERS, auth=login).status_code == status


def test_other_sites_cannot_reach_a_server_on_this_machine(bot: Chatbot) -> None:
    with TestClient(served(bot, []), base_url="http://evil.example:7860") as client:
        assert client.post(PATH, json=INITIALIZE, headers=HEADERS).status_code in (403, 421)
