"""What each French reserve asks with the catalogue's own numbers: blocks, directions, times, durations, two events."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, optimum

ENERGY = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}
#: At 75 EUR/MWh energy of the generator earns nothing.
COST = {"da_price_eur_per_mwh": 75}


def profit(component: dict[str, Any], product_id: str, data: dict[str, Any] = COST, **fields: Any) -> float:
    """Four hours of one product, never called unless the data say so."""
    product = {"volume_max_mw": 100.0, "capacity_price_eur_per_mw_h": 10.0, "activation_up_per_unit": 0.0, **fields}
    components = {"grid": grid(), "mains": mains(), "unit": {**component, "provides": [product_id]}}
    instance = make_instance(components, {**ENERGY, product_id: product}, periods=4)
    return optimum(instance, data).profit


def generator(**fields: Any) -> dict[str, Any]:
    """2 MW at 75 EUR/MWh of gas."""
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        **fields,
    }


def battery(energy_mwh: float, **fields: Any) -> dict[str, Any]:
    """10 MW either way, without losses; nothing to leave behind."""
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": energy_mwh,
        "charge_max_mw": 10.0,
        "discharge_max_mw": 10.0,
        "initial_mwh": energy_mwh,
        "terminal_mwh": 0.0,
        **fields,
    }


@pytest.mark.parametrize(("rule", "expected"), [({}, 40.0), ({"block_h": 1}, 120.0)])
def test_secondary_reserve_is_sold_in_blocks_of_four_hours(rule: dict[str, Any], expected: float) -> None:
    """5, 5, 1 and 1 MW to shed: 1 MW x 4 h x 10 as one block, 12 MW h x 10 hour by hour."""
    process = {"type": "sheddable_demand", "node": "power", "demand_mw": "load_mw", "shed_cost_eur_per_mwh": 0.0}
    data = {"da_price_eur_per_mwh": 0, "load_mw": [5.0, 5.0, 1.0, 1.0]}
    assert profit(process, "fr_afrr_up", data, **rule) == pytest.approx(expected)


@pytest.mark.parametrize(("rule", "expected"), [({}, 40.0), ({"direction": "up"}, 80.0)])
def test_frequency_reserve_is_symmetric(rule: dict[str, Any], expected: float) -> None:
    """A generator of 2 MW has 1 MW both ways, 2 MW one way; 4 h x 10."""
    both = {"activation_down_per_unit": 0.0, "sustain_h": 0.0}
    assert profit(generator(), "fr_fcr", **both, **rule) == pytest.approx(expected)


@pytest.mark.parametrize(("rule", "expected"), [({}, 80.0), ({"sustain_h": 0.5}, 40.0), ({"sustain_h": 0.0}, 400.0)])
def test_frequency_reserve_holds_fifteen_minutes_each_way(rule: dict[str, Any], expected: float) -> None:
    """0.5 MWh above and below: 2 MW for 15 min (1 MW for the 30 min some ask), 10 MW if nothing had to be held."""
    store = battery(1.0, initial_mwh=0.5)
    both = {"activation_down_per_unit": 0.0}
    data = {"da_price_eur_per_mwh": 0}
    assert profit(store, "fr_fcr", data, **both, **rule) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("product_id", "rule", "held_mw"),
    [
        ("fr_afrr_up", {}, 0.25),
        # the time that France asked for before PICASSO
        ("fr_afrr_up", {"full_activation_time_s": 400}, 1 / 3),
        ("fr_mfrr_up", {}, 0.65),
        # the European standard product
        ("fr_mfrr_up", {"full_activation_time_s": 750}, 0.625),
        ("fr_rc_up", {}, 1.5),
        ("fr_rc_up", {"full_activation_time_s": 3600}, 2.0),
    ],
)
def test_full_activation_time_limits_what_a_slow_unit_holds(
    product_id: str, rule: dict[str, Any], held_mw: float
) -> None:
    """0.05 MW/min: 5 min give 0.25 MW, 13 min 0.65, 12.5 min 0.625, 30 min 1.5; 2 MW is the unit itself."""
    contract = {"block_h": None, **rule}
    assert profit(generator(ramp_mw_per_min=0.05), product_id, **contract) == pytest.approx(held_mw * 4 * 10)
    assert profit(generator(), product_id, **contract) == pytest.approx(80.0)


@pytest.mark.parametrize(
    ("product_id", "rule", "held_mw"),
    [("fr_mfrr_up", {}, 1.5), ("fr_rc_up", {}, 2.0), ("fr_mfrr_up", {"sustain_h": 0.0}, 10.0)],
)
def test_rapid_reserve_holds_two_hours_and_complementary_reserve_an_hour_and_a_half(
    product_id: str, rule: dict[str, Any], held_mw: float
) -> None:
    """3 MWh that cannot be recharged: 1.5 MW for 2 h, 2 MW for 1.5 h, all of 10 MW without the rule."""
    data = {"da_price_eur_per_mwh": 0}
    store = battery(3.0, charge_max_mw=0.0)
    assert profit(store, product_id, data, block_h=None, **rule) == pytest.approx(held_mw * 4 * 10)


def two_events(start: str = "2025-01-15T00:00", **limit: Any) -> float:
    """1 MW of rapid reserve for six hours at 10 EUR/MW/h from 5 MWh that cannot be recharged, called for 1 and 2 h.

    Energy is worth 100 EUR/MWh in the hour before the last; being short of 1 MW in the last costs 510.
    """
    product = {
        "block_h": None,
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "shortfall_penalty_eur_per_mw_h": 500.0,
        "activation_up_per_unit": "call_per_unit",
        **limit,
    }
    store = {**battery(5.0, charge_max_mw=0.0), "provides": ["fr_mfrr_up"]}
    components = {"grid": grid(), "store": store}
    instance = make_instance(components, {**ENERGY, "fr_mfrr_up": product}, periods=6, start=start)
    data = {"call_per_unit": [1, 0, 1, 1, 0, 0], "da_price_eur_per_mwh": [0, 0, 0, 0, 100, 0]}
    return optimum(instance, data, fixed={"fr_mfrr_up.volume_mw": 1.0}).profit


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({}, 260.0),
        ({"calls_max_per_day": None}, 160.0),
        ({"calls_max_per_day": None, "call_hours_max_per_day": 3}, 260.0),
    ],
)
def test_after_two_events_the_energy_is_free(limit: dict[str, Any], expected: float) -> None:
    """The 2 MWh left after the second event: 60 + 200. A third in the last hour of that day would need one of them.

    Three hours a day are used up as well after three hours of calls.
    """
    assert two_events(**limit) == pytest.approx(expected)


@pytest.mark.parametrize(("start", "expected"), [("2025-01-15T18:00", 260.0), ("2025-01-15T19:00", 160.0)])
def test_the_next_day_has_two_events_of_its_own(start: str, expected: float) -> None:
    """Until midnight the energy is free, but the last hour of six from 19:00 on is the next day's."""
    assert two_events(start) == pytest.approx(expected)


@pytest.mark.parametrize(("limit", "expected"), [({"calls_max": 2}, 260.0), ({"calls_max": 3}, 160.0)])
def test_a_contract_can_limit_its_calls(limit: dict[str, Any], expected: float) -> None:
    """The same with a limit over the whole contract, whatever the day."""
    assert two_events("2025-01-15T19:00", calls_max_per_day=None, **limit) == pytest.approx(expected)
