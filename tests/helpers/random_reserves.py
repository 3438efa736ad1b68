"""Random sites that hold reserve wherever it can be held, with trees in which some of it is called.

Small, and full of what makes delivery hard: several stores and limited connections on a node, products of several
groups, blocks that end before the horizon does, sustain times that are no multiple of the period, losses, calls both
ways, minimum loads, three stages.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.begun_period import begun_instance_at_random
from helpers.random_limits import RandomLimits
from helpers.random_site import below_nodes
from helpers.site_builder import grid, mains, make_instance, make_tree
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree

UP = ("fr_fcr", "fr_afrr_up", "fr_mfrr_up", "fr_rc_up")
DOWN = ("fr_fcr", "fr_afrr_down", "fr_mfrr_down")


class ReserveSite:
    """One random site; ``seed`` says which. ``has_outages`` adds limits that change, from a generator of their own."""

    def __init__(self, seed: int, *, has_outages: bool = False) -> None:
        self.seed = seed
        self._draw = np.random.default_rng(seed)
        self._outages = RandomLimits(seed) if has_outages else None
        self.period_h = float(self._draw.choice([0.25, 1.0]))
        self.hours = int(self._draw.choice([4, 8]))
        self.periods = round(self.hours / self.period_h)
        self.series: dict[str, Any] = {}
        nodes = int(self._draw.integers(1, 3))
        below = [int(self._draw.choice([1, 1, 2])) for _ in range(nodes)]
        self.node_of_leaf = [node for node, leaves in enumerate(below) for _ in range(leaves)]

    @property
    def leaves(self) -> int:
        return len(self.node_of_leaf)

    def build(self) -> tuple[Instance, ScenarioTree]:
        products = self._products()
        components = self._components(tuple(products))
        if self._outages is not None:
            self._outages.add_to(components, self.series, (self.leaves, self.periods))
        held = {product for spec in components.values() for product in spec.get("provides", ())}
        products = {name: fields for name, fields in products.items() if name in held}
        markets = {
            "da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1},
            "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 500.0},
        }
        by_node = self._draw.uniform(20, 150, (max(self.node_of_leaf) + 1, self.periods)).round(2)
        self.series["da_eur_per_mwh"] = by_node[self.node_of_leaf]
        instance = make_instance(
            components,
            markets | products,
            periods=self.periods,
            period_h=self.period_h,
            start=str(self._draw.choice(["2025-01-15T00:00", "2025-01-15T20:00"])),
            bids={"minimum": False, "steps": False},
        )
        instance = begun_instance_at_random(instance, self.seed)
        weights = self._draw.uniform(0.5, 2.0, self.leaves)
        tree = make_tree(instance, self.series, (weights / weights.sum()).tolist())
        return instance, below_nodes(tree, self.node_of_leaf)

    # -- what is drawn ------------------------------------------------------------------------------------------------

    def _chance(self, share: float) -> bool:
        return bool(self._draw.random() < share)

    def _number(self, low: float, high: float) -> float:
        return round(float(self._draw.uniform(low, high)), 2)

    def _series(self, name: str, low: float, high: float) -> str:
        self.series[name] = self._draw.uniform(low, high, (self.leaves, self.periods)).round(2)
        return name

    def _products(self) -> dict[str, dict[str, Any]]:
        names = dict.fromkeys([*UP, *DOWN])
        chosen = [name for name in names if self._chance(0.55)] or ["fr_afrr_up"]
        return {name: self._product(name) for name in chosen}

    def _product(self, name: str) -> dict[str, Any]:
        discrete = name.startswith(("fr_mfrr", "fr_rc"))
        fields: dict[str, Any] = {
            "block_h": self._draw.choice(np.array([1, 2, 4, None], dtype=object)),
            "volume_max_mw": self._number(0.5, 3.0),
            "capacity_price_eur_per_mw_h": self._number(5, 60),
            "shortfall_penalty_eur_per_mw_h": 200.0,
            "missed_penalty_eur_per_mwh": 600.0,
            "sustain_h": float(self._draw.choice([0.25, 0.5, 0.6, 1.0, 1.5, 2.0])),
        }
        if self._chance(0.3):
            fields["exclusivity_group"] = str(self._draw.choice(["one", "two"]))
        if discrete:
            fields |= self._limits()
        if self._chance(0.3):
            fields["window_per_unit"] = self._window(name)
        for direction in ("up", "down"):
            if name.endswith(direction) or name == "fr_fcr":
                fields[f"activation_{direction}_per_unit"] = self._calls(name, direction, fields, discrete)
                fields[f"energy_price_{direction}_eur_per_mwh"] = self._number(20, 150)
        return fields

    def _limits(self) -> dict[str, Any]:
        limits: dict[str, Any] = {
            "calls_max_per_day": None,
            "call_hours_max_per_day": None,
            "call_maximum_h": None,
            "rest_minimum_h": 0.0,
        }
        if self._chance(0.5):
            limits["calls_max_per_day"] = int(self._draw.integers(1, 3))
        if self._chance(0.3):
            limits["call_hours_max_per_day"] = float(self._draw.choice([2.0, 3.0]))
        if self._chance(0.3):
            limits["call_maximum_h"] = 2.0
        if self._chance(0.3):
            limits["rest_minimum_h"] = 2.0
        return limits

    def _window(self, name: str) -> str:
        window = np.ones((self.leaves, self.periods))
        first = int(self._draw.integers(0, self.periods))
        window[:, first : first + int(self._draw.integers(1, self.periods))] = 0.0
        self.series[f"{name}_window_per_unit"] = window
        return f"{name}_window_per_unit"

    def _calls(self, name: str, direction: str, fields: dict[str, Any], discrete: bool) -> float | str:
        """Called shares: a signal, or now and then one call of an hour, always inside the window."""
        if self._chance(0.25):
            return 0.0
        share = np.zeros((self.leaves, self.periods))
        if discrete:
            length = round(1 / self.period_h)
            for leaf in range(self.leaves):
                if self._chance(0.6):
                    first = int(self._draw.integers(0, self.periods - length + 1))
                    share[leaf, first : first + length] = 1.0
        else:
            # both directions of one signal are at most the whole of it
            share = self._draw.uniform(0, 0.5, share.shape).round(2) * (self._draw.random(share.shape) < 0.6)
        window = fields.get("window_per_unit")
        if isinstance(window, str):
            inside = self.series[window] > 0
            # a call is inside as a whole or is none
            share = np.where(inside.all(axis=1, keepdims=True), share, 0.0) if discrete else share * inside
        series = f"{name}_{direction}_called_per_unit"
        self.series[series] = share
        return series

    def _provides(self, names: tuple[str, ...], share: float = 0.7) -> list[str]:
        return [name for name in names if self._chance(share)]

    def _store(self, node: str, provides: list[str]) -> dict[str, Any]:
        energy = self._number(0.5, 6.0)
        return {
            "type": "storage",
            "node": node,
            "energy_max_mwh": energy,
            "energy_min_mwh": round(energy * float(self._draw.choice([0.0, 0.1])), 3),
            "charge_max_mw": self._number(0.3, 3.0),
            "discharge_max_mw": self._number(0.3, 3.0),
            "charge_efficiency_per_unit": float(self._draw.choice([1.0, 0.95, 0.85])),
            "discharge_efficiency_per_unit": float(self._draw.choice([1.0, 0.95, 0.85])),
            "standing_loss_per_h": float(self._draw.choice([0.0, 0.0, 0.03])),
            "initial_mwh": round(energy * float(self._draw.choice([0.1, 0.5, 1.0])), 3),
            "terminal_mwh": round(energy * float(self._draw.choice([0.0, 0.3])), 3),
            "provides": provides,
        }

    def _components(self, products: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        components: dict[str, dict[str, Any]] = {
            "grid": grid(import_max_mw=self._number(2, 8), export_max_mw=self._number(1, 6)),
            "load": {"type": "demand", "node": "power", "demand_mw": self._series("load_mw", 0, 2)},
        }
        for number in range(int(self._draw.integers(0, 3))):
            components[f"battery{number}"] = self._store("power", self._provides(products))
        if self._chance(0.7):
            components |= self._heat(products)
        if self._chance(0.3):
            components["sun"] = {
                "type": "source",
                "node": "power",
                "available_mw": self._series("sun_mw", 0, 2),
                "provides": self._provides(products, 0.4),
            }
        if self._chance(0.3):
            components["process"] = {
                "type": "sheddable_demand",
                "node": "power",
                "demand_mw": self._series("process_mw", 0, 2),
                "shed_max_per_unit": 0.6,
                "shed_cost_eur_per_mwh": 80.0,
                "provides": self._provides(products, 0.4),
            }
        if not any(spec.get("provides") for spec in components.values()):
            components["battery0"] = self._store("power", list(products))
        return components

    def _heat(self, products: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        own: dict[str, dict[str, Any]] = {
            "mains": mains(35.0),
            "boiler": {
                "type": "converter",
                "reference": "warmth",
                "power_max_mw": 6.0,
                "inputs": [{"node": "fuel", "ratio_per_unit": 1.1}],
                "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
            },
            "heating": {"type": "demand", "node": "warmth", "demand_mw": self._series("heat_mw", 0.5, 4)},
        }
        if self._chance(0.7):
            own["pump"] = self._unit("power", [("power", 1.0)], [("warmth", self._cop())], products)
        if self._chance(0.6):
            own["chp"] = self._unit("power", [("fuel", 2.4)], [("power", 1.0), ("warmth", 1.1)], products)
        for number in range(int(self._draw.integers(0, 3))):
            own[f"tank{number}"] = self._store("warmth", [])
        for number in range(int(self._draw.choice([0, 0, 1, 2]))):
            own[f"district{number}"] = {
                "type": "grid_connection",
                "node": "warmth",
                "import_max_mw": float(self._draw.choice([0.0, 1.0, 2.5])),
                "export_max_mw": float(self._draw.choice([0.0, 1.0, 2.5])),
                "import_price_eur_per_mwh": 70.0,
                "export_price_eur_per_mwh": 5.0,
            }
        return own

    def _cop(self) -> float | str:
        return self._series("cop_per_unit", 2, 4) if self._chance(0.5) else self._number(2, 4)

    def _unit(
        self,
        reference: str,
        inputs: list[tuple[str, float | str]],
        outputs: list[tuple[str, float | str]],
        products: tuple[str, ...],
    ) -> dict[str, Any]:
        size = self._number(0.5, 2.5)
        unit: dict[str, Any] = {
            "type": "converter",
            "reference": reference,
            "power_max_mw": size,
            "inputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in inputs],
            "outputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in outputs],
            "provides": self._provides(products),
            "cost_eur_per_mwh": 2.0,
        }
        if self._chance(0.4):
            unit["power_min_mw"] = round(0.4 * size, 3)
            if self._chance(0.5):
                unit |= {"start_cost_eur": 20.0, "start_power_max_mw": round(0.7 * size, 3)}
        if self._chance(0.3):
            unit["ramp_mw_per_min"] = self._number(0.05, 0.5)
        return unit
