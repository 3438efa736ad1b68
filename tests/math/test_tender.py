"""The demand-response tender (AOFD) by hand: complement to the capacity mechanism, bonus, calendar, windows as data."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, optimum

NO_ENERGY_COST = {"da_price_eur_per_mwh": 0.0}


def tender(demand_mw: float | str = 3.0, *, start: str = "2025-01-15T06:00", periods: int = 4, **fields: Any) -> Any:
    """38,800 EUR/MW/year over 2,000 h against a capacity price of 18,800: 10 EUR/MW/h; shortfall 20, missed 100."""
    contract = {
        "volume_max_mw": 2.0,
        "tender_price_eur_per_mw_year": 38800.0,
        "capacity_reference_price_eur_per_mw_year": 18800.0,
        "window_hours_per_year": 2000.0,
        "activation_per_unit": 0.0,
        **fields,
    }
    process = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": demand_mw,
        "shed_cost_eur_per_mwh": 60.0,
        "provides": ["fr_aofd"],
    }
    return make_instance(
        {"grid": grid(), "process": process},
        {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}, "fr_aofd": contract},
        start=start,
        periods=periods,
    )


@pytest.mark.parametrize(
    ("capacity_price", "profit"),
    [
        (18800.0, 2 * 2 * 10.0),
        (28800.0, 2 * 2 * 5.0),
        (38800.0, 0.0),
        # (38,800 - 48,800) / 2,000 = -5 EUR/MW/h would be taken back; the complement is never below nothing
        (48800.0, 0.0),
    ],
)
def test_the_complement_falls_with_the_capacity_price_to_nothing(capacity_price: float, profit: float) -> None:
    """2 MW in the two hours of 06:00 to 10:00 that the calendar (working days, 08:00 to 19:00) holds."""
    instance = tender(capacity_reference_price_eur_per_mw_year=capacity_price)
    two = {"fr_aofd.volume_mw": 2.0}
    assert optimum(instance, NO_ENERGY_COST, fixed=two).profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("start", "fields", "hours"),
    [
        ("2025-01-15T06:00", {}, 2),
        ("2025-01-15T17:00", {}, 2),
        # a Saturday, and a Wednesday that is a holiday
        ("2025-01-18T08:00", {}, 0),
        ("2025-01-15T08:00", {"holidays": ["2025-01-15"]}, 0),
        ("2025-01-18T08:00", {"calendar": []}, 4),
    ],
)
def test_the_obligation_keeps_to_its_calendar(start: str, fields: dict[str, Any], hours: int) -> None:
    """2 MW at 10 EUR/MW/h in each hour of obligation."""
    assert optimum(tender(start=start, **fields), NO_ENERGY_COST).profit == pytest.approx(hours * 20.0)


@pytest.mark.parametrize(("bonus", "profit"), [(0.0, 40 - 2 * 60), (80.0, 40 + 2 * (80 - 60)), (200.0, 40 + 2 * 140)])
def test_a_call_earns_the_bonus(bonus: float, profit: float) -> None:
    """2 MW called for the hour from 08:00, shedding at 60: readiness 2 h x 2 x 10 and the bonus for 2 MWh.

    Energy as such earns nothing, since a delivered reduction is taken out of the balance; missing it would cost 100 a
    MWh and the readiness of both hours.
    """
    instance = tender(activation_per_unit="tender_call_per_unit", activation_bonus_eur_per_mwh=bonus)
    data = {**NO_ENERGY_COST, "tender_call_per_unit": [0, 0, 1, 0]}
    assert optimum(instance, data, fixed={"fr_aofd.volume_mw": 2.0}).profit == pytest.approx(profit)


def test_a_call_has_to_be_delivered() -> None:
    """1 MW to shed, 2 MW committed for two hours, one of them called, bonus 80.

    Held 1 MW: 2 h x 1 x 10 - 2 h x 1 x 20 for what is not; 1 x (80 - 60) - 1 x 100 for the miss. The miss claws back no
    more than what is forfeited. Without delivery the 100 are not paid, and the hour that is not called earns 20 too.
    """
    instance = tender(1.0, activation_per_unit="tender_call_per_unit", activation_bonus_eur_per_mwh=80.0)
    data = {**NO_ENERGY_COST, "tender_call_per_unit": [0, 0, 1, 0]}
    two = {"fr_aofd.volume_mw": 2.0}
    assert optimum(instance, data, fixed=two).profit == pytest.approx(20 - 40 + 20 - 100)
    without = optimum(instance, data, fixed=two, drop=["fr_aofd.delivery_up"])
    assert without.profit == pytest.approx(20 - 40 + 20 + 20)


def test_days_of_obligation_can_differ_by_scenario() -> None:
    """Two days of equal weight, the window of the second closed by data: 3 MW there on the first, none on the second.

    One volume for both: 2 MW x 2 h x 10 on the first day, nothing owed on the second: half of 40. Were the second day
    obliged as well, its 2 MW x 2 h would cost 20 each: (40 - 80) / 2, so nothing is committed.
    """
    data = {
        **NO_ENERGY_COST,
        "demand_mw": [[3.0] * 4, [0.0] * 4],
        "obliged_per_unit": [[1.0] * 4, [0.0] * 4],
    }
    half = (0.5, 0.5)
    by_data = tender("demand_mw", window_per_unit="obliged_per_unit")
    assert optimum(by_data, data, half).profit == pytest.approx(20.0)
    always = tender("demand_mw")
    assert optimum(always, data, half).profit == pytest.approx(0.0)
    assert optimum(always, data, half, fixed={"fr_aofd.volume_mw": 2.0}).profit == pytest.approx(-20.0)


def test_a_part_of_the_volume_can_be_obliged() -> None:
    """Half of the volume is owed in the second hour: 1 MW there is enough for 2 MW, paid for 1.5 MW h at 10."""
    instance = tender("demand_mw", start="2025-01-15T08:00", periods=2, window_per_unit="obliged_per_unit")
    data = {**NO_ENERGY_COST, "demand_mw": [2.0, 1.0], "obliged_per_unit": [1.0, 0.5]}
    result = optimum(instance, data)
    assert result.variable("fr_aofd.volume_mw") == pytest.approx([2.0])
    assert result.profit == pytest.approx(30.0)
    # owed in full, the second MW earns 10 and costs 20
    assert optimum(instance, {**data, "obliged_per_unit": 1.0}).profit == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("capacity_price", "reference", "yearly"),
    [
        # 18,800 for the level and a complement of 20,000 make the price of the tender
        (18800.0, 18800.0, 38800.0),
        (28800.0, 28800.0, 38800.0),
        # dearer capacity is not handed back
        (48800.0, 48800.0, 48800.0),
        # reckoned from nothing, the tender would come on top of the level
        (18800.0, 0.0, 57600.0),
    ],
)
def test_tender_and_level_of_the_same_power_make_the_tender_price(
    capacity_price: float, reference: float, yearly: float
) -> None:
    """2 MW of the process are certified and in the tender, each day of a year obliged for 11 h: 2 x yearly / 365."""
    process = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": 2.0,
        "shed_cost_eur_per_mwh": 60.0,
        "provides": ["fr_aofd", "fr_capacity"],
    }
    contract = {
        "volume_max_mw": 2.0,
        "tender_price_eur_per_mw_year": 38800.0,
        "capacity_reference_price_eur_per_mw_year": reference,
        "window_hours_per_year": 365.0 * 11.0,
        "activation_per_unit": 0.0,
    }
    level = {
        "available_mw": 2.0,
        "daily_stock_factor_per_unit": 1.0,
        "weekly_stock_factor_per_unit": 1.0,
        "price_eur_per_mw_year": capacity_price,
        "critical_per_unit": 1.0,
    }
    instance = make_instance(
        {"grid": grid(), "process": process},
        {
            "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
            "fr_aofd": contract,
            "fr_capacity": level,
        },
        periods=24,
    )
    assert optimum(instance, NO_ENERGY_COST).profit == pytest.approx(2 * yearly / 365)
