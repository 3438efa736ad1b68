"""Commitments worth trying, made of what the scenarios would each like."""

from __future__ import annotations

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram

_DIGITS = 9


class Candidates:
    """Maps consensus values to root points and remembers which have been tried.

    Parameters
    ----------
    program : StochasticProgram
        ``program.root.nearest`` gives the columns without consensus the values that follow from the others.
    """

    def __init__(self, program: StochasticProgram) -> None:
        self._root = program.root
        self._tried: set[bytes] = set()

    def from_consensus(self, values: FloatArray) -> FloatArray:
        """The allowed root point nearest to these values of the consensus columns."""
        point = np.zeros(len(self._root.columns))
        point[self._root.consensus] = values
        return np.asarray(self._root.nearest(point), dtype=np.float64)

    def is_new(self, point: FloatArray) -> bool:
        """Whether ``point`` is seen for the first time; afterwards it counts as tried."""
        size = np.maximum(1.0, np.abs(point))
        key = (np.round(point / size, _DIGITS) * size + 0.0).tobytes()
        if key in self._tried:
            return False
        self._tried.add(key)
        return True
