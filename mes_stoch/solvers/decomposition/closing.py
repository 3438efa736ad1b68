"""The last part of a gap: scenarios together, in groups that grow until all of them are one program.

Estimates made scenario by scenario leave a gap where integers are concerned that no multipliers close. The estimate of
several scenarios together gives away less, that of all of them nothing: the method can reach any gap, given time.

Equations
---------
For a bundle ``b`` of scenarios with the master's estimate ``offset_b + g_b' r`` of their mean cost, the program

    offset_b* = min {sum_{s in b} p_s c_s' x_s / P_b - g_b' r : x_s feasible, x_s[root] = r for all s in b}

proves ``mean cost of b >= offset_b* + g_b' r``, a joint cut of the master. When the bundles of one size
close little, their size is multiplied by four; the bundle of all scenarios is the extensive form,
whose bound is that of the program. The commitments of bundles are tried.

Source
------
Escudero, Garin, Perez, Unzueta (2013), Scenario cluster decomposition of the Lagrangian dual in two-stage stochastic
mixed 0-1 optimization, DOI 10.1016/j.cor.2012.07.005; Zou, Ahmed, Sun (2019), DOI 10.1007/s10107-018-1249-5.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mes_stoch.model.merge import Merger
from mes_stoch.model.program import FloatArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.certificate.extensive_proof import ExtensiveProof, second_opinion
from mes_stoch.solvers.certificate.incumbent import Candidates
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.certificate.solver_state import SolverState
from mes_stoch.solvers.decomposition.cutting_planes import CuttingPlanes
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS, HighsModel, OptionValue
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.outward import EPSILON
from mes_stoch.solvers.proofs.safe_bounds import BoundKind
from mes_stoch.solvers.subproblems.no_optimum import grows_without_limit, together_infeasible
from mes_stoch.solvers.subproblems.whole import made_exact

logger = logging.getLogger("mes_stoch.solvers.decomposition.closing")

RaiseLower = Callable[[float, BoundKind], None]

_GROWTH = 4
_WORTH_A_ROUND = 0.1
_SHARE_OF_GAP = 0.25
_WISHES_A_ROUND = 3
_FAILED = "failed"
#: Matrix entries up to which a commitment is made exact by another linear program.
_EXACT_ENTRIES = 200_000


@dataclass(frozen=True)
class _Proof:
    """What a bundle's program proved: a lower bound on its mean cost less the slope, and its commitment."""

    bundle: int
    status: str
    bound: float
    kind: BoundKind
    root: FloatArray | None


