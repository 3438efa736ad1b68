"""Units that are kept warm, by hand, settled, and as a hub.

The unit earns 40 an hour at a price of 50 and loses 20 an hour at 10. A start from off costs 30, one from stand-by 5;
in stand-by it draws 0.1 MW of fuel, 3 an hour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.settled_run import settled
from helpers.site_builder import engine, grid, mains, make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.schema.instance import Instance

COLD: dict[str, Any] = {"start_cost_eur": 30.0, "initial_on": True}
WARM: dict[str, Any] = {**COLD, "standby_input_mw": 0.1, "standby_start_cost_eur": 5.0}
DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}


def site(periods: int, **fields: Any) -> Instance:
    return make_instance({"grid": grid(), "mains": mains(30.0), "unit": engine(**fields)}, DA, periods=periods)


def check(prices: list[float], profit: float, share: list[float] | None = None, **fields: Any) -> None:
    series = {"da_price_eur_per_mwh": prices} | ({} if share is None else {"s_per_unit": share})
    own = {} if share is None else {"available_per_unit": "s_per_unit"}
    instance = site(len(prices), **fields, **own)
    assert optimum(instance, series).profit == pytest.approx(profit)
    settlement = settled(instance, make_tree(instance, series))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit, abs=1e-5)


@pytest.mark.parametrize(
    ("fields", "profit"),
    [
        # off in between: 80 - 30; on: 80 - 2 x 20
        (COLD, 50.0),
        # in stand-by: 80 - 2 x 3 - 5
        (WARM, 69.0),
        ({**WARM, "standby_start_cost_eur": 0.0}, 74.0),
        ({**WARM, "standby_cost_eur_per_h": 4.0}, 61.0),
        ({**WARM, "standby_input_mw": 0.0}, 75.0),
        # 80 - 2 x 12 - 5
        ({**WARM, "standby_input_mw": 0.4}, 51.0),
        # 2 x 15 and 5 are more than a start from off
        ({**WARM, "standby_input_mw": 0.5}, 50.0),
        # off before: 30 more
        ({**WARM, "initial_on": False}, 39.0),
        # a free first state is no start
        ({**WARM, "initial_on": None}, 69.0),
    ],
)
def test_two_bad_hours(fields: dict[str, Any], profit: float) -> None:
    check([50.0, 10.0, 10.0, 50.0], profit, **fields)


def test_starts_are_paid_once() -> None:
    """Without the row of warming up nothing costs but the start from stand-by, which a free warm-up spares: 80."""
    instance = site(4, **WARM)
    series = {"da_price_eur_per_mwh": [50.0, 10.0, 10.0, 50.0]}
    free = optimum(instance, series, drop=("unit.warm_up", "unit.warm_up_off", "unit.standby_start"))
    assert free.profit == pytest.approx(80.0)


def test_a_long_time_is_spent_off() -> None:
    """Nine hours in stand-by would cost 27 and 5: off and a start of 30 costs less."""
    check([50.0, *[10.0] * 9, 50.0], 50.0, **WARM)


def test_off_to_stand_by_is_a_start() -> None:
    """From off the good hour costs 30, by way of stand-by or not: 40 - 30."""
    check([10.0, 10.0, 50.0], 10.0, **{**WARM, "initial_on": False})


def test_no_stand_by_in_an_outage() -> None:
    """Out in the second of three good hours: 80 - 30; 80 - 3 - 5 without the row."""
    share, prices = [1.0, 0.0, 1.0], [50.0] * 3
    check(prices, 50.0, share, **WARM)
    instance = site(3, available_per_unit="s_per_unit", **WARM)
    series = {"da_price_eur_per_mwh": prices, "s_per_unit": share}
    assert optimum(instance, series, drop=("unit.standby_available",)).profit == pytest.approx(72.0)


def test_blocks_of_hours() -> None:
    """A block of two bad hours: 160 - 2 x 3 - 5."""
    check([50.0, 50.0, 10.0, 10.0, 50.0, 50.0], 149.0, state_block_h=2.0, **WARM)


@pytest.mark.parametrize(("fields", "profit"), [({}, 100.0), ({"standby_input_mw": 0.05}, 115.0)])
def test_an_electrolyser(fields: dict[str, Any], profit: float) -> None:
    """Hydrogen at 80: 60 an hour at a price of 50; at 100 the least MW loses 20, stand-by 5, and a start costs 40."""
    unit = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "cold", "ratio_per_unit": 0.01}],
        "outputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "start_cost_eur": 40.0,
        "initial_on": True,
        **fields,
    }
    sale = {"type": "grid_connection", "node": "fuel", "import_max_mw": 0.0, "export_max_mw": 5.0}
    water = {"type": "grid_connection", "node": "cold", "import_max_mw": None}
    components = {"grid": grid(), "sale": {**sale, "export_price_eur_per_mwh": 80.0}, "water": water, "unit": unit}
    instance = make_instance(components, DA, periods=3)
    assert optimum(instance, {"da_price_eur_per_mwh": [50.0, 100.0, 50.0]}).profit == pytest.approx(profit)


def test_no_reserve_from_stand_by() -> None:
    """At 10 a running unit loses 20 an hour, for 10 of a MW of reserve; in stand-by it holds nothing."""
    products = {
        **DA,
        "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
        "fr_mfrr_up": {
            "block_h": 1,
            "volume_max_mw": 2.0,
            "capacity_price_eur_per_mw_h": 10.0,
            "activation_up_per_unit": 0.0,
        },
    }
    unit = engine(provides=["fr_mfrr_up"], standby_input_mw=0.0, initial_on=True)
    instance = make_instance({"grid": grid(), "mains": mains(30.0), "unit": unit}, products)
    assert optimum(instance, {"da_price_eur_per_mwh": 10.0}).profit == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_the_hub_says_the_same(seed: int) -> None:
    draw = np.random.default_rng(seed)
    prices = np.round(draw.uniform(0.0, 80.0, 8), 1)
    fields = {
        **WARM,
        "standby_cost_eur_per_h": 1.0,
        "initial_on": [None, False, True][seed % 3],
        "minimum_up_h": 2.0,
        "state_block_h": 2.0 if seed % 2 else None,
        "available_per_unit": "s_per_unit",
    }
    load = {"type": "demand", "node": "power", "demand_mw": 1.5}
    meter = grid(import_price_eur_per_mwh="da_price_eur_per_mwh", export_max_mw=0.0)
    instance = make_instance({"grid": meter, "mains": mains(30.0), "unit": engine(**fields), "load": load}, periods=8)
    share = np.where(draw.random(8) < 0.2, 0.0, 1.0)
    tree = make_tree(instance, {"da_price_eur_per_mwh": prices, "s_per_unit": share})
    assert two_views(instance, tree).compare(5, seed).agrees
    assert settled(instance, tree).agrees
