"""Money below which an optimum is nothing, so that gaps are relative to this at least.

Equations
---------
A millionth of the money that could move in a scenario: with ``m_j`` the largest finite bound of column ``j``, taken as
one where no column that costs has any::

    floor = 1e-6 * (number of columns that cost) * median over them of |c_j| m_j

It follows the unit of money and the units of columns, and no single large penalty or factor decides it. An optimum of
zero, a site that had best do nothing, is never exact in floating-point numbers: a bound of -1e-10 beside it is no gap
of any per cent.
"""

from __future__ import annotations

import numpy as np

from mes_stoch.model.program import LinearProgram, StochasticProgram

_NOTHING = 1e-6
_LOOKED_AT = 3


def gap_floor(program: StochasticProgram) -> float:
    """The largest of some scenarios' floors, in the program's money; above zero."""
    count = len(program.scenario_names)
    chosen = sorted({0, count // 2, count - 1})[:_LOOKED_AT]
    return max(_NOTHING * max(_moved(program.scenario(index)) for index in chosen), np.finfo(float).tiny)


def _moved(scenario: LinearProgram) -> float:
    reach = np.zeros(len(scenario.cost))
    for bound in (scenario.column_lower, scenario.column_upper):
        reach = np.maximum(reach, np.where(np.isfinite(bound), np.abs(bound), 0.0))
    costs = np.abs(scenario.cost)
    limited = (reach > 0) & (costs > 0)
    typical = costs[limited] * reach[limited] if limited.any() else costs[costs > 0]
    return np.count_nonzero(costs) * float(np.median(typical)) if len(typical) else 0.0
