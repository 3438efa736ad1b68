"""FCAS on random units and prices: two ways to the optimum, and AEMO's availabilities for whatever is enabled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree, optimum

from mes_stoch.model.site_program import build_pyomo_scenario
from mes_stoch.products.fcas.equations_trapezium import (
    TOLERANCE_MW,
    Trapezium,
    contingency_available_mw,
    joint_ramp_limit_mw,
    regulation_available_mw,
    scale_to_limits,
    scale_to_ramp,
)
from mes_stoch.products.fcas.format import FcasService

PERIODS = 3
INTERVAL_H = 1 / 12
SERVICES = ("au_raisereg", "au_lowerreg", "au_raise6sec", "au_raise5min", "au_lower60sec", "au_lower5min")
#: Units, +1 where their own direction is injection, and the range of their energy.
UNITS = {"generator": (1, 0.0, 8.0), "battery": (1, -4.0, 4.0), "plant": (-1, 0.0, 6.0), "sun": (1, 0.0, 5.0)}


def random_offer(generator: np.random.Generator, low: float, high: float, *, regulation: bool) -> dict[str, Any]:
    """A trapezium somewhere around a range: inside, so that a unit can be stranded, or beyond it."""
    limits = np.sort(np.round(generator.uniform(low - 1, high + 1, 4), 2))
    keys = ("en_min_mw", "low_breakpoint_mw", "high_breakpoint_mw", "en_max_mw")
    offer: dict[str, Any] = {"max_available_mw": float(np.round(generator.uniform(0.5, 4), 2))}
    offer |= {key: float(limit) for key, limit in zip(keys, limits, strict=True)}
    if regulation:
        offer["agc_ramp_mw_per_min"] = float(np.round(generator.uniform(0.1, 1.0), 2))
        offer["agc_max_mw"] = float(np.round(generator.uniform(0, high), 2))
    return offer


def random_site(seed: int) -> tuple[Any, dict[str, Any]]:
    generator = np.random.default_rng(seed)
    provides = {"provides": list(SERVICES)}
    components = {
        "grid": grid(import_max_mw=30.0, export_max_mw=30.0, import_price_eur_per_mwh=5.0),
        "mains": mains(20.0),
        "generator": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 8.0,
            "power_min_mw": float(generator.choice([0.0, 2.0])),
            "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
            "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
            **provides,
        },
        "battery": {
            "type": "storage",
            "node": "power",
            "energy_max_mwh": 2.0,
            "charge_max_mw": 4.0,
            "discharge_max_mw": 4.0,
            "charge_efficiency_per_unit": 0.9,
            "discharge_efficiency_per_unit": 0.9,
            "initial_mwh": 1.0,
            **provides,
        },
        "plant": {
            "type": "sheddable_demand",
            "node": "power",
            "demand_mw": "plant_mw",
            "shed_cost_eur_per_mwh": 60.0,
            **provides,
        },
        "sun": {"type": "source", "node": "power", "available_mw": "sun_mw", **provides},
    }
    products: dict[str, Any] = {"au_energy": {"price_eur_per_mwh": "spot_eur_per_mwh"}}
    for name in SERVICES:
        regulation = name.endswith("reg")
        units = {u: random_offer(generator, low, high, regulation=regulation) for u, (_, low, high) in UNITS.items()}
        products[name] = {
            "block_h": None,
            "volume_max_mw": 9.0,
            "enablement_price_eur_per_mw_h": f"{name}_eur_per_mw_h",
            "offer_cost_eur_per_mw_h": 1.0,
            "units": units,
        }
        if regulation:
            shares = {"activation_per_unit": "called_per_unit", "energy_price_eur_per_mwh": "spot_eur_per_mwh"}
            products[name] |= shares
    data = {
        "spot_eur_per_mwh": generator.uniform(0, 120, (1, PERIODS)),
        "sun_mw": generator.uniform(0, 5, (1, PERIODS)),
        "plant_mw": generator.uniform(2, 6, (1, PERIODS)),
        "called_per_unit": generator.uniform(0, 0.3, (1, PERIODS)),
        **{f"{name}_eur_per_mw_h": generator.uniform(0, 60, (1, PERIODS)) for name in SERVICES},
    }
    instance = make_instance(
        components, products, periods=PERIODS, period_h=INTERVAL_H, bids={"minimum": True, "steps": True}
    )
    return instance, data


@pytest.mark.parametrize("seed", range(4))
def test_stamped_arrays_and_plain_pyomo_have_one_optimum(seed: int) -> None:
    """One scenario by itself, through Pyomo's HiGHS interface and through the compiled arrays and SciPy."""
    instance, data = random_site(seed)
    site = build_pyomo_scenario(instance, make_tree(instance, data), 0)
    solver = pyo.SolverFactory("highs")
    solver.options["mip_rel_gap"] = 1e-9
    solver.solve(site.model)
    assert optimum(instance, data).profit == pytest.approx(-float(pyo.value(site.model.objective)), rel=1e-6)


