"""The start's own bounds, worked out by all ranks together before any hedging: often enough by themselves."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, SolveError
from mes_stoch.solve import bounds
from mes_stoch.solve.incumbent import Candidates
from mes_stoch.solve.interval import Interval
from mes_stoch.solve.multicut import Start, rank_share
from mes_stoch.solve.pool import ScenarioPool
from mes_stoch.solve.result import ScenarioSolution, SolveOptions

logger = logging.getLogger("mes_stoch.solve.first_pass")


@dataclass
class FirstPass:
    """Bounds of the whole and this rank's part of their proof.

    Parameters
    ----------
    lower, upper : float
        The same on every rank.
    each : dict
        Bounds of this rank's scenarios.
    root, scenarios
        The commitment tried and this rank's dispatch with it.
    """

    lower: float = -math.inf
    upper: float = math.inf
    each: dict[int, float] = field(default_factory=dict)
    root: FloatArray | None = None
    scenarios: list[ScenarioSolution] = field(default_factory=list)

    @property
    def gap_rel(self) -> float:
        return bounds.relative_gap(self.lower, self.upper)


def run_first_pass(
    program: StochasticProgram,
    options: SolveOptions,
    start: Start,
    interval: Interval,
    communicator: Any,
    deadline: float,
) -> FirstPass:
    """Price the start's multipliers and try its point; collective.

    The relaxation's bound comes first, since it costs next to nothing; the integer one only if that is not enough.
    """
    found = FirstPass()
    indices = rank_share(len(program.scenario_names), communicator)
    gap = bounds.subproblem_gap(options)

    def price(pool: ScenarioPool) -> None:
        each = bounds.lagrangian_bound(program, indices, start.multipliers[indices], pool=pool, deadline=deadline)
        lower = float(communicator.allreduce(float(program.probabilities[indices] @ each)))
        if lower > found.lower:
            found.lower, found.each = lower, dict(zip(indices, each.tolist(), strict=True))
            interval.raise_lower(lower)

    price(ScenarioPool(program, relax=True))
    root = np.asarray(communicator.bcast(Candidates(program).from_consensus(start.point)))
    try:
        scenarios = bounds.evaluate(program, indices, root, deadline=deadline)
        cost = bounds.expected_cost(program, scenarios)
    except (InfeasibleError, SolveError) as error:
        logger.debug("the start's commitment is rejected: %s", error)
        scenarios, cost = [], math.inf
    upper = float(communicator.allreduce(cost))
    if math.isfinite(upper):
        found.upper, found.root, found.scenarios = upper, root, scenarios
        interval.drop_upper(upper, root, scenarios)
    if found.gap_rel > options.gap_rel and program.scenario(0).integer.any():
        price(ScenarioPool(program, gap_rel=gap))
    return found
