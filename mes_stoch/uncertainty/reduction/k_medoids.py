"""k-medoids: scenarios are exchanged until no exchange of a kept one for another makes the rest nearer.

Equations
---------
A start draws scenarios one by one, the first by its probability and each further one ``i`` with a chance in proportion
to ``p_i min_{j in K} c(i, j)`` (k-means++ with costs in place of squares). Then every scenario ``c`` is tried as a
medoid in place of the best one to give up, ``m``::

    change(m, c) = sum_i p_i ( min( min_{j in K - m} c(i, j), c(i, c) ) - min_{j in K} c(i, j) )

and taken at once where that is below zero. For one ``c`` the changes of all ``m`` cost one pass over the scenarios,
since ``i`` loses its nearest medoid for one ``m`` alone. The search ends when all scenarios have been tried since the
last exchange: the result is optimal among all single exchanges, and never worse than its start.

Sources
-------
Schubert, Rousseeuw (2021), Fast and eager k-medoids clustering, Information Systems 101 (FasterPAM), DOI
10.1016/j.is.2021.101804; Arthur, Vassilvitskii (2007), k-means++: the advantages of careful seeding, SODA.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.uncertainty.reduction.distances import CostMatrix, FloatArray, IndexArray
from mes_stoch.uncertainty.reduction.nearest import two_nearest

#: A gain below this share of the whole is rounding.
_LEAST_GAIN = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 1e-7}


def k_medoids(
    cost: CostMatrix,
    probabilities: FloatArray,
    count: int,
    always: Sequence[int] = (),
    *,
    seed: int = 0,
    starts: int = 1,
) -> IndexArray:
    """Positions of the medoids, ascending: the best result of several starts.

    Parameters
    ----------
    cost : array, shape (scenarios, scenarios)
        Symmetric.
    count : int
    always : sequence of int
        Medoids that are not given up.
    seed, starts : int

    >>> cost = np.abs(np.subtract.outer([0.0, 1.0, 10.0, 11.0], [0.0, 1.0, 10.0, 11.0]))
    >>> k_medoids(cost, np.array([0.3, 0.2, 0.2, 0.3]), 2).tolist()
    [0, 3]
    """
    found = []
    for generator in np.random.default_rng(seed).spawn(starts):
        start = careful_start(cost, probabilities, count, generator, always)
        medoids = exchanged(cost, probabilities, start, always)
        found.append((total_cost(cost, probabilities, medoids), medoids))
    return min(found, key=lambda one: one[0])[1]


def total_cost(cost: CostMatrix, probabilities: FloatArray, kept: IndexArray) -> float:
    """Cost of moving every scenario to the nearest kept one."""
    return float(probabilities @ cost[:, kept].min(axis=1).astype(np.float64))


def careful_start(
    cost: CostMatrix,
    probabilities: FloatArray,
    count: int,
    generator: np.random.Generator,
    always: Sequence[int] = (),
) -> IndexArray:
    """Scenarios drawn far from each other, by k-means++."""
    chosen = list(always) or [_drawn(probabilities, generator)]
    nearest = cost[:, chosen].min(axis=1).astype(np.float64)
    while len(chosen) < count:
        chances = probabilities * nearest
        chances[chosen] = 0.0
        if not chances.any():
            # all that is left lies where something is kept, or has no probability
            chances = np.ones(len(cost))
            chances[chosen] = 0.0
        chosen.append(_drawn(chances, generator))
        np.minimum(nearest, cost[chosen[-1]], out=nearest)
    return np.array(chosen, dtype=np.intp)


def _drawn(chances: FloatArray, generator: np.random.Generator) -> int:
    reached = np.cumsum(chances)
    return int(np.searchsorted(reached, generator.random() * reached[-1], side="right"))


def exchanged(cost: CostMatrix, probabilities: FloatArray, start: IndexArray, always: Sequence[int] = ()) -> IndexArray:
    """Medoids from which no single exchange is better, ascending."""
    medoids = start.copy()
    is_kept_always = np.isin(medoids, np.asarray(always, dtype=np.intp))
    if is_kept_always.all() or len(medoids) == len(cost):
        return np.sort(medoids)
    state = _State(cost, probabilities, medoids)
    least = _LEAST_GAIN[cost.dtype] * max(total_cost(cost, probabilities, medoids), 1e-300)
    candidate, tried = 0, 0
    while tried < len(cost):
        if candidate not in state.members:
            place, change = state.best_exchange(candidate, is_kept_always)
            if change < -least:
                state.exchange(place, candidate)
                tried = 0
        candidate = (candidate + 1) % len(cost)
        tried += 1
    return np.sort(state.medoids)


class _State:
    """Medoids, and for every scenario the two nearest of them."""

    def __init__(self, cost: CostMatrix, probabilities: FloatArray, medoids: IndexArray) -> None:
        self._cost = cost
        self._probabilities = probabilities
        self.medoids = medoids
        self._look()

    def _look(self) -> None:
        """What follows from the medoids."""
        near, _, self._to_near, self._to_second = two_nearest(self._cost, self.medoids)
        place = np.full(len(self._cost), -1)
        place[self.medoids] = np.arange(len(self.medoids))
        self._near = place[near]
        self.members = set(self.medoids.tolist())
        if len(self.medoids) > 1:
            losses = self._probabilities * (self._to_second - self._to_near)
            self._removals = np.bincount(self._near, weights=losses, minlength=len(self.medoids))

    def best_exchange(
        self, candidate: int, is_kept_always: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ) -> tuple[int, float]:
        """The medoid to give up for a candidate, and what that changes."""
        to_candidate = self._cost[candidate]
        if len(self.medoids) == 1:
            # nothing is left but the candidate
            return 0, float(self._probabilities @ (to_candidate - self._to_near))
        # scenarios that the candidate would matter to
        touched = np.flatnonzero(to_candidate < self._to_second)
        to_new, weights = to_candidate[touched], self._probabilities[touched]
        to_near, to_second = self._to_near[touched], self._to_second[touched]
        # what is gained whichever medoid goes, and what of the loss of its own medoid each is spared
        gain = np.minimum(to_new - to_near, 0.0)
        spared = np.maximum(to_new, to_near) - to_second
        changes = self._removals + np.bincount(
            self._near[touched], weights=weights * spared, minlength=len(self.medoids)
        )
        changes[is_kept_always] = np.inf
        place = int(np.argmin(changes))
        return place, float(changes[place] + weights @ gain)

    def exchange(self, place: int, candidate: int) -> None:
        self.medoids[place] = candidate
        self._look()
