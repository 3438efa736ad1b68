"""How large prices can be: limits of markets and products, what is stated, or the cap an instance declares.

Series that a process draws are never looked at: what follows from these limits is the same for every sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.base import Quantity
from mes_stoch.schema.components import GridConnection
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import ExplicitScenarios, Instance
from mes_stoch.schema.products import EnergyMarket, Flexibility, FreeOffer, Imbalance, Reserve, TradedProduct
from mes_stoch.schema.products.energy import GIVEN_PRICES, SYSTEM_PRICES
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.schema.units import FORMAT_CURRENCY

#: Least and largest value of each series that belongs to the instance.
Ranges = Mapping[str, tuple[float, float]]

#: Limit of European platforms for balancing energy [B], which imbalance prices follow: what drawn prices of either
#: count with where no limit is stated.
BALANCING_LIMIT_EUR_PER_MWH = 15000.0

#: Fields that tell what an imbalance is settled at.
IMBALANCE_PRICES = (*GIVEN_PRICES, *SYSTEM_PRICES[:2])


def series_ranges(instance: Instance, tree: ScenarioTree) -> dict[str, tuple[float, float]]:
    """Ranges of the series that are data of the instance: all of them, or those no process draws."""
    explicit = isinstance(instance.uncertainty, ExplicitScenarios)
    names = [name for name in tree.series_names if explicit or "scenario" not in tree.dataset[name].dims]
    return ranges_of({name: np.asarray(tree.dataset[name].values, dtype=float) for name in names})


def ranges_of(series: Mapping[str, NDArray[np.float64]]) -> dict[str, tuple[float, float]]:
    """Least and largest finite value of each series; series without any are left out."""
    finite = {name: values[np.isfinite(values)] for name, values in series.items()}
    return {name: (float(v.min()), float(v.max())) for name, v in finite.items() if v.size}


def missing_cap(instance: Instance, ranges: Ranges) -> Issue | None:
    """The issue of an instance whose prices have no limit that is known ahead."""
    if largest_price(instance, ranges) is not None:
        return None
    drawn = sorted({str(value) for _, value, _ in prices(instance) if isinstance(value, str) and value not in ranges})
    return Issue(
        "instance.yaml",
        None,
        "price_cap_eur_per_mwh",
        f"nothing, and prices that are drawn ({', '.join(drawn[:3])})",
        "the largest price, of either sign, that the scenarios can have, in EUR/MWh",
        "penalties of slack follow from it and must not change with the sample; or give every market its "
        "price_maximum_eur_per_mwh and price_minimum_eur_per_mwh",
    )


def traded_connections(instance: Instance) -> set[str]:
    products = instance.products.values()
    return {str(p.connection) for p in products if isinstance(p, TradedProduct) and p.connection is not None}


def prices(instance: Instance) -> Iterator[tuple[str, Quantity, float | None]]:
    """Every price of energy by its key, with the limit that its market or product has."""
    for name, spec in instance.components.items():
        if isinstance(spec, GridConnection):
            yield f"components.{name}.import_price_eur_per_mwh", spec.import_price_eur_per_mwh, None
            yield f"components.{name}.export_price_eur_per_mwh", spec.export_price_eur_per_mwh, None
    for product_id, product in instance.products.items():
        key = f"products.{product_id}"
        if isinstance(product, EnergyMarket):
            yield f"{key}.price_eur_per_mwh", product.price_eur_per_mwh, market_limit(product)
        elif isinstance(product, Imbalance):
            for field in IMBALANCE_PRICES:
                value = getattr(product, field)
                if value is not None:
                    yield f"{key}.{field}", value, product.price_limit_eur_per_mwh
        elif isinstance(product, Flexibility):
            limit = product.energy_price_limit_eur_per_mwh if isinstance(product, Reserve | FreeOffer) else None
            for direction in product.directions:
                for payment in product.energy_payments(direction):
                    yield f"{key}.{payment.stream}", payment.price, limit


def largest_price(instance: Instance, ranges: Ranges) -> float | None:
    """The cap an instance declares, or the largest price known of it; ``None`` where none is known."""
    if instance.price_cap_eur_per_mwh is not None:
        return float(instance.price_cap_eur_per_mwh)
    found = [(key, known_price(value, limit, ranges)) for key, value, limit in prices(instance)]
    known = [price for _, price in found if price is not None]
    unknown = [key for key, price in found if price is None]
    if instance.currency == FORMAT_CURRENCY and any(map(_is_balancing, unknown)):
        known.append(BALANCING_LIMIT_EUR_PER_MWH)
    # a default of 0 says nothing of a drawn series beside it
    return None if unknown and not max(known, default=0.0) else max(known, default=0.0)


def _is_balancing(key: str) -> bool:
    """Whether a price is one of called energy or of imbalance."""
    name = key.rpartition(".")[2]
    return name == "activation" or name in IMBALANCE_PRICES


def market_limit(market: EnergyMarket) -> float | None:
    least, most = market.price_minimum_eur_per_mwh, market.price_maximum_eur_per_mwh
    return None if least is None or most is None else max(abs(least), abs(most))


def known_price(value: Quantity, limit: float | None, ranges: Ranges) -> float | None:
    if not isinstance(value, str):
        return abs(float(value))
    if limit is not None:
        return limit
    return max(map(abs, ranges[value])) if value in ranges else None
