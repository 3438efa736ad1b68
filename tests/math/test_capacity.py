"""The capacity mechanism by hand: each rule with and without it.

A day of 24 hours earns ``36,500 / 365 = 100`` EUR for each MW certified. A MW that is missing in a critical hour costs
``6,000 / 100 = 60`` EUR. Energy costs nothing unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree, optimum

from mes_stoch.model.site_program import build_program
from mes_stoch.schema.instance import Instance

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}
CRITICAL = "critical_per_unit"


def data(critical: Any = 0.0, **more: Any) -> dict[str, Any]:
    return {"da_price_eur_per_mwh": 0.0, CRITICAL: critical, **more}


def hours(*which: int, count: int = 24) -> list[float]:
    """1 in some hours, 0 in the others."""
    return [1.0 if t in which else 0.0 for t in range(count)]


def process(demand_mw: float | str = 4.0, provides: Sequence[str] = ("fr_capacity",)) -> dict[str, Any]:
    return {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": demand_mw,
        "shed_cost_eur_per_mwh": 0.0,
        "provides": list(provides),
    }


def battery(**fields: Any) -> dict[str, Any]:
    """8 MWh at the port, a discharge efficiency of 0.8 behind it; 4 MW."""
    return {
        "type": "storage",
        "node": "power",
        "energy_min_mwh": 2.0,
        "energy_max_mwh": 12.0,
        "initial_mwh": 12.0,
        "charge_max_mw": 4.0,
        "discharge_max_mw": 4.0,
        "discharge_efficiency_per_unit": 0.8,
        "provides": ["fr_capacity"],
        **fields,
    }


def capacity(**fields: Any) -> dict[str, Any]:
    """4 MW that nothing derates; which hours are critical, the data alone say."""
    return {
        "available_mw": 4.0,
        "daily_stock_factor_per_unit": 1.0,
        "weekly_stock_factor_per_unit": 1.0,
        "price_eur_per_mw_year": 36500.0,
        "reference_price_eur_per_mw_year": 6000.0,
        "critical_hours_per_year": 100.0,
        "critical_per_unit": CRITICAL,
        "calendar": [],
        **fields,
    }


def site(
    devices: dict[str, Any] | None = None,
    product: dict[str, Any] | None = None,
    others: dict[str, Any] | None = None,
    **horizon: Any,
) -> Instance:
    return make_instance(
        {"grid": grid(), **(devices or {"process": process()})},
        {**DA, "fr_capacity": capacity(**(product or {})), **(others or {})},
        **{"periods": 24, **horizon},
    )


# -- the level --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "week", "level"), [(1.0, 1.0, 4.0), (0.5, 1.0, 2.0), (1.0, 0.8, 3.2), (0.5, 0.8, 1.6)])
def test_coefficients_derate_what_can_be_certified(day: float, week: float, level: float) -> None:
    """``Kj Kh 4 MW`` at 100 EUR; no hour is critical."""
    product = {"daily_stock_factor_per_unit": day, "weekly_stock_factor_per_unit": week}
    assert optimum(site(product=product), data()).profit == pytest.approx(100.0 * level)


@pytest.mark.parametrize(
    ("available", "bids", "profit"),
    [
        (1.67, {"minimum": False, "steps": False}, 167.0),
        (1.67, {"minimum": False, "steps": True}, 160.0),
        (0.07, {"minimum": False, "steps": False}, 7.0),
        (0.07, {"minimum": True, "steps": False}, 0.0),
    ],
)
def test_levels_are_bid_in_tenths(available: float, bids: dict[str, bool], profit: float) -> None:
    """Of 1.67 MW 1.6 are certified, of 0.07 MW nothing."""
    assert optimum(site(product={"available_mw": available}, bids=bids), data()).profit == pytest.approx(profit)


def test_the_step_binds_between_two_levels() -> None:
    """The demand allows 1.67 MW in two critical hours, where a MW above costs 120 and earns 100: 167, in steps 160.

    The next step of 1.7 MW would lose 2 h x 0.03 MW x 60 of its 170: 166.4, so that one is bid; left out, 167.
    """
    instance = site({"process": process(1.67)}, bids={"minimum": False, "steps": True})
    result = optimum(instance, data(hours(8, 9)))
    assert result.profit == pytest.approx(166.4)
    assert result.variable("fr_capacity.volume_mw") == pytest.approx([1.7])
    free = optimum(instance, data(hours(8, 9)), drop=["fr_capacity.bid_step"])
    assert free.profit == pytest.approx(167.0)


def test_the_yearly_price_is_earned_once_a_year() -> None:
    """A day of a year of 100 days earns 1/100 of 36,500, two days of 365 earn 2/365: 4 x 365 and 4 x 200.

    What a shortfall costs does not depend on it: 4 MW in one critical hour without demand, 240.
    """
    short = {"process": process("demand_mw")}
    for days_per_year, periods, earned in ((100.0, 24, 1460.0), (365.0, 48, 800.0)):
        instance = site(short, periods=periods)
        horizon = instance.horizon.model_copy(update={"days_per_year": days_per_year})
        instance = instance.model_copy(update={"horizon": horizon})
        demand = [0.0, *[4.0] * (periods - 1)]
        result = optimum(instance, data(hours(0, count=periods), demand_mw=demand))
        assert result.stream("capacity.fr_capacity") == pytest.approx(earned)
        assert result.stream("capacity_settlement.fr_capacity") == pytest.approx(-240.0)


def test_quarter_hours_cost_what_they_last() -> None:
    """Four critical quarter-hours without demand are one hour: 4 x 100 / 24 for the level, 60 for each MW missing.

    A level of 4 MW would earn 16.67 and cost 240: none is certified. Held at 4 MW it loses 240.
    """
    instance = make_instance(
        {"grid": grid(), "process": process(0.0)},
        {"da": {"price_eur_per_mwh": 0.0, "settlement_period_h": 0.25}, "fr_capacity": capacity()},
        periods=4,
        period_h=0.25,
    )
    assert optimum(instance, {CRITICAL: 1.0}).profit == pytest.approx(0.0)
    held = optimum(instance, {CRITICAL: 1.0}, fixed={"fr_capacity.volume_mw": 4.0})
    assert held.profit == pytest.approx(400.0 / 24.0 - 240.0)


# -- what counts ------------------------------------------------------------------------------------------------------

LOW = {"process": process("demand_mw")}


def low_demand(*low_hours: int) -> list[float]:
    """4 MW, and 2 MW in some hours."""
    return [2.0 if t in low_hours else 4.0 for t in range(24)]


@pytest.mark.parametrize(("low", "level", "profit"), [((8,), 4.0, 280.0), ((8, 9), 2.0, 200.0)])
def test_a_demand_below_its_level_is_short(low: tuple[int, ...], level: float, profit: float) -> None:
    """The third and fourth MW earn 200. Missing for one critical hour of three they cost 120, for two 240.

    Without counting the demand (its power row left out) 4 MW earn 400.
    """
    instance, series = site(LOW), data(hours(8, 9, 10), demand_mw=low_demand(*low))
    result = optimum(instance, series)
    assert result.profit == pytest.approx(profit)
    assert result.variable("fr_capacity.volume_mw") == pytest.approx([level])
    assert optimum(instance, series, drop=["fr_capacity.process_power"]).profit == pytest.approx(400.0)
    assert optimum(instance, series, drop=["fr_capacity.shortfall"]).profit == pytest.approx(400.0)


@pytest.mark.parametrize(("share", "level"), [(1.0, 4.0), (0.5, 2.0)])
def test_only_what_may_be_shed_counts(share: float, level: float) -> None:
    devices = {"process": {**process(), "shed_max_per_unit": share}}
    assert optimum(site(devices), data(hours(8, 9))).profit == pytest.approx(100.0 * level)


def test_available_power_of_a_source_counts() -> None:
    """3 MW of wind and 1 MW of demand in the two critical hours; without the source 1 MW."""
    wind = {"type": "source", "node": "power", "available_mw": "wind_mw", "provides": ["fr_capacity"]}
    series = data(hours(8, 9), wind_mw=[3.0 if t in (8, 9) else 0.0 for t in range(24)])
    both = {"process": process(1.0), "wind": wind}
    assert optimum(site(both), series).profit == pytest.approx(400.0)
    assert optimum(site({"process": process(1.0)}), series).profit == pytest.approx(100.0)


PEAK = hours(7, 8, 9, 10, 11, 12, 13, 14, 18, 19)


def test_a_storage_counts_its_energy_over_the_critical_hours_of_a_day() -> None:
    """8 MWh over ten hours are 0.8 MW: 80 EUR. Counted by power alone 4 MW would earn 400.

    A further MW would earn 100 and cost 600.
    """
    instance = site({"battery": battery()})
    result = optimum(instance, data(PEAK))
    assert result.profit == pytest.approx(80.0)
    assert optimum(instance, data(PEAK), drop=["fr_capacity.battery_energy"]).profit == pytest.approx(400.0)


def test_two_critical_hours_ask_for_less_energy_than_ten() -> None:
    """In two hours 8 MWh are 4 MW, all that the storage has."""
    assert optimum(site({"battery": battery()}), data(hours(18, 19))).profit == pytest.approx(400.0)
    limited = site({"battery": battery(discharge_max_mw=3.0)})
    assert optimum(limited, data(hours(18, 19))).profit == pytest.approx(300.0)
    free = optimum(limited, data(hours(18, 19)), drop=["fr_capacity.battery_power"])
    assert free.profit == pytest.approx(400.0)


def test_energy_counts_once_a_day() -> None:
    """Two days: the level of 0.8 MW is held on each from the energy of its own morning, 2 x 80.

    The price of a year of 365 days is earned twice, and the battery is full on both mornings.
    """
    instance = site({"battery": battery()}, periods=48)
    assert optimum(instance, data([*PEAK, *PEAK])).profit == pytest.approx(160.0)


@pytest.mark.parametrize(("price", "profit"), [(5.0, 80.0), (15.0, 100.0)])
def test_energy_is_sold_before_the_critical_hours_or_counted(price: float, profit: float) -> None:
    """A MWh sold at 06:00 is 0.1 MW less over ten hours: 10 EUR. At 15 the 4 MWh that power allows go: 60 + 40.

    Recharging at noon for nothing does not bring the level back: the energy before the first critical hour counts.
    """
    series = data(PEAK) | {"da_price_eur_per_mwh": [price if t == 6 else 0.0 for t in range(24)]}
    assert optimum(site({"battery": battery()}), series).profit == pytest.approx(profit)


def unit(**fields: Any) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "provides": ["fr_capacity"],
        **fields,
    }


@pytest.mark.parametrize(
    ("counts", "gas", "profit"),
    [
        ("available", 70.0, 200.0),
        # on at 1 MW for two hours at 70: 200 - 140
        ("running", 70.0, 60.0),
        # two hours on would cost 300, two hours short 240, the level earns 200
        ("running", 150.0, 0.0),
    ],
)
def test_converters_count_running_or_available(counts: str, gas: float, profit: float) -> None:
    devices = {"mains": mains(gas), "unit": unit()}
    instance = site(devices, {"converters_count": counts, "available_mw": 2.0})
    assert optimum(instance, data(hours(8, 9))).profit == pytest.approx(profit)
    free = optimum(instance, data(hours(8, 9)), drop=["fr_capacity.unit_power"])
    assert free.profit == pytest.approx(200.0)


def test_counted_power_is_held_as_reserve_too() -> None:
    """4 MW of demand are certified (400) and held as rapid reserve at 10 EUR/MW/h (960): nothing is taken away."""
    reserve = {
        "volume_max_mw": 4.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 50.0,
    }
    imbalance = {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}
    others = {"fr_mfrr_up": reserve, "imbalance": imbalance}
    stacked = {"process": process(provides=["fr_capacity", "fr_mfrr_up"])}
    assert optimum(site(stacked, others=others), data(PEAK)).profit == pytest.approx(1360.0)
    assert optimum(site(others=others), data(PEAK)).profit == pytest.approx(400.0)


# -- what a shortfall costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regime", "penalty", "profit"),
    [
        ("decentralised", None, 280.0),
        ("decentralised", 15000.0, 280.0),
        ("centralised", 9000.0, 220.0),
        # 150 a MW and hour: the third and fourth MW are not certified
        ("centralised", 15000.0, 200.0),
    ],
)
def test_each_regime_has_its_own_shortfall_price(regime: str, penalty: float | None, profit: float) -> None:
    """2 MW missing in one critical hour: 400 - 2 x 60 decentralised, 400 - 2 x 90 centralised."""
    instance = site(LOW, {"regime": regime, "penalty_eur_per_mw_year": penalty})
    assert optimum(instance, data(hours(8, 9, 10), demand_mw=low_demand(8))).profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("start", "critical", "profit"),
    [
        # a Wednesday in January: the ten hours hold 2 MW
        ("2025-01-15T00:00", 1.0, 200.0),
        # ... none of which is critical in the scenario
        ("2025-01-15T00:00", 0.0, 400.0),
        # a Sunday, and a Wednesday in July: no hour of the calendar
        ("2025-01-19T00:00", 1.0, 400.0),
        ("2025-07-16T00:00", 1.0, 400.0),
    ],
)
def test_hours_count_that_calendar_and_scenario_call_critical(start: str, critical: float, profit: float) -> None:
    """2 MW of demand in 07-15 and 18-20 h, none at other times: a level of 2 MW, and none were every hour critical."""
    demand = [2.0 if hour else 0.0 for hour in PEAK]
    calendar = [
        {"months": [1, 2, 3, 11, 12], "days": "working_days", "time_from": "07:00", "time_to": "15:00"},
        {"months": [1, 2, 3, 11, 12], "days": "working_days", "time_from": "18:00", "time_to": "20:00"},
    ]
    series = data(critical, demand_mw=demand)
    assert optimum(site(LOW, {"calendar": calendar}, start=start), series).profit == pytest.approx(profit)
    everywhere = optimum(site(LOW, start=start), series).profit
    assert everywhere == pytest.approx(0.0 if critical else 400.0)


@pytest.mark.parametrize(
    ("share", "level", "profit"),
    [
        # a MW above 2 costs 0.2 x 3 h x 60 = 36 and earns 100
        (0.2, 4.0, 400.0 - 2 * 36.0),
        # 0.6 x 3 h x 60 = 108
        (0.6, 2.0, 200.0),
    ],
)
def test_the_level_is_decided_before_the_day_is_known(share: float, level: float, profit: float) -> None:
    """2 MW of demand; on a critical day three hours count.

    Were the day known the level would be 2 or 4 MW: 200 share + 400 (1 - share).
    """
    instance = site({"process": process(2.0)})
    series, probabilities = data([hours(8, 9, 10), hours()]), [share, 1.0 - share]
    result = optimum(instance, series, probabilities)
    assert result.profit == pytest.approx(profit)
    assert result.variable("fr_capacity.volume_mw") == pytest.approx([level])
    known = sum(p * optimum(instance, data(day)).profit for p, day in zip(probabilities, series[CRITICAL], strict=True))
    assert known == pytest.approx(200.0 * share + 400.0 * (1.0 - share))


# -- integers at the root -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "nearest"), [(1.234, 1.2), (1.26, 1.3), (0.02, 0.0), (7.0, 4.0)])
def test_nearest_level_keeps_the_bid_rules(level: float, nearest: float) -> None:
    """Tenths of a MW up to 4 MW; what is below half the smallest bid is no bid."""
    instance = site(bids={"minimum": True, "steps": True})
    root = build_program(instance, make_tree(instance, data())).root
    assert root.nearest is not None
    point = np.zeros(len(root.columns))
    point[root.names.index("fr_capacity.volume_mw[0]")] = level
    found = dict(zip(root.names, root.nearest(point), strict=True))
    assert found["fr_capacity.volume_mw[0]"] == pytest.approx(nearest)
    assert found["fr_capacity.bid[0]"] == float(nearest > 0)
    assert found["fr_capacity.bid_steps[0]"] == pytest.approx(10 * nearest)


# -- the obligation of suppliers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "shed_mw"), [(6000.0, 4.0), (4000.0, 0.0), (None, 0.0)])
def test_what_is_not_drawn_in_hours_of_obligation_is_not_passed_on(price: float | None, shed_mw: float) -> None:
    """4 MW that can pause for 50 EUR/MWh, two PP1 hours of 100 a year: 60 or 40 EUR/MW for each hour drawn.

    At 60 the process pauses, 2 x 4 x 50 = 400; at 40 it draws, 2 x 4 x 40 = 320; without the price nothing.
    """
    product = {
        "available_mw": 0.0,
        "obligation_price_eur_per_mw_year": price,
        "obligation_per_unit": "obligation_per_unit",
        "obligation_hours_per_year": 100.0,
    }
    instance = site({"process": {**process(provides=()), "shed_cost_eur_per_mwh": 50.0}}, product)
    result = optimum(instance, data(obligation_per_unit=hours(8, 9)))
    assert result.variable("process.shed_mw")[8:10] == pytest.approx([shed_mw, shed_mw])
    assert result.profit == pytest.approx(-400.0 if shed_mw else (0.0 if price is None else -320.0))


def test_hours_of_obligation_lie_in_the_calendar() -> None:
    """All day flagged, working hours 07-15 and 18-20 of a Wednesday by the catalogue: ten hours of 4 MW at 40."""
    product = {
        "available_mw": 0.0,
        "obligation_price_eur_per_mw_year": 4000.0,
        "obligation_per_unit": 1.0,
        "obligation_hours_per_year": 100.0,
        "calendar": [{"time_from": "07:00", "time_to": "15:00"}, {"time_from": "18:00", "time_to": "20:00"}],
    }
    instance = site({"process": {**process(provides=()), "shed_cost_eur_per_mwh": 50.0}}, product)
    result = optimum(instance, data())
    assert result.stream("capacity_obligation.fr_capacity") == pytest.approx(-10 * 4 * 40.0)
    whole_day = site({"process": {**process(provides=()), "shed_cost_eur_per_mwh": 50.0}}, {**product, "calendar": []})
    assert optimum(whole_day, data()).profit == pytest.approx(-24 * 4 * 40.0)


def test_two_mechanisms_would_pay_for_one_mw_twice() -> None:
    """4 MW at 100 EUR a day: 400 by one mechanism, 800 by two, which is why a device provides one (refused on reading).

    The hour that is critical costs nothing, since both count the same 4 MW.
    """
    second = {**capacity(), "reference_price_eur_per_mw_year": None, "penalty_eur_per_mw_year": 6000.0}
    both = {"process": process(provides=("fr_capacity", "fr_capacity_centralised"))}
    twice = site(both, others={"fr_capacity_centralised": second})
    assert optimum(site(), data(hours(18))).profit == pytest.approx(400.0)
    assert optimum(twice, data(hours(18))).profit == pytest.approx(800.0)
