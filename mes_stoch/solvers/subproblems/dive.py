"""A feasible point of a scenario from the optimum of its linear relaxation: fix what is nearly integer, solve, repeat.

Each step is a linear program re-solved from its basis, so a dive costs a few milliseconds where a mixed-integer solve
costs a hundred. :func:`one_opt` then turns single integers where their reduced costs say that it pays. Neither proves
anything by itself; what they may have lost is measured against a bound by the caller.

Source
------
Fractional diving as in Berthold (2006), Primal heuristics for mixed integer programs, section 4, TU Berlin.
"""

from __future__ import annotations

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram
from mes_stoch.solvers.highs.model import HighsModel, Solution

_NEARLY_INTEGER = 0.2
_INTEGRAL = 1e-6
_STEPS = 60
_TRIES = 8
_TRIES_A_STEP = 3
_PAYS = 1e-9


def dive(model: HighsModel, scenario: LinearProgram, columns: IndexArray, relaxed: Solution) -> Solution | None:
    """Go down from ``relaxed``, the optimum of ``model``.

    Parameters
    ----------
    model : HighsModel
        The relaxation of ``scenario``, all other integer columns fixed; the bounds of ``columns`` are changed.
    scenario : LinearProgram
    columns : int array
        Integer columns to fix: those of the recourse, ascending.
    relaxed : Solution

    Returns
    -------
    Solution or None
        Optimal with ``columns`` fixed at integers; ``None`` where the way down is closed.
    """
    if relaxed.status != "optimal" or relaxed.values is None:
        return None
    if not len(columns):
        return relaxed
    lower, upper = scenario.column_lower[columns].copy(), scenario.column_upper[columns].copy()
    free = np.ones(len(columns), dtype=bool)
    current = relaxed
    for _ in range(_STEPS):
        if current.values is None:  # pragma: no cover - an optimal solution has values
            return None
        values = current.values[columns]
        if _are_integral(values):
            return _dispatch_with(model, columns, values, current)
        chosen = _to_fix(values, free)
        before = lower[chosen], upper[chosen]
        rounded = np.clip(np.round(values[chosen]), lower[chosen], upper[chosen])
        lower[chosen] = upper[chosen] = rounded
        free &= ~chosen
        model.change_column_bounds(columns, lower, upper)
        current = model.run()
        if current.status != "optimal" and int(chosen.sum()) == 1:
            # The other side of the one rounded, once.
            other = np.clip(rounded + np.where(rounded > values[chosen], -1.0, 1.0), *before)
            lower[chosen] = upper[chosen] = other
            model.change_column_bounds(columns, lower, upper)
            current = model.run()
        if current.status != "optimal":
            return None
    return None


def one_opt(
    model: HighsModel, scenario: LinearProgram, columns: IndexArray, known: FloatArray, worth: float
) -> Solution | None:
    """A point at least as good as ``known`` by moving integer columns one by one.

    With all integers fixed, the reduced cost of one says what moving it by one would earn at first. The most promising
    are tried, and the first that lowers the cost is kept.

    Parameters
    ----------
    model : HighsModel
        The relaxation of ``scenario``, all other integer columns fixed; the bounds of ``columns`` are changed.
    columns : int array
        Integer columns that may move: those of the recourse, ascending.
    known : array
        A point with integers exact.
    worth : float
        Moves that promise less are not tried.

    Returns
    -------
    Solution or None
        ``None`` where fixing the integers of ``known`` has no optimum.
    """
    lower, upper = scenario.column_lower[columns], scenario.column_upper[columns]
    place = np.clip(np.round(known[columns]), lower, upper)
    current = _fixed(model, columns, place)
    tries = 0
    improved = True
    while current is not None and improved and tries < _TRIES:
        improved = False
        for moved in _moves(current, columns, place, lower, upper, worth):
            tries += 1
            found = _fixed(model, columns, moved)
            if found is not None and found.objective < current.objective - _PAYS * abs(current.objective):
                current, place, improved = found, moved, True
                break
    return current


def _moves(
    current: Solution, columns: IndexArray, place: FloatArray, lower: FloatArray, upper: FloatArray, worth: float
) -> list[FloatArray]:
    """The integers after each promising move, best first."""
    if current.column_dual is None:  # pragma: no cover - an optimal linear program has duals
        return []
    slope = current.column_dual[columns]
    step = np.where(slope < 0, 1.0, -1.0)
    possible = np.where(slope < 0, place + 1 <= upper, place - 1 >= lower)
    promise = np.where(possible, np.abs(slope), 0.0)
    moves = []
    for choice in np.argsort(-promise, kind="stable")[:_TRIES_A_STEP]:
        if promise[choice] <= worth:
            break
        moved = place.copy()
        moved[choice] += step[choice]
        moves.append(moved)
    return moves


def _fixed(model: HighsModel, columns: IndexArray, values: FloatArray) -> Solution | None:
    model.change_column_bounds(columns, values, values)
    found = model.run()
    return found if found.status == "optimal" else None


def _are_integral(values: FloatArray) -> bool:
    return bool(np.all(np.abs(values - np.round(values)) <= _INTEGRAL))


def _to_fix(values: FloatArray, free: BoolArray) -> BoolArray:
    """All free columns near an integer, or the nearest where none has a fraction that small."""
    distance = np.abs(values - np.round(values))
    fractional = free & (distance > _INTEGRAL)
    near = free & (distance <= _NEARLY_INTEGER)
    if np.any(near & fractional):
        return near
    best = np.zeros(len(values), dtype=bool)
    best[int(np.argmin(np.where(fractional, distance, np.inf)))] = True
    return best | near


def _dispatch_with(model: HighsModel, columns: IndexArray, values: FloatArray, current: Solution) -> Solution | None:
    """The point with its integers exact where round-off had moved them."""
    rounded = np.round(values)
    return current if np.array_equal(rounded, values) else _fixed(model, columns, rounded)
