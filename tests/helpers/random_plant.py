"""Random multi-energy sites without products: every kind of component with every rule it has, over a few hours."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.begun_period import begun_instance_at_random
from helpers.random_limits import RandomLimits
from helpers.site_builder import make_instance, make_tree
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree

Port = tuple[str, float | str, float]


class RandomPlant:
    """One random site; ``seed`` says which. ``has_outages`` adds limits that change, from a generator of their own."""

    def __init__(self, seed: int, *, has_outages: bool = False) -> None:
        self.seed = seed
        self._draw = np.random.default_rng(seed)
        # apart, so that what else is drawn does not depend on it
        self._port_draw = np.random.default_rng((seed, 1))
        self._outages = RandomLimits(seed) if has_outages else None
        self.period_h = float(self._draw.choice([0.25, 0.5, 1.0, 2.0]))
        self.periods = int(self._draw.choice([3, 4, 6, 8]))
        self.series: dict[str, Any] = {}

    def build(self) -> tuple[Instance, ScenarioTree]:
        components = self._networks() | self._converters() | self._others()
        nodes = {name: self._penalties() for name in ("power", "north", "warmth", "cold", "fuel")}
        nodes["north"]["carrier"] = "electricity"
        if self._outages is not None:
            self._outages.add_to(components, self.series, (self.periods,))
        instance = make_instance(
            components,
            periods=self.periods,
            period_h=self.period_h,
            # the night of the change to summer time, an ordinary morning
            start=str(self._draw.choice(["2025-03-30T00:00", "2025-01-15T08:00"])),
            nodes=nodes,
        )
        instance = instance.model_copy(update={"price_cap_eur_per_mwh": 500.0})
        instance = begun_instance_at_random(instance, self.seed)
        return instance, make_tree(instance, self.series)

    # -- numbers ------------------------------------------------------------------------------------------------------

    def _chance(self, share: float) -> bool:
        return bool(self._draw.random() < share)

    def _number(self, low: float, high: float) -> float:
        return round(float(self._draw.uniform(low, high)), 3)

    def _series(self, name: str, low: float, high: float) -> str:
        self.series[name] = self._draw.uniform(low, high, self.periods).round(3)
        return name

    def _either(self, name: str, low: float, high: float) -> float | str:
        return self._series(name, low, high) if self._chance(0.5) else self._number(low, high)

    def _maybe(self, share: float, **fields: Any) -> dict[str, Any]:
        return fields if self._chance(share) else {}

    def _penalties(self) -> dict[str, Any]:
        return self._maybe(0.2, unserved_penalty_eur_per_mwh=self._number(2000, 4000)) | self._maybe(
            0.2, dump_penalty_eur_per_mwh=self._number(2000, 4000)
        )

    # -- components ---------------------------------------------------------------------------------------------------

    def _networks(self) -> dict[str, dict[str, Any]]:
        own: dict[str, dict[str, Any]] = {
            "grid": {
                "type": "grid_connection",
                "node": "power",
                "import_max_mw": self._number(4, 10),
                "export_max_mw": self._number(1, 6),
                "import_price_eur_per_mwh": self._series("bought_eur_per_mwh", 40, 120),
                "export_price_eur_per_mwh": self._series("sold_eur_per_mwh", 0, 40),
            },
            "mains": {
                "type": "grid_connection",
                "node": "fuel",
                "import_max_mw": None if self._chance(0.7) else self._number(4, 12),
                "import_price_eur_per_mwh": self._number(10, 40),
            },
        }
        if self._chance(0.4):
            own["second_meter"] = {
                "type": "grid_connection",
                "node": "north",
                "import_max_mw": self._number(0.5, 3),
                "export_max_mw": 0.0,
                "import_price_eur_per_mwh": self._number(60, 150),
            }
        return own

    def _converters(self) -> dict[str, dict[str, Any]]:
        chp = [("power", 1.0, 0.0), ("warmth", self._number(0.8, 1.4), self._extra(0.2))]
        own = {
            "boiler": self._converter([("fuel", 1.08, 0.0)], [("warmth", 1.0, 0.0)], "warmth"),
            "cable": self._converter([("power", 1.0, 0.0)], [("north", self._number(0.9, 1.0), 0.0)], "power"),
        }
        if self._chance(0.8):
            own["chp"] = self._converter([("fuel", self._number(2.2, 2.8), self._extra(0.3))], chp, "power")
        if self._chance(0.7):
            cop = self._either("cop_per_unit", 2.0, 4.5)
            own["heat_pump"] = self._converter([("power", 1.0, self._extra(0.1))], [("warmth", cop, 0.0)], "power")
        if self._chance(0.7):
            # a chiller that gives its heat to the heat network
            out: list[Port] = [("cold", self._number(2.5, 4), 0.0), ("warmth", self._number(3.5, 5), 0.0)]
            own["chiller"] = self._converter([("north", 1.0, 0.0)], out[: 1 + self._chance(0.5)], "north")
        return own

    def _extra(self, high: float) -> float:
        """Flow whenever the unit is on; kept only where it has a minimum."""
        return self._number(0.01, high) if self._chance(0.5) else 0.0

    def _converter(self, inputs: list[Port], outputs: list[Port], reference: str) -> dict[str, Any]:
        largest = self._number(1, 5)
        unit: dict[str, Any] = {
            "type": "converter",
            "reference": reference,
            "power_max_mw": largest,
            "cost_eur_per_mwh": self._number(0, 5),
        }
        has_minimum = self._chance(0.7)
        for side, ports in (("inputs", inputs), ("outputs", outputs)):
            unit[side] = [
                {"node": node, "ratio_per_unit": 1.0 if node == reference else ratio}
                | ({"no_load_mw": extra} if has_minimum and extra and node != reference else {})
                for node, ratio, extra in ports
            ]
        self._share_nodes(unit, has_minimum=has_minimum)
        unit |= self._maybe(0.3, energy_ramp_mw_per_min=round(largest * self._number(0.2, 0.9) / 60 / self.period_h, 5))
        return unit | (self._states(largest) if has_minimum else {})

    def _share_nodes(self, unit: dict[str, Any], *, has_minimum: bool) -> None:
        """Ports at a node where there is one already: a part of an input apart, or what it takes of its own output."""
        draw = self._port_draw
        others = [port for port in unit["inputs"] if port["node"] != unit["reference"]]
        if others and draw.random() < 0.4:
            extra = {"no_load_mw": round(float(draw.uniform(0.01, 0.1)), 3)} if has_minimum else {}
            node = others[0]["node"]
            unit["inputs"].append({"node": node, "ratio_per_unit": round(float(draw.uniform(0.01, 0.2)), 3), **extra})
        others = [port for port in unit["outputs"] if port["node"] != unit["reference"]]
        if others and draw.random() < 0.4:
            ratio = round(float(draw.uniform(0.01, 0.1)), 3)
            unit["inputs"].append({"node": others[0]["node"], "ratio_per_unit": ratio})

    def _states(self, largest: float) -> dict[str, Any]:
        least = round(largest * self._number(0.2, 0.6), 3)
        state_h = self.period_h
        own: dict[str, Any] = {"power_min_mw": least}
        if self.period_h <= 0.5 and self.periods in (4, 8) and self._chance(0.3):
            state_h = 2 * self.period_h
            own["state_block_h"] = state_h
        own |= self._maybe(0.4, minimum_up_h=state_h * int(self._draw.integers(1, 4)))
        own |= self._maybe(0.4, minimum_down_h=state_h * int(self._draw.integers(1, 4)))
        own |= self._maybe(0.4, start_cost_eur=self._number(5, 80))
        own |= self._maybe(0.3, starts_max_per_day=int(self._draw.integers(0, 3)))
        own |= self._maybe(0.3, start_power_max_mw=self._number(least, largest))
        own |= self._maybe(0.3, stop_power_max_mw=self._number(least, largest))
        if self._chance(0.6):
            own["initial_on"] = self._chance(0.5)
            own |= self._maybe(0.7, initial_state_h=state_h * int(self._draw.integers(0, 3)))
        return own

    def _others(self) -> dict[str, dict[str, Any]]:
        own: dict[str, dict[str, Any]] = {
            "heating": {"type": "demand", "node": "warmth", "demand_mw": self._series("heating_mw", 0.2, 4)},
            "lighting": {
                "type": "demand",
                "node": "north",
                "demand_mw": self._series("lighting_mw", 0.1, 2),
                **self._maybe(0.5, share_per_unit=self._number(0.2, 1)),
            },
            "cooling": {"type": "demand", "node": "cold", "demand_mw": self._either("cooling_mw", 0, 1)},
            "process": {
                "type": "sheddable_demand",
                "node": "power",
                "demand_mw": self._series("process_mw", 0, 2),
                "shed_max_per_unit": float(self._draw.choice([0.5, 1.0])),
                "shed_cost_eur_per_mwh": self._number(80, 300),
            },
            "sun": {
                "type": "source",
                "node": "power",
                "available_mw": self._series("sun_mw", 0, 3),
                "curtailable": self._chance(0.5),
                "cost_eur_per_mwh": self._number(0, 2),
            },
        }
        for name, node in (("battery", "power"), ("tank", "warmth"), ("ice", "cold")):
            if self._chance(0.7):
                own[name] = self._store(node)
        return own

    def _store(self, node: str) -> dict[str, Any]:
        energy = self._number(0.5, 6)
        return {
            "type": "storage",
            "node": node,
            "energy_max_mwh": energy,
            "energy_min_mwh": round(energy * 0.1, 3),
            "charge_max_mw": self._number(0.1, 3),
            "discharge_max_mw": float(self._draw.choice([0.0, self._number(0.1, 3)], p=[0.1, 0.9])),
            "charge_efficiency_per_unit": float(self._draw.choice([1.0, 0.95, 0.8])),
            "discharge_efficiency_per_unit": float(self._draw.choice([1.0, 0.95, 0.8])),
            "standing_loss_per_h": float(self._draw.choice([0.0, 0.02])),
            "initial_mwh": round(energy * self._number(0.2, 0.8), 3),
            "throughput_cost_eur_per_mwh": float(self._draw.choice([0.0, 3.0])),
            **self._maybe(0.3, terminal_mwh=round(energy * self._number(0.1, 1.0), 3)),
            **self._maybe(0.2, energy_ramp_mw_per_min=round(self._number(0.3, 2) / 60 / self.period_h, 5)),
        }
