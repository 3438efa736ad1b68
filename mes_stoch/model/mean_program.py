"""Parts and means of a stochastic program: one scenario alone, and the expected-value problem.

Equations
---------
With probabilities ``p_s``, the expected-value problem has one scenario, whose every number is the mean::

    c = sum_s p_s c_s,   A = sum_s p_s A_s,   and likewise offsets, limits of rows and bounds of columns

All numbers of a site's program are affine in its data (:mod:`mes_stoch.model.compile`), so this is the program of the
mean data. What follows from data (whether an offer is called, for how long a call may still last) is averaged as it is
in the scenarios, and never worked out anew from mean prices: half of all scenarios called is a call of one half.

Source
------
Birge & Louveaux (2011), Introduction to Stochastic Programming, 2nd ed., section 4.2, DOI 10.1007/978-1-4614-0237-4.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.schema.errors import ModelError


class OneScenario:
    """A :class:`~mes_stoch.model.program.StochasticProgram` of a single scenario of another one."""

    def __init__(self, program: StochasticProgram, index: int) -> None:
        self._program = program
        self._index = index
        self.name = program.name
        self.scenario_names = (program.scenario_names[index],)
        self.probabilities: FloatArray = np.ones(1)
        self.root: RootStage = program.root
        self.column_names = program.column_names
        self.row_names = program.row_names

    def scenario(self, index: int) -> LinearProgram:
        return self._program.scenario(self._index)


class MeanProgram:
    """A :class:`~mes_stoch.model.program.StochasticProgram` whose one scenario is the mean of another one's.

    Scenarios without probability are left out.

    Raises
    ------
    ModelError
        Scenarios with unlike columns, rows or integers have no mean.
    """

    def __init__(self, program: StochasticProgram) -> None:
        self.name = program.name
        self.scenario_names = ("mean",)
        self.probabilities: FloatArray = np.ones(1)
        self.root: RootStage = program.root
        self.column_names = program.column_names
        self.row_names = program.row_names
        self._mean = _mean(program)

    def scenario(self, index: int) -> LinearProgram:
        return self._mean


def _mean(program: StochasticProgram) -> LinearProgram:
    weights = np.asarray(program.probabilities, dtype=np.float64)
    counted = [int(index) for index in np.flatnonzero(weights > 0)]
    first = program.scenario(counted[0])
    matrix = sp.csc_array(first.matrix.shape)
    numbers = {name: np.zeros(getattr(first, name).shape) for name in _NUMBERS}
    offset = 0.0
    for index in counted:
        scenario, weight = program.scenario(index), weights[index] / weights.sum()
        if scenario.matrix.shape != first.matrix.shape or not np.array_equal(scenario.integer, first.integer):
            raise ModelError(f"{program.name}: scenarios of unlike structure have no mean")
        matrix = matrix + weight * scenario.matrix
        offset += weight * scenario.offset
        for name, total in numbers.items():
            total += weight * getattr(scenario, name)
    mean = sp.csc_array(matrix)
    mean.sort_indices()
    return LinearProgram(matrix=mean, offset=offset, integer=first.integer, **numbers)


_NUMBERS = ("cost", "row_lower", "row_upper", "column_lower", "column_upper")
