"""Bounds: valid, checked, and refused where they prove nothing."""

from __future__ import annotations

import time

import numpy as np
import pytest
from array_programs import ArrayProgram, hard_knapsack, linear_program, newsvendor

from mes_stoch.model.program import RootStage
from mes_stoch.schema.errors import InfeasibleError, SolveError, UnboundedError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.result import ScenarioSolution, SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs import primal_check
from mes_stoch.solvers.pyomo_program import PyomoProgram
from mes_stoch.solvers.subproblems.pool import ScenarioPool

OPTIMUM = -108390.0


def test_evaluation_of_the_published_optimum(farmer):
    program = PyomoProgram.from_module(farmer, 3)
    found = bounds.evaluate(program, range(3), np.array([170.0, 80.0, 250.0]))
    # Birge & Louveaux (2011), table 5: profits 48,820, 109,350 and 167,000.
    assert [solution.cost for solution in found] == pytest.approx([-48820, -109350, -167000])
    assert bounds.expected_cost(program, found) == pytest.approx(OPTIMUM)


def test_evaluation_duals_are_prices_of_the_commitment(farmer):
    program = PyomoProgram.from_module(farmer, 3)
    root = np.array([150.0, 90.0, 240.0])
    (found,) = bounds.evaluate(program, [1], root)
    (moved,) = bounds.evaluate(program, [1], root + np.array([1e-3, 0, 0]))
    column = program.root.columns[0]
    assert found.column_dual is not None
    assert (moved.cost - found.cost) / 1e-3 == pytest.approx(found.column_dual[column])


def test_duals_exist_for_an_integer_first_stage_with_linear_recourse(farmer, capacity):
    integer_root = PyomoProgram.from_module(farmer, 3, options={"use_integer": True})
    (found,) = bounds.evaluate(integer_root, [0], np.array([170.0, 80.0, 250.0]))
    assert found.row_dual is not None
    integer_recourse = PyomoProgram.from_module(capacity, 6)
    (found,) = bounds.evaluate(integer_recourse, [0], np.array([5.0, 10.0]))  # steps, MW
    assert found.row_dual is None


