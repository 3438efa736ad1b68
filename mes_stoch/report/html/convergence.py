"""Section: how the proven interval closed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.report.html.numbers import plain_list
from mes_stoch.report.html.parts import Figure, Note, Section
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.style import base_layout
from mes_stoch.report.palette import BLUE, VERMILION
from mes_stoch.report.tables import percent

_MOST_POINTS = 600


def convergence(source: ReportSource) -> Section:
    """Lower and upper bound against wall time."""
    run = source.run
    lower = run.trace["bound_lower"].to_numpy(dtype=float)
    upper = run.trace["bound_upper"].to_numpy(dtype=float)
    if not (np.isfinite(lower).any() or np.isfinite(upper).any()):
        return Section("convergence", "Convergence", [Note("No bound was proven.", "warning")])
    time = run.trace["time_s"].to_numpy(dtype=float)
    kept = _changes(lower, upper)
    end = max(float(time[-1]), float(run.summary["wall_time_s"]), 1e-3) * 1.05
    is_search = "bound_kind" in run.trace and bool((run.trace["bound_kind"] == "search").any())
    traces = []
    for name, bound, colour, dash, symbol in (
        ("upper bound: no commitment is worth more", upper, VERMILION, "dash", "triangle-down"),
        ("lower bound: this commitment is worth it", lower, BLUE, "solid", "triangle-up"),
    ):
        traces.append(_bound(name, time[kept], bound[kept], end, (colour, dash, symbol), run.currency))
    layout = base_layout(f"{run.maximised}, {run.currency} over the horizon", "wall time, s")
    layout["xaxis"] |= {"range": [0.0, end], "zeroline": False}
    layout["yaxis"] |= {"zeroline": False, "range": _reach(lower, upper)}
    thinned = (
        f" Points that change neither bound are left out ({len(time) - len(kept):,})." if len(kept) < len(time) else ""
    )
    figure = Figure(
        "convergence",
        "Bounds against time",
        f"The gap that is left is {percent(run.summary['gap_rel'])} of the larger bound.{thinned}",
        "While HiGHS searches alone, its own bounds are shown; those at the end are proven."
        if is_search
        else "Each point is proven when it is drawn.",
        traces,
        layout,
        360,
    )
    return Section("convergence", "Convergence", [figure])


def _changes(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places at which a bound changes, the first and the last; thinned where there are very many."""
    ends = np.stack([lower, upper])
    moved = np.any(ends[:, 1:] != ends[:, :-1], axis=0)
    places = np.unique(np.concatenate([[0], np.flatnonzero(moved) + 1, [len(lower) - 1]])).astype(np.int64)
    if len(places) > _MOST_POINTS:
        places = places[np.unique(np.linspace(0, len(places) - 1, _MOST_POINTS).astype(int))]
    return places


def _bound(
    name: str,
    time: NDArray[np.float64],
    bound: NDArray[np.float64],
    end: float,
    look: tuple[str, str, str],
    currency: str,
) -> dict[str, Any]:
    """A bound as steps that hold on to the end."""
    colour, dash, symbol = look
    known = np.isfinite(bound)
    at, values = time[known], bound[known]
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(at) <= 60 else "lines",
        "name": name,
        "x": plain_list(np.append(at, end)),
        # money of all digits: bounds may differ in the eighth
        "y": [float(value) for value in np.append(values, values[-1:])] if len(values) else [],
        "line": {"shape": "hv", "color": colour, "dash": dash, "width": 2},
        "marker": {"symbol": symbol, "size": 8},
        "hovertemplate": "%{fullData.name}<br>%{x:.3~g} s: %{y:,.2f} " + currency + "<extra></extra>",
    }


def _reach(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> list[float]:
    """The part of the axis where the bounds meet: a first bound far off would press the rest into a line."""
    known = np.concatenate([lower[np.isfinite(lower)], upper[np.isfinite(upper)]])
    last = np.array([bound[np.isfinite(bound)][-1] for bound in (lower, upper) if np.isfinite(bound).any()])
    typical = float(np.quantile(np.abs(known - last.mean()), 0.75))
    reach = max(4.0 * typical, 2.0 * float(np.ptp(last)), 1e-4 * max(abs(float(last.mean())), 1.0))
    low = max(float(known.min()), float(last.min()) - reach)
    high = min(float(known.max()), float(last.max()) + reach)
    pad = 0.1 * max(high - low, 1e-4 * max(abs(high), 1.0))
    return [low - pad, high + pad]
