"""The linear relaxation of the whole, solved by passes over the scenarios at well-chosen commitments.

Equations
---------
``Q_s(r) = min {c_s' x : x[consensus] = r}`` (integers relaxed) is convex; duals of its linear program are an affine
lower estimate of it (:mod:`mes_stoch.solvers.proofs.safe_bounds`). A pass at ``r_k`` sends the master
(:mod:`mes_stoch.solvers.decomposition.master`) one cut a group. The next point minimises the master over a box around
the best so far,

    r_k+1 in argmin {sum_c P_c t_c : |r - r_best| <= radius (upper - lower)}

since the optimum of an unrestricted master with few cuts lies far out, where every re-solve is long and the cut says
nothing of the optimum. After a point that was no better the next lies halfway to the minimum only. The bound is always
that of the unrestricted master.

*No dispatch at a commitment.* A scenario that cannot answer ``r_k`` sends a feasibility cut, which every commitment
that it can answer keeps, and an estimate from the nearest such commitment; the others send theirs as ever. Until
some commitment can be answered by all, the next point is the nearest to the last that keeps all cuts. No such point:
the program is infeasible.

*Bounded only as a whole.* Single scenarios may be unbounded without the others, and the master with few cuts as well.
The direction ``d`` in which it falls is asked of every scenario (:mod:`mes_stoch.solvers.subproblems.phase_one`). Where
``sum_s p_s Q0_s(d) < 0`` for the recession functions ``Q0`` and some commitment can be answered, the expected cost
falls without limit. Otherwise the duals are cuts, and there are finitely many.

Source
------
Linderoth & Wright (2003), Decomposition algorithms for stochastic programming on a computational grid (multicut with a
trust region in the maximum norm), DOI 10.1023/A:1021858008222; points between the best and the master's after
Ben-Ameur & Neto (2007), DOI 10.1002/net.20137; Van Slyke & Wets (1969), L-shaped linear programs,
DOI 10.1137/0117061, for feasibility cuts and for cuts of directions.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.result import GAP_FLOOR
from mes_stoch.solvers.checkpoint.snapshot import ByScenario, Snapshot
from mes_stoch.solvers.decomposition.master import Master, MasterPoint
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.estimates import Estimates
from mes_stoch.solvers.proofs.outward import EPSILON
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, Minorant, weaker
from mes_stoch.solvers.subproblems.borrowed import BorrowedBases
from mes_stoch.solvers.subproblems.relaxation import Answer, ScenarioRelaxations

logger = logging.getLogger("mes_stoch.solvers.decomposition.cutting_planes")

_GROUPS = 128
_WIDEN, _SHRINK = 2.0, 0.5
_WIDEN_FROM_SHARE = 0.3
_STEP_AFTER_A_MISS = 0.5
_SMALLEST_RADIUS, _LARGEST_RADIUS = 1e-4, 1.0
_AT_THE_EDGE = 0.999
#: Passes in a row that close less than a hundredth of the gap, after which the solver's digits are used up.
_PATIENCE, _WORTH_A_PASS = 40, 0.01
_DIRECTIONS = 500

#: What a pass has found out, the gravest answer of any scenario.
_GRAVITY = {"optimal": 0, "unknown": 1, "infeasible": 2, "unbounded": 3, "never": 4}

Verdict = Literal["open", "infeasible", "unbounded"]
#: A feasibility cut and the scenario that sent it.
FeasibilityCut = tuple[int, Minorant]


class CuttingPlanes:
    """Cuts of some scenarios and the master they make; collective over a communicator, whose ranks share the scenarios.

    Parameters
    ----------
    program : StochasticProgram
    relaxations : ScenarioRelaxations
        This rank's.
    members : sequence of int
        Scenarios that count, on all ranks the same.
    communicator : ScenarioCommunicator
    stop : callable, optional
        Asked before every scenario whether to leave off.
    gap_floor : float
        Money below which an optimum is nothing.
    """

    def __init__(
        self,
        program: StochasticProgram,
        relaxations: ScenarioRelaxations,
        members: Sequence[int],
        communicator: ScenarioCommunicator,
        stop: Callable[[], bool] = lambda: False,
        gap_floor: float = GAP_FLOOR,
    ) -> None:
        self._program = program
        self._gap_floor = gap_floor
        self._relaxations = relaxations
        self._communicator = communicator
        self._stop = stop
        count = len(members)
        self.groups = min(_GROUPS, count)
        mine = set(communicator.local_indices(len(program.scenario_names)))
        places = [place for place, index in enumerate(members) if index in mine]
        self.local = [members[place] for place in places]
        self._group_of = {index: place * self.groups // count for place, index in enumerate(members)}
        self.group = np.array([self._group_of[index] for index in self.local], dtype=np.int32)
        probabilities = program.probabilities
        # of all scenarios the probabilities are taken as they are; of a sample they are shares
        total = 1.0 if count == len(program.scenario_names) else math.fsum(probabilities[list(members)])
        self.weights: FloatArray = probabilities[self.local] / total
        self.shares = np.zeros(self.groups)
        np.add.at(self.shares, [self._group_of[index] for index in members], probabilities[list(members)] / total)
        self.width = int(program.root.consensus.sum())
        self._lower, self._upper = self._root_bounds()
        reach = np.maximum(np.abs(self._lower), np.abs(self._upper))
        self.reach: FloatArray = np.where(np.isfinite(reach), reach, 0.0)
        self._estimates = Estimates(len(self.local), self.width, self.reach)
        self._alone = np.bincount([self._group_of[index] for index in members], minlength=self.groups) == 1
        self.feasibility: list[FeasibilityCut] = []
        most = -(-count // self.groups)
        self.master = Master(program, self.groups, self.shares, most, stop) if communicator.is_rank_zero else None
        self.passes = 0
        self.best_value = math.inf
        self.best_point: FloatArray = np.zeros(self.width)
        #: Of the last pass's box, as a share of the root's.
        self.radius = _LARGEST_RADIUS
        #: Where the next pass is, or was.
        self.point: FloatArray | None = None
        self.lower = -math.inf
        self.kind: BoundKind = "safe"
        self._rests_on: BoundKind = "safe"
        self.verdict: Verdict = "open"
        self.culprit: int | None = None
        self._found = MasterPoint("unknown")

    @property
    def gap_rel(self) -> float:
        """Between the best point's cost and the master's bound."""
        return bounds.relative_gap(self.lower, self.best_value, self._gap_floor)

    @property
    def root_is_bounded(self) -> bool:
        """Whether every consensus column has finite bounds, so that cuts alone bound the master."""
        return bool(np.isfinite(self._lower).all() and np.isfinite(self._upper).all())

    @property
    def has_answer(self) -> bool:
        """Whether some commitment is known that all scenarios can answer."""
        return math.isfinite(self.best_value)

    # -- passes -------------------------------------------------------------------------------------------------------

    def wait_and_see(self) -> FloatArray | None:
        """Every scenario by itself: a first cut without slope, and the mean commitment of those that have an optimum.

        Returns
        -------
        array or None
            Consensus columns; ``None`` where no scenario has an optimum.
        """
        flat = np.zeros(self.width)
        minorants: list[Minorant | None] = [None] * len(self.local)
        total, weight, never = np.zeros(self.width), 0.0, False
        for place, index in enumerate(self.local):
            if self._stop():
                break
            solution, minorants[place] = self._relaxations.alone(index)
            if solution.status == "infeasible":
                never, self.culprit = True, index
                break
            if solution.status == "optimal" and solution.values is not None:
                total += self.weights[place] * solution.values[self._relaxations.consensus_columns]
                weight += self.weights[place]
        if not self._communicator.all(not never):
            self.verdict = "infeasible"
            return None
        self._add(minorants, flat)
        weight = self._communicator.total(weight)
        mean = self._communicator.sum(total)
        if weight <= 0.0:
            return None
        return np.clip(mean / weight, self._lower, self._upper)

    def borrow(self, point: FloatArray, seconds: float, end: float = math.inf) -> None:
        """A round of estimates for which no scenario is solved, from the bases of those that have been."""
        borrowed = BorrowedBases(self._relaxations)
        self._add(borrowed.estimates(self.local, point, seconds, end), point)
        self.update_bound()

    def next_point(self) -> FloatArray | None:
        """Where to go on: at the master's best within the last box around the best point, about which a pass says more
        than at the best point; or where a pass was not finished. ``None`` where there has been none.
        """
        return self._next(self.radius)[0] if self.has_answer else self.point

    def visit(self, point: FloatArray) -> float | None:
        """One pass at ``point``: its cost, or ``None`` where it has none or there was no time to find out."""
        return self.take(point, self._ask(lambda index: self._relaxations.answer_at(index, point, self._scale())))

    def take(self, point: FloatArray, answers: Sequence[Answer]) -> float | None:
        """The same with the answers of this rank's scenarios at hand."""
        gravest = self._gravest(answers)
        self.passes += 1
        self._add([self._estimate_of(answer) for answer in answers], point)
        self._add_feasibility(answers)
        if gravest != "optimal":
            return None
        local = [weight * answer.value for weight, answer in zip(self.weights, answers, strict=True) if weight > 0]
        value = self._communicator.total(math.fsum(local))
        if value < self.best_value:
            self.best_value, self.best_point = value, point.copy()
        return value

    def converge(
        self,
        point: FloatArray,
        gap_rel: float,
        radius: float,
        deadline: float = math.inf,
        after_pass: Callable[[], object] = lambda: None,
    ) -> bool:
        """Passes from ``point`` until the relaxation's gap is closed, time is up or nothing moves any more.

        Parameters
        ----------
        after_pass : callable
            Called on all ranks together after every pass but the last.

        Returns
        -------
        bool
            Whether a commitment is known that all scenarios can answer; what else came of it says :attr:`verdict`.
        """
        predicted, touches, idle, gap = 0.0, False, 0, math.inf
        while self.verdict == "open":
            before, self.point, self.radius = self.best_value, point, radius
            value = self.visit(point)
            self.update_bound()
            late = self._stop() or time.perf_counter() > deadline
            if (
                self._communicator.any(late)
                or self._communicator.broadcast(self.gap_rel <= gap_rel)
                or self.verdict != "open"
            ):
                break
            idle, gap = (0, self.gap_rel) if self.gap_rel < (1.0 - _WORTH_A_PASS) * gap else (idle + 1, gap)
            if self.has_answer and self._communicator.broadcast(idle > _PATIENCE):
                break
            if not self.has_answer:
                nearer = self._nearest(point)
                if nearer is None or np.array_equal(nearer, point):
                    break
                point = nearer
                continue
            cost = math.inf if value is None else value
            if value is not None:
                # where there is no answer the domain is at fault, and not the estimates
                radius = _adapted(radius, before, cost, predicted, touches)
            step = 1.0 if cost < before else _STEP_AFTER_A_MISS
            target, gain = self._next(radius)
            point, predicted = self.best_point + step * (target - self.best_point), step * gain
            reach = radius * self._scale()
            touches = bool(np.any(np.abs(point - self.best_point) >= _AT_THE_EDGE * reach))
            after_pass()
        logger.debug("relaxation of %d scenarios: %d passes, gap %.1e", len(self.local), self.passes, self.gap_rel)
        return self.has_answer

    def reject(self, point: FloatArray, index: int | None) -> None:
        """A commitment the scenario ``index`` of this rank could not answer: a cut, where its relaxation cannot."""
        answers = [Answer("unknown")] * len(self.local)
        if index is not None and not self._stop():
            place = self.local.index(index)
            answers[place] = self._relaxations.answer_at(index, point, self._scale())
        self._gravest(answers)
        self._add_feasibility(answers)

    # -- bounds -------------------------------------------------------------------------------------------------------

    def update_bound(self) -> None:
        """Solve the unrestricted master, and follow the directions in which it decreases without bound."""
        found = self._solve_master()
        directions = 0
        while found.status in ("unbounded", "unknown") and self.has_answer and self.verdict == "open":
            directions += 1
            if directions > _DIRECTIONS or not self._follow_ray():
                break
            found = self._solve_master()
        if found.status == "infeasible":
            self.verdict = "infeasible"
        if found.bound > self.lower:
            self.lower, self.kind = found.bound, weaker(self._rests_on, found.kind)
        self._found = found if found.weights is not None else self._found

    @property
    def has_estimates(self) -> bool:
        """Whether there has been a round of estimates at all; the same on every rank."""
        return bool(self._estimates.offsets)

    def minorants(self) -> tuple[FloatArray, FloatArray]:
        """One affine lower estimate a scenario of this rank, ``offset_s + gradient_s' r``, by the master's duals.

        Their weighted sum, minimised over the root, is the master's bound; ``W_s = -gradient_s`` are its multipliers.
        The price of a feasibility cut belongs to the scenario that sent it: for commitments it can answer the cut's
        left side is not above zero.
        """
        found = self._found
        if not self._estimates.offsets:
            # stopped before anything was estimated
            return np.full(len(self.local), -math.inf), np.zeros((len(self.local), self.width))
        if found.weights is None:
            return self._estimates.offsets[-1].copy(), self._estimates.gradients[-1].copy()
        offsets, gradients = self._estimates.weighted(found.weights, self.group)
        if found.feasibility is not None:
            places = {index: place for place, index in enumerate(self.local)}
            for (index, cut), dual in zip(self.feasibility, found.feasibility.tolist(), strict=False):
                place = places.get(index)
                if place is not None and dual > 0.0 and self.weights[place] > 0.0:
                    price = dual / self.weights[place]
                    # any price will do; its products and the sums are rounded
                    sizes = abs(offsets[place]) + abs(price * cut.offset)
                    sizes += (np.abs(gradients[place]) + np.abs(price * cut.gradient)) @ self.reach
                    offsets[place] += price * cut.offset
                    gradients[place] += price * cut.gradient
                    offsets[place] -= 2 * EPSILON * sizes
        return offsets, gradients

    def add(self, offsets: FloatArray, gradients: FloatArray, kind: BoundKind = "solver") -> None:
        """Add a round of estimates, ``cost_s(r) >= offset_s + gradient_s' r``, one of every scenario.

        Parameters
        ----------
        kind : str
            The weakest thing that this rank's estimates rest on.
        """
        self._estimates.add_round(offsets, gradients)
        self._hand_over(offsets, gradients, kind)

    def rest_on(self, kind: BoundKind) -> None:
        """Bounds from now on rest on this, too; known on every rank."""
        self._rests_on = weaker(self._rests_on, kind)

    def adopt(self, cuts: Sequence[FeasibilityCut]) -> None:
        """Take over feasibility cuts that others have found; the same on every rank."""
        for index, cut in cuts:
            self.feasibility.append((index, cut))
            self.rest_on(cut.kind)
            if self.master is not None:
                self.master.add_feasibility(cut.offset, cut.gradient, self._group_of.get(index, -1))

    # -- kept and taken up again --------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """All cuts and estimates; what is proven by them needs no scenario to be solved again."""
        offsets, gradients, known = self._estimates.stored()
        arrays = {"offset": offsets, "gradient": gradients, "known": known}
        cuts = [cut for _, cut in self.feasibility]
        common: dict[str, NDArray[Any]] = {
            "planes.best_point": self.best_point,
            "planes.values": np.array([self.best_value, self.lower, self.radius]),
            "feasibility.scenario": np.array([index for index, _ in self.feasibility], dtype=np.int64),
            "feasibility.offset": np.array([cut.offset for cut in cuts], dtype=np.float64),
            "feasibility.gradient": np.array([cut.gradient for cut in cuts]).reshape(len(cuts), self.width),
            "feasibility.is_safe": np.array([cut.kind == "safe" for cut in cuts], dtype=bool),
        }
        if self.point is not None:
            common["planes.point"] = self.point
        if self.master is not None:
            common |= self.master.stored()
        numbers = {
            "planes.passes": self.passes,
            "planes.rounds": len(self._estimates.offsets),
            "planes.kind": self.kind,
            "planes.rests_on": self._rests_on,
        }
        local = np.array(self.local, dtype=np.int32)
        return Snapshot(numbers, common, {"estimates": ByScenario(local, arrays)})

    def restore(self, kept: Snapshot) -> None:
        """Begin with what :meth:`snapshot` gave, on any number of ranks.

        Raises
        ------
        ValueError, KeyError
            It is of other scenarios or columns.
        """
        own = kept.by_scenario["estimates"]
        if own.indices.tolist() != self.local:
            raise ValueError("estimates of other scenarios")
        arrays = own.arrays
        rounds = int(kept.numbers["planes.rounds"])
        if self.local:
            self._estimates.restore(rounds, arrays["offset"], arrays["gradient"], arrays["known"])
        else:
            self._estimates.restore(rounds, [], [], [])
        common = kept.common
        cuts = zip(common["feasibility.offset"].tolist(), common["feasibility.gradient"], strict=True)
        kinds: list[BoundKind] = ["safe" if flag else "solver" for flag in common["feasibility.is_safe"].tolist()]
        self.feasibility = [
            (int(index), Minorant(offset, gradient, kind))
            for index, (offset, gradient), kind in zip(common["feasibility.scenario"], cuts, kinds, strict=True)
        ]
        if self.master is not None:
            self.master.restore(common, rounds)
        self.best_point = common["planes.best_point"].copy()
        self.point = common.get("planes.point")
        self.best_value, self.lower, self.radius = common["planes.values"].tolist()
        self.passes = int(kept.numbers["planes.passes"])
        self.kind = weaker(kept.numbers["planes.kind"])
        self._rests_on = weaker(kept.numbers["planes.rests_on"])
        self.update_bound()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _ask(self, ask: Callable[[int], Answer]) -> list[Answer]:
        """Every scenario of this rank in turn; those there was no time for answer nothing."""
        answers: list[Answer] = []
        for place, index in enumerate(self.local):
            answer = Answer("unknown") if self._stop() else ask(index)
            if answer.kind == "unbounded" and self.weights[place] == 0.0:
                # what has no probability costs nothing
                answer = Answer("optimal", 0.0, Minorant(0.0, np.zeros(self.width)))
            answers.append(answer)
        return answers

    def _gravest(self, answers: Sequence[Answer]) -> str:
        mine = max(answers, key=lambda answer: _GRAVITY[answer.kind], default=Answer("optimal"))
        gravest = int(self._communicator.largest(_GRAVITY[mine.kind]))
        kind = next(kind for kind, gravity in _GRAVITY.items() if gravity == gravest)
        if kind in ("unbounded", "never"):
            self.verdict = "unbounded" if kind == "unbounded" else "infeasible"
            if mine.kind == kind:
                self.culprit = self.local[next(k for k, answer in enumerate(answers) if answer.kind == kind)]
        return kind

    @staticmethod
    def _estimate_of(answer: Answer) -> Minorant | None:
        return answer.minorant if answer.kind == "optimal" else answer.nearby

    def _add(self, minorants: list[Minorant | None], point: FloatArray) -> None:
        offsets, gradients = self._estimates.add(minorants, point)
        self._hand_over(offsets, gradients, weaker("safe", *(found.kind for found in minorants if found is not None)))

    def _hand_over(self, offsets: FloatArray, gradients: FloatArray, kind: BoundKind) -> None:
        """Give the master the groups' means, and the sizes of what was added up, which round-off is a share of."""
        table = np.zeros((self.groups, 4 + self.width))
        unknown = (~self._estimates.known & (self.weights > 0)).astype(np.float64)
        unsafe = np.full(len(self.local), float(kind == "solver"))
        # a scenario that is a group by itself is handed over as it is, without a rounding
        weights = np.where(self._alone[self.group], 1.0, self.weights)
        sizes = np.abs(offsets) + np.abs(gradients) @ self.reach
        parts = [unknown, unsafe, weights * sizes, weights * offsets, weights[:, None] * gradients]
        np.add.at(table, self.group, np.column_stack(parts))
        table = self._communicator.sum(table)
        if table[:, 1].any():
            self.rest_on("solver")
        if self.master is not None:
            shares = np.where(self._alone | (self.shares <= 0), 1.0, self.shares)
            means = table[:, 2:] / shares[:, None]
            self.master.add(means[:, 1], means[:, 2:], (table[:, 0] == 0).tolist(), means[:, 0])

    def _add_feasibility(self, answers: Sequence[Answer]) -> None:
        mine: list[FeasibilityCut] = [
            (index, answer.minorant)
            for index, answer in zip(self.local, answers, strict=True)
            if answer.kind == "infeasible" and answer.minorant is not None
        ]
        everyone = [mine] if self._communicator.mpi is None else self._communicator.mpi.allgather(mine)
        self.adopt([cut for part in everyone for cut in part])

    def _solve_master(self) -> MasterPoint:
        return self._communicator.broadcast(
            self.master.solve_relaxed() if self.master is not None else MasterPoint("unknown")
        )

    def _follow_ray(self) -> bool:
        """Ask all scenarios about a direction in which the master decreases without bound; whether there was one."""
        scale = self._scale()
        direction = self._communicator.broadcast(self.master.ray(scale) if self.master is not None else None)
        if direction is None:
            return False
        answers = self._ask(lambda index: self._relaxations.answer_along(index, direction, scale))
        gravest = self._gravest(answers)
        self._add([self._estimate_of(answer) for answer in answers], self.best_point)
        self._add_feasibility(answers)
        if gravest != "optimal":
            return gravest == "infeasible"
        steps = [weight * answer.value for weight, answer in zip(self.weights, answers, strict=True) if weight > 0]
        size = self._communicator.total(math.fsum(abs(step) for step in steps))
        if self._communicator.total(math.fsum(steps)) < -1e-9 * size:
            self.verdict = "unbounded"
        return True

    def _nearest(self, point: FloatArray) -> FloatArray | None:
        root = self._communicator.broadcast(self.master.nearest(point) if self.master is not None else None)
        return None if root is None else root[self._program.root.consensus]

    def _next(self, radius: float) -> tuple[FloatArray, float]:
        """The next point to visit, and by how much the master thinks it better."""
        found = (self.best_point, 0.0)
        if self.master is not None:
            reach = radius * self._scale()
            lower = np.maximum(self._lower, self.best_point - reach)
            upper = np.minimum(self._upper, self.best_point + reach)
            answer = self.master.solve_relaxed(lower, upper)
            if answer.root is not None:
                found = answer.root[self._program.root.consensus], self.best_value - answer.bound
        return self._communicator.broadcast(found)

    def _scale(self) -> FloatArray:
        span = self._upper - self._lower
        size = np.where(np.isfinite(span) & (span > 0), span, np.maximum(1.0, 2.0 * np.abs(self.best_point)))
        return np.asarray(size)

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
