"""Random storages with all that the kind can say: settled and stress-tested as solved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.random_kinds.storage import add
from helpers.settled_run import solved
from helpers.site_builder import grid, make_instance, make_tree

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data
from mes_stoch.uncertainty.quality import check_tree

PERIODS = 4
PRODUCTS: dict[str, dict[str, Any]] = {
    "da": {"price_eur_per_mwh": "da", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": -200.0, "price_short_eur_per_mwh": 400.0},
    "fr_mfrr_up": {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 12.0,
        "activation_up_per_unit": "up",
        "energy_price_up_eur_per_mwh": 90.0,
        "shortfall_penalty_eur_per_mw_h": 50.0,
        "missed_penalty_eur_per_mwh": 900.0,
    },
    "fr_afrr_down": {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 9.0,
        "activation_down_per_unit": 0.2,
        "energy_price_down_eur_per_mwh": 20.0,
        "shortfall_penalty_eur_per_mw_h": 50.0,
        "missed_penalty_eur_per_mwh": 900.0,
    },
}


def random_site(seed: int) -> tuple[Any, Any]:
    generator = np.random.default_rng(seed)
    components: dict[str, Any] = {
        "grid": grid(import_max_mw=8.0, export_max_mw=8.0),
        "load": {"type": "demand", "node": "power", "demand_mw": 1.0},
    }
    nodes: dict[str, Any] = {}
    for node, carrier in (("warm", "heat"), ("cool", "cooling")):
        nodes[node] = {"carrier": carrier}
        components[f"{node}_network"] = {
            "type": "grid_connection",
            "node": node,
            "import_max_mw": 5.0,
            "export_max_mw": 1.0,
            "import_price_eur_per_mwh": 60.0,
        }
        components[f"{node}_load"] = {"type": "demand", "node": node, "demand_mw": 1.0}
    series: dict[str, Any] = {
        "da": generator.uniform(-20.0, 120.0, PERIODS).round(2),
        "up": np.where(generator.random(PERIODS) < 0.3, 1.0, 0.0),
    }
    add({"components": components}, series, generator, PERIODS)
    instance = make_instance(components, PRODUCTS, periods=PERIODS, nodes=nodes)
    return instance, make_tree(instance, series)


@pytest.mark.parametrize("seed", range(24))
def test_a_random_storage_settles_and_stands_calls(seed: int) -> None:
    instance, tree = random_site(seed)
    assert check_tree(instance, tree) == []
    run = solved(instance, tree)
    data = SettlementData(instance, tree, run.solution, run.flow_data)
    assert settle_data(data).agrees
    assert stress(data).passed, stress(data).table()
