"""A program's best mean and conditional value-at-risk, put together apart from the project's own code."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from mes_stoch.model.program import StochasticProgram


def least_mean_risk_cost(
    leaves: StochasticProgram,
    groups: Sequence[Sequence[int]],
    shared: Sequence[int],
    share: float,
    beta: float,
) -> float:
    """Least ``(1 - beta) E[cost] + beta E[worst share of cost]`` by SciPy.

    A full copy of every leaf, agreement by equality rows, a threshold without bounds, and an excess per leaf.
    """
    programs = [leaves.scenario(index) for index in range(len(leaves.scenario_names))]
    weights, count, width = leaves.probabilities, len(programs), len(programs[0].cost)
    total = count * width + 1 + count
    threshold, excess = count * width, count * width + 1
    rows: list[NDArray[np.float64]] = []
    for index, program in enumerate(programs):
        row = np.zeros(total)
        row[index * width : (index + 1) * width] = program.cost
        row[threshold], row[excess + index] = -1.0, -1.0
        rows.append(row)
    ties = _agreement(leaves, groups, shared, width, total)
    cost = np.zeros(total)
    for index, (weight, program) in enumerate(zip(weights, programs, strict=True)):
        cost[index * width : (index + 1) * width] = (1.0 - beta) * weight * program.cost
        cost[excess + index] = beta * weight / share
    cost[threshold] = beta
    nothing = np.zeros(1 + count)
    whole = np.concatenate([*(program.integer for program in programs), nothing]).astype(int)
    dispatch = sp.block_diag([program.matrix for program in programs], format="csr")
    dispatch.resize((dispatch.shape[0], total))
    answer = milp(
        cost,
        integrality=whole,
        bounds=Bounds(
            np.concatenate([*(program.column_lower for program in programs), [-np.inf], np.zeros(count)]),
            np.concatenate([*(program.column_upper for program in programs), np.full(1 + count, np.inf)]),
        ),
        constraints=[
            LinearConstraint(
                dispatch,
                np.concatenate([program.row_lower for program in programs]),
                np.concatenate([program.row_upper for program in programs]),
            ),
            LinearConstraint(ties, np.zeros(ties.shape[0]), np.zeros(ties.shape[0])),
            LinearConstraint(
                sp.csr_array(np.array(rows)), np.full(count, -np.inf), -np.array([p.offset for p in programs])
            ),
        ],
        options={"mip_rel_gap": 0.0},
    )
    if answer.status != 0:
        raise RuntimeError(answer.message)
    constant = sum(weight * program.offset for weight, program in zip(weights, programs, strict=True))
    return float(answer.fun) + (1.0 - beta) * float(constant)


def _agreement(
    leaves: StochasticProgram, groups: Sequence[Sequence[int]], shared: Sequence[int], width: int, total: int
) -> sp.csr_array:
    count = len(leaves.scenario_names)
    pairs = [(index * width + column, column) for index in range(1, count) for column in leaves.root.columns.tolist()]
    pairs += [
        (member * width + column, group[0] * width + column)
        for group in groups
        for member in group[1:]
        for column in shared
    ]
    ties = sp.lil_array((len(pairs), total))
    for row, (one, other) in enumerate(pairs):
        ties[row, one], ties[row, other] = 1.0, -1.0
    return sp.csr_array(ties)


def worst_share(profits: Sequence[float], probabilities: Sequence[float], share: float) -> float:
    """Mean of the worst share of the probability, in fractions, filled up scenario by scenario."""
    left = wanted = Fraction(share)
    total = Fraction(0)
    for profit, weight in sorted(zip(profits, map(Fraction, probabilities), strict=True)):
        taken = min(left, weight)
        total += taken * Fraction(profit)
        left -= taken
    return float(total / (wanted - left))
