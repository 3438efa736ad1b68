"""A start for progressive hedging: the linear relaxation solved by cutting planes on the commitment.

Scenario solves are warm linear programs, so this costs little beside one mixed-integer pass, and its multipliers make
the first Lagrangian bound of the mixed-integer program nearly tight.

Equations
---------
``Q_s(r) = min {c_s' x : x[consensus] = r}`` (integers relaxed) is convex with subgradient ``g_s``, the reduced costs of
the fixed columns. With scenarios in groups, the master program is ``min sum_c t_c`` over the root's own rows and
``t_c >= sum_{s in c} p_s (Q_s(r_k) + g_sk' (r - r_k))`` for every point ``r_k`` tried. Its duals ``l_ck`` give
``W_s = -sum_k l_ck g_sk``, optimal for the relaxation once the master's bound meets the best value.

Source
------
Birge & Louveaux (1988), A multicut algorithm for two-stage stochastic linear programs,
DOI 10.1016/0377-2217(88)90159-2; points between the master's and the best one after Ben-Ameur & Neto (2007),
DOI 10.1002/net.20137.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solve import bounds
from mes_stoch.solve.highs import HighsModel, Solution
from mes_stoch.solve.pool import ScenarioPool

logger = logging.getLogger("mes_stoch.solve.multicut")

_GROUPS = 64
_PASSES = 40
_STEP_TO_MASTER = 0.5
_SHARE_OF_TIME_LIMIT = 0.3


@dataclass(frozen=True)
class Start:
    """Where to begin.

    Parameters
    ----------
    point : array
        Consensus columns.
    multipliers : array, shape (scenarios, consensus columns)
        Averaging to zero; the same on every rank.
    passes : int
        Scenario passes it took.
    gap_rel : float
        Of the relaxation.
    """

    point: FloatArray
    multipliers: FloatArray
    passes: int
    gap_rel: float


def find_start(
    program: StochasticProgram, gap_rel: float, time_limit_s: float, communicator: Any | None = None
) -> Start | None:
    """Solve the linear relaxation; collective over ``communicator``, whose ranks share the scenarios.

    Returns
    -------
    Start or None
        ``None`` where a scenario's relaxation has no optimum at some commitment: hedging then starts from nothing.
    """
    return _Multicut(program, gap_rel, time_limit_s, communicator).run()


def rank_share(count: int, communicator: Any | None) -> list[int]:
    """Scenarios of this rank when all ranks share them in order; some may have none."""
    if communicator is None:
        return list(range(count))
    rank, ranks = int(communicator.Get_rank()), int(communicator.Get_size())
    return list(range(count * rank // ranks, count * (rank + 1) // ranks))


class _Multicut:
    def __init__(self, program: StochasticProgram, gap_rel: float, time_limit_s: float, communicator: Any) -> None:
        self._program = program
        self._communicator = communicator
        self._rank = 0 if communicator is None else int(communicator.Get_rank())
        count = len(program.scenario_names)
        self._indices = rank_share(count, communicator)
        self._groups = min(_GROUPS, count)
        self._group = np.array([index * self._groups // count for index in self._indices], dtype=np.int64)
        self._weights = program.probabilities[self._indices]
        self._gap_rel = gap_rel
        self._deadline = time.perf_counter() + _SHARE_OF_TIME_LIMIT * time_limit_s
        self._width = int(program.root.consensus.sum())
        self._pool = ScenarioPool(program)
        self._subgradients: list[FloatArray] = []

    def run(self) -> Start | None:
        first = self._pass_free()
        if first is None:
            return None
        values, point = first
        master = _Master(self._program, self._groups, values) if self._rank == 0 else None
        best_value, best_point, lower, passes = np.inf, point, -np.inf, 0
        while passes < _PASSES:
            cuts = self._pass_fixed(point)
            if cuts is None:
                break
            passes += 1
            value = float(cuts[:, 0].sum())
            if value < best_value:
                best_value, best_point = value, point
            target = best_point
            if master is not None:
                lower, target = master.add(point, cuts)
            lower, target = self._share((lower, target))
            late = self._share(time.perf_counter() > self._deadline)
            if bounds.relative_gap(lower, best_value) <= self._gap_rel or late:
                break
            # Every third point is the master's own, the others lie halfway to the best known.
            step = 1.0 if passes % 3 == 0 else _STEP_TO_MASTER
            point = best_point + step * (target - best_point)
        if not self._subgradients:
            return None
        duals = self._share(None if master is None else master.duals(len(self._subgradients)))
        gap = bounds.relative_gap(lower, best_value)
        logger.debug("relaxation: %d passes, gap %.2e", passes, gap)
        return Start(best_point, self._multipliers(duals), passes, gap)

    def _pass_free(self) -> tuple[FloatArray, FloatArray] | None:
        """Every scenario by itself: bounds on the groups' costs, and the average commitment."""
        nothing = np.zeros(self._width)
        solutions = [self._pool.solve_relaxed(index, nothing, fixed=False) for index in self._indices]
        if not self._all(solutions):
            return None
        table = np.zeros((self._groups, 1 + self._width))
        for position, solution in enumerate(solutions):
            values = self._values(solution)[self._pool.consensus_columns]
            table[self._group[position]] += self._weights[position] * np.array([solution.objective, *values])
        table = self._sum(table)
        return table[:, 0], table[:, 1:].sum(axis=0) / float(self._program.probabilities.sum())

    def _pass_fixed(self, point: FloatArray) -> FloatArray | None:
        """Value and subgradient of every group at ``point``."""
        solutions = [self._pool.solve_relaxed(index, point, fixed=True) for index in self._indices]
        if not self._all(solutions):
            return None
        table = np.zeros((self._groups, 1 + self._width))
        gradients = np.zeros((len(self._indices), self._width))
        for position, solution in enumerate(solutions):
            if solution.column_dual is None:  # pragma: no cover - an optimal linear program has duals
                raise SolveError("a linear program without duals")
            gradients[position] = solution.column_dual[self._pool.consensus_columns]
            row = np.array([solution.objective, *gradients[position]])
            table[self._group[position]] += self._weights[position] * row
        self._subgradients.append(gradients)
        return self._sum(table)

    def _multipliers(self, duals: FloatArray) -> FloatArray:
        """One row a scenario, gathered from all ranks."""
        local = np.zeros((len(self._indices), self._width))
        for weights, gradients in zip(duals, self._subgradients, strict=True):
            local -= weights[self._group][:, None] * gradients
        parts = [local] if self._communicator is None else self._communicator.allgather(local)
        return bounds.project_multipliers(self._program.probabilities, np.concatenate(parts))

    def _all(self, solutions: Sequence[Solution]) -> bool:
        mine = all(solution.status == "optimal" for solution in solutions)
        return mine if self._communicator is None else bool(self._communicator.allreduce(int(not mine)) == 0)

    def _sum(self, table: FloatArray) -> FloatArray:
        return table if self._communicator is None else np.asarray(self._communicator.allreduce(table))

    def _share(self, value: Any) -> Any:
        return value if self._communicator is None else self._communicator.bcast(value)

    @staticmethod
    def _values(solution: Solution) -> FloatArray:
        if solution.values is None:  # pragma: no cover - checked by _all
            raise SolveError("a solution without values")
        return solution.values


