"""Progressive hedging over MPI: mpi-sppy's hub and two spokes that certify, a third of the ranks each."""

from __future__ import annotations

import importlib
import logging
import math
import time
from dataclasses import dataclass, field
from typing import Any

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import SolveError, UsageError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.proven import Commitment
from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution, SolveOptions, TraceCallback
from mes_stoch.solvers.certificate.solver_state import SolverState
from mes_stoch.solvers.certificate.unfinished import without_commitment
from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints
from mes_stoch.solvers.decomposition.algorithm import Decomposition
from mes_stoch.solvers.hedging.kept import HedgingCheckpoints, keep_commitment, taken_up
from mes_stoch.solvers.hedging.mpisppy_driver import models as mpisppy_models
from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup
from mes_stoch.solvers.hedging.mpisppy_driver.vectorised import vectorised
from mes_stoch.solvers.hedging.mpisppy_driver.warm_start import start_from
from mes_stoch.solvers.hedging.serial import (
    hedging_gap,
    hedging_options,
    rho_control,
    status_of,
    stop_of_start,
)
from mes_stoch.solvers.hedging.spokes import SpokeWork, merge, spoke_classes
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.safe_bounds import BoundKind

logger = logging.getLogger("mes_stoch.solvers.hedging.cylinders")

CYLINDERS = 3


@dataclass
class _Share(Commitment):
    """What one rank hands in at the end."""

    proofs: dict[BoundKind, float] = field(default_factory=dict)
    solves: int = 0
    solve_time_s: float = 0.0
    stale_solves: int = 0


def check_ranks(ranks: int, scenarios: int) -> None:
    """Refuse a number of ranks that cannot be split into three equal cylinders with work for every rank.

    Raises
    ------
    UsageError
        Says which number would do.
    """
    most = CYLINDERS * scenarios
    if ranks % CYLINDERS == 0 and ranks <= most:
        return
    nearest = max(CYLINDERS, min(ranks - ranks % CYLINDERS, most))
    why = f"a multiple of {CYLINDERS}" if ranks % CYLINDERS else f"at most {most} with {scenarios} scenarios"
    raise UsageError(f"progressive hedging needs {why}, this run has {ranks} ranks: start it with {nearest}")


def solve_cylinders(
    program: StochasticProgram,
    options: SolveOptions,
    world: Any,
    progress: TraceCallback | None = None,
    *,
    warm: bool = True,
    stop: Stop | None = None,
    checkpoints: Checkpoints | None = None,
) -> EngineResult | None:
    """Progressive hedging on all ranks of ``world``; the result on rank 0.

    Parameters
    ----------
    warm : bool
        Decompose first, all ranks together, and hedge only if that leaves a gap.
    stop : Stop, optional
        What ends it; default the time limit of ``options``.
    checkpoints : Checkpoints, optional
        Where what has been proven is kept, and what of an earlier run it goes on with. The hub's ranks keep where they
        stand, those that look for commitments the best; those that price begin again.

    Raises
    ------
    InterruptedRunError
        It was asked to end before anything was proven; on all ranks.
    UsageError
        The number of ranks does not fit, or the checkpoint is another run's or damaged.
    SolveError
        No commitment tried is feasible in all scenarios, or the bounds contradict each other; on all ranks.
    """
    ranks = int(world.Get_size())
    check_ranks(ranks, len(program.scenario_names))
    mpi.abort_when_uncaught()
    interval = Interval(progress if world.Get_rank() == 0 else None, gap_floor=options.gap_floor)
    stop = stop or Stop(interval.start + options.time_limit_s)
    settings = mpisppy_models.SolverSettings(gap_rel=hedging_gap(options), stop=stop)
    communicator = ScenarioCommunicator(world)
    decomposition = Decomposition(
        program,
        options,
        interval,
        communicator,
        stop_of_start(interval.start, stop),
        checkpoints=checkpoints if warm else None,
    )
    first = decomposition.state
    shares: list[list[_Share]] = []
    with mpi.ProgressThread(world, stop.request):
        began = taken_up(checkpoints, program, communicator)
        if began is not None:
            settings.start = began.warm
            if warm:
                decomposition.take_up()
            began.restore(interval, first)
            # the hub's next checkpoint has no commitment, and this one may be that of a single process's hub
            keep_commitment(checkpoints, program, first, communicator, now=True)
        elif warm and decomposition.run():
            settings.start = start_from(program, first, communicator)
        decomposition.keep_what_is_unfinished()
        shares.append(world.gather(_Share(root=first.root, scenarios=first.scenarios)))
        # setting up takes long where there are many, and is worth nothing before an iteration
        has_time = stop.seconds_left() > decomposition.pass_time_s * CYLINDERS / ranks
        if first.gap_rel > options.gap_rel and communicator.all(has_time):
            work = SpokeWork(
                program,
                options,
                stop,
                settings.start,
                is_start_priced=began is None,
                settled=first.is_interval,
                checkpoints=checkpoints,
                kept=first.upper,
            )
            kept = HedgingCheckpoints(checkpoints, program, interval, began, has_commitment=False)
            mpisppy_setup.load()
            with mpisppy_setup.quiet():
                _wheel(program, options, settings, work, interval, first, kept).spin(comm_world=world)
            spent = (settings.solves, settings.solve_time_s, settings.stale_solves)
            share = _Share(work.proofs, *spent, root=work.root, scenarios=work.scenarios)
            shares.append(world.gather(share))
    result, failure = None, ""
    interrupted = communicator.any(stop.is_interrupted)
    if communicator.is_rank_zero:
        try:
            result = _result(program, options, interval, shares, first, interrupted=interrupted)
        except SolveError as error:
            failure = str(error)
    # All ranks fail together, so that no one waits for a rank that has left.
    failure = world.bcast(failure)
    if failure:
        raise SolveError(failure)
    if not communicator.broadcast(result is not None):
        ended = stop.earlier(time.perf_counter())
        unfinished = without_commitment("ph", program, interval, ended, communicator, first.details)
        return unfinished if communicator.is_rank_zero else None
    return result


