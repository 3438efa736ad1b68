"""Random units with part load: electrolyser, fuel cell, boiler, absorption chiller."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Nodes of the reference port, of other inputs, of other outputs; the reference is an input where it comes first.
_UNITS: dict[str, tuple[str, bool, tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]] = {
    "electrolyser": ("power", False, (), (("h2", 0.6), ("warm", 0.2))),
    "fuel_cell": ("power", True, (("h2", 2.0),), (("warm", 0.6),)),
    "boiler": ("warm", True, (("fuel", 1.1),), ()),
    "absorption_chiller": ("cool", True, (("warm", 1.4), ("power", 0.03)), ()),
}


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """Add one or two units to a mapping as in instance.yaml, and the series that they need."""
    for kind in generator.choice(list(_UNITS), size=int(generator.integers(1, 3)), replace=False):
        name = f"part_load_{kind}"
        site["components"][name] = _unit(str(kind), name, series, generator, periods)


def _unit(
    kind: str, name: str, series: dict[str, list[float]], generator: np.random.Generator, periods: int
) -> dict[str, Any]:
    reference, is_output, inputs, outputs = _UNITS[kind]
    points, can_be_off = int(generator.integers(2, 5)), bool(generator.random() < 0.7)
    flow = np.cumsum(generator.uniform(0.3, 1.0, points)).round(3)
    if not can_be_off:
        flow = (flow - flow[0]).round(3)
    own = {"node": reference, "flow_mw": flow.tolist()}
    unit: dict[str, Any] = {
        "type": "part_load_converter",
        "reference": reference,
        "inputs": [_port(node, ratio, flow, generator) for node, ratio in inputs],
        "outputs": [_port(node, ratio, flow, generator) for node, ratio in outputs],
        "cost_eur_per_mwh": round(float(generator.uniform(0, 5)), 2),
    }
    unit["outputs" if is_output else "inputs"].append(own)
    if generator.random() < 0.3:
        unit["energy_ramp_mw_per_min"] = round(float(flow[-1] * generator.uniform(0.2, 0.9)) / 60, 5)
    if generator.random() < 0.3:
        shares = generator.choice([0.0, 0.3, 0.6, 1.0, 1.0], periods)
        series[f"{name}_available_per_unit"] = shares.tolist()
        unit["available_per_unit"] = f"{name}_available_per_unit"
    if reference == "power" and generator.random() < 0.6:
        unit["provides"] = ["fr_mfrr_up", "fr_afrr_down"]
    return unit | (_starts(flow, generator) if can_be_off else {})


def _port(node: str, ratio: float, flow: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    """Flows that rise by a ratio of its own from point to point; straight now and then.

    No ratio is so far off that a unit would give more energy than it takes.
    """
    ratios = ratio * (generator.uniform(0.85, 1.15, len(flow)) if generator.random() < 0.8 else np.ones(len(flow)))
    own = np.cumsum(ratios * np.diff(flow, prepend=0.0))
    return {"node": node, "flow_mw": np.round(own, 4).tolist()}


def _starts(flow: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "minimum_up_h": 1.0,
        "minimum_down_h": 1.0,
        "start_cost_eur": round(float(generator.uniform(1, 30)), 1),
        "starts_max_per_day": int(generator.integers(1, 4)),
        "start_power_max_mw": round(float(generator.uniform(flow[0], flow[-1])), 4),
        "stop_power_max_mw": round(float(generator.uniform(flow[0], flow[-1])), 4),
        "initial_on": bool(generator.random() < 0.5),
    }
    return {key: value for key, value in fields.items() if generator.random() < 0.3}
