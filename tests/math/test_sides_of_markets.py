"""Markets on which energy is only sold or only bought, by hand, and beside each other."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

COMPONENTS: dict[str, Any] = {
    "grid": grid(),
    "load": {"type": "demand", "node": "power", "demand_mw": 1.0},
    "own": {"type": "source", "node": "power", "available_mw": 2.0, "cost_eur_per_mwh": 60.0},
}


def site(**market: Any) -> Instance:
    instance: Instance = make_instance(COMPONENTS, {"da": {"price_eur_per_mwh": "price", **market}}, period_h=0.25)
    return instance


@pytest.mark.parametrize("fields", [{}, {"liquidity_mw": 5.0}, {"stage": "commit"}, {"fee_eur_per_mwh": 2.0}])
@pytest.mark.parametrize(
    ("sides", "price", "per_h"),
    [
        # bought at 40 instead of made at 60; not where energy is only sold
        ("both", 40.0, -40.0),
        ("buy", 40.0, -40.0),
        ("sell", 40.0, -60.0),
        # 1 MW more is made at 60 and sold at 70; not where energy is only bought
        ("both", 70.0, -50.0),
        ("sell", 70.0, -50.0),
        ("buy", 70.0, -60.0),
    ],
)
def test_a_market_of_one_side(fields: dict[str, Any], sides: str, price: float, per_h: float) -> None:
    """A quarter of an hour; a fee of 2 is paid where a MW is traded."""
    instance = site(sides=sides, **fields)
    fee = fields.get("fee_eur_per_mwh", 0.0) if per_h != -60.0 else 0.0
    assert optimum(instance, {"price": price}).profit == pytest.approx(0.25 * (per_h - fee))
    settlement = settled(instance, make_tree(instance, {"price": price}))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(0.25 * (per_h - fee))


def test_the_one_side_with_the_other_elsewhere() -> None:
    """Sold on the day-ahead market at 70, bought intraday at 50, 1 MW of it: 2 MW x 70 - 50 less 60 of the third one.

    Its own 2 MW and 1 MW bought serve the load of 1 MW; 2 MW are sold: 140 - 50 - 120 = -30. Sold alone: 70 - 120.
    """
    bought = {"price_eur_per_mwh": 50.0, "settlement_period_h": 1, "liquidity_mw": 1.0, "sides": "buy"}
    sold = {"price_eur_per_mwh": 70.0, "settlement_period_h": 1, "sides": "sell"}
    instance = make_instance(COMPONENTS, {"da": sold, "id": bought})
    assert optimum(instance).profit == pytest.approx(-30.0)
    assert optimum(make_instance(COMPONENTS, {"da": sold})).profit == pytest.approx(-50.0)
    assert settled(instance, make_tree(instance)).agrees


@pytest.mark.parametrize(("sides", "count"), [("both", 1), ("buy", 1), ("sell", 0)])
def test_what_cannot_be_bought_is_not_sold_over_another_meter(sides: str, count: int) -> None:
    """Bought at 40 and sold over a second meter at 45 is a loop, which a market for sales alone has not."""
    second = {"type": "grid_connection", "node": "power", "import_max_mw": 0.0, "export_max_mw": 1.0}
    components = {**COMPONENTS, "second": {**second, "export_price_eur_per_mwh": 45.0}}
    instance = make_instance(components, {"da": {"price_eur_per_mwh": 40.0, "sides": sides}}, period_h=0.25)
    assert len(check_tree(instance, make_tree(instance))) == count
