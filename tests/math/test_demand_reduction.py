"""Demand reduction sold in blocks (NEBEF) by hand: supplier payment, blocks, delivery, and no phantom reduction.

The site buys from a supplier at a tariff on its connection and trades on no market itself, unless a test says so.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, optimum

PRICES = {"spot_eur_per_mwh": [100.0, 180.0, 40.0]}
#: 3 MW for three hours at the supplier's 90 EUR/MWh
BILL = 3 * 3 * 90.0


def process(demand_mw: float | str = 3.0) -> dict[str, Any]:
    """A demand that can be shed for 150 EUR/MWh."""
    return {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": demand_mw,
        "shed_cost_eur_per_mwh": 150.0,
        "provides": ["fr_nebef"],
    }


def nebef(**fields: Any) -> dict[str, Any]:
    return {
        "volume_max_mw": 5.0,
        "price_eur_per_mwh": "spot_eur_per_mwh",
        "supplier_payment_eur_per_mwh": 60.0,
        **fields,
    }


def retail(demand_mw: float | str = 3.0, *, periods: int = 3, tariff: float = 90.0, **fields: Any) -> Any:
    bids = fields.pop("bids", None)
    return make_instance(
        {"grid": grid(import_price_eur_per_mwh=tariff), "process": process(demand_mw)},
        {"fr_nebef": nebef(**fields)},
        periods=periods,
        bids=bids,
    )


@pytest.mark.parametrize(("payment", "profit"), [(60.0, -BILL + 3 * 60), (0.0, -BILL + 3 * (40 + 120))])
def test_the_supplier_is_paid_for_what_is_not_drawn(payment: float, profit: float) -> None:
    """A MWh reduced earns the price less the payment, saves 90 and costs 150: price - 120 with a payment of 60.

    That is -20, +60, -80: only the second hour is sold. Without the payment 40, 120, -20: the first is sold as well.
    """
    result = optimum(retail(supplier_payment_eur_per_mwh=payment), PRICES)
    assert result.profit == pytest.approx(profit)
    assert result.stream("supplier.fr_nebef") == pytest.approx(-payment * (3.0 if payment else 6.0))


def test_reduction_sells_where_price_less_payment_is_above_cost() -> None:
    """No tariff to save: 100 - 60, 180 - 60 and 250 - 60 against a cost of 150. Only the third pays: 3 x 40."""
    result = optimum(retail(tariff=0.0), {"spot_eur_per_mwh": [100.0, 180.0, 250.0]})
    assert result.variable("process.fr_nebef_up_called_mw") == pytest.approx([0.0, 0.0, 3.0])
    assert result.profit == pytest.approx(120.0)


@pytest.mark.parametrize(("block_h", "profit"), [(1, 180.0), (2, 120.0)])
def test_a_block_is_reduced_throughout(block_h: int, profit: float) -> None:
    """Hours worth +60 and -20 a MWh: 3 x 60 hour by hour, 3 x (60 - 20) as one block of two hours."""
    result = optimum(retail(periods=2, block_h=block_h), {"spot_eur_per_mwh": [180.0, 100.0]})
    assert result.profit + 2 * 3 * 90 == pytest.approx(profit)


@pytest.mark.parametrize(
    ("demand_mw", "bids", "gain"),
    [
        # 30 kW is below the minimum of 100 kW, and missing 70 kW of a sold 100 would cost 7 - 1.8
        (0.03, {"minimum": True, "steps": False}, 0.0),
        (0.03, {"minimum": False, "steps": False}, 0.03 * 60),
        # 250 kW is sold as 200 kW: 300 kW would miss 50 kW at 100 EUR/MWh, 0.25 x 60 - 5 = 10
        (0.25, {"minimum": True, "steps": True}, 0.2 * 60),
        (0.25, {"minimum": True, "steps": False}, 0.25 * 60),
    ],
)
def test_blocks_have_a_minimum_and_steps(demand_mw: float, bids: dict[str, bool], gain: float) -> None:
    result = optimum(retail(demand_mw, periods=1, bids=bids), {"spot_eur_per_mwh": 180.0})
    assert result.profit == pytest.approx(gain - 90 * demand_mw)


def test_what_is_sold_has_to_be_reduced() -> None:
    """5 MW sold in one hour, 3 MW there: 3 x 60 - 2 x 100 for what is missed; nothing is missed without delivery."""
    instance = retail(periods=1)
    sold = {"fr_nebef.volume_mw": 5.0}
    data = {"spot_eur_per_mwh": 180.0}
    assert optimum(instance, data, fixed=sold).profit == pytest.approx(180.0 - 200.0 - 270.0)
    free = optimum(instance, data, fixed=sold, drop=["fr_nebef.delivery_up"])
    assert free.profit == pytest.approx(180.0 - 270.0)


def test_only_delivered_energy_is_paid() -> None:
    """5 MW sold at 180, 3 MW delivered: revenue 3 x 180 and supplier payment 3 x 60, not five."""
    result = optimum(retail(periods=1), {"spot_eur_per_mwh": 180.0}, fixed={"fr_nebef.volume_mw": 5.0})
    assert result.stream("activation.fr_nebef") == pytest.approx(3 * 180.0)
    assert result.stream("supplier.fr_nebef") == pytest.approx(-3 * 60.0)


@pytest.mark.parametrize(("calendar", "gain"), [([], 3 * 180.0), ([{"time_from": "01:00", "time_to": "02:00"}], 180.0)])
def test_blocks_are_sold_in_their_calendar_alone(calendar: list[dict[str, str]], gain: float) -> None:
    """Three hours worth 60 a MWh for 3 MW; with one hour of calendar the others are neither sold nor missed."""
    result = optimum(retail(calendar=calendar), {"spot_eur_per_mwh": 180.0})
    assert result.profit + BILL == pytest.approx(gain)


def test_a_site_that_buys_on_the_market_gains_nothing() -> None:
    """It has bought 3 MW at the price it sells the reduction for: planned shedding saves price - 150, a block 60 less.

    Prices 100, 180, 250: profit -3 x (100 + 150 + 150) with the product or without.
    """
    data = {"spot_eur_per_mwh": [100.0, 180.0, 250.0]}
    da = {"price_eur_per_mwh": "spot_eur_per_mwh", "settlement_period_h": 1}
    components = {"grid": grid(), "process": process()}
    traded = optimum(make_instance(components, {"da": da, "fr_nebef": nebef()}, periods=3), data)
    alone = make_instance({"grid": grid(), "process": {**process(), "provides": []}}, {"da": da}, periods=3)
    assert traded.profit == pytest.approx(-1200.0)
    assert optimum(alone, data).profit == pytest.approx(-1200.0)
    assert traded.stream("activation.fr_nebef") == pytest.approx(0.0)


def test_why_batteries_may_not_reduce_demand() -> None:
    """What the check of providers keeps out: a battery plans to charge 2 MW, does not, and sells that.

    No energy moves and nothing is saved, yet 180 - 60 and 100 - 60 are paid for 2 MW: 320 EUR of phantom reduction.
    (``tests/io/test_contract_issues.py`` shows the refusal.)
    """
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 2.0,
        "discharge_max_mw": 0.0,
        "initial_mwh": 0.0,
        "provides": ["fr_nebef"],
    }
    instance = make_instance(
        {"grid": grid(import_price_eur_per_mwh=90.0), "battery": battery}, {"fr_nebef": nebef()}, periods=3
    )
    result = optimum(instance, PRICES)
    assert result.profit == pytest.approx(320.0)
    assert result.variable("grid.import_mw") == pytest.approx([0.0, 0.0, 0.0])
