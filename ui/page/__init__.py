"""The page in the browser: ``launch(Settings())`` serves it, ``build_page(bot)`` gives it as Gradio blocks."""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: it phones home on import otherwise

from ui.page.layout import build_page
from ui.page.server import launch

__all__ = ["build_page", "launch"]
