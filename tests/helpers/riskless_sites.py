"""Random sites and price sets, sound and unsound, of the kinds in which money from nothing hides.

Several meters on one node and on several, cables that lose energy, cost money or need power to be on, wheeling, prices
below zero, currencies of small and of large units, markets and imbalance settled by the hour over quarters, free offers
and reserve that is called, stores, heat pumps and engines that may feed each other, stated penalties, terminal levels
out of reach. ``kind`` says how prices of meters lie about those of the market: ``sound`` by construction (but for
what devices add), ``near`` around the border, ``wild`` anywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.site_builder import make_instance, make_tree
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree

KINDS = ("sound", "near", "wild")
ELECTRIC = ("power", "north", "south")
#: Units of money: 1 is the euro, with the limits of its markets.
UNITS = (1.0, 1.0, 1.0, 1e-6, 1e-3, 400.0, 1e5)
#: Code that ISO 4217 keeps for tests.
OTHER_CURRENCY = "XTS"

Values = NDArray[np.float64]


class RisklessSite:
    """One random site; ``seed`` says which."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)
        self.kind = KINDS[seed % 3]
        self.unit = float(self._draw.choice(UNITS))
        self.period_h = float(self._draw.choice([0.25, 0.5, 1.0]))
        self.periods = int(self._draw.choice([2, 4, 8]))
        self.scenarios = int(self._draw.choice([1, 1, 2]))
        self.nodes = ELECTRIC[: int(self._draw.choice([1, 1, 2, 3]))]
        self.has_market = self._chance(0.75)
        self.series: dict[str, Any] = {}
        self._spot = np.round(self._draw.uniform(-60, 140, self._shape), 2)
        if self._chance(0.3):
            self._spot = np.abs(self._spot)

    def build(self) -> tuple[Instance, ScenarioTree]:
        components = self._meters() | self._cables() | self._devices()
        products = self._products() if self.has_market else {}
        self._provide(components, products)
        nodes: dict[str, dict[str, Any]] = {name: {"carrier": "electricity"} for name in ELECTRIC}
        nodes["warmth"] = {}
        for fields in nodes.values():
            if self._chance(0.15):
                fields["unserved_penalty_eur_per_mwh"] = self._money(1000, 60000)
            if self._chance(0.1):
                fields["dump_penalty_eur_per_mwh"] = self._money(1000, 60000)
        instance = make_instance(
            components,
            products,
            periods=self.periods,
            period_h=self.period_h,
            start=str(self._draw.choice(["2025-01-15T00:00", "2025-01-15T06:00"])),
            nodes=nodes,
            bids={"minimum": False, "steps": False},
        )
        changed: dict[str, Any] = {"wheeling": self._chance(0.15)}
        if self.unit != 1.0:
            changed["currency"] = OTHER_CURRENCY
        if self._chance(0.15):
            changed["price_cap_eur_per_mwh"] = self._money(200, 20000)
        instance = instance.model_copy(update=changed)
        weights = self._draw.uniform(0.5, 2.0, self.scenarios)
        return instance, make_tree(instance, self.series, (weights / weights.sum()).tolist())

    # -- numbers ------------------------------------------------------------------------------------------------------

    @property
    def _shape(self) -> tuple[int, int]:
        return self.scenarios, self.periods

    def _chance(self, share: float) -> bool:
        return bool(self._draw.random() < share)

    def _number(self, low: float, high: float) -> float:
        return round(float(self._draw.uniform(low, high)), 2)

    def _money(self, low: float, high: float) -> float:
        return self._number(low, high) * self.unit

    def _named(self, name: str, values: Values) -> str:
        self.series[name] = values
        return name

    def _price(self, name: str, values: Values) -> str:
        return self._named(f"{name}_eur_per_mwh", np.round(values, 2) * self.unit)

    def _power(self, name: str, low: float, high: float) -> str:
        return self._named(f"{name}_mw", self._draw.uniform(low, high, self._shape).round(2))

    # -- meters and cables --------------------------------------------------------------------------------------------

    def _meters(self) -> dict[str, dict[str, Any]]:
        """The grid, traded where there is a market, and others that only buy, only sell, or do both."""
        meters = {"grid": self._grid()}
        for number in range(int(self._draw.choice([0, 1, 1, 2, 3]))):
            ways = str(self._draw.choice(["retail", "feed_in", "both"]))
            meter: dict[str, Any] = {
                "type": "grid_connection",
                "node": str(self._draw.choice(self.nodes)),
                "import_max_mw": 0.0,
            }
            above, below = self._margins(f"meter{number}")
            if ways != "feed_in":
                meter |= {
                    "import_max_mw": None if self._chance(0.2) else self._number(0.5, 8),
                    "import_price_eur_per_mwh": above,
                }
            if ways != "retail":
                meter |= {"export_max_mw": self._number(0.5, 8), "export_price_eur_per_mwh": below}
            meters[f"meter{number}"] = meter
        return meters

    def _grid(self) -> dict[str, Any]:
        own: dict[str, Any] = {
            "type": "grid_connection",
            "node": "power",
            "import_max_mw": self._number(2, 10),
            "export_max_mw": self._number(0.5, 8),
        }
        if not self.has_market:
            above, below = self._margins("grid")
            return own | {"import_price_eur_per_mwh": above, "export_price_eur_per_mwh": below}
        if self._chance(0.6):
            own["import_price_eur_per_mwh"] = self._money(0, 8)
            own["export_price_eur_per_mwh"] = -self._money(0, 4)
        if self._chance(0.1):
            own["schedule_penalty_eur_per_mwh"] = self._money(2000, 30000)
        return own

    def _margins(self, name: str) -> tuple[str | float, str | float]:
        """Prices to buy and to sell at: about the spot price, a number each, or anything."""
        if self.kind == "wild":
            low, high = np.sort(self._draw.uniform(-60, 200, (2, *self._shape)), axis=0)
            return self._price(f"{name}_import", high), self._price(f"{name}_export", low)
        if self._chance(0.25):
            # a tariff, as it would be told to a household
            return self._money(150, 260), -self._money(60, 90)
        # tariffs of the grid lie within 8 of the spot price, and fees within 2
        least = 11.0 if self.kind == "sound" else float(self._draw.choice([-5.0, 0.0, 3.0]))
        above = self._spot + self._draw.uniform(least, 40, self._shape)
        below = self._spot - self._draw.uniform(least, 40, self._shape)
        return self._price(f"{name}_import", above), self._price(f"{name}_export", below)

    def _cables(self) -> dict[str, dict[str, Any]]:
        cables = {}
        for source in self.nodes:
            for target in self.nodes:
                if source != target and self._chance(0.7):
                    cables[f"{source}_to_{target}"] = self._cable(source, target)
        return cables

    def _cable(self, source: str, target: str) -> dict[str, Any]:
        gain = float(self._draw.choice([1.0, 1.0, 0.97, 0.9, 0.5]))
        if self.kind == "wild" and self._chance(0.1):
            gain = 1.02
        from_source = self._chance(0.7)
        ratios = (1.0, gain) if from_source else (round(1.0 / gain, 4), 1.0)
        cable: dict[str, Any] = {
            "type": "converter",
            "reference": source if from_source else target,
            "power_max_mw": 500.0 if self._chance(0.3) else self._number(0.5, 6),
            "inputs": [{"node": source, "ratio_per_unit": ratios[0]}],
            "outputs": [{"node": target, "ratio_per_unit": ratios[1]}],
        }
        if self._chance(0.4):
            cable["cost_eur_per_mwh"] = self._money(0.5, 12)
        if self._chance(0.2):
            cable["power_min_mw"] = round(0.3 * cable["power_max_mw"], 3)
            cable["inputs"][0]["no_load_mw"] = round(0.1 * cable["power_max_mw"], 3)
        return cable

    # -- devices ------------------------------------------------------------------------------------------------------

    def _devices(self) -> dict[str, dict[str, Any]]:
        devices: dict[str, dict[str, Any]] = {}
        for node in self.nodes:
            if self._chance(0.6):
                devices[f"load_{node}"] = {"type": "demand", "node": node, "demand_mw": self._power(f"{node}", 0, 2)}
            if self._chance(0.35):
                devices[f"battery_{node}"] = self._store(node)
            if self._chance(0.3):
                devices[f"sun_{node}"] = {
                    "type": "source",
                    "node": node,
                    "available_mw": self._power(f"sun_{node}", 0, 3),
                    "curtailable": self._chance(0.6),
                }
        if self._chance(0.2):
            devices["process"] = {
                "type": "sheddable_demand",
                "node": str(self._draw.choice(self.nodes)),
                "demand_mw": self._power("process", 0, 2),
                "shed_max_per_unit": 0.7,
                "shed_cost_eur_per_mwh": self._money(80, 400),
            }
        return devices | (self._heat() if self._chance(0.5) else {})

    def _store(self, node: str) -> dict[str, Any]:
        energy = self._number(0.5, 5)
        return {
            "type": "storage",
            "node": node,
            "energy_max_mwh": energy,
            "charge_max_mw": self._number(0.1, 2),
            "discharge_max_mw": self._number(0.1, 2),
            "charge_efficiency_per_unit": float(self._draw.choice([1.0, 0.95, 0.8])),
            "discharge_efficiency_per_unit": float(self._draw.choice([1.0, 0.95, 0.8])),
            "standing_loss_per_h": float(self._draw.choice([0.0, 0.02])),
            "initial_mwh": round(energy * float(self._draw.choice([0.0, 0.5, 1.0])), 3),
            # often more than can be charged
            "terminal_mwh": round(energy * float(self._draw.choice([0.0, 0.5, 1.0])), 3),
            "throughput_cost_eur_per_mwh": float(self._draw.choice([0.0, 3.0])) * self.unit,
        }

    def _heat(self) -> dict[str, dict[str, Any]]:
        own: dict[str, dict[str, Any]] = {
            "heating": {"type": "demand", "node": "warmth", "demand_mw": self._power("heating", 0, 2)}
        }
        own["pump"] = self._unit([("power", 1.0)], [("warmth", self._cop())])
        if self._chance(0.4):
            # of heat at 250 degC at most 0.45; as often as not more than a heat pump can bear
            own["engine"] = self._unit([("warmth", 1.0)], [("power", self._number(0.05, 0.45))])
        if self._chance(0.5):
            own["mains"] = {
                "type": "grid_connection",
                "node": "fuel",
                "import_max_mw": None,
                "import_price_eur_per_mwh": self._money(20, 60),
            }
            own["chp"] = self._unit([("fuel", 2.5)], [("power", 1.0), ("warmth", 1.1)])
            own["boiler"] = self._unit([("fuel", 1.1)], [("warmth", 1.0)])
        if self._chance(0.4):
            own["tank"] = self._store("warmth")
        if self._chance(0.2):
            own["heater"] = self._unit([("power", 1.0)], [("warmth", 0.98)])
        return own

    def _cop(self) -> float | str:
        if self._chance(0.4):
            return self._named("cop_per_unit", self._draw.uniform(2, 5, self._shape).round(2))
        return self._number(2, 5)

    def _unit(self, inputs: list[tuple[str, float]], outputs: list[tuple[str, float | str]]) -> dict[str, Any]:
        size = self._number(0.3, 2)
        unit: dict[str, Any] = {
            "type": "converter",
            "reference": inputs[0][0] if inputs[0][1] == 1.0 else outputs[0][0],
            "power_max_mw": size,
            "inputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in inputs],
            "outputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in outputs],
            "cost_eur_per_mwh": float(self._draw.choice([0.0, 2.0])) * self.unit,
        }
        if self._chance(0.25):
            unit["power_min_mw"] = round(0.4 * size, 3)
            if self._chance(0.4):
                unit["start_cost_eur"] = self._money(5, 40)
        return unit

    # -- products -----------------------------------------------------------------------------------------------------

    def _products(self) -> dict[str, dict[str, Any]]:
        products: dict[str, dict[str, Any]] = {"da": self._market("da", self._spot)}
        if self._chance(0.35):
            spread = self._draw.normal(0, 15, self._shape)
            products["id"] = self._market("id", self._spot + spread)
            if self._chance(0.9):
                products["id"]["liquidity_mw"] = self._number(0.2, 3)
        if self._chance(0.7):
            products["imbalance"] = self._imbalance()
            for name in ("fr_ma_up", "fr_ma_down", "fr_afrr_up", "fr_afrr_down"):
                if self._chance(0.35):
                    products[name] = self._called(name)
        return products

    def _market(self, name: str, price: Values) -> dict[str, Any]:
        market: dict[str, Any] = {
            "price_eur_per_mwh": self._price(name, price),
            "settlement_period_h": max(float(self._draw.choice([0.25, 1.0])), self.period_h),
        }
        if self._chance(0.3):
            market["fee_eur_per_mwh"] = self._money(0.1, 2)
        if name == "da" and self._chance(0.15):
            market["stage"] = "commit"
        if self.unit != 1.0:
            market |= {
                "price_minimum_eur_per_mwh": -500 * self.unit,
                "price_maximum_eur_per_mwh": 4000 * self.unit,
            }
        return market

    def _imbalance(self) -> dict[str, Any]:
        low, high = np.sort(self._draw.uniform(-200, 400, (2, *self._shape)), axis=0)
        if self._chance(0.03):
            low, high = high, low
        return {
            "price_long_eur_per_mwh": self._price("long", low),
            "price_short_eur_per_mwh": self._price("short", high),
            "settlement_period_h": max(float(self._draw.choice([0.25, 1.0])), self.period_h),
        }

    def _called(self, name: str) -> dict[str, Any]:
        direction = name.rpartition("_")[2]
        called = self._draw.random(self._shape) < 0.5
        share = called * (1.0 if "_ma_" in name else self._draw.uniform(0, 1, self._shape).round(2))
        return {
            "block_h": 1.0,
            "volume_max_mw": self._number(0.5, 3),
            "missed_penalty_eur_per_mwh": self._money(0, 300),
            f"energy_price_{direction}_eur_per_mwh": self._price(name, self._draw.uniform(-300, 600, self._shape)),
            f"activation_{direction}_per_unit": self._named(f"{name}_called_per_unit", share),
        } | (
            {}
            if "_ma_" in name
            else {
                "capacity_price_eur_per_mw_h": self._money(0, 20),
                "shortfall_penalty_eur_per_mw_h": self._money(1, 60),
            }
        )

    def _provide(self, components: dict[str, dict[str, Any]], products: dict[str, dict[str, Any]]) -> None:
        called = [name for name in products if name.startswith("fr_")]
        for name, spec in components.items():
            if name.startswith(("battery_power", "pump", "chp")) and called:
                spec["provides"] = [product for product in called if self._chance(0.7)]
