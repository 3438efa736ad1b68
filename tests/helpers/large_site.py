"""A site of 40 components at 15 nodes over a week of quarter-hours, as a folder: what reading and building it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

COMPONENTS, NODES, PERIODS, PERIOD_H = 40, 15, 672, 0.25
#: A building: its nodes, by carrier.
PLACES = ("north", "south", "east", "west")


def write_large_site(folder: Path, scenarios: int = 1, periods: int = PERIODS) -> Path:
    """Four buildings with power, heat and cooling of their own, a gas main, hydrogen, and a grid that trades."""
    generator = np.random.default_rng(7)
    components = _components()
    nodes = {"power": "electricity", "fuel": "gas", "h2": "hydrogen"}
    for place in PLACES:
        nodes |= {f"{place}_power": "electricity", f"{place}_heat": "heat", f"{place}_cold": "cooling"}
    assert (len(components), len(nodes)) == (COMPONENTS, NODES)
    document = {
        "format": 1,
        "name": "large_site",
        "horizon": {"start": "2025-01-13T00:00", "period_h": PERIOD_H, "periods": periods},
        "carriers": sorted(set(nodes.values())),
        "nodes": {name: {"carrier": carrier} for name, carrier in nodes.items()},
        "components": components,
        "products": {
            "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 0.25},
            "imbalance": {"price_long_eur_per_mwh": 0, "price_short_eur_per_mwh": 400, "settlement_period_h": 0.25},
            "fr_afrr_up": {
                "volume_max_mw": 4,
                "capacity_price_eur_per_mw_h": 12,
                "energy_price_up_eur_per_mwh": 150,
                "activation_up_per_unit": 0,
                "shortfall_penalty_eur_per_mw_h": 30,
                "missed_penalty_eur_per_mwh": 200,
            },
        },
        "uncertainty": {"kind": "explicit", "file": "scenarios.csv"},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    _series(generator, scenarios, periods).to_csv(folder / "scenarios.csv", index=False)
    return folder


def _components() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        "grid": {"type": "grid_connection", "node": "power", "import_max_mw": 60, "export_max_mw": 60},
        "mains": {"type": "grid_connection", "node": "fuel", "import_max_mw": None, "import_price_eur_per_mwh": 35},
        "electrolyser": _converter("power", 4.0, ("power", 1.0), ("h2", 0.65)),
        "tank": _storage("h2", 20.0, 4.0),
        "hydrogen": {"type": "demand", "node": "h2", "demand_mw": "hydrogen_mw"},
        "battery": _storage("power", 12.0, 6.0, provides=["fr_afrr_up"]),
        "field": {"type": "source", "node": "power", "available_mw": "field_mw"},
        "turbine": {"type": "source", "node": "power", "available_mw": "wind_mw"},
    }
    for place in PLACES:
        power, heat, cold = (f"{place}_{what}" for what in ("power", "heat", "cold"))
        found |= {
            f"{place}_feeder": _converter(power, 12.0, ("power", 1.01), (power, 1.0)),
            f"{place}_boiler": _converter(heat, 9.0, ("fuel", 1.1), (heat, 1.0)),
            f"{place}_pump": _converter(power, 1.5, (power, 1.0), (heat, "cop_per_unit")),
            f"{place}_chiller": _converter(power, 1.5, (power, 1.0), (cold, 4.0)),
            f"{place}_lights": {"type": "demand", "node": power, "demand_mw": f"{place}_power_mw"},
            f"{place}_heating": {"type": "demand", "node": heat, "demand_mw": f"{place}_heat_mw"},
            f"{place}_cooling": {"type": "demand", "node": cold, "demand_mw": f"{place}_cold_mw"},
            f"{place}_store": _storage(heat, 10.0, 4.0),
        }
    # one unit with states a building would be as many binaries as periods: two of the feeders' boilers have them
    found["north_boiler"] |= {"power_min_mw": 2.0, "start_cost_eur": 30.0, "minimum_up_h": 2.0}
    found["south_boiler"] |= {"power_min_mw": 2.0, "start_cost_eur": 30.0}
    return found


def _converter(
    reference: str, power_mw: float, taken: tuple[str, float], given: tuple[str, float | str]
) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": reference,
        "power_max_mw": power_mw,
        "inputs": [{"node": taken[0], "ratio_per_unit": taken[1]}],
        "outputs": [{"node": given[0], "ratio_per_unit": given[1]}],
        "cost_eur_per_mwh": 1.0,
    }


def _storage(node: str, energy_mwh: float, power_mw: float, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": node,
        "energy_max_mwh": energy_mwh,
        "charge_max_mw": power_mw,
        "discharge_max_mw": power_mw,
        "charge_efficiency_per_unit": 0.96,
        "discharge_efficiency_per_unit": 0.96,
        "standing_loss_per_h": 0.002,
        "initial_mwh": energy_mwh / 2,
        "throughput_cost_eur_per_mwh": 1.0,
        **fields,
    }


def _series(generator: np.random.Generator, scenarios: int, periods: int) -> pd.DataFrame:
    time = pd.date_range("2025-01-13", periods=periods, freq="15min", tz="Europe/Paris")
    hour = np.arange(periods) * PERIOD_H
    sun = np.clip(np.sin(np.pi * (hour % 24 - 6) / 12), 0.0, None)
    frames = []
    for number in range(scenarios):
        columns: dict[str, Any] = {
            "scenario": f"s{number}",
            "time": [moment.isoformat() for moment in time],
            "da_price_eur_per_mwh": 80 + 40 * np.cos(2 * np.pi * (hour - 19) / 24) + generator.normal(0, 10, periods),
            "field_mw": 10 * sun * generator.uniform(0.4, 1.0, periods),
            "wind_mw": generator.uniform(0, 5, periods),
            "hydrogen_mw": generator.uniform(0.2, 1.0, periods),
            "cop_per_unit": 3.0 + 0.5 * sun,
        }
        for place in PLACES:
            columns[f"{place}_power_mw"] = generator.uniform(1, 3, periods)
            columns[f"{place}_heat_mw"] = generator.uniform(2, 6, periods)
            columns[f"{place}_cold_mw"] = generator.uniform(0, 3, periods)
        frames.append(pd.DataFrame(columns).round(4))
    return pd.concat(frames)
