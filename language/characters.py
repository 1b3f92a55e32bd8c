"""Characters that can be written. Pure."""

from __future__ import annotations


def whole_characters(text: str) -> str:
    """``text`` with the halves of a character outside the basic plane put together, and a half without its other
    replaced by U+FFFD: broken JSON leaves such halves, and no file, network or tokenizer takes them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