def test_root_that_breaks_a_bound_or_integrality_is_infeasible(farmer):
    program = PyomoProgram.from_module(farmer, 3, options={"use_integer": True})
    for root in ([170.5, 80.0, 249.0], [501.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [300.0, 300.0, 0.0]):
        with pytest.raises(InfeasibleError, match="scen0"):
            bounds.evaluate(program, range(3), np.array(root))


@pytest.mark.parametrize("use_integer", [False, True])
def test_lagrangian_bound_is_valid_for_any_multipliers(farmer, use_integer):
    program = PyomoProgram.from_module(farmer, 3, options={"use_integer": use_integer})
    pool = ScenarioPool(program, gap_rel=1e-6)
    generator = np.random.default_rng(5)
    for scale in (0.0, 10.0, 100.0, 1000.0):
        multipliers = bounds.project_multipliers(program.probabilities, generator.normal(0, scale, (3, 3)))
        each = bounds.priced_bounds(program, range(3), multipliers, pool=pool).values
        assert program.probabilities @ each <= OPTIMUM + 1e-6


def test_lagrangian_bound_is_tight_at_the_optimal_multipliers():
    program = newsvendor([10.0, 20.0, 60.0], [0.5, 0.5, 0.5])
    # Optimal order 20: its worth is -1/3 (1 - 3/6) of each scenario's slope -1 above the demand met.
    multipliers = np.array([[-0.5], [0.0], [0.5]])
    each = bounds.priced_bounds(program, range(3), multipliers).values
    optimum = solve_extensive(program, SolveOptions()).upper
    assert optimum == pytest.approx((20 * 0.5 * 3 - 10 - 20 - 20) / 3)
    assert program.probabilities @ each == pytest.approx(optimum)


def test_bound_of_an_unbounded_subproblem_is_minus_infinity():
    program = newsvendor([10.0, 20.0], [0.5, 0.5])
    for scenario in program.scenarios:
        scenario.column_upper[0] = np.inf
    each = bounds.priced_bounds(program, range(2), np.array([[-0.6], [0.6]])).values
    assert each[0] == -np.inf
    assert np.isfinite(each[1])


def test_run_out_of_time_proves_only_what_it_has_proved():
    knapsack = hard_knapsack()
    root = RootStage(np.array([0], dtype=np.int32), ("first",), np.array([True]), np.array([1.0]))
    program = ArrayProgram([knapsack], np.array([1.0]), root)
    best_known = highs.solve(knapsack, time_limit_s=0.5).objective
    (bound,) = bounds.priced_bounds(program, [0], np.zeros((1, 1)), stop=Stop(time.perf_counter() + 0.1)).values
    assert bound < best_known
    with pytest.raises(SolveError, match="no time"):
        bounds.evaluate(program, [0], np.array([1.0]), stop=Stop(1e-9))


def test_projected_multipliers_average_to_zero():
    probabilities = np.array([0.2, 0.3, 0.5])
    generator = np.random.default_rng(0)
    multipliers = generator.normal(0, 1e6, (3, 40))
    assert np.abs(probabilities @ multipliers).max() > 1e5
    projected = bounds.project_multipliers(probabilities, multipliers)
    assert np.abs(probabilities @ projected).max() <= 1e-9
    # The projection takes the same off every scenario.
    assert np.ptp(projected - multipliers, axis=0) == pytest.approx(np.zeros(40), abs=1e-6)


def test_negative_gap_raises():
    assert bounds.certify(-100.0, -99.0) == (-100.0, -99.0)
    with pytest.raises(SolveError, match="lies above"):
        bounds.certify(-99.0, -100.0)
    with pytest.raises(SolveError, match="not a number"):
        bounds.certify(float("nan"), 1.0)


def test_an_interval_is_never_turned_around():
    """A dispatch within its tolerance may cost a hair less than is proven: its cost is what is printed."""
    assert bounds.certify(-99.99999999, -100.0) == (-100.0, -100.0)
    assert bounds.certify(3e-8, 0.0, tolerance=1e-7) == (0.0, 0.0)


def test_a_contradiction_is_no_closed_gap():
    """0.8 apart is an error of one of the two, whatever the terms of the cost add up to."""
    with pytest.raises(SolveError, match="lies above"):
        bounds.certify(1.0, 0.2, tolerance=1e-7)


def _covered(constant: float) -> ArrayProgram:
    """``x + r >= 1``, x costs 1: 1 with ``r = 0``; constants of a scenario that add up to nothing."""
    scenario = linear_program(
        [0.0, 1.0, constant], [[1.0, 1.0, 0.0]], [1.0], [np.inf], [0.0, 0.0, 1.0], [0.0, 10.0, 1.0], offset=-constant
    )
    return ArrayProgram(
        [scenario], np.ones(1), RootStage(np.array([0], np.int32), ("r",), np.ones(1, bool), np.ones(1))
    )


def test_a_dispatch_below_a_bound_is_made_again():
    """9e-8 short of 1 is within 1e-7 of the row, and 9e-8 cheaper than any dispatch; the one made again costs 1."""
    program = _covered(0.0)
    short = ScenarioSolution(0, 1 - 9e-8, np.array([0.0, 1 - 9e-8, 1.0]))
    found = bounds.certified(program, 1.0, short.cost, [short])
    assert found.upper == pytest.approx(1.0, abs=1e-12)
    assert found.lower == min(1.0, found.upper)
    assert found.upper == bounds.expected_cost(program, found.scenarios)
    assert bounds.certified(program, 0.5, short.cost, [short]).scenarios == (short,)


@pytest.mark.parametrize("constant", [0.0, 1e6, 1e9])
def test_large_constants_hide_no_contradiction(constant):
    """A bound of 1.2 above a dispatch of 1: its row of size 2 and dual 1 can be worth 2e-7 at most."""
    program = _covered(constant)
    dispatch = ScenarioSolution(0, 1.0, np.array([0.0, 1.0, 1.0]))
    with pytest.raises(SolveError, match="lies above"):
        bounds.certified(program, 1.2, 1.0, [dispatch])
    # the floor of the row's size is a thousandth of x = 1
    worth = primal_check.worth_of_tolerance(program.scenario(0), dispatch.values, np.ones(1))
    assert worth == pytest.approx(2.001e-7)


def test_pool_that_is_out_of_memory_gives_the_same_answers(farmer):
    program = PyomoProgram.from_module(farmer, 6)
    generator = np.random.default_rng(2)
    multipliers = bounds.project_multipliers(program.probabilities, generator.normal(0, 50, (6, 3)))
    root = np.array([150.0, 90.0, 240.0])
    answers = []
    for budget in (10**9, 0):
        priced = ScenarioPool(program, memory_budget_bytes=budget)
        fixed = ScenarioPool(program, memory_budget_bytes=budget)
        for _ in range(2):
            each = bounds.priced_bounds(program, range(6), multipliers, pool=priced).values
            costs = [solution.cost for solution in bounds.evaluate(program, range(6), root, pool=fixed)]
        answers.append([*each, *costs])
    assert answers[0] == pytest.approx(answers[1])


def test_pool_serves_one_purpose(farmer):
    program = PyomoProgram.from_module(farmer, 3)
    pool = ScenarioPool(program)
    bounds.evaluate(program, [0], np.array([170.0, 80.0, 250.0]), pool=pool)
    with pytest.raises(SolveError, match="pool"):
        bounds.priced_bounds(program, [0], np.zeros((1, 3)), pool=pool)


def test_unbounded_recourse_names_what_earns_it():
    program = newsvendor([10.0, 20.0], [0.5, 0.5])
    for scenario in program.scenarios:
        scenario.column_upper[:] = np.inf
        scenario.row_upper[:] = np.inf
    with pytest.raises(UnboundedError, match="x1"):
        bounds.evaluate(program, range(2), np.array([5.0]))


@pytest.mark.parametrize(("found", "counts"), [([0.0, 0.01, 0.01 - 9e-8], [0.0, 0.01, 0.01]), ([1.0, 0.01, 0.0], None)])
def test_a_row_broken_within_the_solvers_tolerance_is_solved_again(found: list[float], counts: list[float] | None):
    """Small numbers: ``x >= r = 0.01`` at 9e-8 below is within 1e-7 absolute and off by a hundred thousandth.

    The mending keeps the integer: with ``y = 1`` the second row, ``x >= 0.02 y`` with ``x <= 0.01``, cannot be kept.
    """
    rows = [[0.0, -1.0, 1.0], [-0.02, 0.0, 1.0]]
    program = linear_program(
        [0.0, 0.0, 2.0], rows, [0.0, 0.0], [np.inf] * 2, [0.0] * 3, [1.0, 1.0, 0.01], [True, False, False]
    )
    values = np.array(found)
    solution = Solution("optimal", 0.0, 0.0, values, None, None, 0.0, 0, 0)
    counted = bounds.scenario_solution(0, program, solution, np.array([1], dtype=np.int32), np.array([0.01]))
    if counts is None:
        assert counted is None
    else:
        assert counted is not None
        assert counted.values == pytest.approx(counts, rel=1e-12)
        assert counted.cost == pytest.approx(0.02, rel=1e-12)
