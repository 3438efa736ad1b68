"""Proven bounds on the optimal expected cost, from scenario solves alone.

Equations
---------
Upper: for any root point ``r``, ``sum_s p_s min {c_s' x : x feasible in s, x[root] = r}``.

Lower: for any multipliers with ``sum_s p_s W_s = 0``, ``sum_s p_s min {c_s' x + W_s' x[consensus] : x feasible in s}``
(non-anticipativity relaxed; columns of the root without a multiplier are simply left to differ). Where the mean is not
exactly zero, its size times that of the root's box is taken off.

What the lower bound of a scenario rests on is its kind: row duals by safe arithmetic, or a search, less an allowance
(:mod:`mes_stoch.solvers.proofs.search_bounds`).

Source
------
Lagrangian bound of progressive hedging: Gade, Hackebeil, Ryan, Watson, Wets, Woodruff (2016), Obtaining lower bounds
from the progressive hedging algorithm for stochastic mixed-integer programs, DOI 10.1007/s10107-016-1000-z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.model.phases import phase
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, SolveError
from mes_stoch.solvers.certificate.result import GAP_FLOOR, ScenarioSolution, SolveOptions
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs import primal_check
from mes_stoch.solvers.proofs.outward import EPSILON, total_down
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker
from mes_stoch.solvers.subproblems.pool import ScenarioPool, require_bounded, with_fixed
from mes_stoch.solvers.subproblems.whole import solved_without

NEGATIVE_GAP_TOLERANCE = 1e-6

#: Relative gap of a scenario solve that evaluates a commitment. Tight whatever gap the run asks for, so that the same
#: commitment has the same profit by every method; with the commitment fixed the last digits cost little.
EVALUATION_GAP = 1e-6

#: Roundings between a dispatch and its cost.
_ROUNDINGS = 8.0


class NotInTimeError(SolveError):
    """There was no time to evaluate a commitment in every scenario."""


def subproblem_gap(options: SolveOptions) -> float:
    """Relative gap of one scenario solve: a quarter of the gap asked for the whole, within what HiGHS can hold."""
    return float(np.clip(0.25 * options.gap_rel, 1e-9, 1e-3))


@phase("bounds")
def evaluate(
    program: StochasticProgram,
    indices: Sequence[int],
    root: FloatArray,
    *,
    pool: ScenarioPool | None = None,
    stop: Stop | None = None,
) -> list[ScenarioSolution]:
    """Solve scenarios with **all** root columns fixed at ``root``.

    Parameters
    ----------
    indices : sequence of int
        Scenarios to solve.
    root : array
        One value per root column.
    stop : Stop, optional
        Polled before every solve. Integers are given an even share of the time left, so that no scenario goes without.

    Returns
    -------
    list of ScenarioSolution
        Costs of feasible points; duals where the recourse is a linear program.

    Raises
    ------
    InfeasibleError
        A scenario has no feasible point with this root.
    NotInTimeError
        No feasible point was found in time.
    SolveError
        A point found breaks a row.
    """
    pool = pool or ScenarioPool(program, gap_rel=EVALUATION_GAP)
    stop = stop or Stop()
    solutions = []
    for place, index in enumerate(indices):
        if stop():
            raise NotInTimeError(f"{program.name}: there was no time to evaluate a commitment in every scenario")
        share = 1 if pool.recourse_is_continuous(index) else len(indices) - place
        solution = pool.solve_fixed(index, root, stop.with_share(1.0 / share))
        name = program.scenario_names[index]
        if solution.status == "infeasible":
            raise InfeasibleError(f"{program.name}: scenario {name!r} has no feasible point with this first stage")
        require_bounded(program, index, solution)
        if solution.values is None:
            raise NotInTimeError(f"{program.name}: no feasible point of scenario {name!r} was found in time")
        found = scenario_solution(index, pool.scenario(index), solution, pool.root_columns, root)
        if found is None:
            raise SolveError(
                f"{program.name}: the dispatch found for scenario {name!r} breaks a row by more than "
                f"{primal_check.TOLERANCE:g} of its size; its numbers lie too far apart for the solver"
            )
        solutions.append(found)
    return solutions


@dataclass(frozen=True)
class PricedBounds:
    """Lower bounds of scenarios, and the weakest thing they rest on."""

    values: FloatArray
    kind: BoundKind


@phase("bounds")
def priced_bounds(
    program: StochasticProgram,
    indices: Sequence[int],
    multipliers: FloatArray,
    options: SolveOptions | None = None,
    *,
    pool: ScenarioPool | None = None,
    stop: Stop | None = None,
) -> PricedBounds:
    """Proven lower bounds on ``min c_s x + W_s x[consensus]``, one per scenario of ``indices``.

    The weighted sum over **all** scenarios bounds the optimal expected cost when ``sum_s p_s W_s = 0``
    (:func:`project_multipliers`, :func:`lagrangian_total`). A bound is ``-inf`` where the subproblem is unbounded, or
    was not begun or ended with nothing proven because of ``stop``, and 0 then for a scenario without probability.

    Parameters
    ----------
    multipliers : array, shape (len(indices), consensus columns)

    Raises
    ------
    InfeasibleError
        A scenario has no feasible point at all.
    """
    pool = pool or ScenarioPool(program, gap_rel=subproblem_gap(options or SolveOptions()))
    stop = stop or Stop()
    bounds = np.full(len(indices), -np.inf)
    kind: BoundKind = "safe"
    for position, index in enumerate(indices):
        if stop():
            break
        solution = pool.solve_priced(index, multipliers[position], stop.seconds_left())
        if solution.status == "unbounded":
            continue
        require_bounded(program, index, solution)
        bounds[position], own = pool.proven_bound(index, multipliers[position], solution)
        kind = weaker(kind, own)
    # Zero-probability scenarios need no bound, and 0 times minus infinity would spoil the sum.
    weightless = np.asarray(program.probabilities)[list(indices)] == 0
    bounds[weightless & np.isneginf(bounds)] = 0.0
    return PricedBounds(bounds, kind)


def lagrangian_total(program: StochasticProgram, each: PricedBounds, multipliers: FloatArray) -> Proven:
    """The bound that all scenarios' priced bounds add up to, rounded outward.

    ``sum_s p_s W_s`` is zero but for round-off; what is left, times the size of the root's box, is taken off.
    """
    weights = np.asarray(program.probabilities, dtype=np.float64)
    products = weights[:, None] * multipliers
    sizes = np.abs(products).sum(axis=0)
    mean = np.abs(products.sum(axis=0)) + (len(weights) + 2) * EPSILON * sizes
    scenario = program.scenario(0)
    columns = np.asarray(program.root.columns)[program.root.consensus]
    reach = np.maximum(np.abs(scenario.column_lower[columns]), np.abs(scenario.column_upper[columns]))
    open_ended = np.isinf(reach) & (mean > 0)
    lost = mean * np.where(np.isinf(reach), 0.0, reach) * (1 + 4 * EPSILON)
    value = total_down(np.concatenate([weights * each.values, -lost]))
    return Proven(value, weaker(each.kind, "solver" if open_ended.any() else "safe"))


@dataclass(frozen=True)
class Proven:
    """A lower bound and what it rests on."""

    value: float
    kind: BoundKind


def preferred(
    lower: float, kind: BoundKind, safe_lower: float, upper: float, options: SolveOptions
) -> tuple[float, BoundKind]:
    """The bound to report of the best one and the best safe one: the safe one where it closes the gap asked for."""
    if safe_lower >= lower or relative_gap(safe_lower, upper, options.gap_floor) <= options.gap_rel:
        return safe_lower, "safe"
    return lower, kind


def mean_multiplier(probabilities: FloatArray, multipliers: FloatArray) -> FloatArray:
    """``sum_s p_s W_s`` over the rows given; sums of parts add up to the whole."""
    return np.asarray(probabilities @ multipliers, dtype=np.float64)


def project_multipliers(probabilities: FloatArray, multipliers: FloatArray) -> FloatArray:
    """Nearest multipliers with ``sum_s p_s W_s = 0``; all scenarios in one array.

    Twice, since the first subtraction leaves the round-off of a long sum behind.
    """
    total = float(probabilities.sum())
    projected = multipliers - mean_multiplier(probabilities, multipliers) / total
    return np.asarray(projected - mean_multiplier(probabilities, projected) / total)


def certify(lower: float, upper: float, name: str = "", tolerance: float = 0.0) -> tuple[float, float]:
    """The interval, after the check that it is one, and never turned around.

    A dispatch keeps its rows to within a tolerance, so that it may cost a hair less than any true one. Its cost is what
    it is; the bound is taken back to it.

    Parameters
    ----------
    tolerance : float
        What the rows' tolerances can be worth, in money; a millionth of the smaller bound at least.

    Raises
    ------
    SolveError
        ``upper`` lies below ``lower`` by more: one of the two is wrong.
    """
    if math.isnan(lower) or math.isnan(upper):
        raise SolveError(f"{name or 'result'}: a bound is not a number ({lower}, {upper})")
    if lower - upper > max(tolerance, NEGATIVE_GAP_TOLERANCE * min(abs(lower), abs(upper))):
        raise SolveError(
            f"{name or 'result'}: the lower bound {lower:.10g} lies above the cost {upper:.10g} of a feasible "
            "commitment; one of the two is wrong"
        )
    return min(lower, upper), upper


@dataclass(frozen=True)
class Certified:
    """An interval and the dispatches whose expected cost is its upper end."""

    lower: float
    upper: float
    scenarios: tuple[ScenarioSolution, ...]


def certified(
    program: StochasticProgram, lower: float, upper: float, scenarios: Sequence[ScenarioSolution]
) -> Certified:
    """:func:`certify`, after dispatches that cost less than is possible have been made again, exactly.

    Raises
    ------
    SolveError
    """
    if not lower > upper:
        return Certified(*certify(lower, upper, program.name), tuple(scenarios))
    again = [_exactly(program, solution) for solution in scenarios]
    found = tuple(solution for solution, _ in again)
    worth = math.fsum(float(program.probabilities[solution.index]) * worth for solution, worth in again)
    return Certified(*certify(lower, expected_cost(program, found), program.name, worth), found)


def _exactly(program: StochasticProgram, known: ScenarioSolution) -> tuple[ScenarioSolution, float]:
    """The dispatch with the same commitment and integers, its rows kept as exactly as a solver can, and what the
    tolerance of its rows is worth at their duals, with the rounding of its cost; the one known where there is none."""
    scenario = program.scenario(known.index)
    kept = scenario.integer.copy()
    kept[np.asarray(program.root.columns)] = True
    columns = np.flatnonzero(kept).astype(np.int32)
    found = solved_without(scenario, columns, known.values[columns], scenario, exactly=True)
    if found is None or found.values is None or found.row_dual is None:
        return known, _rounding(scenario, known.values)
    values = primal_check.settled(scenario, found.values)
    worth = primal_check.worth_of_tolerance(scenario, values, found.row_dual) + _rounding(scenario, values)
    return replace(known, cost=primal_check.cost_of(scenario, values), values=values), worth


def _rounding(scenario: LinearProgram, values: FloatArray) -> float:
    """What round-off can make of a dispatch's cost: terms that cancel leave a rest of their own size, times 1e-16."""
    return _ROUNDINGS * EPSILON * primal_check.size_of_cost(scenario, values)


