"""Decomposition: the linear relaxation by cutting planes, a dive for the commitment, and a certificate for both.

Steps
-----
1. A sample of a few scenarios finds out where the optimal commitment lies, roughly, a larger one more exactly, and so
   on; what was solved for a sample is a start for the next.
2. Passes over all scenarios (:mod:`mes_stoch.solvers.decomposition.cutting_planes`), linear programs re-solved from
   their bases, close
   the gap of the relaxation. The master's bound holds for the mixed-integer program too.
3. Where bids have steps, the master with the root's integrality gives the commitment and the bound.
4. The commitment is dispatched in every scenario by diving: a feasible cost.
5. What gap is left is known scenario by scenario,

       gap_s = cost_s - (offset_s + gradient_s' r) >= 0,    sum_s p_s gap_s = cost - bound

   and work goes to the scenarios with the largest gaps, until the whole is small enough: moving single integers lowers
   ``cost_s``, a few branches at the same multipliers raise ``offset_s``, and at last mixed-integer solves do both.
   Raised offsets are cuts again (strengthened Benders cuts), so the master, its multipliers and its commitment can
   improve once more.

Sources
-------
Birge & Louveaux (1988), DOI 10.1016/0377-2217(88)90159-2, for the multicut master; Zou, Ahmed, Sun (2019), Stochastic
dual dynamic integer programming, DOI 10.1007/s10107-018-1249-5, for strengthened Benders and Lagrangian cuts.
"""

from __future__ import annotations

import logging
import math
import time
from functools import cached_property

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.incumbent import Candidates
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.money import in_common_money
from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution, SolveOptions, TraceCallback
from mes_stoch.solvers.certificate.solver_state import SolverState, to_result
from mes_stoch.solvers.checkpoint.checkpoints import LATER_SERIES, Checkpoints
from mes_stoch.solvers.checkpoint.snapshot import ByScenario, Snapshot
from mes_stoch.solvers.decomposition.closing import Closing
from mes_stoch.solvers.decomposition.cutting_planes import CuttingPlanes, FeasibilityCut
from mes_stoch.solvers.decomposition.kept import of_proven, of_trace, restore_proven, restore_trace
from mes_stoch.solvers.decomposition.master import MasterPoint
from mes_stoch.solvers.decomposition.recourse import Recourse
from mes_stoch.solvers.decomposition.scenario_gaps import ScenarioGaps
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker
from mes_stoch.solvers.subproblems import no_optimum
from mes_stoch.solvers.subproblems.relaxation import Answer, ScenarioRelaxations

logger = logging.getLogger("mes_stoch.solvers.decomposition.algorithm")

_SMALLEST_SAMPLE, _STRIDE = 16, 5
_SAMPLE_GAP = 3.0
_FIRST_RADIUS, _RADIUS_OF_SAMPLE = 0.25, 0.1
_RELAXATION_SHARE = 0.1
_SHARE_OF_TIME_LIMIT = 0.5
#: Beyond the deadline, while no commitment has been evaluated: a small program always has an answer.
_GRACE_S = 1.0
#: Cold solves of all scenarios that the time left must allow for before a pass; a dispatch takes about two.
_RESERVE = 3.0
#: What an estimate of a scenario from another's basis takes, in cold solves; kept back while there is no bound.
_BORROWING = 0.03
_SUBPROBLEM_SHARE, _WORTH_POLISHING = 0.1, 5.0
_ONE_OPT_PER_EXCESS, _PRICE_PER_EXCESS = 10.0, 2.5
_SHARE_OF_DEBT = 0.25
#: The search of one master with integers: a share of everything before it, or this. Its bound holds wherever it ends.
_SHARE_OF_MASTER, _LEAST_MASTER_S = 0.2, 2.0
#: All of them: as long as everything before, or this. What they leave of the gap is closed by scenario.
_SHARE_OF_MASTERS, _LEAST_MASTERS_S = 1.0, 10.0
_ROUNDS = 4
_WORTH_ANOTHER_ROUND = 0.1


