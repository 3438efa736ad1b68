"""Factors that only mean "if on", made as small as the program allows before a solver sees them.

A unit that may run if it is on, ``u <= M y``, is often given an ``M`` that stands for "no limit". Within a solver's
tolerances ``u`` then runs while ``y`` is off. What ``u`` can be is bounded by its other rows, and a factor of that size
says the same.

Equations
---------
In a row ``sum_k a_k x_k - M y <= b`` without a lower limit, ``y`` in {0, 1, 2, ...}, with ``most`` the largest value
of the sum within the columns' (derived) bounds, ``M`` may be ``max(most - b, 0)`` where that is less: with ``y = 0``
the row is the same, with ``y = 1`` and more it holds for every point within the bounds. Likewise
``sum_k a_k x_k + M y >= b``. Derived bounds hold for some optimal point at any first stage
(:mod:`mes_stoch.solvers.proofs.propagation`), so the optimum is the same; points of the new program are points of the
old one.

Source
------
Savelsbergh (1994), Preprocessing and probing techniques for mixed integer programming problems, section 1.2,
DOI 10.1287/ijoc.6.4.445.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import IndexArray, LinearProgram
from mes_stoch.solvers.proofs.propagation import Box, Propagation

#: Factors of at most this size are left alone; so are bounds, which serve as they are.
LARGE = 1e4
_MARGIN = 1e-9


class WithSmallFactors:
    """Scenarios with their large factors made smaller; remembers what derives their bounds.

    Parameters
    ----------
    settled : int array
        Columns of the first stage.
    """

    def __init__(self, settled: IndexArray) -> None:
        self._propagation = Propagation(settled, LARGE)

    def of(self, scenario: LinearProgram) -> LinearProgram:
        """The scenario, or one with the same optimum at every first stage."""
        if not has_large_factors(scenario):
            return scenario
        # bounds that stand for "none" are derived anew
        lower = np.where(scenario.column_lower <= -LARGE, -np.inf, scenario.column_lower)
        upper = np.where(scenario.column_upper >= LARGE, np.inf, scenario.column_upper)
        derived = self._propagation.box(replace(scenario, column_lower=lower, column_upper=upper))
        box = Box(np.maximum(derived.lower, scenario.column_lower), np.minimum(derived.upper, scenario.column_upper))
        return tightened(scenario, box)


def has_large_factors(scenario: LinearProgram) -> bool:
    """Whether an integer column has a coefficient above ``LARGE``."""
    if not scenario.integer.any():
        return False
    of_integers = np.repeat(scenario.integer, np.diff(scenario.matrix.indptr))
    return bool(np.abs(scenario.matrix.data).max(initial=0.0, where=of_integers) > LARGE)


def tightened(program: LinearProgram, box: Box) -> LinearProgram:
    """The program with every factor of an integer column from zero up no larger than the box needs."""
    matrix = program.matrix
    data, rows = matrix.data.copy(), matrix.indices
    columns = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    switch = program.integer & (program.column_lower == 0)
    for entry in np.flatnonzero(switch[columns] & (np.abs(data) > LARGE)).tolist():
        row, size = rows[entry], abs(data[entry])
        sign = -1.0 if data[entry] < 0 else 1.0
        limit = -program.row_upper[row] if sign < 0 else program.row_lower[row]
        other = program.row_lower[row] if sign < 0 else program.row_upper[row]
        if not np.isfinite(limit) or np.isfinite(other):
            continue
        # -sum a_k x_k + M y >= -b, or sum a_k x_k + M y >= b: the least of the sum
        inside = (rows == row) & (data != 0)
        inside[entry] = False
        slopes = sign * data[inside]
        low, high = box.lower[columns[inside]], box.upper[columns[inside]]
        least = float(np.sum(slopes * np.where(slopes > 0, low, high)))
        terms = float(np.sum(np.abs(slopes * np.where(slopes > 0, low, high)))) + abs(float(limit))
        if not np.isfinite(least):
            continue
        enough = max(float(limit) - least, 0.0) + _MARGIN * terms
        if enough < size:
            data[entry] = sign * enough
    return replace(program, matrix=sp.csc_array((data, matrix.indices, matrix.indptr), shape=matrix.shape))
