"""Exclusivity groups by hand: the same MW sold to products of two groups, and what calls of both then ask for.

``fr_mfrr_up`` (group ``flexibility``) pays 10 EUR/MW/h in all of these, ``fr_aofd`` (group ``demand_response``) 4. In
one group they share out the MW, and all of it goes to the dearer.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import Optimum, grid, mains, make_instance, optimum

MARKETS = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}
FREE = {"da_price_eur_per_mwh": 0}
BOTH = ["fr_mfrr_up", "fr_aofd"]
STACKED, ONE_GROUP = "demand_response", "flexibility"


def products(group: str, **fields: Any) -> dict[str, Any]:
    both = {"volume_max_mw": 3.0, "sustain_h": 1.0, "missed_penalty_eur_per_mwh": 100.0, **fields}
    mfrr = {"block_h": 1, "capacity_price_eur_per_mw_h": 10.0, "shortfall_penalty_eur_per_mw_h": 15.0}
    tender = {
        "tender_price_eur_per_mw_year": 1000.0,
        "capacity_reference_price_eur_per_mw_year": 600.0,
        "window_hours_per_year": 100.0,
        "calendar": [],
    }
    call = both.pop("call_per_unit", 0.0)
    return {
        **MARKETS,
        "fr_mfrr_up": {**both, **mfrr, "activation_up_per_unit": call},
        "fr_aofd": {**both, **tender, "activation_per_unit": call, "exclusivity_group": group},
    }


def process(**fields: Any) -> dict[str, Any]:
    return {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": 1.0,
        "shed_cost_eur_per_mwh": 0.0,
        "provides": BOTH,
        **fields,
    }


def generator(**fields: Any) -> dict[str, Any]:
    """2 MW at 75 EUR/MWh of gas."""
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "provides": BOTH,
        **fields,
    }


def volumes(result: Optimum) -> tuple[float, float]:
    return float(result.variable("fr_mfrr_up.volume_mw")[0]), float(result.variable("fr_aofd.volume_mw")[0])


@pytest.mark.parametrize(("group", "sold", "profit"), [(STACKED, (1.0, 1.0), 14.0), (ONE_GROUP, (1.0, 0.0), 10.0)])
def test_a_megawatt_is_sold_once_a_group(group: str, sold: tuple[float, float], profit: float) -> None:
    """1 MW that can be shed: 10 + 4 with two groups, 10 with one."""
    instance = make_instance({"grid": grid(), "process": process()}, products(group))
    result = optimum(instance, FREE)
    assert volumes(result) == pytest.approx(sold)
    assert result.profit == pytest.approx(profit)


def test_each_group_is_held_by_itself() -> None:
    """Without the row of its own group the tender sells its 3 MW: 10 + 3 x 4."""
    instance = make_instance({"grid": grid(), "process": process()}, products(STACKED))
    free = optimum(instance, FREE, drop=["process.stacked_up_demand_response"])
    assert free.profit == pytest.approx(22.0)


def test_one_group_has_no_rows_of_stacking() -> None:
    instance = make_instance({"grid": grid(), "process": process()}, products(ONE_GROUP))
    names = [f.name for f in optimum(instance, FREE).program.row_groups]
    assert "process.limit" in names
    assert not [name for name in names if "stacked" in name or "reserved" in name]


def test_a_megawatt_called_twice_is_delivered_once() -> None:
    """1 MW sold twice, both called for the hour: mFRR is delivered (100 + 300 of imbalance), the tender missed.

    10 + 4 less the tender's payment and 100. If one MW could serve both calls: 14.
    """
    instance = make_instance({"grid": grid(), "process": process()}, products(STACKED, call_per_unit=1.0))
    fixed = {"fr_mfrr_up.volume_mw": 1.0, "fr_aofd.volume_mw": 1.0}
    result = optimum(instance, FREE, fixed=fixed)
    assert result.variable("fr_aofd.missed_up_mw")[0] == pytest.approx(1.0)
    assert result.profit == pytest.approx(10.0 - 100.0)
    free = optimum(instance, FREE, fixed=fixed, drop=["process.stacked_up_called"])
    assert free.profit == pytest.approx(14.0)


def test_calls_of_both_groups_share_the_ramp() -> None:
    """0.1 MW/min is 1.3 MW in 780 s; 1.3 MW are sold twice, and both called from a generator of 2 MW.

    A MW for mFRR saves 100 + 300 + 10 and costs 75 of gas, for the tender 100 + 4. 1.3 MW reach mFRR:
    13 + 5.2 - 97.5 - 5.2 - 130 = -214.5. Were the ramp not shared, 0.7 MW more would reach the tender, worth 29 each:
    -194.2.
    """
    markets = products(STACKED, call_per_unit=1.0, full_activation_time_s=780)
    instance = make_instance({"grid": grid(), "mains": mains(), "unit": generator(ramp_mw_per_min=0.1)}, markets)
    fixed = {"fr_mfrr_up.volume_mw": 1.3, "fr_aofd.volume_mw": 1.3}
    assert optimum(instance, FREE, fixed=fixed).profit == pytest.approx(-214.5)
    ramps = ["unit.fr_mfrr_up_called_ramp", "unit.fr_aofd_up_called_ramp"]
    assert optimum(instance, FREE, fixed=fixed, drop=ramps).profit == pytest.approx(-194.2)


@pytest.mark.parametrize(("group", "profit"), [(STACKED, 1.3 * 14.0), (ONE_GROUP, 13.0)])
def test_groups_do_not_share_the_ramp_of_what_is_held(group: str, profit: float) -> None:
    """1.3 MW within 780 s, for each group or for both together; without the tender's ramp its 2 MW: 13 + 8."""
    markets = products(group, full_activation_time_s=780)
    instance = make_instance({"grid": grid(), "mains": mains(), "unit": generator(ramp_mw_per_min=0.1)}, markets)
    assert optimum(instance, FREE).profit == pytest.approx(profit)
    if group == STACKED:
        assert optimum(instance, FREE, drop=["unit.fr_aofd_up_ramp"]).profit == pytest.approx(21.0)


