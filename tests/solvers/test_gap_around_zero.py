"""An optimum of nothing is found by every method, and the gap beside it says so, in any unit of money or power."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.settled_run import solved
from helpers.site_builder import grid, make_instance, make_tree
from solvers.array_programs import ArrayProgram

from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.model.site_program import build_program
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.gap_floor import gap_floor
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
from mes_stoch.solvers.subproblems.nearest import NearestRoot

ENGINES = {"ef": solve_extensive, "decomposition": solve_decomposition, "ph": solve_ph}


def full_battery(unit: float, size: float) -> Any:
    """1 MWh to give back at the end, and a last hour at 2,988 EUR/MWh: nothing can be earned."""
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": size,
        "charge_max_mw": size,
        "discharge_max_mw": size,
        "initial_mwh": size,
    }
    limits = {"price_minimum_eur_per_mwh": -500.0 * unit, "price_maximum_eur_per_mwh": 4000.0 * unit}
    market = {"da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1, **limits}}
    connection = grid(import_max_mw=5.0 * size, export_max_mw=5.0 * size)
    instance = make_instance({"grid": connection, "battery": battery}, market, periods=2)
    return instance, make_tree(instance, {"da_eur_per_mwh": [60.0 * unit, 2988.0 * unit]})


@pytest.mark.parametrize("method", list(ENGINES))
@pytest.mark.parametrize(("unit", "size"), [(1.0, 1.0), (1e-9, 1.0), (1e9, 1.0), (1.0, 1e-3), (1e-6, 1e3)])
def test_a_full_battery_earns_nothing_and_the_gap_is_closed(method: str, unit: float, size: float) -> None:
    result = ENGINES[method](build_program(*full_battery(unit, size)), SolveOptions(gap_rel=1e-3, time_limit_s=20.0))
    assert result is not None
    assert result.status in ("optimal", "gap_reached")
    assert result.upper == pytest.approx(0.0, abs=1e-6 * unit * size)
    assert result.gap_rel <= 1e-6


def test_the_floor_follows_the_units_of_money_and_of_power() -> None:
    """A thousand times the price or the size is a thousand times the floor; powers of two are exact."""
    one = gap_floor(build_program(*full_battery(1.0, 1.0)))
    assert gap_floor(build_program(*full_battery(1024.0, 1.0))) == pytest.approx(1024.0 * one)
    assert gap_floor(build_program(*full_battery(1.0, 1024.0))) == pytest.approx(1024.0 * one)


def program(cost: list[float], upper: list[float]) -> ArrayProgram:
    """``min c x`` with ``x_0 - x_1 = 0``; the first column is the root's."""
    columns = np.array([0], dtype=np.int32)
    scenario = LinearProgram(
        matrix=sp.csc_array(np.array([[1.0, -1.0] + [0.0] * (len(cost) - 2)])),
        cost=np.array(cost),
        offset=0.0,
        row_lower=np.zeros(1),
        row_upper=np.zeros(1),
        column_lower=np.zeros(len(cost)),
        column_upper=np.array(upper),
        integer=np.zeros(len(cost), dtype=bool),
    )
    consensus = np.ones(1, dtype=bool)
    root = RootStage(columns, ("r",), consensus, np.ones(1), NearestRoot(scenario, columns, consensus))
    return ArrayProgram([scenario, scenario], np.array([0.5, 0.5]), root)


def test_the_floor_by_hand() -> None:
    """Costs 3, -2 and 1000 on columns up to 4, 5 and without end: a millionth of three times the median of 12 and 10.

    Without any bound columns count as one: three times the median of 3, 2 and 1000.
    """
    infinite = np.inf
    assert gap_floor(program([3.0, -2.0, 1000.0], [4.0, 5.0, infinite])) == pytest.approx(1e-6 * 3 * 11.0)
    assert gap_floor(program([3.0, -2.0, 1000.0], [infinite] * 3)) == pytest.approx(1e-6 * 3 * 3.0)
    assert 0.0 < gap_floor(program([0.0, 0.0], [1.0, 1.0])) < 1e-300


def test_the_gap_is_relative_to_the_floor_below_it_alone() -> None:
    """1e-4 beside 1e-2 is a hundredth, whatever is below; 1e-10 beside nothing, where 3e-5 is the floor, is 3.3e-6."""
    assert bounds.relative_gap(0.0099, 0.01, 3e-5) == pytest.approx(0.01)
    assert bounds.relative_gap(-1e-10, 0.0, 3e-5) == pytest.approx(1e-5 / 3)


def test_the_summary_says_what_its_gap_is_relative_to_and_settles() -> None:
    instance, tree = full_battery(1.0, 1.0)
    run = solved(instance, tree)
    assert run.status == "optimal"
    lower, upper, floor = (run.summary[key] for key in ("bound_lower", "bound_upper", "gap_floor"))
    assert run.summary["gap_rel"] == pytest.approx((upper - lower) / max(abs(lower), abs(upper), floor))
    assert settle_data(SettlementData(instance, tree, run.solution, run.flow_data)).agrees
