"""Small random sites with trees of two or three stages, for tests against independently assembled programs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from helpers.site_builder import grid, mains, make_instance, make_tree
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree


def random_site(
    generator: np.random.Generator, leaves: Sequence[int], *, integer: bool, periods: int = 2
) -> tuple[Instance, ScenarioTree]:
    """A generator that may hold reserve, a battery and a load, over ``len(leaves)`` day-ahead nodes.

    Parameters
    ----------
    leaves : sequence of int
        Leaves below each node; all one makes two stages.
    integer : bool
        Bid rules and a minimum load.
    """

    def number(low: float, high: float, *shape: int) -> list[float]:
        drawn: list[float] = np.round(generator.uniform(low, high, shape), 2).tolist()
        return drawn

    settlement_h = float(generator.choice([1, 2]))
    instance = make_instance(
        {
            "grid": grid(import_max_mw=8.0, export_max_mw=8.0),
            "mains": mains(number(10, 30)),
            "load": {"type": "demand", "node": "power", "demand_mw": "load_mw"},
            "generator": {
                "type": "converter",
                "reference": "power",
                "power_max_mw": 4.0,
                "power_min_mw": 1.5 if integer else 0.0,
                "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
                "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
                "provides": ["fr_mfrr_up", "fr_afrr_down"],
            },
            "battery": {
                "type": "storage",
                "node": "power",
                "energy_max_mwh": 3.0,
                "charge_max_mw": 1.5,
                "discharge_max_mw": 1.5,
                "charge_efficiency_per_unit": 0.9,
                "discharge_efficiency_per_unit": 0.9,
                "initial_mwh": 1.5,
                "provides": ["fr_mfrr_up", "fr_afrr_down"],
            },
        },
        {
            "da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": settlement_h},
            "id": {"price_eur_per_mwh": "id_eur_per_mwh", "settlement_period_h": 1, "liquidity_mw": 1.5},
            "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
            "fr_mfrr_up": {
                "block_h": 1,
                "volume_max_mw": 3.0,
                "minimum_bid_mw": 1.0,
                "bid_step_mw": 0.5,
                "capacity_price_eur_per_mw_h": number(2, 25),
                "activation_up_per_unit": "call_per_unit",
            },
            "fr_afrr_down": {
                "block_h": 2,
                "volume_max_mw": 3.0,
                "minimum_bid_mw": 1.0,
                "bid_step_mw": 0.5,
                "capacity_price_eur_per_mw_h": number(2, 15),
                "activation_down_per_unit": "call_down_per_unit",
            },
        },
        periods=periods,
        bids={"minimum": integer, "steps": integer},
    )
    count = sum(leaves)
    day_ahead = np.repeat(generator.uniform(20, 90, (len(leaves), periods)), leaves, axis=0).round(2)
    series = {
        "da_eur_per_mwh": day_ahead,
        "id_eur_per_mwh": np.round(day_ahead + generator.normal(0, 25, (count, periods)), 2),
        "load_mw": number(0, 4, count, periods),
        "call_per_unit": number(0, 0.5, count, periods),
        "call_down_per_unit": number(0, 0.5, count, periods),
    }
    weights = generator.uniform(0.5, 2.0, count)
    tree = make_tree(instance, series, (weights / weights.sum()).tolist())
    return instance, below_nodes(tree, [node for node, below in enumerate(leaves) for _ in range(below)])


def below_nodes(tree: ScenarioTree, nodes: Sequence[int]) -> ScenarioTree:
    """The same scenarios, each below the day-ahead node of that number."""
    dataset: xr.Dataset = tree.dataset.assign_coords(
        day_ahead_node=("scenario", [f"root/d{node:04d}" for node in nodes])
    )
    return ScenarioTree(dataset)
