"""Points of mixed-integer programs with whole integers, and the rest re-solved given them.

A search takes an integer for whole within a tolerance. ``y = 1e-6`` behind ``u <= 2e6 y`` lets ``u`` be 2 at a
millionth of the cost of being on; rounded to 0 it leaves nothing of ``u``. So a point counts once its integers are
rounded and all rows still hold; where they do not, what is left, a linear program without the integer columns, is
solved. Where that costs more than the search said, integers that are next to whole are branched on
(:mod:`mes_stoch.solvers.subproblems.branching`) until they are.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.solvers.highs.model import HighsModel, OptionValue
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs import primal_check
from mes_stoch.solvers.subproblems.branching import search

_SAME = 1e-7
_SOLVES = 400
#: What a linear program begun at the end may take beyond it: without it the search before it would be worth nothing.
_BLINK_S = 0.5

#: The least HiGHS takes: its tolerance is absolute, and a row whose numbers are all small is held to a share of them.
_EXACTLY: dict[str, OptionValue] = {"primal_feasibility_tolerance": 1e-10}


def with_whole_integers(
    model: HighsModel,
    program: LinearProgram,
    solution: Solution,
    gap_rel: float,
    ranges: LinearProgram | None = None,
    stop: Stop | None = None,
) -> Solution:
    """``solution`` of ``model`` with whole integers.

    Parameters
    ----------
    model : HighsModel
        As it was solved; left as it was.
    program : LinearProgram
        What the model holds, its bounds as they are now.
    solution : Solution
    gap_rel : float
        By how much the point may cost more than the search said, relative to that.
    ranges : LinearProgram, optional
        The program before columns were fixed: its bounds say what is large
        (:mod:`mes_stoch.solvers.proofs.primal_check`).
    stop : Stop, optional
        Once it says so no linear program takes longer than a blink, and no branch is begun.

    Returns
    -------
    Solution
        Without a point where none was found; the search's bound is kept.
    """
    if solution.values is None:
        return solution
    rounded = primal_check.settled(program, solution.values)
    if primal_check.is_feasible(program, rounded, ranges):
        return replace(solution, objective=primal_check.cost_of(program, rounded), values=rounded)
    stop = stop or Stop()
    columns = np.flatnonzero(program.integer).astype(np.int32)
    lower, upper = program.column_lower[columns], program.column_upper[columns]
    integers = np.clip(np.round(solution.values[columns]), lower, upper)
    found = solved_without(program, columns, integers, ranges, max(stop.seconds_left(), _BLINK_S))
    if found is None or _costs_more(found, solution, gap_rel):
        model.change_integrality(columns, np.zeros(len(columns), dtype=np.bool_))
        try:
            branched = search(model, program, _SOLVES, points=True, ranges=ranges, stop=stop).best
        finally:
            model.change_column_bounds(columns, lower, upper)
            model.change_integrality(columns, np.ones(len(columns), dtype=np.bool_))
        if branched is not None and (found is None or branched.objective < found.objective):
            found = branched
    if found is None or found.values is None:
        return replace(solution, status="time_limit", objective=math.nan, values=None)
    return replace(solution, objective=found.objective, values=found.values)


def solved_without(
    program: LinearProgram,
    columns: IndexArray,
    values: FloatArray,
    ranges: LinearProgram | None = None,
    time_limit_s: float = math.inf,
    *,
    exactly: bool = False,
) -> Solution | None:
    """The best point with ``columns`` at ``values``, their entries left out of the program, so that no factor of a
    million stands beside the numbers that count; ``None`` where there is none.

    It is solved to the least tolerance at once where it must be ``exactly``, and otherwise where a row is broken.
    """
    matrix = program.matrix
    fixed = np.zeros(matrix.shape[1])
    fixed[columns] = values
    is_fixed = np.zeros(matrix.shape[1], dtype=np.bool_)
    is_fixed[columns] = True
    activity = matrix @ fixed
    entries = np.where(np.repeat(is_fixed, np.diff(matrix.indptr)), 0.0, matrix.data)
    rest = LinearProgram(
        matrix=sp.csc_array((entries, matrix.indices, matrix.indptr), shape=matrix.shape),
        cost=program.cost,
        offset=program.offset,
        row_lower=program.row_lower - activity,
        row_upper=program.row_upper - activity,
        column_lower=np.where(is_fixed, fixed, program.column_lower),
        column_upper=np.where(is_fixed, fixed, program.column_upper),
        integer=np.zeros(matrix.shape[1], dtype=np.bool_),
    )
    for options in (_EXACTLY,) if exactly else ({}, _EXACTLY):
        found = HighsModel(rest, options=options).run(time_limit_s)
        if found.values is None:
            return None
        if primal_check.is_feasible(program, primal_check.settled(program, found.values), ranges):
            return found
    return None


def made_exact(program: LinearProgram, values: FloatArray, time_limit_s: float) -> FloatArray | None:
    """A point with its integers as they are, and all the rest solved again to the least tolerance.

    For a point that holds within the solver's tolerance alone: what is a hair outside may be worth nothing to who
    takes a part of it, such as a commitment, for given. ``None`` where there is none, or no time for it.
    """
    integers = np.flatnonzero(program.integer).astype(np.int32)
    found = solved_without(program, integers, np.round(values[integers]), None, max(time_limit_s, 0.0), exactly=True)
    return None if found is None else found.values


def _costs_more(found: Solution, claimed: Solution, gap_rel: float) -> bool:
    size = max(abs(found.objective), abs(claimed.objective))
    return found.objective - claimed.objective > max(gap_rel, _SAME) * size
