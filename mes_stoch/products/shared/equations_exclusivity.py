"""Products of which no volumes may be committed in the same hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import declare_bid, largest_volume_mw
from mes_stoch.products.shared.equations_offers import offered_volume
from mes_stoch.rules.exclusivity import Overlap, exclusive_pairs, overlaps
from mes_stoch.schema.flexibility import Flexibility, as_called
from mes_stoch.schema.product import MarketProduct


def build_exclusivity(context: MarketContext, products: Mapping[str, MarketProduct]) -> None:
    """Rows that keep products apart which exclude each other.

    Equations
    ---------
    With ``z`` the binary that says whether a volume is bid in a block (the one of the minimum bid where there is one)::

        r_p[b] <= r_max z_p[b]                                                              (bid_maximum)
        z_p[b] + z_q[c] <= 1          for blocks b, c that oblige in a common period        (exclusive_with_<q>)

    Each ``z`` belongs to the stage of its product: two commitments exclude each other at the root, a commitment
    excludes what is decided later. What is offered at prices excludes with all that is offered (``r`` is then the sum
    over its prices): nobody knows at the root what will be accepted.

    Symbols
    -------
    ``bid`` (z) : binary, (blocks,), stage of the product.
    """
    for first, second in exclusive_pairs(products):
        one, other = as_called(products[first]), as_called(products[second])
        if one is None or other is None:
            continue
        bids = [_bid(context, name, product) for name, product in ((first, one), (second, other))]
        shared = overlaps(one, other, context.time, context.period_h)
        if any(bid is None for bid in bids) or not shared:
            continue
        _keep_apart(context, first, second, bids, shared)


def _bid(context: MarketContext, product_id: str, product: Flexibility) -> Any:
    """The binary of a product's bids; ``None`` where it cannot bid at all."""
    declared = context.declared(product_id, "bid")
    largest = largest_volume_mw(product, steps=context.bids.steps, minimum=context.bids.minimum)
    if declared is not None or largest == 0:
        return declared
    spans = context.spans(product.block_h)
    volume = offered_volume(context, product_id, product, len(spans))
    return declare_bid(context, product_id, product, volume, largest, spans, f"block_{product_id}")


def _keep_apart(context: MarketContext, first: str, second: str, bids: Sequence[Any], shared: list[Overlap]) -> None:
    one, other = bids
    context.constraint(
        first,
        f"exclusive_with_{second}",
        f"{first} and {second} are not committed in the same hours",
        lambda k: one[shared[k].first] + other[shared[k].second] <= 1,
        unit="1",
        spans=[overlap.periods for overlap in shared],
        dimension=f"overlap_{first}_{second}",
        role="bid",
    )


def keep_larger(first_mw: NDArray[np.float64], second_mw: NDArray[np.float64], shared: Sequence[Overlap]) -> None:
    """Set to 0, in place, the smaller of two volumes that exclude each other, overlap by overlap.

    Shape (prices at which it is offered, blocks): all that is offered counts.
    """
    for overlap in shared:
        one, other = first_mw[:, overlap.first].sum(), second_mw[:, overlap.second].sum()
        if one > 0 and other > 0:
            if one >= other:
                second_mw[:, overlap.second] = 0.0
            else:
                first_mw[:, overlap.first] = 0.0
