"""The dispatch that the search of the extensive form came with, taken apart scenario by scenario.

What counts of a commitment is the best dispatch in every scenario, solved for each. Where there is no time for that,
the one the search found is a feasible point as well, once it holds in every scenario's own numbers.
"""

from __future__ import annotations

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, StochasticProgram
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.result import ScenarioSolution
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.solvers.interruption.stop import Stop


def as_found(
    program: StochasticProgram, block_starts: IndexArray, root: FloatArray, values: FloatArray, stop: Stop
) -> list[ScenarioSolution]:
    """The dispatch of every scenario, or nothing where one does not hold or time is up.

    Parameters
    ----------
    block_starts : int array
        First merged column of every scenario's own block.
    root : array
        The commitment, its integers whole.
    values : array
        A point of the extensive form.
    """
    columns = np.asarray(program.root.columns)
    found = []
    for index, start in enumerate(block_starts.tolist()):
        if stop():
            return []
        scenario = program.scenario(index)
        own = np.ones(len(scenario.cost), dtype=np.bool_)
        own[columns] = False
        point = np.empty(len(own))
        point[columns] = root
        point[own] = values[start : start + int(own.sum())]
        solution = Solution("time_limit", np.nan, -np.inf, point, None, None, 0.0, 0, 0)
        dispatch = bounds.scenario_solution(index, scenario, solution, columns, root)
        if dispatch is None:
            return []
        found.append(dispatch)
    return found
