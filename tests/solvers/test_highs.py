"""The HiGHS layer against programs solved by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from array_programs import hard_knapsack, linear_program

from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.highs import model as highs

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


def test_unknown_option_is_an_error():
    with pytest.raises(SolveError, match="no option 'mip_gap'"):
        highs.HighsModel(production()).set_option("mip_gap", 0.1)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        pytest.param("presolve", "perhaps", "one of its words", id="unknown word"),
        pytest.param("presolve", True, "one of its words", id="truth value for a word"),
        pytest.param("threads", "two", "a whole number", id="word for a whole number"),
        pytest.param("threads", 1.5, "a whole number", id="fraction for a whole number"),
        pytest.param("threads", -1, "a whole number", id="below its limit"),
        pytest.param("simplex_scale_strategy", 99, "a whole number", id="above its limit"),
        pytest.param("threads", 2**40, "a whole number", id="beyond 32 bits"),
        pytest.param("mip_rel_gap", "small", "a number", id="word for a number"),
        pytest.param("mip_rel_gap", -0.1, "a number", id="number below its limit"),
        pytest.param("mip_rel_gap", math.nan, "a number", id="not a number"),
        pytest.param("mip_rel_gap", None, "a number", id="nothing"),
        pytest.param("output_flag", "maybe", "True or False", id="word for a truth value"),
        pytest.param("output_flag", 1, "True or False", id="number for a truth value"),
    ],
)
def test_wrong_option_value_is_a_clear_error_and_changes_nothing(capfd, name, value, kind):
    model = highs.HighsModel(production())
    before = model._highs.getOptionValue(name)
    with pytest.raises(SolveError, match=f"refuses .* for option '{name}': it must be {kind}"):
        model.set_option(name, value)
    assert model._highs.getOptionValue(name) == before
    # HiGHS itself stays silent: the message is the project's own
    assert capfd.readouterr() == ("", "")


def test_option_values_of_numpy_are_taken():
    model = highs.HighsModel(production(), options={"mip_rel_gap": np.float64(0.25), "mip_max_nodes": np.int64(7)})
    assert model._highs.getOptionValue("mip_rel_gap")[1] == 0.25
    assert model._highs.getOptionValue("mip_max_nodes")[1] == 7


@pytest.mark.parametrize(
    ("call", "action"),
    [
        pytest.param(lambda m: m.change_costs(np.array([7]), np.array([1.0])), "changing costs", id="costs"),
        pytest.param(
            lambda m: m.change_column_bounds(np.array([7]), np.array([0.0]), np.array([1.0])),
            "changing column bounds",
            id="column bounds",
        ),
        pytest.param(
            lambda m: m.change_row_bounds(np.array([7]), np.array([0.0]), np.array([1.0])),
            "changing row bounds",
            id="row bounds",
        ),
        pytest.param(
            lambda m: m.change_integrality(np.array([7]), np.array([True])), "changing integrality", id="integrality"
        ),
        pytest.param(
            lambda m: m.add_rows(np.array([0.0]), np.array([1.0]), np.array([0]), np.array([7]), np.array([1.0])),
            "adding rows",
            id="rows",
        ),
        pytest.param(
            lambda m: m.add_columns(np.array([0.0]), np.array([math.inf]), np.array([math.inf])),
            "adding columns",
            id="columns",
        ),
        pytest.param(lambda m: m.set_start(np.array([7]), np.array([1.0])), "setting a start solution", id="start"),
        pytest.param(
            lambda m: m.pass_program(linear_program([1.0], [[math.inf]], [0], [1], [0], [1])),
            "passing the model",
            id="infinite coefficient",
        ),
    ],
)
def test_calls_that_highs_refuses_are_errors(call, action):
    with pytest.raises(SolveError, match=f"failed while {action}"):
        call(highs.HighsModel(production()))


def test_basis_of_another_shape_is_refused():
    small = linear_program([1.0], [[1.0]], [1], [INF], [0], [INF])
    model = highs.HighsModel(small, options={"presolve": "off"})
    model.run()
    with pytest.raises(SolveError, match="setting the basis"):
        highs.HighsModel(production()).set_basis(model.basis())


def test_basis_before_any_run_changes_nothing():
    fresh, model = highs.HighsModel(production()), highs.HighsModel(production())
    model.run()
    model.set_basis(fresh.basis())
    assert model.run().simplex_iterations == 0


@pytest.mark.parametrize("integer", [False, True])
def test_costs_and_presolve_survive_the_search_for_a_reason(integer):
    """An unbounded program, bounded afterwards, has the optimum of its own costs: max x with x - y <= 4, y <= 2."""
    unbounded = linear_program([-1, 0], [[1, -1]], [-INF], [4], [0, 0], [INF, INF], [integer, integer])
    model = highs.HighsModel(unbounded)
    assert model.run().status == "unbounded"
    model.change_column_bounds(np.array([1]), np.array([0.0]), np.array([2.0]))
    assert model.run().objective == pytest.approx(-6)
    assert model._highs.getOptionValue("presolve")[1] == "choose"


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
