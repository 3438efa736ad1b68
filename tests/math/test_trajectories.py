"""Given powers on the way up and down, by hand, settled, and as a hub.

Fuel costs 30: an hour at 50 earns 20 a MWh, one at 10 loses 20. Half a MW in the hour before the unit is at its minimum
of 1 MW, a quarter in the hour after a stop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.settled_run import settled
from helpers.site_builder import engine, grid, mains, make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.schema.instance import Instance

WAYS: dict[str, Any] = {"start_up_power_mw": [0.5], "shut_down_power_mw": [0.25], "minimum_down_h": 2.0}
IDLE = {"initial_on": False}
NO_LOAD = {"inputs": [{"node": "fuel", "ratio_per_unit": 1.0, "no_load_mw": 0.1}]}


def site(prices: list[float], **fields: Any) -> Instance:
    return make_instance(
        {"grid": grid(), "mains": mains(30.0), "unit": engine(**fields)},
        {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}},
        periods=len(prices),
    )


@pytest.mark.parametrize(
    ("fields", "profit"),
    [
        ({}, 80.0),
        # 80 - 0.5 x 20 - 0.25 x 20
        (WAYS, 65.0),
        # 0.1 MW of fuel in four hours
        ({**WAYS, **NO_LOAD}, 53.0),
        # 4.75 MWh at 2 EUR
        ({**WAYS, "cost_eur_per_mwh": 2.0}, 55.5),
        ({**WAYS, "start_cost_eur": 30.0}, 35.0),
        # two hours up, 0.2 and 0.5 MW: 80 - 0.7 x 20
        ({**WAYS, "start_up_power_mw": [0.2, 0.5], "shut_down_power_mw": []}, 66.0),
    ],
)
def test_the_way_up_and_down(fields: dict[str, Any], profit: float) -> None:
    """Two good hours between hours at 10."""
    prices = [10.0, 10.0, 50.0, 50.0, 10.0, 10.0]
    instance = site(prices, **IDLE, **fields)
    tree = make_tree(instance, {"da_price_eur_per_mwh": prices})
    result = optimum(instance, {"da_price_eur_per_mwh": prices})
    assert result.profit == pytest.approx(profit)
    settlement = settled(instance, tree)
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit, abs=1e-5)


@pytest.mark.parametrize(("fields", "profit"), [(IDLE, 50.0), ({}, 80.0), ({"initial_on": True}, 80.0)])
def test_a_start_takes_time_within_the_horizon(fields: dict[str, Any], profit: float) -> None:
    """Two hours at 50. Off before them: 0.5 MW in the first and 2 MW in the second, 10 + 40; 80 without the row."""
    prices = [50.0, 50.0]
    instance = site(prices, **WAYS, **fields)
    series = {"da_price_eur_per_mwh": prices}
    assert optimum(instance, series).profit == pytest.approx(profit)
    if fields == IDLE:
        assert optimum(instance, series, drop=("unit.start_up",)).profit == pytest.approx(80.0)


def test_no_reserve_on_the_way_up() -> None:
    """Energy at cost; a MW above the minimum earns 10 an hour: in three hours 30, two of them on the way up 10."""
    products = {
        "da": {"price_eur_per_mwh": 30.0, "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
        "fr_mfrr_up": {
            "block_h": 1,
            "volume_max_mw": 2.0,
            "capacity_price_eur_per_mw_h": 10.0,
            "activation_up_per_unit": 0.0,
        },
    }
    slow = {"start_up_power_mw": [0.5, 0.5], "minimum_down_h": 2.0}
    for fields, profit in (({}, 30.0), (slow, 10.0)):
        unit = engine(provides=["fr_mfrr_up"], initial_on=False, **fields)
        instance = make_instance({"grid": grid(), "mains": mains(30.0), "unit": unit}, products, periods=3)
        assert optimum(instance).profit == pytest.approx(profit)


@pytest.mark.parametrize("seed", range(6))
def test_the_hub_says_the_same(seed: int) -> None:
    draw = np.random.default_rng(seed)
    prices = np.round(draw.uniform(0.0, 80.0, 8), 1)
    ways = {
        "start_up_power_mw": np.round(draw.uniform(0.0, 1.0, draw.integers(0, 3)), 2).tolist(),
        "shut_down_power_mw": np.round(draw.uniform(0.0, 1.0, draw.integers(1, 3)), 2).tolist(),
        "minimum_down_h": 4.0,
        "start_cost_eur": 5.0,
        "cost_eur_per_mwh": 1.0,
        "initial_on": [None, False, True][seed % 3],
        **NO_LOAD,
    }
    load = {"type": "demand", "node": "power", "demand_mw": 2.0}
    meter = grid(import_price_eur_per_mwh="da_price_eur_per_mwh", export_max_mw=0.0)
    instance = make_instance({"grid": meter, "mains": mains(30.0), "unit": engine(**ways), "load": load}, periods=8)
    tree = make_tree(instance, {"da_price_eur_per_mwh": prices})
    assert two_views(instance, tree).compare(5, seed).agrees
    assert settled(instance, tree).agrees


# -- on before the horizon --------------------------------------------------------------------------------------------

RUNNING = {**WAYS, "shut_down_power_mw": [0.5, 0.25], "minimum_down_h": 3.0, "initial_on": True}


def heater(gas_eur_per_mwh: float = 30.0, **fields: Any) -> Instance:
    """A boiler that was on when the horizon began, and nobody who takes heat: it is thrown away at 100 a MWh."""
    boiler = {
        "type": "converter",
        "reference": "warmth",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
    }
    nodes = {"warmth": {"dump_penalty_eur_per_mwh": 100.0}}
    return make_instance(
        {"mains": mains(gas_eur_per_mwh), "unit": {**boiler, **RUNNING, **fields}}, periods=4, nodes=nodes
    )


@pytest.mark.parametrize(
    ("fields", "profit"),
    [
        # off at once: 0.5 and 0.25 MWh of heat, at 30 to make and 100 to throw away
        ({}, -97.5),
        # kept on for an hour at 1 MW before
        ({"minimum_up_h": 2.0, "initial_state_h": 1.0}, -227.5),
        # 0.1 MW more heat in both hours
        ({"outputs": [{"node": "warmth", "ratio_per_unit": 1.0, "no_load_mw": 0.1}]}, -117.5),
        # a quarter of 2 MW is less than the minimum: out in the first hour, whatever the minimum time says
        ({"minimum_up_h": 2.0, "initial_state_h": 1.0, "available_per_unit": 0.25}, -97.5),
        # the way down is cut by the end of the horizon: 1 MW for three hours, 0.5 MW in the last
        ({"minimum_up_h": 4.0, "initial_state_h": 1.0}, -455.0),
    ],
)
def test_a_unit_that_was_on_can_go_off_where_nobody_takes_what_it_brings(fields: dict[str, Any], profit: float) -> None:
    instance = heater(**fields)
    assert optimum(instance).profit == pytest.approx(profit)
    settlement = settled(instance, make_tree(instance))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit, abs=1e-5)
    assert two_views(instance, make_tree(instance)).compare(5, 0).agrees


def test_no_more_than_the_way_down_can_be_thrown_away() -> None:
    """Paid 200 to burn a MWh: 75 from what it cannot help. Without the limit, 2 MW for four hours."""
    instance = heater(-200.0)
    assert optimum(instance).profit == pytest.approx(75.0)
    assert optimum(instance, drop=("warmth.dumped_limit",)).profit == pytest.approx(800.0)
