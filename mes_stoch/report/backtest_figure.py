"""Figure: regret of every day of a backtest, by what caused it, and what all days have earned by then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mes_stoch.io.artifacts.run_folder import FIGURES, RunFolder
from mes_stoch.report.axes import dress
from mes_stoch.report.figures import PlotsMissingError
from mes_stoch.report.palette import GREY, INK, SKY, VERMILION
from mes_stoch.report.paper.figure_files import RESOLUTION_DPI
from mes_stoch.schema.backtest import BacktestDay, BacktestPlan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Days that are named below the axis.
_MOST_LABELS = 12
FIGURE = f"{FIGURES}/regret_by_day.png"


def write_regret(plan: BacktestPlan, days: Sequence[BacktestDay], folder: Path) -> Path:
    """Draw it as ``figures/regret_by_day.png`` in a folder.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    WriteError
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ModuleNotFoundError:
        raise PlotsMissingError from None

    figure: Any = draw_regret(plan, days)
    FigureCanvasAgg(figure)
    return RunFolder(folder).put(FIGURE, lambda stream: figure.savefig(stream, format="png", dpi=RESOLUTION_DPI))


def draw_regret(plan: BacktestPlan, days: Sequence[BacktestDay]) -> Figure:
    """Above: regret by day, that of the operation and that of the commitment. Below: both, summed over the days."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _by_day(above, plan, days)
    _summed(below, plan, days)
    # days one after another, whatever was left out between them
    step = -(-len(days) // _MOST_LABELS)
    below.set_xticks(range(0, len(days), step), [f"{day.day:%d %b}" for day in days[::step]])
    below.set_xlabel(f"{days[0].day:%d %B %Y} to {days[-1].day:%d %B %Y}", fontsize=9)
    return figure


def _by_day(axes: Any, plan: BacktestPlan, days: Sequence[BacktestDay]) -> None:
    operation = np.array([day.given_lower - day.realised for day in days])
    commitment = np.array([day.perfect_lower - day.given_lower for day in days])
    rest = np.array([day.perfect_upper - day.perfect_lower for day in days])
    title = f"{plan.instance} on {plan.source}: regret by day, commitments from {plan.window_days} days before"
    dress(axes, title, f"perfect foresight less realised, {plan.currency}")
    places = np.arange(len(days))
    style = {"width": 0.8, "linewidth": 0}
    axes.bar(places, operation, color=VERMILION, label="operated without\nknowing the day", **style)
    axes.bar(places, commitment, bottom=operation, color=SKY, label="committed without\nknowing the day", **style)
    axes.bar(places, rest, bottom=operation + commitment, color=GREY, label="gap of the proof", **style)
    missed = np.array([bool(day.missing_mwh) for day in days])
    if missed.any():
        top = (operation + commitment + rest)[missed]
        label = "something not held,\ndelivered or served"
        axes.plot(places[missed], top, "v", color=INK, markersize=4, label=label)
        # a mark on the highest bar is not to be cut in half
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.04 * (high - low))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8)
    axes.margins(x=0.01)


def _summed(axes: Any, plan: BacktestPlan, days: Sequence[BacktestDay]) -> None:
    dress(axes, "", f"against perfect foresight,\nsummed, {plan.currency}")
    perfect = np.array([day.perfect_lower for day in days])
    lines = (
        ("planned", GREY, ":", "planned"),
        ("given_lower", SKY, "--", "same commitment,\nday known"),
        ("realised", VERMILION, "-", "realised"),
    )
    axes.axhline(0.0, color=INK, linewidth=0.8)
    for name, colour, style, label in lines:
        summed = np.cumsum(np.array([getattr(day, name) for day in days]) - perfect)
        axes.plot(np.arange(len(days)), summed, color=colour, linestyle=style, linewidth=1.6, label=label)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8)
