"""Storage: each optimum by hand, and what it would be without the constraint."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.io.validation.price_limits import series_ranges

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


@pytest.mark.parametrize(("value", "profit"), [(0.0, 100.0 + 40.0), (50.0, 100.0 + 50.0), (110.0, 110.0 + 110.0)])
def test_what_is_left_is_worth_its_value(value: float, profit: float) -> None:
    """2 MWh that sell for 100 and 40, 1 MWh an hour, or are left: the better of the two for each."""
    fields = {"initial_mwh": 2.0, "terminal_mwh": 0.0, "charge_max_mw": 0.0, "terminal_value_eur_per_mwh": value}
    instance, data = arbitrage([100, 40], **fields)
    assert optimum(instance, data).profit == pytest.approx(profit)
    found = settled(instance, make_tree(instance, data))
    assert found.agrees
    assert found.expected_profit == pytest.approx(profit)


def test_a_value_of_what_is_left_beside_a_level_that_is_owed() -> None:
    """1 MWh is owed; the other sells for 100 rather than 60: 100 + 60, without the row 200."""
    fields = {"initial_mwh": 2.0, "terminal_mwh": 1.0, "charge_max_mw": 0.0, "terminal_value_eur_per_mwh": 60.0}
    instance, data = arbitrage([100, 100], **fields, terminal_penalty_eur_per_mwh=None)
    assert optimum(instance, data).profit == pytest.approx(160.0)
    assert optimum(instance, data, drop=["battery.terminal"]).profit == pytest.approx(200.0)


def test_what_is_left_is_worth_something_in_each_scenario() -> None:
    """1 MWh at 30 or at 90, or left for 60: 60 and 90, half each."""
    fields = {"initial_mwh": 1.0, "terminal_mwh": 0.0, "charge_max_mw": 0.0, "terminal_value_eur_per_mwh": 60.0}
    instance, _ = arbitrage([0], **fields)
    assert optimum(instance, {"da_price_eur_per_mwh": [[30.0], [90.0]]}, [0.5, 0.5]).profit == pytest.approx(75.0)


def test_demand_is_not_left_unserved_for_what_is_left() -> None:
    """A value of 9000 a MWh at an efficiency of a half: a penalty above 4500, whatever is traded."""
    store = battery(terminal_value_eur_per_mwh=9000.0, charge_efficiency_per_unit=0.5)
    load = {"type": "demand", "node": "power", "demand_mw": 1.0}
    instance = make_instance({"grid": grid(), "battery": store, "load": load})
    priced = with_penalties(instance, series_ranges(instance, make_tree(instance)))
    penalty = priced.nodes["power"].unserved_penalty_eur_per_mwh
    assert isinstance(penalty, float)
    assert penalty > 4500.0
