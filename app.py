"""The chat in the browser: ``python app.py`` is the same as ``article-qa chat``."""

from qa.settings import Settings
from ui.page import launch

if __name__ == "__main__":
    launch(Settings())
