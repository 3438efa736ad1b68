"""What a store may discharge in a day, and what wears it: each optimum by hand, with the rule and without it."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

DA = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 1}}
ENERGY = DA | {"imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}}


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 4.0,
        "terminal_mwh": 0.0,
        "provides": list(provides),
        **fields,
    }


def reserve(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "shortfall_penalty_eur_per_mw_h": 30.0,
        "missed_penalty_eur_per_mwh": 200.0,
        **fields,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"throughput_max_mwh_per_day": 1.5},
        # 0.75 of 4 MWh drawn, of which half comes out
        {"cycles_max_per_day": 0.75, "discharge_efficiency_per_unit": 0.5},
        {"cycles_max_per_day": 9.0, "throughput_max_mwh_per_day": 1.5},
    ],
)
def test_a_day_has_a_limit(fields: dict[str, Any]) -> None:
    """1.5 MWh at 100, 80, 60, each up to a MWh: 140. Without the rows of the day 2 MWh at least: 180 or 240."""
    instance = make_instance({"grid": grid(), "battery": battery(**fields)}, DA, periods=3)
    data = {"da": [60.0, 100.0, 80.0]}
    assert optimum(instance, data).profit == pytest.approx(140.0)
    all_of_it = 180.0 if "discharge_efficiency_per_unit" in fields else 240.0
    assert optimum(instance, data, drop=["battery.throughput"]).profit == pytest.approx(all_of_it)
    assert settled(instance, make_tree(instance, data)).agrees


def test_the_next_day_begins_anew() -> None:
    """An hour before midnight and two after it: a MWh each day, of prices 50, 70, 90: 140 of 210."""
    store = battery(throughput_max_mwh_per_day=1.0)
    instance = make_instance({"grid": grid(), "battery": store}, DA, periods=3, start="2025-01-15T23:00")
    data = {"da": [50.0, 70.0, 90.0]}
    assert optimum(instance, data).profit == pytest.approx(140.0)
    assert optimum(instance, data, drop=["battery.throughput"]).profit == pytest.approx(210.0)


@pytest.mark.parametrize(("call", "profit"), [("continuous", 115.0), ("discrete", 115.0)])
def test_what_is_called_counts(call: str, profit: float) -> None:
    """1 MWh a day. Half an hour's call of 1 MW in the first hour earns 0.5 x 60; half a MWh is left to sell at 150.

    10 of capacity + 30 + 75 = 115. Were the call not counted, a whole MWh: 10 + 30 + 150 = 190.
    """
    product = reserve(
        call=call, sustain_h=0.0, energy_price_up_eur_per_mwh=60.0, activation_up_per_unit="up", clawback_per_unit=0.0
    )
    store = battery("fr_afrr_up", throughput_max_mwh_per_day=1.0, charge_max_mw=0.0)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": product}, periods=2)
    data = {"da": [0.0, 150.0], "up": [0.5, 0.0]}
    fixed = {"fr_afrr_up.volume_mw": [1.0, 0.0]}
    assert optimum(instance, data, fixed=fixed).profit == pytest.approx(profit)
    assert optimum(instance, data, fixed=fixed, drop=["battery.throughput"]).profit == pytest.approx(190.0)
    assert settled(instance, make_tree(instance, data)).agrees


def test_a_full_call_still_fits_into_the_day() -> None:
    """1.5 MWh a day, 1 MW held for calls of an hour at 10 an hour; 2 MWh could be sold at 8 in the first two hours.

    A MWh for calls in the third hour leaves half a MWh to sell: 3 x 10 + 4 with the volume in all hours. In the first
    two hours the call itself counts beside what is sold. Without the row all of 1.5 MWh are sold: 30 + 12.
    """
    store = battery("fr_afrr_up", throughput_max_mwh_per_day=1.5, discharge_max_mw=2.0, charge_max_mw=0.0)
    product = reserve(activation_up_per_unit=0.0)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": product}, periods=3)
    data = {"da": [8.0, 8.0, 0.0]}
    result = optimum(instance, data)
    assert result.variable("fr_afrr_up.volume_mw") == pytest.approx([1.0, 1.0, 1.0])
    assert result.profit == pytest.approx(34.0)
    assert optimum(instance, data, drop=["battery.throughput_kept"]).profit == pytest.approx(42.0)


def test_a_call_counts_for_as_long_as_it_lasts() -> None:
    """Two hours of a call of 1.5 h: 0.5 + 1 MW h of what is held, within 1.2 MWh: 0.8 MW in both hours, 16 of 20."""
    store = battery("fr_afrr_up", throughput_max_mwh_per_day=1.2, charge_max_mw=0.0)
    product = reserve(sustain_h=1.5, activation_up_per_unit=0.0, block_h=None)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": product}, periods=2)
    assert optimum(instance, {"da": 0.0}).profit == pytest.approx(16.0)
    assert optimum(instance, {"da": 0.0}, drop=["battery.throughput_kept*"]).profit == pytest.approx(20.0)


def test_a_call_may_end_within_a_period() -> None:
    """2 MWh a day, calls of 1.5 h, x and y MW in two hours at 10: x / 2 + y <= 2 where a call ends with the second.

    One that begins with the first hour and ends within the second asks for x + y / 2 <= 2: 4/3 MW each, 26.67. Looked
    at only where hours end, 2 and 1 MW: 30.
    """
    store = battery("fr_afrr_up", throughput_max_mwh_per_day=2.0, discharge_max_mw=2.0, charge_max_mw=0.0)
    product = reserve(sustain_h=1.5, activation_up_per_unit=0.0, volume_max_mw=2.0)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": product}, periods=2)
    assert optimum(instance, {"da": 0.0}).profit == pytest.approx(80.0 / 3.0)
    dropped = optimum(instance, {"da": 0.0}, drop=["battery.throughput_kept_after_1800s"])
    assert dropped.profit == pytest.approx(30.0)


def test_groups_keep_room_for_calls_of_their_own() -> None:
    """The same MW held for two groups: 0.6 MWh a day are 0.6 MW for either: 6 and 4.8; 10 and 8 without."""
    store = battery("fr_afrr_up", "fr_mfrr_up", throughput_max_mwh_per_day=0.6, charge_max_mw=0.0)
    products = {
        "fr_afrr_up": reserve(activation_up_per_unit=0.0),
        "fr_mfrr_up": reserve(activation_up_per_unit=0.0, capacity_price_eur_per_mw_h=8.0, exclusivity_group="another"),
    }
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | products)
    assert optimum(instance, {"da": 0.0}).profit == pytest.approx(10.8)
    assert optimum(instance, {"da": 0.0}, drop=["battery.throughput_kept_*"]).profit == pytest.approx(18.0)


def fcr() -> dict[str, Any]:
    return {
        "fr_fcr": reserve(
            sustain_h=0.25,
            capacity_price_eur_per_mw_h=20.0,
            activation_up_per_unit=0.3,
            activation_down_per_unit=0.2,
            block_h=None,
        )
    }


def test_both_legs_of_a_signal_wear_a_store() -> None:
    """1 MW of FCR, called up 0.3 and down 0.2 of an hour: 0.3 MWh come out and 0.2 MWh go in, 4 EUR a MWh out: 1.2.

    Counted as a net of 0.1 MWh it would be 0.4.
    """
    store = battery("fr_fcr", initial_mwh=2.0, throughput_cost_eur_per_mwh=4.0)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | fcr())
    fixed = {"fr_fcr.volume_mw": 1.0, "battery.charge_mw": 0.0, "battery.discharge_mw": 0.0}
    result = optimum(instance, {"da": 0.0}, fixed=fixed)
    assert result.stream("operation.battery") == pytest.approx(-1.2)
    assert result.variable("battery.level_mwh")[0] == pytest.approx(2.0 + 0.2 - 0.3)
    assert settled(instance, make_tree(instance, {"da": 0.0})).agrees


@pytest.mark.parametrize(("most", "volume"), [(9.0, 1.0), (0.95, 0.95 / 1.075)])
def test_both_legs_of_a_signal_count_for_the_day(most: float, volume: float) -> None:
    """Three hours at 0.3 come out, and a quarter of an hour of the rest, 0.7: 0.9 + 0.175 MWh a MW held."""
    store = battery("fr_fcr", initial_mwh=2.0, throughput_max_mwh_per_day=most)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | fcr(), periods=3)
    fixed = {"battery.charge_mw": 0.0, "battery.discharge_mw": 0.0}
    result = optimum(instance, {"da": 0.0}, fixed=fixed)
    assert result.variable("fr_fcr.volume_mw")[0] == pytest.approx(volume)
