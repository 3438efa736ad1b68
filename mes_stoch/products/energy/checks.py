"""What must hold for energy markets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.offer_rules import offer_stage_issues, price_list_issues, pricing_issues
from mes_stoch.io.validation.product_rules import block_issues
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, products: Mapping[str, EnergyMarket]) -> Iterator[Issue]:
    """Settlement periods that do not fit the horizon, and price limits in the wrong order."""
    for name, market in products.items():
        yield from block_issues(context, name, "settlement_period_h", market.settlement_period_h)
        yield from _price_limit_issues(context.locator, name, market)
        yield from _order_issues(context.locator, name, market)


def _price_limit_issues(locator: Locator, name: str, market: EnergyMarket) -> Iterator[Issue]:
    least, most = market.price_minimum_eur_per_mwh, market.price_maximum_eur_per_mwh
    if least is not None and most is not None and least > most:
        found = f"{least:g}, above price_maximum_eur_per_mwh ({most:g})"
        yield locator.issue(("products", name, "price_minimum_eur_per_mwh"), found, "at most the largest price")


def _order_issues(locator: Locator, name: str, market: EnergyMarket) -> Iterator[Issue]:
    """Limit prices of a position that knows the price, out of order, or beyond what the market takes."""
    limits = market.limit_prices()
    if not limits:
        yield from pricing_issues(locator, name, "pricing", "sell_limit_prices_eur_per_mwh", market.pricing)
    least, most = market.price_minimum_eur_per_mwh, market.price_maximum_eur_per_mwh
    for side, prices in limits.items():
        key = f"{side}_limit_prices_eur_per_mwh"
        if market.sides not in ("both", side):
            hint = "leave them out, or write sides: both"
            yield locator.issue(
                ("products", name, key), f"{show(prices)}, with sides: {market.sides}", "no such orders", hint
            )
        yield from price_list_issues(locator, name, key, prices)
        yield from offer_stage_issues(locator, name, key, market.stage)
        for index, price in enumerate(prices):
            if least is not None and price < least:
                expected = f"at least {least:g}, the lower limit of the market"
                yield locator.issue(("products", name, key, index), f"{price:g}", expected)
            if most is not None and price > most:
                expected = f"at most {most:g}, the upper limit of the market"
                yield locator.issue(("products", name, key, index), f"{price:g}", expected)
