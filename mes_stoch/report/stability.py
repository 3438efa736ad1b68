"""How results settle with the number of scenarios: a table, and a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.sampled_sizes import Stability
from mes_stoch.report.amounts import amount
from mes_stoch.report.axes import dress
from mes_stoch.report.palette import BLUE, GREY, VERMILION

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_SHOWN = ("in_sample_upper", "in_sample_deviation", "out_of_sample", "out_of_sample_deviation", "gap", "gap_error")


def render_stability(found: Stability) -> RenderableType:
    """A row a number of scenarios, and what is recommended."""
    money = found.currency
    table = Table(title=f"Stability, {money} over the horizon", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("scenarios", "samples", "optimum", "+-", "earned elsewhere", "+-", "gap", "its error"):
        table.add_column(heading, justify="right")
    for size, row in found.table().iterrows():
        table.add_row(str(size), str(int(row["samples"])), *(amount(float(row[name])) for name in _SHOWN))
    lines = [
        "  Optimum: proven bound of a sample, on the mean of the samples. Earned elsewhere: by its commitment",
        f"  over {found.common_scenarios} other scenarios, whose own standard error is {amount(found.common_error)}.",
        "  +-: deviation over samples. Gap: what a sample promises and its commitment does not keep.",
        f"  Profits of days differ by {amount(found.deviation)} {money} (deviation).",
    ]
    return Group(table, Text("\n".join([*lines, *_recommended(found)])))


def _recommended(found: Stability) -> list[str]:
    if found.wanted_error is None:
        return ["  --wanted-error E tells how many scenarios a wanted standard error takes."]
    count, by_gap = found.recommended, found.recommended_by_gap
    error = f"{amount(found.wanted_error)} {found.currency}".rstrip()
    number = "more than can be drawn" if count is None else f"about {count:,}"
    lines = [f"  A standard error of {error} takes {number} scenarios (estimate)."]
    if by_gap is not None:
        lines.append(f"  The gap falls below that from about {by_gap:,} scenarios on (fit, an estimate).")
    else:
        lines.append("  The gap has no fit that falls: more sizes, or more samples of each, would tell.")
    return lines


def draw_stability(found: Stability) -> Figure:
    """Optima of samples with their proven brackets, and what their commitments earn elsewhere."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 4.6), layout="constrained")
    axes: Any = figure.subplots()
    dress(axes, "Samples by number of scenarios", f"expected profit, {found.currency} over the horizon")
    table = found.table()
    sizes = np.array(found.sizes, dtype=float)
    styles = (
        (0.97, VERMILION, "v", "in_sample_upper", "what a sample promises (proven bound)"),
        (1.03, BLUE, "^", "out_of_sample", f"what its commitment earns in {found.common_scenarios} others"),
    )
    for shift, colour, marker, mean, label in styles:
        own = [s.optimum.upper if mean == "in_sample_upper" else s.value for s in found.samples]
        at = [shift * sample.scenarios for sample in found.samples]
        axes.plot(at, own, marker, color=colour, markersize=6, alpha=0.55, linestyle="none", label=label)
        axes.plot(shift * sizes, table[mean].to_numpy(), "-", color=colour, linewidth=1.6)
    best = max(sample.value for sample in found.samples)
    axes.axhspan(best - found.common_error, best + found.common_error, color=GREY, alpha=0.15, linewidth=0)
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in found.sizes])
    axes.minorticks_off()
    axes.set_xlabel("scenarios of a sample; grey: standard error of the common sample about the best", fontsize=9)
    axes.legend(loc="best", frameon=False, fontsize=8)
    return figure