class _Master:
    """The program over the root and one cost per group."""

    def __init__(self, program: StochasticProgram, groups: int, group_lower: FloatArray) -> None:
        scenario = program.scenario(0)
        columns = np.asarray(program.root.columns)
        in_root = np.zeros(len(scenario.cost), dtype=bool)
        in_root[columns] = True
        own = np.bincount(scenario.matrix[:, ~in_root].indices, minlength=scenario.matrix.shape[0]) == 0
        rows = sp.csc_array(scenario.matrix[:, columns])[own, :]
        matrix = sp.csc_array(sp.hstack([rows, sp.csc_array((rows.shape[0], groups))], format="csc"))
        matrix.sort_indices()
        self._consensus = np.flatnonzero(program.root.consensus).astype(np.int32)
        self._first_cut = rows.shape[0]
        self._groups = groups
        self._cost_columns = np.arange(len(columns), len(columns) + groups, dtype=np.int32)
        self._duals: FloatArray | None = None
        self._model = HighsModel(
            LinearProgram(
                matrix=matrix,
                cost=np.concatenate([np.zeros(len(columns)), np.ones(groups)]),
                offset=0.0,
                row_lower=scenario.row_lower[own],
                row_upper=scenario.row_upper[own],
                column_lower=np.concatenate([scenario.column_lower[columns], group_lower]),
                column_upper=np.concatenate([scenario.column_upper[columns], np.full(groups, np.inf)]),
                integer=np.zeros(len(columns) + groups, dtype=bool),
            )
        )

    def add(self, point: FloatArray, cuts: FloatArray) -> tuple[float, FloatArray]:
        """Add a round of cuts; the new bound and the point that attains it."""
        width = len(self._consensus)
        columns = np.concatenate([np.tile(self._consensus, (self._groups, 1)), self._cost_columns[:, None]], axis=1)
        values = np.concatenate([-cuts[:, 1:], np.ones((self._groups, 1))], axis=1)
        starts = np.arange(self._groups, dtype=np.int32) * (width + 1)
        right = cuts[:, 0] - cuts[:, 1:] @ point
        self._model.add_rows(right, np.full(self._groups, np.inf), starts, columns.ravel(), values.ravel())
        solution = self._model.run()
        if solution.values is None or solution.row_dual is None:
            raise SolveError(f"the master program of the relaxation ended {solution.status}")
        self._duals = solution.row_dual[self._first_cut :]
        return solution.objective, solution.values[self._consensus]

    def duals(self, rounds: int) -> FloatArray:
        """Weight of every round's cut, per group."""
        if self._duals is None:
            return np.zeros((rounds, self._groups))
        return self._duals.reshape(rounds, self._groups)
