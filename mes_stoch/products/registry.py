"""Which module builds which family of products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mes_stoch.products.capacity import build_capacity
from mes_stoch.products.context import MarketContext
from mes_stoch.products.energy import build_energy
from mes_stoch.products.exclusivity import build_exclusivity
from mes_stoch.products.fcas import build_fcas
from mes_stoch.products.flexibility import build_flexibility
from mes_stoch.products.imbalance import build_imbalance
from mes_stoch.products.voltage import build_voltage
from mes_stoch.schema.products import (
    CapacityMechanism,
    EnergyMarket,
    FcasService,
    Flexibility,
    Imbalance,
    Product,
    VoltageService,
)

Builder = Callable[[MarketContext, str, Any], None]

#: Families built one product at a time. What is missed has to be known before imbalance settles it.
_BEFORE_ENERGY: tuple[tuple[type, Builder], ...] = (
    (Flexibility, build_flexibility),
    (CapacityMechanism, build_capacity),
    (VoltageService, build_voltage),
)
_AFTER_ENERGY: tuple[tuple[type, Builder], ...] = ((Imbalance, build_imbalance),)


def build_products(context: MarketContext, products: Mapping[str, Product]) -> None:
    """Add every product to a model whose components stand; energy markets are built together, and so is FCAS."""
    services = {name: product for name, product in products.items() if isinstance(product, FcasService)}
    build_fcas(context, services)
    _build(context, {name: product for name, product in products.items() if name not in services}, _BEFORE_ENERGY)
    build_energy(context, {name: product for name, product in products.items() if isinstance(product, EnergyMarket)})
    _build(context, products, _AFTER_ENERGY)
    build_exclusivity(context, products)


def _build(context: MarketContext, products: Mapping[str, Product], families: tuple[tuple[type, Builder], ...]) -> None:
    for family, build in families:
        for product_id, product in products.items():
            if isinstance(product, family):
                build(context, product_id, product)
