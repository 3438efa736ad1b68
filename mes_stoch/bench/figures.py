"""Two figures: time to the gap of everybody, and cost per scenario against their number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mes_stoch.bench.goals import own_timed
from mes_stoch.bench.store import BenchFolder, Row
from mes_stoch.bench.tables import row_label
from mes_stoch.report.axes import dress
from mes_stoch.report.figures import PlotsMissingError
from mes_stoch.report.palette import BLUE, GREEN, GREY, INK, ORANGE, PINK, SKY, VERMILION
from mes_stoch.report.paper.figure_files import RESOLUTION_DPI

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SMALLEST_GAP = 1e-6
_MOST_PANELS = 3
_STOP = "stopped without a gap"
_STYLES = {
    "own solver": (BLUE, "-", "o"),
    "HiGHS, extensive form": (VERMILION, "--", "s"),
    "HiGHS, extensive form, interior point": (ORANGE, "--", "D"),
    "generic_cylinders": (GREEN, "-.", "^"),
}
_OTHER = (PINK, "-.", "v")


def write_figures(folder: BenchFolder) -> tuple[Path, ...]:
    """Draw what there are rows for.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ModuleNotFoundError:
        raise PlotsMissingError from None
    rows = folder.rows()
    written = []
    for name, figure in (
        ("time_to_gap.png", draw_time_to_gap(rows, folder.traces(), float(folder.head["settings"]["gap_rel"]))),
        ("cost_per_scenario.png", draw_cost_per_scenario(rows)),
    ):
        if figure is not None:
            FigureCanvasAgg(figure)
            target = folder.path / name
            drawable: Any = figure
            drawable.savefig(target, format="png", dpi=RESOLUTION_DPI)
            written.append(target)
    return tuple(written)


