"""Opens the library, serves the page, and loads the models once it is up."""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr
import typer
from starlette.middleware import Middleware

from qa.chatbot import Chatbot
from qa.errors import QAError
from qa.settings import Settings
from ui.access import Access
from ui.mcp_server import Login, http_routes, mcp_server
from ui.page.delivery import Delivery
from ui.page.guard import Guard
from ui.page.health import Health
from ui.page.layout import build_page
from ui.page.library import Library
from ui.page.logins import LoginCookies, Logins
from ui.page.models import Models
from ui.page.no_fetching import forbid_fetching
from ui.page.policy import ContentPolicy
from ui.page.questions import Questions
from ui.page.state import open_state
from ui.page.theme import look
from ui.page.visitor import VisitorCookie
from ui.throttle import Throttle, address_key
from ui.tools import Tools
from vectorstore import StoreError

logger = logging.getLogger(__name__)


FILES_OF_FULL_SIZE = 50
"""As much as so many files of the largest size may come in one upload, however many there are."""


@dataclass(frozen=True)
class Limits:
    """What one page takes, and from whom, before it says no."""

    upload_mb: int = 20
    """Of one uploaded file, in megabytes."""
    waiting: int = 64
    """Requests that wait for their turn; one more is told to come back later."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names under which the page may be reached."""
    allowed_origins: tuple[str, ...] = ()
    """Other sites whose pages may ask and read."""


def launch(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 7860,
    logins: Sequence[Login] = (),
    limits: Limits = Limits(),
) -> None:
    """Serves the page until it is stopped. Leaves the program with a message where it cannot.

    ``logins`` are (name, password) pairs; without one everyone who reaches the address is let in.
    """
    _check_free(host, port)
    try:
        bot = Chatbot.open(settings=settings)
        state = open_state(bot.index)
    except (StoreError, QAError) as error:
        sys.exit(f"article-qa: {error}")
    history, library = state.history, Library(bot.index, state.uploads)
    signed = Logins(logins, state.secret, state.log_outs)
    is_own = _is_loopback(host) and not (logins or limits.allowed_hosts or limits.allowed_origins)
    questions = Questions(bot, history, Models(bot, may_name=is_own))
    page = build_page(bot, library, history, questions)
    page.queue(max_size=limits.waiting, default_concurrency_limit=4, api_open=False)
    forbid_fetching()
    throttle = Throttle()
    routes, mcp_lifespan = http_routes(mcp_server(Tools(bot)), None, logins, throttle)
    access = Access(host, limits.allowed_hosts, limits.allowed_origins)

    routes.append(Health(bot.index, history, tells_all=not logins).route())

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        app.tokens, app.cookie_id = signed, signed.cookie_id
        # Before the first request, and before all else: Gradio puts its own middleware around what it is given.
        app.middleware_stack = Guard(
            app.middleware_stack,
            access,
            logins,
            throttle,
            limits.waiting,
            limits.upload_mb * FILES_OF_FULL_SIZE << 20,
            lambda key: _waiting_from(page, key),
        )
        async with mcp_lifespan(app):
            yield

    page.launch(
        server_name=f"[{host}]" if ":" in host else host,  # as Gradio writes it into addresses
        server_port=port,
        auth=list(logins) or None,
        auth_message="These articles are for people who have a name and a password here. "
        "After a few wrong tries the next has to wait, up to a minute.",
        app_kwargs={
            "routes": routes,
            "lifespan": lifespan,
            "middleware": [
                Middleware(LoginCookies, logins=signed),
                Middleware(VisitorCookie),
                Middleware(Delivery),
                Middleware(ContentPolicy),
            ],
        },
        prevent_thread_lock=True,
        quiet=True,
        show_error=True,
        share=False,
        inbrowser=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        max_file_size=f"{limits.upload_mb}mb",
        pwa=False,
        mcp_server=False,
        allowed_paths=[],
        ssr_mode=False,
        **look(),
    )
    typer.echo(f"Ask your articles at {page.local_url}   (Ctrl+C stops)")
    if not logins and not _is_loopback(host):
        typer.echo("Everyone who can reach this address can read and change the library; there is no password.")
    threading.Thread(target=_warm_up, args=(bot, library), name="warm-up", daemon=True).start()
    try:
        page.block_thread()
    finally:
        page.close(verbose=False)
        questions.close()
        state.close()
        bot.index.close()


def _waiting_from(page: gr.Blocks, key: str) -> int:
    """How many calls from an address wait in the page's queue."""
    queues = page._queue.event_queue_per_concurrency_id.values()
    clients = (event.request.client for queue in queues for event in queue.queue)
    return sum(client is not None and address_key(client.host) == key for client in clients)


def _warm_up(bot: Chatbot, library: Library) -> None:
    """Makes the first question fast. What fails here fails again, and is told, when somebody asks."""
    try:
        library.repair()
        bot.warm_up()
    except (StoreError, QAError) as error:
        logger.warning("the models could not be loaded ahead of the first question: %s", error)
    except Exception:  # of whatever kind: the page is served all the same, and who asks meets it again and is told
        logger.warning("the models could not be loaded ahead of the first question", exc_info=True)


def _check_free(host: str, port: int) -> None:
    """Leaves with a message when the port cannot be had: sooner, and in plainer words, than Gradio would."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                sys.exit(f"article-qa: port {port} is taken by another program; choose another: --port {port + 1}")
            sys.exit(f"article-qa: {host}:{port} cannot be used: {error.strerror or error}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
