"""How large prices can be: limits of markets and products, what is stated, or the cap an instance declares.

Series that a process draws are never looked at: what follows from these limits is the same for every sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.base import Quantity
from mes_stoch.schema.component import Component
from mes_stoch.schema.data_rules import PriceOfEnergy
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import ExplicitScenarios, Instance
from mes_stoch.schema.product import MarketProduct
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.schema.units import FORMAT_CURRENCY

#: Least and largest value of each series that belongs to the instance.
Ranges = Mapping[str, tuple[float, float]]

#: Limit of European platforms for balancing energy [B], which imbalance prices follow: what drawn prices of either
#: count with where no limit is stated.
BALANCING_LIMIT_EUR_PER_MWH = 15000.0


def series_ranges(instance: Instance, tree: ScenarioTree) -> dict[str, tuple[float, float]]:
    """Ranges of the series that are data of the instance: all of them, or those no process draws."""
    if tree.stated_ranges is not None:
        return dict(tree.stated_ranges)
    explicit = isinstance(instance.uncertainty, ExplicitScenarios)
    known = tree.dataset if explicit else tree.frame
    names = [str(name) for name in known.data_vars if explicit or "scenario" not in known[name].dims]
    return ranges_of({name: np.asarray(known[name].values, dtype=float) for name in names})


def ranges_of(series: Mapping[str, NDArray[np.float64]]) -> dict[str, tuple[float, float]]:
    """Least and largest finite value of each series; series without any are left out."""
    finite = {name: values[np.isfinite(values)] for name, values in series.items()}
    return {name: (float(v.min()), float(v.max())) for name, v in finite.items() if v.size}


def missing_cap(instance: Instance, ranges: Ranges) -> Issue | None:
    """The issue of an instance whose prices have no limit that is known ahead."""
    if largest_price(instance, ranges) is not None:
        return None
    named = {price.price for price in prices(instance) if isinstance(price.price, str)}
    drawn = sorted(name for name in named if name not in ranges)
    return Issue(
        "instance.yaml",
        None,
        "price_cap_eur_per_mwh",
        f"nothing, and prices that are drawn ({', '.join(drawn[:3])})",
        "the largest price, of either sign, that the scenarios can have, in EUR/MWh",
        "penalties of slack follow from it and must not change with the sample; or give every market its "
        "price_maximum_eur_per_mwh and price_minimum_eur_per_mwh",
    )


def prices(instance: Instance) -> Iterator[PriceOfEnergy]:
    """Every price of energy by its full key, with the limit that its market or product has."""
    sections: tuple[tuple[str, Mapping[str, Component | MarketProduct]], ...] = (
        ("components", instance.components),
        ("products", instance.products),
    )
    for section, entries in sections:
        for name, entry in entries.items():
            for price in entry.prices():
                yield replace(price, key=f"{section}.{name}.{price.key}")


def largest_price(instance: Instance, ranges: Ranges) -> float | None:
    """The cap an instance declares, or the largest price known of it; ``None`` where none is known."""
    if instance.price_cap_eur_per_mwh is not None:
        return float(instance.price_cap_eur_per_mwh)
    found = [(price, known_price(price.price, price.limit, ranges)) for price in prices(instance)]
    known = [value for _, value in found if value is not None]
    unknown = [price for price, value in found if value is None]
    if instance.currency == FORMAT_CURRENCY and any(price.is_balancing for price in unknown):
        known.append(BALANCING_LIMIT_EUR_PER_MWH)
    # a default of 0 says nothing of a drawn series beside it
    return None if unknown and not max(known, default=0.0) else max(known, default=0.0)


def known_price(value: Quantity, limit: float | None, ranges: Ranges) -> float | None:
    if not isinstance(value, str):
        return abs(float(value))
    if limit is not None:
        return limit
    return max(map(abs, ranges[value])) if value in ranges else None
