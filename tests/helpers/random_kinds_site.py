"""Random sites drawn from the whole library of components, as folders a user would write.

Every kind has a module in :mod:`helpers.random_kinds` whose ``add`` puts random components of the kind into a mapping
as in ``instance.yaml``. Here they are put together: a few kinds a site, over nodes that can be supplied, with the
markets, reserves and trees of :mod:`helpers.random_reserves`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pandas as pd
import yaml

from helpers import random_kinds
from helpers.begun_period import begun_at_random
from helpers.random_folder import _plain
from helpers.random_kinds.chp import saves_fuel
from helpers.random_reserves import ReserveSite
from helpers.site_builder import period_starts

CARRIERS = {"power": "electricity", "warm": "heat", "cool": "cooling", "fuel": "gas", "h2": "hydrogen"}
DEMANDS = {"power": (0, 2), "warm": (0.2, 2), "cool": (0.1, 1), "fuel": (0.0, 0.3), "h2": (0.0, 0.4)}
#: What a MWh costs from outside, so that every node can be supplied.
SUPPLY_EUR_PER_MWH = {"fuel": 35.0, "warm": 90.0, "cool": 80.0, "h2": 150.0}
START = "2025-01-15T00:00"

Add = Callable[[dict[str, Any], dict[str, list[float]], np.random.Generator, int], None]


def kinds_at_random() -> dict[str, Add]:
    """What puts components of each kind into a site, by name of its module."""
    names = sorted(module.name for module in iter_modules(random_kinds.__path__))
    return {name: import_module(f"helpers.random_kinds.{name}").add for name in names}


class RandomKindsSite(ReserveSite):
    """One random site; ``seed`` says which. ``kinds`` names those it is drawn from; default all."""

    def __init__(self, seed: int, kinds: tuple[str, ...] | None = None) -> None:
        super().__init__(seed)
        self._adders = kinds_at_random()
        names = tuple(self._adders) if kinds is None else kinds
        count = min(len(names), int(self._draw.integers(2, 5)))
        self.kinds = tuple(self._draw.choice(np.array(names), size=count, replace=False).tolist())

    def write(self, folder: Path) -> Path:
        """Write ``instance.yaml`` and ``scenarios.csv``."""
        products = self._products()
        site = self._site() | {"products": products}
        own: dict[str, list[float]] = {}
        for kind in self.kinds:
            self._adders[kind](site, own, self._draw, self.periods)
        for name, values in own.items():
            self.series[name] = np.broadcast_to(np.asarray(values, dtype=float), (self.leaves, self.periods))
        components = site["components"]
        battery = components["battery"] = self._store("power", list(products))
        battery["terminal_mwh"] = max(battery["terminal_mwh"], battery["energy_min_mwh"])
        for spec in components.values():
            if "provides" in spec and spec is not components["battery"]:
                drawn = self._provides(tuple(products))
                spec["provides"] = [] if saves_fuel(spec) else drawn
        held = {product for spec in components.values() for product in spec.get("provides", ())}
        by_node = self._draw.uniform(-20, 150, (max(self.node_of_leaf) + 1, self.periods)).round(2)
        self.series["da_eur_per_mwh"] = by_node[self.node_of_leaf]
        site["products"] = {
            "da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1},
            "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 400.0},
            **{name: fields for name, fields in products.items() if name in held},
        }
        for name, product in site["products"].items():
            if name != "imbalance":
                product["connection"] = "grid"
        site["carriers"] = sorted({node["carrier"] for node in site["nodes"].values()})
        site = begun_at_random(site, self.seed)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "instance.yaml").write_text(yaml.safe_dump(_plain(site), sort_keys=False), encoding="utf-8")
        self._scenarios(site["horizon"]).to_csv(folder / "scenarios.csv", index=False)
        return folder

    def _site(self) -> dict[str, Any]:
        weights = self._draw.uniform(0.5, 2.0, self.leaves)
        names = [f"s{leaf}" for leaf in range(self.leaves)]
        components: dict[str, Any] = {
            "grid": {
                "type": "grid_connection",
                "node": "power",
                "import_max_mw": self._number(4, 10),
                "export_max_mw": self._number(1, 6),
            },
            **{
                f"{node}_supply": {
                    "type": "grid_connection",
                    "node": node,
                    "import_max_mw": None,
                    "import_price_eur_per_mwh": price,
                }
                for node, price in SUPPLY_EUR_PER_MWH.items()
            },
            **{
                f"{node}_demand": {
                    "type": "demand",
                    "node": node,
                    "demand_mw": self._series(f"{node}_demand_mw", *limits),
                }
                for node, limits in DEMANDS.items()
            },
        }
        return {
            "format": 1,
            "name": "random_kinds_site",
            "horizon": {
                "start": START,
                "timezone": "Europe/Paris",
                "period_h": self.period_h,
                "periods": self.periods,
            },
            "nodes": {node: {"carrier": carrier} for node, carrier in CARRIERS.items()},
            "components": components,
            "price_cap_eur_per_mwh": 1000,
            "bids": {"minimum": False, "steps": False},
            "uncertainty": {
                "kind": "explicit",
                "probabilities": dict(zip(names, (weights / weights.sum()).tolist(), strict=True)),
                "day_ahead_nodes": {name: f"d{node}" for name, node in zip(names, self.node_of_leaf, strict=True)},
            },
        }

    def _scenarios(self, horizon: dict[str, Any]) -> pd.DataFrame:
        times = [moment.isoformat() for moment in period_starts(horizon)]
        rows = {"scenario": [f"s{leaf}" for leaf in range(self.leaves) for _ in times], "time": times * self.leaves}
        return pd.DataFrame(rows | {name: np.asarray(values).reshape(-1) for name, values in self.series.items()})
