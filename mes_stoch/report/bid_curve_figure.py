"""Figure: what is offered at each price over time, and what of it is accepted on the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.report.axes import dress, legend_beside, local_time_axis
from mes_stoch.report.bid_curves import BidCurve, bid_curves, unit_in_words
from mes_stoch.report.palette import INK
from mes_stoch.report.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: From what is accepted nearly always to what rarely is.
_SHADES = ("#08519c", "#3182bd", "#6baed6", "#bdd7e7", "#eff3ff")


def draw_bid_curves(run: Run) -> Figure:
    """One panel a product (and side of a market): volumes stacked from the lowest price on, as they are accepted."""
    from matplotlib.figure import Figure

    every = bid_curves(run)
    # a panel of nothing says less than the table
    curves = [curve for curve in every if curve.offered_mw.any()] or every[:1]
    figure = Figure(figsize=(10.5, 1.2 + 2.4 * len(curves)), layout="constrained")
    panels = figure.subplots(len(curves), 1, sharex=True, squeeze=False)[:, 0]
    edges = pd.DatetimeIndex(sorted({moment for curve in curves for moment in (*curve.starts, *curve.ends)}))
    for axes, curve in zip(panels, curves, strict=True):
        _panel(axes, curve)
    local_time_axis(panels[-1], edges)
    figure.suptitle(f"{run.summary['instance']}: offers at a price", fontsize=11, x=0.01, ha="left")
    return figure


def _panel(axes: Any, curve: BidCurve) -> None:
    dress(axes, f"{curve.title}: offered, and accepted on the mean", "MW")
    below = np.zeros(len(curve.starts))
    handles, labels = [], []
    # what is bought is accepted from the highest limit on
    order = range(len(curve.prices)) if curve.direction != "buy" else reversed(range(len(curve.prices)))
    for number, place in enumerate(order):
        above = below + curve.offered_mw[:, place]
        edges, (low, high) = _steps(curve, below, above)
        handles.append(
            axes.fill_between(edges, low, high, facecolor=_SHADES[number % len(_SHADES)], edgecolor=INK, linewidth=0.4)
        )
        labels.append(f"at {curve.prices[place]:g} {unit_in_words(curve.unit)}")
        below = above
    edges, (accepted,) = _steps(curve, curve.accepted_mw)
    (line,) = axes.plot(edges, accepted, color="#D55E00", linewidth=1.8)
    axes.margins(y=0.08)
    legend_beside(axes, [*handles, line], [*labels, "accepted, mean"])


def _steps(curve: BidCurve, *values: NDArray[np.float64]) -> tuple[pd.DatetimeIndex, list[NDArray[np.float64]]]:
    """Corners of step functions, with nothing between blocks that do not meet."""
    moments: list[pd.Timestamp] = []
    corners: list[list[float]] = [[] for _ in values]
    for place, (start, end) in enumerate(zip(curve.starts, curve.ends, strict=True)):
        if moments and start != moments[-1]:
            moments.append(start)
            for own in corners:
                own.append(np.nan)
        moments += [start, end]
        for own, value in zip(corners, values, strict=True):
            own += [float(value[place])] * 2
    return pd.DatetimeIndex(moments), [np.array(own) for own in corners]
