"""Progressive hedging in one process: mpi-sppy's ``PH`` with bounds and candidates worked out between its iterations.

Source
------
Rockafellar & Wets (1991), Scenarios and policy aggregation in optimization under uncertainty,
DOI 10.1287/moor.16.1.119; mpi-sppy, Knueven, Mildebrath, Muir, Siirola, Watson, Woodruff (2023),
DOI 10.1007/s12532-023-00247-3.
"""

from __future__ import annotations

import importlib
import logging
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, SolveError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.incumbent import Candidates
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions, Status, TraceCallback
from mes_stoch.solvers.certificate.unfinished import without_commitment
from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints
from mes_stoch.solvers.decomposition.algorithm import Decomposition
from mes_stoch.solvers.hedging.kept import HedgingCheckpoints, HedgingStart, taken_up
from mes_stoch.solvers.hedging.mpisppy_driver import models as mpisppy_models
from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup
from mes_stoch.solvers.hedging.mpisppy_driver.vectorised import vectorised
from mes_stoch.solvers.hedging.mpisppy_driver.warm_start import start_from
from mes_stoch.solvers.hedging.rho import RhoControl, rho_rule
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.subproblems.pool import ScenarioPool

logger = logging.getLogger("mes_stoch.solvers.hedging.serial")

_SHARE_OF_DECOMPOSITION = 0.5
_GRACE_S = 1.0


class Bounder:
    """Computes bounds for an :class:`Interval` from the state of progressive hedging."""

    def __init__(self, program: StochasticProgram, options: SolveOptions, interval: Interval, stop: Stop) -> None:
        self.program = program
        self.options = options
        self.interval = interval
        self.stop = stop
        self.time_spent_s = 0.0
        gap = bounds.subproblem_gap(options)
        self._indices = range(len(program.scenario_names))
        self._priced = ScenarioPool(program, gap_rel=gap)
        self._fixed = ScenarioPool(program, gap_rel=bounds.EVALUATION_GAP)
        self._candidates = Candidates(program)
        self._turn = 0

    def release(self) -> None:
        """Free all models; mpi-sppy's objects may keep this one alive."""
        del self._priced, self._fixed

    @property
    def is_done(self) -> bool:
        return self.interval.gap_rel <= self.options.gap_rel

    def price(self, multipliers: FloatArray) -> None:
        """Lagrangian bound of ``multipliers``, made to average to zero first."""
        started = time.perf_counter()
        projected = bounds.project_multipliers(self.program.probabilities, multipliers)
        each = bounds.priced_bounds(self.program, self._indices, projected, pool=self._priced, stop=self.stop)
        total = bounds.lagrangian_total(self.program, each, projected)
        self.interval.raise_lower(total.value, total.kind)
        self.time_spent_s += time.perf_counter() - started

    def try_commitment(self, consensus: FloatArray) -> None:
        """Evaluate the root point nearest to ``consensus``, unless it has been tried."""
        started = time.perf_counter()
        root = self._candidates.from_consensus(consensus)
        if self._candidates.is_new(root):
            try:
                found = bounds.evaluate(self.program, self._indices, root, pool=self._fixed, stop=self.stop)
            except (InfeasibleError, SolveError) as error:
                logger.debug("candidate rejected: %s", error)
            else:
                self.interval.drop_upper(bounds.expected_cost(self.program, found), root, found)
        self.time_spent_s += time.perf_counter() - started

    def close(self) -> None:
        """Where time was up before there was anything: what a small program can be given in a second."""
        self.stop = self.stop.closing(_GRACE_S)
        width = int(self.program.root.consensus.sum())
        if self.interval.root is None:
            self.try_commitment(np.zeros(width))
        if not math.isfinite(self.interval.lower):
            self.price(np.zeros((len(self._indices), width)))

    def try_round(self, points: FloatArray) -> None:
        """Try the average of the scenarios' points, then one of them in turn, or more while nothing is feasible."""
        self.try_commitment(self.program.probabilities @ points)
        for _ in range(len(points)):
            if self.is_done or self.stop():
                return
            self._turn = (self._turn + 1) % len(points)
            self.try_commitment(points[self._turn])
            if self.interval.root is not None:
                return


