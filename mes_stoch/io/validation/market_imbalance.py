"""Whether the prices of imbalance can be told, in one of the two ways."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.io.readers.locate import Locator
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.products import Imbalance
from mes_stoch.schema.products.energy import GIVEN_PRICES, SYSTEM_PRICES


def imbalance_issues(locator: Locator, name: str, product: Imbalance) -> Iterator[Issue]:
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
            "being long and short at once would be free money",
        )
