"""Bounds as they are meant: whole for integer columns, and the same for the first stage in every scenario.

Equations
---------
An integer column between ``l`` and ``u`` lies between ``ceil(l)`` and ``floor(u)``. A bound within ``WHOLE`` of a whole
number, relative to its size, is that number: ``0.3 / 0.1 = 2.9999999999999996`` means 3, and to a solver it is 3.

A column of the first stage lies within the bounds of every scenario, ``max_s l_s`` and ``min_s u_s``. Left to each
scenario, a commitment is clipped to different values in different scenarios, which is no commitment. Bounds that cross
by no more than round-off meet at the lower one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

#: Distance from a whole number that is round-off, relative to the number's size (at least one).
WHOLE = 1e-9


def whole_limits(lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Whole bounds of integer columns; infinite ones stay."""
    slack_below, slack_above = (WHOLE * np.maximum(np.where(np.isfinite(b), np.abs(b), 1), 1) for b in (lower, upper))
    return np.ceil(lower - slack_below), np.floor(upper + slack_above)


def with_whole_bounds(program: LinearProgram) -> LinearProgram:
    """The program itself, or one whose integer columns have whole bounds."""
    integer = program.integer
    if not integer.any():
        return program
    own = program.column_lower[integer], program.column_upper[integer]
    whole = whole_limits(*own)
    if np.array_equal(own[0], whole[0]) and np.array_equal(own[1], whole[1]):
        return program
    lower, upper = program.column_lower.copy(), program.column_upper.copy()
    lower[integer], upper[integer] = whole
    return replace(program, column_lower=lower, column_upper=upper)


@dataclass(frozen=True)
class RootBounds:
    """What all scenarios together say of the first stage's columns.

    Parameters
    ----------
    columns : int array
    lower, upper : array
    integer : bool array
    """

    columns: IndexArray
    lower: FloatArray
    upper: FloatArray
    integer: BoolArray

    def of(self, scenario: LinearProgram) -> LinearProgram:
        """The scenario with these bounds."""
        columns = self.columns
        lower, upper, integer = scenario.column_lower.copy(), scenario.column_upper.copy(), scenario.integer.copy()
        lower[columns], upper[columns], integer[columns] = self.lower, self.upper, self.integer
        return replace(scenario, column_lower=lower, column_upper=upper, integer=integer)


def common_root_bounds(program: StochasticProgram, communicator: ScenarioCommunicator) -> RootBounds | None:
    """The first stage's bounds over all scenarios; ``None`` where every scenario has the same.

    Collective over a communicator, whose ranks look at their own scenarios. Nothing is looked at where the program says
    that its bounds are common (:attr:`mes_stoch.model.program.RootStage.has_common_bounds`).

    Raises
    ------
    InfeasibleError
        The scenarios' bounds of a column exclude each other; on all ranks.
    """
    if program.root.has_common_bounds:
        return None
    columns = np.asarray(program.root.columns, dtype=np.int32)
    extent = _Extent(columns)
    for index in communicator.local_indices(len(program.scenario_names)):
        extent.add(program.scenario(index))
    for other in communicator.broadcast(communicator.gathered(extent)):
        extent.join(other)
    if extent.is_common:
        return None
    lower, upper = extent.lower, extent.upper
    sizes = np.maximum(np.abs(lower), np.abs(upper))
    for place in np.flatnonzero((lower > upper) & ~(lower - upper <= WHOLE * sizes)).tolist():
        raise InfeasibleError(
            f"{program.name}: each scenario alone may be satisfied, but no first stage satisfies all of them: "
            f"{program.root.names[place]} is at least {lower[place]:g} in one and at most {upper[place]:g} in another"
        )
    return RootBounds(columns, lower, np.maximum(lower, upper), extent.integer)


class _Extent:
    """Tightest and widest bounds seen, and which columns are integer somewhere and everywhere."""

    def __init__(self, columns: IndexArray) -> None:
        count = len(columns)
        self._columns = columns
        self.lower, self.upper = np.full(count, -np.inf), np.full(count, np.inf)
        self.widest_lower, self.widest_upper = np.full(count, np.inf), np.full(count, -np.inf)
        self.integer, self.integer_in_all = np.zeros(count, dtype=bool), np.ones(count, dtype=bool)

    def add(self, scenario: LinearProgram) -> None:
        """Take a scenario in."""
        columns = self._columns
        lower, upper, integer = (
            scenario.column_lower[columns],
            scenario.column_upper[columns],
            scenario.integer[columns],
        )
        self._take(lower, upper, lower, upper, integer, integer)

    def join(self, other: _Extent) -> None:
        """Take in what another rank has seen."""
        self._take(
            other.lower, other.upper, other.widest_lower, other.widest_upper, other.integer, other.integer_in_all
        )

    @property
    def is_common(self) -> bool:
        """Whether all scenarios said the same."""
        return (
            np.array_equal(self.lower, self.widest_lower)
            and np.array_equal(self.upper, self.widest_upper)
            and np.array_equal(self.integer, self.integer_in_all)
        )

    def _take(
        self,
        lower: FloatArray,
        upper: FloatArray,
        widest_lower: FloatArray,
        widest_upper: FloatArray,
        integer: BoolArray,
        integer_in_all: BoolArray,
    ) -> None:
        self.lower, self.upper = np.maximum(self.lower, lower), np.minimum(self.upper, upper)
        self.widest_lower = np.minimum(self.widest_lower, widest_lower)
        self.widest_upper = np.maximum(self.widest_upper, widest_upper)
        self.integer, self.integer_in_all = self.integer | integer, self.integer_in_all & integer_in_all
