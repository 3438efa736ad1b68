"""Figure: proven bounds on what is maximised, the expected profit or a utility with risk, against time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.report.axes import dress
from mes_stoch.report.palette import BLUE, GREY, INK, VERMILION
from mes_stoch.report.run import Run
from mes_stoch.report.tables import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_bounds(run: Run) -> Figure:
    """Lower and upper bound as steps, the gap that is left written beside them."""
    from matplotlib.figure import Figure

    summary = run.summary
    figure = Figure(figsize=(8.5, 4.6), layout="constrained")
    axes = figure.subplots()
    method = {"ef": "extensive form", "ph": "progressive hedging"}.get(summary["method"], summary["method"])
    # while it searches, HiGHS' own bounds are shown; the last ones are proven
    is_search = "bound_kind" in run.trace and (run.trace["bound_kind"] == "search").any()
    what = "bounds, proven at the end" if is_search else "proven bounds"
    ranks = "" if summary["ranks"] == 1 else f" on {summary['ranks']} ranks"
    dress(axes, f"{summary['instance']}: {what}, {method}{ranks}, {summary['scenarios']} scenarios", "")
    axes.set_ylabel(f"{run.maximised}, {run.currency} over the horizon", fontsize=9)
    axes.set_xlabel("wall time, s", fontsize=9)

    time = run.trace["time_s"].to_numpy(dtype=float)
    lower = run.trace["bound_lower"].to_numpy(dtype=float)
    upper = run.trace["bound_upper"].to_numpy(dtype=float)
    if not (np.isfinite(lower).any() or np.isfinite(upper).any()):
        axes.text(0.5, 0.5, "no bound was proven", transform=axes.transAxes, ha="center", color=GREY)
        return figure
    # bounds hold on after the last point: the lines end at a margin where the gap is written
    end = max(float(time[-1]), float(summary["wall_time_s"]), 1e-3) * 1.12
    time, lower, upper = np.append(time, end), np.append(lower, lower[-1]), np.append(upper, upper[-1])
    both = np.isfinite(lower) & np.isfinite(upper)
    axes.fill_between(time, lower, upper, where=both, step="post", color=GREY, alpha=0.18, linewidth=0)
    styles = (
        (upper, VERMILION, "--", "v", "upper bound: no commitment earns more"),
        (lower, BLUE, "-", "^", "lower bound: this commitment earns it"),
    )
    for bound, colour, style, marker, label in styles:
        known = np.isfinite(bound)
        axes.step(
            time[known],
            bound[known],
            where="post",
            color=colour,
            linestyle=style,
            marker=marker if len(time) <= 40 else None,
            markevery=slice(0, -1),
            markersize=5,
            linewidth=1.8,
            label=label,
        )
    axes.set_xlim(0.0, end)
    _limit(axes, lower, upper)
    if both[-1]:
        _write_gap(axes, end, float(lower[-1]), float(upper[-1]), percent(summary["gap_rel"]))
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, -0.27), ncols=2, frameon=False, fontsize=8)
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)
    return figure


def _write_gap(axes: Any, end: float, lower: float, upper: float, gap: str) -> None:
    """A bracket between the last bounds, and their relative distance."""
    at = 0.98 * end
    low, high = axes.get_ylim()
    if upper - lower > 0.02 * (high - low):
        axes.annotate("", xy=(at, lower), xytext=(at, upper), arrowprops={"arrowstyle": "<->", "color": INK})
    axes.annotate(
        f"gap {gap}",
        xy=(end, 0.5 * (lower + upper)),
        xytext=(6, 0),
        textcoords="offset points",
        annotation_clip=False,
        ha="left",
        va="center",
        fontsize=10,
        fontweight="bold",
        color=INK,
    )


def _limit(axes: Any, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
    """Show the part where the bounds meet: a first bound far off would squeeze the rest into a line."""
    known = np.concatenate([lower[np.isfinite(lower)], upper[np.isfinite(upper)]])
    last = np.array([bound[np.isfinite(bound)][-1] for bound in (lower, upper) if np.isfinite(bound).any()])
    low, high = float(known.min()), float(known.max())
    typical = float(np.quantile(np.abs(known - last.mean()), 0.75))
    reach = max(4.0 * typical, 2.0 * float(np.ptp(last)), 1e-4 * max(abs(last.mean()), 1.0))
    low, high = max(low, float(last.min()) - reach), min(high, float(last.max()) + reach)
    pad = 0.08 * max(high - low, 1e-4 * max(abs(high), 1.0))
    axes.set_ylim(low - pad, high + pad)