class Closing:
    """Collective over a communicator.

    Parameters
    ----------
    program : StochasticProgram
    options : SolveOptions
    planes : CuttingPlanes
        Over all scenarios.
    communicator : ScenarioCommunicator
    stop : Stop
    """

    def __init__(
        self,
        program: StochasticProgram,
        options: SolveOptions,
        planes: CuttingPlanes,
        communicator: ScenarioCommunicator,
        stop: Stop,
    ) -> None:
        self._program = program
        self._options = options
        self._planes = planes
        self._communicator = communicator
        self._stop = stop
        self._candidates = Candidates(program)
        self._merger = Merger(program.root.columns)
        self.mip_solves = 0
        #: Bundles of the last size of which a search said nothing.
        self.failed = 0

    def run(
        self,
        state: SolverState,
        raise_lower: RaiseLower,
        try_commitment: Callable[[FloatArray], bool],
        *,
        first_size: int = 0,
        after_round: Callable[[int], object] = lambda size: None,
    ) -> None:
        """Close what is left of the gap.

        Parameters
        ----------
        first_size : int
            Groups in the first bundles; 0 for as many as suit the program.
        after_round : callable
            Told on all ranks, after a round, how many groups the next one's bundles have.

        Raises
        ------
        InfeasibleError
            Some scenarios together have no solution; on all ranks.
        """
        groups = self._planes.groups
        size = first_size or (groups if not self._program.scenario(0).integer.any() else 1)
        while self._communicator.broadcast(state.gap_rel > self._options.gap_rel) and not self._communicator.any(
            self._stop()
        ):
            size = min(size, groups)
            before = state.upper - state.lower
            first_stages = self._round(size, state, raise_lower)
            for first_stage in first_stages:
                if self._communicator.any(self._stop()):
                    break
                try_commitment(first_stage)
            if size == groups:
                # the whole program has been searched: what is left are the solver's tolerances
                way = "closed_by" if not self.failed else "ended_by_a_failed_search_of"
                state.details[way] = "all scenarios together"
                break
            after = state.upper - state.lower
            if self._communicator.broadcast(not after < (1.0 - _WORTH_A_ROUND) * before):
                size *= _GROWTH
            after_round(size)

    def _round(self, size: int, state: SolverState, raise_lower: RaiseLower) -> list[FloatArray]:
        """All bundles of one size once; the commitments worth trying."""
        groups = self._planes.groups
        bundles = [range(first, min(first + size, groups)) for first in range(0, groups, size)]
        bundles = [bundle for bundle in bundles if self._planes.shares[bundle].sum() > 0 or len(bundles) == 1]
        whole = len(bundles) == 1
        slopes = self._slopes(bundles, whole)
        gap_abs = self._gap_abs(state)
        proofs: list[_Proof] = []
        for bundle, groups_in in enumerate(bundles):
            if bundle % self._communicator.size == self._communicator.rank and not self._stop():
                proofs.append(self._prove(bundle, groups_in, slopes[bundle][1], gap_abs, state, whole=whole))
        proofs = self._everyones(proofs)
        self.failed = sum(proof.status == _FAILED for proof in proofs)
        if any(proof.status == "infeasible" for proof in proofs):
            raise together_infeasible(self._program)
        if whole and any(proof.status == "unbounded" for proof in proofs):
            raise grows_without_limit(self._program)
        for proof in proofs:
            offset, gradient = slopes[proof.bundle]
            if whole:
                raise_lower(proof.bound, proof.kind)
            elif proof.bound > offset and self._planes.master is not None:
                places = np.array(bundles[proof.bundle], dtype=np.int32)
                self._planes.master.add_joint(places, proof.bound, gradient)
        if not whole:
            if any(proof.kind == "solver" for proof in proofs):
                self._planes.rest_on("solver")
            self._planes.update_bound()
            raise_lower(self._planes.lower, self._planes.kind)
        return self._first_stages(proofs, state)

    def _slopes(self, bundles: Sequence[range], whole: bool) -> list[tuple[float, FloatArray]]:
        """The master's estimate of each bundle; none of all scenarios together, which need no price."""
        nothing = (-math.inf, np.zeros(self._planes.width))
        if whole:
            return [nothing]
        found: list[tuple[float, FloatArray]] = []
        master = self._planes.master
        if master is not None:
            answer = master.solve_relaxed()
            found = [nothing if answer.by_cut is None else master.estimate(answer, bundle) for bundle in bundles]
        return self._communicator.broadcast(found)

    def _gap_abs(self, state: SolverState) -> float:
        size = max(abs(state.lower), self._options.gap_floor) if math.isfinite(state.lower) else 1.0
        return _SHARE_OF_GAP * self._options.gap_rel * size

    def _members(self, bundle: range) -> list[int]:
        count, groups = len(self._program.scenario_names), self._planes.groups
        return [index for index in range(count) if index * groups // count in bundle]

    def _prove(
        self, number: int, bundle: range, gradient: FloatArray, gap_abs: float, state: SolverState, *, whole: bool
    ) -> _Proof:
        members = self._members(bundle)
        weights = np.asarray(self._program.probabilities[members], dtype=np.float64)
        scale = float(len(members))
        # costs as large as in one scenario, so that absolute tolerances mean the same for any number
        whole_scale = 2.0 ** round(math.log2(scale))
        shares = weights * whole_scale if whole else weights / weights.sum() * scale
        scale = whole_scale if whole else scale
        merged = self._merger.merge(map(self._program.scenario, members), shares)
        settings: dict[str, OptionValue] = {"mip_rel_gap": 1e-9, "mip_abs_gap": scale * gap_abs}
        if not whole:
            settings |= SCENARIO_MIP_OPTIONS
        model = HighsModel(merged.program, options=settings)
        places = np.flatnonzero(self._program.root.consensus).astype(np.int32)
        cost = merged.program.cost.copy()
        cost[places] -= scale * gradient
        model.change_costs(places, cost[places])
        start = self._known_point(members, state)
        if start is not None and model.is_mip:
            model.set_start(np.arange(len(start), dtype=np.int32), start)
        self.mip_solves += 1
        model.end_when(self._stop)
        try:
            solution = model.run(self._stop.seconds_left())
        except SolveError as error:
            # what is known already is worth more than the proof that failed
            logger.debug("no proof of %d scenarios together: %s", len(members), error)
            return _Proof(number, _FAILED, -math.inf, "solver", None)
        root = None
        if solution.values is not None:
            root = self._root_of(merged.program, solution.values, exactly=whole)
        if whole:
            proof = ExtensiveProof(merged)
        else:
            prices = np.zeros(len(cost))
            prices[places] = EPSILON * np.abs(scale * gradient)
            proof = ExtensiveProof(merged, cost, prices, (len(members) + 3) * EPSILON * (len(members) > 1))
        bound, kind = proof.bound(model, solution)
        if kind == "solver" and solution.values is not None:
            asked = second_opinion(proof, solution.objective, self._options.gap_rel, self._stop)
            if asked.kind == "safe" and asked.bound >= bound - scale * gap_abs:
                bound, kind = asked.bound, asked.kind
        return _Proof(number, solution.status, bound / scale, kind, root)

    def _root_of(self, program: LinearProgram, values: FloatArray, *, exactly: bool) -> FloatArray:
        """The commitment of a point, its integers whole; to the least tolerance where a program is small enough.

        A commitment that is a hair outside what some scenario can answer would be worth nothing.
        """
        if exactly and program.matrix.nnz <= _EXACT_ENTRIES:
            exact = made_exact(program, values, self._stop.seconds_left())
            values = values if exact is None else exact
        root = values[: len(self._program.root.columns)].copy()
        integer = program.integer[: len(root)]
        root[integer] = np.round(root[integer])
        return root

    def _known_point(self, members: Sequence[int], state: SolverState) -> FloatArray | None:
        """The incumbent's dispatch of a bundle, where this rank has all of it."""
        known = {solution.index: solution.values for solution in state.scenarios}
        if state.root is None or not set(members) <= set(known):
            return None
        own = [np.delete(known[index], self._program.root.columns) for index in members]
        return np.concatenate([state.root, *own])

    def _everyones(self, proofs: list[_Proof]) -> list[_Proof]:
        if self._communicator.mpi is None:
            return proofs
        parts = self._communicator.mpi.allgather(proofs)
        return sorted((proof for part in parts for proof in part), key=lambda proof: proof.bundle)

    def _first_stages(self, proofs: Sequence[_Proof], state: SolverState) -> list[FloatArray]:
        """Commitments that bundles would make, the master's own first; all of them while there is no incumbent.

        Those beyond a round's number stay new for the next. What all scenarios together would do is tried whatever
        has been tried before: the bound is that of this very commitment.
        """
        found: list[FloatArray] = []
        if self._communicator.is_rank_zero:
            whole = len(proofs) == 1
            points = [proof.root for proof in proofs if proof.root is not None]
            if self._planes.master is not None and not whole:
                master = self._planes.master.solve_relaxed().root
                points = ([] if master is None else [master]) + points
            most = len(points) if state.root is None else _WISHES_A_ROUND
            consensus = self._program.root.consensus
            for point in points:
                if len(found) == most:
                    break
                try:
                    root = point if whole else self._candidates.from_consensus(point[consensus])
                except SolveError:
                    continue
                if self._candidates.is_new(root) or whole:
                    found.append(root)
        return self._communicator.broadcast(found)
