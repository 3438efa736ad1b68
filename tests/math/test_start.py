"""What was decided before the horizon: volumes awarded and positions closed, by hand, with and without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import Optimum, grid, mains, make_instance, make_tree, optimum

from mes_stoch.schema.instance import Instance, Start

DA = {"da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1}}
IMBALANCE = {"imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0}}
RESERVE = {
    "fr_afrr_up": {
        "block_h": 4,
        "volume_max_mw": 2.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 30.0,
    }
}


def unit(power: float = 4.0, **fields: Any) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": power,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        **fields,
    }


def site(products: dict[str, Any], own: dict[str, Any], fuel: float, **options: Any) -> Instance:
    components = {"grid": grid(schedule_penalty_eur_per_mwh=5000.0), "mains": mains(fuel), "unit": own}
    return make_instance(components, products, **options)


def checked(instance: Instance, **given: dict[str, list[float]]) -> Optimum:
    """The optimum with what was decided before, which settlement finds as well."""
    bound = instance.model_copy(update={"start": Start.model_validate(given)})
    settlement = settled(bound, make_tree(bound))
    found = optimum(bound)
    assert settlement.agrees, settlement.worst_differences()
    assert settlement.expected_profit == pytest.approx(found.profit, abs=1e-6)
    return found


def test_a_closed_position_stays() -> None:
    """4 MW at a margin of 20 in each of two hours; of the first 1 MW was sold: 20 + 80 instead of 160."""
    instance = site(DA, unit(), 30.0, periods=2)
    assert optimum(instance).profit == pytest.approx(160.0)
    assert checked(instance, positions_mw={"da": [1.0]}).profit == pytest.approx(100.0)


def test_a_purchase_with_a_fee_stays() -> None:
    """2 MW bought at 50 and a fee of 1, where the unit could sell 4 MW at 19 each: -102, and no use for them but -50.

    What is bought and not drawn is settled long at -50, on top of the penalty; so it is drawn, and a load of 2 MW at 30
    of fuel is met by it instead: 60 saved.
    """
    load = {"type": "demand", "node": "power", "demand_mw": 2.0}
    components = {"grid": grid(schedule_penalty_eur_per_mwh=5000.0), "mains": mains(30.0), "unit": unit(2.0)}
    products = {"da": {**DA["da"], "fee_eur_per_mwh": 1.0}}
    instance = make_instance(components | {"load": load}, products)
    # all the unit makes goes to the load, or is worth as much sold while the load is bought
    assert optimum(instance).profit == pytest.approx(-60.0)
    found = checked(instance, positions_mw={"da": [-2.0]})
    assert found.profit == pytest.approx(-102.0)
    assert found.variable("da.bought_mw") == pytest.approx([2.0])


def test_a_position_that_cannot_be_kept_is_settled() -> None:
    """3 MW were sold of a unit of 2 MW: 150 - 60, and a MW short at 300 with a penalty of 5000."""
    instance = site(DA | IMBALANCE, unit(2.0), 30.0)
    assert checked(instance, positions_mw={"da": [3.0]}).profit == pytest.approx(150.0 - 60.0 - 300.0 - 5000.0)


@pytest.mark.parametrize("rules", [False, True])
def test_a_horizon_that_begins_inside_a_block(rules: bool) -> None:
    """From 02:00 on: two hours of a block with 1 MW awarded, 20, and four with 2 MW, 80; 120 where both are free."""
    own = unit(provides=["fr_afrr_up"])
    bids = {"minimum": rules, "steps": rules}
    products = DA | IMBALANCE | RESERVE
    instance = site(products, own, 50.0, periods=6, start="2025-01-15T02:00", bids=bids)
    assert optimum(instance).profit == pytest.approx(120.0)
    found = checked(instance, commitments_mw={"fr_afrr_up": [1.0]})
    assert found.profit == pytest.approx(100.0)
    assert found.variable("fr_afrr_up.volume_mw") == pytest.approx([1.0, 2.0])


def test_a_volume_that_cannot_be_held_is_short() -> None:
    """2 MW were awarded to a unit of 1 MW: 10 an hour for one, and a penalty of 30 for the other, two hours long."""
    own = unit(1.0, provides=["fr_afrr_up"])
    instance = site(DA | IMBALANCE | RESERVE, own, 50.0, periods=2, start="2025-01-15T02:00")
    assert checked(instance, commitments_mw={"fr_afrr_up": [2.0]}).profit == pytest.approx(2 * (10.0 - 30.0))
    assert optimum(instance).profit == pytest.approx(20.0)