def draw_time_to_gap(rows: Sequence[Row], traces: pd.DataFrame, gap_rel: float) -> Figure | None:
    """Relative gap against wall time, both logarithmic, one panel a size; the largest sizes that have peers."""
    from matplotlib.figure import Figure

    chosen = [row for row in rows if row["kind"] in ("own", "ef", "mpisppy_driver") and not row["bids"]]
    with_peers = sorted({row["scenarios"] for row in chosen if row["kind"] != "own"})
    sizes = with_peers or sorted({row["scenarios"] for row in chosen})
    sizes = sizes[-_MOST_PANELS:]
    if not sizes:
        return None
    figure = Figure(figsize=(4.2 * len(sizes) + 0.6, 4.4), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(sizes), sharey=True))
    shown: dict[str, Any] = {}
    for axes, size in zip(panels, sizes, strict=True):
        for row in (row for row in _peers_and_best_own(chosen, size) if row["scenarios"] == size):
            line = _draw_trace(axes, row, traces[traces["key"] == row["key"]])
            if line is not None:
                shown.setdefault(_name(row), line)
        axes.axhline(100 * gap_rel, color=INK, linewidth=0.9, linestyle=":")
        dress(axes, f"{size:,} scenarios", "")
        axes.set_xscale("log")
        axes.set_yscale("log")
        _plain_ticks(axes.xaxis)
        axes.set_xlabel("wall time since the start of the processes, s", fontsize=9)
        axes.grid(True, axis="x", color="#eeeeee", linewidth=0.6)
    panels[0].set_ylabel("relative gap of the bounds, %", fontsize=9)
    panels[0].annotate(
        f"asked for: {100 * gap_rel:g} %",
        xy=(0.02, 100 * gap_rel),
        xycoords=("axes fraction", "data"),
        xytext=(0, -3),
        textcoords="offset points",
        va="top",
        fontsize=8,
        color=INK,
    )
    _plain_ticks(panels[0].yaxis)
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(min(low, 30 * gap_rel), max(high, 1000 * gap_rel))
    if shown:
        figure.legend(list(shown.values()), list(shown), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def _name(row: Row) -> str:
    """The own solver by one name and colour, whichever method was chosen."""
    return "own solver" if row["kind"] == "own" else row_label(row)


def _plain_ticks(axis: Any) -> None:
    """Round numbers as they are written, never as powers: three a decade, or one where there are many."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    few = high / max(low, 1e-12) < 300
    axis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_formatter(NullFormatter())


def _peers_and_best_own(rows: Sequence[Row], size: int) -> list[Row]:
    """Peers, and of the own solver the run that was done first: one line for one method."""
    own = [row for row in own_timed(rows) if row["scenarios"] == size]
    return [*sorted(own, key=lambda row: float(row["time_s"]))[:1], *(row for row in rows if row["kind"] != "own")]


def _draw_trace(axes: Any, row: Row, trace: pd.DataFrame) -> Any:
    """Gap as steps; a cross where a peer was stopped, on the upper edge where it had no gap to show."""
    colour, style, marker = _STYLES.get(_name(row), _OTHER)
    lower, upper = trace["bound_lower"].to_numpy(dtype=float), trace["bound_upper"].to_numpy(dtype=float)
    time = trace["since_start_s"].to_numpy(dtype=float)
    gap = (upper - lower) / np.maximum(np.maximum(np.abs(lower), np.abs(upper)), 1e-9)
    known = np.isfinite(gap) & (time > 0)
    time, gap = time[known], 100 * np.maximum(gap[known], _SMALLEST_GAP)
    stopped = row["status"] == "stopped"
    if stopped:
        end = float(row["process_wall_s"])
        if not len(time):
            return _draw_stop(axes, end, colour)
        time, gap = np.append(time, end), np.append(gap, gap[-1])
    if not len(time):
        return None
    look = {"color": colour, "linestyle": style, "marker": marker, "markevery": [0], "markersize": 4, "linewidth": 1.6}
    line = axes.step(time, gap, where="post", **look)[0]
    axes.plot(time[-1], gap[-1], color=colour, marker="x" if stopped else marker, markersize=7 if stopped else 5)
    return line


def _draw_stop(axes: Any, end_s: float, colour: str) -> Any:
    """A peer that was stopped without a gap: a cross below those of others stopped at the same moment."""
    stops = [line for line in axes.lines if line.get_gid() == _STOP]
    height = 0.97 - 0.06 * len(stops)
    top = axes.get_xaxis_transform()
    axes.annotate(
        "stopped, no gap",
        xy=(end_s, height),
        xycoords=top,
        xytext=(-7, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=7,
        color=INK,
    )
    return axes.plot([end_s], [height], transform=top, color=colour, marker="x", linestyle="", gid=_STOP)[0]


def draw_cost_per_scenario(rows: Sequence[Row]) -> Figure | None:
    """The own solver's cost per scenario against their number: CPU of one process, wall of each number of processes."""
    from matplotlib.figure import Figure

    own = own_timed(rows)
    if not own:
        return None
    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    axes = figure.subplots()
    curves = [("CPU, 1 process", "time_cpu_s", 1, GREY, "--", "s")]
    colours = (BLUE, ORANGE, GREEN, SKY)
    for number, ranks in enumerate(sorted({int(row["ranks"]) for row in own})):
        label = f"wall, {ranks} process{'es' if ranks > 1 else ''}"
        curves.append((label, "time_s", ranks, colours[number % len(colours)], "-", "o"))
    highest = 0.0
    for label, column, ranks, colour, style, marker in curves:
        points = sorted((int(row["scenarios"]), float(row[column])) for row in own if int(row["ranks"]) == ranks)
        if not points:
            continue
        counts = [count for count, _ in points]
        cost = [1000 * seconds / count for count, seconds in points]
        highest = max(highest, *cost)
        axes.plot(counts, cost, color=colour, linestyle=style, marker=marker, markersize=5, linewidth=1.6, label=label)
    dress(axes, "cost per scenario, from the program in hand to the certified gap", "ms per scenario")
    axes.set_xscale("log")
    counts = sorted({int(row["scenarios"]) for row in own})
    axes.set_xticks(_apart(counts), [f"{count:,}" for count in _apart(counts)])
    axes.minorticks_off()
    axes.set_xlabel("scenarios", fontsize=9)
    # flat is the point: the axis starts at nothing
    axes.set_ylim(0.0, 1.15 * highest)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def _apart(counts: list[int]) -> list[int]:
    """Counts whose labels do not run into each other on a logarithmic axis."""
    span = math.log(counts[-1] / counts[0]) if len(counts) > 1 else 1.0
    kept: list[int] = []
    for count in counts:
        if not kept or math.log(count / kept[-1]) > 0.07 * span:
            kept.append(count)
    return kept
