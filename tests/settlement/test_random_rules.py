"""Settlement against the optimiser under random rules: tolerances, clawbacks, calendars, ways to settle energy."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from helpers.random_site import random_site
from helpers.settled_run import settled

from mes_stoch.schema.calendar import CalendarWindow
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.settlement.settlement import Settlement

SEEDS = range(40)

#: What the sites together have to show, or agreement says little.
ITEMS = {
    "capacity committed",
    "capacity not held: payment lost",
    "call missed: payment lost",
    "energy sold",
    "energy bought",
    "imbalance: long",
    "imbalance: short",
    *(f"energy called {way}, as {how}" for way in ("up", "down") for how in ("ordered", "delivered")),
    *(f"penalty: committed {way} and not held" for way in ("up", "down")),
    *(f"penalty: called {way} and not delivered" for way in ("up", "down")),
}
_FIELDS = {"fr_mfrr_up": "up", "fr_afrr_down": "down"}


def random_rules(seed: int) -> tuple[Instance, ScenarioTree]:
    """A random site that sells more reserve than it may hold, dear enough to be short of it now and then."""
    generator = np.random.default_rng(1000 + seed)
    leaves = [1, 1, 1] if seed % 2 else [2, 1]
    instance, tree = random_site(generator, leaves, integer=seed % 3 == 0, periods=4)
    products = dict(instance.products)
    for product_id, direction in _FIELDS.items():
        product = products[product_id]
        rules = _rules(generator, direction, product.call)  # type: ignore[union-attr]
        if rules["calendar"]:
            # an operator calls inside the window alone
            series = getattr(product, f"activation_{direction}_per_unit")
            tree.dataset[series].values[..., 3:] = 0.0
        products[product_id] = product.model_copy(update=rules)
    return instance.model_copy(update={"products": products}), tree


def _rules(generator: np.random.Generator, direction: str, call: str) -> dict[str, Any]:
    other = "continuous" if call == "discrete" else "discrete"
    return {
        "volume_max_mw": 6.0,
        "capacity_price_eur_per_mw_h": float(generator.uniform(20, 400)),
        "clawback_per_unit": float(generator.choice([0.0, 0.5, 1.0])),
        "delivery_tolerance_per_unit": float(generator.choice([0.0, 0.1, 0.3])),
        "energy_settlement": str(generator.choice(["ordered", "delivered", "uncorrected"])),
        "shortfall_penalty_eur_per_mw_h": float(generator.uniform(1, 30)),
        "missed_penalty_eur_per_mwh": float(generator.uniform(10, 200)),
        "calendar": [CalendarWindow(time_to="03:00")] if generator.random() < 0.4 else [],
        "call": other if generator.random() < 0.3 else call,
        f"energy_price_{direction}_eur_per_mwh": 80.0 if direction == "up" else 30.0,
    }


@cache
def random_settlement(seed: int) -> Settlement:
    return settled(*random_rules(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_settlement_agrees_with_the_optimiser(seed: int) -> None:
    settlement = random_settlement(seed)
    assert settlement.agrees, settlement.worst_differences()
    stated = settlement.stated.sum(axis=1).to_numpy()
    assert settlement.profit.to_numpy() == pytest.approx(stated, rel=1e-6, abs=1e-6)


def test_the_sites_show_every_rule() -> None:
    seen = {item for seed in SEEDS for item in random_settlement(seed).ledger.lines()["item"]}
    assert seen >= ITEMS
