"""What samples say of days not drawn, as the evaluation section of a page shows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mes_stoch.report.html.numbers import bare, money, plain_list, share
from mes_stoch.report.html.parts import Figure, Table
from mes_stoch.report.html.style import MOST_MARKS, base_layout, line_looks
from mes_stoch.schema.evaluation_sampling import SequentialResult, StabilityResult

ESTIMATE = "An estimate: it is about days not drawn."


def stability(found: StabilityResult) -> Table:
    """What samples promise and keep, by their size."""
    rows = []
    for size in found.sizes:
        inside = f"{bare(size.in_sample_lower)} to {bare(size.in_sample_upper)}"
        rows.append([str(size.scenarios), inside, bare(size.out_of_sample), bare(size.gap)])
    columns = ["scenarios", "optimum of the sample", "earned elsewhere", "gap"]
    return Table("How results settle with the number of scenarios", columns, rows, frozenset({0, 1, 2, 3}), ESTIMATE)


def sequential(found: SequentialResult) -> Figure:
    """How the gap falls as samples grow, against the one that is wanted."""
    sizes = [float(step.scenarios) for step in found.steps]
    lines = {
        "gap at most": [step.gap_upper for step in found.steps],
        "mean gap": [step.gap_mean for step in found.steps],
        "gap that is wanted": [found.wanted_gap] * len(sizes),
    }
    looks, traces = line_looks(lines), []
    for name, values in lines.items():
        look = looks[name]
        trace: dict[str, Any] = {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": plain_list(np.array(sizes)),
            "y": plain_list(np.array(values)),
            "line": {"color": look["colour"], "dash": look["dash"], "width": 1.8},
            "marker": {"symbol": look["marker"], "size": 7, "maxdisplayed": MOST_MARKS},
            "hovertemplate": "%{fullData.name}, %{x:,.0f} scenarios: %{y:,.2f} " + found.currency + "<extra></extra>",
        }
        traces.append(trace)
    layout = base_layout(f"gap, {found.currency} over the horizon", "scenarios of a sample")
    layout["yaxis"]["rangemode"] = "tozero"
    wanted = money(found.wanted_gap, found.currency)
    whose = "The commitment" if found.candidate == "given" else "The commitment of the last sample"
    proof = "Nothing is said of the gap: samples would have to be larger, or the gap that is wanted wider."
    if found.is_reached:
        proof = f"With {share(found.confidence)} confidence (for small gaps) no other commitment earns {wanted} more."
    return Figure(
        "sequential",
        "Samples that grow until a commitment is close enough to the best",
        f"The gap of {wanted} that is wanted was {'reached' if found.is_reached else 'not reached'}. {whose} earns "
        f"{money(found.profit_mean, found.currency)} on the mean of the last samples. Gap at most: mean gap, sampling "
        "error, and what the rule adds for looking often.",
        f"{proof} {ESTIMATE}",
        traces,
        layout,
        340,
    )
