"""What notebooks show of an object: a title over a small table of names and values, escaped, nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape


def html_summary(title: str, rows: Mapping[str, object]) -> str:
    """HTML of a title and a table with a row for each entry; entries that are ``None`` are left out.

    >>> html_summary("a < b", {"value": 1, "nothing": None})
    '<div><b>a &lt; b</b><table><tr><th style="text-align:left">value</th><td>1</td></tr></table></div>'
    """
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td>{escape(str(value))}</td></tr>'
        for name, value in rows.items()
        if value is not None
    )
    return f"<div><b>{escape(title)}</b><table>{cells}</table></div>"


def few(names: list[str], most: int = 8) -> str:
    """The first names, and how many more there are.

    >>> few(["a", "b", "c"], 2), few([])
    ('a, b and 1 more', 'none')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return ", ".join(names) or "none"
