"""Columns and rows that a rule of availability adds, and their entries in the matrix of a scenario.

The equations are those of :mod:`mes_stoch.model.availability.program`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from mes_stoch.model.availability.obligations import Obligation
from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.model.risk.tail import least_probability

Places = Sequence[int] | NDArray[Any]

#: Probabilities that add up to a hair more than is allowed are as much.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Entries:
    """Entries of a sparse matrix."""

    row: IndexArray
    column: IndexArray
    value: FloatArray

    @staticmethod
    def of(rows: Places, columns: Places, value: float | FloatArray) -> Entries:
        row, column = np.asarray(rows, dtype=np.int32), np.asarray(columns, dtype=np.int32)
        return Entries(row, column, np.broadcast_to(np.asarray(value, dtype=np.float64), row.shape))


@dataclass(frozen=True)
class RulePart:
    """An obligation with the places of its columns and rows."""

    obligation: Obligation
    weights: FloatArray
    first_root: int
    first_spare: int
    probability_row: int
    first_limit: int

    @property
    def root_names(self) -> list[str]:
        kind = "misses" if self.obligation.is_exact else "excess"
        return [*([] if self.obligation.is_exact else ["threshold"]), *(f"{kind}[{k}]" for k in range(self._scenarios))]

    @property
    def _scenarios(self) -> int:
        return len(self.weights)

    @property
    def root_count(self) -> int:
        return self._scenarios + (0 if self.obligation.is_exact else 1)

    @property
    def root_lower(self) -> FloatArray:
        lower = np.zeros(self.root_count)
        if not self.obligation.is_exact:
            lower[0] = -self.obligation.largest
        return lower

    @property
    def root_upper(self) -> FloatArray:
        largest = self.obligation.largest
        if self.obligation.is_exact:
            return np.ones(self.root_count)
        return np.concatenate([[largest], np.full(self._scenarios, 2.0 * largest)])

    @property
    def root_is_binary(self) -> FloatArray:
        return np.full(self.root_count, float(self.obligation.is_exact))

    @property
    def spare_bounds(self) -> FloatArray:
        if self.obligation.is_exact:
            return np.empty(0)
        return np.full(len(self.obligation.short), self.obligation.largest)

    @property
    def allowed(self) -> float:
        """Upper limit of the row over all scenarios."""
        return self.obligation.epsilon + _ROUNDING if self.obligation.is_exact else 0.0

    def entries(self, index: int, inner: sp.csc_array) -> Iterator[Entries]:
        """What a scenario's matrix has besides the inner one's."""
        one = self.obligation
        scenarios = self.first_root + self.root_count - self._scenarios + np.arange(self._scenarios)
        share = 1.0 if one.is_exact else max(one.epsilon, least_probability(self.weights))
        yield Entries.of(np.full(self._scenarios, self.probability_row), scenarios, self.weights / share)
        limits = self.first_limit + np.arange(one.limits)
        yield Entries.of(limits, np.concatenate([one.short, one.missed]), 1.0)
        own = int(scenarios[index])
        if one.is_exact:
            yield Entries.of(limits, np.full(one.limits, own), -one.largest)
            return
        held, delivered = limits[: len(one.short)], limits[len(one.short) :]
        spare = self.first_spare + np.arange(len(one.short))
        yield Entries.of([self.probability_row], [self.first_root], 1.0)
        for column in (np.full(len(held), own), np.full(len(held), self.first_root), spare):
            yield Entries.of(held, column, -1.0)
        yield Entries.of(delivered, one.short_of_missed, -1.0)
        # a MW held beyond the volume does in its row the opposite of a MW that is short
        yield Entries.of(one.coverage, spare, -_entries_at(inner, one.coverage, one.short))


def _entries_at(matrix: sp.csc_array, rows: IndexArray, columns: IndexArray) -> FloatArray:
    return np.asarray(sp.csr_array(matrix)[rows, columns]).ravel()


def laid_out(obligations: Sequence[Obligation], weights: FloatArray, width: int, height: int) -> list[RulePart]:
    """Columns of the root first, then spare ones; rows over all scenarios first, then limits."""
    parts: list[RulePart] = []
    root, limit = width, height + len(obligations)
    for number, one in enumerate(obligations):
        parts.append(RulePart(one, weights, root, 0, height + number, limit))
        root += parts[-1].root_count
        limit += one.limits
    for number, part in enumerate(parts):
        parts[number] = replace(part, first_spare=root)
        root += len(part.spare_bounds)
    return parts
