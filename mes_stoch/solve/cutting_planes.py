"""The linear relaxation of the whole, solved by passes over the scenarios at well-chosen commitments.

Equations
---------
``Q_s(r) = min {c_s' x : x[consensus] = r}`` (integers relaxed) is convex; the reduced costs ``g_s`` of the fixed
columns are a subgradient. A pass at ``r_k`` sends the master (:mod:`mes_stoch.solve.master`) one cut a group. The next
point minimises the master over a box around the best point so far,

    r_k+1 in argmin {sum_c t_c : |r - r_best| <= radius (upper - lower)}

since the optimum of an unrestricted master with few cuts lies far out, where every re-solve is long and the cut says
nothing of the optimum. After a point that was no better the next lies halfway to the minimum only. The bound is always
that of the unrestricted master.

Source
------
Linderoth & Wright (2003), Decomposition algorithms for stochastic programming on a computational grid (multicut with a
trust region in the maximum norm), DOI 10.1023/A:1021858008222; points between the best and the master's after
Ben-Ameur & Neto (2007), DOI 10.1002/net.20137.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.solve import bounds
from mes_stoch.solve.master import Master, MasterPoint
from mes_stoch.solve.relaxation import ScenarioRelaxations
from mes_stoch.solve.team import Team

logger = logging.getLogger("mes_stoch.solve.cutting_planes")

_GROUPS = 128
_PASSES = 60
_WIDEN, _SHRINK = 2.0, 0.5
_WIDEN_FROM_SHARE = 0.3
_STEP_AFTER_A_MISS = 0.5
_SMALLEST_RADIUS, _LARGEST_RADIUS = 1e-4, 1.0
_AT_THE_EDGE = 0.999


class CuttingPlanes:
    """Cuts of some scenarios and the master they make; collective over a team, whose ranks share the scenarios.

    Parameters
    ----------
    program : StochasticProgram
    relaxations : ScenarioRelaxations
        This rank's.
    members : sequence of int
        Scenarios that count, on all ranks the same.
    team : Team
    """

    def __init__(
        self, program: StochasticProgram, relaxations: ScenarioRelaxations, members: Sequence[int], team: Team
    ) -> None:
        self._program = program
        self._relaxations = relaxations
        self._team = team
        count = len(members)
        self.groups = min(_GROUPS, count)
        mine = set(team.share_of(len(program.scenario_names)))
        places = [place for place, index in enumerate(members) if index in mine]
        self.local = [members[place] for place in places]
        self.group = np.array([place * self.groups // count for place in places], dtype=np.int64)
        probabilities = program.probabilities
        self.weights: FloatArray = probabilities[self.local] / math.fsum(probabilities[list(members)])
        self.width = int(program.root.consensus.sum())
        self._lower, self._upper = self._root_bounds()
        self._offsets: list[FloatArray] = []
        self._gradients: list[FloatArray] = []
        self.master = Master(program, self.groups) if team.leads else None
        self.passes = 0
        self.best_value = math.inf
        self.best_point: FloatArray = np.zeros(self.width)
        self.lower = -math.inf
        self._dual_weights: FloatArray | None = None

    @property
    def gap_rel(self) -> float:
        """Between the best point's cost and the master's bound."""
        return bounds.relative_gap(self.lower, self.best_value)

    @property
    def root_is_bounded(self) -> bool:
        """Whether every consensus column has finite bounds, so that cuts alone bound the master."""
        return bool(np.isfinite(self._lower).all() and np.isfinite(self._upper).all())

    def wait_and_see(self) -> FloatArray | None:
        """Every scenario by itself: a first cut without slope, and the mean commitment.

        Returns
        -------
        array or None
            Consensus columns; ``None`` where a relaxation has no optimum.
        """
        values, points = np.zeros(len(self.local)), np.zeros((len(self.local), self.width))
        complete = True
        for place, index in enumerate(self.local):
            solution = self._relaxations.solve_priced(index)
            if solution.status != "optimal" or solution.values is None:
                complete = False
                break
            values[place] = solution.objective
            points[place] = solution.values[self._relaxations.consensus_columns]
        if not self._team.all(complete):
            return None
        self.add(values, np.zeros((len(self.local), self.width)))
        return np.clip(self._team.sum(self.weights @ points), self._lower, self._upper)

    def visit(self, point: FloatArray) -> float | None:
        """One pass at ``point``: its cost, or ``None`` where a relaxation has no optimum there."""
        count = len(self.local)
        values, gradients = np.zeros(count), np.zeros((count, self.width))
        complete = True
        for place, index in enumerate(self.local):
            solution = self._relaxations.solve_at(index, point)
            if solution.status != "optimal" or solution.column_dual is None:
                complete = False
                break
            values[place] = solution.objective
            gradients[place] = solution.column_dual[self._relaxations.consensus_columns]
        if not self._team.all(complete):
            return None
        self.passes += 1
        table = self.add(values - gradients @ point, gradients)
        value = float(np.sum(table[:, 0]) + table[:, 1:].sum(axis=0) @ point)
        if value < self.best_value:
            self.best_value, self.best_point = value, point.copy()
        return value

    def add(self, offsets: FloatArray, gradients: FloatArray) -> FloatArray:
        """Add a round of cuts, ``cost_s(r) >= offset_s + gradient_s' r`` by scenario; returns the groups' sums."""
        self._offsets.append(offsets)
        self._gradients.append(gradients)
        table = np.zeros((self.groups, 1 + self.width))
        np.add.at(table, self.group, self.weights[:, None] * np.column_stack([offsets, gradients]))
        table = self._team.sum(table)
        if self.master is not None:
            self.master.add(table[:, 0], table[:, 1:])
        return table

    def converge(self, point: FloatArray, gap_rel: float, radius: float, deadline: float) -> bool:
        """Passes from ``point`` until the relaxation's gap is closed or time is up.

        Returns
        -------
        bool
            Whether every pass had an answer; otherwise nothing of this is of use.
        """
        predicted, touches = 0.0, False
        for _ in range(_PASSES):
            before = self.best_value
            value = self.visit(point)
            if value is None:
                return False
            radius = _adapted(radius, before, value, predicted, touches)
            step = 1.0 if value < before else _STEP_AFTER_A_MISS
            self.update_bound()
            if self._team.told(self.gap_rel <= gap_rel or time.perf_counter() > deadline):
                break
            target, gain = self._next(radius)
            point, predicted = self.best_point + step * (target - self.best_point), step * gain
            reach = radius * self._scale()
            touches = bool(np.any(np.abs(point - self.best_point) >= _AT_THE_EDGE * reach))
        logger.debug("relaxation of %d scenarios: %d passes, gap %.1e", len(self.local), self.passes, self.gap_rel)
        return True

    def update_bound(self) -> None:
        """Solve the unrestricted master."""
        found: tuple[float, FloatArray | None] = (self.lower, None)
        if self.master is not None:
            answer = self.master.solve_relaxed()
            found = answer.bound, answer.weights
        lower, weights = self._team.told(found)
        self.lower, self._dual_weights = max(lower, self.lower), weights

    def minorants(self) -> tuple[FloatArray, FloatArray]:
        """One affine lower estimate a scenario of this rank, ``offset_s + gradient_s' r``, by the master's duals.

        Their weighted sum, minimised over the root, is the master's bound; ``W_s = -gradient_s`` are its multipliers.
        """
        offsets, gradients = np.zeros(len(self.local)), np.zeros((len(self.local), self.width))
        if self._dual_weights is None:
            return self._offsets[-1].copy(), self._gradients[-1].copy()
        for weights, offset, gradient in zip(self._dual_weights, self._offsets, self._gradients, strict=True):
            share = weights[self.group]
            offsets += share * offset
            gradients += share[:, None] * gradient
        return offsets, gradients

    def _next(self, radius: float) -> tuple[FloatArray, float]:
        """The next point to visit, and by how much the master thinks it better."""
        found = (self.best_point, 0.0)
        if self.master is not None:
            reach = radius * self._scale()
            lower = np.maximum(self._lower, self.best_point - reach)
            upper = np.minimum(self._upper, self.best_point + reach)
            answer: MasterPoint = self.master.solve_relaxed(lower, upper)
            found = answer.root[self._program.root.consensus], self.best_value - answer.bound
        return self._team.told(found)

    def _scale(self) -> FloatArray:
        span = self._upper - self._lower
        return np.where(np.isfinite(span), span, np.maximum(1.0, 2.0 * np.abs(self.best_point)))

    def _root_bounds(self) -> tuple[FloatArray, FloatArray]:
        scenario = self._program.scenario(0)
        columns = self._relaxations.consensus_columns
        return scenario.column_lower[columns].copy(), scenario.column_upper[columns].copy()


def _adapted(radius: float, before: float, value: float, predicted: float, touches: bool) -> float:
    """Wider after a good step that ended at the edge, narrower after a step that made it worse than it promised."""
    if not math.isfinite(before):
        return radius
    if before - value > _WIDEN_FROM_SHARE * predicted and touches:
        return min(_LARGEST_RADIUS, _WIDEN * radius)
    if value - before > predicted:
        return max(_SMALLEST_RADIUS, _SHRINK * radius)
    return radius
