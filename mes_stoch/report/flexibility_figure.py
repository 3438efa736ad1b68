"""Figure: what is committed, drawn into what can be offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mes_stoch.evaluation.flexibility.region import FlexibilityRegion
from mes_stoch.report.axes import dress, local_time_axis
from mes_stoch.report.flexibility import chosen_durations, duration_in_words, start_edges
from mes_stoch.report.palette import GREY, INK, VERMILION, component_fills

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WORDS = {"up": "up: more export, or less import", "down": "down: less export, or more import"}
#: From the shortest duration, lightest, to the longest.
_BLUES = ("#d6e6f4", "#abd0e6", "#6aaed6", "#3787c0", "#105ba4", "#08306b")
_STYLES = ("-", "--", ":", "-.")
_NOTHING_MW = 1e-3


def draw_flexibility(found: FlexibilityRegion) -> Figure:
    """Largest deviations over the day, by duration, with the committed volumes in them and the device that limits.

    Two rows, up and down. Left, over the times of day: a band a duration, what calls may still ask for as steps, the
    deviation without re-dispatch dashed, for one of the durations; below it a strip with the device that limits it.
    Right, over durations, for the start at which commitments come closest to what can be offered.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 8.0), layout="constrained")
    grid = figure.add_gridspec(5, 2, height_ratios=[5, 0.4, 0.25, 5, 0.4], width_ratios=[3.4, 1.0])
    fills = component_fills(_limiting(found.points))
    durations, shown = chosen_durations(found), found.main_duration_h
    is_committed = found.points[found.points["committed_mw"] > _NOTHING_MW]
    committed = [hours for hours in durations if hours in set(is_committed["duration_h"])]
    shared: Any = None
    for row, direction in ((0, "up"), (3, "down")):
        points = found.points[found.points["direction"] == direction]
        day = figure.add_subplot(grid[row, 0], sharex=shared)
        shared = day if shared is None else shared
        _day(day, points, direction, durations, committed, shown)
        _strip(figure.add_subplot(grid[row + 1, 0], sharex=shared), points, fills, shown, has_date=row > 0)
        _durations(figure.add_subplot(grid[row : row + 2, 1]), points)
    handles, labels = shared.get_legend_handles_labels()
    handles += [_patch(fill.colour, name, fill.hatch) for name, fill in fills.items()]
    labels += [f"limited by {name}" for name in fills]
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    figure.suptitle(
        f"{found.instance}: what {found.connection} can offer around scenario {found.scenario}, and what is committed",
        fontsize=11,
        x=0.01,
        ha="left",
        parse_math=False,
    )
    return figure


def _day(
    axes: Any, points: pd.DataFrame, direction: str, durations: list[float], callable_h: list[float], shown: float
) -> None:
    dress(axes, _WORDS[direction], "MW")
    edges = start_edges(points)
    for number, hours in enumerate(durations):
        own = points[points["duration_h"] == hours]
        colour = _BLUES[round(number * (len(_BLUES) - 1) / max(1, len(durations) - 1))]
        axes.stairs(
            own["deviation_mw"].to_numpy(),
            edges,
            fill=True,
            color=colour,
            label=f"can be offered for {duration_in_words(hours)}",
        )
    own = points[points["duration_h"] == shown]
    axes.stairs(
        own["fixed_mw"].to_numpy(),
        edges,
        color=GREY,
        linestyle="--",
        linewidth=1.3,
        baseline=None,
        label=f"for {duration_in_words(shown)} without re-dispatch",
    )
    for hours, style in zip(callable_h, _STYLES, strict=False):
        committed = points[points["duration_h"] == hours]["committed_mw"].to_numpy()
        axes.stairs(
            committed,
            edges,
            color=VERMILION,
            linewidth=1.8,
            linestyle=style,
            baseline=None,
            label=f"committed, callable for {duration_in_words(hours)}",
        )
    axes.tick_params(labelbottom=False)
    axes.set_ylim(0.0, None)


def _strip(axes: Any, points: pd.DataFrame, fills: dict[str, Any], shown: float, *, has_date: bool) -> None:
    """The device that limits a deviation of one duration, by start."""
    edges = start_edges(points)
    for place, name in enumerate(points[points["duration_h"] == shown]["limited_by"]):
        first = _first(name)
        if first in fills:
            fill = fills[first]
            axes.axvspan(edges[place], edges[place + 1], color=fill.colour, hatch=fill.hatch, linewidth=0)
    axes.set_yticks([])
    axes.set_ylabel(f"limit, {duration_in_words(shown)}", fontsize=7, rotation=0, ha="right", va="center")
    for side in axes.spines.values():
        side.set_visible(False)
    local_time_axis(axes, edges)
    axes.tick_params(labelsize=8)
    if not has_date:
        axes.set_xlabel("")


def _durations(axes: Any, points: pd.DataFrame) -> None:
    """Offer and commitment over durations, where they come closest."""
    room = points["deviation_mw"] - points["committed_mw"]
    is_committed = points["committed_mw"] > _NOTHING_MW
    chosen = room[is_committed] if is_committed.any() else room
    if chosen.dropna().empty:
        axes.set_axis_off()
        return
    start = points["start"].iloc[int(np.argmax(points.index == chosen.idxmin()))]
    own = points[points["start"] == start]
    hours = np.concatenate([[0.0], own["duration_h"].to_numpy()])
    dress(axes, f"from {pd.Timestamp(start):%H:%M}", "MW")
    axes.stairs(own["deviation_mw"].to_numpy(), hours, fill=True, color=_BLUES[2])
    axes.stairs(own["committed_mw"].to_numpy(), hours, color=VERMILION, linewidth=1.8)
    delivered = own["delivered_mw"].to_numpy()
    if (delivered - own["deviation_mw"].to_numpy() > _NOTHING_MW).any():
        axes.stairs(delivered, hours, color=INK, linewidth=1.0, linestyle=":", baseline=None)
        axes.text(hours[-1], float(delivered[-1]), "not returned", fontsize=7, ha="right", va="bottom", color=INK)
    for (_, point), left in zip(own.iterrows(), hours[:-1], strict=True):
        if not pd.isna(point["cost_eur_per_mwh"]) and point["duration_h"] - left > 0.12 * hours[-1]:
            axes.annotate(
                f"{point['cost_eur_per_mwh']:.0f}",
                ((left + point["duration_h"]) / 2, point["deviation_mw"]),
                ha="center",
                va="bottom",
                fontsize=7,
                color=INK,
            )
    axes.set_xlim(0.0, hours[-1])
    axes.set_ylim(0.0, 1.12 * float(np.nanmax([*own["delivered_mw"], *own["committed_mw"], _NOTHING_MW])))
    axes.set_xlabel("duration, h; above: cost per MWh", fontsize=8)


def _first(names: object) -> str:
    return str(names).split(", ")[0] if isinstance(names, str) else ""


def _limiting(points: pd.DataFrame) -> list[str]:
    return [name for name in dict.fromkeys(_first(names) for names in points["limited_by"]) if name]


def _patch(colour: str, label: str, hatch: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(facecolor=colour, label=label, hatch=hatch)