def solve_serial(
    program: StochasticProgram,
    options: SolveOptions,
    progress: TraceCallback | None = None,
    *,
    warm: bool = True,
    stop: Stop | None = None,
    make_model: Callable[..., HighsModel] = HighsModel,
    checkpoints: Checkpoints | None = None,
) -> EngineResult:
    """Progressive hedging in this process.

    Parameters
    ----------
    warm : bool
        Decompose first (:mod:`mes_stoch.solvers.decomposition.algorithm`), and hedge only if that leaves a gap.
    stop : Stop, optional
        What ends it; default the time limit of ``options``.
    make_model : callable
        Makes what holds a subproblem; a benchmark gives one that notes every call.
    checkpoints : Checkpoints, optional
        Where what has been proven is kept, and what of an earlier run it goes on with.

    Raises
    ------
    InterruptedRunError
        It was asked to end before anything was proven.
    InfeasibleError, UnboundedError
        A scenario has no optimum.
    SolveError
        The bounds contradict each other.
    """
    interval = Interval(progress, gap_floor=options.gap_floor)
    stop = stop or Stop(interval.start + options.time_limit_s)
    bounder = Bounder(program, options, interval, stop)
    settings = mpisppy_models.SolverSettings(gap_rel=hedging_gap(options), stop=stop, make_model=make_model)
    decomposition = Decomposition(
        program,
        options,
        interval,
        ScenarioCommunicator(),
        stop_of_start(interval.start, stop),
        checkpoints=checkpoints if warm else None,
    )
    began = taken_up(checkpoints, program, ScenarioCommunicator())
    try:
        if began is not None:
            settings.start = began.warm
            if warm:
                decomposition.take_up()
            began.restore(interval)
        elif warm and decomposition.run():
            settings.start = start_from(program, decomposition.state, ScenarioCommunicator())
        decomposition.keep_what_is_unfinished()
        # setting up takes long where there are many, and is worth nothing before an iteration
        if not bounder.is_done and stop.seconds_left() > decomposition.pass_time_s:
            _hedge(program, options, settings, bounder, HedgingCheckpoints(checkpoints, program, interval, began))
            if warm and interval.root is None and not stop():
                # no single-scenario first stage suits all: some scenarios together may say what does
                decomposition.close()
        if stop() and not stop.is_interrupted:
            bounder.close()
    finally:
        bounder.release()
    details: dict[str, str | float | int] = {
        **decomposition.state.details,
        "subproblem_solves": settings.solves,
        "subproblem_time_s": settings.solve_time_s,
        "stale_solves": settings.stale_solves,
        "bound_time_s": bounder.time_spent_s,
    }
    if interval.root is None:
        # whatever ended it, time or iterations, there was not enough of it
        ended = stop.earlier(time.perf_counter())
        return without_commitment("ph", program, interval, ended, ScenarioCommunicator(), details)
    best, kind = bounds.preferred(interval.lower, interval.kind, interval.safe_lower, interval.upper, options)
    proven = bounds.certified(program, best, interval.upper, interval.scenarios)
    return EngineResult(
        method="ph",
        status=status_of(
            bounds.relative_gap(proven.lower, proven.upper, options.gap_floor),
            options,
            interrupted=stop.is_interrupted,
        ),
        root=interval.root,
        lower=proven.lower,
        upper=proven.upper,
        iterations=interval.iteration,
        ranks=1,
        wall_time_s=interval.wall_time_s,
        trace=tuple(interval.trace),
        scenarios=proven.scenarios,
        details=details,
        bound_kind=kind,
    )


def _hedge(
    program: StochasticProgram, options: SolveOptions, settings: Any, bounder: Bounder, kept: HedgingCheckpoints
) -> None:
    """Run mpi-sppy, and see to it that a commitment comes of it where the limits allow it."""
    mpisppy_setup.load()
    with mpisppy_setup.quiet():
        hedging = _hedging(program, options, settings, bounder, kept)
        try:
            hedging.ph_main(finalize=False)
            if not bounder.is_done:
                kept.keep(hedging, ScenarioCommunicator())
        finally:
            mpisppy_models.release(hedging)
    points, multipliers = state_of(hedging)
    if not bounder.is_done and not bounder.stop():
        bounder.price(multipliers)
        bounder.try_round(points)


