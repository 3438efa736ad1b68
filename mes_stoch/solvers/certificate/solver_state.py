"""What the ranks of a decomposition have proven together, and the result made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.proven import Proven
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions, Status
from mes_stoch.solvers.certificate.unfinished import without_commitment
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator


@dataclass
class SolverState(Proven):
    """What decomposition has proven, the same on every rank, and this rank's part of the dispatch.

    Parameters
    ----------
    point : array or None
        Consensus columns at the relaxation's optimum.
    multipliers : array or None, shape (this rank's scenarios, consensus columns)
        Of the relaxation; before they are made to average to zero over all scenarios.
    details : dict
        Counts and times of this rank.
    """

    point: FloatArray | None = None
    multipliers: FloatArray | None = None
    details: dict[str, float | int | str] = field(default_factory=dict)


def to_result(
    program: StochasticProgram,
    state: SolverState,
    communicator: ScenarioCommunicator,
    options: SolveOptions,
    interval: Interval,
    stop: Stop,
) -> EngineResult | None:
    """The result on the leading rank, from what all ranks hand in; ``None`` elsewhere.

    The cost is added up anew from the dispatches, and held against the bound.

    Raises
    ------
    InterruptedRunError
        The run was to end before anything was proven; on all ranks.
    SolveError
        No commitment was feasible, or the bounds contradict each other; on all ranks.
    """
    if state.root is None:
        unfinished = without_commitment("decomposition", program, interval, stop, communicator, state.details)
        return unfinished if communicator.is_rank_zero else None
    interrupted = communicator.any(stop.is_interrupted)
    parts = communicator.gathered(state.scenarios)
    result, failure = None, ""
    if communicator.is_rank_zero:
        scenarios = tuple(sorted((entry for part in parts for entry in part), key=lambda entry: entry.index))
        cost = bounds.expected_cost(program, scenarios)
        best, kind = bounds.preferred(state.lower, state.kind, state.safe_lower, cost, options)
        try:
            proven = bounds.certified(program, best, cost, scenarios)
        except SolveError as error:
            failure = str(error)
        else:
            result = EngineResult(
                method="decomposition",
                status=_status(
                    bounds.relative_gap(proven.lower, proven.upper, options.gap_floor), options, interrupted
                ),
                root=state.root,
                lower=proven.lower,
                upper=proven.upper,
                iterations=int(state.details.get("passes", 0)),
                ranks=communicator.size,
                wall_time_s=interval.wall_time_s,
                trace=tuple(interval.trace),
                scenarios=proven.scenarios,
                details=state.details,
                bound_kind=kind,
            )
    # All ranks fail together, so that no one waits for a rank that has left.
    failure = communicator.broadcast(failure)
    if failure:
        raise SolveError(failure)
    return result


def _status(gap_rel: float, options: SolveOptions, interrupted: bool) -> Status:
    if gap_rel <= options.gap_rel:
        return "gap_reached"
    return "interrupted" if interrupted else "limit"
