"""Random heat pumps."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """One or two machines of any modes, with COPs of either kind and all limits now and then."""
    for _ in range(int(generator.integers(1, 3))):
        name = f"heat_pump{len(site['components'])}"
        site["components"][name] = _machine(name, series, generator, periods)


def _machine(name: str, series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> dict[str, Any]:
    def now_and_then(share: float = 0.4) -> bool:
        return bool(generator.random() < share)

    power_max = round(float(generator.uniform(0.5, 3.0)), 2)
    spec: dict[str, Any] = {"type": "heat_pump", "power_node": "power", "power_max_mw": power_max}
    use = str(generator.choice(["heat", "cold", "shared", "exclusive", "recovery"]))
    if use != "cold":
        spec["heat_node"] = "warm"
    if use != "heat":
        spec["cooling_node"] = "cool"
    if use not in ("heat", "cold"):
        spec["modes"] = use
    prefixes = ["", "cooling_"] if use in ("shared", "exclusive") and now_and_then() else [""]
    for prefix in prefixes:
        source = f"{name}_{prefix}source_degc"
        series[source] = [round(float(x), 2) for x in generator.uniform(-5.0, 15.0, periods)]
        spec[f"{prefix}source_temperature_degc"] = source
        spec[f"{prefix}sink_temperature_degc"] = round(float(generator.uniform(30.0, 60.0)), 1)
        if prefix or now_and_then(0.6):
            spec[f"{prefix}quality_grade_per_unit"] = round(float(generator.uniform(0.3, 0.6)), 2)
        else:
            spec["cop_by_lift"] = [
                {"lift_k": 10.0, "cop_per_unit": round(float(generator.uniform(5.0, 7.0)), 2)},
                {"lift_k": 70.0, "cop_per_unit": round(float(generator.uniform(1.5, 2.5)), 2)},
            ]
    if "cooling_quality_grade_per_unit" in spec:
        spec["cop_max_per_unit"] = 6.0
    if use == "exclusive" and now_and_then():
        spec["mode_block_h"] = 2.0
    if now_and_then():
        share = f"{name}_available_per_unit"
        series[share] = [round(float(x), 2) for x in np.where(generator.random(periods) < 0.8, 1.0, 0.5)]
        spec["available_per_unit"] = share
    if now_and_then():
        spec["power_min_mw"] = round(0.3 * power_max, 3)
        if now_and_then():
            spec |= {"start_cost_eur": 15.0, "initial_on": now_and_then(0.5), "start_power_max_mw": 0.6 * power_max}
            spec |= {"minimum_up_h": 2.0, "initial_state_h": 1.0}
    if now_and_then():
        spec["cost_eur_per_mwh"] = 1.5
    if now_and_then():
        spec["provides"] = ["fr_mfrr_up", "fr_afrr_down"]
        spec["ramp_mw_per_min"] = round(float(generator.uniform(0.05, 1.0)), 2)
        if use in ("shared", "exclusive"):
            spec["called_mode"] = str(generator.choice(["heating", "cooling"]))
    return spec