def _result(
    program: StochasticProgram,
    options: SolveOptions,
    interval: Interval,
    proofs: list[list[_Share]],
    first: SolverState,
    *,
    interrupted: bool,
) -> EngineResult | None:
    """Take the best of each side, the cost added up anew, and check that they make an interval.

    ``None`` where no commitment was evaluated in every scenario; the bound stands in ``interval`` then.
    """
    count = len(program.scenario_names)
    best = math.inf
    root: FloatArray | None = None
    scenarios: tuple[ScenarioSolution, ...] = ()
    for shares in proofs:
        for share in shares:
            for kind, value in share.proofs.items():
                first.raise_lower(value, kind)
        found = merge([share.scenarios for share in shares])
        if len(found) == count and bounds.expected_cost(program, found) < best:
            best, scenarios = bounds.expected_cost(program, found), found
            root = next(share.root for share in shares if share.root is not None)
    if root is None:
        interval.lower, interval.kind = first.lower, first.kind
        return None
    chosen, kind = bounds.preferred(first.lower, first.kind, first.safe_lower, best, options)
    proven = bounds.certified(program, chosen, best, scenarios)
    lower, upper = proven.lower, proven.upper
    moved = not (math.isclose(lower, interval.lower) and math.isclose(upper, interval.upper) and kind == interval.kind)
    interval.lower, interval.upper, interval.kind = lower, upper, kind
    if moved:
        interval.note()
    return EngineResult(
        method="ph",
        status=status_of(bounds.relative_gap(lower, upper, options.gap_floor), options, interrupted=interrupted),
        root=root,
        lower=lower,
        upper=upper,
        iterations=interval.iteration,
        ranks=len(proofs[0]),
        wall_time_s=interval.wall_time_s,
        trace=tuple(interval.trace),
        scenarios=proven.scenarios,
        bound_kind=kind,
        details={
            **first.details,
            "subproblem_solves": sum(share.solves for shares in proofs for share in shares),
            "subproblem_time_s": sum(share.solve_time_s for shares in proofs for share in shares),
            "stale_solves": sum(share.stale_solves for shares in proofs for share in shares),
        },
    )


def _wheel(
    program: StochasticProgram,
    options: SolveOptions,
    settings: mpisppy_models.SolverSettings,
    work: SpokeWork,
    interval: Interval,
    first: SolverState,
    kept: HedgingCheckpoints,
) -> Any:
    wheel: Any = importlib.import_module("mpisppy.spin_the_wheel").WheelSpinner
    extension: Any = importlib.import_module("mpisppy.extensions.extension").Extension
    hub: Any = importlib.import_module("mpisppy.cylinders.hub").PHHub
    base: Any = importlib.import_module("mpisppy.spbase").SPBase
    ph = vectorised(importlib.import_module("mpisppy.opt.ph").PH)
    pricing, commitment = spoke_classes(work)
    control = kept.control = rho_control(program, options, kept.began)

    class Hub(hub):  # type: ignore[misc]
        """mpi-sppy's hub; what it would print becomes the trace, and it ends when the run is to."""

        def main(self) -> None:
            super().main()
            communicator = ScenarioCommunicator(self.cylinder_comm)
            if communicator.broadcast(interval.gap_rel > options.gap_rel):
                kept.keep(self.opt, communicator)

        def determine_termination(self, screen_trace: bool = True) -> bool:
            return bool(super().determine_termination(screen_trace)) or bool(self.allreduce_or(settings.stop()))

        def screen_trace(self) -> None:
            interval.iteration = kept.iterations_before + self.current_iteration()
            lower, upper = float(self.BestOuterBound), float(self.BestInnerBound)
            if (lower, upper) != (interval.lower, interval.upper):
                interval.lower, interval.upper = lower, upper
                # A spoke sends a number; what it rests on is known when the spokes hand in their proofs.
                interval.kind = first.kind if lower <= first.lower else "solver"
                interval.note()

    class Steering(extension):  # type: ignore[misc]
        """Chooses the penalties, and puts the start in place of what iteration 0 found."""

        def post_iter0(self) -> None:
            control.choose(self.opt)
            if settings.start is not None:
                mpisppy_models.impose(settings.start, self.opt)

        def post_iter0_after_sync(self) -> None:
            # The hub counts these among its bounds from its first check on, and not the objectives of iteration 0.
            self.opt.best_bound_obj_val = first.lower
            if math.isfinite(first.upper):
                self.opt.best_solution_obj_val = first.upper

        def miditer(self) -> None:
            control.ease(self.opt)
            kept.offer(self.opt, ScenarioCommunicator(self.opt.mpicomm))

    common = {
        "all_scenario_names": list(program.scenario_names),
        "scenario_creator": mpisppy_models.scenario_creator,
        "scenario_creator_kwargs": mpisppy_models.creator_kwargs(program, settings),
    }
    hub_dict = {
        "hub_class": Hub,
        "hub_kwargs": {"options": {"rel_gap": options.gap_rel}},
        "opt_class": ph,
        "opt_kwargs": {
            **common,
            "options": hedging_options(options, settings.stop),
            "extensions": Steering,
        },
    }
    spokes = [
        {
            "spoke_class": spoke,
            "opt_class": base,
            "opt_kwargs": {**common, "options": hedging_options(options, settings.stop)},
        }
        for spoke in (pricing, commitment)
    ]
    return wheel(hub_dict, spokes)
