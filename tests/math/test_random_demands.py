"""Random sites of what moves in time: settlement, stress test and hub say what the model says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.library import building, ev_fleet, shiftable_demand
from helpers.settled_run import solved
from helpers.site_builder import make_instance, make_tree
from helpers.two_views import two_views

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data

NODES = {"power": {"carrier": "electricity"}, "warm": {"carrier": "heat"}, "cool": {"carrier": "cooling"}}
PRODUCTS: dict[str, dict[str, Any]] = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 400.0},
    "fr_mfrr_up": {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 40.0,
        "energy_price_up_eur_per_mwh": 80.0,
        "activation_up_per_unit": "up_per_unit",
        "shortfall_penalty_eur_per_mw_h": 80.0,
        "missed_penalty_eur_per_mwh": 500.0,
    },
    "fr_afrr_down": {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "sustain_h": 2.0,
        "capacity_price_eur_per_mw_h": 30.0,
        "energy_price_down_eur_per_mwh": 20.0,
        "activation_down_per_unit": "down_per_unit",
        "shortfall_penalty_eur_per_mw_h": 80.0,
        "missed_penalty_eur_per_mwh": 500.0,
    },
}


def random_site(seed: int, *, has_products: bool) -> tuple[Any, Any]:
    draw = np.random.default_rng([seed, 13])
    periods, period_h = 6, float(draw.choice([0.5, 1.0])) if not has_products else 1.0
    components: dict[str, dict[str, Any]] = {}
    for node in NODES:
        components[f"{node}_grid"] = {
            "type": "grid_connection",
            "node": node,
            "import_max_mw": 20.0,
            "export_max_mw": 20.0 if node == "power" else 0.0,
            "import_price_eur_per_mwh": f"{node}_price_eur_per_mwh",
        }
    site: dict[str, Any] = {"horizon": {"period_h": period_h}, "nodes": NODES, "components": components}
    series: dict[str, Any] = {}
    for kind in (shiftable_demand, building, ev_fleet):
        kind.add(site, series, draw, periods)
    for node in NODES:
        series[f"{node}_price_eur_per_mwh"] = draw.uniform(5.0, 100.0, periods).round(1).tolist()
    products = PRODUCTS if has_products else {}
    if has_products:
        series["da_price_eur_per_mwh"] = draw.uniform(5.0, 100.0, periods).round(1).tolist()
        series["up_per_unit"] = draw.choice([0.0, 0.0, 1.0], periods).tolist()
        series["down_per_unit"] = draw.choice([0.0, 0.3], periods).tolist()
        products = {name: {**own, "connection": "power_grid"} for name, own in PRODUCTS.items()}
        products["imbalance"] = PRODUCTS["imbalance"]
    else:
        for spec in components.values():
            spec.pop("provides", None)
    instance = make_instance(components, products, periods=periods, period_h=period_h, nodes=NODES)
    return instance, make_tree(instance, series)


@pytest.mark.parametrize("seed", range(8))
def test_model_and_hub(seed: int) -> None:
    comparison = two_views(*random_site(seed, has_products=False)).compare(3, seed)
    assert comparison.agrees, comparison


@pytest.mark.parametrize("seed", range(6))
def test_settlement_and_stress(seed: int) -> None:
    instance, tree = random_site(seed, has_products=True)
    run = solved(instance, tree)
    data = SettlementData(instance, tree, run.solution, run.flow_data)
    assert settle_data(data).agrees
    assert stress(data).passed
