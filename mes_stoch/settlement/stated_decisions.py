"""Decisions of the site as a run states them, held against its solution and the bounds of its instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from mes_stoch.schema.site_decision import SiteKey
from mes_stoch.settlement.data import SettlementData

_TOLERANCE = 1e-6


def site_decision_differences(
    data: SettlementData, table: pd.DataFrame | None, summary: Mapping[str, Any]
) -> Iterator[str]:
    """One row a decision, with the value of the solution, which is within its bounds; the same in the summary."""
    own = data.site_decisions
    for key, value in own.items():
        decision, slack = data.left_open[key], _TOLERANCE * max(1.0, abs(value))
        if not decision.lower - slack <= value <= decision.upper + slack:
            bounds = f"outside {decision.lower:g} to {decision.upper:g}"
            yield f"solution.nc: {_words(key)} is {value:.6g}, {bounds}"
    rows = [] if table is None else table.to_dict("records")
    yield from _told("site_decisions.csv", [{str(name): cell for name, cell in row.items()} for row in rows], own)
    yield from _told("summary.json", summary.get("site_decisions", []), own)


def _told(file: str, rows: list[dict[str, Any]], own: Mapping[SiteKey, float]) -> Iterator[str]:
    told = {(str(row["component"]), str(row["quantity"])): float(row["value"]) for row in rows}
    if len(told) != len(rows) or set(told) != set(own):
        yield f"{file}: the decisions of the site are not those of solution.nc"
        return
    for key, value in told.items():
        if not abs(value - own[key]) <= _TOLERANCE * max(1.0, abs(own[key])):
            yield f"{file}: {_words(key)} is {value:.6g}, in solution.nc {own[key]:.6g}"


def _words(key: SiteKey) -> str:
    name, quantity = key
    return f"{quantity} of {name}"
