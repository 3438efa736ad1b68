"""Volumes of products among the columns of the root: where they are, what follows from them, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mes_stoch.model.groups import ColumnGroup
from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.rules.volume_blocks import volume_blocks
from mes_stoch.schema.instance import Instance


@dataclass(frozen=True)
class RootVolumes:
    """What a site commits, in the columns of its program.

    Parameters
    ----------
    instance : Instance
    time : DatetimeIndex
        Beginnings of the periods.
    column_groups : sequence of ColumnGroup
        All columns of the program.
    """

    instance: Instance
    time: pd.DatetimeIndex
    column_groups: Sequence[ColumnGroup]

    # -- where they are -----------------------------------------------------------------------------------------------

    def groups(self, product_id: str) -> list[ColumnGroup]:
        """Volumes of a product at the root: one group, or one for each price at which it is offered."""
        own = (group for group in self.column_groups if group.owner == product_id and group.stage == "commit")
        return [group for group in own if group.role == "commitment"]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each product's volumes at the root: (blocks,), or (prices, blocks) where it is offered at prices."""
        found: dict[str, tuple[int, ...]] = {}
        for product_id in dict.fromkeys(group.owner for group in self.column_groups):
            product, groups = self.instance.products.get(product_id), self.groups(product_id)
            if product is not None and groups:
                blocks = len(groups[0].positions)
                found[product_id] = (blocks,) if product.price_offers() is None else (len(groups), blocks)
        return found

    # -- what follows from them ---------------------------------------------------------------------------------------

    def following(self, product_id: str, volumes: FloatArray) -> dict[str, FloatArray]:
        """Values of the root's columns that follow from a product's volumes, by the name of their group."""
        product = self.instance.products[product_id]
        offers, rules = product.price_offers(), product.bid_rules()
        if offers is None:
            quantity = "volume_mvar" if self._has_column(f"{product_id}.volume_mvar") else "volume_mw"
            parts = [("", quantity, volumes)]
        else:
            parts = [(f"{s.name}_", s.quantity, own) for s, own in zip(offers.steps, volumes, strict=True)]
        found: dict[str, FloatArray] = {}
        for prefix, quantity, own in parts:
            found |= {f"{product_id}.{quantity}": own, f"{product_id}.{prefix}bid": _is_bid(own)}
            if rules is not None and rules.bid_step_mw > 0:
                found[f"{product_id}.{prefix}bid_steps"] = np.round(own / rules.bid_step_mw)
        if offers is not None:
            found[f"{product_id}.bid"] = _is_bid(np.sum(volumes, axis=0))
        return found

    def _has_column(self, name: str) -> bool:
        return any(group.name == name for group in self.column_groups)

    # -- their table --------------------------------------------------------------------------------------------------

    def table(self, columns: IndexArray, root: FloatArray) -> pd.DataFrame:
        """One row per product and block, or per product, price and block, of a root point.

        Parameters
        ----------
        columns : int array
            Those of the root, in the order of ``root``.

        Returns
        -------
        DataFrame
            As :meth:`~mes_stoch.model.site_program.SiteProgram.commitments` has it.
        """
        place = {int(column): k for k, column in enumerate(columns)}
        rows, names = [], ["product", "block_start", "block_end", "volume_mw"]
        for product_id in self.shapes:
            offers = self.instance.products[product_id].price_offers()
            steps = {} if offers is None else {step.quantity: step for step in offers.steps}
            told: list[dict[str, Any]] = []
            for group in self.groups(product_id):
                step = steps.get(group.quantity)
                extra = {} if step is None else {"direction": step.direction, step.price_column: step.price}
                quantity = group.quantity if step is None else "volume_mw"
                names += [name for name in (*extra, quantity) if name not in names]
                for (start, end), column in zip(self._block_times(product_id), group.positions, strict=True):
                    volume = {quantity: float(root[place[int(column)]])}
                    told.append({"product": product_id, "block_start": start, "block_end": end} | extra | volume)
            # prices of one block stand together
            rows += sorted(told, key=lambda row: row["block_start"]) if steps else told
        return pd.DataFrame(rows, columns=names)

    def _block_times(self, product_id: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """Start and end of each block of a product's volume."""
        lengths = self.instance.horizon.lengths_h
        spans = volume_blocks(self.instance.products[product_id], self.time, self.instance.horizon.period_h)
        return [
            (self.time[int(span[0])], self.time[int(span[-1])] + pd.Timedelta(hours=lengths[int(span[-1])]))
            for span in spans
        ]


def _is_bid(volumes: FloatArray) -> FloatArray:
    """1 where there is a volume, NaN where it is still to be decided."""
    return np.where(np.isnan(volumes), np.nan, volumes > 0)
