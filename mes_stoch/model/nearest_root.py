"""From any point of the root, such as a mean over scenarios, to a commitment near to it that keeps the bid rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.model.root_volumes import RootVolumes
from mes_stoch.products.shared.equations_bids import nearest_bids_mw
from mes_stoch.products.shared.equations_exclusivity import keep_larger
from mes_stoch.rules.exclusivity import Overlap, exclusive_pairs, overlaps
from mes_stoch.schema.instance import Instance

#: Two products that exclude each other, and the blocks in which they do.
ExclusivePair = tuple[str, str, list[Overlap]]


@dataclass(frozen=True)
class NearestRoot:
    """Volumes to their steps, minimum bids and limits, of exclusive ones the larger, and what follows from them.

    Parameters
    ----------
    volumes : RootVolumes
    exclusive : sequence of ExclusivePair
    columns : int array
        Those of the root.
    lower, upper : array
        Their bounds.
    """

    volumes: RootVolumes
    exclusive: Sequence[ExclusivePair]
    columns: IndexArray
    lower: FloatArray
    upper: FloatArray

    def __call__(self, root: FloatArray) -> FloatArray:
        point = np.clip(root, self.lower, self.upper)
        place = {int(column): k for k, column in enumerate(self.columns)}
        groups = {group.name: group for group in self.volumes.column_groups}
        products = self.volumes.instance.products
        chosen = self._chosen(point, place)
        for product_id, values in chosen.items():
            is_offered = products[product_id].price_offers() is not None
            for name, numbers in self.volumes.following(product_id, values if is_offered else values[0]).items():
                if name in groups:
                    point[[place[int(column)] for column in groups[name].positions]] = numbers
        # a volume that is given stays, whatever its neighbours would have it be
        return np.clip(point, self.lower, self.upper)

    def _chosen(self, point: FloatArray, place: dict[int, int]) -> dict[str, FloatArray]:
        """Volumes within the bid rules by product, shape (prices, blocks)."""
        products, bids = self.volumes.instance.products, self.volumes.instance.bids
        # volumes decided later are no part of the root
        found = {product_id: product.bid_rules() for product_id, product in products.items()}
        ruled = {name: rules for name, rules in found.items() if rules is not None and rules.stage == "commit"}
        chosen: dict[str, FloatArray] = {}
        for product_id, rules in ruled.items():
            own = [point[[place[int(c)] for c in group.positions]] for group in self.volumes.groups(product_id)]
            chosen[product_id] = nearest_bids_mw(np.array(own), rules, steps=bids.steps, minimum=bids.minimum)
        for first, second, shared in self.exclusive:
            if first in chosen and second in chosen:
                keep_larger(chosen[first], chosen[second], shared)
        return chosen


def exclusive_products(instance: Instance, time: pd.DatetimeIndex) -> list[ExclusivePair]:
    """Products that exclude each other, with the blocks in which they do."""
    called = instance.called_products()
    return [
        (first, second, overlaps(called[first], called[second], time, instance.horizon.period_h))
        for first, second in exclusive_pairs(instance.products)
    ]
