"""The two spokes that certify: one prices, one tries commitments, both with this project's own bounds.

They use mpi-sppy's windows and its signals and nothing else of it: what they send the hub are bounds proven by
:mod:`mes_stoch.solvers.certificate.bounds`, and what proved the best one stays with them until the run ends.
"""

from __future__ import annotations

import importlib
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, SolveError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.incumbent import Candidates
from mes_stoch.solvers.certificate.proven import Commitment, Proven
from mes_stoch.solvers.certificate.result import ScenarioSolution, SolveOptions
from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints
from mes_stoch.solvers.hedging.kept import keep_commitment
from mes_stoch.solvers.hedging.mpisppy_driver.warm_start import WarmStart
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker
from mes_stoch.solvers.subproblems.pool import ScenarioPool

logger = logging.getLogger("mes_stoch.solvers.hedging.spokes")

_SHORTEST_REST_S = 0.005
_LONGEST_REST_S = 0.25
_SHARE_OF_LOOKING = 0.05
_LOOK_FOR_THE_END_S = 1.0


@dataclass
class SpokeWork(Commitment):
    """What a spoke needs to know, and what it has found when the run ends.

    Parameters
    ----------
    program : StochasticProgram
    options : SolveOptions
    stop : Stop
        Nothing is begun any more once it says so.
    start : WarmStart or None
        Where to begin.
    is_start_priced : bool
        Whether the bound of its multipliers is known: decomposition's is, that of an earlier run's hub need not be.
    settled : bool
        Both bounds are known already, so the spoke may stop without a result.
    bound : float
        Best expected bound of the spoke's cylinder.
    proofs : dict
        The best of each kind (pricing).
    root, scenarios
        What attains it (commitments).
    checkpoints : Checkpoints or None
        Where the best commitment is kept.
    kept : float
        Cost of the one that is kept already.
    """

    program: StochasticProgram
    options: SolveOptions
    stop: Stop
    start: WarmStart | None = None
    is_start_priced: bool = True
    settled: bool = False
    bound: float = math.nan
    proofs: dict[BoundKind, float] = field(default_factory=dict)
    checkpoints: Checkpoints | None = None
    kept: float = math.inf

    def keep(self, cylinder: Any, *, now: bool) -> None:
        """Keep the best commitment, where none as good is kept; collective over a cylinder's ranks."""
        if not self.bound < self.kept:
            return
        proven = Proven(root=self.root, scenarios=self.scenarios, upper=self.bound)
        if keep_commitment(self.checkpoints, self.program, proven, ScenarioCommunicator(cylinder), now=now):
            self.kept = self.bound

    @property
    def has_bound(self) -> bool:
        return self.settled or math.isfinite(self.bound)


class _Rest:
    """Sleeps between looks at the hub, so long that looking takes a small share of an idle spoke's time.

    A look is not free: the reader waits, at full speed, until the hub's process answers. With MPICH that takes
    milliseconds, the interval of the progress thread; with an MPI that reads another process's memory, microseconds.
    """

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def take(self) -> None:
        """Nothing to do: all time since the last rest or work went into looking."""
        looked_s = time.perf_counter() - self._since
        time.sleep(min(max(_SHORTEST_REST_S, looked_s / _SHARE_OF_LOOKING), _LONGEST_REST_S))
        self._since = time.perf_counter()

    def end(self) -> None:
        """There was something to do."""
        self._since = time.perf_counter()


class _Watch:
    """Tells a long pass whether to give up: the run is to end, or the hub has and this spoke has something to show."""

    def __init__(self, spoke: Any, work: SpokeWork) -> None:
        self._spoke = spoke
        self._work = work
        self._next = time.perf_counter() + _LOOK_FOR_THE_END_S
        self._ended = False

    def give_up(self) -> bool:
        if self._work.stop():
            return True
        if not self._work.has_bound:
            return False
        now = time.perf_counter()
        if not self._ended and now >= self._next:
            self._next = now + _LOOK_FOR_THE_END_S
            self._ended = bool(self._spoke.hub_has_ended())
        return self._ended