def relative_gap(lower: float, upper: float, floor: float = GAP_FLOOR) -> float:
    """``(upper - lower) / max(|upper|, |lower|, floor)``; infinite while a side is unknown."""
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return math.inf
    return (upper - lower) / max(abs(upper), abs(lower), floor)


def expected_cost(program: StochasticProgram, solutions: Sequence[ScenarioSolution]) -> float:
    """``sum_s p_s cost_s`` over the solutions given."""
    return math.fsum(float(program.probabilities[solution.index]) * solution.cost for solution in solutions)


def scenario_solution(
    index: int, scenario: LinearProgram, solution: Solution, root_columns: IndexArray, root: FloatArray
) -> ScenarioSolution | None:
    """A dispatch as it counts: integers whole, checked in the program's own numbers, its cost added up anew.

    Where a row is broken, within the solver's tolerance and yet by too much of its size, the rest is solved again
    with the integers and the commitment as they are.

    Returns
    -------
    ScenarioSolution or None
        ``None`` where a row is broken by more than its tolerance.
    """
    if solution.values is None:  # pragma: no cover - the caller has checked
        raise SolveError("a scenario without values cannot be reported")
    values = primal_check.settled(scenario, solution.values)
    if not primal_check.is_feasible(scenario, values):
        columns = np.flatnonzero(scenario.integer).astype(np.int32)
        again = solved_without(with_fixed(scenario, root_columns, root), columns, values[columns], scenario)
        if again is None or again.values is None:
            return None
        values = primal_check.settled(scenario, again.values)
    return ScenarioSolution(
        index=index,
        cost=primal_check.cost_of(scenario, values),
        values=values,
        row_dual=solution.row_dual,
        column_dual=solution.column_dual,
    )
