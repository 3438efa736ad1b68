"""The best dispatch of scenarios by themselves, with earlier decisions held as they are.

For plans in which the profit of some scenarios is worth nothing beyond a threshold: any dispatch above it is optimal
there, and a solver has no reason to find the best.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from mes_stoch.model.program import IndexArray, LinearProgram
from mes_stoch.solvers.certificate.result import ScenarioSolution
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.subproblems.least_slack import with_held


def best_dispatches(
    scenario: Callable[[int], LinearProgram],
    solutions: Iterable[ScenarioSolution],
    held: IndexArray,
    budget_s: float,
) -> tuple[ScenarioSolution, ...]:
    """The solutions with a better dispatch wherever one is found before the time is up.

    Parameters
    ----------
    scenario : callable
        Program of a scenario, whose cost is the scenario's own.
    solutions : iterable of ScenarioSolution
    held : int array
        Columns decided before the scenario is known.
    budget_s : float
        Seconds for all of them.
    """
    end = time.monotonic() + budget_s
    return tuple(_better(scenario(one.index), one, held, end - time.monotonic()) for one in solutions)


def _better(program: LinearProgram, known: ScenarioSolution, held: IndexArray, left_s: float) -> ScenarioSolution:
    if left_s <= 0.0:
        return known
    found = highs.solve(with_held(program, held, known.values), time_limit_s=left_s)
    if found.values is None:
        return known
    cost = float(program.cost @ found.values) + program.offset
    if cost > known.cost:
        return known
    return replace(known, cost=cost, values=found.values, row_dual=found.row_dual, column_dual=found.column_dual)
