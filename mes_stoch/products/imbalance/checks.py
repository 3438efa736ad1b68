"""Whether the prices of imbalance can be told, in one of the two ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mes_stoch.io.readers.locate import Locator
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.product_rules import block_issues
from mes_stoch.products.imbalance.format import GIVEN_PRICES, SYSTEM_PRICES, Imbalance
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, products: Mapping[str, Imbalance]) -> Iterator[Issue]:
    """Prices that cannot be told, and settlement periods that do not fit the horizon."""
    for name, product in products.items():
        yield from _price_issues(context.locator, name, product)
        if product.settlement_period_h is not None:
            yield from block_issues(context, name, "settlement_period_h", product.settlement_period_h)


def _price_issues(locator: Locator, name: str, product: Imbalance) -> Iterator[Issue]:
    """Keys of both ways, of neither, or of only a part of one; given prices in the wrong order."""
    place = ("products", name)
    given, system = (
        [key for key in keys if getattr(product, key) is not None] for keys in (GIVEN_PRICES, SYSTEM_PRICES)
    )
    either = f"{' and '.join(GIVEN_PRICES)}, or {', '.join(SYSTEM_PRICES[:-1])} and {SYSTEM_PRICES[-1]}"
    if given and system:
        hint = f"remove {' and '.join(system)}, or {' and '.join(given)}"
        yield locator.issue((*place, system[0]), "prices given, and a rule for them", either, hint)
        return
    if not given and not system:
        yield locator.issue(place, "no prices", either)
        return
    needed = GIVEN_PRICES if given else SYSTEM_PRICES
    for key in needed:
        if key not in [*given, *system]:
            yield locator.issue((*place, key), "nothing", f"the key {key}", f"it goes with {(given or system)[0]}")
    long, short = product.price_long_eur_per_mwh, product.price_short_eur_per_mwh
    if isinstance(long, int | float) and isinstance(short, int | float) and long > short:
        yield locator.issue(
            (*place, "price_long_eur_per_mwh"),
            f"{long:g}, above price_short_eur_per_mwh ({short:g})",
            "at most the price of being short",
            "being long and short at once would be riskless profit",
        )
