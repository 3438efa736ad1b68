"""Pairs of columns that undo each other: bought and sold, long and short, unserved and spilled.

Equations
---------
``A_j = -A_k``, ``c_j + c_k >= 0``, both continuous, bounded below and not above: lowering both leaves every row as it
is and costs nothing, so that one of them may be taken to be at its lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.model.program import BoolArray, IndexArray, LinearProgram


@dataclass(frozen=True)
class OppositePairs:
    """Pairs of a sparsity pattern, and how to see that they still are with other numbers.

    Parameters
    ----------
    one, other : int array
        Columns.
    entries, opposite : int array
        Entries that must cancel.
    zeros : int array
        Entries of these columns that must be zero.
    columns : int
        Of the program.
    """

    one: IndexArray
    other: IndexArray
    entries: IndexArray
    opposite: IndexArray
    zeros: IndexArray
    columns: int

    def hold(self, program: LinearProgram) -> bool:
        """Whether all pairs are pairs of this program too."""
        if not len(self.one):
            return True
        data, cost = program.matrix.data, program.cost
        both = np.concatenate([self.one, self.other])
        return bool(
            np.array_equal(data[self.entries], -data[self.opposite])
            and not data[self.zeros].any()
            and np.all(cost[self.one] + cost[self.other] >= 0)
            and np.isfinite(program.column_lower[both]).all()
        )

    def open_partners(self, open_upper: BoolArray) -> IndexArray:
        """For every column how many of its partners have no upper bound."""
        counts = np.bincount(self.one, weights=open_upper[self.other], minlength=self.columns)
        counts += np.bincount(self.other, weights=open_upper[self.one], minlength=self.columns)
        return counts.astype(np.int32)

    def are_partners(self, one: IndexArray, other: IndexArray) -> BoolArray:
        """Position by position, whether the two columns are a pair."""
        keys = np.concatenate([self._keys(self.one, self.other), self._keys(self.other, self.one)])
        return np.isin(self._keys(one, other), keys)

    def _keys(self, one: IndexArray, other: IndexArray) -> IndexArray:
        return np.asarray(one.astype(np.int64) * self.columns + other)


def opposite_pairs(program: LinearProgram, may_move: BoolArray) -> OppositePairs:
    """All pairs among the columns that may move, have a finite lower and no upper bound, and stand in some row."""
    matrix, cost = program.matrix, program.cost
    candidates = np.flatnonzero(may_move & np.isinf(program.column_upper) & np.isfinite(program.column_lower))
    nonzero: dict[int, IndexArray] = {}
    seen: dict[tuple[bytes, bytes], list[int]] = {}
    pairs: list[tuple[int, int]] = []
    for column in candidates.tolist():
        span = np.arange(matrix.indptr[column], matrix.indptr[column + 1])
        entries = span[matrix.data[span] != 0]
        if not len(entries):
            continue
        nonzero[column] = entries
        rows, values = matrix.indices[entries].tobytes(), matrix.data[entries]
        for known in seen.get((rows, (-values).tobytes()), []):
            if cost[known] + cost[column] >= 0:
                pairs.append((known, column))
        seen.setdefault((rows, values.tobytes()), []).append(column)
    involved = sorted({column for pair in pairs for column in pair})
    spans = [np.arange(matrix.indptr[column], matrix.indptr[column + 1]) for column in involved]
    zeros = [span[~np.isin(span, nonzero[column])] for span, column in zip(spans, involved, strict=True)]
    return OppositePairs(
        one=np.array([one for one, _ in pairs], dtype=np.int32),
        other=np.array([other for _, other in pairs], dtype=np.int32),
        entries=_joined([nonzero[one] for one, _ in pairs]),
        opposite=_joined([nonzero[other] for _, other in pairs]),
        zeros=_joined(zeros),
        columns=matrix.shape[1],
    )


def _joined(parts: list[IndexArray]) -> IndexArray:
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, dtype=np.int64)
