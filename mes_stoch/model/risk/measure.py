"""What a risk measure is: two methods, one for the optimiser and one for a distribution that is already known.

Equations
---------
A measure of a random profit is the best value of a small linear program that looks at one scenario at a time, with
columns ``v`` that all scenarios share and columns ``w_s`` of each scenario::

    risk[profit] = max  sum_s p_s (value_root' v + value_leaf' w_s)
                   subject to  lower <= R v + L w_s + g profit_s <= upper      for every scenario s,
                               v and w_s within their bounds

It must not fall where the profit of a scenario rises, or the bounds of a dispatch
(:mod:`mes_stoch.solvers.proofs.propagation`) would not hold.

Source
------
Rockafellar & Uryasev (2000), Optimization of conditional value-at-risk, DOI 10.21314/JOR.2000.038; Artzner, Delbaen,
Eber, Heath (1999), Coherent measures of risk, DOI 10.1111/1467-9965.00068.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mes_stoch.model.program import FloatArray, IndexArray


@dataclass(frozen=True)
class ProfitSurvey:
    """What is proven of the profits of a program's scenarios before it is solved.

    Parameters
    ----------
    lower, upper : float
        For whichever measure and weight some best plan has the profit of every scenario that has a probability in here.
    spread : float
        By how much the profits of scenarios are likely to differ; above zero, and no more than a scale for penalties.
    unit : float
        Power of two in money, between a typical and the largest cost: coefficients of the profit in it lie near one.
    priced : int array
        Columns that have a cost in some scenario, ascending.
    """

    lower: float
    upper: float
    spread: float
    unit: float
    priced: IndexArray


@dataclass(frozen=True)
class AddedColumns:
    """Continuous columns that a measure adds.

    Parameters
    ----------
    names : tuple of str
    lower, upper : array
        Of columns at the root they are finite, and contain a best value for every plan within the survey.
    value : array
        What a unit adds to the measure; of a scenario's columns, in that scenario, before its probability.
    """

    names: tuple[str, ...]
    lower: FloatArray
    upper: FloatArray
    value: FloatArray


@dataclass(frozen=True)
class RiskTerms:
    """The small linear program of a measure: columns at the root and in every scenario, and rows of every scenario.

    Parameters
    ----------
    root, leaf : AddedColumns
    row_names : tuple of str
    root_matrix, leaf_matrix : array, shape (rows, root or leaf columns)
    profit_coefficient : array, shape (rows,)
        Coefficient of the scenario's profit.
    row_lower, row_upper : array, shape (rows,)
    root_scale : array
        By how much a root column is likely to move; above zero.
    """

    root: AddedColumns
    leaf: AddedColumns
    row_names: tuple[str, ...]
    root_matrix: NDArray[np.float64]
    leaf_matrix: NDArray[np.float64]
    profit_coefficient: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    root_scale: FloatArray


class RiskMeasure(Protocol):
    """A measure of a random profit: the larger the better, and never less where all profits are larger."""

    def terms(self, probabilities: FloatArray, survey: ProfitSurvey) -> RiskTerms:
        """The linear program of the measure, for scenarios with these probabilities."""
        ...

    def value(self, profits: FloatArray, probabilities: FloatArray) -> float:
        """The measure of a known distribution, found without a linear program."""
        ...
