"""The product catalogue for a reader: a table of 100 columns, or a paragraph per product."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from mes_stoch.report.tables import PLAIN_WIDTH

_HEADINGS = {
    "id": "id",
    "gate": "gate",
    "direction": "dir.",
    "block_h": "block",
    "full_activation_time_s": "full in",
    "sustain_h": "sustain",
    "payment": "payment",
    "stage": "stage",
    "source": "source",
}
_DIRECTIONS = {"symmetric": "both"}


def render_products(table: pd.DataFrame) -> RenderableType:
    """A few lines per product: its rules in columns, below them what has no source, and the source cut to a line."""
    columns = [column for column in _HEADINGS if column != "source"]
    rows = table.to_dict("records")
    cells = [[_cell(column, row) for column in columns] for row in rows]
    headings = [_HEADINGS[column] for column in columns]
    widths = [max(len(line[k]) for line in [headings, *cells]) for k in range(len(columns))]
    out = Text(no_wrap=True, overflow="ellipsis")
    out.append(_line(headings, widths) + "\n", style="bold")
    out.append("-" * (sum(widths) + 2 * len(widths) - 2) + "\n", style="dim")
    for line, row in zip(cells, rows, strict=True):
        out.append(_line(line, widths) + "\n")
        *notes, source = _notes(row)
        for note in notes:
            out.append(fill(note, PLAIN_WIDTH, initial_indent="  ", subsequent_indent="  ") + "\n", style="dim")
        out.append("  " + _short(source) + "\n", style="dim")
    remarks = [
        "full in: from a call to full delivery; sustain: how long a full call must be held.",
        "- : no rule of the family, or for the instance to give. --long: sources whole; --csv: all columns.",
        "[user]: rules whose value has no source, a placeholder to replace before figures mean money.",
    ]
    if (table["overrides"] != "").any():
        remarks.append("* : a rule of the catalogue that the instance has changed.")
    return Group(out, *remarks)


def _notes(row: dict[Any, Any]) -> list[str]:
    """What stands below a product: days of delivery and placeholders, where it has any, and its source."""
    first = [f"delivered {row['delivery']}"] if row["delivery"] else []
    first += [f"[user]: {row['placeholders']}"] if row["placeholders"] else []
    return [*(["; ".join(first)] if first else []), str(row["source"]) or "no source"]


def _line(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _short(text: str) -> str:
    room = PLAIN_WIDTH - 2
    return text if len(text) <= room else text[: room - 4].rstrip() + " ..."


def render_products_long(table: pd.DataFrame) -> RenderableType:
    """A paragraph per product, with everything the table holds."""
    parts: list[RenderableType] = []
    for row in table.to_dict("records"):
        parts.append(Text(f"{row['id']} ({row['family']}, from {row['package']})", style="bold"))
        columns = [column for column in _HEADINGS if column not in ("id", "source")]
        shown = [f"{_HEADINGS[column]} {_cell(column, row)}" for column in columns]
        parts.append(Padding("; ".join(shown), (0, 0, 0, 2)))
        if row["overrides"]:
            parts.append(Padding(f"changed by the instance: {row['overrides']}", (0, 0, 0, 2)))
        parts += [Padding(Text(text), (0, 0, 0, 2)) for text in _notes(row)]
        parts.append("")
    return Group(*parts)


def _cell(column: str, row: dict[Any, Any]) -> str:
    value = row[column]
    changed = {name.strip() for name in str(row["overrides"]).split(",")}
    keys = {column, "settlement_period_h"} if column == "block_h" else {column}
    mark = "*" if keys & changed else ""
    return _words(column, value) + mark


def _words(column: str, value: Any) -> str:
    if value is None or value == "":
        return "-"
    if column in ("block_h", "sustain_h"):
        return value if isinstance(value, str) else _duration(3600.0 * float(value))
    if column == "full_activation_time_s":
        return _duration(float(value))
    return _DIRECTIONS.get(str(value), str(value)) if column == "direction" else str(value)


def _duration(seconds: float) -> str:
    """Seconds in the unit a person would say: 30 s, 12.5 min, 4 h.

    >>> [_duration(s) for s in (30, 750, 900, 5400, 14400)]
    ['30 s', '12.5 min', '15 min', '1.5 h', '4 h']
    """
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= size and round(seconds / size * 2, 9).is_integer():
            return f"{seconds / size:g} {unit}"
    return f"{seconds / 60:.4g} min" if seconds >= 120 else f"{seconds:g} s"