def scaled(product: FcasService, unit: str, forecast_mw: float | None) -> Trapezium:
    offer = product.units[unit]
    limits = offer.energy_limits
    assert limits is not None
    trapezium = Trapezium(*limits, offer.max_available_mw)
    if product.is_regulation:
        trapezium = scale_to_limits(trapezium, offer.agc_min_mw, offer.agc_max_mw)
        trapezium = scale_to_ramp(trapezium, offer.agc_ramp_mw_per_min, INTERVAL_H)
    return scale_to_limits(trapezium, maximum_mw=forecast_mw)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_enabled_is_available(seed: int) -> None:
    """Section 7.1 of AEMO's document for every service enabled; and no unit is stranded or breaks free."""
    instance, data = random_site(seed)
    of = optimum(instance, data).variable
    energy = {
        "generator": of("generator.power_mw"),
        "battery": of("battery.discharge_mw") - of("battery.charge_mw"),
        "plant": data["plant_mw"][0] - of("plant.shed_mw"),
        "sun": of("sun.power_mw"),
    }
    checked = sum(
        check_unit(instance, unit, sign, energy[unit], of, data["sun_mw"][0] if unit == "sun" else None)
        for unit, (sign, _, _) in UNITS.items()
    )
    assert checked > 5


def check_unit(instance: Any, unit: str, sign: int, energy: np.ndarray, of: Any, forecast: np.ndarray | None) -> int:
    """How many enablements of a unit were held against what is available."""
    products: dict[str, FcasService] = {name: instance.products[name] for name in SERVICES}
    held = {name: of(f"{unit}.{name}_{p.direction}_held_mw") for name, p in products.items()}
    checked = 0
    for name, product in products.items():
        rises = (product.direction == "up") == (sign > 0)
        alike = {n: p for n, p in products.items() if p.direction == product.direction and n != name}
        for t in np.flatnonzero(held[name] > 1e-6):
            sun = None if forecast is None else float(forecast[t])
            own = scaled(product, unit, sun)
            if t > 0:
                unscaled_by_sun = scaled(product, unit, None)
                assert unscaled_by_sun.en_min_mw - 1e-6 <= energy[t - 1] <= unscaled_by_sun.en_max_mw + 1e-6
            # a target on the edge may lie a rounding outside
            target = float(np.clip(energy[t], own.en_min_mw, own.en_max_mw))
            assert target == pytest.approx(energy[t], abs=1e-6)
            if product.is_regulation:
                ramp = product.units[unit].agc_ramp_mw_per_min
                assert ramp is not None
                available = regulation_available_mw(
                    own,
                    target,
                    rises=rises,
                    contingencies=[(scaled(p, unit, sun), held[n][t]) for n, p in alike.items() if held[n][t] > 1e-6],
                    joint_ramp_mw=joint_ramp_limit_mw(energy[t - 1], ramp, INTERVAL_H, rises=rises) if t > 0 else None,
                )
            else:
                beside = sum(held[n][t] for n, p in alike.items() if p.is_regulation)
                available = contingency_available_mw(own, target, rises=rises, regulation_mw=beside)
            # slopes near zero divide a rounding of energy by little
            slopes = [slope for slope in (own.upper_slope, own.lower_slope) if slope > 0]
            rounding = 1e-6 * max(1.0, *(1 / slope for slope in slopes), TOLERANCE_MW)
            assert held[name][t] <= available + rounding, (unit, name, t)
            checked += 1
    return checked
