"""Sites written as dictionaries, for tests whose optimum is known by hand.

The extensive form is put together and solved here with SciPy, apart from the project's own solve layer, so that these
tests judge the algebra alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr
import yaml
from scipy.optimize import Bounds, LinearConstraint, milp

from mes_stoch.model.site_program import SiteProgram, build_program
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree

CARRIERS = {"power": "electricity", "warmth": "heat", "cold": "cooling", "fuel": "gas"}


def catalogue() -> dict[str, dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for entry in files("mes_stoch.schema").joinpath("catalogue").iterdir():
        merged |= yaml.safe_load(entry.read_text(encoding="utf-8"))
    return merged


def grid(**fields: Any) -> dict[str, Any]:
    return {"type": "grid_connection", "node": "power", "import_max_mw": 100.0, "export_max_mw": 100.0, **fields}


def mains(price: float | str = 30.0) -> dict[str, Any]:
    return {
        "type": "grid_connection",
        "node": "fuel",
        "import_max_mw": None,
        "import_price_eur_per_mwh": price,
    }


def engine(**fields: Any) -> dict[str, Any]:
    """A unit of 2 MW, on with 1 MW at least, that makes a MWh of power of a MWh of fuel."""
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        **fields,
    }


def make_instance(
    components: Mapping[str, Mapping[str, Any]],
    products: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    periods: int = 1,
    period_h: float = 1.0,
    first_period_h: float | None = None,
    start: str = "2025-01-15T00:00",
    nodes: Mapping[str, Mapping[str, Any]] | None = None,
    bids: Mapping[str, bool] | None = None,
) -> Instance:
    used = {spec.get("node") for spec in components.values()} | {spec.get("reference") for spec in components.values()}
    for spec in components.values():
        used |= {port["node"] for port in [*spec.get("inputs", []), *spec.get("outputs", [])]}
        used |= {node for key, node in spec.items() if key.endswith("_node")}
    known: dict[str, dict[str, Any]] = {name: {"carrier": carrier} for name, carrier in CARRIERS.items()}
    for name, fields in (nodes or {}).items():
        known[name] = {**known.get(name, {}), **fields}
    all_nodes = {name: fields for name, fields in known.items() if name in used}
    defaults = catalogue()
    merged = {}
    for product_id, fields in (products or {}).items():
        merged[product_id] = {**defaults[product_id], **fields}
        if merged[product_id]["family"] != "imbalance":
            merged[product_id].setdefault("connection", "grid")
    return Instance.model_validate(
        {
            "format": 1,
            "name": "by_hand",
            "horizon": {
                "start": start,
                "period_h": period_h,
                "first_period_h": first_period_h,
                "periods": periods,
            },
            "carriers": sorted(set(CARRIERS.values())),
            "nodes": all_nodes,
            "components": {name: dict(spec) for name, spec in components.items()},
            "products": merged,
            "bids": dict(bids or {"minimum": False, "steps": False}),
            "uncertainty": {"kind": "explicit"},
        }
    )


def period_starts(horizon: dict[str, Any]) -> pd.DatetimeIndex:
    """Start of each period of a horizon as written."""
    zone, period_h = horizon.get("timezone", "Europe/Paris"), float(horizon["period_h"])
    first_h = float(horizon.get("first_period_h") or period_h)
    hours = np.maximum(np.arange(horizon["periods"]) * period_h - (period_h - first_h), 0.0)
    start = pd.Timestamp(horizon["start"]).tz_localize(zone).tz_convert("UTC")
    return pd.DatetimeIndex(start + pd.to_timedelta(np.round(hours * 3600), unit="s")).tz_convert(zone)


def make_tree(
    instance: Instance, series: Mapping[str, Any] | None = None, probabilities: Sequence[float] = (1.0,)
) -> ScenarioTree:
    """Series as a number, a list over periods, or a list of lists over scenarios and periods."""
    periods, count = instance.horizon.periods, len(probabilities)
    time = period_starts(instance.horizon.model_dump())
    data = {
        name: (("scenario", "time"), np.broadcast_to(np.asarray(values, dtype=float), (count, periods)).copy())
        for name, values in (series or {}).items()
    }
    names = [f"s{k}" for k in range(count)]
    return ScenarioTree(
        xr.Dataset(
            data,
            coords={
                "time": time.tz_convert("UTC").tz_localize(None),
                "scenario": names,
                "probability": ("scenario", np.asarray(probabilities, dtype=float)),
                "day_ahead_node": ("scenario", [f"root/{name}" for name in names]),
                "leaf": ("scenario", [f"root/{name}/r0" for name in names]),
            },
            attrs={"timezone": instance.horizon.timezone, "period_h": instance.horizon.period_h},
        )
    )


@dataclass
class Optimum:
    """Optimal expected profit, EUR, and where it comes from."""

    program: SiteProgram
    profit: float
    values: list[np.ndarray]

    def stream(self, name: str) -> float:
        return float(
            sum(
                p * self.program.profit_streams(s, x)[name]
                for s, (p, x) in enumerate(zip(self.program.probabilities, self.values, strict=True))
            )
        )

    def variable(self, name: str, scenario: int = 0) -> np.ndarray:
        family = next(f for f in self.program.column_groups if f.name == name)
        return self.values[scenario][family.positions]


def optimum(
    instance: Instance,
    series: Mapping[str, Any] | None = None,
    probabilities: Sequence[float] = (1.0,),
    *,
    fixed: Mapping[str, float | Sequence[float]] | None = None,
    drop: Sequence[str] = (),
) -> Optimum:
    """Solve the extensive form with SciPy.

    Parameters
    ----------
    fixed : mapping
        Variable families held at a value.
    drop : sequence of str
        Row families left out, to see what a constraint costs; a star at the end stands for any ending.
    """
    program = build_program(instance, make_tree(instance, series, probabilities))
    scenarios = [program.scenario(s) for s in range(len(probabilities))]
    columns = len(scenarios[0].cost)
    names = [f.name for f in program.row_groups]
    dropped = {int(r) for f in program.row_groups for r in f.positions if any(fnmatchcase(f.name, d) for d in drop)}
    unknown = {d for d in drop if not any(fnmatchcase(name, d) for name in names)}
    if unknown:
        raise KeyError(f"no such rows: {sorted(unknown)}; there are {names}")
    keep = np.asarray([r for r in range(scenarios[0].matrix.shape[0]) if r not in dropped])
    lower = np.concatenate([s.column_lower for s in scenarios])
    upper = np.concatenate([s.column_upper for s in scenarios])
    for name, value in (fixed or {}).items():
        family = next(f for f in program.column_groups if f.name == name)
        for k in range(len(scenarios)):
            lower[k * columns + family.positions] = value
            upper[k * columns + family.positions] = value
    shared = program.root.columns
    ties = sp.lil_array(((len(scenarios) - 1) * len(shared), columns * len(scenarios)))
    for k in range(1, len(scenarios)):
        for j, column in enumerate(shared):
            ties[(k - 1) * len(shared) + j, column] = 1.0
            ties[(k - 1) * len(shared) + j, k * columns + column] = -1.0
    blocks = sp.block_diag([s.matrix.tocsr()[keep] for s in scenarios])
    zeros = np.zeros(ties.shape[0])
    result = milp(
        np.concatenate([p * s.cost for p, s in zip(probabilities, scenarios, strict=True)]),
        integrality=np.concatenate([s.integer for s in scenarios]).astype(int),
        bounds=Bounds(lower, upper),
        constraints=[
            LinearConstraint(
                blocks.tocsc(),
                np.concatenate([s.row_lower[keep] for s in scenarios]),
                np.concatenate([s.row_upper[keep] for s in scenarios]),
            ),
            LinearConstraint(ties.tocsc(), zeros, zeros),
        ],
        options={"mip_rel_gap": 0.0},
    )
    if result.x is None:
        raise RuntimeError(result.message)
    offset = float(sum(p * s.offset for p, s in zip(probabilities, scenarios, strict=True)))
    split = [result.x[k * columns : (k + 1) * columns] for k in range(len(scenarios))]
    return Optimum(program, -(float(result.fun) + offset), split)
