"""What was read from market files, as a table for a person: spans, units, gaps, outliers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mes_stoch.io.market_files.finding import Finding
from mes_stoch.io.market_files.market_series import MarketSeries
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.readers.locate import unit_word

#: Findings of a kind that are printed of a file.
_MOST_FINDINGS = 20
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
    """One file: where it comes from, its series with their spans, and what was noticed."""
    source = table.source
    facts = (
        f"layout {table.layout}, {source.rows} rows (lines {source.first_line} to {source.last_line}), "
        f"{source.encoding}, times in {table.zone}"
    )
    parts: list[RenderableType] = [Text(source.file, style="bold"), Text(facts), ""]
    by_span: dict[str, list[MarketSeries]] = {}
    for one in table.series:
        by_span.setdefault(_span(one), []).append(one)
    for span, series in by_span.items():
        parts += [Text(f"{span}:"), _numbers(series)]
    found = [*table.findings, *outliers]
    for kind, heading in _HEADINGS.items():
        own = [finding for finding in found if finding.kind == kind]
        if own:
            parts.append(Text(f"{heading}:", style="bold"))
            parts += [Padding(str(finding), (0, 0, 0, 2), expand=False) for finding in own[:_MOST_FINDINGS]]
            if len(own) > _MOST_FINDINGS:
                parts.append(Text(f"  ... and {len(own) - _MOST_FINDINGS} more"))
    if not any(finding.kind in ("gap", "missing") for finding in found):
        parts.append("no gaps and no missing numbers")
    return Group(*parts)


def _span(one: MarketSeries) -> str:
    times = one.times
    first, last = f"{times.index[0]:%Y-%m-%d %H:%M%z}", f"{times.index[-1]:%Y-%m-%d %H:%M%z}"
    return f"starts of periods {first} to {last}, {len(times)} periods of {one.resolution_words}"


def _numbers(series: Sequence[MarketSeries]) -> Table:
    """A line a series, with what shows at a glance whether the unit can be right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("series", overflow="fold")
    table.add_column("unit", no_wrap=True)
    table.add_column("area", overflow="fold")
    for heading in ("missing", "least", "mean", "most"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in series:
        known = one.values[np.isfinite(one.values)]
        missing = one.values.size - known.size
        unit = unit_word(one.unit)
        words = unit if unit != one.unit else one.unit.replace("_per_", "/").replace("mw_h", "mw/h")
        cells = [f"{number:.6g}" for number in (known.min(), known.mean(), known.max())]
        table.add_row(one.name, words, one.area, str(missing) if missing else "", *cells)
    return table
