"""Three sites with series drawn from a seed, in the words of the instance format, for every tool to build in its own.

``heat_and_power``: gas engine with minimum load and start costs, boiler, heat pump, heat store with losses, battery,
tariffs that vary. ``hydrogen_and_cooling``: electrolyser, tank, chiller, cold store, PV. ``part_load``: the same with
efficiencies that change with the load, piecewise.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

Series = dict[str, list[float]]

#: Relative gap to which every tool solves, well below what optima may differ by.
GAP = 1e-8

MAINS: dict[str, Any] = {"type": "grid_connection", "import_max_mw": 60.0}


@dataclass(frozen=True)
class OracleSite:
    """What is built; ``series`` are numbers by period under the names that components use."""

    nodes: dict[str, str]
    components: dict[str, dict[str, Any]]
    series: Series
    periods: int
    period_h: float

    def document(self) -> dict[str, Any]:
        """Everything as plain values, for a tool in another environment."""
        return asdict(self)

    def values(self, quantity: float | str) -> list[float]:
        """A number or a series as numbers by period."""
        return list(self.series[quantity]) if isinstance(quantity, str) else [float(quantity)] * self.periods


def heat_and_power(seed: int, periods: int = 96, period_h: float = 0.25) -> OracleSite:
    """An engine, a boiler, a heat pump, a heat store and a battery behind a connection with tariffs."""
    generator = np.random.default_rng([seed, 1])
    hour = np.arange(periods) * period_h
    price = _price(generator, hour)
    cold = 1.0 + 0.3 * np.cos(2 * np.pi * (hour - 4) / 24)
    series = {
        "buy": price + 12.0,
        "sell": price - 3.0,
        "power_demand": 4.0 + 2.0 * np.sin(np.pi * hour / 24) ** 2 + generator.uniform(0, 1, periods),
        "heat_demand": 5.0 * cold + generator.uniform(0, 1.5, periods),
        "cop": 3.4 - 0.5 * cold,
    }
    components: dict[str, dict[str, Any]] = {
        "grid": _grid("power", "buy", "sell", 20.0),
        "mains": {**MAINS, "node": "fuel", "import_price_eur_per_mwh": 32.0},
        # surplus heat leaves at no price, so that no store is worth running both ways at once
        "cooler": {"type": "grid_connection", "node": "warmth", "import_max_mw": 0.0, "export_max_mw": 8.0},
        "engine": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 4.0,
            "power_min_mw": 2.0,
            "start_cost_eur": 90.0,
            "initial_on": False,
            "inputs": [{"node": "fuel", "ratio_per_unit": 2.4}],
            "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.1}],
            "cost_eur_per_mwh": 6.0,
        },
        "boiler": _converter("warmth", 10.0, ("fuel", 1 / 0.92), ("warmth", 1.0), cost=1.0),
        "pump": _converter("power", 1.2, ("power", 1.0), ("warmth", "cop"), cost=2.0),
        "heat_store": _store("warmth", 15.0, 5.0, 6.0, loss=0.01, charge=0.98, discharge=0.97, least=1.0, initial=6.0),
        "battery": _store("power", 6.0, 3.0, 3.0, loss=0.001, charge=0.95, discharge=0.94, initial=2.0, wear=4.0),
        "lights": {"type": "demand", "node": "power", "demand_mw": "power_demand"},
        "heating": {"type": "demand", "node": "warmth", "demand_mw": "heat_demand"},
    }
    nodes = {"power": "electricity", "warmth": "heat", "fuel": "gas"}
    return OracleSite(nodes, components, _lists(series), periods, period_h)


def hydrogen_and_cooling(seed: int, periods: int = 24, period_h: float = 1.0) -> OracleSite:
    """An electrolyser with a minimum load, a tank, a chiller, a cold store and PV."""
    generator = np.random.default_rng([seed, 2])
    hour = np.arange(periods) * period_h
    price = _price(generator, hour)
    sun = np.clip(np.sin(np.pi * (hour % 24 - 6) / 12), 0.0, None)
    series = {
        "buy": price + 10.0,
        "sell": price - 5.0,
        "pv": 9.0 * sun * generator.uniform(0.4, 1.0, periods),
        "power_demand": 2.0 + generator.uniform(0, 1, periods),
        "hydrogen_demand": 1.0 + generator.uniform(0, 0.6, periods),
        "cooling_demand": 2.0 + 3.0 * sun + generator.uniform(0, 0.5, periods),
        "eer": 4.0 - 0.8 * sun,
    }
    components: dict[str, dict[str, Any]] = {
        "grid": _grid("power", "buy", "sell", 15.0),
        "sun": {"type": "source", "node": "power", "available_mw": "pv", "cost_eur_per_mwh": 1.0},
        "electrolyser": {
            **_converter("power", 5.0, ("power", 1.0), ("hydrogen", 0.64), cost=3.0),
            "power_min_mw": 1.0,
            "start_cost_eur": 25.0,
            "initial_on": False,
        },
        "chiller": _converter("power", 1.6, ("power", 1.0), ("cold", "eer"), cost=0.5),
        "tank": _store("hydrogen", 12.0, 3.0, 3.0, charge=0.96, initial=3.0),
        "cold_store": _store("cold", 8.0, 3.0, 3.0, loss=0.02, charge=0.95, discharge=0.95, initial=2.0),
        "lights": {"type": "demand", "node": "power", "demand_mw": "power_demand"},
        "filling": {"type": "demand", "node": "hydrogen", "demand_mw": "hydrogen_demand"},
        "cooling": {"type": "demand", "node": "cold", "demand_mw": "cooling_demand"},
    }
    nodes = {"power": "electricity", "hydrogen": "hydrogen", "cold": "cooling"}
    return OracleSite(nodes, components, _lists(series), periods, period_h)


def part_load(seed: int, periods: int = 24, period_h: float = 1.0) -> OracleSite:
    """As ``hydrogen_and_cooling``, with an electrolyser and a chiller that are on curves.

    That of the electrolyser is concave while it is on. The chiller is not: its second compressor starts badly.
    """
    site = hydrogen_and_cooling(seed, periods, period_h)
    curves = {
        "electrolyser": _on_curve(
            ("power", [1.0, 2.0, 3.5, 5.0]), ("hydrogen", [0.62, 1.38, 2.38, 3.2]), cost=3.0, start=25.0
        ),
        "chiller": _on_curve(("power", [0.25, 0.8, 1.0, 1.6]), ("cold", [0.8, 3.6, 4.0, 6.6]), cost=0.5, start=2.0),
    }
    series = {name: values for name, values in site.series.items() if name != "eer"}
    return replace(site, components=site.components | curves, series=series)


def coming_back(site: OracleSite) -> OracleSite:
    """The same site with stores whose level at the start is decided, and comes back."""
    stores = {name: spec for name, spec in site.components.items() if spec["type"] == "storage"}
    free = {name: {**spec, "initial_mwh": "cyclic"} for name, spec in stores.items()}
    return replace(site, components=site.components | free)


SITES = {"heat_and_power": heat_and_power, "hydrogen_and_cooling": hydrogen_and_cooling, "part_load": part_load}


def _price(generator: np.random.Generator, hour: Any) -> Any:
    """Two peaks a day and noise; high enough that tariffs stay above 0."""
    shape = 70.0 + 35.0 * np.cos(2 * np.pi * (hour - 19) / 24) + 20.0 * np.cos(2 * np.pi * (hour - 8) / 12)
    return np.clip(shape + generator.normal(0, 15, len(hour)), 8.0, None)


def _lists(series: dict[str, Any]) -> Series:
    # rounded, so that all tools read the same numbers from a file
    return {name: [round(float(x), 6) for x in values] for name, values in series.items()}


def _grid(node: str, buy: str, sell: str, limit_mw: float) -> dict[str, Any]:
    return {
        "type": "grid_connection",
        "node": node,
        "import_max_mw": limit_mw,
        "export_max_mw": limit_mw,
        "import_price_eur_per_mwh": buy,
        "export_price_eur_per_mwh": sell,
    }


def _converter(
    reference: str, power_mw: float, taken: tuple[str, Any], given: tuple[str, Any], *, cost: float
) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": reference,
        "power_max_mw": power_mw,
        "inputs": [{"node": taken[0], "ratio_per_unit": taken[1]}],
        "outputs": [{"node": given[0], "ratio_per_unit": given[1]}],
        "cost_eur_per_mwh": cost,
    }


def _on_curve(
    taken: tuple[str, list[float]], given: tuple[str, list[float]], *, cost: float, start: float
) -> dict[str, Any]:
    return {
        "type": "part_load_converter",
        "reference": taken[0],
        "inputs": [{"node": taken[0], "flow_mw": taken[1]}],
        "outputs": [{"node": given[0], "flow_mw": given[1]}],
        "cost_eur_per_mwh": cost,
        "start_cost_eur": start,
        "initial_on": False,
    }


def _store(
    node: str,
    energy_mwh: float,
    charge_mw: float,
    discharge_mw: float,
    *,
    initial: float,
    loss: float = 0.0,
    charge: float = 1.0,
    discharge: float = 1.0,
    least: float = 0.0,
    wear: float = 0.0,
) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": node,
        "energy_max_mwh": energy_mwh,
        "energy_min_mwh": least,
        "charge_max_mw": charge_mw,
        "discharge_max_mw": discharge_mw,
        "charge_efficiency_per_unit": charge,
        "discharge_efficiency_per_unit": discharge,
        "standing_loss_per_h": loss,
        "initial_mwh": initial,
        "throughput_cost_eur_per_mwh": wear,
    }
