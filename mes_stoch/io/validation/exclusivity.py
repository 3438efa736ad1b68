"""Products that exclude each other: who, and in which hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.io.readers.locate import Locator, did_you_mean, show
from mes_stoch.io.validation.partial_instance import Draft
from mes_stoch.rules.calendar import obliged
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.products import CapacityMechanism, Flexibility, MarketProduct, TradedProduct, VoltageService

_CALLED = "a product of which a volume is committed for calls"


class Overlap(NamedTuple):
    """Block ``first`` of one product and ``second`` of another, and the periods in which both oblige."""

    first: int
    second: int
    periods: NDArray[np.int64]


def exclusive_pairs(products: Mapping[str, MarketProduct]) -> list[tuple[str, str]]:
    """Pairs of products of which one says that it excludes the other, each once and in the order of the products.

    Names that are not among the products are left out: rules of the catalogue name products an instance may not have.
    """
    order = {name: place for place, name in enumerate(products) if isinstance(products[name], Flexibility)}
    pairs = set()
    for name in order:
        product = products[name]
        if isinstance(product, TradedProduct):
            pairs |= {
                tuple(sorted((name, other), key=order.__getitem__))
                for other in product.exclusive_with
                if other in order and other != name
            }
    return sorted(((one, other) for one, other in pairs), key=lambda pair: (order[pair[0]], order[pair[1]]))


def overlaps(first: Flexibility, second: Flexibility, time: pd.DatetimeIndex, period_h: float) -> list[Overlap]:
    """Blocks of two products that oblige in the same periods, in order of time."""
    both = obliged(first, time) & obliged(second, time)
    of_first, of_second = (_block_of_period(product, time, period_h) for product in (first, second))
    shared: dict[tuple[int, int], list[int]] = {}
    for t in np.flatnonzero(both):
        shared.setdefault((int(of_first[t]), int(of_second[t])), []).append(int(t))
    return [Overlap(b, c, np.array(periods, dtype=np.int64)) for (b, c), periods in shared.items()]


def _block_of_period(product: Flexibility, time: pd.DatetimeIndex, period_h: float) -> NDArray[np.int64]:
    number = np.empty(len(time), dtype=np.int64)
    for block, periods in enumerate(blocks(time, period_h, product.block_h)):
        number[periods] = block
    return number


def exclusive_issues(draft: Draft, locator: Locator) -> Iterator[Issue]:
    """Names under ``exclusive_with`` that cannot be meant."""
    known = [*draft.product_names, *product_catalogue()]
    committed = [name for name in draft.product_names if isinstance(draft.products.get(name), Flexibility)]
    for name, product in draft.products.items():
        if not isinstance(product, TradedProduct):
            continue
        if product.exclusive_with and not isinstance(product, Flexibility):
            hint = "write it under the product that must not be committed beside another"
            key = ("products", name, "exclusive_with")
            yield locator.issue(key, _other_kind(product), _CALLED, hint)
            continue
        for index, other in enumerate(product.exclusive_with):
            place = ("products", name, "exclusive_with", index)
            if other == name:
                yield locator.issue(place, f"{name} itself", "another product")
            elif other not in known:
                hint = did_you_mean(other, committed, "products of this instance that are committed")
                yield locator.issue(place, show(other), "the id of a product", hint)
            elif other in draft.products and other not in committed:
                found = f"{show(other)}, {_other_kind(draft.products[other])}"
                yield locator.issue(place, found, _CALLED, "exclude products that hold power for calls")


def _other_kind(product: MarketProduct) -> str:
    """What a product is that excludes none and is excluded by none."""
    if isinstance(product, CapacityMechanism):
        return "a capacity mechanism, which counts power that other products hold"
    if isinstance(product, VoltageService):
        return "a voltage service, of which no active power is held"
    return "a position on a market"
