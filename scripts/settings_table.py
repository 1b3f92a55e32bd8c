"""The README's table of settings, made from the settings: ``python -m scripts.settings_table``."""

from __future__ import annotations

import re
from pathlib import Path

from qa.settings import Settings

README = Path(__file__).parent.parent / "README.md"
TABLE = re.compile(r"(<!-- settings -->\n).*?(<!-- end of settings -->)", re.DOTALL)


def table() -> str:
    """A row for each setting: the variable, its meaning, its default where the meaning does not say it."""
    rows = ["| variable | meaning | default |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = {None: "", True: "yes", False: "no"}.get(field.default, f"`{field.default}`")
        rows.append(f"| `ARTICLE_QA_{name.upper()}` | {field.description} | {default} |")
    return "\n".join(rows) + "\n"


def filled(readme: str) -> str:
    """``readme`` with the table as it is now."""
    return TABLE.sub(lambda marks: f"{marks[1]}{table()}{marks[2]}", readme)


if __name__ == "__main__":
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
