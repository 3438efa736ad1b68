"""Which columns a rule of availability is about, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.model.groups import ColumnGroup
from mes_stoch.model.program import IndexArray
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.errors import ModelError


@dataclass(frozen=True)
class Obligation:
    """One rule over one block.

    Parameters
    ----------
    name : str
        Product and block, for names of columns and rows.
    epsilon : float
        Probability with which something may be missing.
    is_exact : bool
        With binaries; else by CVaR.
    largest : float
        Largest volume, MW.
    short, missed : int array
        Columns of which none may be above zero: what is not held, and what is called and not delivered.
    coverage : int array
        Row of each shortfall in which it stands for what is not held.
    short_of_missed : int array
        The shortfall of the period and direction of each miss.
    """

    name: str
    epsilon: float
    is_exact: bool
    largest: float
    short: IndexArray
    missed: IndexArray
    coverage: IndexArray
    short_of_missed: IndexArray

    @property
    def limits(self) -> int:
        """How many rows it takes in a scenario."""
        return len(self.short) + len(self.missed)


def obligations_of(leaves: SiteProgram) -> list[Obligation]:
    """Every rule of a site's products, block by block.

    Raises
    ------
    ModelError
        A product with a rule has no column that tells what it does not hold.
    """
    found = []
    for product_id, product in leaves.instance.called_products().items():
        rule = product.availability
        if rule is None:
            continue
        columns = {group.name: group for group in leaves.column_groups if group.owner == product_id}
        rows = {group.name: group.positions for group in leaves.row_groups}
        short = [group for group in columns.values() if group.role == "shortfall"]
        missed = [group for group in columns.values() if group.role == "missed"]
        if not short:
            raise ModelError(f"{product_id} has a rule of availability, and no shortfall that the rule could be of")
        hours = product.block_h if rule.over == "block" else None
        for number, span in enumerate(blocks(leaves.tree.time, leaves.instance.horizon.period_h, hours)):
            found.append(
                Obligation(
                    f"{product_id}.availability[{number}]",
                    1.0 - rule.probability_per_unit,
                    rule.approach == "exact",
                    product.volume_max_mw,
                    _taken(span, [group.positions for group in short]),
                    _taken(span, [group.positions for group in missed]),
                    _taken(span, [_coverage(group, rows) for group in short]),
                    _taken(span, [columns[group.name.replace("missed_", "short_")].positions for group in missed]),
                )
            )
    return found


def _taken(span: NDArray[Any], positions: list[IndexArray]) -> IndexArray:
    return np.concatenate([np.empty(0, dtype=np.int32), *(one[span] for one in positions)]).astype(np.int32)


def _coverage(group: ColumnGroup, rows: dict[str, IndexArray]) -> IndexArray:
    """Rows in which a shortfall makes up for what is not held."""
    name = f"{group.owner}.{group.quantity.replace('short_', 'coverage_').removesuffix('_mw')}"
    if name not in rows:
        raise ModelError(f"{group.owner} has a rule of availability, and no row {name} that says what it holds")
    return rows[name]