def spoke_classes(work: SpokeWork) -> tuple[type[Any], type[Any]]:
    """The pricing spoke and the commitment spoke of this process, as classes mpi-sppy can instantiate."""
    module: Any = importlib.import_module("mpisppy.cylinders.spoke")
    fields: Any = importlib.import_module("mpisppy.cylinders.spwindow").Field
    program = work.program
    gap = bounds.subproblem_gap(work.options)
    consensus_count = int(program.root.consensus.sum())

    class _Local:
        """This rank's scenarios and what it asks of the others."""

        opt: Any
        cylinder_comm: Any

        def local_indices(self) -> list[int]:
            position = {name: index for index, name in enumerate(program.scenario_names)}
            return [position[name] for name in self.opt.local_scenario_names]

        def mean(self, local: FloatArray) -> FloatArray:
            """``sum_s p_s row_s`` over all ranks of the cylinder."""
            weights = program.probabilities[self.local_indices()]
            return np.asarray(self.cylinder_comm.allreduce(weights @ local))

        def hub_has_ended(self) -> bool:
            """Look at the hub's flag without waiting for the other ranks."""
            spoke: Any = self
            buffer = spoke.receive_buffers[spoke._make_key(fields.SHUTDOWN, 0)]
            spoke.get_receive_buffer(buffer, fields.SHUTDOWN, 0, synchronize=False)
            return bool(buffer[0] == 1.0)

        def gap_is_closed(self) -> bool:
            spoke: Any = self
            spoke.update_hub_bounds()
            outer, inner = float(spoke.hub_outer_bound), float(spoke.hub_inner_bound)
            gap_rel = bounds.relative_gap(outer, inner, work.options.gap_floor)
            return bool(self.cylinder_comm.bcast(gap_rel <= work.options.gap_rel))

        def is_to_end(self) -> bool:
            """Whether the run is, on any rank of the cylinder: what all do together is begun by all or by none."""
            return bool(self.cylinder_comm.allreduce(int(work.stop())))

        def rows(self, flat: FloatArray) -> FloatArray:
            return np.array(flat, dtype=np.float64).reshape(-1, consensus_count)

    class PricingSpoke(_Local, module.OuterBoundWSpoke):  # type: ignore[misc]
        """Lagrangian bounds of the hub's multipliers."""

        converger_spoke_char = "L"

        def main(self) -> None:
            self._pool = ScenarioPool(program, gap_rel=gap)
            if work.start is None:
                self._price(np.zeros((len(self.local_indices()), consensus_count)))
            rest = _Rest()
            while not self.got_kill_signal():
                if self.update_Ws():
                    self._price(self.rows(self.localWs))
                    rest.end()
                else:
                    rest.take()

        def finalize(self) -> None:
            if not self.is_to_end() and not self.gap_is_closed() and self.update_Ws():
                self._price(self.rows(self.localWs))

        def _is_the_start(self, multipliers: FloatArray, start: FloatArray) -> bool:
            """Its bound is known before the cylinders begin to turn."""
            tolerance = 1e-9 * max(1.0, float(np.abs(start).max(initial=0.0)))
            differs = int(np.abs(multipliers - start).max(initial=0.0) > tolerance)
            return bool(self.cylinder_comm.allreduce(differs) == 0)

        def _price(self, multipliers: FloatArray) -> None:
            for _ in range(2):  # as bounds.project_multipliers
                multipliers = multipliers - self.mean(multipliers)
            indices = self.local_indices()
            start = work.start if work.is_start_priced else None
            if start is not None and self._is_the_start(multipliers, start.multipliers[indices]):
                return
            total = self._total(indices, multipliers, self._each(indices, multipliers))
            if not math.isfinite(total.value):
                return
            work.proofs[total.kind] = max(total.value, work.proofs.get(total.kind, -math.inf))
            if not total.value <= work.bound:
                work.bound = total.value
                self.send_bound(total.value)

        def _each(self, indices: Sequence[int], multipliers: FloatArray) -> bounds.PricedBounds:
            """Bounds of this rank's scenarios; minus infinity where it has given up."""
            values = np.full(len(indices), -np.inf)
            kind: BoundKind = "safe"
            watch = _Watch(self, work)
            for position, index in enumerate(indices):
                if watch.give_up():
                    break
                row = multipliers[position : position + 1]
                found = bounds.priced_bounds(program, [index], row, pool=self._pool, stop=work.stop)
                values[position], kind = found.values[0], weaker(kind, found.kind)
            return bounds.PricedBounds(values, kind)

        def _total(self, indices: Sequence[int], multipliers: FloatArray, local: bounds.PricedBounds) -> bounds.Proven:
            """What all ranks' bounds prove together, as one process would work it out."""
            rows = np.zeros((len(program.scenario_names), consensus_count))
            values = np.full(len(rows), -np.inf)
            kind: BoundKind = "safe"
            for places, own_rows, own in self.cylinder_comm.allgather((indices, multipliers, local)):
                rows[places], values[places], kind = own_rows, own.values, weaker(kind, own.kind)
            return bounds.lagrangian_total(program, bounds.PricedBounds(values, kind), rows)

    class CommitmentSpoke(_Local, module.InnerBoundNonantSpoke):  # type: ignore[misc]
        """Costs of commitments near the hub's average, and near single-scenario first-stage solutions."""

        converger_spoke_char = "X"

        def main(self) -> None:
            self._pool = ScenarioPool(program, gap_rel=bounds.EVALUATION_GAP)
            self._candidates = Candidates(program)
            self._turn = 0
            self._left = 0
            rest = _Rest()
            points = np.zeros((0, consensus_count))
            while not self.got_kill_signal():
                if self.update_nonants():
                    points = self.rows(self.localnonants)
                    # Single scenarios are worth a try while nothing better is waiting.
                    self._left = len(program.scenario_names)
                    self._try(self.mean(points))
                    rest.end()
                elif self._left > 0:
                    self._try_next_wish(points)
                    rest.end()
                else:
                    rest.take()
                # again and again: the last one may have been found before it was time
                work.keep(self.cylinder_comm, now=False)

        def finalize(self) -> None:
            if not self.is_to_end() and (self.update_nonants() or not work.has_bound):
                points = self.rows(self.localnonants)
                if not self.gap_is_closed():
                    self._try(self.mean(points))
                for _ in program.scenario_names:
                    if work.has_bound or self.is_to_end():
                        break
                    self._try(self._wish_in_turn(points))
            if not self.gap_is_closed():
                work.keep(self.cylinder_comm, now=True)

        def _wish_in_turn(self, points: FloatArray) -> FloatArray:
            """The commitment one scenario would make; every scenario once in turn, whichever rank holds it."""
            self._turn = (self._turn + 1) % len(program.scenario_names)
            name = program.scenario_names[self._turn]
            owner = self.opt.scenario_names_to_rank["ROOT"][name]
            local = self.opt.local_scenario_names
            first_stage = points[local.index(name)] if name in local else None
            return np.asarray(self.cylinder_comm.bcast(first_stage, root=owner))

        def _try_next_wish(self, points: FloatArray) -> None:
            """One first stage that is new; those tried before are no reason to look at the hub in between."""
            while self._left > 0:
                self._left -= 1
                if self._try(self._wish_in_turn(points)):
                    return

        def _try(self, consensus: FloatArray) -> bool:
            """Evaluate a commitment; whether it was a new one."""
            root = None
            if self.cylinder_rank == 0:
                point = self._candidates.from_consensus(consensus)
                root = point if self._candidates.is_new(point) else None
            root = self.cylinder_comm.bcast(root)
            if root is None:
                return False
            found = self._evaluate(root)
            local = math.inf if found is None else bounds.expected_cost(program, found)
            total = float(self.cylinder_comm.allreduce(local))
            if found is not None and math.isfinite(total) and not total >= work.bound:
                work.bound, work.root, work.scenarios = total, root, found
                self.send_bound(total)
            return True

        def _evaluate(self, root: FloatArray) -> list[ScenarioSolution] | None:
            watch = _Watch(self, work)
            found: list[ScenarioSolution] = []
            for index in self.local_indices():
                if watch.give_up():
                    return None
                try:
                    found += bounds.evaluate(program, [index], root, pool=self._pool, stop=work.stop)
                except (InfeasibleError, SolveError) as error:
                    logger.debug("candidate rejected: %s", error)
                    return None
            return found

    return PricingSpoke, CommitmentSpoke


def merge(found: Sequence[list[ScenarioSolution]]) -> tuple[ScenarioSolution, ...]:
    """All ranks' scenarios in order of their index."""
    return tuple(sorted((solution for part in found for solution in part), key=lambda solution: solution.index))
