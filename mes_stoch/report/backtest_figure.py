"""Figure: regret of every day of a backtest, by what caused it, and what all days have earned by then."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mes_stoch.io.artifacts.run_folder import FIGURES, RunFolder
from mes_stoch.report.axes import dress
from mes_stoch.report.figures import RESOLUTION_DPI, PlotsMissingError
from mes_stoch.report.palette import BLUE, GREEN, GREY, ORANGE, SKY, VERMILION
from mes_stoch.schema.backtest import BacktestDay, BacktestPlan

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    """Above: regret by day, that of the operation and that of the commitment. Below: profits, summed over the days."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    dates = np.array([day.day for day in days], dtype="datetime64[D]")
    _regret(above, plan, days, dates)
    _summed(below, plan, days, dates)
    return figure


def _regret(axes: Any, plan: BacktestPlan, days: Sequence[BacktestDay], dates: Any) -> None:
    operation = np.array([day.given_lower - day.realised for day in days])
    commitment = np.array([day.perfect_lower - day.given_lower for day in days])
    rest = np.array([day.perfect_upper - day.perfect_lower for day in days])
    title = f"{plan.instance} on {plan.source}: regret by day, window of {plan.window_days} days"
    dress(axes, title, f"perfect foresight less realised, {plan.currency}")
    style = {"width": 0.8, "linewidth": 0}
    axes.bar(dates, operation, color=VERMILION, label="operated without knowing the day", **style)
    axes.bar(dates, commitment, bottom=operation, color=SKY, label="committed without knowing the day", **style)
    axes.bar(dates, rest, bottom=operation + commitment, color=GREY, label="not proven either way", **style)
    missed = np.array([bool(day.missing_mwh) for day in days])
    if missed.any():
        top = (operation + commitment + rest)[missed]
        axes.plot(dates[missed], top, "v", color=ORANGE, markersize=5, label="something was not held or delivered")
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    axes.margins(y=0.15)


def _summed(axes: Any, plan: BacktestPlan, days: Sequence[BacktestDay], dates: Any) -> None:
    dress(axes, "", f"summed profit, {plan.currency}")
    lines = (
        ("planned", GREY, ":", "planned"),
        ("perfect_lower", GREEN, "--", "perfect foresight"),
        ("given_lower", SKY, "-.", "same commitment, day known"),
        ("realised", BLUE, "-", "realised"),
    )
    for name, colour, style, label in lines:
        summed = np.cumsum([getattr(day, name) for day in days])
        axes.plot(dates, summed, color=colour, linestyle=style, linewidth=1.6, label=label)
    axes.legend(loc="best", frameon=False, fontsize=8)
    import matplotlib.dates

    # matplotlib has no types for these
    known: Any = matplotlib.dates
    locator = known.AutoDateLocator(maxticks=12)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(known.ConciseDateFormatter(locator))
