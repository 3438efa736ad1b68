"""Free offers on the balancing mechanism by hand: merit order, energy alone is paid, ordered energy, bid rules."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, optimum

ENERGY = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}
NO_ENERGY_COST = {"da_price_eur_per_mwh": 0.0}


def process(demand_mw: float) -> dict[str, Any]:
    """A demand that can be shed for 60 EUR/MWh."""
    return {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": demand_mw,
        "shed_cost_eur_per_mwh": 60.0,
        "provides": ["fr_ma_up"],
    }


def generator() -> dict[str, Any]:
    """2 MW at 75 EUR/MWh of gas."""
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "provides": ["fr_ma_down"],
    }


def upward(demand_mw: float = 5.0, periods: int = 1, bids: dict[str, bool] | None = None, **fields: Any) -> Any:
    offer = {"volume_max_mw": 10.0, "activation_up_per_unit": 1.0, **fields}
    return make_instance(
        {"grid": grid(), "process": process(demand_mw)}, {**ENERGY, "fr_ma_up": offer}, periods=periods, bids=bids
    )


MARGINAL = {"marginal_eur_per_mwh": [79.0, 80.0, 120.0]}


@pytest.mark.parametrize(
    ("prices", "profit"),
    [
        # in merit order: 5 MW at 80 - 60 and at 120 - 60; 79 is below the offer
        ({"offer_price_eur_per_mwh": 80.0, "marginal_price_eur_per_mwh": "marginal_eur_per_mwh"}, 400.0),
        # called whatever the marginal price: 5 x (79 - 60) more
        ({}, 495.0),
    ],
)
def test_an_upward_offer_is_called_from_its_price_on(prices: dict[str, Any], profit: float) -> None:
    """Marginal prices 79, 80 and 120 EUR/MWh, an offer at 80 by a process that sheds 5 MW for 60 EUR/MWh."""
    instance = upward(periods=3, energy_price_up_eur_per_mwh="marginal_eur_per_mwh", **prices)
    assert optimum(instance, {**NO_ENERGY_COST, **MARGINAL}).profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("paid", "profit"),
    [({}, 200.0), ({"energy_price_up_eur_per_mwh": "marginal_eur_per_mwh"}, 400.0)],
)
def test_an_offer_without_another_price_is_paid_as_bid(paid: dict[str, Any], profit: float) -> None:
    """Called at marginal 80 and 120: as bid 2 x 5 x (80 - 60), at the marginal price 5 x (20 + 60)."""
    merit = {"offer_price_eur_per_mwh": 80.0, "marginal_price_eur_per_mwh": "marginal_eur_per_mwh"}
    assert optimum(upward(periods=3, **merit, **paid), {**NO_ENERGY_COST, **MARGINAL}).profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("offer", "profit"),
    [
        # called where the marginal price is at most 20: fuel saved less the price, 2 x (65 + 55), beside 3 x 2 x 25
        ({"offer_price_eur_per_mwh": 20.0, "marginal_price_eur_per_mwh": "marginal_eur_per_mwh"}, 390.0),
        # called always: 2 x 45 more at 30
        ({}, 480.0),
    ],
)
def test_a_downward_offer_is_called_up_to_its_price(offer: dict[str, Any], profit: float) -> None:
    """A generator sells 2 MW at 100 that cost 75; called down it saves gas and pays 10, 20 and 30 EUR/MWh."""
    down = {
        "volume_max_mw": 10.0,
        "activation_down_per_unit": 1.0,
        "energy_price_down_eur_per_mwh": "marginal_eur_per_mwh",
        **offer,
    }
    instance = make_instance(
        {"grid": grid(), "mains": mains(), "generator": generator()}, {**ENERGY, "fr_ma_down": down}, periods=3
    )
    data = {"da_price_eur_per_mwh": 100.0, "marginal_eur_per_mwh": [10.0, 20.0, 30.0]}
    assert optimum(instance, data).profit == pytest.approx(profit)


def test_a_downward_offer_needs_output() -> None:
    """One hour called down at 10 EUR/MWh: the generator has 2 MW to give back, 50 + 2 x 65 = 180.

    Without the floor of its output it would sell 10 MW back: 50 + 10 x 65 = 700 (the mains take gas back at cost, so
    that nothing else keeps it from it).
    """
    down = {"volume_max_mw": 10.0, "activation_down_per_unit": 1.0, "energy_price_down_eur_per_mwh": 10.0}
    both_ways = {**mains(), "export_max_mw": 100.0, "export_price_eur_per_mwh": 30.0}
    instance = make_instance(
        {"grid": grid(), "mains": both_ways, "generator": generator()}, {**ENERGY, "fr_ma_down": down}
    )
    data = {"da_price_eur_per_mwh": 100.0}
    assert optimum(instance, data).profit == pytest.approx(180.0)
    free = optimum(instance, data, drop=["generator.minimum"])
    assert free.profit == pytest.approx(700.0)


def test_readiness_is_not_paid() -> None:
    """An offer that is never called earns nothing, and there is no stream that could pay for it.

    The same MW as a reserve at 7 EUR/MW/h earn 5 x 7.
    """
    offer = optimum(upward(activation_up_per_unit=0.0, energy_price_up_eur_per_mwh=500.0), NO_ENERGY_COST)
    assert offer.profit == pytest.approx(0.0)
    assert not [name for name in offer.program.profit_streams(0, offer.values[0]) if name.startswith("capacity")]
    reserve = {
        "block_h": 1,
        "volume_max_mw": 10.0,
        "capacity_price_eur_per_mw_h": 7.0,
        "activation_up_per_unit": 0.0,
    }
    paid = make_instance(
        {"grid": grid(), "process": {**process(5.0), "provides": ["fr_mfrr_up"]}}, {**ENERGY, "fr_mfrr_up": reserve}
    )
    assert optimum(paid, NO_ENERGY_COST).profit == pytest.approx(35.0)


@pytest.mark.parametrize(
    ("settlement", "profit"),
    [("ordered", 1000 - 1500 - 1000 - 300), ("delivered", 500 - 1000 - 300)],
)
def test_what_is_called_and_not_delivered_costs(settlement: str, profit: float) -> None:
    """10 MW offered and called for an hour, 5 MW there, price 100, shedding 60, penalty 200, short price 300.

    Ordered: paid for 10 MWh and 5 MWh short; delivered: paid for 5 MWh, no imbalance.
    """
    instance = upward(energy_price_up_eur_per_mwh=100.0, energy_settlement=settlement)
    forced = optimum(instance, NO_ENERGY_COST, fixed={"fr_ma_up.volume_mw": 10.0})
    assert forced.profit == pytest.approx(profit)


def test_an_offer_has_to_be_delivered() -> None:
    """Free to choose, the site offers its 5 MW: 5 x (100 - 60) = 200. Without delivery it sells 10 MW of nothing."""
    instance = upward(energy_price_up_eur_per_mwh=100.0)
    assert optimum(instance, NO_ENERGY_COST).profit == pytest.approx(200.0)
    assert optimum(instance, NO_ENERGY_COST, drop=["fr_ma_up.delivery_up"]).profit == pytest.approx(1000.0)


@pytest.mark.parametrize(
    ("demand_mw", "bids", "profit"),
    [
        # 1 MW of 1.7 in steps of 1 MW at 80 - 60
        (1.7, {"minimum": True, "steps": True}, 20.0),
        (1.7, {"minimum": True, "steps": False}, 34.0),
        # 0.7 MW is no bid: 1 MW would cost 0.3 x (300 + 200) for what is missed
        (0.7, {"minimum": True, "steps": False}, 0.0),
        (0.7, {"minimum": False, "steps": False}, 14.0),
    ],
)
def test_offers_have_a_minimum_and_steps(demand_mw: float, bids: dict[str, bool], profit: float) -> None:
    instance = upward(demand_mw, energy_price_up_eur_per_mwh=80.0, bids=bids)
    assert optimum(instance, NO_ENERGY_COST).profit == pytest.approx(profit)


@pytest.mark.parametrize(("hours", "profit"), [([], 300.0), ([{"time_from": "01:00", "time_to": "02:00"}], 100.0)])
def test_an_offer_exists_in_its_calendar_alone(hours: list[dict[str, str]], profit: float) -> None:
    """Called in all of three hours at 80 - 60 for 5 MW; offered in one of them, the other two are no misses."""
    instance = upward(periods=3, energy_price_up_eur_per_mwh=80.0, calendar=hours)
    assert optimum(instance, NO_ENERGY_COST).profit == pytest.approx(profit)
