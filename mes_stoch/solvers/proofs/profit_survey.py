"""Between which profits a plan's scenarios lie, proven before anything is solved.

Equations
---------
With bounds ``l <= x <= u`` that hold for some best dispatch (:mod:`mes_stoch.solvers.proofs.propagation`), rounded
outward::

    -(o_s + sum_j max(c_j l_j, c_j u_j))  <=  profit_s  <=  -(o_s + sum_j min(c_j l_j, c_j u_j))

over the scenarios that have a probability. A bound without loss of a column is one for every plan that does not prefer
a smaller profit in any scenario, whatever its attitude to risk.
"""

from __future__ import annotations

import math

import numpy as np

from mes_stoch.model.program import IndexArray, LinearProgram, StochasticProgram
from mes_stoch.model.risk.measure import ProfitSurvey
from mes_stoch.schema.errors import InterruptedRunError, TimeLimitError
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.outward import total_down, total_up
from mes_stoch.solvers.proofs.propagation import Box, Propagation

#: Scale of the differences between scenarios where their bounds do not tell, as a share of the largest bound.
_LIKELY_SHARE = 1e-3


def survey_profits(
    program: StochasticProgram,
    communicator: ScenarioCommunicator,
    shared: IndexArray | None = None,
    stop: Stop | None = None,
) -> ProfitSurvey:
    """Look at every scenario once; collective over a communicator, whose ranks look at their own scenarios.

    Parameters
    ----------
    shared : int array, optional
        Columns besides the root's that several scenarios have in common.
    stop : Stop, optional
        Asked before every scenario whether to give up.

    Raises
    ------
    InterruptedRunError, TimeLimitError
        ``stop`` said so; on all ranks.
    """
    stop = stop or Stop()
    settled = np.asarray(program.root.columns, dtype=np.int32)
    if shared is not None:
        settled = np.union1d(settled, shared).astype(np.int32)
    propagation = Propagation(settled)
    priced = np.zeros(len(program.column_names), dtype=bool)
    lowest, bounds, in_time = math.inf, [], True
    for index in communicator.local_indices(len(program.scenario_names)):
        in_time = in_time and not stop()
        if not in_time:
            break
        scenario = program.scenario(index)
        priced |= scenario.cost != 0
        if program.probabilities[index] > 0:
            low, high = _profit_range(scenario, propagation.box(scenario))
            lowest = min(lowest, low)
            bounds.append(high)
    if not communicator.all(in_time):
        if communicator.any(stop.is_interrupted):
            raise InterruptedRunError(f"{program.name}: interrupted before anything was proven")
        raise TimeLimitError(f"{program.name}: there was no time to look at the profits of all scenarios")
    lower = -communicator.largest(-lowest)
    upper = communicator.largest(max(bounds, default=-math.inf))
    least_upper = -communicator.largest(-min(bounds, default=math.inf))
    everywhere = communicator.sum(priced.astype(np.float64)) > 0
    spread = upper - least_upper if upper > least_upper else _LIKELY_SHARE * max(abs(upper), 1.0)
    unit = _unit_of_costs(program.scenario(0))
    return ProfitSurvey(lower, upper, spread, unit, np.flatnonzero(everywhere).astype(np.int32))


def _unit_of_costs(scenario: LinearProgram) -> float:
    sizes = np.abs(scenario.cost[scenario.cost != 0])
    if not len(sizes):
        return 1.0
    return float(2.0 ** np.round(0.5 * np.log2(np.median(sizes)) + 0.5 * np.log2(sizes.max())))


def _profit_range(scenario: LinearProgram, box: Box) -> tuple[float, float]:
    costs = np.flatnonzero(scenario.cost)
    cost = scenario.cost[costs]
    one, other = cost * box.lower[costs], cost * box.upper[costs]
    highest = total_up(np.append(np.maximum(one, other), scenario.offset))
    least = total_down(np.append(np.minimum(one, other), scenario.offset))
    return -highest, -least
