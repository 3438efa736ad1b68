"""Section: what is earned and paid, stream by stream, as a waterfall and as a table."""

from __future__ import annotations

import numpy as np

from mes_stoch.report.amounts import amount
from mes_stoch.report.html.numbers import bare, plain_list
from mes_stoch.report.html.parts import Figure, Note, Part, Section, Table, plotly_text
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.style import base_layout
from mes_stoch.report.palette import BLUE, INK, VERMILION
from mes_stoch.report.tables import stream_label, streams_by_group


def streams(source: ReportSource) -> Section:
    """Expected money by group of streams, and every stream."""
    run = source.run
    if run.objective is None:
        return Section("streams", "Revenues and costs", [Note("No commitment was found in time.")])
    groups = streams_by_group(run)
    parts: list[Part] = []
    if groups:
        parts += [_waterfall(source, groups), _table(source, groups)]
    else:
        parts.append(Note("No stream moves any money."))
    return Section("streams", "Revenues and costs", parts)


def _waterfall(source: ReportSource, groups: dict[str, dict[str, float]]) -> Figure:
    run = source.run
    sums = {group: sum(own.values()) for group, own in groups.items()}
    # what is received first, then what is paid: the line goes up and then down to the profit
    ordered = sorted(sums, key=lambda group: (sums[group] < 0, -abs(sums[group])))
    values = [sums[group] for group in ordered]
    total = sum(values)
    texts = [amount(value, signed=True) for value in values] + [amount(total)]
    names = [*ordered, "Expected profit"]
    trace = {
        "type": "waterfall",
        "orientation": "h",
        # the amount stands with the name: beside a short bar on a narrow screen there is no room for it
        "y": [f"{plotly_text(name)}<br>{text}" for name, text in zip(names, texts, strict=True)],
        "x": [*plain_list(np.array(values)), None],
        "measure": ["relative"] * len(values) + ["total"],
        "hovertemplate": "%{y} " + run.currency + "<extra></extra>",
        "increasing": {"marker": {"color": BLUE}},
        "decreasing": {"marker": {"color": VERMILION, "line": {"color": INK, "width": 1.5}}},
        "totals": {"marker": {"color": INK}},
        "connector": {"line": {"color": "#888888", "dash": "dot", "width": 1}},
    }
    layout = base_layout("", f"{run.currency} over the horizon, expected")
    layout["yaxis"] |= {"autorange": "reversed", "type": "category"}
    layout["showlegend"] = False
    return Figure(
        "waterfall",
        "From revenues to the expected profit",
        "Expected money by group of streams: received (plain), then paid (with an edge), down to the expected profit. "
        f"{run.summary['horizons_per_year']:.4g} such horizons make a year.",
        "Streams add up to the expected profit, which is reached by feasible operation in every scenario.",
        [trace],
        layout,
        110 + 38 * len(texts),
    )


def _table(source: ReportSource, groups: dict[str, dict[str, float]]) -> Table:
    run, rows = source.run, []
    per_year = float(run.summary["horizons_per_year"])
    total = 0.0
    for group, own in groups.items():
        for stream, value in sorted(own.items(), key=lambda item: -abs(item[1])):
            rows.append([group, stream_label(stream), bare(value), bare(value * per_year)])
            total += value
    rows.append(["Expected profit", "", bare(total), bare(total * per_year)])
    columns = ["group", "stream", f"{run.currency} over the horizon", f"{run.currency} a year"]
    return Table("Every stream", columns, rows, frozenset({2, 3}), "Streams below half a cent are left out.", True)
