"""What was read from market files, as a table for a person: spans, units, gaps, outliers."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mes_stoch.io.market_files.finding import Finding
from mes_stoch.io.market_files.market_table import MarketSeries, MarketTable
from mes_stoch.io.readers.locate import unit_word

_HEADINGS = {
    "gap": "gaps",
    "missing": "missing numbers",
    "repeat": "repeats",
    "clock": "days of the clock change",
    "tender": "auctions",
    "order": "order",
    "resolution": "periods",
    "unit": "units",
    "text": "file",
    "outlier": "outliers",
}


def render_market_table(table: MarketTable, outliers: Sequence[Finding] = ()) -> RenderableType:
    """One file: where it comes from, a line a series, and what was noticed."""
    source = table.source
    head = Text(source.file, style="bold")
    facts = (
        f"layout {table.layout}, {source.rows} rows (lines {source.first_line} to {source.last_line}), "
        f"{source.encoding}, times in {table.zone}"
    )
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("series", "unit", "area", "from", "to", "period"):
        rows.add_column(heading, overflow="fold", no_wrap=heading in ("from", "to", "unit"))
    rows.add_column("rows", justify="right")
    rows.add_column("missing", justify="right")
    for one in table.series:
        rows.add_row(*_cells(one))
    parts: list[RenderableType] = [head, Padding(facts, (0, 0, 1, 0)), rows]
    found = [*table.findings, *outliers]
    for kind, heading in _HEADINGS.items():
        own = [finding for finding in found if finding.kind == kind]
        if own:
            parts.append(Text(f"{heading}:", style="bold"))
            parts += [Padding(str(finding), (0, 0, 0, 2)) for finding in own]
    if not any(finding.kind in ("gap", "missing") for finding in found):
        parts.append("no gaps and no missing numbers")
    return Group(*parts)


def _cells(one: MarketSeries) -> list[str]:
    times = one.times
    missing = int((one.values != one.values).sum())
    unit = unit_word(one.unit)
    return [
        one.name,
        unit if unit != one.unit else one.unit.replace("_per_", "/").replace("_h", "/h"),
        one.area,
        f"{times.index[0]:%Y-%m-%d %H:%M}",
        f"{times.index[-1]:%Y-%m-%d %H:%M}",
        one.resolution_words,
        str(len(times)),
        str(missing) if missing else "",
    ]
