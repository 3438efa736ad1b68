"""Figures of a scenario tree: fans of its series over time, duration curves, and correlation between series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mes_stoch.io.readers.locate import unit_word
from mes_stoch.report.axes import dress, local_time_axis
from mes_stoch.report.palette import BLUE, INK, VERMILION
from mes_stoch.schema.units import unit_of
from mes_stoch.uncertainty.tree_quality.courses import Courses
from mes_stoch.uncertainty.tree_quality.report import TreeQuality
from mes_stoch.uncertainty.tree_quality.statistics import quantiles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Series on one figure.
PER_FIGURE = 8
_COLUMNS = 2
_BANDS = ((0.05, 0.95, 0.25), (0.25, 0.75, 0.5))


def draw_fans(quality: TreeQuality, edges: pd.DatetimeIndex, title: str) -> Iterator[Figure]:
    """Bands of each series over the horizon, weighted, with the source's median and 5 to 95 % as lines.

    Parameters
    ----------
    edges : DatetimeIndex
        Beginnings of the periods and the end of the last, in local time.
    """
    for figure, names, axes in _pages(quality.source.series, title):
        for place, (name, axis) in enumerate(zip(names, axes, strict=True)):
            dress(axis, name, _unit(name))
            for low, high, strength in _BANDS:
                lower, upper = _band(quality.tree, name, low), _band(quality.tree, name, high)
                label = f"{quality.tree.name}: {100 * low:.0f} to {100 * high:.0f} %"
                axis.fill_between(edges, lower, upper, step="post", color=BLUE, alpha=strength, lw=0, label=label)
            middle = _band(quality.tree, name, 0.5)
            axis.step(edges, middle, where="post", color=INK, lw=1.2, label=f"{quality.tree.name}: median")
            for level, style in ((0.05, ":"), (0.5, "--"), (0.95, ":")):
                # an underscore keeps a line out of the key
                label = f"{quality.source.name}: median, 5 % and 95 %" if level == 0.5 else "_"
                own = _band(quality.source, name, level)
                axis.step(edges, own, where="post", color=VERMILION, lw=1.1, linestyle=style, label=label)
            local_time_axis(axis, edges)
            if place < len(names) - _COLUMNS:
                axis.set_xlabel("")
        _key(figure, axes[0])
        yield figure


def draw_durations(quality: TreeQuality, title: str) -> Iterator[Figure]:
    """Values of each series in falling order over the share of time, of the tree and of its source."""
    for figure, names, axes in _pages(quality.source.series, title):
        for name, axis in zip(names, axes, strict=True):
            dress(axis, name, _unit(name))
            for courses, colour, style in ((quality.tree, BLUE, "-"), (quality.source, VERMILION, "--")):
                values = courses.of(name).ravel()
                weights = courses.each
                order = np.argsort(-values, kind="stable")
                share = np.concatenate([[0.0], np.cumsum(weights[order])])
                curve = np.concatenate([values[order][:1], values[order]])
                axis.step(100.0 * share, curve, color=colour, linestyle=style, lw=1.4, label=courses.name)
            axis.set_xlabel("share of time, %", fontsize=9)
            axis.set_xlim(0.0, 100.0)
        _key(figure, axes[0])
        yield figure


def draw_correlations(quality: TreeQuality, title: str) -> Figure:
    """Correlation between series in the source and in the tree, with the numbers where they fit."""
    from matplotlib.figure import Figure

    names = quality.source.series
    size = 3.2 + 0.28 * len(names)
    figure = Figure(figsize=(2.0 * size + 1.6, size + 1.4), layout="constrained")
    figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
    pair: Any = figure.subplots(1, 2, sharey=True)
    for axis, (of, table) in zip(pair, quality.correlations.items(), strict=True):
        image = axis.imshow(table.to_numpy(), cmap="PuOr_r", vmin=-1.0, vmax=1.0)
        axis.set_title(of, loc="left", fontsize=10, color=INK)
        axis.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
        axis.set_yticks(range(len(names)), names, fontsize=7)
        if len(names) <= 16:
            for (row, column), value in np.ndenumerate(table.to_numpy()):
                colour = "white" if abs(value) > 0.6 else INK
                axis.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=6, color=colour)
    bar = figure.colorbar(image, ax=list(pair), shrink=0.8)
    bar.set_label("correlation", fontsize=9)
    return figure


def _pages(names: Sequence[str], title: str) -> Iterator[tuple[Figure, Sequence[str], list[Any]]]:
    """Figures with axes for some series each."""
    from matplotlib.figure import Figure

    for first in range(0, len(names), PER_FIGURE):
        chosen = names[first : first + PER_FIGURE]
        columns = min(_COLUMNS, len(chosen))
        rows = -(-len(chosen) // columns)
        figure = Figure(figsize=(6.2 * columns, 2.5 * rows + 1.0), layout="constrained")
        figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
        axes: Any = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis in axes[len(chosen) :]:
            axis.set_visible(False)
        yield figure, chosen, list(axes[: len(chosen)])


def _unit(name: str) -> str:
    """What stands on the axis of a series."""
    unit = unit_of(name)
    return "" if unit is None else unit_word(unit)


def _key(figure: Figure, axis: Any) -> None:
    """One key for all axes, below them."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=4, frameon=False, fontsize=8)


def _band(courses: Courses, name: str, level: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Quantile over cases in each period, the last one twice for a step to the end."""
    values = courses.of(name)
    found = [quantiles(values[:, t], courses.weights, (level,))[0] for t in range(values.shape[1])]
    return np.array([*found, found[-1]])
