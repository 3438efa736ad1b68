"""Wear by the depth of cycles: each optimum by hand, and what it would be without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

DA = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 1}}
BY_DEPTH = [{"depth_per_unit": 0.25, "cost_eur_per_mwh": 5.0}, {"depth_per_unit": 1.0, "cost_eur_per_mwh": 40.0}]


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 4.0,
        "discharge_max_mw": 4.0,
        "initial_mwh": 4.0,
        "terminal_mwh": 0.0,
        "provides": list(provides),
        "degradation_cost_by_depth": BY_DEPTH,
        **fields,
    }


@pytest.mark.parametrize(
    ("price", "profit"),
    [
        # 1 MWh at a wear of 5, three more at 40
        (100.0, 400.0 - 5.0 - 120.0),
        # the deep ones are not worth it
        (30.0, 30.0 - 5.0),
        (4.0, 0.0),
    ],
)
def test_deep_segments_cost_more(price: float, profit: float) -> None:
    instance = make_instance({"grid": grid(), "battery": battery()}, DA)
    assert optimum(instance, {"da": price}).profit == pytest.approx(profit, abs=1e-9)
    free = make_instance({"grid": grid(), "battery": battery(degradation_cost_by_depth=[])}, DA)
    assert optimum(free, {"da": price}).profit == pytest.approx(4.0 * price)
    # without the levels of segments all of it came at the cheapest: 4 MWh at 5
    all_cheap = optimum(instance, {"da": price}, drop=["battery.segment_*"])
    assert all_cheap.profit == pytest.approx(4.0 * max(0.0, price - 5.0))
    found = settled(instance, make_tree(instance, {"da": price}))
    assert found.agrees
    assert found.expected_profit == pytest.approx(profit, abs=1e-6)


def test_two_shallow_cycles_cost_less_than_a_deep_one() -> None:
    """Sold at 60, bought back at 10, sold at 60: twice 1 MWh at 5, 2 x 55 - 10 = 100, and 3 deep MWh at 60 - 40: 160.

    All of it for less in between is not to be had: 3 MWh of the deep segment once.
    """
    instance = make_instance({"grid": grid(), "battery": battery()}, DA, periods=3)
    data = {"da": [60.0, 10.0, 60.0]}
    result = optimum(instance, data)
    # 10 + 40 a MWh bought back to the deep segment, sold for 60: 3 MWh more at a margin of 10
    assert result.profit == pytest.approx(100.0 + 60.0 + 30.0)


def test_an_empty_part_is_the_shallow_one() -> None:
    """2 of 4 MWh: the shallow MWh and one of the deep segment are empty, so that each MWh costs 40: 2 x 60."""
    instance = make_instance({"grid": grid(), "battery": battery(initial_mwh=2.0)}, DA)
    assert optimum(instance, {"da": 100.0}).profit == pytest.approx(120.0)


def test_what_is_called_wears_by_depth() -> None:
    """Called up by 2 MW for an hour at 100: 1 MWh at 5 and one at 40."""
    product = {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "sustain_h": 0.0,
        "capacity_price_eur_per_mw_h": 0.0,
        "activation_up_per_unit": 1.0,
        "energy_price_up_eur_per_mwh": 100.0,
        "shortfall_penalty_eur_per_mw_h": 30.0,
        "missed_penalty_eur_per_mwh": 200.0,
    }
    products = DA | {
        "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
        "fr_afrr_up": product,
    }
    instance = make_instance({"grid": grid(), "battery": battery("fr_afrr_up")}, products)
    fixed = {"fr_afrr_up.volume_mw": 2.0, "battery.charge_mw": 0.0}
    result = optimum(instance, {"da": 0.0}, fixed=fixed)
    assert result.stream("operation.battery") == pytest.approx(-45.0)
    assert settled(instance, make_tree(instance, {"da": 0.0})).agrees
