"""The page in the browser: ``launch(Settings())`` serves it, ``build_page(bot)`` gives it as Gradio blocks."""

from ui.page.layout import build_page
from ui.page.server import Limits, launch

__all__ = ["Limits", "build_page", "launch"]