def hedging_gap(options: SolveOptions) -> float:
    """Relative gap of the hub's mixed-integer solves, which steer and prove nothing."""
    return max(options.gap_rel, 1e-3)


def stop_of_start(started: float, stop: Stop) -> Stop:
    """Half the time is left to hedging."""
    return stop.earlier(started + _SHARE_OF_DECOMPOSITION * (stop.deadline - started))


def status_of(gap_rel: float, options: SolveOptions, *, interrupted: bool = False) -> Status:
    """How hedging ended; it never proves an exact optimum."""
    if gap_rel <= options.gap_rel:
        return "gap_reached"
    return "interrupted" if interrupted else "limit"


def hedging_options(options: SolveOptions, stop: Stop) -> dict[str, Any]:
    """mpi-sppy's options for its ``PH``; it checks no key, so they stand in one place."""
    return {
        "solver_name": _solver_name(),
        "PHIterLimit": options.iteration_limit,
        "defaultPHrho": 1.0,
        "convthresh": -1.0,
        "time_limit": stop.seconds_left(),
        "verbose": False,
        "display_progress": False,
        "display_timing": False,
        "toc": False,
        "turn_off_names_check": True,
        "smoothed": 0,
    }


def rho_control(program: StochasticProgram, options: SolveOptions, began: HedgingStart | None = None) -> RhoControl:
    """The penalties these options ask for, or those that an earlier run had come to."""
    rule = rho_rule(options.rho_rule)
    if began is None:
        return RhoControl(program, rule, options.rho_factor)
    return RhoControl(program, rule, options.rho_factor, began.rho, began.eased)


def state_of(hedging: Any) -> tuple[FloatArray, FloatArray]:
    """Consensus values and multipliers of the local scenarios, one row each."""
    points, multipliers = [], []
    for model in hedging.local_scenarios.values():
        # By key: mpi-sppy indexes W by an unordered set, whose order changes from process to process.
        columns = range(len(model.commitment))
        points.append([float(model.commitment[column].value) for column in columns])
        multipliers.append([float(model._mpisppy_model.W["ROOT", column].value) for column in columns])
    return np.array(points), np.array(multipliers)


def _solver_name() -> str:
    from mes_stoch.solvers.hedging.mpisppy_driver.solver import SOLVER_NAME

    return SOLVER_NAME


def _hedging(
    program: StochasticProgram, options: SolveOptions, settings: Any, bounder: Bounder, kept: HedgingCheckpoints
) -> Any:
    """mpi-sppy's ``PH`` with our steering plugged in."""
    extension: Any = importlib.import_module("mpisppy.extensions.extension").Extension
    control = kept.control = rho_control(program, options, kept.began)
    converger: Any = importlib.import_module("mpisppy.convergers.converger").Converger

    class Steering(extension):  # type: ignore[misc]
        """Bounds and candidates between the iterations."""

        def post_iter0(self) -> None:
            control.choose(self.opt)
            if settings.start is not None:
                mpisppy_models.impose(settings.start, self.opt)
                return
            # Wait and see. What mpi-sppy knows of iteration 0 are objectives, and no proof.
            points, multipliers = state_of(self.opt)
            bounder.price(np.zeros_like(multipliers))
            if not bounder.stop():
                bounder.try_round(points)

        def miditer(self) -> None:
            bounder.interval.iteration = kept.iterations_before + self.opt._PHIter
            points, multipliers = state_of(self.opt)
            # By count, not by the clock: the same run gives the same result whatever else the machine does.
            if bounder.stop():
                return
            if self.opt._PHIter % 2 == 1:
                bounder.price(multipliers)
            else:
                bounder.try_round(points)
            if not bounder.is_done:
                control.ease(self.opt)
                kept.offer(self.opt, ScenarioCommunicator())

    class GapConverger(converger):  # type: ignore[misc]
        """Stops when the certified gap is small enough."""

        def is_converged(self) -> bool:
            return bounder.is_done or bounder.stop()

    ph = vectorised(importlib.import_module("mpisppy.opt.ph").PH)
    return ph(
        hedging_options(options, settings.stop),
        list(program.scenario_names),
        mpisppy_models.scenario_creator,
        scenario_creator_kwargs=mpisppy_models.creator_kwargs(program, settings),
        extensions=Steering,
        ph_converger=GapConverger,
    )
