"""Takes from Gradio the ability to fetch: an address where it expects a file is refused, whoever names it.

Gradio fetches what a request names, for its route ``file=`` and for the value of any component. This page has no use
for that: web pages are added through ``ingest.web``, which checks where an address leads and how much comes back.
"""

from __future__ import annotations

from typing import NoReturn

import gradio as gr
import httpx
import safehttpx
from gradio import processing_utils, routes

REASON = "Addresses are not fetched as files. Upload the file, or add the page by its address in the library."


class _Refusing(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """A way to the network that leads nowhere."""

    async def handle_async_request(self, request: httpx.Request) -> NoReturn:
        raise gr.Error(REASON, print_exception=False)

    def handle_request(self, request: httpx.Request) -> NoReturn:
        raise gr.Error(REASON, print_exception=False)


async def _resolve_nothing(hostname: str) -> NoReturn:
    raise gr.Error(REASON, print_exception=False)


def _download_nothing(url: str, cache_dir: str) -> NoReturn:
    raise gr.Error(REASON, print_exception=False)


async def _async_download_nothing(url: str, cache_dir: str) -> NoReturn:
    raise gr.Error(REASON, print_exception=False)


def forbid_fetching() -> None:
    """Gives Gradio, in this process and for good, ways to the network that lead nowhere.

    Raises AttributeError where this Gradio has its ways elsewhere: it must not be served then.
    """
    for module, name, instead in (
        # What a component's value names; the downloads too, which would give out what Gradio has fetched before.
        (processing_utils, "async_ssrf_protected_download", _async_download_nothing),
        (processing_utils, "ssrf_protected_download", _download_nothing),
        (processing_utils, "save_url_to_cache", _download_nothing),
        (processing_utils, "async_transport", _Refusing()),
        (processing_utils, "sync_client", httpx.Client(transport=_Refusing())),
        (routes, "_proxy_transport", _Refusing()),
        (safehttpx, "async_validate_url", _resolve_nothing),  # what file= names is looked up with it first
    ):
        getattr(module, name)
        setattr(module, name, instead)
