"""Lower estimates of each scenario's cost, as they were found, and what the master's duals make of them."""

from __future__ import annotations

import math

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray
from mes_stoch.solve.minorants import Minorant


class Estimates:
    """Rounds of affine estimates, one a scenario of this rank; a scenario may have none in a round.

    Parameters
    ----------
    count : int
        Scenarios of this rank.
    width : int
        Consensus columns.
    """

    def __init__(self, count: int, width: int) -> None:
        self._count, self._width = count, width
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
        """One estimate a scenario: the mean of its rounds by the duals of its group."""
        offsets, gradients = np.zeros(self._count), np.zeros((self._count, self._width))
        for shares, offset, gradient in zip(weights, self.offsets, self.gradients, strict=False):
            share = shares[group]
            offsets += share * offset
            gradients += share[:, None] * gradient
        return offsets, gradients
