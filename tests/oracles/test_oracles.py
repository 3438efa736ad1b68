"""The deterministic core against oemof.solph, PyPSA and flixOpt: the same data, the same optimum.

What each tool understands by the same words differs, and how the comparison bridges it is in ``docs/conventions.md``.
A week and several seeds: ``scripts/oracles.py``, with its results in ``docs/evidence/oracles.json``.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from oracles.by_mes_stoch import costs
from oracles.sites import OracleSite, coming_back, heat_and_power, hydrogen_and_cooling, part_load
from oracles.tools import TOOLS, installed, least_cost

#: Relative difference of two optima.
TOLERANCE = 1e-6
DAYS = {
    "heat_and_power, quarter-hours": heat_and_power(seed=0),
    "hydrogen_and_cooling, hours": hydrogen_and_cooling(seed=0),
    "part_load, half a day": part_load(seed=1, periods=12),
    "heat_and_power, levels that come back": coming_back(heat_and_power(seed=0, periods=24, period_h=1.0)),
    "hydrogen_and_cooling, levels that come back": coming_back(hydrogen_and_cooling(seed=0)),
}


def _gives(node: str, flow_mw: list[float]) -> dict[str, Any]:
    return {"outputs": [{"node": node, "flow_mw": flow_mw}]}


@cache
def own(day: str) -> tuple[float, float]:
    return costs(DAYS[day])


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("tool", TOOLS)
def test_the_same_optimum(tool: str, day: str) -> None:
    if installed(tool) is None:
        extra = "flixopt" if tool == "flixopt" else "oracles"
        pytest.skip(f"{TOOLS[tool]} is not installed: pip install 'mes_stoch[{extra}]' (no environment has all three)")
    assert least_cost(tool, DAYS[day]) == pytest.approx(own(day)[0], rel=TOLERANCE)


@pytest.mark.parametrize("day", DAYS)
def test_settlement_finds_the_same_money(day: str) -> None:
    assert own(day)[1] == pytest.approx(own(day)[0], rel=1e-9)


@pytest.mark.parametrize(
    ("day", "component", "fields"),
    [
        ("heat_and_power, quarter-hours", "engine", {"start_cost_eur": 0.0}),
        ("heat_and_power, quarter-hours", "engine", {"power_min_mw": 0.0, "start_cost_eur": 0.0}),
        ("heat_and_power, quarter-hours", "heat_store", {"standing_loss_per_h": 0.0}),
        ("heat_and_power, quarter-hours", "battery", {"discharge_efficiency_per_unit": 1.0}),
        ("heat_and_power, quarter-hours", "battery", {"throughput_cost_eur_per_mwh": 0.0}),
        ("hydrogen_and_cooling, hours", "electrolyser", {"start_cost_eur": 0.0}),
        ("hydrogen_and_cooling, hours", "tank", {"charge_efficiency_per_unit": 1.0}),
        ("hydrogen_and_cooling, hours", "cold_store", {"standing_loss_per_h": 0.0}),
        # at its best efficiency whatever the load
        ("part_load, half a day", "electrolyser", _gives("hydrogen", [0.69, 1.38, 2.415, 3.45])),
        # on the concave hull of its curve, where no binary is needed
        ("part_load, half a day", "chiller", _gives("cold", [0.8, 3.6, 4.35, 6.6])),
    ],
)
def test_what_is_compared_matters(day: str, component: str, fields: dict[str, Any]) -> None:
    """Without a rule the day is cheaper by much more than optima may differ: the comparison would see it."""
    assert costs(without(DAYS[day], component, fields))[0] < own(day)[0] * (1 - 10 * TOLERANCE)


@pytest.mark.parametrize(
    ("day", "component", "stated"),
    [
        ("heat_and_power, levels that come back", "battery", 2.0),
        ("hydrogen_and_cooling, levels that come back", "tank", 3.0),
    ],
)
def test_a_level_that_is_decided_matters(day: str, component: str, stated: float) -> None:
    """Stated, the day is dearer."""
    assert costs(without(DAYS[day], component, {"initial_mwh": stated}))[0] > own(day)[0] * (1 + 10 * TOLERANCE)


def without(site: OracleSite, component: str, fields: dict[str, Any]) -> OracleSite:
    components = deepcopy(site.components)
    components[component] |= fields
    return replace(site, components=components)
