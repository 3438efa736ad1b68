"""Stores of which less than all power is available: each optimum by hand, and what it would be without the rows."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.uncertainty.quality import check_tree

IN = {"charge_available_per_unit": "in_per_unit"}
OUT = {"discharge_available_per_unit": "out_per_unit"}
DA = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 1}}
ENERGY = DA | {"imbalance": {"price_long_eur_per_mwh": -600.0, "price_short_eur_per_mwh": 300.0}}


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 0.0,
        "terminal_mwh": 0.0,
        "provides": list(provides),
        **fields,
    }


def reserve(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "sustain_h": 0.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "shortfall_penalty_eur_per_mw_h": 30.0,
        "missed_penalty_eur_per_mwh": 200.0,
        **fields,
    }


def arbitrage(prices: list[float], **fields: Any) -> Any:
    return make_instance({"grid": grid(), "battery": battery(**fields)}, DA, periods=len(prices))


PRICES = [20.0, 20.0, 100.0, 100.0]


def test_a_store_that_cannot_charge() -> None:
    """2 MWh at a margin of 80; half the power in the second hour: 1.5 MWh. 120 instead of 160."""
    instance = arbitrage(PRICES, **IN)
    data = {"da": PRICES, "in_per_unit": [1.0, 0.5, 1.0, 1.0]}
    assert optimum(instance, data).profit == pytest.approx(120.0)
    free = optimum(instance, data, drop=["battery.sharing", "battery.charge_available"])
    assert free.profit == pytest.approx(160.0)
    assert settled(instance, make_tree(instance, data)).agrees


def test_a_store_that_cannot_discharge_in_one_of_two_scenarios() -> None:
    """1 MWh left to sell where the third hour is an outage: 80 there, 160 in the other scenario."""
    instance = arbitrage(PRICES, **OUT)
    data = {"da": PRICES, "out_per_unit": [[1.0, 1.0, 0.0, 1.0], [1.0] * 4]}
    assert optimum(instance, data, [0.5, 0.5]).profit == pytest.approx(120.0)


def test_a_share_that_never_changes_is_a_smaller_limit() -> None:
    """Half the power: 1 MWh in two hours; 80. No row of its own, and none of a way that is shut for good."""
    instance = arbitrage(PRICES, charge_available_per_unit=0.5)
    result = optimum(instance, {"da": PRICES})
    assert result.profit == pytest.approx(80.0)
    assert not [rows.name for rows in result.program.row_groups if "available" in rows.name]
    shut = optimum(arbitrage(PRICES, charge_available_per_unit=0.0), {"da": PRICES})
    assert shut.profit == pytest.approx(0.0)
    assert not [rows.name for rows in shut.program.row_groups if "sharing" in rows.name]


FULL = {
    "energy_max_mwh": 0.5,
    "initial_mwh": 0.5,
    "terminal_mwh": 0.5,
    "charge_efficiency_per_unit": 0.5,
    "discharge_efficiency_per_unit": 0.5,
}


@pytest.mark.parametrize(
    ("charge", "discharge", "profit"),
    [
        # 0.5 c = d / 0.5, so d = c / 4, and c + d = 1: c = 0.8, 0.6 MWh to burn
        (1.0, 1.0, 30.0),
        # c / 0.5 + d = 1: c = 4 / 9, 1 / 3 of a MWh
        (0.5, 1.0, 50.0 / 3.0),
        # c + d / 0.5 = 1: c = 2 / 3, half a MWh
        (1.0, 0.5, 25.0),
        (0.0, 1.0, 0.0),
        (1.0, 0.0, 0.0),
        (0.0, 0.0, 0.0),
    ],
)
def test_a_full_store_burns_what_is_available(charge: float, discharge: float, profit: float) -> None:
    """At -50; without the row it would charge all the while and give back a quarter: 0.75 MWh of what it charges."""
    instance = arbitrage([-50.0], **FULL, **IN, **OUT)
    data = {"da": -50.0, "in_per_unit": charge, "out_per_unit": discharge}
    assert optimum(instance, data).profit == pytest.approx(profit, abs=1e-9)
    free = optimum(instance, data, drop=["battery.sharing"])
    assert free.profit == pytest.approx(50.0 * 0.75 * min(charge, 4.0 * discharge), abs=1e-9)


@pytest.mark.parametrize(("charge", "profit"), [(1.0, 30.0), (0.5, 15.0)])
def test_charging_needs_no_discharge(charge: float, profit: float) -> None:
    """An empty store at -30 with nothing to discharge takes what it can: the row that shares the period lets it."""
    instance = arbitrage([-30.0], **IN, **OUT)
    data = {"da": -30.0, "in_per_unit": charge, "out_per_unit": 0.0}
    assert optimum(instance, data).profit == pytest.approx(profit)


@pytest.mark.parametrize(("share", "profit"), [(1.0, 10.0), (0.5, 5.0), (0.0, 0.0)])
def test_reserve_is_held_with_what_is_available(share: float, profit: float) -> None:
    """1 MW at 10, as far as it could be discharged, or charged for downward calls."""
    up = battery("fr_afrr_up", charge_max_mw=0.0, initial_mwh=2.0, terminal_mwh=2.0, **OUT)
    instance = make_instance({"grid": grid(), "battery": up}, ENERGY | {"fr_afrr_up": reserve()})
    data = {"da": 0.0, "out_per_unit": share, "in_per_unit": share}
    assert optimum(instance, data).profit == pytest.approx(profit, abs=1e-9)
    assert optimum(instance, data, drop=["battery.headroom_up"]).profit == pytest.approx(10.0)
    down = battery("fr_afrr_down", discharge_max_mw=0.0, **IN)
    instance = make_instance({"grid": grid(), "battery": down}, ENERGY | {"fr_afrr_down": reserve()})
    assert optimum(instance, data).profit == pytest.approx(profit, abs=1e-9)
    assert optimum(instance, data, drop=["battery.headroom_down"]).profit == pytest.approx(10.0)


@pytest.mark.parametrize("call", ["continuous", "discrete"])
def test_called_or_not_a_full_store_burns_what_is_available(call: str) -> None:
    """As without calls: 4 / 9 MW in and a ninth out, a third of a MWh at 400, where energy called up costs as much.

    If the called operation did not share the hour it would charge half a MW and give an eighth back: 150.
    """
    product = reserve(
        call=call,
        energy_price_up_eur_per_mwh=-400.0,
        activation_up_per_unit="up",
        capacity_price_eur_per_mw_h=0.0,
        shortfall_penalty_eur_per_mw_h=150.0,
    )
    store = battery("fr_afrr_up", **FULL, **IN)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": product})
    data = {"da": -400.0, "in_per_unit": 0.5, "up": 1.0}
    assert optimum(instance, data).profit == pytest.approx(400.0 / 3.0)
    free = optimum(instance, data, drop=["battery.called_sharing"])
    assert free.profit == pytest.approx(150.0)
    assert settled(instance, make_tree(instance, data)).agrees


@pytest.mark.parametrize(("share", "profit"), [(1.0, 20.0), (0.5, 10.0), (0.0, 0.0)])
def test_a_store_takes_over_with_what_is_available(share: float, profit: float) -> None:
    """A heat pump that is called to draw a MW less lacks 3 MW of heat; its store gives 6 MW, 3 MW or none."""
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
        "provides": ["fr_mfrr_up"],
    }
    heat = {"node": "warmth", "energy_max_mwh": 20.0, "initial_mwh": 10.0, "terminal_mwh": 10.0}
    tank = battery(**heat, charge_max_mw=0.0, discharge_max_mw=6.0, **OUT)
    heating = {"type": "demand", "node": "warmth", "demand_mw": 6.0}
    product = reserve(volume_max_mw=2.0, activation_up_per_unit=0.0)
    instance = make_instance(
        {"grid": grid(), "pump": pump, "tank": tank, "heating": heating}, ENERGY | {"fr_mfrr_up": product}
    )
    data = {"da": 0.0, "out_per_unit": share}
    assert optimum(instance, data).profit == pytest.approx(profit, abs=1e-9)
    assert optimum(instance, data, drop=["tank.call_power_taken"]).profit == pytest.approx(20.0)


def test_room_is_kept_by_each_group() -> None:
    """2 of 4 MW each way, 1 in and 0.5 out: as ``tests/math/test_called_storage.py`` works out for a store of 2 MW.

    1 MW is called for one group; of the other 2 / 3 of a MW have room beside what is burned, without the row 1 MW.
    """
    called = reserve(
        call="discrete",
        exclusivity_group="one",
        sustain_h=1.0,
        capacity_price_eur_per_mw_h=100.0,
        activation_down_per_unit=1.0,
        energy_price_down_eur_per_mwh=0.0,
    )
    held = reserve(sustain_h=1.0, capacity_price_eur_per_mw_h=10.0, energy_price_down_eur_per_mwh=0.0)
    store = battery(
        "fr_mfrr_down",
        "fr_afrr_down",
        energy_max_mwh=1.5,
        charge_max_mw=4.0,
        discharge_max_mw=4.0,
        discharge_efficiency_per_unit=0.5,
        **IN,
        **OUT,
    )
    meter = grid(import_price_eur_per_mwh=1.0, export_max_mw=0.0)
    instance = make_instance(
        {"grid": meter, "battery": store},
        {"fr_mfrr_down": called, "fr_afrr_down": held, "imbalance": ENERGY["imbalance"]},
    )
    data = {"in_per_unit": 0.5, "out_per_unit": 0.5}
    result = optimum(instance, data)
    assert result.variable("fr_afrr_down.volume_mw")[0] == pytest.approx(2 / 3)
    assert result.profit == pytest.approx(100.0 - 1.0 + 10.0 * 2 / 3)
    for drop in ("stops_discharge_*", "in_stops_discharge_*"):
        without = optimum(instance, data, drop=[f"battery.{drop}"])
        assert without.variable("fr_afrr_down.volume_mw")[0] == pytest.approx(1.0)


@pytest.mark.parametrize("key", ["charge_available_per_unit", "discharge_available_per_unit"])
def test_a_share_outside_0_and_1_is_told(key: str) -> None:
    instance = arbitrage([0.0, 0.0], **{key: "share"})
    issues = check_tree(instance, make_tree(instance, {"da": 0.0, "share": [1.0, 1.1]}))
    assert [issue.key for issue in issues] == [f"components.battery.{key}"]
