"""Local flexibility contracts by hand: with reservation and without, calendar, shortfall, tolerance, minimum power."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, optimum

DA = {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}
NO_ENERGY_COST = {"da_price_eur_per_mwh": 0.0}
EVENING = [{"days": "working_days", "time_from": "17:00", "time_to": "19:00"}]
RESERVED, UNRESERVED = "enedis_local_reserved", "enedis_local_unreserved"


def process(demand_mw: float | str, product: str, shed_cost: float = 150.0) -> dict[str, Any]:
    return {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": demand_mw,
        "shed_cost_eur_per_mwh": shed_cost,
        "provides": [product],
    }


def reserved(
    demand_mw: float | str = 4.0,
    *,
    start: str = "2025-01-15T16:00",
    periods: int = 4,
    bids: dict[str, bool] | None = None,
    shed_cost: float = 150.0,
    **fields: Any,
) -> Any:
    """2 MW at most, 30 EUR/MW/h, shortfall 50, missed 150; four hours from 16:00 of a Wednesday, never called."""
    contract = {
        "zone": "north",
        "volume_max_mw": 2.0,
        "fixed_price_eur_per_mw_h": 30.0,
        "activation_price_eur_per_mwh": 200.0,
        "activation_per_unit": 0.0,
        "delivery_tolerance_per_unit": 0.0,
        **fields,
    }
    return make_instance(
        {"grid": grid(), "process": process(demand_mw, RESERVED, shed_cost)},
        {"da": DA, RESERVED: contract},
        start=start,
        periods=periods,
        bids=bids,
    )


def unreserved(demand_mw: float, *, bids: dict[str, bool] | None = None, **fields: Any) -> Any:
    contract = {
        "zone": "north",
        "volume_max_mw": 2.0,
        "activation_price_eur_per_mwh": "local_price_eur_per_mwh",
        "activation_per_unit": "local_call_per_unit",
        "delivery_tolerance_per_unit": 0.0,
        **fields,
    }
    return make_instance(
        {"grid": grid(), "process": process(demand_mw, UNRESERVED)},
        {"da": DA, UNRESERVED: contract},
        periods=4,
        bids=bids,
    )


@pytest.mark.parametrize(("calendar", "profit"), [(EVENING, 120.0), ([], 240.0)])
def test_readiness_is_paid_in_the_hours_of_the_calendar(calendar: list[dict[str, str]], profit: float) -> None:
    """2 MW at 30 EUR/MW/h: two of the four hours, or all four."""
    assert optimum(reserved(calendar=calendar), NO_ENERGY_COST).profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("calendar", "volume_mw", "profit"),
    [
        # obliged at 17 and 18 o'clock, when there are 4 MW
        (EVENING, 2.0, 2 * 2 * 30.0),
        # obliged at 16 o'clock as well, with 0.5 MW there: each MW beyond earns 90 and costs 50
        ([], 2.0, 3 * 2 * 30.0 + 0.5 * 30.0 - 1.5 * 50.0),
    ],
)
def test_readiness_is_owed_in_the_hours_of_the_calendar(
    calendar: list[dict[str, str]], volume_mw: float, profit: float
) -> None:
    instance = reserved("demand_mw", calendar=calendar)
    result = optimum(instance, {**NO_ENERGY_COST, "demand_mw": [0.5, 4.0, 4.0, 4.0]})
    assert result.variable(f"{RESERVED}.volume_mw") == pytest.approx([volume_mw])
    assert result.profit == pytest.approx(profit)


def test_the_yearly_price_is_earned_hour_by_hour_and_in_full() -> None:
    """January 2025 has 23 days from Monday to Friday, 22 without New Year's Day: 44 h between 17:00 and 19:00.

    A contract of January alone at 4,400 EUR/MW/year earns 100 EUR in each of these hours and 4,400 in all, for 1 MW.
    Without the holiday the same rate is earned in 46 h: 4,600.
    """
    contract = {
        "calendar": [{**EVENING[0], "months": [1]}],
        "fixed_price_eur_per_mw_h": None,
        "fixed_price_eur_per_mw_year": 4400.0,
        "window_hours_per_year": 44.0,
        "volume_max_mw": 1.0,
    }
    days: dict[str, Any] = {"start": "2025-01-01T00:00", "periods": 31 * 24}
    january = reserved(**days, **contract, holidays=["2025-01-01"])
    assert optimum(january, NO_ENERGY_COST).profit == pytest.approx(4400.0)
    assert optimum(reserved(**days, **contract), NO_ENERGY_COST).profit == pytest.approx(4600.0)


def test_what_is_not_held_is_not_paid_and_costs() -> None:
    """2 MW committed, 1.5 MW there in both hours: 2 x (1.5 x 30 - 0.5 x 50) = 40; without coverage 2 x 2 x 30."""
    instance, two = reserved(1.5, calendar=EVENING), {f"{RESERVED}.volume_mw": 2.0}
    assert optimum(instance, NO_ENERGY_COST, fixed=two).profit == pytest.approx(40.0)
    without = optimum(instance, NO_ENERGY_COST, fixed=two, drop=[f"{RESERVED}.coverage_up"])
    assert without.profit == pytest.approx(120.0)


@pytest.mark.parametrize(
    ("tolerance", "delivered_mw", "profit"),
    [
        # 200 - 150 for 1.8 MWh; 0.2 MW missed cost 0.2 x 150, and 0.2 x 2 h x 30 of the fixed payment
        (0.0, 1.8, 120 + 1.8 * 50 - 0.2 * 150 - 0.2 * 60),
        (0.1, 1.8, 120 + 1.8 * 50),
        # 1 MW missed, of which 0.2 MW are tolerated
        (0.1, 1.0, 120 + 1.0 * 50 - 0.8 * 150 - 0.8 * 60),
    ],
)
def test_a_tolerated_share_may_be_missed(tolerance: float, delivered_mw: float, profit: float) -> None:
    """2 MW held and called at 18 o'clock: fixed payment 2 h x 2 x 30, activation 200, shedding 150, penalty 150."""
    instance = reserved(
        calendar=EVENING, activation_per_unit="local_call_per_unit", delivery_tolerance_per_unit=tolerance
    )
    data = {**NO_ENERGY_COST, "local_call_per_unit": [0, 0, 1, 0]}
    fixed = {f"{RESERVED}.volume_mw": 2.0, f"process.{RESERVED}_up_called_mw": [0, 0, delivered_mw, 0]}
    assert optimum(instance, data, fixed=fixed).profit == pytest.approx(profit)


