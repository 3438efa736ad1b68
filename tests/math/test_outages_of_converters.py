"""Less than all of a converter is available: outages and deratings by hand, each with and without them.

The unit earns ``P (price - 30)`` an hour, between 1 and 2 MW when on: 40 an hour at a price of 50.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import Optimum, engine, grid, mains, make_instance, make_tree, optimum

from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

RUNNING: dict[str, Any] = {"initial_on": True}
IDLE: dict[str, Any] = {"initial_on": False}
SHARE = {"available_per_unit": "share_per_unit"}


def site(periods: int, products: dict[str, Any] | None = None, **fields: Any) -> Instance:
    markets = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1.0}, **(products or {})}
    return make_instance({"grid": grid(), "mains": mains(30.0), "unit": engine(**fields)}, markets, periods=periods)


def solve(prices: list[float], share: Any, *, drop: tuple[str, ...] = (), **fields: Any) -> Optimum:
    series = {"da_price_eur_per_mwh": prices, "share_per_unit": share}
    return optimum(site(len(prices), **SHARE, **fields), series, drop=drop)


def hours_on(result: Optimum) -> list[int]:
    return [round(y) for y in result.variable("unit.on")]


# -- how much of it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "profit"),
    [
        ([1.0, 0.0, 1.0], 80.0),
        # 1.5 MW for an hour
        ([1.0, 0.75, 1.0], 110.0),
        # 0.8 MW would be available, less than the unit can run at
        ([1.0, 0.4, 1.0], 80.0),
        # just its least
        ([1.0, 0.5, 1.0], 100.0),
        ([1.0, 1.0, 1.0], 120.0),
    ],
)
@pytest.mark.parametrize("fields", [{}, {"start_cost_eur": 0.0, **IDLE}, {"minimum_down_h": 1.0}])
def test_a_share_of_the_power(share: list[float], profit: float, fields: dict[str, Any]) -> None:
    prices = [50.0] * 3
    assert solve(prices, share, **fields).profit == pytest.approx(profit)
    assert solve(prices, share, drop=("unit.available",), **fields).profit == pytest.approx(120.0)


@pytest.mark.parametrize(("share", "profit"), [(0.75, 30.0), (0.4, 0.0), (0.0, 0.0), (1.0, 40.0), (1, 40.0)])
def test_a_share_that_is_a_number(share: float, profit: float) -> None:
    fields = {"available_per_unit": share, "start_cost_eur": 0.0, "minimum_up_h": 1.0, **RUNNING}
    assert optimum(site(1, **fields), {"da_price_eur_per_mwh": 50.0}).profit == pytest.approx(profit, abs=1e-9)


def test_a_unit_without_a_minimum() -> None:
    """0.8 MW are 16 an hour: 40 + 16."""
    assert solve([50.0, 50.0], [1.0, 0.4], power_min_mw=0.0).profit == pytest.approx(56.0)


def test_each_scenario_has_its_own() -> None:
    """Half of 80 and half of 40 + 20."""
    series = {"da_price_eur_per_mwh": 50.0, "share_per_unit": [[1.0, 1.0], [1.0, 0.5]]}
    assert optimum(site(2, **SHARE), series, [0.5, 0.5]).profit == pytest.approx(70.0)


def test_one_hour_of_a_state_block_is_enough() -> None:
    """Blocks of two hours: the second hour out, and the unit is off in the first as well."""
    result = solve([50.0] * 4, [1.0, 0.0, 1.0, 1.0], state_block_h=2.0)
    assert result.profit == pytest.approx(80.0)
    assert hours_on(result) == [0, 1]


# -- minimum times ----------------------------------------------------------------------------------------------------


def test_an_outage_ends_a_minimum_time() -> None:
    """Three hours on at least, out in the second: an hour before it and two after it, each a start of 10.

    Without the rule a start in the first hour would have to last, and the unit earns 80 - 10 from the third hour on.
    """
    fields = {"minimum_up_h": 3.0, "start_cost_eur": 10.0, **IDLE}
    result = solve([50.0] * 4, [1.0, 0.0, 1.0, 1.0], **fields)
    assert result.profit == pytest.approx(120.0 - 20.0)
    assert hours_on(result) == [1, 0, 1, 1]
    assert result.stream("start.unit") == pytest.approx(-20.0)


def test_a_start_after_an_outage_has_its_own_minimum_time() -> None:
    """Out in the first hour; an hour at 50 and two at 10 after it: 40 - 20 - 20, or nothing; 40 without a minimum."""
    prices, share = [50.0, 50.0, 10.0, 20.0], [0.0, 1.0, 1.0, 1.0]
    held = solve(prices, share, minimum_up_h=3.0, **IDLE)
    assert held.profit == pytest.approx(40.0 - 20.0 - 10.0)
    assert solve(prices, share, drop=("unit.minimum_up",), minimum_up_h=3.0, **IDLE).profit == pytest.approx(40.0)


def test_the_least_time_off_runs_from_the_outage() -> None:
    """Out in the second hour, and off for two at least: on again in the fourth."""
    result = solve([50.0] * 4, [1.0, 0.0, 1.0, 1.0], minimum_down_h=2.0, **RUNNING)
    assert result.profit == pytest.approx(80.0)
    assert hours_on(result) == [1, 0, 0, 1]


@pytest.mark.parametrize(
    ("share", "profit"),
    [
        # two of three hours are left, at a loss of 20 each
        ([1.0, 1.0, 1.0], -40.0),
        ([1.0, 0.0, 1.0], -20.0),
        ([0.0, 1.0, 1.0], 0.0),
    ],
)
def test_an_outage_ends_what_the_state_before_the_horizon_demands(share: list[float], profit: float) -> None:
    fields = {"minimum_up_h": 3.0, "initial_state_h": 1.0, **RUNNING}
    assert solve([10.0] * 3, share, **fields).profit == pytest.approx(profit, abs=1e-9)
    assert solve([10.0] * 3, share, drop=("unit.initial_state",), **fields).profit == pytest.approx(0.0, abs=1e-9)


def test_heat_of_a_unit_that_is_kept_on_can_be_dumped_until_it_is_out() -> None:
    """Kept on for two hours at 1 MW, its heat for nobody: thrown away at 100 a MWh, in the first hour alone."""
    chp = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "available_per_unit": "share_per_unit",
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.5}],
        "minimum_up_h": 3.0,
        "initial_state_h": 1.0,
        **RUNNING,
    }
    products = {"da": {"price_eur_per_mwh": 30.0, "settlement_period_h": 1.0}}
    nodes = {"warmth": {"dump_penalty_eur_per_mwh": 100.0}}
    instance = make_instance({"grid": grid(), "mains": mains(30.0), "chp": chp}, products, periods=2, nodes=nodes)
    assert optimum(instance, {"share_per_unit": [1.0, 0.0]}).profit == pytest.approx(-150.0)
    assert optimum(instance, {"share_per_unit": [1.0, 1.0]}).profit == pytest.approx(-300.0)


# -- starts, stops and ramps ----------------------------------------------------------------------------------------


def test_an_outage_comes_at_any_power() -> None:
    """At most 1 MW before a stop of its own, for 20; before an outage 2 MW, for 40."""
    fields = {"stop_power_max_mw": 1.0, **RUNNING}
    assert solve([50.0, 50.0, 0.0], [1.0, 1.0, 1.0], **fields).profit == pytest.approx(60.0)
    assert solve([50.0, 50.0, 0.0], [1.0, 1.0, 0.0], **fields).profit == pytest.approx(80.0)


@pytest.mark.parametrize("minimum_up_h", [0.0, 2.0])
def test_a_start_after_an_outage_has_its_limit(minimum_up_h: float) -> None:
    """2 MW, nothing, 1 MW in the hour of the start, 2 MW; and derated to 1.5 MW later."""
    fields = {"start_power_max_mw": 1.0, "stop_power_max_mw": 1.5, "minimum_up_h": minimum_up_h, **RUNNING}
    result = solve([50.0] * 5, [1.0, 0.0, 1.0, 1.0, 0.75], **fields)
    assert result.variable("unit.power_mw") == pytest.approx([2, 0, 1, 2, 1.5])
    assert result.profit == pytest.approx(20 * 6.5)


def test_starts_a_day_count_those_after_an_outage() -> None:
    """One start a day: 40 before the outage, of a unit that ran, and from one start after it 40; not 40 again."""
    share = [1.0, 0.0, 1.0, 0.0, 1.0]
    assert solve([50.0] * 5, share, starts_max_per_day=1, **RUNNING).profit == pytest.approx(80.0)
    assert solve([50.0] * 5, share, starts_max_per_day=2, **RUNNING).profit == pytest.approx(120.0)


def test_the_schedule_may_fall_with_what_is_available() -> None:
    """A MW an hour: 2 MW, nothing, 1 MW and 2 MW; without a ramp 2 MW at once again."""
    fields = {"power_min_mw": 0.0, "energy_ramp_mw_per_min": 1 / 60}
    share = [1.0, 0.0, 1.0, 1.0]
    assert solve([50.0] * 4, share, **fields).variable("unit.power_mw") == pytest.approx([2, 0, 1, 2])
    free = solve([50.0] * 4, share, drop=("unit.energy_ramp_up",), **fields)
    assert free.variable("unit.power_mw") == pytest.approx([2, 0, 2, 2])
    # of its own no faster than a MW an hour: 1 MW for 20 (2 MW for 40 would be followed by 1 MW that loses 30)
    assert solve([50.0, 0.0], [1.0, 1.0], **fields).profit == pytest.approx(20.0)


def test_a_unit_with_a_minimum_may_fall_from_full_power() -> None:
    """Half a MW an hour beyond its least MW; 2 MW and out: 40, and 1 MW in the hour after it, 20 (to 1.5 at most)."""
    result = solve([50.0] * 3, [1.0, 0.0, 1.0], energy_ramp_mw_per_min=0.5 / 60)
    assert result.variable("unit.power_mw") == pytest.approx([2.0, 0.0, 1.5])


# -- reserve --------------------------------------------------------------------------------------------------------

PRODUCTS = {
    "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
    "fr_mfrr_up": {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
    },
}


@pytest.mark.parametrize(("penalty", "profit", "volume"), [(30.0, 2.0, 1.0), (50.0, 0.0, 0.0)])
def test_no_reserve_is_held_in_an_outage(penalty: float, profit: float, volume: float) -> None:
    """Energy at cost, 1 MW above the minimum load for 10: 8 in four of five scenarios, a fifth of the penalty else."""
    products = {**PRODUCTS, "fr_mfrr_up": {**PRODUCTS["fr_mfrr_up"], "shortfall_penalty_eur_per_mw_h": penalty}}
    instance = site(1, products, provides=["fr_mfrr_up"], **SHARE)
    series = {"da_price_eur_per_mwh": 30.0, "share_per_unit": [[1.0], [0.0]]}
    result = optimum(instance, series, [0.8, 0.2])
    assert result.profit == pytest.approx(profit, abs=1e-9)
    assert result.variable("fr_mfrr_up.volume_mw") == pytest.approx([volume], abs=1e-9)
    free = optimum(instance, series, [0.8, 0.2], drop=("unit.available",))
    assert free.profit == pytest.approx(10.0)


def test_reserve_has_room_below_what_is_available() -> None:
    """1.5 MW are available, half a MW above the minimum load: 5 instead of 10."""
    instance = site(1, PRODUCTS, provides=["fr_mfrr_up"], available_per_unit=0.75)
    result = optimum(instance, {"da_price_eur_per_mwh": 30.0})
    assert result.profit == pytest.approx(5.0)
    assert optimum(instance, {"da_price_eur_per_mwh": 30.0}, drop=("unit.available",)).profit == pytest.approx(10.0)


@pytest.mark.parametrize(("share", "power"), [(0.75, 1.5), (0.4, 0.0), (1.0, 2.0)])
def test_what_counts_for_capacity(share: float, power: float) -> None:
    """A mechanism that counts units that stand still: what could run, and nothing where that is below the minimum.

    Certified at 100 EUR a MW, and 60 for each that is missing in the one critical hour: all of the 2 MW are certified,
    and what cannot run is missing.
    """
    capacity = {
        "available_mw": 2.0,
        "daily_stock_factor_per_unit": 1.0,
        "weekly_stock_factor_per_unit": 1.0,
        "price_eur_per_mw_year": 36500.0,
        "reference_price_eur_per_mw_year": 6000.0,
        "critical_hours_per_year": 100.0,
        "critical_per_unit": "critical",
        "calendar": [],
        "converters_count": "available",
    }
    instance = site(24, {"fr_capacity": capacity}, provides=["fr_capacity"], **SHARE)
    series = {"da_price_eur_per_mwh": 0.0, "share_per_unit": share, "critical": [1.0] + [0.0] * 23}
    assert optimum(instance, series).profit == pytest.approx(200.0 - 60.0 * (2.0 - power))


# -- data -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [[1.0, 1.2], [-0.1, 1.0], [1.0, float("nan")]])
def test_a_share_outside_0_and_1_is_told(share: list[float]) -> None:
    instance = site(2, **SHARE)
    issues = check_tree(instance, make_tree(instance, {"da_price_eur_per_mwh": 50.0, "share_per_unit": share}))
    assert [issue.key for issue in issues] == ["components.unit.available_per_unit"]


def test_a_number_outside_0_and_1_is_told() -> None:
    instance = site(1, available_per_unit=1.5)
    issues = check_tree(instance, make_tree(instance, {"da_price_eur_per_mwh": 50.0}))
    assert [issue.key for issue in issues] == ["components.unit.available_per_unit"]
