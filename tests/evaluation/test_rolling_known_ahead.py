"""What components need to know ahead to be operated without foresight: by hand, and where else is no way on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, make_instance, make_tree

from mes_stoch.components.ev_fleet.format import EvFleet
from mes_stoch.components.shiftable_demand.format import ShiftableDemand
from mes_stoch.evaluation.rolling.forecast import LikenessForecast
from mes_stoch.evaluation.rolling.operate import operate
from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.schema.errors import InfeasibleError, SolveError


def rolled(spec: dict[str, Any], series: dict[str, list[float]], expected: dict[str, list[float]]) -> float:
    """Profit of a site with one component in one scenario, of which another one is expected; power by price."""
    components = {"grid": grid(import_price_eur_per_mwh="p_eur_per_mwh", export_max_mw=0.0), "own": spec}
    instance = make_instance(components, periods=len(series["p_eur_per_mwh"]))
    tree, other = make_tree(instance, series), make_tree(instance, series | expected)
    return operate(build_leaf_program(instance, tree), np.empty(0), 0, LikenessForecast(instance, other)).profit


CARS = {
    "type": "ev_fleet",
    "node": "power",
    "energy_max_mwh": 1.0,
    "charge_max_mw": 1.0,
    "plugged_in_per_unit": "n_per_unit",
    "departure_mwh": "out_mwh",
    "initial_mwh": 0.5,
    "departure_penalty_eur_per_mwh": 1000.0,
    "terminal_penalty_eur_per_mwh": 1000.0,
}
LEAVE = {"p_eur_per_mwh": [10.0, 50.0], "n_per_unit": [1.0, 0.0], "out_mwh": [1.0, 0.0]}


def test_who_leaves_at_the_end_of_a_period_is_known_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """All leave after the first hour, against what was expected, with 1 MWh: half of it is charged at 10.

    Were it known in the second hour only, vehicles that have gone would hold what was kept for those that stay.
    """
    assert rolled(CARS, LEAVE, {"n_per_unit": [1.0, 1.0]}) == pytest.approx(-5.0)
    monkeypatch.setattr(EvFleet, "known_ahead", lambda spec, period_h: iter(()))
    with pytest.raises((InfeasibleError, SolveError)):
        rolled(CARS, LEAVE, {"n_per_unit": [1.0, 1.0]})


def test_where_a_demand_can_be_moved_to_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """1 MWh at 30 could be used an hour later at 10, as far as there is room: 0.4 MWh, not 1 as expected."""
    wash = {
        "type": "shiftable_demand",
        "node": "power",
        "demand_mw": "d_mw",
        "shift_down_max_mw": 1.0,
        "shift_up_max_mw": "up_mw",
        "shift_window_h": 1.0,
        "payback": "after",
    }
    day = {"p_eur_per_mwh": [30.0, 10.0, 10.0], "d_mw": [1.0, 0.0, 0.0], "up_mw": [0.0, 0.4, 0.0]}
    expected = {"up_mw": [0.0, 1.0, 0.0]}
    assert rolled(wash, day, expected) == pytest.approx(-0.6 * 30.0 - 0.4 * 10.0)
    monkeypatch.setattr(ShiftableDemand, "known_ahead", lambda spec, period_h: iter(()))
    with pytest.raises((InfeasibleError, SolveError)):
        rolled(wash, day, expected)