def test_beyond_the_tolerance_missing_costs() -> None:
    """Shedding costs 1,000, so all of 2 MWh is missed: 0.2 are tolerated, the rest costs 150 and the fixed payment.

    120 - 1.8 x 150 - 1.8 x 60 = -258 with 2 MW committed. Without the row nothing is penalised: 120.
    """
    instance = reserved(
        calendar=EVENING,
        shed_cost=1000.0,
        activation_per_unit="local_call_per_unit",
        delivery_tolerance_per_unit=0.1,
    )
    data = {**NO_ENERGY_COST, "local_call_per_unit": [0, 0, 1, 0]}
    two = {f"{RESERVED}.volume_mw": 2.0}
    assert optimum(instance, data, fixed=two).profit == pytest.approx(-258.0)
    assert optimum(instance, data, fixed=two, drop=[f"{RESERVED}.tolerance_up"]).profit == pytest.approx(120.0)
    # and so nothing is committed at all
    assert optimum(instance, data).profit == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("term", "hours"),
    [
        ({}, 4),
        ({"contract_start": "2025-01-16"}, 2),
        ({"contract_end": "2025-01-15"}, 2),
        ({"contract_start": "2025-01-16", "contract_end": "2025-01-16"}, 2),
        ({"contract_start": "2025-01-17"}, 0),
    ],
)
def test_a_contract_begins_and_ends(term: dict[str, str], hours: int) -> None:
    """Four hours around midnight of 16 January, 2 MW at 30 EUR/MW/h in those that lie in the contract."""
    instance = reserved(start="2025-01-15T22:00", **term)
    assert optimum(instance, NO_ENERGY_COST).profit == pytest.approx(hours * 60.0)


