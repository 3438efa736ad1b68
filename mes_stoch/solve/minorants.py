"""Affine lower estimates of a scenario's cost, and rows that every feasible commitment keeps, from any row multipliers.

Equations
---------
For a scenario ``min {c' x : l <= A x <= u, lo <= x <= up}`` with commitment ``r = x[consensus]``, any row multipliers
``y`` and any slope ``g``, with ``d = c - A' y`` less ``g`` on the consensus columns,

    c' x >= offset + g' r
    offset = o + sum_i min {y_i a : l_i <= a <= u_i} + sum_j min {d_j x_j : lo_j <= x_j <= up_j}

for every feasible ``x``, integer or not, since ``c' x = y' (A x) + d' x + g' r``. Nothing is asked of ``y``: duals of a
linear program solved to any tolerance, of another scenario's, of a phase 1 or of a recession program give valid
estimates, and only their quality differs. With costs left out (``c = 0``, ``o = 0``) the left side is 0:
``offset + g' r <= 0`` holds wherever the scenario has a dispatch, a feasibility cut (Farkas).

Sums are rounded outward. A column without a finite bound on the side that counts must have ``d_j = 0``; what is left of
it within the solver's dual tolerance is taken for zero, which is an assumption and not a proof.

Source
------
Birge & Louveaux (2011), Introduction to Stochastic Programming, section 5.1, DOI 10.1007/978-1-4614-0237-4, for the two
kinds of cut; Neumaier & Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming,
DOI 10.1007/s10107-003-0433-3, for bounds from approximate duals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram

#: Relative error of a product and of one addition, doubled.
_UNIT = float(np.finfo(np.float64).eps)

#: Dual infeasibility, relative to what was added up, that is taken for zero where a column has no bound.
_DUAL_TOLERANCE = 1e-7


@dataclass(frozen=True)
class Minorant:
    """``offset + gradient' r``; an offset of ``-inf`` says nothing."""

    offset: float
    gradient: FloatArray

    @property
    def says_something(self) -> bool:
        """Whether the estimate is finite."""
        return math.isfinite(self.offset) and bool(np.isfinite(self.gradient).all())

    def at(self, point: FloatArray) -> float:
        """Value at a commitment."""
        return float(self.offset + self.gradient @ point)


def cost_minorant(scenario: LinearProgram, row_dual: FloatArray, consensus: IndexArray) -> Minorant:
    """A lower estimate of the scenario's cost, with the slope that the duals imply.

    Parameters
    ----------
    scenario : LinearProgram
    row_dual : array
        Cost per unit of a row's limit.
    consensus : int array
        Columns that carry the commitment.
    """
    return _minorant(scenario, scenario.cost, scenario.offset, row_dual, consensus, None)


def feasibility_minorant(
    scenario: LinearProgram, row_dual: FloatArray, consensus: IndexArray, gradient: FloatArray
) -> Minorant:
    """``offset + gradient' r <= 0`` for every commitment that the scenario can answer."""
    return _minorant(scenario, np.zeros(len(scenario.cost)), 0.0, row_dual, consensus, gradient)


def _minorant(
    scenario: LinearProgram,
    cost: FloatArray,
    constant: float,
    row_dual: FloatArray,
    consensus: IndexArray,
    gradient: FloatArray | None,
) -> Minorant:
    dual = _allowed(row_dual, scenario)
    matrix = scenario.matrix
    reduced = cost - matrix.T @ dual
    size = np.abs(cost) + abs(matrix).T @ np.abs(dual)
    entries = np.diff(matrix.indptr) + 4.0
    if gradient is None:
        gradient = reduced[consensus].copy()
        reduced[consensus] = 0.0
    else:
        reduced[consensus] -= gradient
        size[consensus] += np.abs(gradient)
    limits = np.where(dual > 0, scenario.row_lower, scenario.row_upper)
    at_limits = np.where(dual == 0, 0.0, dual * np.where(dual == 0, 0.0, limits))
    wanted = np.where(reduced > 0, scenario.column_lower, scenario.column_upper)
    error = _UNIT * entries * size
    open_ended = ~np.isfinite(wanted)
    if np.any(np.abs(reduced[open_ended]) > _DUAL_TOLERANCE * np.maximum(1.0, size[open_ended])):
        return Minorant(-math.inf, gradient)
    reduced[open_ended] = 0.0
    wanted[open_ended] = 0.0
    in_columns = reduced * wanted
    reach = np.maximum(_finite_size(scenario.column_lower), _finite_size(scenario.column_upper))
    # NumPy adds pairwise: the error of a sum grows with the logarithm of its length, here taken as 64
    sums = np.abs(at_limits).sum() + np.abs(in_columns).sum() + abs(constant)
    allowance = float(error @ reach) + 64 * _UNIT * float(sums)
    offset = constant + float(at_limits.sum()) + float(in_columns.sum()) - allowance
    return Minorant(offset, np.asarray(gradient, dtype=np.float64))


def _allowed(row_dual: FloatArray, scenario: LinearProgram) -> FloatArray:
    """Multipliers without those that would ask for a limit a row does not have."""
    useless = ((row_dual > 0) & np.isneginf(scenario.row_lower)) | ((row_dual < 0) & np.isposinf(scenario.row_upper))
    return np.where(useless, 0.0, row_dual)


def _finite_size(bound: FloatArray) -> FloatArray:
    return np.where(np.isfinite(bound), np.abs(bound), 0.0)
