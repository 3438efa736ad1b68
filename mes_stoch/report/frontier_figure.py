"""Figure: expected profit against a measure of risk, with the envelope that no plan crosses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mes_stoch.evaluation.frontier import Frontier, FrontierPoint
from mes_stoch.report.axes import dress
from mes_stoch.report.palette import BLUE, GREY, INK, VERMILION
from mes_stoch.report.risk_table import measure_in_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SAMPLES = 400


def draw_frontier(frontier: Frontier, name: str) -> Figure:
    """Points with their weights; above and to the right of the dashed line lies no plan at all."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 5.2), layout="constrained")
    axes = figure.subplots()
    seed = "" if frontier.seed is None else f", seed {frontier.seed}"
    dress(axes, f"{name}: risk and return, {frontier.scenarios} scenarios{seed}", "")
    axes.set_ylabel(f"expected profit, {frontier.currency} over the horizon", fontsize=9)
    words = measure_in_words(frontier.measure, frontier.alpha)
    axes.set_xlabel(f"{words}, {frontier.currency} over the horizon", fontsize=9)
    axes.grid(True, axis="x", color="#dddddd", linewidth=0.6)
    measured = np.array([point.plan.measured for point in frontier.points])
    expected = np.array([point.plan.expected for point in frontier.points])
    left, right, bottom, top = _window(frontier, measured, expected)
    _envelope(axes, frontier, (left, right), (bottom, top))
    axes.plot(measured, expected, color=BLUE, linewidth=1.2, zorder=3, label="best plans known, by weight of risk")
    solved = np.array([point.is_solved for point in frontier.points])
    axes.plot(measured[solved], expected[solved], "o", color=BLUE, markersize=6, zorder=4, label="solved for")
    if not solved.all():
        axes.plot(
            measured[~solved],
            expected[~solved],
            "o",
            markerfacecolor="white",
            markeredgecolor=BLUE,
            markersize=10,
            zorder=3,
            label="from other weights",
        )
    for (x, y), weights in _by_place(frontier.points, right - left, top - bottom):
        axes.annotate(
            _range_of(weights),
            xy=(x, y),
            xytext=(-9, -12),
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color=INK,
        )
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.ticklabel_format(style="plain", useOffset=False)
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.13), ncols=2, frameon=False, fontsize=8)
    return figure


def _window(frontier: Frontier, measured: Any, expected: Any) -> tuple[float, float, float, float]:
    """Around the points, with room for labels at the left and for the envelope at the right."""
    bounds = [point.bound_upper for point in frontier.points if point.weight in (0.0, 1.0)]
    size = max(float(np.abs([*measured, *expected]).max()), 1e-300)
    wide = max(float(np.ptp(measured)), 1e-3 * size)
    high = max(float(np.ptp(expected)), 1e-3 * size)
    right = max([float(measured.max()), *(bounds[-1:] if frontier.points[-1].weight == 1.0 else [])])
    top = max([float(expected.max()), *(bounds[:1] if frontier.points[0].weight == 0.0 else [])])
    return (
        float(measured.min()) - 0.25 * wide,
        right + 0.12 * wide,
        float(expected.min()) - 0.2 * high,
        top + 0.12 * high,
    )


def _envelope(axes: Any, frontier: Frontier, across: tuple[float, float], along: tuple[float, float]) -> None:
    """The dashed line down to the end of the axes, and what lies beyond it in grey."""
    at = np.linspace(*across, _SAMPLES)
    last = frontier.points[-1]
    if last.weight == 1.0:
        # the corner where the line falls, exactly
        at = np.sort(np.append(at, last.bound_upper))
    most = np.array([frontier.most_expected(float(x)) for x in at])
    known = np.isfinite(most)
    line_at, line = at[known], np.clip(most[known], *along)
    if not known.all():
        line_at, line = np.append(line_at, line_at[-1]), np.append(line, along[0])
    axes.plot(line_at, line, "--", color=VERMILION, linewidth=1.4, zorder=2, label="proven: no plan lies beyond")
    floor = np.where(known, np.clip(most, *along), along[0])
    axes.fill_between(at, floor, along[1], color=GREY, alpha=0.15, linewidth=0, zorder=1)


def _by_place(
    points: tuple[FrontierPoint, ...], width: float, height: float
) -> list[tuple[tuple[float, float], list[float]]]:
    """Weights whose points fall together, so that labels do not lie over each other."""
    found: list[tuple[tuple[float, float], list[float]]] = []
    for point in points:
        place = (point.plan.measured, point.plan.expected)
        if found:
            (x, y), weights = found[-1]
            if abs(place[0] - x) < 0.01 * width and abs(place[1] - y) < 0.02 * height:
                weights.append(point.weight)
                continue
        found.append((place, [point.weight]))
    return found


def _range_of(weights: list[float]) -> str:
    return f"{weights[0]:g}" if len(weights) == 1 else f"{weights[0]:g} to {weights[-1]:g}"
