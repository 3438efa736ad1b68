"""Calliope's urban-scale example: three city districts with a CHP, boilers, PV, power lines and a heat network.

Calliope 0.7.0.dev7, Apache-2.0 licence; its parameters stand here, in kW and EUR/kWh as there, and its series are read
from the data folder.

:func:`site` is the operation with given capacities, from the project's component types; :func:`fixed_cost` is what is
then no decision any more: annuities, annual payments and the payment for what PV gives, which cannot be curtailed.
Which capacities are optimal is said by :mod:`oracles.urban_scale_investment`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from oracles.published import annuity
from oracles.sites import OracleSite

#: Share of a year that a day is, which annual costs are multiplied by.
DAY = 24 / 8760
#: Of an investment over 25 years at 10 %, for that day.
RATE = DAY * annuity(1.0, 25, 0.10)

GAS, POWER = 0.025, 0.1
CHP_EFFICIENCY, HEAT_TO_POWER, CHP_COST = 0.405, 0.8, 0.004
BOILER_EFFICIENCY, BOILER_COST = 0.85, 0.004
INVERTER, AREA_PER_KW = 0.85, 7.0
LINE_EFFICIENCY, PIPE_EFFICIENCY_PER_DISTANCE = 0.98, 0.975
#: EUR/kWh that PV at X2 receives: for what it generates, and for what of it is exported.
GENERATED, EXPORTED = 0.0203, 0.0491
#: EUR/kW a year that PV at X3 receives.
RECEIVED_PER_YEAR = 80.5

#: From, to, distance.
LINES = {"X1_to_X2": ("X1", "X2", 10), "X1_to_X3": ("X1", "X3", 5)}
PIPES = {"X1_to_N1": ("X1", "N1", 3), "N1_to_X2": ("N1", "X2", 3), "N1_to_X3": ("N1", "X3", 4)}
AREAS = {"X1": 500.0, "X2": 1300.0, "X3": 900.0}
PV_MAX = {"X1": 250.0, "X2": 250.0, "X3": 50.0}
CAPACITY_MAX = 2000.0
BOILER_MAX, CHP_MAX, CHP_UNIT, CHP_UNITS_MAX, CHP_LEAST = 600.0, 1500.0, 300.0, 4, 0.2

#: Investment, EUR/kW.
PRICES = {
    "grid": 100.0,
    "gas_X1": 1.0,
    "gas_X2": 1.0,
    "gas_X3": 1.0,
    "chp": 750.0,
    "boiler_X2": 43.1,
    "boiler_X3": 78.0,
    **{f"pv_{node}": 1350.0 for node in AREAS},
    **{name: 0.01 * distance for name, (_, _, distance) in LINES.items()},
    **{name: 0.3 * distance for name, (_, _, distance) in PIPES.items()},
}
#: What differs in the variant with binaries: the price of a unit whatever its size, too.
#: The prices of boilers are those of their nodes in both variants.
UNIT_PRICES = PRICES | {"chp": 700.0}
PURCHASES = {"chp": 40000.0, "boiler_X2": 2000.0, "boiler_X3": 2000.0}


@dataclass(frozen=True)
class Day:
    """Series of one day, kW, EUR/kWh, kW/m2."""

    power: dict[str, Any]
    heat: dict[str, Any]
    sun: Any
    export: Any


def read(folder: Path, date: str) -> Day:
    demand = pd.read_csv(folder / "calliope_urban_scale_demand.csv.gz", header=[0, 1], index_col=0)
    sun = pd.read_csv(folder / "calliope_urban_scale_pv_resource.csv.gz", header=[0, 1], index_col=0)
    export = pd.read_csv(folder / "calliope_urban_scale_export_power.csv.gz", index_col=0)
    demand, sun, export = (table.loc[table.index.str.startswith(date)].astype(float) for table in (demand, sun, export))
    if not len(demand) == len(sun) == len(export) == 24:
        raise ValueError(f"{date}: {len(demand)}, {len(sun)} and {len(export)} hours instead of 24")
    return Day(
        {node: demand["demand_electricity"][node].to_numpy() for node in AREAS},
        {node: demand["demand_heat"][node].to_numpy() for node in AREAS},
        sun.xs("per_area", axis=1, level=1).iloc[:, 0].to_numpy(),
        # a cost there, a price here
        -export["X1"].to_numpy(),
    )


def efficiency(name: str) -> float:
    """What arrives of what a line or a pipe takes."""
    return LINE_EFFICIENCY if name in LINES else float(PIPE_EFFICIENCY_PER_DISTANCE ** PIPES[name][2])


def fixed_cost(day: Day, capacities: dict[str, float], *, with_units: bool = False) -> float:
    """What the day costs whatever is decided in it, EUR: annuities less payments for PV that is there."""
    prices = UNIT_PRICES if with_units else PRICES
    found = RATE * sum(prices[name] * size for name, size in capacities.items())
    if with_units:
        found += RATE * sum(
            math.ceil(capacities[name] / (CHP_UNIT if name == "chp" else BOILER_MAX)) * price
            for name, price in PURCHASES.items()
            if name in capacities
        )
    found -= DAY * RECEIVED_PER_YEAR * capacities.get("pv_X3", 0.0)
    return float(found - GENERATED * generated_kw(day, capacities.get("pv_X2", 0.0)).sum())


def generated_kw(day: Day, size: float) -> Any:
    return day.sun * AREA_PER_KW * INVERTER * size


def site(day: Day, capacities: dict[str, float], *, with_units: bool = False) -> OracleSite:
    """The operation of the day, MW; what has no capacity is left out.

    CHP and PV have nodes of their own, as only what they give can be exported. There is nothing to be paid for
    generation here: it is in :func:`fixed_cost`.
    """
    components: dict[str, dict[str, Any]] = {}
    nodes: dict[str, str] = {"N1_heat": "heat"}
    series: dict[str, Any] = {"chp_export": 1000.0 * day.export}
    for node in AREAS:
        nodes |= {f"{node}_{suffix}": carrier for suffix, carrier in _CARRIERS.items()}
        for suffix, demand in (("power", day.power), ("heat", day.heat)):
            series[f"{node}_{suffix}"] = demand[node] / 1000.0
            components[f"{node}_{suffix}_demand"] = {
                "type": "demand",
                "node": f"{node}_{suffix}",
                "demand_mw": f"{node}_{suffix}",
            }
    for name, size in capacities.items():
        own = name[-2:]
        if name.startswith("gas_") or name == "grid":
            node, price = ("X1_power", POWER) if name == "grid" else (f"{own}_gas", GAS)
            components[name] = _supply(node, size, price)
        elif name.startswith("boiler_"):
            components[name] = _boiler(own, size)
        elif name.startswith("pv_"):
            series[name] = generated_kw(day, size) / 1000.0
            nodes[f"{name}_power"] = "electricity"
            components[name] = {
                "type": "source",
                "node": f"{name}_power",
                "available_mw": name,
                "curtailable": False,
            }
            components |= _own_connection(name, own, PV_MAX[own], 1000.0 * EXPORTED if own == "X2" else 0.0)
        elif name == "chp":
            nodes["chp_power"] = "electricity"
            components[name] = _chp(size, CHP_LEAST if with_units else 0.0)
            components |= _own_connection(name, "X1", size, "chp_export")
        elif name in LINES or with_units:
            components[name] = _link(name, size)
        else:
            nodes[name] = "heat"
            components |= _pipe(name, size)
    return OracleSite(nodes, components, {name: [float(x) for x in values] for name, values in series.items()}, 24, 1.0)


_CARRIERS = {"power": "electricity", "heat": "heat", "gas": "gas"}


def _supply(node: str, size: float, price: float) -> dict[str, Any]:
    return {
        "type": "grid_connection",
        "node": node,
        "import_max_mw": size / 1000.0,
        "import_price_eur_per_mwh": 1000.0 * price,
    }


def _own_connection(name: str, node: str, size: float, price: float | str) -> dict[str, dict[str, Any]]:
    """What a plant gives is exported or used."""
    return {
        f"{name}_export": {
            "type": "grid_connection",
            "node": f"{name}_power",
            "import_max_mw": 0.0,
            "export_max_mw": size / 1000.0,
            "export_price_eur_per_mwh": price,
        },
        f"{name}_use": {
            "type": "link",
            "from_node": f"{name}_power",
            "to_node": f"{node}_power",
            "power_max_mw": size / 1000.0,
        },
    }


def _boiler(node: str, size: float) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": f"{node}_heat",
        "power_max_mw": size / 1000.0,
        "inputs": [{"node": f"{node}_gas", "ratio_per_unit": 1.0 / BOILER_EFFICIENCY}],
        "outputs": [{"node": f"{node}_heat", "ratio_per_unit": 1.0}],
        # a cost of what it takes there
        "cost_eur_per_mwh": 1000.0 * BOILER_COST / BOILER_EFFICIENCY,
    }


def _chp(size: float, least: float) -> dict[str, Any]:
    powers = [least * size / 1000.0, size / 1000.0]
    return {
        "type": "chp",
        "fuel_node": "X1_gas",
        "power_node": "chp_power",
        "heat_node": "X1_heat",
        "points": [
            {"power_mw": power, "heat_mw": HEAT_TO_POWER * power, "fuel_mw": power / CHP_EFFICIENCY} for power in powers
        ],
        "cost_eur_per_mwh": 1000.0 * CHP_COST,
    }


def _link(name: str, size: float) -> dict[str, Any]:
    """One way at a time, as ``force_async_flow`` says there for pipes; of a line both ways at once would only cost."""
    suffix = "power" if name in LINES else "heat"
    start, end, _ = (LINES | PIPES)[name]
    return {
        "type": "link",
        "from_node": f"{start}_{suffix}",
        "to_node": f"{end}_{suffix}",
        "power_max_mw": size / 1000.0,
        "power_back_max_mw": size / 1000.0,
        "loss_per_unit": 1.0 - efficiency(name),
    }


def _pipe(name: str, size: float) -> dict[str, dict[str, Any]]:
    """A pipe without ``force_async_flow``: each end may give and take at once, and what both take has been lost of.

    Calliope has one balance for a link, so that a pipe is a node there, and both ends have a way into it and out of it,
    each of which carries up to the capacity at that end.
    """
    found: dict[str, dict[str, Any]] = {}
    for end in PIPES[name][:2]:
        node, share = f"{end}_heat", efficiency(name)
        into = {"type": "link", "from_node": node, "to_node": name, "power_max_mw": size / 1000.0}
        out = {
            "type": "link",
            "from_node": name,
            "to_node": node,
            "power_max_mw": size / 1000.0 / share,
            "loss_per_unit": 1.0 - share,
        }
        found |= {f"{name}_from_{end}": into, f"{name}_to_{end}": out}
    return found
