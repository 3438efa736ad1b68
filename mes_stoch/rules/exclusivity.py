"""Products that exclude each other: who, and in which hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.rules.calendar import obliged
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.flexibility import Flexibility, as_called
from mes_stoch.schema.product import MarketProduct


class Overlap(NamedTuple):
    """Block ``first`` of one product and ``second`` of another, and the periods in which both oblige."""

    first: int
    second: int
    periods: NDArray[np.int64]


def exclusive_pairs(products: Mapping[str, MarketProduct]) -> list[tuple[str, str]]:
    """Pairs of products of which one says that it excludes the other, each once and in the order of the products.

    Names that are not among the products are left out: rules of the catalogue name products an instance may not have.
    """
    order = {name: place for place, name in enumerate(products) if as_called(products[name]) is not None}
    pairs = set()
    for name in order:
        pairs |= {
            tuple(sorted((name, other), key=order.__getitem__))
            for other in products[name].excludes
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
