"""What a method hands back that was ended before it had evaluated any commitment in every scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mes_stoch.model.program import StochasticProgram
from mes_stoch.schema.errors import InterruptedRunError, SolveError
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.result import EngineResult
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator


def without_commitment(
    method: str,
    program: StochasticProgram,
    interval: Interval,
    stop: Stop,
    communicator: ScenarioCommunicator,
    details: Mapping[str, str | float | int],
) -> EngineResult:
    """The bound alone; collective over the communicator, all of whose ranks get it.

    Its ``scenarios`` are empty, its ``upper`` is infinite and its ``root`` means nothing.

    Raises
    ------
    InterruptedRunError
        Not even a bound is proven, and nobody waits for a result.
    SolveError
        The method came to its end by itself: no commitment it tried is feasible.
    """
    interrupted, ended = communicator.any(stop.is_interrupted), communicator.any(stop())
    if not ended:
        raise SolveError(f"{program.name}: no commitment tried is feasible in all scenarios")
    lower = communicator.broadcast(interval.lower)
    if interrupted and not math.isfinite(lower):
        raise InterruptedRunError(f"{program.name}: interrupted before anything was proven")
    return EngineResult(
        method=method,
        status="interrupted" if interrupted else "limit",
        root=np.zeros(len(program.root.columns)),
        lower=lower,
        upper=math.inf,
        iterations=interval.iteration,
        ranks=communicator.size,
        wall_time_s=interval.wall_time_s,
        trace=tuple(interval.trace),
        scenarios=(),
        details=dict(details),
        bound_kind=interval.kind,
    )