@in_common_money(on_all_ranks=True)
def solve_decomposition(
    program: StochasticProgram,
    options: SolveOptions,
    progress: TraceCallback | None = None,
    stop: Stop | None = None,
    near: FloatArray | None = None,
    checkpoints: Checkpoints | None = None,
) -> EngineResult | None:
    """Solve by decomposition, on all ranks of an MPI run, however many they are, or in this process alone.

    Parameters
    ----------
    program : StochasticProgram
    options : SolveOptions
    progress : callable, optional
        Called on rank 0 with every better bound.
    stop : Stop, optional
        What ends it; default the time limit of ``options``.
    near : array, optional
        A value per root column that may be near the best: passes begin there, without a sample to find it.
    checkpoints : Checkpoints, optional
        Where what has been proven is kept now and then, and at an end before the gap is closed; and what of an earlier
        run it goes on with.

    Returns
    -------
    EngineResult or None
        The result on rank 0, ``None`` on the others.

    Raises
    ------
    InfeasibleError, UnboundedError
        The program has no optimum.
    InterruptedRunError
        It was asked to end before anything was proven.
    SolveError
        The bounds contradict each other.
    UsageError
        The checkpoint to go on with is of another run, or damaged.
    """
    world = mpi.world()
    communicator = ScenarioCommunicator(world)
    if world is not None:
        mpi.abort_when_uncaught()
    interval = Interval(progress if communicator.is_rank_zero else None, gap_floor=options.gap_floor)
    stop = stop or Stop(interval.start + options.time_limit_s)
    decomposition = Decomposition(
        program, options, interval, communicator, stop, to_the_end=True, near=near, checkpoints=checkpoints
    )
    with mpi.ProgressThread(world, stop.request, mpi.NEWS_INTERVAL_S):
        decomposition.run()
        decomposition.keep_what_is_unfinished()
    return to_result(program, decomposition.state, communicator, options, interval, stop)


