"""Energy of a reserve offered at a price, as aFRR must be: called in merit order, paid the marginal price."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, optimum

OFFER = {"offer_price_eur_per_mwh": 150.0, "marginal_price_eur_per_mwh": "marginal_eur_per_mwh"}


def _site(direction: str, **fields: Any) -> Any:
    """1 MW of aFRR at 10 EUR/MW/h, held by a process that sheds for 150 EUR/MWh (down: that sheds already)."""
    process = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": 1.0,
        "shed_cost_eur_per_mwh": 150.0,
        "provides": [f"fr_afrr_{direction}"],
    }
    product = {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        f"activation_{direction}_per_unit": 1.0,
        **fields,
    }
    imbalance = {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}
    energy = {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}
    return make_instance(
        {"grid": grid(), "process": process},
        {"da": energy, "imbalance": imbalance, f"fr_afrr_{direction}": product},
        periods=2,
    )


@pytest.mark.parametrize(
    ("prices", "profit"),
    [
        # called in the second hour alone: 2 h x 10 + (200 - 150)
        (OFFER, 70.0),
        # called whatever the price, the first hour is left out, since 10 + 120 - 150 is less than nothing
        ({"energy_price_up_eur_per_mwh": "marginal_eur_per_mwh"}, 60.0),
    ],
)
def test_upward_energy_is_called_from_its_price_on(prices: dict[str, Any], profit: float) -> None:
    """Marginal prices 120 and 200 EUR/MWh against an offer at 150."""
    data = {"da_price_eur_per_mwh": 0.0, "marginal_eur_per_mwh": [120.0, 200.0]}
    assert optimum(_site("up", **prices), data).profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("prices", "profit"),
    [
        # first hour: 10 and sheds for 150; second: 10 and draws for 120
        (OFFER, -250.0),
        # called whatever the price, the first hour is left out: sheds for 150, since 10 - 200 is less
        ({"energy_price_down_eur_per_mwh": "marginal_eur_per_mwh"}, -260.0),
    ],
)
def test_downward_energy_is_called_up_to_its_price(prices: dict[str, Any], profit: float) -> None:
    """Marginal prices 200 and 120 EUR/MWh against an offer at 150.

    Day-ahead energy costs 300, so the process plans to shed for 150; called down it draws and pays the marginal price.
    """
    data = {"da_price_eur_per_mwh": 300.0, "marginal_eur_per_mwh": [200.0, 120.0]}
    assert optimum(_site("down", **prices), data).profit == pytest.approx(profit)
