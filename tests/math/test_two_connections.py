"""Two connections that are traded over, with a link between their nodes: by hand, settled and tested."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import catalogue, grid, make_instance, make_tree, optimum

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData
from mes_stoch.uncertainty.quality import check_tree

NODES = {"north": {"carrier": "electricity"}, "power": {}}
BATTERY = {
    "type": "storage",
    "node": "power",
    "energy_max_mwh": 10.0,
    "charge_max_mw": 2.0,
    "discharge_max_mw": 2.0,
    "initial_mwh": 5.0,
    "terminal_penalty_eur_per_mwh": 5000.0,
}


def site(link_mw: float, second: float, periods: int = 2, cost: float = 0.0, **battery: Any) -> Instance:
    """A grid with `da`, and a second connection at another node with a day-ahead market of its own."""
    rules = catalogue()
    products: dict[str, dict[str, Any]] = {
        "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 900.0},
    }
    link = {
        "type": "link",
        "from_node": "power",
        "to_node": "north",
        "power_max_mw": link_mw,
        "power_back_max_mw": link_mw,
    }
    components = {
        "grid": grid(schedule_penalty_eur_per_mwh=5000.0),
        "second": grid(node="north", export_max_mw=second, schedule_penalty_eur_per_mwh=5000.0),
        "link": link | {"cost_eur_per_mwh": cost},
        "battery": BATTERY | battery,
    }
    stated = {"volume_max_mw": 2.0, "block_h": 1, "capacity_price_eur_per_mw_h": 10.0, "activation_up_per_unit": 0.0}
    stated |= {"shortfall_penalty_eur_per_mw_h": 30.0}
    instance = make_instance(components, products | {"fr_afrr_up": stated}, nodes=NODES, periods=periods)
    own = dict(instance.products)
    family = type(own["da"])
    own["da_north"] = family.model_validate(
        rules["da"] | products["da"] | {"price_eur_per_mwh": "north_price_eur_per_mwh", "connection": "second"}
    )
    reserve = type(own["fr_afrr_up"])
    own["north_up"] = reserve.model_validate(
        rules["fr_afrr_up"] | stated | {"connection": "second", "capacity_price_eur_per_mw_h": 12.0}
    )
    return instance.model_copy(update={"products": own})


def profit_of(instance: Instance, **series: Any) -> float:
    tree = make_tree(instance, series)
    run = solved(instance, tree)
    settlement = settled(instance, tree)
    assert settlement.agrees, settlement.worst_differences()
    assert run.objective == pytest.approx(optimum(instance, series).profit, abs=1e-6)
    test = stress(SettlementData(instance, tree, run.solution, run.flow_data))
    assert test.passed, test.table()
    return run.objective


def test_energy_is_sold_where_it_is_worth_more() -> None:
    """Charged with 2 MW at 20, sold at 80 in the north: of 2 MW the link carries 1.5 MW, the rest is sold for 60."""
    prices = {"da_price_eur_per_mwh": [20.0, 60.0], "north_price_eur_per_mwh": [20.0, 80.0]}
    instance = site(1.5, 100.0)
    no_reserve = {k: v for k, v in instance.products.items() if not k.endswith("_up")}
    alone = instance.model_copy(update={"products": no_reserve, "wheeling": True})
    # what the battery brings: 1.5 x 80 + 0.5 x 60 - 2 x 20; and 0 of wheeling, for which the link has no room left
    assert profit_of(alone, **prices) == pytest.approx(120.0 + 30.0 - 40.0)
    # over 2.5 MW half a MW more comes from the grid at 60 and earns 20
    wide = site(2.5, 100.0).model_copy(update={"products": no_reserve, "wheeling": True})
    assert profit_of(wide, **prices) == pytest.approx(2.5 * 80.0 - 0.5 * 60.0 - 40.0)


def test_wheeling_between_traded_connections_is_refused() -> None:
    instance = site(2.5, 100.0)
    prices = {"da_price_eur_per_mwh": [20.0, 60.0], "north_price_eur_per_mwh": [20.0, 80.0]}
    issues = check_tree(instance, make_tree(instance, prices))
    assert any("selling over second on da_north" in issue.expected for issue in issues)
    same = make_tree(instance, prices | {"north_price_eur_per_mwh": [20.0, 60.0]})
    assert not check_tree(instance, same)
    allowed = instance.model_copy(update={"wheeling": True})
    assert not check_tree(allowed, make_tree(allowed, prices))


@pytest.mark.parametrize(("link_mw", "profit"), [(5.0, 24.0), (1.5, 23.0)])
def test_one_battery_may_serve_both(link_mw: float, profit: float) -> None:
    """2 MW once: all for 12 in the north, or of a link of 1.5 MW the rest for 10 at the grid.

    What flows the other way would make room; it costs 20 a MWh.
    """
    battery = {"provides": ["fr_afrr_up", "north_up"]}
    instance = site(link_mw, 100.0, periods=1, cost=20.0, **battery)
    prices = {"da_price_eur_per_mwh": 100.0, "north_price_eur_per_mwh": 100.0}
    assert profit_of(instance, **prices) == pytest.approx(profit)


def test_each_connection_has_its_own_limit() -> None:
    """0.5 MW of export in the north at 12, 1.5 MW at the grid at 10: 21."""
    instance = site(5.0, 0.5, periods=1, cost=20.0, provides=["fr_afrr_up", "north_up"])
    prices = {"da_price_eur_per_mwh": 100.0, "north_price_eur_per_mwh": 100.0}
    assert profit_of(instance, **prices) == pytest.approx(21.0)
