"""Figure: how the profit of one commitment, or of several, is distributed over scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from mes_stoch.evaluation.intervals import CONFIDENCE
from mes_stoch.model.risk.tail import tail_mean
from mes_stoch.report.amounts import amount
from mes_stoch.report.axes import dress
from mes_stoch.report.palette import BLUE, GREEN, INK, ORANGE, PINK, SKY, VERMILION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PINK, SKY)
_BELOW_INCH = -0.48
_STYLES = ("-", "--", "-.", ":")


def draw_profits(profits: Mapping[str, xr.Dataset], title: str, alpha: float = CONFIDENCE) -> Figure:
    """Cumulative distributions with their means and the means of their worst ``1 - alpha``.

    Parameters
    ----------
    profits : dict of str to Dataset
        What ``evaluation.nc`` holds, by the name that the legend shows.
    title : str
    alpha : float
        Share of the probability that does not count in CVaR.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 4.4 + 0.25 * len(profits)), layout="constrained")
    profits_on(figure.subplots(), profits, title, alpha)
    return figure


def profits_on(axes: Any, profits: Mapping[str, xr.Dataset], title: str, alpha: float = CONFIDENCE) -> None:
    """What :func:`draw_profits` shows, in axes that are given."""
    from matplotlib.transforms import ScaledTranslation

    dress(axes, title, "")
    axes.set_ylabel("probability of no more", fontsize=9)
    axes.grid(True, axis="x", color="#dddddd", linewidth=0.6)
    currency = ""
    for place, (name, dataset) in enumerate(profits.items()):
        values = dataset["profit_eur"].values.astype(float)
        weights = dataset["probability"].values.astype(float)
        currency = str(dataset["profit_eur"].attrs.get("units", ""))
        order = np.argsort(values, kind="stable")
        at, reached = values[order], np.cumsum(weights[order])
        colour, style = _COLOURS[place % len(_COLOURS)], _STYLES[place % len(_STYLES)]
        mean, worst = float(weights @ values), tail_mean(values, weights, 1.0 - alpha)
        axes.step(
            np.concatenate([at[:1], at]),
            np.concatenate([[0.0], reached]),
            where="post",
            color=colour,
            linestyle=style,
            linewidth=1.8,
            label=f"{name}: mean {amount(mean)}, worst {1 - alpha:.0%} {amount(worst)}",
        )
        for marker, value in (("o", mean), ("v", worst)):
            height = float(weights[values <= value].sum())
            axes.plot([value], [height], marker, color=colour, markersize=8, markeredgecolor=INK, zorder=4)
    axes.axhline(1.0 - alpha, color=INK, linewidth=0.6, linestyle=":")
    axes.plot([], [], "o", color="white", markeredgecolor=INK, label="mean")
    axes.plot([], [], "v", color="white", markeredgecolor=INK, label=f"mean of the worst {1 - alpha:.0%} (CVaR)")
    axes.set_ylim(0.0, 1.02)
    axes.set_xlabel(f"profit, {currency} over the horizon", fontsize=9)
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    # so far below the axis, whatever its height, that the label stays free
    below = axes.transAxes + ScaledTranslation(0.0, _BELOW_INCH, axes.figure.dpi_scale_trans)
    corner: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0), "bbox_transform": below}
    axes.legend(**corner, ncols=1, frameon=False, fontsize=8)
