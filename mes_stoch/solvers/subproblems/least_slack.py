"""Does a dispatch lean on more slack than it must? Found out scenario by scenario, after a solve.

Equations
---------
With the commitment and the decisions of earlier stages held, ``x*`` the dispatch of a scenario and ``S`` its columns of
slack with their penalties ``c_j > 0``::

    least = min  sum_{j in S} c_j x_j   over the scenario's own rows;    chosen = sum_{j in S} c_j x*_j - least

Slack that cannot be avoided is a fact about the site; slack beyond it is **chosen**: leaving a demand unserved was
cheaper than what serving it asks for, a start or a minimum load. What that is, the best dispatch with the least slack
tells, ``min c x`` subject to ``sum_{j in S} c_j x_j <= least``. The linear relaxation is asked first: its least is
never above the true one, so that what it confirms needs no search.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.solvers.highs import model as highs

#: What counts as slack and as a difference, relative to the penalty of one MW or MWh.
_TOLERANCE = 1e-5


@dataclass(frozen=True)
class ScenarioSlack:
    """Penalties of one scenario, in money: paid by its dispatch, and least possible.

    ``instead`` is the best dispatch found with the least slack, where more was chosen.
    """

    index: int
    used: float
    least: float
    instead: FloatArray | None = None

    @property
    def is_chosen(self) -> bool:
        return self.instead is not None


def examine_slack(
    program: LinearProgram,
    index: int,
    values: FloatArray,
    slack: IndexArray,
    held: IndexArray,
    time_limit_s: float,
) -> ScenarioSlack | None:
    """Compare the slack of a dispatch with the least there can be.

    Parameters
    ----------
    program : LinearProgram
        The scenario's own program.
    index : int
        Its number.
    values : array
        Its dispatch.
    slack : int array
        Columns of slack; their costs are the penalties.
    held : int array
        Columns decided before the scenario is known.
    time_limit_s : float
        For each of at most three solves.

    Returns
    -------
    ScenarioSlack or None
        ``None`` where it could not be told in time.
    """
    used = float(program.cost[slack] @ np.maximum(values[slack], 0.0))
    tolerance = _TOLERANCE * float(program.cost[slack].max(initial=0.0))
    if used <= tolerance:
        return ScenarioSlack(index, used, used)
    fixed = with_held(program, held, values)
    penalties = np.zeros(len(program.cost))
    penalties[slack] = program.cost[slack]
    least_of = replace(fixed, cost=penalties, offset=0.0)
    relaxed = highs.solve(least_of, relax=True, time_limit_s=time_limit_s)
    if relaxed.status == "optimal" and relaxed.objective >= used - tolerance:
        return ScenarioSlack(index, used, relaxed.objective)
    exact = highs.solve(least_of, time_limit_s=time_limit_s) if program.integer.any() else relaxed
    if exact.status != "optimal":
        return None
    least = float(exact.objective)
    if least >= used - tolerance:
        return ScenarioSlack(index, used, least)
    best = highs.solve(_limited(fixed, penalties, least + tolerance), time_limit_s=time_limit_s)
    return ScenarioSlack(index, used, least, exact.values if best.values is None else best.values)


def examine_all(
    scenarios: Sequence[tuple[int, LinearProgram, FloatArray]],
    slack: IndexArray,
    held: IndexArray,
    budget_s: float,
) -> list[ScenarioSlack]:
    """:func:`examine_slack` of several scenarios, the costliest slack first, until the time is up."""
    by_cost = sorted(scenarios, key=lambda one: -float(one[1].cost[slack] @ one[2][slack]))
    end = time.monotonic() + budget_s
    found = []
    for index, program, values in by_cost:
        left = end - time.monotonic()
        if left <= 0:
            break
        one = examine_slack(program, index, values, slack, held, left / 3.0)
        if one is not None:
            found.append(one)
    return found


def with_held(program: LinearProgram, held: IndexArray, values: FloatArray) -> LinearProgram:
    """The program with some columns fixed at their values in a point, integers at whole numbers."""
    point = np.where(program.integer, np.round(values), values)
    lower, upper = program.column_lower.copy(), program.column_upper.copy()
    lower[held] = upper[held] = point[held]
    return replace(program, column_lower=lower, column_upper=upper)


def _limited(program: LinearProgram, weights: FloatArray, limit: float) -> LinearProgram:
    """The program with one row more: ``weights x <= limit``."""
    matrix = sp.csc_array(sp.vstack([program.matrix, sp.csr_array(weights[None, :])]))
    matrix.sort_indices()
    return replace(
        program,
        matrix=matrix,
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, limit),
    )
