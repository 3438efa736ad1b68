"""Why a scenario has no optimum, in the words of whoever wrote the program.

Equations
---------
Infeasible: the least sum of amounts by which rows must give way,
``minimise sum w (s_plus + s_minus)  subject to  row_lower <= A x + s_plus - s_minus <= row_upper``, columns in bounds.
The rows that give way at its optimum are the cheapest repair, not the only one.

Unbounded: the columns of a ray along which the cost falls without end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, LinearProgram, StochasticProgram
from mes_stoch.solvers.highs.model import HighsModel

_SHOWN = 6
_TOLERANCE = 1e-6
_TIME_LIMIT_S = 60.0


#: Cost of a row's giving way where it states a target and no law of the site, such as a level at the end; others cost
#: 1.
WISH = 0.05


@runtime_checkable
class Weighed(Protocol):
    """A program that knows which of its rows state targets: they are named before the rows that stand in their way."""

    def row_is_target(self, row: int) -> bool: ...


@runtime_checkable
class Derived(Protocol):
    """A program that knows which costs it worked out itself: they are no mistake in the instance, however large."""

    def cost_is_derived(self, column: int) -> bool: ...


@runtime_checkable
class Described(Protocol):
    """A program that can say what its rows demand and what its columns are."""

    def describe_row(self, row: int) -> str: ...

    def describe_column(self, column: int) -> str: ...


class DescribedByInner:
    """Mixed into a program made of another one with the same rows and columns, which describes them."""

    _program: StochasticProgram

    def describe_row(self, row: int) -> str:
        return self._described.describe_row(row)

    def describe_column(self, column: int) -> str:
        return self._described.describe_column(column)

    @property
    def _described(self) -> Described:
        if not isinstance(self._program, Described):  # pragma: no cover - chosen by what it is
            raise TypeError("this program does not describe itself")
        return self._program


def explain_infeasible(program: StochasticProgram, index: int) -> str:
    """Rows that must give way, and by how much, for scenario ``index`` to have a solution.

    Returns
    -------
    str
        One line a row, largest amount first; empty where no repair was found in time.
    """
    scenario = program.scenario(index)
    weight = np.ones(scenario.matrix.shape[0])
    if isinstance(program, Weighed):
        weight[[program.row_is_target(row) for row in range(len(weight))]] = WISH
    violation = _least_violation(scenario, weight)
    if violation is None:
        return ""
    describe = program.describe_row if isinstance(program, Described) else program.row_names.__getitem__
    rows = [int(row) for row in np.argsort(-np.abs(violation), kind="stable") if abs(violation[row]) > _TOLERANCE]
    lines = [f"  - {describe(row)}: {abs(violation[row]):.4g} too much asked" for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        lines.append(f"  - and {len(rows) - _SHOWN} more")
    return "\n".join(lines)


def explain_unbounded(program: StochasticProgram, ray: FloatArray) -> str:
    """Columns of one scenario that move most along ``ray``, one line each."""
    describe = program.describe_column if isinstance(program, Described) else program.column_names.__getitem__
    columns = [int(c) for c in np.argsort(-np.abs(ray), kind="stable")[:_SHOWN] if abs(ray[c]) > _TOLERANCE]
    return "\n".join(
        f"  - {describe(column)} {'increases' if ray[column] > 0 else 'decreases'} without bound" for column in columns
    )


def _least_violation(scenario: LinearProgram, weight: FloatArray) -> FloatArray | None:
    rows, columns = scenario.matrix.shape
    identity = sp.identity(rows, format="csc")
    none, free = np.zeros(2 * rows), np.full(2 * rows, np.inf)
    elastic = replace(
        scenario,
        matrix=sp.csc_array(sp.hstack([scenario.matrix, identity, -identity], format="csc")),
        cost=np.concatenate([np.zeros(columns), weight, weight]),
        offset=0.0,
        column_lower=np.concatenate([scenario.column_lower, none]),
        column_upper=np.concatenate([scenario.column_upper, free]),
        integer=np.concatenate([scenario.integer, np.zeros(2 * rows, dtype=bool)]),
    )
    solution = HighsModel(elastic).run(_TIME_LIMIT_S)
    if solution.values is None:
        return None
    return np.asarray(solution.values[columns : columns + rows] - solution.values[columns + rows :])
