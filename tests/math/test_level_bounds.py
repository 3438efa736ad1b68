"""Bounds of a store's level that change: each optimum by hand, and what it would be without the rows."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.uncertainty.quality import check_tree

DA = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 1}}
ENERGY = DA | {"imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}}
FORBIDDEN = {"level_penalty_eur_per_mwh": None}


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 2.0,
        "discharge_max_mw": 2.0,
        "initial_mwh": 0.0,
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
    ("penalty", "profit"),
    [
        # 0.5 MWh in the first hour, 1.5 MWh in the second
        (None, 125.0),
        (60.0, 125.0),
        # 1.5 MWh below the least level for an hour
        (30.0, 200.0 - 45.0),
    ],
)
def test_a_least_level(penalty: float | None, profit: float) -> None:
    """2 MWh to sell for 100 or 50, of which 1.5 MWh are to be in store after the first hour; 200 without."""
    store = battery(initial_mwh=2.0, level_min_mwh="low", level_penalty_eur_per_mwh=penalty)
    instance = make_instance({"grid": grid(), "battery": store}, DA, periods=2)
    data = {"da": [100.0, 50.0], "low": [1.5, 0.0]}
    assert optimum(instance, data).profit == pytest.approx(profit)
    assert optimum(instance, data, drop=["battery.level_min"]).profit == pytest.approx(200.0)
    assert settled(instance, make_tree(instance, data)).agrees


@pytest.mark.parametrize(("penalty", "profit"), [(None, 45.0), (100.0, 45.0), (40.0, 180.0 - 60.0)])
def test_a_largest_level(penalty: float | None, profit: float) -> None:
    """2 MWh to buy for 10 and to sell for 100, of which half a MWh may be in store in between; 180 without."""
    store = battery(level_max_mwh=0.5, level_penalty_eur_per_mwh=penalty)
    instance = make_instance({"grid": grid(), "battery": store}, DA, periods=2)
    data = {"da": [10.0, 100.0]}
    assert optimum(instance, data).profit == pytest.approx(profit)
    assert optimum(instance, data, drop=["battery.level_max"]).profit == pytest.approx(180.0)
    assert settled(instance, make_tree(instance, data)).agrees


def test_a_bound_that_cannot_be_kept_is_paid_for_and_no_limit_is_passed() -> None:
    """An empty store that is to hold 1 MWh and cannot charge: 1 MWh for two hours at 40."""
    store = battery(charge_max_mw=0.0, level_min_mwh=1.0, level_penalty_eur_per_mwh=40.0)
    instance = make_instance({"grid": grid(), "battery": store}, DA, periods=2)
    assert optimum(instance, {"da": 0.0}).profit == pytest.approx(-80.0)


@pytest.mark.parametrize(("penalty", "profit"), [(None, 5.0), (12.0, 5.0), (4.0, 8.0)])
def test_energy_of_calls_keeps_to_the_bounds(penalty: float | None, profit: float) -> None:
    """Of 2 MWh 1.5 MWh are to stay: half a MW for an hour at 10. The other half may be paid for: 10 - 0.5 x 4.

    Without the rows of calls 1 MW, and as much for calls down, which find room for half a MWh.
    """
    bounds = {"level_min_mwh": "low", "level_penalty_eur_per_mwh": penalty}
    store = battery("fr_afrr_up", charge_max_mw=0.0, initial_mwh=2.0, terminal_mwh=2.0, **bounds)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": reserve()})
    data = {"da": 0.0, "low": 1.5, "high": 0.5}
    assert optimum(instance, data).profit == pytest.approx(profit)
    assert optimum(instance, data, drop=["battery.energy_taken"]).profit == pytest.approx(10.0)
    assert settled(instance, make_tree(instance, data)).agrees
    bounds = {"level_max_mwh": "high", "level_penalty_eur_per_mwh": penalty}
    store = battery("fr_afrr_down", discharge_max_mw=0.0, **bounds)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_down": reserve()})
    assert optimum(instance, data).profit == pytest.approx(profit)
    assert optimum(instance, data, drop=["battery.energy_added"]).profit == pytest.approx(10.0)
    assert settled(instance, make_tree(instance, data)).agrees


def test_what_is_paid_for_a_call_ends_at_the_limit() -> None:
    """2 MWh, of which 1.5 are to stay and 1 always does: 1 MW however cheap, half of it paid for. Else 1.5 MW."""
    bounds = {"energy_min_mwh": 1.0, "level_min_mwh": 1.5, "level_penalty_eur_per_mwh": 1.0}
    store = battery("fr_afrr_up", charge_max_mw=0.0, initial_mwh=2.0, terminal_mwh=2.0, **bounds)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": reserve(volume_max_mw=2.0)})
    assert optimum(instance, {"da": 0.0}).profit == pytest.approx(10.0 - 0.5)
    free = optimum(instance, {"da": 0.0}, drop=["battery.level_below_limit"])
    assert free.profit == pytest.approx(15.0 - 1.0)


def test_between_the_ends_of_periods_bounds_are_straight_lines() -> None:
    """2 MWh, all of which are to be in store after the first hour, and nothing after the second.

    Calls of half an hour: none in the first. After half of the second hour 1 MWh may be gone: 2 MW. Looked at only at
    its end, 2 MWh of half an hour: 4 MW.
    """
    store = battery(
        "fr_afrr_up",
        charge_max_mw=0.0,
        discharge_max_mw=5.0,
        initial_mwh=2.0,
        terminal_mwh=2.0,
        level_min_mwh="low",
        **FORBIDDEN,
    )
    product = reserve(sustain_h=0.5, volume_max_mw=5.0)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": product}, periods=2)
    data = {"da": 0.0, "low": [2.0, 0.0]}
    result = optimum(instance, data)
    assert result.variable("fr_afrr_up.volume_mw") == pytest.approx([0.0, 2.0])
    free = optimum(instance, data, drop=["battery.energy_taken_after_1800s"])
    assert free.variable("fr_afrr_up.volume_mw") == pytest.approx([0.0, 4.0])


def test_a_penalty_of_its_own_follows_from_prices() -> None:
    """As for the level to leave behind: 1.2 U / eta_c."""
    store = battery(level_min_mwh=1.0, charge_efficiency_per_unit=0.5)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY)
    tree = make_tree(instance, {"da": 50.0})
    own: Any = with_penalties(instance, series_ranges(instance, tree)).components["battery"]
    assert own.level_penalty_eur_per_mwh == pytest.approx(own.terminal_penalty_eur_per_mwh)
    # a store without such bounds has no such penalty to work out
    plain = make_instance({"grid": grid(), "battery": battery()}, ENERGY)
    other: Any = with_penalties(plain, series_ranges(plain, tree)).components["battery"]
    assert other.level_penalty_eur_per_mwh == "auto"


@pytest.mark.parametrize(
    ("low", "high", "keys"),
    [
        ([1.0, 1.5], [1.5, 1.5], []),
        ([1.0, 2.5], [2.0, 2.0], ["level_min_mwh", "level_min_mwh"]),
        ([1.0, 1.0], [1.0, 0.9], ["level_min_mwh"]),
        ([-0.1, 0.0], [1.0, 2.1], ["level_min_mwh", "level_max_mwh"]),
    ],
)
def test_bounds_out_of_order_are_told(low: list[float], high: list[float], keys: list[str]) -> None:
    store = battery(level_min_mwh="low", level_max_mwh="high")
    instance = make_instance({"grid": grid(), "battery": store}, DA, periods=2)
    issues = check_tree(instance, make_tree(instance, {"da": 0.0, "low": low, "high": high}))
    assert [issue.key for issue in issues] == [f"components.battery.{key}" for key in keys]
