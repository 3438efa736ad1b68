"""Axes as all figures have them: light grid, no box, local time below."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mes_stoch.report.palette import GREY, INK
from mes_stoch.schema.tree import ScenarioTree


def dress(axes: Any, title: str, unit: str) -> None:
    """Title at the left, unit on the axis, a grid that stays behind."""
    # a name with two dollars in it is no formula
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK, parse_math=False)
    axes.set_ylabel(unit, fontsize=9)
    axes.grid(True, axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)


def period_edges(tree: ScenarioTree) -> pd.DatetimeIndex:
    """Beginnings of all periods and the end of the last, local time."""
    end = tree.time[-1] + pd.Timedelta(seconds=round(3600 * float(tree.lengths_h[-1])))
    return pd.DatetimeIndex([*tree.time, end])


def local_time_axis(axes: Any, edges: pd.DatetimeIndex) -> None:
    """Ticks at round local hours (or days), labelled in local time with its zone."""
    import matplotlib.dates

    # matplotlib has no types for these
    dates: Any = matplotlib.dates
    zone = edges.tz
    hours = (edges[-1] - edges[0]) / pd.Timedelta(hours=1)
    axes.set_xlim(edges[0], edges[-1])
    if hours <= 50:
        step = next(step for step in (1, 2, 3, 6) if hours / step <= 12 or step == 6)
        axes.xaxis.set_major_locator(dates.HourLocator(byhour=range(0, 24, step), tz=zone))
        axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=zone))
        day = f"{edges[0]:%A %d %B %Y}"
    else:
        locator = dates.AutoDateLocator(tz=zone, maxticks=12)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone))
        day = f"{edges[0]:%d %B %Y} to {edges[-1] - pd.Timedelta(seconds=1):%d %B %Y}"
    axes.set_xlabel(f"{day}, local time ({zone})", fontsize=9)


def legend_beside(axes: Any, handles: list[Any], labels: list[str], handle_length: float = 1.4) -> None:
    """Legend to the right of the axes, where it covers nothing."""
    if not handles:
        return
    axes.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(1.075, 1.02),
        frameon=False,
        fontsize=8,
        handlelength=handle_length,
        borderaxespad=0.0,
    )
