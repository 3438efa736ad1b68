"""Charges on the largest import, by hand: demand charge, subscribed power, intervals of the meter, months.

Two hours with loads of 2 and 4 MW; import costs 10 a MWh, a generator 60: a MWh of its own costs 50 more.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

LOAD = {"type": "demand", "node": "power", "demand_mw": "load_mw"}
OWN = {"type": "source", "node": "power", "available_mw": 10.0, "cost_eur_per_mwh": 60.0, "curtailable": True}
LOADS = {"load_mw": [2.0, 4.0]}


def site(start: str = "2025-01-15T00:00", periods: int = 2, **fields: Any) -> Instance:
    connection = grid(export_max_mw=0.0, import_price_eur_per_mwh=10.0, **fields)
    instance: Instance = make_instance({"grid": connection, "load": LOAD, "own": OWN}, start=start, periods=periods)
    return instance


@pytest.mark.parametrize(
    ("fields", "profit", "rows"),
    [
        # 2 MW at 90, 2 MWh more of its own: 180 + 40 + 120; 4 MW would be 360 + 60, none 6 x 60
        ({"demand_charge_eur_per_mw": 90.0}, -340.0, "grid.demand_peak"),
        # half a month's charge is 45 a MW, less than 50: 60 + 4 x 45
        ({"demand_charge_eur_per_mw": 90.0, "demand_charge_share_per_unit": 0.5}, -240.0, "grid.demand_peak"),
        # 3 MW are there already: 50 + 60
        ({"demand_charge_eur_per_mw": 90.0, "peak_so_far_mw": 3.0}, -110.0, "grid.demand_peak"),
        # the mean of both hours is 3 MW; a MWh less saves 45, and costs 50: 60 + 3 x 90
        ({"demand_charge_eur_per_mw": 90.0, "demand_charge_interval_h": 2.0}, -330.0, "grid.demand_peak"),
        # only the first hour counts, and is its own: 2 x 60 + 4 x 10
        ({"demand_charge_eur_per_mw": 90.0, "demand_charge_counts_per_unit": "counts_per_unit"}, -160.0, None),
        # 3 MW are subscribed, and a MW above them costs more than a MWh of its own: 50 + 60
        ({"subscribed_power_mw": 3.0, "excess_charge_eur_per_mw": 90.0}, -110.0, "grid.subscribed_power"),
        # here it costs less: 60 + 40
        ({"subscribed_power_mw": 3.0, "excess_charge_eur_per_mw": 40.0}, -100.0, "grid.subscribed_power"),
        # both: up to 3 MW 20 a MW, above it 60: 3 MW, 50 + 60 + 60
        (
            {"subscribed_power_mw": 3.0, "excess_charge_eur_per_mw": 40.0, "demand_charge_eur_per_mw": 20.0},
            -170.0,
            "grid.*",
        ),
        # a peak of 3.5 MW above the subscription has been paid: half a MW more costs 20, and 30 of its own: 60 + 20
        ({"subscribed_power_mw": 3.0, "excess_charge_eur_per_mw": 40.0, "peak_so_far_mw": 3.5}, -80.0, "grid.*"),
    ],
)
def test_the_largest_import_costs(fields: dict[str, Any], profit: float, rows: str | None) -> None:
    """Without the row it costs nothing: 6 MWh at 10."""
    instance, series = site(**fields), {**LOADS, "counts_per_unit": [1.0, 0.0]}
    assert optimum(instance, series).profit == pytest.approx(profit)
    assert optimum(instance, series, drop=[rows or "grid.demand_peak"]).profit == pytest.approx(-60.0)
    settlement = settled(instance, make_tree(instance, series))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit)


def test_each_scenario_has_its_peak() -> None:
    """Loads of 2 and 4 MW in half of the scenarios, 340 as above; 1 MW in the others: 20 + 90."""
    instance = site(demand_charge_eur_per_mw=90.0)
    series = {"load_mw": [[2.0, 4.0], [1.0, 1.0]]}
    assert optimum(instance, series, [0.5, 0.5]).profit == pytest.approx(-(340.0 + 110.0) / 2)
    settlement = settled(instance, make_tree(instance, series, [0.5, 0.5]))
    assert settlement.agrees
    assert settlement.totals["demand_charge.grid"].tolist() == pytest.approx([-180.0, -90.0])


@pytest.mark.parametrize(
    ("before", "subscribed", "profit"),
    [
        # a charge of its own in each month, of 90 a MW for a single hour: nothing is imported, 6 x 60
        (0.0, None, -360.0),
        # the peak of January is not that of February: 2 x 10 + 4 x 60
        (3.0, None, -260.0),
        # 1 MW is free in both months, and 3 MW in January: 20 + 10 + 3 x 60
        (3.0, 1.0, -210.0),
    ],
)
def test_months_are_charged_apart(before: float, subscribed: float | None, profit: float) -> None:
    charge = {"demand_charge_eur_per_mw": 90.0} if subscribed is None else {"excess_charge_eur_per_mw": 90.0}
    fields: dict[str, Any] = {**charge, "peak_so_far_mw": before, "subscribed_power_mw": subscribed}
    instance = site(start="2025-01-31T23:00", **fields)
    assert optimum(instance, LOADS).profit == pytest.approx(profit)
    settlement = settled(instance, make_tree(instance, LOADS))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit)


def test_calls_raise_the_peak() -> None:
    """Its own 2 MW cover the load; half of a downward MW is called, so that 0.5 MW are metered: 45 of charge."""
    unit = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "provides": ["fr_mfrr_down"],
    }
    components = {
        "grid": grid(demand_charge_eur_per_mw=90.0),
        "mains": {"type": "grid_connection", "node": "fuel", "import_max_mw": None, "import_price_eur_per_mwh": 30.0},
        "unit": unit,
        "load": {"type": "demand", "node": "power", "demand_mw": 2.0},
    }
    products = {
        "da": {"price_eur_per_mwh": 100.0, "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
        "fr_mfrr_down": {
            "block_h": 1,
            "volume_max_mw": 1.0,
            "capacity_price_eur_per_mw_h": 200.0,
            "energy_price_down_eur_per_mwh": 0.0,
            "activation_down_per_unit": 0.5,
            "shortfall_penalty_eur_per_mw_h": 300.0,
        },
    }
    instance = make_instance(components, products)
    # 200 for the MW, 1.5 MWh of fuel, 45 of charge; what is called costs the site nothing and is corrected
    found = optimum(instance, {})
    assert found.stream("demand_charge.grid") == pytest.approx(-45.0)
    assert found.profit == pytest.approx(200.0 - 45.0 - 45.0)
    assert optimum(instance, {}, drop=["grid.demand_peak"]).profit == pytest.approx(200.0 - 45.0)
    assert settled(instance, make_tree(instance, {})).agrees


def test_unserved_demand_saves_no_charge() -> None:
    """A charge of 9000 a MW for one hour is less than what unserved demand costs: 9000 + 10."""
    connection = grid(export_max_mw=0.0, import_price_eur_per_mwh=10.0, demand_charge_eur_per_mw=9000.0)
    instance = make_instance({"grid": connection, "load": {"type": "demand", "node": "power", "demand_mw": 1.0}})
    assert settled(instance, make_tree(instance, {})).expected_profit == pytest.approx(-9010.0)


def test_a_share_that_counts_is_between_0_and_1() -> None:
    instance = site(demand_charge_eur_per_mw=90.0, demand_charge_counts_per_unit="counts_per_unit")
    issues = check_tree(instance, make_tree(instance, {**LOADS, "counts_per_unit": [1.0, 2.0]}))
    assert [issue.key for issue in issues] == ["components.grid.demand_charge_counts_per_unit"]