class Decomposition:
    """One run; collective over a communicator. See the module's steps.

    Parameters
    ----------
    program : StochasticProgram
    options : SolveOptions
    interval : Interval
        Gets every better bound.
    communicator : ScenarioCommunicator
    stop : Stop, optional
        Nothing new is begun once it says so.
    to_the_end : bool
        Go on until the gap is closed or time is up; otherwise until the cheap steps gain little.
    near : array, optional
        Root point from which passes begin.
    checkpoints : Checkpoints, optional
        What is proven is offered to them, and what they hold is gone on with.
    """

    def __init__(
        self,
        program: StochasticProgram,
        options: SolveOptions,
        interval: Interval,
        communicator: ScenarioCommunicator,
        stop: Stop | None = None,
        *,
        to_the_end: bool = False,
        near: FloatArray | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self._program = program
        self._options = options
        self._interval = interval
        self._communicator = communicator
        self._stop = stop or Stop()
        self._to_the_end = to_the_end
        self._near = None if near is None else np.asarray(near, dtype=np.float64)[program.root.consensus]
        self._began = time.perf_counter()
        self._relaxations = ScenarioRelaxations(program, self._stop)
        self._recourse = Recourse(program, self._relaxations)
        self._candidates = Candidates(program)
        self._planes: CuttingPlanes | None = None
        self._checkpoints = checkpoints
        self._looked_at: tuple[int, CuttingPlanes] | None = None
        self._closing_size = 0
        self.state = SolverState(gap_floor=options.gap_floor)

    def run(self) -> bool:
        """Go through the steps; what comes of it is in :attr:`state`.

        Returns
        -------
        bool
            Whether a commitment is known that every scenario's relaxation can answer.

        Raises
        ------
        InfeasibleError, UnboundedError
            The program has no optimum; on all ranks.
        """
        started = time.perf_counter()
        planes, point = self._relaxation()
        relaxed = time.perf_counter()
        self._require_open(planes)
        found = self.state
        self._raise_lower(planes.lower, planes.kind)
        found.point = point
        if found.root is None or not self._is_done():
            first = self._first_commitment(planes, point)
            # a run that goes on may know its dispatch already
            if found.root is None or self._candidates.is_new(first):
                self._try(planes, first)
        self._offer_checkpoint()
        self._require_open(planes)
        if not planes.has_estimates:
            return False  # there was no time for anything
        offsets, gradients = planes.minorants()
        found.multipliers = -gradients
        dispatched = time.perf_counter()
        # a checkpoint may know a commitment where these planes have no estimate of some scenario to raise
        if found.root is not None and planes.has_answer and self._has_integer_recourse and not self._is_done():
            self._refine(planes, offsets, gradients)
        refined = time.perf_counter()
        if self._to_the_end and not self._is_done():
            self.close()
        found.details |= {
            "passes": planes.passes,
            "relaxation_gap_rel": planes.gap_rel,
            "relaxation_solves": self._relaxations.solves,
            "mip_solves": self._recourse.mip_solves,
            "relaxation_time_s": relaxed - started,
            "dispatch_time_s": dispatched - relaxed,
            "refinement_time_s": refined - dispatched,
            "closing_time_s": time.perf_counter() - refined,
        }
        return planes.has_answer

    @property
    def pass_time_s(self) -> float:
        """What one process takes to solve the relaxation of every scenario from scratch; 0 while none is solved."""
        return self._relaxations.cold_time_s * len(self._program.scenario_names)

    def close(self) -> None:
        """What neither cuts nor single scenarios prove, scenarios together do; after :meth:`run`."""
        planes = self._planes
        if planes is None:
            raise SolveError("decomposition has not been run")
        closing = Closing(self._program, self._options, planes, self._communicator, self._stop)
        closing.run(
            self.state,
            self._raise_lower,
            lambda root: self._try(planes, root),
            first_size=self._closing_size,
            after_round=self._after_closing_round,
        )
        self._recourse.mip_solves += closing.mip_solves

    def _require_open(self, planes: CuttingPlanes) -> None:
        if planes.verdict != "open":
            no_optimum.explain(self._program, planes.verdict, planes.culprit, self._communicator, self._stop)

    @cached_property
    def _has_integer_recourse(self) -> bool:
        return bool(np.delete(self._program.scenario(0).integer, self._program.root.columns).any())

    def _is_late(self) -> bool:
        """On this rank; asked before every scenario. A small program is left what a first commitment takes."""
        if self._stop.is_interrupted or self.state.root is not None:
            return self._stop()
        return time.perf_counter() > min(self._stop.deadline + _GRACE_S, self._stop.end)

    # -- the relaxation ---------------------------------------------------------------------------------------------

    def _relaxation(self) -> tuple[CuttingPlanes, FloatArray]:
        """Passes over samples and over all; the cuts of all scenarios, and the best point known."""
        count = len(self._program.scenario_names)
        share = _SHARE_OF_TIME_LIMIT if self._has_integer_recourse else 1.0
        began = time.perf_counter()
        deadline = began + share * (self._stop.deadline - began)
        gap_rel = relaxation_gap(self._options)
        point, radius = (None, _FIRST_RADIUS) if self._near is None else (self._near, _RADIUS_OF_SAMPLE)
        cuts: list[FeasibilityCut] = []
        kept = self._kept()
        for stride in self._strides_left(count, kept):
            members, floor = range(0, count, stride), self._options.gap_floor
            planes = CuttingPlanes(
                self._program, self._relaxations, members, self._communicator, self._is_to_borrow, floor
            )
            self._planes = planes if stride == 1 else None
            self._looked_at = stride, planes
            if kept is not None:
                self._take_up(kept, planes)
                kept = None
                point, radius = planes.next_point(), planes.radius
                is_closed = planes.gap_rel <= gap_rel or self.state.gap_rel <= self._options.gap_rel
                if stride == 1 and self._communicator.broadcast(is_closed):
                    point = planes.best_point
                    break
            else:
                planes.adopt(cuts)
            if self._communicator.broadcast(self._is_scarce(count)):
                # A dispatch of all scenarios tells what a pass does.
                continue
            if point is None or not planes.root_is_bounded:
                mean = planes.wait_and_see()
                if planes.verdict != "open":
                    break
                point = self._start(mean) if point is None else point
            target = gap_rel if stride == 1 else _SAMPLE_GAP * gap_rel
            planes.converge(point, target, radius, deadline, self._offer_checkpoint)
            if planes.verdict == "infeasible":
                break
            cuts = planes.feasibility
            if planes.has_answer:
                point, radius = planes.best_point, _RADIUS_OF_SAMPLE / math.sqrt(math.ceil(count / stride))
        if self._communicator.broadcast(planes.verdict == "open" and not planes.has_answer):
            nearby = np.zeros(planes.width) if point is None else point
            planes.borrow(nearby, min(2 * self._borrowing_s(), self._stop.seconds_left_at_most()), self._stop.end)
        if point is None:
            point = self._start(None) if planes.verdict == "open" else np.zeros(planes.width)
        return planes, point

    def _strides_left(self, count: int, kept: Snapshot | None) -> list[int]:
        """Samples to go through, the whole last."""
        if self._near is not None:
            return [1]
        return [stride for stride in _strides(count) if kept is None or stride <= int(kept.numbers["stride"])]

    def _is_to_borrow(self) -> bool:
        """Whether passes have to leave off, so that there is time for estimates of scenarios that nobody has solved."""
        if self._planes is not None and math.isfinite(self._planes.lower):
            return self._is_late()
        return self._is_late() or time.perf_counter() > self._stop.deadline - self._borrowing_s()

    def _borrowing_s(self) -> float:
        return _BORROWING * self.pass_time_s / self._communicator.size

    def _is_scarce(self, count: int) -> bool:
        """Whether the time left is little more than a first commitment takes."""
        return self._stop.seconds_left() <= _RESERVE * self._relaxations.cold_time_s * count / self._communicator.size

    def _start(self, mean: FloatArray | None) -> FloatArray:
        """Where to begin: what the scenarios would do on the mean, or, where none has an optimum, nothing at all."""
        if mean is not None:
            return mean
        root = self._program.root
        try:
            return np.asarray(root.nearest(np.zeros(len(root.columns))))[root.consensus]
        except SolveError:  # the root's own rules exclude each other, as the master will find
            return np.zeros(int(root.consensus.sum()))

    # -- commitments ------------------------------------------------------------------------------------------------

    def _first_commitment(self, planes: CuttingPlanes, point: FloatArray) -> FloatArray:
        nearest = self._nearest_root(planes, point)
        if not planes.has_answer or not self._communicator.broadcast(
            planes.master is not None and planes.master.has_integers
        ):
            return nearest
        return self._integer_commitment(planes, nearest)

    def _nearest_root(self, planes: CuttingPlanes, point: FloatArray) -> FloatArray:
        """The root point nearest to a commitment that keeps the root's own rules."""
        found: FloatArray | None = None
        if self._communicator.is_rank_zero:
            try:
                found = self._candidates.from_consensus(point)
            except SolveError as error:
                logger.debug("no root point: %s", error)
        found = self._communicator.broadcast(found)
        if found is None:
            planes.verdict = "infeasible"
            self._require_open(planes)
        return np.asarray(found)

    def _integer_commitment(self, planes: CuttingPlanes, root: FloatArray) -> FloatArray:
        """Passes at commitments that keep the bid rules, until the master knows none better than the best seen."""
        consensus = self._program.root.consensus
        best_value, best_root = math.inf, root
        seen: set[bytes] = set()
        began = time.perf_counter()
        enough_s = max(_LEAST_MASTERS_S, _SHARE_OF_MASTERS * (began - self._began))
        while planes.verdict == "open":
            seen.add(root.tobytes())
            value = planes.visit(root[consensus])
            if value is not None and value < best_value:
                best_value, best_root = value, root
            lower, proposal = self._ask_integer_master(planes)
            self._raise_lower(lower, "solver")
            gap = bounds.relative_gap(lower, best_value, self._options.gap_floor)
            closed = gap <= relaxation_gap(self._options)
            late = self._is_late() or time.perf_counter() - began > enough_s
            if proposal is None or self._communicator.any(late):
                break
            if self._communicator.broadcast(closed or proposal.tobytes() in seen):
                break
            root = proposal
            self._offer_checkpoint()
        planes.update_bound()
        return best_root

    def _ask_integer_master(self, planes: CuttingPlanes) -> tuple[float, FloatArray | None]:
        """Its bound and its commitment; a master that cannot be satisfied is the end of the program."""
        found = MasterPoint("unknown")
        if planes.master is not None:
            share_s = _SHARE_OF_MASTER * (time.perf_counter() - self._began)
            found = planes.master.solve_integer(min(self._stop.seconds_left(), max(_LEAST_MASTER_S, share_s)))
        found = self._communicator.broadcast(found)
        if found.status == "infeasible":
            planes.verdict = "infeasible"
        return found.bound, found.root

    def _try(self, planes: CuttingPlanes, root: FloatArray) -> bool:
        """Dispatch a commitment in every scenario; whether it is the best so far.

        A commitment that some scenario cannot answer is no incumbent; why not becomes a cut where a linear program
        can say it.
        """
        self._candidates.is_new(root)  # from now on it is not
        scenarios: list[ScenarioSolution] = []
        answers: list[Answer] = []
        rejected: int | None = None
        late = False
        for index in self._communicator.local_indices(len(self._program.scenario_names)):
            late = self._is_late()
            if late:
                break
            found = self._recourse.dispatch(index, root, _WORTH_POLISHING * self._subproblem_gap(), self._stop)
            if found.solution is None:
                rejected = index
                break
            scenarios.append(found.solution)
            answers.append(found.relaxed)
        if not self._communicator.all(rejected is None and not late):
            planes.reject(root[self._program.root.consensus], rejected)
            logger.debug("a commitment is rejected: some scenario has no feasible dispatch, or there was no time")
            return False
        if not planes.has_answer:
            planes.take(root[self._program.root.consensus], answers)
            planes.update_bound()
            self._raise_lower(planes.lower, planes.kind)
        upper = self._communicator.total(bounds.expected_cost(self._program, scenarios))
        if not upper < self.state.upper:
            return False
        self.state.root = root
        self._take(upper, scenarios)
        return True

    # -- closing the gap --------------------------------------------------------------------------------------------

    def _refine(self, planes: CuttingPlanes, offsets: FloatArray, gradients: FloatArray) -> None:
        """Mixed-integer solves where they close most of the gap; then the master again, with what they proved."""
        for _ in range(_ROUNDS):
            if self._is_done():
                return
            before = self.state.upper - self.state.lower
            complete, kind = self._close_gap(planes, offsets, gradients)
            planes.add(offsets, gradients, kind)
            planes.update_bound()
            self._raise_lower(planes.lower, planes.kind)
            point = self._proposal(planes)
            if self._is_done() or not complete:
                return
            if point is not None:
                self._try(planes, point)
            gained = before - (self.state.upper - self.state.lower)
            if self._communicator.broadcast(gained < _WORTH_ANOTHER_ROUND * before):
                return
            self._offer_checkpoint()
            offsets, gradients = planes.minorants()

    def _proposal(self, planes: CuttingPlanes) -> FloatArray | None:
        """The commitment the master now likes best, where it has not been tried; raises the bound on the way."""
        found: FloatArray | None = None
        if self._communicator.broadcast(planes.master is not None and planes.master.has_integers):
            lower, found = self._ask_integer_master(planes)
            self._raise_lower(lower, "solver")
        elif planes.master is not None:
            consensus = self._program.root.consensus
            point = planes.master.solve_relaxed().root
            found = None if point is None else self._candidates.from_consensus(point[consensus])
        if found is not None and self._communicator.is_rank_zero and not self._candidates.is_new(found):
            found = None
        return self._communicator.broadcast(found)

    def _close_gap(self, planes: CuttingPlanes, offsets: FloatArray, gradients: FloatArray) -> tuple[bool, BoundKind]:
        """Lower costs and raise ``offsets`` (in place), the scenarios with the largest gaps first.

        Returns
        -------
        bool, str
            Whether time allowed it, and what this rank's raised offsets rest on.
        """
        root = self.state.root
        if root is None:  # pragma: no cover - the caller has seen to it
            raise SolveError("there is no commitment to close the gap of")
        gaps = ScenarioGaps(
            self.state.scenarios, offsets, gradients, planes.weights, root[self._program.root.consensus]
        )
        base = self.state.lower
        for step, factor in (
            (self._one_opt, _ONE_OPT_PER_EXCESS),
            (self._branch, _PRICE_PER_EXCESS),
            (self._price, _PRICE_PER_EXCESS),
        ):
            pending = gaps.order(self._subproblem_gap())
            while not self._communicator.any(self._stop()):
                # Exact for a root without integers, and proven for any once the master has seen the raised offsets.
                excess = self.state.upper - base - self._communicator.total(gaps.raised)
                excess -= self._options.gap_rel * max(abs(self.state.upper), self._options.gap_floor)
                if self._communicator.broadcast(excess <= 0):
                    return True, gaps.kind
                if self._communicator.all(not pending):
                    break
                count = gaps.enough(pending, factor * excess, self._communicator)
                for place in pending[:count]:
                    if not self._is_late():
                        step(gaps, root, place)
                pending = pending[count:]
                upper = self._communicator.total(bounds.expected_cost(self._program, gaps.scenarios))
                if upper < self.state.upper:
                    self._take(upper, list(gaps.scenarios))
                self._offer_checkpoint(gaps)
            else:
                return False, gaps.kind
        return True, gaps.kind

    def _one_opt(self, gaps: ScenarioGaps, root: FloatArray, place: int) -> None:
        gaps.scenarios[place] = self._recourse.one_opt(gaps.scenarios[place], root, self._subproblem_gap())

    def _branch(self, gaps: ScenarioGaps, root: FloatArray, place: int) -> None:
        """Raise the estimate by a few branches, no further than the cost known."""
        known = gaps.scenarios[place]
        multipliers = -gaps.gradients[place]
        enough = known.cost + float(multipliers @ root[self._program.root.consensus])
        bound = self._recourse.branched(known.index, multipliers, enough)
        gaps.raise_offset(place, min(enough, bound.value), bound.kind)

    def _price(self, gaps: ScenarioGaps, root: FloatArray, place: int) -> None:
        """Both sides by mixed-integer solves, no more exactly than the scenario's scenario gap deserves."""
        known = gaps.scenarios[place]
        gap_abs = max(self._subproblem_gap(), _SHARE_OF_DEBT * gaps.scenario_gap(place))
        bound = self._recourse.least_cost(known.index, -gaps.gradients[place], known.values, gap_abs, self._stop)
        gaps.raise_offset(place, bound.value, bound.kind)
        if gaps.scenario_gap(place) > 2 * gap_abs:
            gaps.scenarios[place] = self._recourse.improve(known.index, root, known, gap_abs, self._stop)

    # -- checkpoints ------------------------------------------------------------------------------------------------

    def _kept(self) -> Snapshot | None:
        """What an earlier run has left to go on with."""
        if self._checkpoints is None:
            return None
        return self._checkpoints.restored(self._program, self._communicator)

    def take_up(self) -> None:
        """In place of :meth:`run`: know what an earlier run has proven, and do nothing yet. Collective."""
        kept = self._kept()
        if kept is None or int(kept.numbers["stride"]) != 1:
            return
        members = range(len(self._program.scenario_names))
        floor = self._options.gap_floor
        planes = CuttingPlanes(self._program, self._relaxations, members, self._communicator, self._stop, floor)
        self._planes, self._looked_at = planes, (1, planes)
        self._take_up(kept, planes)
        self.state.point = planes.best_point
        self.state.multipliers = -planes.minorants()[1]

    def _take_up(self, kept: Snapshot, planes: CuttingPlanes) -> None:
        planes.restore(kept)
        restore_trace(kept, self._interval)
        restore_proven(kept, self.state, self._interval)
        for name in LATER_SERIES:
            later = None if self._checkpoints is None else self._checkpoints.series(name)
            found = None if later is None else later.restored(self._program, self._communicator)
            if found is not None:
                restore_proven(found, self.state, self._interval)
        if self.state.root is not None:
            self._candidates.is_new(self.state.root)  # from now on it is not
        self._closing_size = int(kept.numbers["closing_size"])
        raised = kept.by_scenario.get("raised")
        if raised is not None:
            count = len(planes.local)
            offsets = np.array(raised.arrays.get("offset", []), dtype=np.float64).reshape(count)
            gradients = np.array(raised.arrays.get("gradient", []), dtype=np.float64).reshape(count, planes.width)
            planes.add(offsets, gradients, weaker(kept.numbers["raised_kind"]))
            planes.update_bound()
        self.state.details["resumed_after_s"] = self._interval.before_s

    def _snapshot(self, gaps: ScenarioGaps | None = None) -> Snapshot:
        """What is proven; with scenario gaps also the estimates that the master has not seen yet. Collective."""
        if self._looked_at is None:  # pragma: no cover - there is nothing to keep before the first pass
            raise SolveError("decomposition has not been run")
        stride, planes = self._looked_at
        numbers: dict[str, int | str] = {"stride": stride, "closing_size": self._closing_size}
        raised: dict[str, ByScenario] = {}
        if gaps is not None:
            is_solver = self._communicator.any(gaps.kind == "solver")
            numbers["raised_kind"] = "solver" if is_solver else "safe"
            arrays = {"offset": [np.array([offset]) for offset in gaps.offsets], "gradient": list(gaps.gradients)}
            raised["raised"] = ByScenario(np.array(planes.local, dtype=np.int32), arrays)
        own = Snapshot(numbers, by_scenario=raised)
        return planes.snapshot().with_all_of(of_proven(self.state), of_trace(self._interval), own)

    def _offer_checkpoint(self, gaps: ScenarioGaps | None = None) -> None:
        if self._checkpoints is not None:
            self._checkpoints.offer(self._program, self._communicator, lambda: self._snapshot(gaps))

    def _after_closing_round(self, size: int) -> None:
        self._closing_size = size
        self._offer_checkpoint()

    def keep_what_is_unfinished(self) -> None:
        """At the end: keep what another run can go on with, where the gap is still open."""
        if self._checkpoints is None or self._looked_at is None:
            return
        if self._communicator.broadcast(self.state.gap_rel > self._options.gap_rel):
            self._checkpoints.keep(self._program, self._communicator, self._snapshot())

    # -- bookkeeping ------------------------------------------------------------------------------------------------

    def _is_done(self) -> bool:
        return self._communicator.any(self._stop()) or self._communicator.broadcast(
            self.state.gap_rel <= self._options.gap_rel
        )

    def _subproblem_gap(self) -> float:
        """How exactly a mixed-integer solve is worth doing: a share of the gap the whole may keep, as money."""
        size = max(abs(self.state.lower), self._options.gap_floor) if math.isfinite(self.state.lower) else 1.0
        return _SUBPROBLEM_SHARE * self._options.gap_rel * size

    def _raise_lower(self, lower: float, kind: BoundKind) -> None:
        self.state.raise_lower(lower, kind)
        self._interval.raise_lower(lower, kind=kind)

    def _take(self, upper: float, scenarios: list[ScenarioSolution]) -> None:
        self.state.upper, self.state.scenarios = upper, scenarios
        if self.state.root is not None:
            self._interval.drop_upper(upper, self.state.root, scenarios)


def _strides(count: int) -> list[int]:
    """Every how many scenarios are looked at, from the smallest sample to all; each sample holds the one before.

    >>> _strides(1000)
    [25, 5, 1]
    """
    strides = [1]
    while count // (strides[0] * _STRIDE) >= _SMALLEST_SAMPLE:
        strides.insert(0, strides[0] * _STRIDE)
    return strides


def relaxation_gap(options: SolveOptions) -> float:
    """How exactly the relaxation is solved: a fraction of the gap asked for, since its error ends up in the bound."""
    return float(np.clip(_RELAXATION_SHARE * options.gap_rel, 1e-9, 1e-3))
