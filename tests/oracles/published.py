"""Sites with a published optimum, read from the data folder and built with the project's component types.

The sources are examples of oemof.solph 0.6.5 (``examples/simple_dispatch``, ``examples/storage_investment``), MIT
licence; their inputs stand in the data folder, and their parameters here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from oracles.sites import OracleSite

#: Wider than any flow: what the examples leave unlimited.
OPEN_MW = 1e5


def simple_dispatch(folder: Path) -> OracleSite:
    """Four power plants, a CHP and a heat pump for a year of hours; nothing of it is a decision over time."""
    data = _table(folder / "oemof_simple_dispatch_input.csv.gz")
    series = {
        "wind": 66.3 * data["wind"],
        "pv": 65.3 * data["pv"],
        "power_demand": 85.0 * data["demand_el"],
        "heat_demand": 40.0 * data["demand_th"],
    }
    plants = {
        "coal": (20.2, 25.0, 0.39),
        "lignite": (11.8, 19.0, 0.41),
        "gas": (41.0, 40.0, 0.50),
        "oil": (5.0, 50.0, 0.28),
    }
    components: dict[str, dict[str, Any]] = {
        # fuel costs nothing there: costs are per MWh of power
        "mains": {"type": "grid_connection", "node": "fuel", "import_max_mw": None},
        "excess": _outlet("power"),
        "wind": _weather("wind"),
        "pv": _weather("pv"),
        "demand_el": {"type": "demand", "node": "power", "demand_mw": "power_demand"},
        "demand_th": {"type": "demand", "node": "warmth", "demand_mw": "heat_demand"},
        **{name: _plant(*of_plant) for name, of_plant in plants.items()},
        "chp": {
            **_plant(30.0, 42.0, 0.3),
            "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 0.4 / 0.3}],
        },
        # a third of its heat is electricity, the rest comes from the surroundings
        "heat_pump": {
            "type": "converter",
            "reference": "warmth",
            "power_max_mw": 10.0,
            "inputs": [{"node": "power", "ratio_per_unit": 1 / 3}],
            "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
        },
    }
    return _site({"power": "electricity", "warmth": "heat", "fuel": "gas"}, components, series)


def storage_investment(
    folder: Path, *, wind_mw: float, pv_mw: float, storage_mwh: float, gas_mwh: float | None
) -> OracleSite:
    """Wind, PV, a gas plant and a storage with these capacities; gas at a price, or a stock of it for the year.

    The examples count kW and EUR/kWh. A storage there pays for what it charges, 0.1 EUR/MWh, and all of it is
    discharged with an efficiency of 0.8 within the year: 0.125 EUR per MWh discharged.
    """
    data = _table(folder / "oemof_storage_investment_input.csv.gz")
    series = {
        "wind": wind_mw * data["wind"],
        "pv": pv_mw * data["pv"],
        "power_demand": data["demand_el"] / 1000.0,
    }
    components: dict[str, dict[str, Any]] = {
        "excess": _outlet("power"),
        "demand": {"type": "demand", "node": "power", "demand_mw": "power_demand"},
        "gas_plant": _plant(OPEN_MW, 0.0, 0.58),
    }
    components |= {name: _weather(name) for name, power in (("wind", wind_mw), ("pv", pv_mw)) if power}
    if gas_mwh is None:
        components["mains"] = {
            "type": "grid_connection",
            "node": "fuel",
            "import_max_mw": None,
            "import_price_eur_per_mwh": 40.0,
        }
    else:
        components["gas_stock"] = {
            "type": "storage",
            "node": "fuel",
            "energy_max_mwh": gas_mwh,
            "charge_max_mw": 0.0,
            "discharge_max_mw": OPEN_MW,
            "initial_mwh": gas_mwh,
            "terminal_mwh": 0.0,
        }
    if storage_mwh:
        components["storage"] = {
            "type": "storage",
            "node": "power",
            "energy_max_mwh": storage_mwh,
            "charge_max_mw": storage_mwh / 6,
            "discharge_max_mw": storage_mwh / 6,
            "discharge_efficiency_per_unit": 0.8,
            "initial_mwh": 0.0,
            "throughput_cost_eur_per_mwh": 0.125,
        }
    return _site({"power": "electricity", "fuel": "gas"}, components, series)


def annuity(investment_eur: float, years: int, rate: float) -> float:
    """What an investment costs a year."""
    growth = (1.0 + rate) ** years
    return investment_eur * rate * growth / (growth - 1.0)


def _table(file: Path) -> pd.DataFrame:
    return pd.read_csv(file)


def _site(nodes: dict[str, str], components: dict[str, dict[str, Any]], series: dict[str, Any]) -> OracleSite:
    numbers = {name: [float(x) for x in values] for name, values in series.items()}
    return OracleSite(nodes, components, numbers, periods=len(numbers["power_demand"]), period_h=1.0)


def _plant(power_mw: float, cost: float, efficiency: float) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": power_mw,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1 / efficiency}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "cost_eur_per_mwh": cost,
    }


def _weather(series: str) -> dict[str, Any]:
    return {"type": "source", "node": "power", "available_mw": series, "curtailable": False}


def _outlet(node: str) -> dict[str, Any]:
    """Surplus leaves at no price."""
    return {"type": "grid_connection", "node": node, "import_max_mw": 0.0, "export_max_mw": OPEN_MW}
