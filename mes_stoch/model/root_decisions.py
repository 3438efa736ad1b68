"""Decisions of the site among the columns of the root: where they are, what fixes them, and their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mes_stoch.model.groups import ColumnGroup
from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.schema.site_decision import DECISION_COLUMNS, SiteKey


@dataclass(frozen=True)
class RootDecisions:
    """Numbers of components that are decided at the root, each in a column of its own.

    Parameters
    ----------
    column_groups : sequence of ColumnGroup
        All columns of the program.
    """

    column_groups: Sequence[ColumnGroup]

    @property
    def groups(self) -> dict[SiteKey, ColumnGroup]:
        """The group of each decision, of one column."""
        own = (group for group in self.column_groups if group.role == "site_decision")
        return {(group.owner, group.quantity): group for group in own}

    @property
    def positions(self) -> IndexArray:
        """Their columns."""
        own = (group.positions for group in self.groups.values())
        return np.concatenate([np.empty(0, dtype=np.int32), *own]).astype(np.int32)

    def following(self, values: Mapping[SiteKey, float]) -> tuple[IndexArray, FloatArray]:
        """Columns that are fixed by decisions that are made, and what at."""
        groups = self.groups
        columns = [int(groups[key].positions[0]) for key in values]
        return np.array(columns, dtype=np.int32), np.array(list(values.values()), dtype=float)

    def values(self, columns: IndexArray, root: FloatArray) -> dict[SiteKey, float]:
        """What a root point decides.

        Parameters
        ----------
        columns : int array
            Those of the root, in the order of ``root``.
        """
        place = {int(column): k for k, column in enumerate(columns)}
        return {key: float(root[place[int(group.positions[0])]]) for key, group in self.groups.items()}

    def table(self, columns: IndexArray, root: FloatArray) -> pd.DataFrame:
        """One row a decision of a root point: component, quantity, unit and value."""
        found = self.values(columns, root)
        rows = [(name, quantity, self.groups[name, quantity].unit, value) for (name, quantity), value in found.items()]
        return pd.DataFrame(rows, columns=list(DECISION_COLUMNS))
