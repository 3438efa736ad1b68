"""What passes the checks of riskless profit earns nothing from meters alone, whatever they charge.

Two meters and a lossy link, or none, between them; nothing consumes and nothing produces. Whoever stands still pays
fixed costs and what was not taken: no operation may be better, if no check speaks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.site_builder import make_instance, make_tree, optimum

from mes_stoch.schema.emission import Co2
from mes_stoch.uncertainty.quality import check_tree

SEEDS = range(40)
STILL = {f"{meter}.{way}_mw": 0.0 for meter in ("near", "far") for way in ("import", "export")}


def _meter(draw: np.random.Generator, node: str, name: str, *, has_take_or_pay: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "type": "grid_connection",
        "node": node,
        "import_max_mw": 2.0,
        "export_max_mw": 0.0 if has_take_or_pay else 2.0,
        "import_price_eur_per_mwh": f"{name}_import_price_eur_per_mwh",
        "export_price_eur_per_mwh": f"{name}_export_price_eur_per_mwh",
        "fixed_cost_eur_per_day": 10.0,
    }
    if has_take_or_pay:
        spec |= {"take_or_pay_mwh": 2.0, "take_or_pay_price_eur_per_mwh": float(draw.integers(1, 20))}
    if draw.random() < 0.5:
        spec |= {"demand_charge_eur_per_mw": float(draw.integers(1, 40)), "peak_so_far_mw": float(draw.integers(0, 3))}
    if draw.random() < 0.7:
        emitted = float(draw.integers(0, 600))
        spec |= {"import_emission_kg_per_mwh": emitted, "export_emission_kg_per_mwh": float(draw.integers(0, 600))}
    return spec


def _case(seed: int) -> tuple[Any, dict[str, Any]]:
    draw = np.random.default_rng([20261130, seed])
    components = {
        "near": _meter(draw, "power", "near", has_take_or_pay=bool(draw.random() < 0.5)),
        "far": _meter(draw, "warmth", "far", has_take_or_pay=False),
    }
    for one, other in (("power", "warmth"), ("warmth", "power")):
        if draw.random() < 0.7:
            components[f"link_{one}"] = {
                "type": "converter",
                "reference": one,
                "power_max_mw": 2.0,
                "inputs": [{"node": one, "ratio_per_unit": 1.0}],
                "outputs": [{"node": other, "ratio_per_unit": float(draw.choice([0.9, 1.0]))}],
            }
    series: dict[str, Any] = {}
    for name in ("near", "far"):
        middle = draw.integers(0, 40)
        bought = middle + draw.integers(-15, 25, 2)
        series[f"{name}_import_price_eur_per_mwh"] = bought.astype(float)
        series[f"{name}_export_price_eur_per_mwh"] = (bought - draw.integers(-1, 50, 2)).astype(float)
    nodes = {name: {"carrier": "electricity"} for name in ("power", "warmth")}
    instance = make_instance(components, periods=2, nodes=nodes)
    rules: dict[str, float] = {"price_eur_per_t": float(draw.integers(0, 100))}
    if draw.random() < 0.5:
        rules |= {"cap_t": 0.5, "cap_penalty_eur_per_t": float(draw.integers(1, 200))}
    return instance.model_copy(update={"co2": Co2(**rules)}), series


@pytest.fixture(scope="module")
def verdicts() -> dict[int, tuple[bool, float]]:
    """Whether a check speaks, and what operating earns over standing still, by seed."""
    found = {}
    for seed in SEEDS:
        instance, series = _case(seed)
        speaks = bool(check_tree(instance, make_tree(instance, series)))
        still = optimum(instance, series, fixed=STILL)
        found[seed] = (speaks, optimum(instance, series).profit - still.profit)
    return found


def test_what_passes_earns_nothing(verdicts: dict[int, tuple[bool, float]]) -> None:
    assert {seed: gain for seed, (speaks, gain) in verdicts.items() if not speaks and gain > 1e-6} == {}


def test_checks_are_neither_idle_nor_deaf(verdicts: dict[int, tuple[bool, float]]) -> None:
    silent = [seed for seed, (speaks, _) in verdicts.items() if not speaks]
    earning = [seed for seed, (speaks, gain) in verdicts.items() if speaks and gain > 1e-6]
    assert len(silent) >= 5
    assert len(earning) >= 5
