"""Variables and rows in the order they were declared, with what a person needs to read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.model.program import IndexArray


@dataclass(frozen=True)
class Family:
    """All columns (or rows) of one kind.

    Parameters
    ----------
    name : str
        ``owner.quantity``.
    owner, quantity : str
        Component, product, node or connection; and what of it, with its unit in the name.
    unit : str
        Of a value; of the slack of a row.
    stage : str
        ``commit``, ``day_ahead`` or ``realtime``.
    dimension : str
        ``time``, or the name of a coarser span (``block_fr_fcr``, ``period_da``, ``horizon``).
    coordinate : datetime64 array, UTC
        Start of each span.
    positions : int array
        Columns (rows) of the scenario program, one per coordinate.
    text : str
        For rows: what the row demands, in the user's words.
    """

    name: str
    owner: str
    quantity: str
    unit: str
    stage: str
    dimension: str
    coordinate: NDArray[np.datetime64]
    positions: IndexArray
    text: str = ""

    @property
    def is_derived(self) -> bool:
        """Whether a root column only follows from a committed volume (on/off of a bid, number of steps)."""
        return self.stage == "commit" and self.quantity in ("bid", "bid_steps")