@pytest.mark.parametrize(("group", "profit"), [(STACKED, 14.0), (ONE_GROUP, 10.0)])
def test_a_store_holds_the_energy_of_the_group_that_needs_most(group: str, profit: float) -> None:
    """2 MWh for calls of 2 h, over two hours: 1 MW, for each group or for both together; without the rows 3 MW each."""
    store = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 10.0,
        "discharge_max_mw": 10.0,
        "initial_mwh": 2.0,
        "provides": BOTH,
    }
    instance = make_instance({"grid": grid(), "battery": store}, products(group, sustain_h=2.0), periods=2)
    assert optimum(instance, FREE).profit == pytest.approx(2 * profit)
    if group == STACKED:
        rows = ["battery.energy_taken_demand_response", "battery.energy_taken_flexibility"]
        assert optimum(instance, FREE, drop=rows[:1]).profit == pytest.approx(2 * (10 + 3 * 4))
        assert optimum(instance, FREE, drop=rows).profit == pytest.approx(2 * 3 * 14)


@pytest.mark.parametrize(("group", "profit"), [(STACKED, 28.0), (ONE_GROUP, 20.0)])
def test_groups_share_the_room_at_the_connection(group: str, profit: float) -> None:
    """3 MW of sun behind 2 MW of export: 2 MW for each group or for both; without the limit 3 MW."""
    sun = {"type": "source", "node": "power", "available_mw": 3.0, "provides": BOTH}
    instance = make_instance({"grid": grid(export_max_mw=2.0), "pv": sun}, products(group))
    assert optimum(instance, FREE).profit == pytest.approx(profit)
    unlimited = optimum(instance, FREE, drop=["grid.headroom_up"]).profit
    assert unlimited == pytest.approx(3 * 14 if group == STACKED else 30)


@pytest.mark.parametrize(("group", "profit"), [(STACKED, -10 + 0.5 * 14), (ONE_GROUP, -10 + 0.5 * 10)])
def test_heat_behind_a_call_is_held_once_a_group(group: str, profit: float) -> None:
    """1 MW of heat pump at COP 3 for 10 EUR; a MW of reserve for 1 h owes 3 MWh of heat, and 1.5 are in store.

    Half a MW for each group or for both; without the row of the tender's heat the whole load is offered to it: 4.
    """
    site = {
        "grid": grid(),
        "heating": {"type": "demand", "node": "warmth", "demand_mw": 3.0},
        "heat_pump": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 2.0,
            "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
            "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
            "provides": BOTH,
        },
        "tank": {
            "type": "storage",
            "node": "warmth",
            "energy_max_mwh": 1.5,
            "charge_max_mw": 5.0,
            "discharge_max_mw": 5.0,
            "initial_mwh": 1.5,
        },
    }
    instance = make_instance(site, products(group))
    data = {"da_price_eur_per_mwh": 10}
    assert optimum(instance, data).profit == pytest.approx(profit)
    if group == STACKED:
        free = optimum(instance, data, drop=["tank.energy_taken_demand_response"])
        assert free.profit == pytest.approx(-10 + 5 + 4)


@pytest.mark.parametrize(
    ("price", "group", "profit"), [(13.0, "every", 14.0), (15.0, "every", 15.0), (13.0, "own", 27.0)]
)
def test_a_product_of_every_group_shares_with_none(price: float, group: str, profit: float) -> None:
    """1 MW: 14 from the two groups, or the price of RC, which may share with neither; in a group of its own 14 + 13."""
    markets = products(STACKED)
    markets["fr_rc_up"] = {
        "block_h": 1,
        "volume_max_mw": 3.0,
        "capacity_price_eur_per_mw_h": price,
        "activation_up_per_unit": 0.0,
        "exclusivity_group": group,
    }
    instance = make_instance({"grid": grid(), "process": process(provides=[*BOTH, "fr_rc_up"])}, markets)
    assert optimum(instance, FREE).profit == pytest.approx(profit)
