"""A three-stage newsvendor whose truth is known: reserve capacity, order within it, sell.

Root: a capacity ``x`` at 0.1 a unit. Day-ahead node: the level ``m``, 30 or 60 with probability 1/2, is known, and an
order ``d <= x`` at 0.5 a unit is placed. Leaf: a demand uniform on ``[m - 20, m + 20]``, of which ``min(d, demand)`` is
sold at 1.

Within ``[m - 20, m + 20]`` an order earns ``V(m, d) = d - (d - m + 20)^2 / 80 - d / 2``, best at ``d = m``:
``m / 2 - 5``.

- The best capacity lies in ``[40, 60]``: V(30, 30) = 10 and V(60, x) = x / 2 - (x - 40)^2 / 80, of slope
  1/2 - (x - 40) / 40; half of that is 0.1 at x = 52: (10 + 26 - 1.8) / 2 - 5.2 = 11.9.
- A capacity of 90 binds nowhere. Its best orders earn (10 + 25) / 2 - 9 = 8.5. An order that is best for three sampled
  demands is the middle one, ``m - 20 + 40 B`` with ``B ~ Beta(2, 2)``, E B = 1/2 and E B^2 = 3/10: on the mean it sells
  ``m - 1600 / 80 * 3/10 = m - 6`` for ``m / 2``: (9 + 24) / 2 - 9 = 7.5.
"""

from __future__ import annotations

import numpy as np
from solvers.array_programs import ArrayProgram, linear_program

from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import IndexArray, RootStage

BEST, BEST_CAPACITY = 11.9, 52.0
CANDIDATE, CANDIDATE_BEST, CANDIDATE_WITH_THREE = 90.0, 8.5, 7.5
LEVELS, SPREAD = (30.0, 60.0), 20.0
ORDER: IndexArray = np.array([1], dtype=np.int32)


def sampled_nodes(seed: int, nodes: int, leaves: int, further: int) -> list[BundledProgram[ArrayProgram]]:
    """Two trees of the same nodes: one with ``leaves`` below each, one with ``further`` others."""
    generator = np.random.default_rng(seed)
    levels = generator.choice(LEVELS, nodes)
    demands = levels[:, None] + generator.uniform(-SPREAD, SPREAD, (nodes, leaves + further))
    return [_tree(part) for part in (demands[:, :leaves], demands[:, leaves:])]


def _tree(demands: np.ndarray) -> BundledProgram[ArrayProgram]:
    nodes, leaves = demands.shape
    scenarios = [
        linear_program(
            cost=[0.1, 0.5, -1.0],
            rows=[[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0]],
            row_lower=[-np.inf] * 2,
            row_upper=[0.0] * 2,
            lower=[0.0] * 3,
            upper=[100.0, 100.0, float(demand)],
        )
        for demand in demands.ravel()
    ]
    root = RootStage(
        columns=np.array([0], dtype=np.int32),
        names=("capacity",),
        consensus=np.array([True]),
        rho_scale=np.array([0.02]),
    )
    program = ArrayProgram(scenarios, np.full(nodes * leaves, 1 / (nodes * leaves)), root)
    groups = np.arange(nodes * leaves).reshape(nodes, leaves).tolist()
    return BundledProgram(program, groups, ORDER)
