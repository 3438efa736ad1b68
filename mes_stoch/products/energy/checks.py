"""What must hold for energy markets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.io.readers.locate import Locator
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.product_rules import block_issues
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, products: Mapping[str, EnergyMarket]) -> Iterator[Issue]:
    """Settlement periods that do not fit the horizon, and price limits in the wrong order."""
    for name, market in products.items():
        yield from block_issues(context, name, "settlement_period_h", market.settlement_period_h)
        yield from _price_limit_issues(context.locator, name, market)


def _price_limit_issues(locator: Locator, name: str, market: EnergyMarket) -> Iterator[Issue]:
    least, most = market.price_minimum_eur_per_mwh, market.price_maximum_eur_per_mwh
    if least is not None and most is not None and least > most:
        found = f"{least:g}, above price_maximum_eur_per_mwh ({most:g})"
        yield locator.issue(("products", name, "price_minimum_eur_per_mwh"), found, "at most the largest price")
