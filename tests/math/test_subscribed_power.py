"""A subscribed power that is decided with the commitments, by hand, with and without.

One hour with a load of 2 or of 4 MW, each as likely; import costs 10 a MWh, a generator of one's own 60. A MW above the
subscription costs 90, so that the generator runs instead, which costs 50 more than import. A MW subscribed at ``price``
saves 50 in both scenarios up to 2 MW, and in one of them up to 4 MW, 25 in the mean::

    cost(S) = price S + (10 min(2, S) + 60 max(2 - S, 0) + 10 min(4, S) + 60 max(4 - S, 0)) / 2
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import grid, make_instance, make_tree, optimum
from helpers.two_views import two_views

import mes_stoch as ms
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.instance import Instance
from mes_stoch.solvers.auto import solve_by
from mes_stoch.solvers.certificate.result import SolveOptions

LOAD = {"type": "demand", "node": "power", "demand_mw": "load_mw"}
OWN = {"type": "source", "node": "power", "available_mw": 10.0, "cost_eur_per_mwh": 60.0, "curtailable": True}
LOADS, WEIGHTS = {"load_mw": [[2.0], [4.0]]}, (0.5, 0.5)


def site(
    price: float = 30.0, least: float = 0.0, *, periods: int = 1, start: str = "2025-01-15T00:00", **fields: Any
) -> Instance:
    contract = {"min_mw": least, "max_mw": 5.0, "price_eur_per_mw": price}
    charges = {"subscribed_power_mw": contract, "excess_charge_eur_per_mw": 90.0, **fields}
    connection = grid(export_max_mw=0.0, import_price_eur_per_mwh=10.0, **charges)
    instance: Instance = make_instance({"grid": connection, "load": LOAD, "own": OWN}, start=start, periods=periods)
    return instance


@pytest.mark.parametrize(
    ("fields", "subscribed", "profit"),
    [
        # 2 MW: 60 + (20 + 20 + 120) / 2
        ({"price": 30.0}, 2.0, -140.0),
        # 4 MW: 80 + (20 + 40) / 2
        ({"price": 20.0}, 4.0, -110.0),
        # nothing: (120 + 240) / 2; 3 MW where less cannot be had: 180 + (20 + 30 + 60) / 2
        ({"price": 60.0}, 0.0, -180.0),
        ({"price": 60.0, "least": 3.0}, 3.0, -235.0),
        # half a month's price and excess: 45 above it, less than the 50 of the generator, and 22.5 in the mean; 15 a MW
        ({"price": 30.0, "demand_charge_share_per_unit": 0.5}, 4.0, -90.0),
        # a MW above it costs 40: 60 + (20 + 40 + 2 x 40) / 2
        ({"price": 30.0, "excess_charge_eur_per_mw": 40.0}, 2.0, -130.0),
        # none above it is allowed: as with the generator
        ({"price": 30.0, "excess_charge_eur_per_mw": None}, 2.0, -140.0),
        # beside 15 on the peak a MW of import saves 35 in both, and 17.5 in the mean up to 4 MW
        ({"price": 16.0, "demand_charge_eur_per_mw": 15.0}, 4.0, -64.0 - (20 + 30 + 40 + 60) / 2),
        ({"price": 18.0, "demand_charge_eur_per_mw": 15.0}, 2.0, -36.0 - (20 + 30 + 20 + 30 + 120) / 2),
    ],
)
def test_one_subscription_for_all_scenarios(fields: dict[str, Any], subscribed: float, profit: float) -> None:
    """Without the row a site subscribes the least, and imports all."""
    instance = site(**fields)
    found = optimum(instance, LOADS, WEIGHTS)
    assert found.profit == pytest.approx(profit)
    assert found.variable("grid.subscribed_power_mw", 1) == pytest.approx([subscribed])
    if "demand_charge_eur_per_mw" not in fields:
        free = optimum(instance, LOADS, WEIGHTS, drop=["grid.subscribed_power"])
        share = fields.get("demand_charge_share_per_unit", 1.0)
        assert free.profit == pytest.approx(-30.0 - share * fields["price"] * fields.get("least", 0.0))
    settlement = settled(instance, make_tree(instance, LOADS, WEIGHTS))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit)


def test_each_scenario_would_subscribe_its_own() -> None:
    """Known beforehand, 2 and 4 MW: 60 + 20 and 120 + 40, 20 less in the mean than 140."""
    alone = [optimum(site(), {"load_mw": load}).profit for load in LOADS["load_mw"]]
    assert alone == pytest.approx([-80.0, -160.0])


def test_a_subscription_is_paid_for_each_month() -> None:
    """Two hours in two months, with 2 and 4 MW: 60 a MW for both, which saves 100 up to 2 MW and 50 above."""
    instance = site(periods=2, start="2025-01-31T23:00")
    series = {"load_mw": [2.0, 4.0]}
    assert optimum(instance, series).profit == pytest.approx(-(120.0 + 20.0 + 20.0 + 120.0))
    settlement = settled(instance, make_tree(instance, series))
    assert settlement.agrees
    assert settlement.totals["subscription.grid"].tolist() == pytest.approx([-120.0])


@pytest.mark.parametrize("method", ["ef", "decomposition", "ph"])
def test_every_method_finds_it(method: str) -> None:
    instance = site()
    program = build_program(instance, make_tree(instance, LOADS, WEIGHTS))
    options = SolveOptions(gap_rel=1e-6, time_limit_s=60.0, cold_start=method == "ph")
    result = solve_by(method, program, options)
    assert result is not None
    assert (-result.upper, -result.lower) == pytest.approx((-140.0, -140.0), rel=2e-6)
    (row,) = program.site_decisions(result.root).to_dict("records")
    assert row == {
        "component": "grid",
        "quantity": "subscribed_power_mw",
        "unit": "MW",
        "value": pytest.approx(2.0, abs=1e-4),
    }


@pytest.mark.parametrize(("value", "profit"), [(0.0, -180.0), (3.0, -145.0), (4.0, -150.0)])
def test_a_subscription_that_is_given(value: float, profit: float) -> None:
    """Nothing; 90 + (20 + 30 + 60) / 2; 120 + (20 + 40) / 2. As a number without a price the first costs the same."""
    decided = {("grid", "subscribed_power_mw"): value}
    leaves = build_program(site(), make_tree(site(), LOADS, WEIGHTS)).with_site_decisions(decided)
    result = solve_by("ef", leaves, SolveOptions(gap_rel=1e-6, time_limit_s=60.0))
    assert result is not None
    assert -result.upper == pytest.approx(profit)
    fixed = site().as_decided(decided)
    assert fixed.site_decisions() == {}
    assert optimum(fixed, LOADS, WEIGHTS).profit == pytest.approx(profit)


@pytest.mark.parametrize("excess", [90.0, 40.0, None])
@pytest.mark.parametrize("load", [2.0, 4.0])
def test_the_hub_says_the_same(excess: float | None, load: float) -> None:
    instance = site(excess_charge_eur_per_mw=excess)
    views = two_views(instance, make_tree(instance, {"load_mw": [load]}))
    assert views.hub.least_cost() == pytest.approx(views.model.least_cost())
    # 30 a MW, less than 40, 50 and 90: all of it is subscribed
    assert views.hub.least_cost() == pytest.approx(40.0 * load)
    (decision,) = solved(instance, make_tree(instance, {"load_mw": [load]})).site_decisions["value"]
    assert decision == pytest.approx(load)


def test_unserved_demand_never_pays_for_a_subscription_of_two_months(tmp_path: Path) -> None:
    """A MW in January and 3 MW in February, each for an hour: 3 MW subscribed at 1,000 in both months serve all of it,
    2 1,000 3 + 10 4 = 6,040. Unserved, the 2 MWh above 1 MW would have to cost more than 2,000 each."""
    (tmp_path / "instance.yaml").write_text(
        """\
format: 1
name: shop
horizon: {start: 2025-01-31T23:00, timezone: Europe/Paris, period_h: 1, periods: 2}
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid:
    type: grid_connection
    node: power
    import_max_mw: 5
    export_max_mw: 0
    import_price_eur_per_mwh: 10
    subscribed_power_mw: {min_mw: 0, max_mw: 5, price_eur_per_mw: 1000}
    excess_charge_eur_per_mw: null
  load: {type: demand, node: power, demand_mw: load_mw}
uncertainty: {kind: explicit}
""",
        encoding="utf-8",
    )
    rows = "scenario,time,load_mw\na,2025-01-31T23:00+01:00,1\na,2025-02-01T00:00+01:00,3\n"
    (tmp_path / "scenarios.csv").write_text(rows, encoding="utf-8")
    found = ms.read(tmp_path)
    run = ms.solve(found, found.tree(), method="ef")
    assert run.objective == pytest.approx(-6040.0)
