"""The master program over the commitment: cuts that scenarios have sent, and what follows from them.

Equations
---------
With scenarios in groups ``c`` and cuts ``k``, each a lower estimate of a group's share of the expected cost::

    minimise    sum_c t_c
    subject to  t_c >= offset_ck + g_ck' r             for every group and cut
                the rows, bounds (and integrality, where asked for) of the root alone

Its optimum bounds the expected cost from below. With the root's integrality left out its duals ``l_ck`` (which add up
to one over the cuts of a group) give multipliers ``W_s = -sum_k l_ck g_sk`` for the scenarios of the group.

Source
------
Birge & Louveaux (1988), A multicut algorithm for two-stage stochastic linear programs,
DOI 10.1016/0377-2217(88)90159-2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solve.highs import HighsModel, OptionValue, Solution

#: How exactly the integer master is solved, relative to its value; its own dual bound is what counts.
_INTEGER_GAP = 1e-5


@dataclass(frozen=True)
class MasterPoint:
    """What the master says.

    Parameters
    ----------
    bound : float
        Proven lower bound on the expected cost.
    root : array
        All root columns.
    weights : array, shape (cuts, groups), or None
        Duals; without the root's integrality only.
    """

    bound: float
    root: FloatArray
    weights: FloatArray | None


class Master:
    """The program over the root and one cost a group; cuts only ever get more.

    Parameters
    ----------
    program : StochasticProgram
        Its scenario 0 states the root's own rows and bounds.
    groups : int
    """

    def __init__(self, program: StochasticProgram, groups: int) -> None:
        scenario = program.scenario(0)
        columns = np.asarray(program.root.columns)
        self._groups = groups
        self._root_count = len(columns)
        self._consensus = np.flatnonzero(program.root.consensus).astype(np.int32)
        self._cost_columns = np.arange(len(columns), len(columns) + groups, dtype=np.int32)
        self._base = _base(scenario, columns, groups)
        self._first_cut = self._base.matrix.shape[0]
        self._rounds: list[tuple[FloatArray, FloatArray]] = []
        self._relaxed = HighsModel(self._base, relax=True)
        self._integer: HighsModel | None = None
        self._rounds_in_integer = 0

    @property
    def has_integers(self) -> bool:
        """Whether the root has integer columns."""
        return bool(self._base.integer.any())

    def add(self, offsets: FloatArray, gradients: FloatArray) -> None:
        """Add one cut a group, ``t_c >= offset_c + gradient_c' r``.

        Parameters
        ----------
        offsets : array, shape (groups,)
        gradients : array, shape (groups, consensus columns)
        """
        self._rounds.append((offsets, gradients))
        self._append(self._relaxed, offsets, gradients)

    def solve_relaxed(self, lower: FloatArray | None = None, upper: FloatArray | None = None) -> MasterPoint:
        """The root's integrality left out; within narrower bounds of the consensus columns where they are given."""
        if lower is not None and upper is not None:
            self._relaxed.change_column_bounds(self._consensus, lower, upper)
            try:
                return self._solve_relaxed()
            finally:
                own = self._base.column_lower[self._consensus], self._base.column_upper[self._consensus]
                self._relaxed.change_column_bounds(self._consensus, *own)
        return self._solve_relaxed()

    def _solve_relaxed(self) -> MasterPoint:
        solution = _solved(self._relaxed.run())
        if solution.row_dual is None or solution.values is None:
            raise SolveError("the master program has no duals")
        weights = solution.row_dual[self._first_cut :].reshape(len(self._rounds), self._groups)
        return MasterPoint(solution.dual_bound, solution.values[: self._root_count], weights)

    def solve_integer(self, time_limit_s: float = np.inf) -> MasterPoint:
        """The root's integrality kept."""
        if self._integer is None:
            options: dict[str, OptionValue] = {"mip_rel_gap": _INTEGER_GAP}
            self._integer = HighsModel(self._base, options=options)
        for offset, gradients in self._rounds[self._rounds_in_integer :]:
            self._append(self._integer, offset, gradients)
        self._rounds_in_integer = len(self._rounds)
        solution = _solved(self._integer.run(time_limit_s))
        if solution.values is None:
            raise SolveError("the master program found no commitment in time")
        root = solution.values[: self._root_count].copy()
        integer = self._base.integer[: self._root_count]
        root[integer] = np.round(root[integer])
        return MasterPoint(solution.dual_bound, root, None)

    def _append(self, model: HighsModel, offset: FloatArray, gradients: FloatArray) -> None:
        width = len(self._consensus)
        columns = np.concatenate([np.tile(self._consensus, (self._groups, 1)), self._cost_columns[:, None]], axis=1)
        values = np.concatenate([-gradients, np.ones((self._groups, 1))], axis=1)
        starts = np.arange(self._groups, dtype=np.int32) * (width + 1)
        model.add_rows(offset, np.full(self._groups, np.inf), starts, columns.ravel(), values.ravel())


def _base(scenario: LinearProgram, columns: IndexArray, groups: int) -> LinearProgram:
    count = len(columns)
    in_root = np.zeros(len(scenario.cost), dtype=bool)
    in_root[columns] = True
    own = np.bincount(scenario.matrix[:, ~in_root].indices, minlength=scenario.matrix.shape[0]) == 0
    rows = sp.csc_array(scenario.matrix[:, columns])[own, :]
    matrix = sp.csc_array(sp.hstack([rows, sp.csc_array((rows.shape[0], groups))], format="csc"))
    matrix.sort_indices()
    return LinearProgram(
        matrix=matrix,
        cost=np.concatenate([np.zeros(count), np.ones(groups)]),
        offset=0.0,
        row_lower=scenario.row_lower[own],
        row_upper=scenario.row_upper[own],
        column_lower=np.concatenate([scenario.column_lower[columns], np.full(groups, -np.inf)]),
        column_upper=np.concatenate([scenario.column_upper[columns], np.full(groups, np.inf)]),
        integer=np.concatenate([scenario.integer[columns], np.zeros(groups, dtype=bool)]),
    )


def _solved(solution: Solution) -> Solution:
    if solution.values is None:
        raise SolveError(f"the master program ended {solution.status}")
    return solution
