"""Losses of a store whatever its level: each optimum by hand, and what it would be without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

DA = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 1}}
ENERGY = DA | {"imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}}


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 4.0,
        "discharge_max_mw": 4.0,
        "initial_mwh": 3.0,
        "terminal_mwh": 0.0,
        "provides": list(provides),
        **fields,
    }


@pytest.mark.parametrize(("loss", "profit"), [(0.0, 150.0), (0.5, 100.0), ("loss", 50.0 * (3.0 - 0.3 - 0.9))])
def test_what_is_lost_is_not_sold(loss: Any, profit: float) -> None:
    """3 MWh that sell for 50 in the second hour alone, less what two hours lose: 0.5 MW, or 0.3 and 0.9 MW."""
    instance = make_instance({"grid": grid(), "battery": battery(fixed_loss_mw=loss, charge_max_mw=0.0)}, DA, periods=2)
    data = {"da": [0.0, 50.0], "loss": [0.3, 0.9]}
    assert optimum(instance, data).profit == pytest.approx(profit)
    assert settled(instance, make_tree(instance, data)).agrees


def test_half_hours_lose_half_and_a_share_of_the_level_besides() -> None:
    """2 MWh: 0.75 an hour leaves half in half an hour, 1 MWh less 0.2, then 0.5 x 0.8 - 0.2 = 0.2 MWh: 10."""
    store = battery(initial_mwh=2.0, standing_loss_per_h=0.75, fixed_loss_mw=0.4, charge_max_mw=0.0)
    fast = {"da": {"price_eur_per_mwh": "da", "settlement_period_h": 0.5}}
    instance = make_instance({"grid": grid(), "battery": store}, fast, periods=2, period_h=0.5)
    assert optimum(instance, {"da": [0.0, 50.0]}).profit == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("fields", "profit"),
    [
        # 0.5 MW for two hours are bought at 30
        ({}, -30.0),
        # the same where it may not go uncovered
        ({"level_penalty_eur_per_mwh": None}, -30.0),
        # nothing can be put in: 1 MWh goes uncovered
        ({"charge_max_mw": 0.0, "level_penalty_eur_per_mwh": 700.0}, -700.0),
    ],
)
def test_an_empty_store_is_kept_warm_or_its_loss_goes_uncovered(fields: dict[str, Any], profit: float) -> None:
    store = battery(initial_mwh=0.0, fixed_loss_mw=0.5, **fields)
    instance = make_instance({"grid": grid(), "battery": store}, ENERGY, periods=2)
    data = {"da": 30.0}
    assert optimum(instance, data).profit == pytest.approx(profit)
    found = settled(instance, make_tree(instance, data))
    assert found.agrees
    assert found.expected_profit == pytest.approx(profit)


def test_no_more_than_the_loss_goes_uncovered() -> None:
    """Paid 1000 for a MWh: 1 MWh of loss is not covered for 700 each; without the row any amount would be."""
    store = battery(initial_mwh=0.0, charge_max_mw=0.0, fixed_loss_mw=1.0, level_penalty_eur_per_mwh=700.0)
    instance = make_instance({"grid": grid(), "battery": store}, DA)
    assert optimum(instance, {"da": 1000.0}).profit == pytest.approx(-700.0)
    free = optimum(instance, {"da": 1000.0}, drop=["battery.loss_short"])
    # 4 MWh to sell of 5 MWh that come from nowhere
    assert free.profit == pytest.approx(4000.0 - 5 * 700.0)


def test_energy_of_calls_is_what_losses_leave() -> None:
    """2 MWh of which half a MWh is lost in the hour: 1.5 MW can be held for calls of an hour, at 10; else 2 MW."""
    product = {
        "block_h": 1,
        "volume_max_mw": 4.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 30.0,
        "missed_penalty_eur_per_mwh": 200.0,
    }
    for loss, volume in ((0.5, 1.5), (0.0, 2.0)):
        store = battery("fr_afrr_up", initial_mwh=2.0, charge_max_mw=0.0, fixed_loss_mw=loss)
        instance = make_instance({"grid": grid(), "battery": store}, ENERGY | {"fr_afrr_up": product})
        result = optimum(instance, {"da": 0.0})
        assert result.variable("fr_afrr_up.volume_mw")[0] == pytest.approx(volume)
        assert result.profit == pytest.approx(10.0 * volume)
