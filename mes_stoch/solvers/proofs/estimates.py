"""Lower estimates of each scenario's cost, as they were found, and what the master's duals make of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray
from mes_stoch.solvers.proofs.outward import EPSILON
from mes_stoch.solvers.proofs.safe_bounds import Minorant


class Estimates:
    """Rounds of affine estimates, one a scenario of this rank; a scenario may have none in a round.

    Parameters
    ----------
    count : int
        Scenarios of this rank.
    width : int
        Consensus columns.
    reach : array, optional
        How large each of them can be; what sums lose by rounding is taken off the offsets with it.
    """

    def __init__(self, count: int, width: int, reach: FloatArray | None = None) -> None:
        self._count, self._width = count, width
        self._reach = np.zeros(width) if reach is None else reach
        self.offsets: list[FloatArray] = []
        self.gradients: list[FloatArray] = []
        self.known: BoolArray = np.zeros(count, dtype=bool)

    def add(self, minorants: list[Minorant | None], point: FloatArray) -> tuple[FloatArray, FloatArray]:
        """A new round; where it has nothing for a scenario, an earlier one's estimate that is highest at ``point``.

        Returns
        -------
        offsets, gradients
            Zero for scenarios of which nothing is known yet (:attr:`known`).
        """
        offsets, gradients = np.zeros(self._count), np.zeros((self._count, self._width))
        for place, minorant in enumerate(minorants):
            if minorant is not None:
                offsets[place], gradients[place] = minorant.offset, minorant.gradient
                self.known[place] = True
            elif self.known[place]:
                offsets[place], gradients[place] = self.highest(place, point)
        self.offsets.append(offsets)
        self.gradients.append(gradients)
        return offsets, gradients

    def add_round(self, offsets: FloatArray, gradients: FloatArray) -> None:
        """A round with an estimate of every scenario."""
        self.offsets.append(offsets)
        self.gradients.append(gradients)
        self.known[:] = True

    def stored(self) -> tuple[list[FloatArray], list[FloatArray], list[FloatArray]]:
        """Offsets, gradients and whether anything is known, one array a scenario each, rounds one after another."""
        known = [np.array([flag], dtype=np.float64) for flag in self.known]
        if not self.offsets:
            nothing = [np.zeros(0)] * self._count
            return nothing, nothing, known
        return list(np.stack(self.offsets, axis=1)), list(np.stack(self.gradients, axis=1)), known

    def restore(
        self, rounds: int, offsets: Sequence[FloatArray], gradients: Sequence[FloatArray], known: Sequence[FloatArray]
    ) -> None:
        """Begin with so many rounds that were stored, in place of none.

        Raises
        ------
        ValueError
            There is something of other scenarios, rounds or columns.
        """
        by_offset = np.array(offsets, dtype=np.float64).reshape(self._count, rounds)
        by_gradient = np.array(gradients, dtype=np.float64).reshape(self._count, rounds, self._width)
        self.offsets = [by_offset[:, number].copy() for number in range(rounds)]
        self.gradients = [by_gradient[:, number].copy() for number in range(rounds)]
        self.known = np.array(known, dtype=np.float64).reshape(self._count) > 0

    def highest(self, place: int, point: FloatArray) -> tuple[float, FloatArray]:
        """The estimate of a scenario that is highest at a point."""
        best, at_best = 0, -math.inf
        for number, (offsets, gradients) in enumerate(zip(self.offsets, self.gradients, strict=True)):
            value = float(offsets[place] + gradients[place] @ point)
            # a scenario without an estimate had zeros in that round
            is_known = offsets[place] != 0.0 or bool(np.any(gradients[place]))
            if is_known and value > at_best:
                best, at_best = number, value
        return float(self.offsets[best][place]), self.gradients[best][place].copy()

    def weighted(self, weights: FloatArray, group: IndexArray) -> tuple[FloatArray, FloatArray]:
        """One estimate a scenario: the mean of its rounds by the duals of its group, rounded down.

        What the weights add up to too much, or too little, counts with the highest estimate used, which is no larger
        than its size.
        """
        offsets, gradients = np.zeros(self._count), np.zeros((self._count, self._width))
        sizes, totals = np.zeros(self._count), np.zeros(self._count)
        for shares, offset, gradient in zip(weights, self.offsets, self.gradients, strict=False):
            share = shares[group]
            offsets += share * offset
            gradients += share[:, None] * gradient
            size = np.abs(offset) + np.abs(gradient) @ self._reach
            sizes = np.maximum(sizes, np.where(share > 0, size, 0.0))
            totals += share
        lost = np.abs(1.0 - totals) + (2 * len(self.offsets) + 8) * EPSILON
        return offsets - 1.001 * lost * sizes, gradients
