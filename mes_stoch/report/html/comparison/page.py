"""A page that lays runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mes_stoch.io.files import write_whole
from mes_stoch.report.block_label import block_label
from mes_stoch.report.html.comparison.compared import ComparedRuns
from mes_stoch.report.html.numbers import bare, plain_list, share, volume
from mes_stoch.report.html.page import Page
from mes_stoch.report.html.parts import Figure, Note, Part, Section, Table, plotly_text
from mes_stoch.report.html.profits import distribution_steps, padded_range
from mes_stoch.report.html.style import DASHES, LINES, base_layout, product_markers
from mes_stoch.report.palette import INK
from mes_stoch.report.run import Run
from mes_stoch.report.streams import group_order
from mes_stoch.report.tables import stream_label

_MOST_ROWS = 80
_SMALL = 5e-7


def comparison_page(runs: Sequence[tuple[Path, Run]]) -> Page:
    """The page of two or more runs; differences are from the first."""
    compared = ComparedRuns.of(runs)
    is_one_money = len(compared.currencies) == 1
    sections = [_result(compared)]
    if is_one_money:
        sections += [_streams(compared), _profits(compared)]
    sections += [_commitments(compared), _changes(compared)]
    return Page(
        title=f"Comparison of {len(runs)} runs",
        subtitle=f"{', '.join(compared.names)}. Amounts in {', '.join(compared.currencies)}; differences are from "
        f"{compared.first}.",
        sections=sections,
        footer="Made by mes_stoch from the files of the run folders alone. The page holds all it needs and asks the "
        "network for nothing.",
    )


def write_comparison(runs: Sequence[tuple[Path, Run]], out: Path) -> Path:
    """Write the comparison of runs as one HTML file.

    Raises
    ------
    ReportMissingError
        jinja2 or plotly is not installed.
    WriteError
        The file cannot be written.
    """
    content = comparison_page(runs).html().encode("utf-8")
    write_whole(out, lambda stream: stream.write(content))
    return out


def result_rows(compared: ComparedRuns) -> list[list[str]]:
    """What was found by each run: a label and a cell a run in every row."""
    rows: dict[str, list[str]] = {}
    for run in compared.runs.values():
        summary = run.summary
        risk = summary.get("risk") or {}
        cells = {
            "site": str(summary["instance"]),
            "status": run.status,
            "scenarios": str(summary["scenarios"]),
            "objective": bare(run.objective),
            "expected profit": bare(run.expected_profit),
            "proven lower bound": bare(summary["bound_lower"]),
            "proven upper bound": bare(summary["bound_upper"]),
            "gap": share(summary["gap_rel"]),
            "measure of risk": bare(risk.get("value")),
            "currency": run.currency,
            "wall time, s": f"{summary['wall_time_s']:.1f}",
        }
        for label, cell in cells.items():
            rows.setdefault(label, []).append(cell)
    return [[label, *cells] for label, cells in rows.items() if set(cells) != {"-"}]


def _result(compared: ComparedRuns) -> Section:
    parts: list[Part] = [Note(text, "warning") for text in compared.warnings]
    numeric = frozenset(range(1, 1 + len(compared.names)))
    parts.append(Table("Results", ["", *compared.names], result_rows(compared), numeric))
    if len(compared.currencies) == 1:
        parts.append(_intervals(compared))
        parts += _verdicts(compared)
    return Section("result", "Result", parts)


def _intervals(compared: ComparedRuns) -> Figure:
    """The proven interval of each run as a bar, its commitment as a mark."""
    currency, names = compared.currencies[0], compared.names
    traces = []
    for place, (name, run) in enumerate(compared.runs.items()):
        low, high = run.summary["bound_lower"], run.summary["bound_upper"]
        known = [end for end in (low, high) if end is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plotly_text(name),
                "x": known,
                "y": [plotly_text(name)] * len(known),
                "line": {"color": LINES[place % len(LINES)], "width": 5},
                "marker": {"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": INK}},
                "hovertemplate": "%{y}: bound %{x:,.2f} " + currency + "<extra></extra>",
            }
        )
    layout = base_layout("", f"{currency} over the horizon")
    layout["xaxis"] |= {"zeroline": False}
    layout["yaxis"] |= {
        "autorange": "reversed",
        "type": "category",
        "categoryorder": "array",
        "categoryarray": [plotly_text(name) for name in names],
    }
    layout["showlegend"] = False
    return Figure(
        "intervals",
        "Proven intervals of what is maximised",
        "From the lower bound, which the commitment of the run reaches, to the upper one, which no commitment exceeds.",
        "Each interval is proven for the scenarios of its own run.",
        traces,
        layout,
        120 + 40 * len(names),
    )


def _verdicts(compared: ComparedRuns) -> list[Part]:
    """Whether the order of two runs is proven: on the same scenarios, intervals that do not meet."""
    if compared.warnings:
        return [Note("The runs are not of the same scenarios, time and objective: no order of theirs is proven.")]
    first, parts = compared.runs[compared.first], []
    for name in compared.names[1:]:
        own = compared.runs[name]
        ends = [one.summary[key] for one in (first, own) for key in ("bound_lower", "bound_upper")]
        if any(end is None for end in ends):
            parts.append(Note(f"{name} and {compared.first}: a bound is not known, so no order is proven."))
            continue
        low, high = ends[2] - ends[1], ends[3] - ends[0]
        known = f"the best of {name} less the best of {compared.first} is proven to lie in [{bare(low)}, {bare(high)}]"
        word = "better" if low > 0 else "worse" if high < 0 else "neither better nor worse by proof"
        parts.append(Note(f"On the same scenarios {known} {first.currency}: {word}."))
    return list(parts)


def _streams(compared: ComparedRuns) -> Section:
    currency = compared.currencies[0]
    found = {name: run.summary["streams"] for name, run in compared.runs.items()}
    groups = _groups(compared)
    kept = [stream for stream in groups if any(abs(float(own.get(stream, 0.0))) >= 5e-3 for own in found.values())]
    if not kept:
        return Section("streams", "Revenues and costs", [Note("No stream moves any money.")])
    kept.sort(key=lambda stream: group_order(groups[stream]))
    sums = {
        name: {
            group: sum(float(own.get(s, 0.0)) for s in kept if groups[s] == group) for group in _unique(groups, kept)
        }
        for name, own in found.items()
    }
    layout = base_layout("", f"{currency} over the horizon, expected")
    layout |= {"barmode": "group"}
    layout["yaxis"] |= {"autorange": "reversed", "type": "category"}
    looks = product_markers(compared.names)
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": plotly_text(name),
            "y": [plotly_text(group) for group in own],
            "x": plain_list(np.array(list(own.values()))),
            "marker": looks[name],
            "hovertemplate": "%{fullData.name}<br>%{y}: %{x:,.2f} " + currency + "<extra></extra>",
        }
        for name, own in sums.items()
    ]
    height = 110 + (16 * len(compared.names) + 18) * len(next(iter(sums.values())))
    caption = "Expected money by group of streams, a bar for each run."
    figure = Figure(
        "streams",
        "Streams by group",
        caption,
        "Each run's streams add up to its expected profit.",
        traces,
        layout,
        height,
    )
    rows = []
    for stream in kept:
        values = [float(own.get(stream, 0.0)) for own in found.values()]
        differences = [bare(value - values[0]) for value in values[1:]]
        rows.append([groups[stream], stream_label(stream), *map(bare, values), *differences])
    totals = [sum(map(float, own.values())) for own in found.values()]
    rows.append(["Total", "", *map(bare, totals), *(bare(total - totals[0]) for total in totals[1:])])
    columns = ["group", "stream", *compared.names, *(f"{name} less {compared.first}" for name in compared.names[1:])]
    table = Table(f"Every stream, {currency}", columns, rows, frozenset(range(2, len(columns))))
    return Section("streams", "Revenues and costs", [figure, table])


def _groups(compared: ComparedRuns) -> dict[str, str]:
    """Group of every stream of any run."""
    groups: dict[str, str] = {}
    for run in compared.runs.values():
        if "stream" in run.solution:
            names, own = (run.solution[key].values.astype(str) for key in ("stream", "stream_group"))
            groups |= dict(zip(names, own, strict=True))
    return {str(stream): str(group) for stream, group in groups.items()}


def _unique(groups: dict[str, str], streams: list[str]) -> list[str]:
    return list(dict.fromkeys(groups[stream] for stream in streams))


def _profits(compared: ComparedRuns) -> Section:
    currency, traces = compared.currencies[0], []
    for place, (name, run) in enumerate(compared.runs.items()):
        values = np.asarray(run.profit, dtype=np.float64)
        if values.size:
            weights = np.asarray(run.solution["probability"].values, dtype=np.float64)
            look = (LINES[place % len(LINES)], DASHES[place % len(DASHES)])
            traces.append(distribution_steps(plotly_text(name), values, weights, look, currency))
    if not traces:
        return Section("profits", "Profit and risk", [Note("No run has found a commitment.")])
    layout = base_layout("probability of no more", f"profit, {currency} over the horizon")
    layout["xaxis"] |= {"zeroline": False, "range": padded_range(trace["x"] for trace in traces)}
    layout["yaxis"] |= {"range": [-0.02, 1.04], "zeroline": False}
    figure = Figure(
        "profits",
        "Distribution of the profit over the scenarios",
        "Cumulated probability over the scenarios of each run, by their weights.",
        "What is earned in each scenario is reached by feasible operation.",
        traces,
        layout,
    )
    return Section("profits", "Profit and risk", [figure])


def _commitments(compared: ComparedRuns) -> Section:
    """Mean volumes by product, and every block in which they differ."""
    means = {name: _mean_volumes(run) for name, run in compared.runs.items()}
    products = list(dict.fromkeys(product for own in means.values() for product in own))
    if not products:
        return Section("commitments", "Commitments", [Note("No run commits any volume.")])
    looks = product_markers(compared.names)
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": plotly_text(name),
            "y": [plotly_text(product) for product in products],
            "x": plain_list(np.array([own.get(product, 0.0) for product in products])),
            "marker": looks[name],
            "hovertemplate": "%{fullData.name}<br>%{y}: %{x:.4~g}<extra></extra>",
        }
        for name, own in means.items()
    ]
    layout = base_layout("", "mean volume over the product's blocks, MW (Mvar of reactive power)") | {
        "barmode": "group"
    }
    layout["yaxis"] |= {"autorange": "reversed", "type": "category"}
    figure = Figure(
        "commitments",
        "Mean volume by product",
        "Volumes weighted by the lengths of their blocks, a bar for each run.",
        "Volumes are decisions of each run.",
        traces,
        layout,
        110 + (16 * len(compared.names) + 18) * len(products),
    )
    return Section("commitments", "Commitments", [figure, _block_differences(compared)])


def _volume(row: dict[Any, Any]) -> float:
    return float(row["volume_mvar"] if _is_reactive(row) else row["volume_mw"])


def _is_reactive(row: dict[Any, Any]) -> bool:
    return not pd.isna(row.get("volume_mvar", np.nan))


def _mean_volumes(run: Run) -> dict[str, float]:
    """Mean volume by product over its blocks; of offers at prices, all that is offered."""
    sums: dict[str, float] = {}
    hours: dict[str, dict[Any, float]] = {}
    for row in run.commitments.to_dict("records"):
        length = float((row["block_end"] - row["block_start"]) / pd.Timedelta(hours=1))
        sums[row["product"]] = sums.get(row["product"], 0.0) + _volume(row) * length
        hours.setdefault(row["product"], {})[row["block_start"]] = length
    return {product: total / sum(hours[product].values()) for product, total in sums.items()}


def _block_differences(compared: ComparedRuns) -> Table:
    """Rows of commitments that are not the same in all runs."""
    keyed: dict[tuple[Any, ...], dict[str, float]] = {}
    reactive: set[str] = set()
    for name, run in compared.runs.items():
        for row in run.commitments.to_dict("records"):
            price = next((v for k, v in row.items() if str(k).startswith("price_") and not pd.isna(v)), None)
            key = (row["product"], row["block_start"], row["block_end"], row["direction"], price)
            keyed.setdefault(key, {})[name] = _volume(row)
            if _is_reactive(row):
                reactive.add(str(row["product"]))
    different = {
        key: own for key, own in keyed.items() if np.ptp([own.get(name, 0.0) for name in compared.names]) > _SMALL
    }
    rows = []
    for (product, start, end, direction, price), own in list(different.items())[:_MOST_ROWS]:
        block = f"{start:%Y-%m-%d} {block_label(start, end, with_day=False)}"
        offered = "" if price is None else f" at {price:g}"
        unit = "Mvar" if product in reactive else "MW"
        rows.append(
            [f"{product}{offered}", str(direction), block, *(volume(own.get(name)) for name in compared.names), unit]
        )
    if not rows:
        return Table("Blocks that differ", ["", ""], [["none", "all volumes are the same"]])
    more = f" {len(different) - len(rows)} more are left out." if len(different) > len(rows) else ""
    note = f"{len(different)} of {len(keyed)} rows differ; -: the run has no such block.{more}"
    columns = ["product", "direction", "block", *compared.names, "unit"]
    return Table("Blocks that differ", columns, rows, frozenset(range(3, 3 + len(compared.names))), note)


def _changes(compared: ComparedRuns) -> Section:
    parts: list[Part] = []
    for title, rows, nothing in (
        ("What differs in the instances", compared.instance_differences(), "The instances are the same, file by file."),
        ("What differs in the solves", compared.option_differences(), "The solves have the same options."),
    ):
        if rows:
            parts.append(Table(title, ["key", *compared.names], [[key, *values] for key, values in rows[:_MOST_ROWS]]))
            if rows[_MOST_ROWS:]:
                parts.append(Note(f"{len(rows) - _MOST_ROWS} more differences are left out."))
        else:
            parts.append(Note(nothing))
    return Section("changes", "What was changed", parts)
