"""The HiGHS layer against programs solved by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from array_programs import hard_knapsack, linear_program

from mes_stoch.schema.errors import SolveError
from mes_stoch.solve import highs

INF = math.inf


def production(integer: bool = False):
    """max 3x + 2y, x + y <= 4, x + 3y <= 8, x <= 3: optimum 11 at (3, 1), duals 2 and 0, reduced cost of x 1."""
    return linear_program(
        [-3.0, -2.0], [[1, 1], [1, 3]], [-INF, -INF], [4, 8], [0, 0], [3, INF], [integer, integer], offset=100.0
    )


def test_linear_program_by_hand():
    solution = highs.solve(production())
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(89.0)
    assert solution.dual_bound == pytest.approx(89.0)
    assert solution.values == pytest.approx([3, 1])
    assert solution.row_dual == pytest.approx([-2, 0])
    assert solution.column_dual == pytest.approx([-1, 0])
    assert solution.mip_gap == 0.0


def test_row_dual_is_the_change_of_cost_per_unit_of_the_right_hand_side():
    model = highs.HighsModel(production())
    before = model.run()
    model.change_row_bounds(np.array([0]), np.array([-INF]), np.array([4.1]))
    assert model.run().objective - before.objective == pytest.approx(0.1 * before.row_dual[0])


def test_mixed_integer_program_has_a_dual_bound_and_no_duals():
    knapsack = linear_program([-5, -4, -3], [[2, 3, 1]], [-INF], [5], [0] * 3, [1] * 3, [True] * 3)
    solution = highs.solve(knapsack)
    assert solution.objective == pytest.approx(-9.0)
    assert -9.0 - 1e-6 <= solution.dual_bound <= solution.objective
    assert solution.row_dual is None
    assert solution.column_dual is None


def test_relaxation_is_cheaper_than_the_integer_program():
    knapsack = linear_program([-5, -4], [[2, 3]], [-INF], [4], [0, 0], [1, 1], [True, True])
    assert highs.solve(knapsack).objective == pytest.approx(-5)
    relaxed = highs.solve(knapsack, relax=True)
    assert relaxed.objective == pytest.approx(-5 - 4 * 2 / 3)
    assert relaxed.row_dual == pytest.approx([-4 / 3])


@pytest.mark.parametrize("integer", [False, True])
def test_infeasible_is_told_from_unbounded(integer):
    kind = [integer, integer]
    infeasible = linear_program([-1, 0], [[1, 1], [1, 1]], [5, -INF], [INF, 4], [0, 0], [INF, INF], kind)
    unbounded = linear_program([-1, 0], [[1, -1]], [-INF], [4], [0, 0], [INF, INF], kind)
    both = linear_program([-1, 0], [[1, -1], [0, 1], [0, 1]], [-INF, 3, -INF], [4, INF, 2], [0, 0], [INF, INF], kind)
    assert highs.solve(infeasible).status == "infeasible"
    assert highs.solve(both).status == "infeasible"
    solution = highs.solve(unbounded)
    assert solution.status == "unbounded"
    assert math.isnan(solution.objective)
    assert solution.dual_bound == -INF
    assert solution.ray is not None
    # Along the ray the cost falls and the row still holds.
    assert solution.ray[0] > 0
    assert solution.ray[0] - solution.ray[1] <= 1e-9


def test_program_without_rows():
    box = linear_program([1.0, -1.0], [], [], [], [2, 0], [5, 7], offset=1.0)
    solution = highs.solve(box)
    assert solution.objective == pytest.approx(2 - 7 + 1)
    assert solution.values == pytest.approx([2, 7])


def test_persistent_model_keeps_its_basis_and_follows_changes():
    generator = np.random.default_rng(3)
    count = 60
    matrix = generator.uniform(0, 1, (count, count))
    program = linear_program(
        list(-generator.uniform(1, 2, count)), matrix.tolist(), [-INF] * count, [10.0] * count, [0] * count, [3] * count
    )
    model = highs.HighsModel(program)
    first = model.run()
    assert first.simplex_iterations > 10
    assert model.run().simplex_iterations == 0
    cost = program.cost[:2] * 1.01
    model.change_costs(np.array([0, 1]), cost)
    warm = model.run()
    cold_program = linear_program(
        [*cost, *program.cost[2:]], matrix.tolist(), [-INF] * count, [10.0] * count, [0] * count, [3] * count
    )
    assert warm.objective == pytest.approx(highs.solve(cold_program).objective)
    assert warm.simplex_iterations < first.simplex_iterations
    model.clear_solver()
    assert model.run().simplex_iterations > 10


def test_basis_can_be_carried_to_another_model():
    model = highs.HighsModel(production())
    model.run()
    other = highs.HighsModel(production())
    other.set_basis(model.basis())
    assert other.run().simplex_iterations == 0


def test_added_columns_and_rows():
    model = highs.HighsModel(production())
    added = model.add_columns(np.array([-10.0]), np.array([0.0]), np.array([INF]))
    assert added.tolist() == [2]
    rows = model.add_rows(np.array([-INF]), np.array([0.5]), np.array([0]), np.array([0, 2]), np.array([0.1, 1.0]))
    assert rows.tolist() == [2]
    # x stays at its bound 3, so the new column may be 0.2.
    assert model.run().objective == pytest.approx(89 - 2)


def test_unknown_option_and_wrong_value_are_errors():
    model = highs.HighsModel(production())
    with pytest.raises(SolveError, match="no option 'mip_gap'"):
        model.set_option("mip_gap", 0.1)
    with pytest.raises(SolveError, match="refuses"):
        model.set_option("presolve", "perhaps")


def test_time_limit_counts_each_run_anew_and_proves_nothing_for_a_stopped_linear_program():
    model = highs.HighsModel(production())
    stopped = model.run(time_limit_s=0.0)
    assert stopped.status in ("time_limit", "optimal")
    if stopped.status == "time_limit":
        assert stopped.dual_bound == -INF
    for _ in range(3):
        assert model.run(time_limit_s=5.0).status == "optimal"


def test_stopped_mixed_integer_program_keeps_a_valid_bound():
    program = hard_knapsack()
    stopped = highs.solve(program, time_limit_s=0.2, options={"mip_rel_gap": 0.0})
    relaxed = highs.solve(program, relax=True)
    assert stopped.status == "time_limit"
    assert stopped.values is not None
    assert relaxed.objective - 1e-6 <= stopped.dual_bound < stopped.objective


def test_threads_may_change_between_models():
    assert highs.solve(production(), threads=2).status == "optimal"
    assert highs.solve(production(), threads=1).status == "optimal"
