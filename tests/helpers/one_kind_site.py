"""Random sites of one kind of the library, with what it needs around it: networks, stores, demand, reserve."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from helpers.begun_period import begun_instance_at_random
from helpers.site_builder import make_instance, make_tree
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree

PERIODS = 5

_CARRIERS = {"power": "electricity", "warm": "heat", "cool": "cooling", "fuel": "gas", "h2": "hydrogen"}


def one_kind_site(kind: ModuleType, seed: int, *, with_reserve: bool) -> tuple[Instance, ScenarioTree]:
    """A site with random units of a kind; demand of every carrier can be met without them."""
    generator = np.random.default_rng((seed, 20))
    series: dict[str, Any] = {
        name: generator.uniform(low, high, PERIODS).round(3)
        for name, low, high in (
            ("price_eur_per_mwh", -60, 120),
            ("warm_demand_mw", 0, 3),
            ("cool_demand_mw", 0, 2),
            ("h2_demand_mw", 0, 1),
        )
    }
    site: dict[str, Any] = {"nodes": {}, "components": _surroundings(generator, with_reserve=with_reserve)}
    kind.add(site, series, generator, PERIODS)
    if not with_reserve:
        for spec in site["components"].values():
            spec.pop("provides", None)
    nodes = {name: {"carrier": carrier} for name, carrier in _CARRIERS.items()}
    products = _products(generator) if with_reserve else {}
    instance = make_instance(site["components"], products, periods=PERIODS, nodes=nodes)
    instance = instance.model_copy(update={"price_cap_eur_per_mwh": 500.0})
    instance = begun_instance_at_random(instance, seed)
    return instance, make_tree(instance, series)


def _surroundings(generator: np.random.Generator, *, with_reserve: bool) -> dict[str, dict[str, Any]]:
    def network(node: str, buy: float, sell: float, **fields: Any) -> dict[str, Any]:
        return {
            "type": "grid_connection",
            "node": node,
            "import_max_mw": 20.0,
            "export_max_mw": 20.0,
            "import_price_eur_per_mwh": buy,
            "export_price_eur_per_mwh": sell,
            **fields,
        }

    grid = network("power", 0.0, 0.0, schedule_penalty_eur_per_mwh=9000.0)
    if not with_reserve:
        grid |= {"import_price_eur_per_mwh": "price_eur_per_mwh", "export_price_eur_per_mwh": "price_eur_per_mwh"}
    own = {
        "grid": grid,
        "mains": network("fuel", 30.0, 0.0, import_max_mw=None, export_max_mw=0.0),
        "heat_network": network("warm", 70.0, -5.0),
        "cold_network": network("cool", 90.0, -5.0),
        "pipe": network("h2", 150.0, 40.0),
    }
    for node in ("warm", "cool", "h2"):
        own[f"{node}_use"] = {"type": "demand", "node": node, "demand_mw": f"{node}_demand_mw"}
    for node in ("warm", "h2"):
        if generator.random() < 0.6:
            own[f"{node}_store"] = {
                "type": "storage",
                "node": node,
                "energy_max_mwh": 4.0,
                "charge_max_mw": 2.0,
                "discharge_max_mw": 2.0,
                "initial_mwh": 2.0,
                "standing_loss_per_h": 0.01,
                "terminal_penalty_eur_per_mwh": 1000.0,
            }
    return own


def _products(generator: np.random.Generator) -> dict[str, dict[str, Any]]:
    reserve = {
        "block_h": 1,
        "volume_max_mw": 3.0,
        "capacity_price_eur_per_mw_h": round(float(generator.uniform(5, 60)), 1),
        "shortfall_penalty_eur_per_mw_h": 150.0,
        "missed_penalty_eur_per_mwh": 800.0,
    }
    called = round(float(generator.choice([0.0, 0.3, 1.0])), 1)
    return {
        "da": {"price_eur_per_mwh": "price_eur_per_mwh", "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": -100.0, "price_short_eur_per_mwh": 300.0},
        "fr_mfrr_up": reserve | {"activation_up_per_unit": called, "energy_price_up_eur_per_mwh": 60.0},
        "fr_afrr_down": reserve | {"activation_down_per_unit": 0.2, "energy_price_down_eur_per_mwh": 20.0},
    }
