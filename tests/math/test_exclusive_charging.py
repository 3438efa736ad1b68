"""Stores that charge or discharge in a period: each optimum by hand, and what it would be without the rows."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

DA = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 1}}
ENERGY = DA | {"imbalance": {"price_long_eur_per_mwh": -600.0, "price_short_eur_per_mwh": 300.0}}


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 2.0,
        "terminal_mwh": 0.0,
        "discharge_efficiency_per_unit": 0.5,
        "exclusive_charging": True,
        "provides": list(provides),
        **fields,
    }


@pytest.mark.parametrize(("initial", "profit"), [(2.0, 0.0), (1.5, 25.0), (0.0, 50.0)])
def test_a_store_takes_what_it_has_room_for(initial: float, profit: float) -> None:
    """At -50 an hour: 0, 0.5 or 1 MWh of room. Sharing the hour, a full store would take c = 2 d, c + d = 1: 1 / 3."""
    instance = make_instance({"grid": grid(), "battery": battery(initial_mwh=initial)}, DA)
    assert optimum(instance, {"da": -50.0}).profit == pytest.approx(profit, abs=1e-9)
    if initial == 2.0:
        free = optimum(instance, {"da": -50.0}, drop=["battery.charging"])
        assert free.profit == pytest.approx(50.0 / 3.0)
        assert optimum(instance, {"da": -50.0}, drop=["battery.discharging"]).profit == pytest.approx(50.0 / 3.0)
    assert settled(instance, make_tree(instance, {"da": -50.0})).agrees


def test_one_way_alone_needs_no_decision() -> None:
    instance = make_instance({"grid": grid(), "battery": battery(charge_max_mw=0.0)}, DA)
    result = optimum(instance, {"da": 50.0})
    assert result.profit == pytest.approx(50.0)
    assert not [rows.name for rows in result.program.row_groups if "charging" in rows.name.removeprefix("battery.dis")]


def reserve(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "sustain_h": 0.0,
        "capacity_price_eur_per_mw_h": 0.0,
        "shortfall_penalty_eur_per_mw_h": 150.0,
        "missed_penalty_eur_per_mwh": 2000.0,
        **fields,
    }


@pytest.mark.parametrize("call", ["continuous", "discrete"])
def test_a_call_that_stops_a_discharge_stops_all_of_it(call: str) -> None:
    """A full store that is to discharge 1 MW and is called down by 1 MW for the hour stands still.

    It has no room in the second hour, at -100. If part of the call ran round the store, half a MW in and half out
    (c + d <= 1) took 0.5 and 1 MWh: room for half a MWh, 50.
    """
    product = reserve(call=call, energy_price_down_eur_per_mwh=0.0, activation_down_per_unit="down")
    fixed = {"fr_afrr_down.volume_mw": [1.0, 0.0], "battery.discharge_mw": [1.0, 0.0]}
    data = {"da": [0.0, -100.0], "down": [1.0, 0.0]}
    products = ENERGY | {"fr_afrr_down": product}
    instance = make_instance({"grid": grid(), "battery": battery("fr_afrr_down")}, products, periods=2)
    assert optimum(instance, data, fixed=fixed).profit == pytest.approx(0.0, abs=1e-6)
    free = optimum(instance, data, fixed=fixed, drop=["battery.cancelled_all*"])
    assert free.profit == pytest.approx(50.0)
    shares = make_instance(
        {"grid": grid(), "battery": battery("fr_afrr_down", exclusive_charging=False)}, products, periods=2
    )
    assert optimum(shares, data, fixed=fixed).profit == pytest.approx(50.0)


def test_a_charge_that_is_called_off_becomes_a_discharge() -> None:
    """Half a MW of charge, called up by 1 MW for the hour: 0.5 MW are called off and 0.5 MW given, 1 MWh of 1.5."""
    product = reserve(energy_price_up_eur_per_mwh=0.0, activation_up_per_unit=1.0)
    store = battery("fr_afrr_up", initial_mwh=1.5)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": product})
    fixed = {"fr_afrr_up.volume_mw": 1.0, "battery.charge_mw": 0.5}
    result = optimum(instance, {"da": 0.0}, fixed=fixed)
    assert result.variable("battery.level_mwh")[0] == pytest.approx(0.5)
    assert settled(instance, make_tree(instance, {"da": 0.0})).agrees
