"""Storage: each optimum by hand, and what it would be without the constraint."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, optimum

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}


def battery(**fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 0.0,
        **fields,
    }


def arbitrage(prices: list[float], **fields: Any) -> Any:
    instance = make_instance({"grid": grid(), "battery": battery(**fields)}, DA, periods=len(prices))
    return instance, {"da_price_eur_per_mwh": prices}


def test_arbitrage_pays_the_round_trip() -> None:
    """Two hours at 20 store 2 x 0.9 = 1.8 MWh, of which 1.8 x 0.8 = 1.44 MWh sell at 100: 144 - 40."""
    instance, data = arbitrage([20, 20, 100, 100], charge_efficiency_per_unit=0.9, discharge_efficiency_per_unit=0.8)
    assert optimum(instance, data).profit == pytest.approx(104.0)


def test_level_limit_binds() -> None:
    """With room for 1 MWh only, 1/0.9 MWh are bought: 80 - 20/0.9."""
    instance, data = arbitrage(
        [20, 20, 100, 100],
        charge_efficiency_per_unit=0.9,
        discharge_efficiency_per_unit=0.8,
        energy_max_mwh=1.0,
    )
    assert optimum(instance, data).profit == pytest.approx(80.0 - 20.0 / 0.9)


@pytest.mark.parametrize(("loss", "profit"), [(0.0, 100.0), (0.1, 81.0)])
def test_standing_loss(loss: float, profit: float) -> None:
    """1 MWh kept for two hours at 10 % an hour leaves 0.81 MWh to sell at 100."""
    instance, data = arbitrage([0, 100], initial_mwh=1.0, terminal_mwh=0.0, charge_max_mw=0.0, standing_loss_per_h=loss)
    assert optimum(instance, data).profit == pytest.approx(profit)


def test_quarter_hours_keep_the_hourly_loss() -> None:
    """Four quarter-hours at (1 - 0.1)^(1/4) each lose what one hour does: 0.9 MWh sell in no time at 100."""
    instance = make_instance(
        {
            "grid": grid(),
            "battery": battery(
                initial_mwh=1.0, terminal_mwh=0.0, charge_max_mw=0.0, standing_loss_per_h=0.1, discharge_max_mw=10.0
            ),
        },
        {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh"}},
        periods=4,
        period_h=0.25,
    )
    assert optimum(instance, {"da_price_eur_per_mwh": [0, 0, 0, 100]}).profit == pytest.approx(90.0)


def test_sharing_keeps_a_full_store_from_burning_energy_for_free() -> None:
    """At -50 a full store (efficiency 0.5 each way) takes c and gives d with 0.5 c = d / 0.5.

    Sharing c + d <= 1 leaves c = 0.8, d = 0.2: 0.6 MWh net, 30 EUR; without it c = 1, d = 0.25: 37.5 EUR.
    """
    instance, data = arbitrage(
        [-50],
        energy_max_mwh=0.5,
        initial_mwh=0.5,
        charge_efficiency_per_unit=0.5,
        discharge_efficiency_per_unit=0.5,
    )
    assert optimum(instance, data).profit == pytest.approx(30.0)
    assert optimum(instance, data, drop=["battery.sharing"]).profit == pytest.approx(37.5)


@pytest.mark.parametrize(("penalty", "profit"), [(1000.0, 0.0), (50.0, 50.0), (None, 0.0)])
def test_terminal_level(penalty: float | None, profit: float) -> None:
    """Selling the 1 MWh that should remain brings 100 and costs the penalty; null forbids it."""
    instance, data = arbitrage([100], initial_mwh=1.0, terminal_penalty_eur_per_mwh=penalty)
    assert optimum(instance, data).profit == pytest.approx(profit)
    if penalty != 50.0:
        assert optimum(instance, data, drop=["battery.terminal"]).profit == pytest.approx(100.0)


def test_throughput_cost() -> None:
    """1 MWh bought at 20, sold at 100, with 15 of wear."""
    instance, data = arbitrage([20, 100], throughput_cost_eur_per_mwh=15.0)
    assert optimum(instance, data).profit == pytest.approx(65.0)
