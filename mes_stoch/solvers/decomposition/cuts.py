"""Cuts of a master program, and the arrays in which they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.model.program import FloatArray, IndexArray


@dataclass(frozen=True)
class Cut:
    """``sum_c shares_c t_c >= offset + gradient' r``; a feasibility cut has no groups, but one it belongs to.

    ``amount`` is the size of what was added up to make it, which round-off is a share of.
    """

    groups: IndexArray
    shares: FloatArray
    offset: float
    gradient: FloatArray
    round: int = -1
    owner: int = -1
    amount: float = 0.0

    @property
    def is_feasibility(self) -> bool:
        return not len(self.groups)

    @property
    def size(self) -> float:
        """Of a feasibility cut, which has no cost to be counted in."""
        return float(np.abs(self.gradient).max(initial=0.0)) or 1.0


def as_arrays(cuts: Sequence[Cut], width: int) -> dict[str, NDArray[Any]]:
    """Cuts as few arrays, by name.

    Parameters
    ----------
    width : int
        Consensus columns.
    """
    nothing = np.zeros((0, width))
    return {
        "cuts.gradient": np.array([cut.gradient for cut in cuts]) if cuts else nothing,
        "cuts.offset": np.array([cut.offset for cut in cuts], dtype=np.float64),
        "cuts.amount": np.array([cut.amount for cut in cuts], dtype=np.float64),
        "cuts.round": np.array([cut.round for cut in cuts], dtype=np.int64),
        "cuts.owner": np.array([cut.owner for cut in cuts], dtype=np.int64),
        "cuts.lengths": np.array([len(cut.groups) for cut in cuts], dtype=np.int64),
        "cuts.groups": np.concatenate([np.zeros(0, dtype=np.int32), *(cut.groups for cut in cuts)]),
        "cuts.shares": np.concatenate([np.zeros(0), *(cut.shares for cut in cuts)]),
    }


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> list[Cut]:
    """The same back.

    Raises
    ------
    ValueError
        The arrays do not fit each other.
    """
    ends = np.cumsum(arrays["cuts.lengths"])
    groups = np.split(arrays["cuts.groups"].astype(np.int32), ends[:-1]) if len(ends) else []
    shares = np.split(arrays["cuts.shares"], ends[:-1]) if len(ends) else []
    columns = (arrays[f"cuts.{name}"].tolist() for name in ("offset", "round", "owner", "amount"))
    rows = zip(groups, shares, arrays["cuts.gradient"], *columns, strict=True)
    return [
        Cut(groups, shares, offset, gradient, number, owner, amount)
        for groups, shares, gradient, offset, number, owner, amount in rows
    ]
