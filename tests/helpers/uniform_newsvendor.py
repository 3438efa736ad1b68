"""A newsvendor whose truth is known: orders at 0.5, sales at 1, demands uniform on [0, 100].

An order ``x`` earns ``x - x^2 / 200 - x / 2`` on the mean: 12.5 at the best, 50. In a sample of an odd number of
demands the middle one is the best order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from solvers.array_programs import ArrayProgram, newsvendor

from mes_stoch.model.program import FloatArray

COST, LARGEST, BEST = 0.5, 100.0, 12.5


def profit(order: float) -> float:
    """Mean profit of an order over all demands."""
    return order * (1 - COST) - order**2 / (2 * LARGEST)


def demands(count: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).uniform(0.0, LARGEST, count)


def sampled(count: int, seed: int) -> ArrayProgram:
    return newsvendor(demands(count, seed).tolist(), [COST] * count)


def earned(order: float, drawn: FloatArray) -> float:
    """Mean profit of an order in a sample."""
    return float(np.minimum(order, drawn).mean() - COST * order)


class NewsvendorSamples:
    """Samples as a site has them."""

    program: Callable[[int, int], ArrayProgram] = staticmethod(sampled)

    def with_candidate(self, count: int, seed: int, root: FloatArray, _: object) -> tuple[ArrayProgram, FloatArray]:
        return sampled(count, seed), root
