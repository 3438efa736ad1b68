"""Expected profit against a measure of risk, as the evaluation section of a page shows it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.report.frontier import decided_in_words
from mes_stoch.report.html.numbers import bare, plain_list
from mes_stoch.report.html.parts import Figure, Part, Table, plotly_text
from mes_stoch.report.html.style import base_layout, line_looks
from mes_stoch.report.risk_table import measure_in_words
from mes_stoch.schema.evaluation import FrontierResult


def frontier(found: FrontierResult) -> Iterator[Part]:
    """Plans as points of profit and risk, and a table of them."""
    measure = measure_in_words(found.measure, found.alpha)
    yield _figure(found, measure)
    yield _table(found, measure)


def _figure(found: FrontierResult, measure: str) -> Figure:
    points = [point for point in found.points if point.is_solved] or found.points
    looks = line_looks(["frontier"])["frontier"]
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": plain_list(np.array([point.risk_value for point in points])),
        "y": plain_list(np.array([point.profit_mean for point in points])),
        "customdata": [f"weight {point.weight:.3g}" for point in points],
        "line": {"color": looks["colour"], "dash": "dot"},
        "marker": {"size": 8, "symbol": "circle"},
        "hovertemplate": "%{customdata}: expected %{y:,.2f}, risk %{x:,.2f}<extra></extra>",
    }
    layout = base_layout(f"expected profit, {found.currency}", f"{plotly_text(measure)}, {found.currency}")
    layout["showlegend"] = False
    return Figure(
        "frontier",
        "Expected profit against risk",
        "A point for each weight of risk that was solved for.",
        "Each point is a plan that is reached; that no plan lies beyond is proven by the utilities at most in "
        "the table.",
        [trace],
        layout,
    )


def _table(found: FrontierResult, measure: str) -> Table:
    rows = []
    for point in found.points:
        row = [
            f"{point.weight:g}" + ("" if point.is_solved else " *"),
            bare(point.profit_mean),
            bare(point.risk_value),
            bare(point.utility.lower),
            bare(point.utility.upper),
        ]
        rows.append([*row, decided_in_words(point.site_decisions or [])])
    columns = ["weight", "expected profit", measure, "utility", "utility at most", "decided of the site"]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    note = "utility = (1 - weight) x expected profit + weight x measure; no plan is worth more than at most. "
    if not all(point.is_solved for point in found.points):
        note += "*: not solved for; its bounds follow from plans and bounds of other weights. "
    title = f"Plans by weight of risk over {found.scenarios} scenarios, {found.currency} over the horizon"
    return Table(title, columns, rows, frozenset(range(5)), note.strip())
