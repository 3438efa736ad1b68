"""Proven bounds on the optimal expected cost, from scenario solves alone.

Equations
---------
Upper: for any root point ``r``, ``sum_s p_s min {c_s' x : x feasible in s, x[root] = r}``.

Lower: for any multipliers with ``sum_s p_s W_s = 0``, ``sum_s p_s min {c_s' x + W_s' x[consensus] : x feasible in s}``
(non-anticipativity relaxed; columns of the root without a multiplier are simply left to differ).

Source
------
Lagrangian bound of progressive hedging: Gade, Hackebeil, Ryan, Watson, Wets, Woodruff (2016), Obtaining lower bounds
from the progressive hedging algorithm for stochastic mixed-integer programs, DOI 10.1007/s10107-016-1000-z.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, SolveError
from mes_stoch.solve.highs import Solution
from mes_stoch.solve.pool import ScenarioPool, require_bounded
from mes_stoch.solve.result import ScenarioSolution, SolveOptions

NEGATIVE_GAP_TOLERANCE = 1e-6

#: Relative gap of a scenario solve that evaluates a commitment. Tight whatever gap the run asks for, so that the same
#: commitment has the same profit by every method; with the commitment fixed the last digits cost little.
EVALUATION_GAP = 1e-6

_MULTIPLIER_TOLERANCE = 1e-6


def subproblem_gap(options: SolveOptions) -> float:
    """Relative gap of one scenario solve: a quarter of the gap asked for the whole, within what HiGHS can hold."""
    return float(np.clip(0.25 * options.gap_rel, 1e-9, 1e-3))


def evaluate(
    program: StochasticProgram,
    indices: Sequence[int],
    root: FloatArray,
    *,
    pool: ScenarioPool | None = None,
    deadline: float = math.inf,
) -> list[ScenarioSolution]:
    """Solve scenarios with **all** root columns fixed at ``root``.

    Parameters
    ----------
    indices : sequence of int
        Scenarios to solve.
    root : array
        One value per root column.
    deadline : float
        ``time.perf_counter()`` after which no further solve starts.

    Returns
    -------
    list of ScenarioSolution
        Costs of feasible points; duals where the recourse is a linear program.

    Raises
    ------
    InfeasibleError
        A scenario has no feasible point with this root.
    SolveError
        No feasible point was found in time.
    """
    pool = pool or ScenarioPool(program, gap_rel=EVALUATION_GAP)
    solutions = []
    for index in indices:
        solution = pool.solve_fixed(index, root, _seconds_left(deadline))
        name = program.scenario_names[index]
        if solution.status == "infeasible":
            raise InfeasibleError(f"{program.name}: scenario {name!r} has no feasible point with this first stage")
        require_bounded(program, index, solution)
        if solution.values is None:
            raise SolveError(f"{program.name}: no feasible point of scenario {name!r} was found within the time limit")
        solutions.append(_scenario_solution(index, solution))
    return solutions


def lagrangian_bound(
    program: StochasticProgram,
    indices: Sequence[int],
    multipliers: FloatArray,
    options: SolveOptions | None = None,
    *,
    pool: ScenarioPool | None = None,
    deadline: float = math.inf,
) -> FloatArray:
    """Proven lower bounds on ``min c_s x + W_s x[consensus]``, one per scenario of ``indices``.

    The weighted sum over **all** scenarios bounds the optimal expected cost when ``sum_s p_s W_s = 0``
    (:func:`project_multipliers`). A bound is ``-inf`` where the subproblem is unbounded or was stopped with nothing
    proven, and 0 then for a scenario without probability.

    Parameters
    ----------
    multipliers : array, shape (len(indices), consensus columns)

    Raises
    ------
    InfeasibleError
        A scenario has no feasible point at all.
    """
    pool = pool or ScenarioPool(program, gap_rel=subproblem_gap(options or SolveOptions()))
    bounds = np.full(len(indices), -np.inf)
    for position, index in enumerate(indices):
        solution = pool.solve_priced(index, multipliers[position], _seconds_left(deadline))
        if solution.status == "unbounded":
            continue
        require_bounded(program, index, solution)
        bounds[position] = solution.dual_bound
    # What has no probability owes no proof, and 0 times minus infinity would spoil the sum.
    weightless = np.asarray(program.probabilities)[list(indices)] == 0
    bounds[weightless & np.isneginf(bounds)] = 0.0
    return bounds


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


def check_multipliers(probabilities: FloatArray, multipliers: FloatArray) -> None:
    """Refuse multipliers whose weighted sum is not zero: their bound would prove nothing.

    Raises
    ------
    SolveError
    """
    scale = np.maximum(1.0, np.abs(multipliers).max(axis=0, initial=0.0))
    error = float(np.max(np.abs(mean_multiplier(probabilities, multipliers)) / scale, initial=0.0))
    if error > _MULTIPLIER_TOLERANCE:
        raise SolveError(f"multipliers do not average to zero (relative error {error:.2e}); their bound is not valid")


def certify(lower: float, upper: float, name: str = "") -> tuple[float, float]:
    """The interval as computed, after the check that it is one.

    Raises
    ------
    SolveError
        ``upper`` lies below ``lower`` by more than the solver's tolerance: one of the two is wrong.
    """
    if math.isnan(lower) or math.isnan(upper):
        raise SolveError(f"{name or 'result'}: a bound is not a number ({lower}, {upper})")
    scale = max(1.0, min(abs(lower), abs(upper)))
    if lower - upper > NEGATIVE_GAP_TOLERANCE * scale:
        raise SolveError(
            f"{name or 'result'}: the lower bound {lower:.10g} lies above the cost {upper:.10g} of a feasible "
            "commitment; one of the two is wrong"
        )
    return lower, upper


def relative_gap(lower: float, upper: float) -> float:
    """``(upper - lower) / max(|upper|, |lower|, 1e-9)``; infinite while a side is unknown."""
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return math.inf
    return (upper - lower) / max(abs(upper), abs(lower), 1e-9)


def expected_cost(program: StochasticProgram, solutions: Sequence[ScenarioSolution]) -> float:
    """``sum_s p_s cost_s`` over the solutions given."""
    return math.fsum(float(program.probabilities[solution.index]) * solution.cost for solution in solutions)


def _scenario_solution(index: int, solution: Solution) -> ScenarioSolution:
    if solution.values is None:  # pragma: no cover - the caller has checked
        raise SolveError("a scenario without values cannot be reported")
    return ScenarioSolution(
        index=index,
        cost=solution.objective,
        values=solution.values,
        row_dual=solution.row_dual,
        column_dual=solution.column_dual,
    )


def _seconds_left(deadline: float) -> float:
    return max(deadline - time.perf_counter(), 0.0) if math.isfinite(deadline) else math.inf
