"""Reserve from an engine that stands still, by hand, with and without it.

Fuel costs 30 and a MWh sold earns 10: running at the least MW loses 20 an hour. A MW of reserve that is to be there
within 13 minutes earns 10 an hour. So a running unit earns nothing with the MW above its minimum, and one that starts
within 12 minutes earns 20 with both of its MW, and stands still.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from helpers.plan_by_hand import books_by_hand
from helpers.settled_run import settled, solved
from helpers.site_builder import Optimum, engine, grid, mains, make_instance, make_tree, optimum

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData

UP = "fr_mfrr_up"
QUICK = {"quick_start_h": 0.2}


def site(
    periods: int = 1, called: Any = 0.0, *, product: dict[str, Any] | None = None, fuel: Any = 30.0, **fields: Any
) -> Instance:
    reserve = {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": called,
        "energy_price_up_eur_per_mwh": 50.0,
        "call_maximum_h": None,
        "calls_max_per_day": None,
        "call_hours_max_per_day": None,
        **(product or {}),
    }
    markets = {
        "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
        UP: reserve,
    }
    unit = engine(provides=[UP], **fields)
    return make_instance({"grid": grid(), "mains": mains(fuel), "unit": unit}, markets, periods=periods)


def solve(instance: Instance, prices: Sequence[float] = (10.0,), drop: tuple[str, ...] = (), **series: Any) -> Optimum:
    return optimum(instance, {"da_price_eur_per_mwh": list(prices), **series}, drop=drop)


def agrees(instance: Instance, profit: float, prices: Sequence[float] = (10.0,), **series: Any) -> None:
    """The ledger comes to the same."""
    settlement = settled(instance, make_tree(instance, {"da_price_eur_per_mwh": list(prices), **series}))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit, abs=1e-5)


@pytest.mark.parametrize(
    ("fields", "profit"),
    [
        ({}, 0.0),
        (QUICK, 20.0),
        # 13 minutes are 0.21667 h
        ({"quick_start_h": 13 / 60}, 20.0),
        ({"quick_start_h": 0.25}, 0.0),
        # 1.5 MW are available
        ({**QUICK, "available_per_unit": 0.75}, 15.0),
        ({**QUICK, "available_per_unit": 0.4}, 0.0),
        # off before the horizon, for long enough or not; on before it
        ({**QUICK, "initial_on": False}, 20.0),
        ({**QUICK, "initial_on": False, "minimum_down_h": 1.0, "initial_state_h": 0.5}, 0.0),
        ({**QUICK, "initial_on": True}, 0.0),
    ],
)
def test_reserve_from_standstill(fields: dict[str, Any], profit: float) -> None:
    instance = site(**fields)
    assert solve(instance).profit == pytest.approx(profit, abs=1e-9)
    agrees(instance, profit)


@pytest.mark.parametrize(
    ("fields", "profit"),
    [
        # the first period of a call may be its last: 1.2 MW, 1.5 MW, the lower of both
        ({"start_power_max_mw": 1.2}, 12.0),
        ({"stop_power_max_mw": 1.5}, 15.0),
        ({"start_power_max_mw": 1.6, "stop_power_max_mw": 1.1}, 11.0),
        ({"start_power_max_mw": 2.0}, 20.0),
    ],
)
def test_powers_of_starts_and_stops_limit_what_standstill_holds(fields: dict[str, Any], profit: float) -> None:
    instance = site(**QUICK, **fields)
    assert solve(instance).profit == pytest.approx(profit)
    agrees(instance, profit)


def test_a_call_starts_the_unit_at_its_starting_power() -> None:
    """12 for 1.2 MW held, and 1.2 MWh at 50 - 30."""
    instance = site(called=1.0, **QUICK, start_power_max_mw=1.2)
    assert solve(instance).profit == pytest.approx(12.0 + 24.0)
    agrees(instance, 36.0)


@pytest.mark.parametrize(("volume", "profit"), [(0.9, 0.0), (1.0, 10.0), (1.5, 15.0)])
def test_nothing_between_standstill_and_the_minimum(volume: float, profit: float) -> None:
    """A call of 0.9 MW could not be followed; without the row it would earn 9."""
    instance = site(product={"volume_max_mw": volume}, **QUICK)
    assert solve(instance).profit == pytest.approx(profit, abs=1e-9)
    free = solve(instance, drop=(f"unit.{UP}_held_minimum",))
    assert free.profit == pytest.approx(10.0 * volume)


def test_a_continuous_product_needs_a_running_unit() -> None:
    assert solve(site(product={"call": "continuous"}, **QUICK)).profit == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("fields", "port", "profit"),
    [
        # 20 for 2 MW held, 2 MWh at 50 - 30
        ({}, {}, 60.0),
        ({"start_cost_eur": 15.0}, {}, 45.0),
        ({"start_costs": [{"off_from_h": 0, "cost_eur": 1}, {"off_from_h": 5, "cost_eur": 25}]}, {}, 35.0),
        # half a MW of fuel at no load
        ({}, {"no_load_mw": 0.5}, 45.0),
        ({"cost_eur_per_mwh": 4.0}, {}, 52.0),
    ],
)
def test_a_call_starts_the_unit(fields: dict[str, Any], port: dict[str, Any], profit: float) -> None:
    unit = {**QUICK, "inputs": [{"node": "fuel", "ratio_per_unit": 1.0, **port}], "initial_on": False, **fields}
    instance = site(called=1.0, **unit)
    assert solve(instance).profit == pytest.approx(profit)
    agrees(instance, profit)


def test_one_start_for_a_call_of_two_hours() -> None:
    """Called, called, not, called: two starts of 15. 80 for what is held, 3 x 40 for what is called."""
    instance = site(4, "called", start_cost_eur=15.0, initial_on=False, **QUICK)
    called = [1.0, 1.0, 0.0, 1.0]
    result = solve(instance, [10.0] * 4, called=called)
    assert result.profit == pytest.approx(80.0 + 120.0 - 30.0)
    assert result.stream("called_start.unit") == pytest.approx(-30.0)
    agrees(instance, 170.0, [10.0] * 4, called=called)


def test_calls_in_part() -> None:
    """Half of 2 MW is the least MW: 20 + 20. A quarter is too little to run at: 0.5 MWh are missed.

    Missed, a MWh costs its penalty of 100, the imbalance at 300, and is not paid: with 50 per MWh ordered the 0.5 MWh
    cost 0.5 x (100 + 300 - 50) = 175 against the 20 for what is held, and nothing is offered. Without the row that asks
    for the least MW 20 + 0.5 x 20 would be earned.
    """
    terms = {"missed_penalty_eur_per_mwh": 100.0}
    half = site(called=0.5, product=terms, **QUICK)
    assert solve(half).profit == pytest.approx(40.0)
    agrees(half, 40.0)
    quarter = site(called=0.25, product=terms, **QUICK)
    assert solve(quarter).profit == pytest.approx(0.0, abs=1e-9)
    free = solve(quarter, drop=(f"unit.{UP}_called_minimum",))
    assert free.profit == pytest.approx(30.0)


def test_nothing_right_after_running() -> None:
    """An hour at 100 earns 140 running, and then one at 10: with the unit just stopped nothing is held, 140.

    Without the row the second hour earns 20. In the hour after it, it does.
    """
    prices = [100.0, 10.0]
    instance = site(2, **QUICK)
    assert solve(instance, prices).profit == pytest.approx(140.0)
    assert solve(instance, prices, drop=("unit.standstill_before",)).profit == pytest.approx(160.0)
    assert solve(site(3, **QUICK), [*prices, 10.0]).profit == pytest.approx(160.0)


def test_nothing_is_made_at_standstill() -> None:
    """At 100 a start would earn 140, and cost 1000: 20 for 2 MW held off.

    Without the row the unit would make 1 MW with its start unpaid, and hold the other: 70 + 10.
    """
    instance = site(start_cost_eur=1000.0, initial_on=False, **QUICK)
    assert solve(instance, [100.0]).profit == pytest.approx(20.0)
    assert solve(instance, [100.0], drop=("unit.standstill_power",)).profit == pytest.approx(80.0)


def test_heat_of_a_called_unit_needs_room() -> None:
    """A CHP makes as much heat as power. Without a taker of heat it holds nothing; 1.5 MW of it take 1.5 MW.

    1.5 MW of reserve at 10 are 15.
    """
    chp = {**QUICK, "outputs": [{"node": node, "ratio_per_unit": 1.0} for node in ("power", "warmth")]}
    cooler = {"type": "grid_connection", "node": "warmth", "import_max_mw": 0.0}
    for room, profit in ((0.0, 0.0), (1.5, 15.0)):
        instance = site(**chp)
        spec = {**cooler, "export_max_mw": room}
        data = instance.model_dump()
        data["components"]["cooler"] = spec
        data["nodes"]["warmth"] = {"carrier": "heat"}
        assert solve(Instance.model_validate(data)).profit == pytest.approx(profit, abs=1e-9)


def test_a_load_that_starts_holds_downward_reserve() -> None:
    """An electrolyser of 1 to 2 MW, off at a price of 40 for hydrogen worth 30: 20 for two MW downward."""
    unit = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "provides": ["fr_mfrr_down"],
    }
    sale = {
        "type": "grid_connection",
        "node": "fuel",
        "import_max_mw": 0.0,
        "export_max_mw": 5.0,
        "export_price_eur_per_mwh": 30.0,
    }
    markets = {
        "da": {"price_eur_per_mwh": 40.0, "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
        "fr_mfrr_down": {
            "block_h": 1,
            "volume_max_mw": 2.0,
            "capacity_price_eur_per_mw_h": 10.0,
            "activation_down_per_unit": 0.0,
        },
    }
    for fields, profit in (({}, 0.0), (QUICK, 20.0)):
        instance = make_instance({"grid": grid(), "sale": sale, "unit": {**unit, **fields}}, markets)
        assert optimum(instance).profit == pytest.approx(profit, abs=1e-9)


def test_the_stress_test_knows_it() -> None:
    """The run stands every full call. A plan by hand that holds while it is off, and is not ready, misses 2 MW."""
    instance = site(2, initial_on=False, **QUICK)
    tree = make_tree(instance, {"da_price_eur_per_mwh": [10.0, 10.0]})
    run = solved(instance, tree)
    np.testing.assert_allclose(run.solution["unit.on"].values, 0.0, atol=1e-9)
    found = stress(SettlementData(instance, tree, run.solution, run.flow_data))
    assert found.passed
    assert found.calls_tested > 0
    plan = {
        "grid.scheduled_mw": 0.0,
        "unit.power_mw": 0.0,
        "unit.on": [0.0, 0.0],
        f"unit.{UP}_held_mw": 2.0,
        f"unit.{UP}_called_mw": 0.0,
    }
    ready = stress(books_by_hand(instance, {**plan, f"unit.{UP}_standing": [1.0, 1.0]}))
    assert ready.passed
    late = stress(books_by_hand(instance, {**plan, f"unit.{UP}_standing": [0.0, 0.0]}))
    assert late.largest_miss("MW") == pytest.approx(2.0)
    # it runs in the first hour, and holds in the second
    running = {"grid.scheduled_mw": [1.0, 0.0], "unit.power_mw": [1.0, 0.0], "unit.on": [1.0, 0.0]}
    holding = {f"unit.{UP}_held_mw": [0.0, 2.0], f"unit.{UP}_standing": [0.0, 1.0]}
    assert stress(books_by_hand(instance, {**plan, **running, **holding})).largest_miss("MW") == pytest.approx(2.0)
