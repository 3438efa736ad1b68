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
from mes_stoch.solve import bounds, mpisppy_models, mpisppy_setup, parallel
from mes_stoch.solve.interval import Interval
from mes_stoch.solve.result import EngineResult, Progress, ScenarioSolution, SolveOptions
from mes_stoch.solve.serial_hedging import consensus_rho, hedging_options, status_of
from mes_stoch.solve.spokes import SpokeWork, merge, spoke_classes

logger = logging.getLogger("mes_stoch.solve.cylinders")

CYLINDERS = 3


@dataclass(frozen=True)
class _Share:
    """What one rank hands in at the end."""

    each: dict[int, float] = field(default_factory=dict)
    root: FloatArray | None = None
    scenarios: list[ScenarioSolution] = field(default_factory=list)
    solves: int = 0
    solve_time_s: float = 0.0


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
    program: StochasticProgram, options: SolveOptions, communicator: Any, progress: Progress | None = None
) -> EngineResult | None:
    """Progressive hedging on all ranks of ``communicator``; the result on rank 0.

    Raises
    ------
    UsageError
        The number of ranks does not fit.
    SolveError
        No commitment tried is feasible in all scenarios, or the bounds contradict each other; on all ranks.
    """
    ranks = int(communicator.Get_size())
    check_ranks(ranks, len(program.scenario_names))
    parallel.abort_when_uncaught()
    interval = Interval(progress)
    deadline = interval.start + options.time_limit_s
    settings = mpisppy_models.SolverSettings(gap_rel=max(bounds.subproblem_gap(options), 1e-4), deadline=deadline)
    work = SpokeWork(program, options, deadline)
    mpisppy_setup.load()
    with parallel.ProgressThread(communicator), mpisppy_setup.quiet():
        wheel = _wheel(program, options, settings, work, interval)
        wheel.spin(comm_world=communicator)
        share = _Share(work.each, work.root, work.scenarios, settings.solves, settings.solve_time_s)
        shares: list[_Share] | None = communicator.gather(share)
    result, failure = None, ""
    if shares is not None:
        try:
            result = _result(program, options, interval, shares)
        except SolveError as error:
            failure = str(error)
    # All ranks fail together, so that no one waits for a rank that has left.
    failure = communicator.bcast(failure)
    if failure:
        raise SolveError(failure)
    return result


def _result(
    program: StochasticProgram, options: SolveOptions, interval: Interval, shares: list[_Share]
) -> EngineResult:
    """Add the ranks' shares up anew and check that they make an interval."""
    scenarios = merge([share.scenarios for share in shares])
    roots = [share.root for share in shares if share.root is not None]
    if not roots or len(scenarios) != len(program.scenario_names):
        raise SolveError(f"{program.name}: no commitment tried is feasible in all scenarios")
    each = {index: bound for share in shares for index, bound in share.each.items()}
    lower = -math.inf
    if len(each) == len(program.scenario_names):
        lower = math.fsum(float(program.probabilities[index]) * bound for index, bound in each.items())
    lower, upper = bounds.certify(lower, bounds.expected_cost(program, scenarios), program.name)
    if (lower, upper) != (interval.lower, interval.upper):
        interval.lower, interval.upper = lower, upper
        interval.note()
    return EngineResult(
        method="ph",
        status=status_of(bounds.relative_gap(lower, upper), options),
        root=roots[0],
        lower=lower,
        upper=upper,
        iterations=interval.iteration,
        ranks=len(shares),
        wall_time_s=time.perf_counter() - interval.start,
        trace=tuple(interval.trace),
        scenarios=scenarios,
        details={
            "subproblem_solves": sum(share.solves for share in shares),
            "subproblem_time_s": sum(share.solve_time_s for share in shares),
        },
    )


def _wheel(
    program: StochasticProgram, options: SolveOptions, settings: Any, work: SpokeWork, interval: Interval
) -> Any:
    wheel: Any = importlib.import_module("mpisppy.spin_the_wheel").WheelSpinner
    hub: Any = importlib.import_module("mpisppy.cylinders.hub").PHHub
    base: Any = importlib.import_module("mpisppy.spbase").SPBase
    ph: Any = importlib.import_module("mpisppy.opt.ph").PH
    pricing, commitment = spoke_classes(work)
    rho = consensus_rho(program, options)

    class Hub(hub):  # type: ignore[misc]
        """mpi-sppy's hub; what it would print becomes the trace."""

        def screen_trace(self) -> None:
            interval.iteration = self.current_iteration()
            lower, upper = float(self.BestOuterBound), float(self.BestInnerBound)
            if (lower, upper) != (interval.lower, interval.upper):
                interval.lower, interval.upper = lower, upper
                interval.note()

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
            "options": hedging_options(options),
            "rho_setter": lambda model: mpisppy_models.rho_setter(model, rho=rho),
        },
    }
    spokes = [
        {"spoke_class": spoke, "opt_class": base, "opt_kwargs": {**common, "options": hedging_options(options)}}
        for spoke in (pricing, commitment)
    ]
    return wheel(hub_dict, spokes)
