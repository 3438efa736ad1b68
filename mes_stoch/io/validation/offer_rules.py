"""What must hold for the prices at which volumes are offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.price_offers import MOST_STEPS
from mes_stoch.schema.product import Stage


def price_list_issues(locator: Locator, name: str, key: str, prices: Sequence[float]) -> Iterator[Issue]:
    """A list of prices that is empty, too long, or does not rise."""
    place = ("products", name, key)
    if not 1 <= len(prices) <= MOST_STEPS:
        hint = "a bid curve has a step for each price; leave the key out where a volume is accepted whatever the price"
        yield locator.issue(place, f"{len(prices)} prices", f"1 to {MOST_STEPS} prices", hint)
    for index, (before, price) in enumerate(pairwise(prices), start=1):
        if price <= before:
            hint = "each price once, the lowest first: a volume is what its price adds"
            yield locator.issue((*place, index), f"{price:g} after {before:g}", f"a price above {before:g}", hint)


def offer_stage_issues(locator: Locator, name: str, key: str, stage: Stage) -> Iterator[Issue]:
    """Prices offered for a volume that is decided when the price is known."""
    if stage != "commit":
        hint = f"write stage: commit, or remove {key}: a volume that is decided later knows the price"
        yield locator.issue(("products", name, key), f"prices, with stage {show(stage)}", "a volume of the root", hint)


def pricing_issues(locator: Locator, name: str, key: str, prices_key: str, pricing: str) -> Iterator[Issue]:
    """Paid as bid where there is no bid."""
    if pricing == "bid":
        hint = f"give {prices_key}, or remove {key}: what is accepted whatever the price is paid the clearing price"
        yield locator.issue(("products", name, key), "bid, without a price that is bid", "prices to be paid", hint)