@pytest.mark.parametrize(
    ("minimum", "demand_mw", "profit"),
    [
        # 0.2 MW are below 250 kW: 0.25 MW would earn 2 h x (0.2 x 5 - 0.05 x 50) = -3
        (True, 0.2, 0.0),
        (False, 0.2, 2 * 0.2 * 5),
        (True, 0.25, 2 * 0.25 * 5),
    ],
)
def test_minimum_power(minimum: bool, demand_mw: float, profit: float) -> None:
    """At 5 EUR/MW/h, two hours of calendar."""
    instance = reserved(
        demand_mw, calendar=EVENING, fixed_price_eur_per_mw_h=5.0, bids={"minimum": minimum, "steps": False}
    )
    assert optimum(instance, NO_ENERGY_COST).profit == pytest.approx(profit)


CALLS = {**NO_ENERGY_COST, "local_call_per_unit": [0, 1, 1, 0], "local_price_eur_per_mwh": [0.0, 160.0, 140.0, 0.0]}


def test_without_reservation_delivered_energy_alone_is_paid() -> None:
    """Called twice at 160 and 140 with a cost of 150: 2 MW answer the first, 20 EUR; declining the second is free.

    There is no payment for readiness, and with a call in the first hour alone the optimum is the same.
    """
    result = optimum(unreserved(4.0), CALLS)
    assert result.profit == pytest.approx(20.0)
    assert result.variable(f"process.{UNRESERVED}_up_called_mw") == pytest.approx([0, 2, 0, 0])
    once = {**CALLS, "local_call_per_unit": [0, 1, 0, 0]}
    assert optimum(unreserved(4.0), once).profit == pytest.approx(20.0)
    assert not [name for name in result.program.profit_streams(0, result.values[0]) if name.startswith("capacity")]


@pytest.mark.parametrize(("fixed_price", "profit"), [(1.0, 4 * 2 * 1.0 + 20 - 20), (0.0, 0.0)])
def test_with_reservation_every_call_is_owed(fixed_price: float, profit: float) -> None:
    """The same calls under reservation: the second loses 2 x 10 (missing it 2 x 150), which readiness must pay for."""
    instance = reserved(
        start="2025-01-15T00:00",
        fixed_price_eur_per_mw_h=fixed_price,
        activation_per_unit="local_call_per_unit",
        activation_price_eur_per_mwh="local_price_eur_per_mwh",
    )
    assert optimum(instance, CALLS).profit == pytest.approx(profit)


@pytest.mark.parametrize(("minimum", "profit"), [(True, 0.0), (False, 0.2 * 10)])
def test_minimum_power_without_reservation(minimum: bool, profit: float) -> None:
    """0.2 MW cannot answer a call: 0.25 MW would earn 0.2 x 10 and miss 0.05 at 150."""
    bids = {"minimum": minimum, "steps": False}
    assert optimum(unreserved(0.2, bids=bids), CALLS).profit == pytest.approx(profit)


def test_a_downward_contract_is_paid_for_drawing_more() -> None:
    """A contract against congestion by injection: 3 MW of PV are called off for an hour at 40, the market pays 30.

    2 MW are curtailed: 3 x 30 sold in the schedule and 2 x 40 for the call. What is delivered is taken out of the
    balance, so the market's 2 x 30 stay where the energy has no price; at the market's price they go back. Without the
    contract 90.
    """
    contract = {
        "zone": "south",
        "direction": "down",
        "service_type": "injection_congestion",
        "volume_max_mw": 2.0,
        "activation_price_eur_per_mwh": 40.0,
        "activation_per_unit": 1.0,
    }
    source = {"type": "source", "node": "power", "available_mw": 3.0, "provides": [UNRESERVED]}
    instance = make_instance({"grid": grid(), "sun": source}, {"da": DA, UNRESERVED: contract})
    assert optimum(instance, {"da_price_eur_per_mwh": 30.0}).profit == pytest.approx(170.0)
    priced = {**contract, "energy_price_eur_per_mwh": "da_price_eur_per_mwh"}
    instance = make_instance({"grid": grid(), "sun": source}, {"da": DA, UNRESERVED: priced})
    result = optimum(instance, {"da_price_eur_per_mwh": 30.0})
    assert result.profit == pytest.approx(170.0 - 2 * 30.0)
    assert result.stream(f"called_energy.{UNRESERVED}") == pytest.approx(-60.0)
    idle = make_instance({"grid": grid(), "sun": {**source, "provides": []}}, {"da": DA})
    assert optimum(idle, {"da_price_eur_per_mwh": 30.0}).profit == pytest.approx(90.0)
