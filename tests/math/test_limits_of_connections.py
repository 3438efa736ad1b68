"""Limits of a connection that change: flexible connections and curtailment orders by hand, each with and without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree, optimum

from mes_stoch.uncertainty.quality import check_tree

IN = {"import_available_per_unit": "in_per_unit"}
OUT = {"export_available_per_unit": "out_per_unit"}
DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}
UNIT = {
    "type": "converter",
    "reference": "power",
    "power_max_mw": 4.0,
    "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
    "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
}
RESERVE = {
    "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
    "fr_mfrr_up": {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 30.0,
    },
}


def test_what_is_fed_in_follows_an_order() -> None:
    """4 MW of sun at 50; of 5 MW of export 2 MW in the second hour: 200 + 100 instead of 400."""
    sun = {"type": "source", "node": "power", "available_mw": 4.0}
    connection = grid(export_max_mw=5.0, import_price_eur_per_mwh=80.0, export_price_eur_per_mwh=50.0, **OUT)
    instance = make_instance({"grid": connection, "sun": sun}, periods=2)
    assert optimum(instance, {"out_per_unit": [1.0, 0.4]}).profit == pytest.approx(300.0)
    assert optimum(instance, {"out_per_unit": [1.0, 0.4]}, drop=["grid.export_available"]).profit == pytest.approx(
        400.0
    )
    # in one of two scenarios alone
    orders = {"out_per_unit": [[1.0, 1.0], [1.0, 0.4]]}
    assert optimum(instance, orders, [0.5, 0.5]).profit == pytest.approx(350.0)


def test_what_is_drawn_follows_an_envelope() -> None:
    """2 MW at 80, of 5 MW 1 MW in the second hour, the other shed for 200: 160 + 280 instead of 320."""
    process = {"type": "sheddable_demand", "node": "power", "demand_mw": 2.0, "shed_cost_eur_per_mwh": 200.0}
    connection = grid(import_max_mw=5.0, import_price_eur_per_mwh=80.0, **IN)
    instance = make_instance({"grid": connection, "process": process}, periods=2)
    assert optimum(instance, {"in_per_unit": [1.0, 0.2]}).profit == pytest.approx(-440.0)
    free = optimum(instance, {"in_per_unit": [1.0, 0.2]}, drop=["grid.import_available"])
    assert free.profit == pytest.approx(-320.0)
    assert optimum(instance, {"in_per_unit": [[1.0, 0.2], [1.0, 1.0]]}, [0.5, 0.5]).profit == pytest.approx(-380.0)


@pytest.mark.parametrize("share", [0.5, "out_per_unit"])
def test_a_schedule_stays_within_what_is_available(share: Any) -> None:
    """4 MW at a margin of 20, of which the connection takes 2: 40 instead of 80."""
    components = {"grid": grid(export_max_mw=4.0, export_available_per_unit=share), "mains": mains(30.0), "unit": UNIT}
    series = {"da_price_eur_per_mwh": 50.0, "out_per_unit": 0.5}
    instance = make_instance(components, DA)
    assert optimum(instance, series).profit == pytest.approx(40.0)
    free = optimum(instance, series, drop=["grid.headroom_up", "grid.export_available"])
    assert free.profit == pytest.approx(80.0)


@pytest.mark.parametrize(("share", "profit"), [(1.0, 20.0), (0.25, 10.0), (0.0, 0.0)])
def test_reserve_has_room_in_what_is_available(share: float, profit: float) -> None:
    """Energy at cost; 2 MW of reserve for 10 each, where 4 MW of export are available, 1 MW or none."""
    unit = {**UNIT, "provides": ["fr_mfrr_up"]}
    components = {"grid": grid(export_max_mw=4.0, **OUT), "mains": mains(30.0), "unit": unit}
    instance = make_instance(components, DA | RESERVE)
    series = {"da_price_eur_per_mwh": 30.0, "out_per_unit": share}
    assert optimum(instance, series).profit == pytest.approx(profit, abs=1e-9)
    assert optimum(instance, series, drop=["grid.headroom_up"]).profit == pytest.approx(20.0)


def test_reserve_that_an_order_may_cut_off() -> None:
    """2 MW in four of five scenarios: 16, less 2 x 30 in a fifth of them: 4; all of it 20."""
    unit = {**UNIT, "provides": ["fr_mfrr_up"]}
    components = {"grid": grid(export_max_mw=4.0, **OUT), "mains": mains(30.0), "unit": unit}
    instance = make_instance(components, DA | RESERVE)
    series = {"da_price_eur_per_mwh": 30.0, "out_per_unit": [[1.0], [0.0]]}
    assert optimum(instance, series, [0.8, 0.2]).profit == pytest.approx(4.0)
    assert optimum(instance, series, [0.8, 0.2], drop=["grid.headroom_up"]).profit == pytest.approx(20.0)


@pytest.mark.parametrize(("share", "profit"), [(1.0, 20.0), (0.5, 10.0), (0.0, 0.0)])
def test_a_network_takes_over_what_is_available(share: float, profit: float) -> None:
    """A heat pump that is called to draw a MW less lacks 3 MW of heat; the district gives 6 MW, 3 MW or none."""
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
        "provides": ["fr_mfrr_up"],
    }
    district = {"type": "grid_connection", "node": "warmth", "import_max_mw": 6.0, "import_price_eur_per_mwh": 70.0}
    heating = {"type": "demand", "node": "warmth", "demand_mw": 6.0}
    components = {"grid": grid(), "pump": pump, "district": district | IN, "heating": heating}
    instance = make_instance(components, DA | RESERVE)
    series = {"da_price_eur_per_mwh": 0.0, "in_per_unit": share}
    assert optimum(instance, series).profit == pytest.approx(profit, abs=1e-9)
    assert optimum(instance, series, drop=["district.call_power_taken"]).profit == pytest.approx(20.0)


@pytest.mark.parametrize("key", ["import_available_per_unit", "export_available_per_unit"])
def test_a_share_outside_0_and_1_is_told(key: str) -> None:
    instance = make_instance({"grid": grid(**{key: "share"})}, periods=2)
    issues = check_tree(instance, make_tree(instance, {"share": [1.0, 1.1]}))
    assert [issue.key for issue in issues] == [f"components.grid.{key}"]
