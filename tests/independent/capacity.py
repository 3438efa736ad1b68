"""Capacity mechanism: a certified level, what counts in critical hours, shortfall (docs/model.md, that section)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .flexibility import bid
from .leaf import Device, Leaf
from .rows import Linear, total


def build_capacity(leaf: Leaf) -> None:
    for product, rules in leaf.site.of_family("capacity_mechanism").items():
        _mechanism(leaf, product, rules)


def _mechanism(leaf: Leaf, product: str, rules: dict[str, Any]) -> None:
    clock = leaf.site.clock
    most = rules["daily_stock_factor_per_unit"] * rules["weekly_stock_factor_per_unit"] * float(rules["available_mw"])
    level = bid(leaf, rules, f"{product}.level", most)
    share = clock.local_days / leaf.site.days_per_year
    leaf.earn(f"capacity.{product}", rules["price_eur_per_mw_year"] * share * level)
    inside = clock.inside(rules)
    critical = inside * leaf.data(rules["critical_per_unit"])
    is_central = rules.get("regime", "decentralised") == "centralised"
    yearly = rules["penalty_eur_per_mw_year" if is_central else "reference_price_eur_per_mw_year"]
    counted = leaf.sum_of(
        [
            _counted(leaf, leaf.devices[name], rules, critical)
            for name, spec in leaf.site.components.items()
            if product in (spec.get("provides") or ())
        ]
    )
    for t in np.flatnonzero(critical):
        short = leaf.column(f"{product}.short_mw[{t}]")
        leaf.program.less(f"{product}.shortfall", level - counted[t], short)
        weight = float(critical[t]) * leaf.h[t] / rules["critical_hours_per_year"]
        leaf.earn(f"penalty.shortfall_{product}", -yearly * weight * short)
    if rules.get("obligation_price_eur_per_mw_year") is not None:
        obliged = inside * leaf.data(rules.get("obligation_per_unit", 0.0))
        price = -obliged * rules["obligation_price_eur_per_mw_year"] / rules["obligation_hours_per_year"]
        leaf.earn_series(f"obligation.{product}", price, leaf.imported[str(leaf.site.traded)])


def _counted(leaf: Leaf, device: Device, rules: dict[str, Any], critical: np.ndarray) -> list[Linear]:
    spec = leaf.site.components[device.name]
    if spec["type"] == "storage":
        return _stock(leaf, device, critical)
    if spec["type"] == "converter" and rules.get("converters_count", "available") == "available":
        return [Linear(constant=spec["power_max_mw"]) for _ in leaf.periods]
    assert device.certified is not None
    return device.certified


def _stock(leaf: Leaf, device: Device, critical: np.ndarray) -> list[Linear]:
    """No more over the critical hours of a day than the storage holds before the first of them."""
    store, clock = device.store, leaf.site.clock
    counted = leaf.columns(f"{device.name}.counted_mw", np.where(critical > 0, store.discharge_max, 0.0))
    for day in dict.fromkeys(clock.days):
        hours = [t for t in np.flatnonzero(critical) if clock.days[t] == day]
        if hours:
            before = store.level[hours[0] - 1] if hours[0] > 0 else Linear(constant=store.initial)
            asked = total(leaf.h[t] * float(critical[t]) * counted[t] for t in hours)
            leaf.program.less(f"{device.name}.stock", asked, store.eta_d * (before - store.energy_min))
    return counted
