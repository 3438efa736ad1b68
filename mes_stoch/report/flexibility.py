"""What a site can offer, as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.flexibility.region import FlexibilityRegion

_WORDS = {"up": "more export or less import", "down": "less export or more import"}
#: Times of day that a table shows at most.
_MOST_ROWS = 12


def duration_in_words(hours: float) -> str:
    """
    >>> duration_in_words(0.25), duration_in_words(1.5)
    ('15 min', '1.5 h')
    """
    if hours >= 1.0:
        return f"{hours:g} h"
    return f"{60.0 * hours:.3g} min" if hours * 60.0 >= 1.0 - 1e-6 else f"{3600.0 * hours:.3g} s"


def chosen_durations(found: FlexibilityRegion, most: int = 4) -> list[float]:
    """The shortest, the longest, and some between, among them that for which most is committed."""
    durations = found.durations_h
    if len(durations) <= most:
        return durations
    chosen = {durations[round(place)] for place in np.linspace(0, len(durations) - 1, most - 1)}
    chosen.add(found.main_duration_h)
    return sorted(chosen)


def start_edges(points: pd.DataFrame) -> pd.DatetimeIndex:
    """Starts, and the end of the span of the last."""
    starts = pd.DatetimeIndex(points["start"].unique())
    width = starts[1] - starts[0] if len(starts) > 1 else pd.Timedelta(hours=1)
    return pd.DatetimeIndex([*starts, starts[-1] + width])


def render_flexibility(found: FlexibilityRegion) -> RenderableType:
    """Largest deviations by start and duration, and what is committed; a table a direction."""
    if found.points.empty:
        return Text("  No time for any start: give it a longer time limit.")
    parts: list[RenderableType] = [_table(found, direction) for direction in _WORDS]
    parts.append(Text(_notes(found)))
    return Group(*parts)


def _table(found: FlexibilityRegion, direction: str) -> Table:
    points = found.points[found.points["direction"] == direction]
    table = Table(
        title=f"{found.connection}, {direction} ({_WORDS[direction]}), scenario {found.scenario}: MW",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    durations, shown = chosen_durations(found), found.main_duration_h
    table.add_column("from")
    for hours in durations:
        table.add_column(duration_in_words(hours), justify="right")
    for heading in ("fixed", "committed", f"{found.currency}/MWh"):
        table.add_column(heading, justify="right")
    table.add_column("limited by")
    starts = list(points["start"].unique())
    clock = "%H:%M" if starts[-1] - starts[0] < pd.Timedelta(days=1) else "%d %b %H:%M"
    for start in starts[:: -(-len(starts) // _MOST_ROWS)]:
        own = points[points["start"] == start].set_index("duration_h")
        one = own.loc[shown]
        table.add_row(
            f"{pd.Timestamp(start):{clock}}",
            *(_number(own["deviation_mw"][hours]) for hours in durations),
            _number(one["fixed_mw"]),
            _number(one["committed_mw"]),
            _number(one["cost_eur_per_mwh"]),
            limiting_in_words(one["limited_by"], one["limit"]),
        )
    table.caption = f"fixed, committed, cost and limit: for {duration_in_words(shown)}"
    table.caption_justify = "left"
    return table


def limiting_in_words(names: object, what: object) -> str:
    """The largest of the components that limit, by what, and how many more do."""
    if not isinstance(names, str):
        return ""
    first, *others = names.split(", ")
    return f"{first}, {what}" + (f"; {len(others)} more" if others else "")


def _notes(found: FlexibilityRegion) -> str:
    lines = [
        "  Hours: largest constant deviation for as long, all nodes served, then the schedule again.",
        "  fixed: without re-dispatch. committed: what calls may still ask for, for as long.",
        "  Cost: what the site pays more, tariffs included, per MWh of deviation; the deviation itself has no price.",
    ]
    if found.has_states:
        lines.append("  Units are on or off, so a smaller deviation than these need not be possible.")
    outside, unreturned = len(found.outside), len(found.unreturned)
    count = int((found.points["committed_mw"] > 0).sum())
    starts = found.points["start"].unique()
    if len(starts) > 1:
        lines.append(f"  Starts are {duration_in_words((starts[1] - starts[0]) / pd.Timedelta(hours=1))} apart.")
    lines.append(f"  Committed at {count} of {len(found.points)} points; more than can be delivered at {outside}.")
    if len(found.without_base):
        lines.append(
            f"  At {len(found.without_base)} points not even the schedule itself can be kept: nothing is known there."
        )
    if unreturned:
        lines.append(f"  At {unreturned} of them it can be delivered, but the base is not returned to after it.")
    return "\n".join(lines)


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:,.2f}"
