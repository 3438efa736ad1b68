"""Minimum times, start costs and limits, and the state before the horizon: each by hand, with and without it.

The unit earns ``P (price - 30)`` an hour, between 1 and 2 MW when on: 40 an hour at a price of 50, and at a price of
``p < 30`` it would rather be off than lose ``30 - p`` at 1 MW.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import Optimum, engine, grid, mains, make_instance, optimum

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh"}}
IDLE: dict[str, Any] = {"initial_on": False}
RUNNING: dict[str, Any] = {"initial_on": True}


def solve(
    prices: list[float], *, drop: tuple[str, ...] = (), horizon: dict[str, Any] | None = None, **fields: Any
) -> Optimum:
    """Optimum of the unit alone, selling at day-ahead prices."""
    horizon = horizon or {}
    instance = make_instance(
        {"grid": grid(), "mains": mains(30.0), "unit": engine(**fields)},
        {"da": {**DA["da"], "settlement_period_h": horizon.get("period_h", 1.0)}},
        periods=len(prices),
        **horizon,
    )
    return optimum(instance, {"da_price_eur_per_mwh": prices}, drop=drop)


def hours_on(result: Optimum) -> list[int]:
    return [round(y) for y in result.variable("unit.on")]


# -- minimum times ----------------------------------------------------------------------------------------------------

ONE_GOOD_HOUR = [10.0, 50.0, 15.0, 10.0]


@pytest.mark.parametrize(
    ("fields", "profit", "states"),
    [
        ({}, 40.0, [0, 1, 0, 0]),
        # the hour after costs 15, the hour before 20
        ({"minimum_up_h": 2.0, **IDLE}, 25.0, [0, 1, 1, 0]),
        # 40 - 15 - 20, either side
        ({"minimum_up_h": 3.0, **IDLE}, 5.0, None),
        # a free first state has no start in it: on before the horizon for as long as needed, 40 - 20
        ({"minimum_up_h": 3.0}, 20.0, [1, 1, 0, 0]),
        # on until the end, which cuts the fourth hour off
        ({"minimum_up_h": 4.0, **IDLE}, 5.0, [0, 1, 1, 1]),
    ],
)
def test_minimum_up_time(fields: dict[str, Any], profit: float, states: list[int] | None) -> None:
    result = solve(ONE_GOOD_HOUR, **fields)
    assert result.profit == pytest.approx(profit)
    assert states is None or hours_on(result) == states
    if fields:
        assert solve(ONE_GOOD_HOUR, drop=("unit.minimum_up",), **fields).profit == pytest.approx(40.0)


def test_minimum_up_time_ends_with_the_horizon() -> None:
    """A start in the last hour is held by nothing."""
    assert solve([10.0, 10.0, 50.0], minimum_up_h=3.0, **IDLE).profit == pytest.approx(40.0)


def test_minimum_down_time() -> None:
    """An hour at 25: off it costs nothing, on it costs 5; an hour off is not allowed where two are the least."""
    prices = [50.0, 25.0, 50.0]
    assert solve(prices, minimum_down_h=1.0, **RUNNING).profit == pytest.approx(80.0)
    held = solve(prices, minimum_down_h=2.0, **RUNNING)
    assert held.profit == pytest.approx(75.0)
    assert hours_on(held) == [1, 1, 1]
    assert solve(prices, minimum_down_h=2.0, drop=("unit.minimum_down",), **RUNNING).profit == pytest.approx(80.0)


def test_minimum_times_count_quarter_hours() -> None:
    """Two quarter-hours of the prices above: 25 / 4, and 40 / 4 without."""
    quarter = {"period_h": 0.25}
    assert solve(ONE_GOOD_HOUR, horizon=quarter, minimum_up_h=0.5, **IDLE).profit == pytest.approx(6.25)
    assert solve(ONE_GOOD_HOUR, horizon=quarter, minimum_up_h=0.25, **IDLE).profit == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("day", "hours", "first_block_h"), [("2025-01-15", 24, 4), ("2025-03-30", 23, 3), ("2025-10-26", 25, 5)]
)
def test_minimum_times_count_blocks_of_local_hours(day: str, hours: int, first_block_h: int) -> None:
    """50 in the block from midnight to four, which a change of clock shortens or lengthens; the next block loses 80."""
    horizon = {"start": f"{day}T00:00"}
    prices = [50.0] * first_block_h + [10.0] * (hours - first_block_h)
    block = {"state_block_h": 4.0, **IDLE}
    one = solve(prices, horizon=horizon, minimum_up_h=4.0, **block)
    assert one.profit == pytest.approx(40.0 * first_block_h)
    assert hours_on(one) == [1, 0, 0, 0, 0, 0]
    two = solve(prices, horizon=horizon, minimum_up_h=8.0, **block)
    assert two.profit == pytest.approx(40.0 * first_block_h - 80.0)
    assert hours_on(two) == [1, 1, 0, 0, 0, 0]


def test_states_of_an_hour_count_the_hour_that_comes_twice() -> None:
    """25 October, 26 October 2025: 50 in the first 02:00 hour, 20 else. Three hours on: 40 - 10 - 10; 40 without."""
    horizon = {"start": "2025-10-26T00:00"}
    prices = [20.0, 20.0, 50.0] + [20.0] * 22
    held = solve(prices, horizon=horizon, minimum_up_h=3.0, state_block_h=1.0, **IDLE)
    assert held.profit == pytest.approx(20.0)
    assert sum(hours_on(held)) == 3
    assert solve(prices, horizon=horizon, state_block_h=1.0, **IDLE).profit == pytest.approx(40.0)


# -- starts -----------------------------------------------------------------------------------------------------------

TWO_GOOD_HOURS = [10.0, 50.0, 10.0, 50.0, 10.0]


@pytest.mark.parametrize(
    ("cost", "profit", "paid"),
    [
        (0.0, 80.0, 0.0),
        # two starts: 80 - 30; staying on: 80 - 20 - 15
        (15.0, 50.0, 30.0),
        # staying on: 80 - 20 - 30; two starts: 80 - 60
        (30.0, 30.0, 30.0),
        # neither: 80 - 20 - 70 < 0
        (70.0, 0.0, 0.0),
    ],
)
def test_start_cost(cost: float, profit: float, paid: float) -> None:
    result = solve(TWO_GOOD_HOURS, start_cost_eur=cost, **IDLE)
    assert result.profit == pytest.approx(profit, abs=1e-9)
    if cost:
        assert result.stream("start.unit") == pytest.approx(-paid, abs=1e-9)


@pytest.mark.parametrize(("fields", "profit"), [(IDLE, 90.0), (RUNNING, 120.0), ({}, 120.0)])
def test_what_runs_before_the_horizon_has_paid_its_start(fields: dict[str, Any], profit: float) -> None:
    """Three good hours, 120, and a start of 30 where the unit is known to be off before them."""
    assert solve([50.0] * 3, start_cost_eur=30.0, **fields).profit == pytest.approx(profit)


def test_starts_a_day() -> None:
    """Two days of six-hour periods at 10, 50, 10, 50: on 240 each, staying on at 10 costs 120.

    One start a day: 240 - 120 + 240, twice; unlimited 4 x 240. One in all would be 4 x 240 - 3 x 120 = 600.
    """
    prices = [10.0, 50.0, 10.0, 50.0] * 2
    horizon = {"period_h": 6.0}
    once = solve(prices, horizon=horizon, starts_max_per_day=1, **IDLE)
    assert once.profit == pytest.approx(720.0)
    assert solve(prices, horizon=horizon, starts_max_per_day=0, **IDLE).profit == pytest.approx(0.0, abs=1e-9)
    unlimited = solve(prices, horizon=horizon, starts_max_per_day=1, drop=("unit.starts_per_day",), **IDLE)
    assert unlimited.profit == pytest.approx(960.0)


# -- power of starts and stops ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "profit"),
    [
        ({}, 80.0),
        # 1 MW in the first hour, then 2
        ({"start_power_max_mw": 1.0}, 60.0),
        ({"stop_power_max_mw": 1.5}, 70.0),
        ({"start_power_max_mw": 1.0, "stop_power_max_mw": 1.5}, 50.0),
        # with a minimum time of two hours one row carries both limits
        ({"start_power_max_mw": 1.0, "stop_power_max_mw": 1.5, "minimum_up_h": 2.0}, 50.0),
    ],
)
def test_power_after_a_start_and_before_a_stop(fields: dict[str, Any], profit: float) -> None:
    """Two hours at 50 between hours at 0, where being on costs 30."""
    assert solve([0.0, 50.0, 50.0, 0.0], **fields, **IDLE).profit == pytest.approx(profit)


@pytest.mark.parametrize(("at_start", "at_stop"), [(1.5, 1.0), (1.0, 1.5), (1.0, 1.0)])
def test_a_start_and_a_stop_around_one_period(at_start: float, at_stop: float) -> None:
    """The lower limit holds, 1 MW and 20; both reductions at once would leave less than the minimum load."""
    limits = {"start_power_max_mw": at_start, "stop_power_max_mw": at_stop}
    assert solve([0.0, 50.0, 0.0], **limits, **IDLE).profit == pytest.approx(20.0)
    assert solve([0.0, 50.0, 0.0], **IDLE).profit == pytest.approx(40.0)
    rows = ("unit.maximum", "unit.maximum_stop")
    # nothing limits the power then but its bound
    assert solve([0.0, 50.0, 0.0], drop=rows, **limits, **IDLE).profit == pytest.approx(40.0)


def test_start_limits_in_a_block_touch_its_first_and_last_period() -> None:
    """Blocks of two hours, on in the second: 1 MW at first and 1.5 MW at last make 20 + 30 of 80."""
    limits = {"start_power_max_mw": 1.0, "stop_power_max_mw": 1.5}
    prices = [0.0, 0.0, 50.0, 50.0, 0.0, 0.0]
    result = solve(prices, state_block_h=2.0, **limits, **IDLE)
    assert result.profit == pytest.approx(50.0)
    assert result.variable("unit.power_mw") == pytest.approx([0, 0, 1, 1.5, 0, 0])
    assert solve(prices, state_block_h=2.0, **IDLE).profit == pytest.approx(80.0)


@pytest.mark.parametrize(("limit", "profit"), [(None, 20.0), (1.0, 10.0)])
def test_a_starting_unit_holds_no_reserve_above_its_limit(limit: float | None, profit: float) -> None:
    """Energy at cost; 1 MW of reserve above the minimum load at 10 EUR/MW/h, for two hours or from the second on."""
    unit = engine(start_power_max_mw=limit, initial_on=False, provides=["fr_mfrr_up"])
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
    instance = make_instance({"grid": grid(), "mains": mains(30.0), "unit": unit}, products, periods=2)
    assert optimum(instance).profit == pytest.approx(profit)


# -- before the horizon -----------------------------------------------------------------------------------------------


def test_a_unit_just_started_stays_on() -> None:
    """One of three hours have passed: two more at 10 cost 20 each."""
    prices = [10.0] * 4
    fresh = {"minimum_up_h": 3.0, "initial_state_h": 1.0, **RUNNING}
    assert solve(prices, **fresh).profit == pytest.approx(-40.0)
    assert solve(prices, drop=("unit.initial_state",), **fresh).profit == pytest.approx(0.0, abs=1e-9)
    for long_enough in ({**fresh, "initial_state_h": 3.0}, {**fresh, "initial_state_h": None}):
        assert solve(prices, **long_enough).profit == pytest.approx(0.0, abs=1e-9)


def test_a_unit_just_stopped_stays_off() -> None:
    """One of three hours have passed: the third hour is the first to earn 40."""
    prices = [50.0] * 3
    fresh = {"minimum_down_h": 3.0, "initial_state_h": 1.0, **IDLE}
    assert solve(prices, **fresh).profit == pytest.approx(40.0)
    assert solve(prices, drop=("unit.initial_state",), **fresh).profit == pytest.approx(120.0)


def test_hours_begun_before_the_horizon_count_as_states_begun() -> None:
    """Blocks of two hours, four hours at least, one of them passed: three are left, which takes two blocks."""
    fresh = {"minimum_up_h": 4.0, "initial_state_h": 1.0, "state_block_h": 2.0, **RUNNING}
    assert solve([10.0] * 6, **fresh).profit == pytest.approx(-80.0)


def test_a_free_first_state_of_a_single_block_needs_no_changes() -> None:
    names = {f.name for f in solve([50.0] * 2, state_block_h=2.0, start_cost_eur=5.0).program.column_groups}
    assert "unit.start" not in names
