"""Section: how the profit is distributed over the scenarios."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.evaluation.intervals import CONFIDENCE
from mes_stoch.model.risk.tail import tail_mean, value_at_risk
from mes_stoch.report.amounts import amount
from mes_stoch.report.html.numbers import plain_list
from mes_stoch.report.html.parts import Figure, Note, Part, Section
from mes_stoch.report.html.source import ReportSource
from mes_stoch.report.html.style import base_layout
from mes_stoch.report.palette import BLUE, GREEN, INK, ORANGE, VERMILION
from mes_stoch.report.run import Run

Array = NDArray[np.float64]

#: Points of a distribution that are drawn at most.
_MOST_POINTS = 1000


def profits(source: ReportSource) -> Section:
    """The distribution over the run's scenarios and, where it was evaluated, over others."""
    run = source.run
    if run.objective is None:
        return Section("profits", "Profit and risk", [Note("No commitment was found in time.")])
    alpha = _alpha(source)
    parts: list[Part] = [_distribution(source, alpha)]
    return Section("profits", "Profit and risk", parts)


def _alpha(source: ReportSource) -> float:
    """Of the run's own measure where it has one."""
    risk = source.run.summary.get("risk") or {}
    stated = risk.get("alpha")
    return CONFIDENCE if stated is None else float(stated)


def _distribution(source: ReportSource, alpha: float) -> Figure:
    run = source.run
    values = np.asarray(run.profit, dtype=np.float64)
    weights = np.asarray(run.solution["probability"].values, dtype=float)
    mean, share = float(weights @ values), 1.0 - alpha
    worst, at_risk = tail_mean(values, weights, share), value_at_risk(values, weights, share)
    currency = run.currency
    traces = [distribution_steps("scenarios of the run", values, weights, (BLUE, "solid"), currency)]
    evaluated = _evaluated(source)
    if evaluated is not None:
        traces.append(distribution_steps("scenarios of the evaluation", *evaluated, (ORANGE, "dash"), currency))
    tail = f"worst {100 * share:.3g} %"
    for name, value, colour, symbol, size in (
        (f"expected: {amount(mean)}", mean, BLUE, "circle", 12),
        (f"CVaR, mean of the {tail}: {amount(worst)}", worst, VERMILION, "triangle-down", 15),
        (f"value at risk, best of the {tail}: {amount(at_risk)}", at_risk, GREEN, "diamond", 7),
    ):
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": plain_list(np.array([value])),
                "y": plain_list(np.array([float(weights[values <= value].sum())])),
                "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"color": INK, "width": 1.5}},
                "hovertemplate": "%{fullData.name} " + currency + "<extra></extra>",
            }
        )
    layout = base_layout("probability of no more", f"profit, {currency} over the horizon")
    layout["yaxis"] |= {"range": [-0.02, 1.04], "zeroline": False}
    layout["xaxis"] |= {"zeroline": False, "range": _reach(traces, run)}
    said = ""
    if not run.is_risk_averse:
        shapes, said = _bounds(source)
        layout["shapes"] = shapes
    return Figure(
        "profits",
        "Distribution of the profit over the scenarios",
        f"Cumulated probability over {len(values)} scenarios, by their weights, with the expected profit and the mean "
        f"of the {tail} (CVaR).{said}",
        "What the plan earns in each scenario is reached by feasible operation. "
        + ("" if run.is_risk_averse else "The interval of the best expected profit is proven for these scenarios. ")
        + "For days not drawn nothing is proven here; see the evaluation.",
        traces,
        layout,
        420,
    )


def _reach(traces: list[dict[str, Any]], run: Run) -> list[float]:
    """All profits and both bounds, with a margin."""
    ends = [] if run.is_risk_averse else [run.summary["bound_lower"], run.summary["bound_upper"]]
    return padded_range([*(trace["x"] for trace in traces), ends])


def padded_range(groups: Iterable[Iterable[float | None]]) -> list[float]:
    """The range of an axis that holds some numbers, with a margin."""
    known = [value for group in groups for value in group if value is not None]
    low, high = min(known), max(known)
    pad = 0.05 * max(high - low, 1e-3 * max(abs(low), abs(high), 1.0))
    return [low - pad, high + pad]


def _bounds(source: ReportSource) -> tuple[list[dict[str, Any]], str]:
    """Lines of the proven interval, and the words that explain them."""
    summary = source.run.summary
    ends = [(summary["bound_lower"], "dash"), (summary["bound_upper"], "dot")]
    shapes = [
        {
            "type": "line",
            "x0": end,
            "x1": end,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": INK, "width": 1, "dash": dash},
        }
        for end, dash in ends
        if end is not None
    ]
    said = " Vertical lines: proven lower (dashed) and upper (dotted) bound on the best expected profit."
    return shapes, said if shapes else ""


def _evaluated(source: ReportSource) -> tuple[Array, Array] | None:
    """Profits and probabilities of an evaluation of the run's commitment on scenarios of their own."""
    dataset, document = source.evaluated, source.evaluation
    if dataset is None or document is None or document.commitment is None:
        return None
    if any(name not in dataset.variables for name in ("profit_eur", "probability")):
        return None
    values = np.asarray(dataset["profit_eur"].values, dtype=float)
    weights = np.asarray(dataset["probability"].values, dtype=float)
    return (values, weights) if values.shape == weights.shape and values.size else None


def distribution_steps(
    name: str, values: Array, weights: Array, look: tuple[str, str], currency: str
) -> dict[str, Any]:
    """A cumulated distribution as steps, in a colour and a dash."""
    colour, dash = look
    order = np.argsort(values, kind="stable")
    at, reached = values[order], np.cumsum(weights[order])
    if len(at) > _MOST_POINTS:
        kept = np.unique(np.linspace(0, len(at) - 1, _MOST_POINTS).astype(int))
        at, reached = at[kept], reached[kept]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": plain_list(np.concatenate([at[:1], at])),
        "y": plain_list(np.concatenate([[0.0], reached])),
        "line": {"shape": "hv", "color": colour, "dash": dash, "width": 2},
        "hovertemplate": "%{fullData.name}<br>%{y:.3f} earn at most %{x:,.2f} " + currency + "<extra></extra>",
    }
