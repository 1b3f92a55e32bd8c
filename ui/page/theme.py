"""How the page looks, and the little scripts of its parts: everything comes from files beside this module."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import gradio as gr

_ASSETS = Path(__file__).resolve().parent / "assets"
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def script(*names: str) -> str:
    """The scripts of a component, one after the other."""
    return "\n".join((_ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in names)


def _colours(css: str, selector: str) -> dict[str, str]:
    """The colours that ``selector`` names at the top of the style sheet: ``{"paper": "#f4f6f5", ...}``."""
    block = css.split(f"{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"(?<![\w-])--([\w-]++): (#\w++);", block))


def _with_fallback(value: str, colours: dict[str, str]) -> str:
    """``var(--paper)`` with its colour: the page where one logs in has the theme, but not the style sheet."""
    return re.sub(r"var\(--([\w-]+)\)", lambda name: f"var(--{name[1]}, {colours[name[1]]})", value)


def look() -> dict[str, Any]:
    """What ``Blocks.launch`` takes to give the page its looks. The colours are those of ``page.css``."""
    css = (_ASSETS / "page.css").read_text(encoding="utf-8")
    light, dark = _colours(css, ":root"), _colours(css, ".dark")
    same = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--faint)",
        "background_fill_primary": "var(--paper)",
        "background_fill_secondary": "var(--paper)",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "color_accent_soft": "var(--hover)",
        "block_background_fill": "transparent",
        "block_border_color": "var(--line)",
        "block_label_text_color": "var(--faint)",
        "block_label_background_fill": "transparent",
        "block_title_text_color": "var(--ink)",
        "input_background_fill": "var(--sheet)",
        "input_background_fill_focus": "var(--sheet)",
        "input_border_color": "var(--edge)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--faint)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_background_fill_hover": "var(--accent-strong)",
        "button_primary_text_color": "var(--on-accent)",
        "button_secondary_background_fill": "transparent",
        "button_secondary_background_fill_hover": "var(--hover)",
        "button_secondary_border_color": "var(--edge)",
        "button_secondary_text_color": "var(--ink)",
        "link_text_color": "var(--accent)",
        "link_text_color_hover": "var(--accent-strong)",
        "link_text_color_visited": "var(--accent)",
    }
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.emerald,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=_SANS,
        font_mono=_MONO,
    ).set(
        **{name: _with_fallback(value, light) for name, value in same.items()},
        **{f"{name}_dark": _with_fallback(value, dark) for name, value in same.items()},
        color_accent="var(--accent)",
        loader_color="var(--accent)",
        block_border_width="0px",
        block_shadow="none",
        input_shadow="none",
        input_shadow_focus="none",
    )
    return {"theme": theme, "css_paths": _ASSETS / "page.css"}
