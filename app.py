"""The chat in the browser: ``python app.py`` is ``article-qa chat``, options and all."""

import sys

from ui.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "chat")
    main()
