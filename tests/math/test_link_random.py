"""Random sites with links: settlement, hub and stress test find what the model does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.random_kinds.link import add
from helpers.settled_run import solved
from helpers.site_builder import grid, make_instance, make_tree
from helpers.two_views import two_views

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data

PERIODS = 6
RESERVE = {"volume_max_mw": 1.5, "shortfall_penalty_eur_per_mw_h": 30.0, "energy_settlement": "ordered"}
PRODUCTS: dict[str, dict[str, Any]] = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": -500.0, "price_short_eur_per_mwh": 500.0},
    "fr_mfrr_up": {
        **RESERVE,
        "block_h": 3,
        "capacity_price_eur_per_mw_h": 9.0,
        "activation_up_per_unit": "up_per_unit",
    },
    "fr_afrr_down": {
        **RESERVE,
        "block_h": 2,
        "capacity_price_eur_per_mw_h": 7.0,
        "activation_down_per_unit": "down_per_unit",
    },
}


@pytest.mark.parametrize("seed", range(6))
def test_a_random_site(seed: int) -> None:
    generator, is_traded = np.random.default_rng(seed), bool(seed % 2)
    connection = grid(schedule_penalty_eur_per_mwh=9000.0)
    if not is_traded:
        # the hub knows tariffs, and neither markets nor reserve
        connection |= {"import_price_eur_per_mwh": "da_price_eur_per_mwh", "export_price_eur_per_mwh": 15.0}
    nodes = {name: {"carrier": carrier} for name, carrier in (("power", "electricity"), ("warm", "heat"))}
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 4.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warm", "ratio_per_unit": 3.0}],
    }
    heating = {"type": "sheddable_demand", "node": "warm", "demand_mw": 1.0, "shed_cost_eur_per_mwh": 300.0}
    site: dict[str, Any] = {
        "horizon": {"period_h": 1.0},
        "nodes": nodes,
        "components": {"grid": connection, "pump": pump, "heating": heating},
        "products": PRODUCTS if is_traded else {},
    }
    listed: dict[str, list[float]] = {}
    add(site, listed, generator, PERIODS)
    instance = make_instance(site["components"], site["products"], periods=PERIODS, nodes=site["nodes"])
    prices = generator.uniform(20.0, 120.0, (2, PERIODS))
    shares = {name: generator.choice([0.0, 0.3, 1.0], (2, PERIODS)) for name in ("up_per_unit", "down_per_unit")}
    series: dict[str, Any] = {"da_price_eur_per_mwh": prices, **shares, **listed}
    tree = make_tree(instance, series, [0.5, 0.5])
    run = solved(instance, tree)
    data = SettlementData(instance, tree, run.solution, run.flow_data)
    settlement = settle_data(data)
    assert settlement.agrees, settlement.worst_differences()
    assert settlement.expected_profit == pytest.approx(run.objective, rel=1e-6)
    if is_traded:
        test = stress(data)
        assert test.passed, test.table()
    else:
        alone = make_tree(instance, {name: v[0] if np.ndim(v) == 2 else v for name, v in series.items()})
        views = two_views(instance, alone)
        assert views.hub.least_cost() == pytest.approx(views.model.least_cost(), rel=1e-7)
