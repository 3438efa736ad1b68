"""Columns and rows in the groups in which they were declared, with what they mean to a person and to the program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.components.shared.context import ColumnRole, RowRole, Stage
from mes_stoch.model.program import IndexArray
from mes_stoch.schema.instance import Horizon


@dataclass(frozen=True)
class Group:
    """Columns, or rows, of one meaning: one for each span of time.

    Parameters
    ----------
    name : str
        ``owner.quantity``.
    owner, quantity : str
        Component, product, node or connection; and what of it, with its unit in the name.
    unit : str
        Of a value; of the slack of a row.
    stage : str
        ``commit``, ``day_ahead`` or ``realtime``: when columns are decided, and the latest stage of a row's columns.
    dimension : str
        ``time``, or the name of a coarser span (``block_fr_fcr``, ``period_da``, ``horizon``).
    coordinate : datetime64 array, UTC
        Start of each span.
    positions : int array
        Columns (rows) of the scenario program, one per coordinate.
    """

    name: str
    owner: str
    quantity: str
    unit: str
    stage: Stage
    dimension: str
    coordinate: NDArray[np.datetime64]
    positions: IndexArray


@dataclass(frozen=True)
class ColumnGroup(Group):
    """A group of columns; ``role`` says what they are (:data:`~mes_stoch.components.shared.context.ColumnRole`)."""

    role: ColumnRole = "dispatch"

    @property
    def is_derived(self) -> bool:
        """Whether a root column only follows from a committed volume (on/off of a bid, number of steps)."""
        return self.stage == "commit" and self.role == "bid"


def energy_weights(group: ColumnGroup, horizon: Horizon, time: pd.DatetimeIndex) -> NDArray[np.float64]:
    """By column: length of its period, h, where the unit is one of power, so that the sum is an energy; else 1."""
    if group.unit not in ("MW", "Mvar"):
        return np.ones(len(group.positions))
    weights = np.full(len(group.positions), float(horizon.period_h))
    is_first = group.coordinate == time[0].tz_convert("UTC").tz_localize(None).to_datetime64()
    weights[is_first] = horizon.lengths_h[0]
    return weights


@dataclass(frozen=True)
class RowGroup(Group):
    """A group of rows; ``text`` says in the user's words what they demand, ``role`` what about."""

    text: str = ""
    role: RowRole = "rule"
