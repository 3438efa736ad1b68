"""Safe bounds: never above the optimum whatever the duals, and as good as the duals are."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog
from solvers.array_programs import linear_program

from mes_stoch.model.program import FloatArray, LinearProgram
from mes_stoch.solvers.proofs.interior_dual import interior_dual
from mes_stoch.solvers.proofs.outward import total_down, total_up
from mes_stoch.solvers.proofs.propagation import Propagation
from mes_stoch.solvers.proofs.safe_bounds import SafeBounds

INF = np.inf


@pytest.mark.parametrize("count", [1, 7, 500, 513, 4000])
def test_sums_enclose_the_exact_one(count: int) -> None:
    generator = np.random.default_rng(count)
    terms = generator.normal(size=count) * 10.0 ** generator.uniform(-9, 9, count)
    exact = sum(Fraction(value) for value in terms.tolist())
    assert Fraction(total_down(terms)) <= exact <= Fraction(total_up(terms))
    sizes = float(np.abs(terms).sum())
    assert total_up(terms) - total_down(terms) <= 4 * (count + 2) * 2.0**-52 * sizes


def test_a_sum_that_is_no_number_proves_nothing() -> None:
    assert total_down(np.array([1.0, np.inf])) == -INF
    assert total_down(np.array([1.0, np.nan])) == -INF


# -- derived bounds ---------------------------------------------------------------------------------------------------


def test_a_row_bounds_its_last_column() -> None:
    # 2 x - y <= 3, -1 <= y <= 5: x <= 4; the other side stays open
    program = linear_program([1, 0], [[2, -1]], [-INF], [3], [-INF, -1], [INF, 5])
    box = Propagation().box(program)
    assert box.upper[0] == pytest.approx(4.0, abs=1e-12)
    assert box.upper[0] >= 4.0
    assert box.lower[0] == -INF
    assert box.unbounded.tolist() == [0]


def test_bounds_pass_from_row_to_row() -> None:
    # x0 in [0, 1] bounds x1 = 3 x0 + 1, which bounds x2 = x1 - x0: 3 x0 + 1 - x0, row by row [1, 4] - [0, 1]
    program = linear_program([0, 0, 1], [[-3, 1, 0], [1, -1, 1]], [1, 0], [1, 0], [0, -INF, -INF], [1, INF, INF])
    box = Propagation().box(program)
    np.testing.assert_allclose(box.lower, [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(box.upper, [1, 4, 4], atol=1e-12)
    assert np.all(box.lower <= [0, 1, 0])
    assert np.all(box.upper >= [1, 4, 4])


def test_long_and_short_are_not_both_large() -> None:
    # long - short = q in [-2, 3]; together they cost 1 a unit, so one of them is zero: long <= 3, short <= 2
    program = linear_program([4, -3, 0], [[1, -1, -1]], [0], [0], [0, 0, -2], [INF, INF, 3])
    box = Propagation().box(program)
    np.testing.assert_allclose(box.upper[:2], [3, 2], atol=1e-12)
    # where both together earn money the program is unbounded, and nothing may be derived
    assert Propagation().box(replace(program, cost=np.array([3.0, -4.0, 0.0]))).unbounded.tolist() == [0, 1]


def test_a_penalty_is_no_larger_than_its_rows_ask() -> None:
    # worst >= miss_t, t = 1, 2, miss <= 0.5 and 0.75, at a price: worst <= 0.75 without loss
    program = linear_program([1, -1, -1], [[-1, 1, 0], [-1, 0, 1]], [-INF, -INF], [0, 0], [0, 0, 0], [INF, 0.5, 0.75])
    assert Propagation().box(program).upper[0] == pytest.approx(0.75, abs=1e-12)
    # a reward for it, or a first stage that decides it, is no reason to keep it small
    assert Propagation().box(replace(program, cost=np.array([-1.0, -1, -1]))).unbounded.tolist() == [0]
    assert Propagation(np.array([0], dtype=np.int32)).box(program).unbounded.tolist() == [0]


def test_later_programs_of_a_pattern_get_bounds_of_their_own() -> None:
    program = linear_program([1, 0], [[2, -1], [1, 1]], [-INF, -INF], [3, 9], [0, -1], [INF, 5])
    propagation = Propagation()
    assert propagation.box(program).upper[0] == pytest.approx(4.0)
    other = replace(program, row_upper=np.array([-1.0, 9.0]))
    assert propagation.box(other).upper[0] == pytest.approx(2.0)
    # the first row says nothing of x this time; the second does
    changed = other.matrix.copy()
    changed.data = np.array([0.0, 1.0, -1.0, 1.0])
    assert propagation.box(replace(other, matrix=changed)).upper[0] == pytest.approx(10.0)
    # signs turned: -2 x - y <= -1 bounds x from below alone
    changed = other.matrix.copy()
    changed.data = np.array([-2.0, 1.0, -1.0, 1.0])
    assert propagation.box(replace(other, matrix=changed)).upper[0] == pytest.approx(10.0)


# -- bounds -----------------------------------------------------------------------------------------------------------


def diet(scale: float = 1.0) -> LinearProgram:
    """min 2 x + 3 y, x + y >= 4, x <= 3: x = 3, y = 1, cost 9 with duals (3); y has no upper bound."""
    return linear_program([2 * scale, 3 * scale], [[1, 1]], [4], [INF], [0, 0], [3, INF])


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e9])
def test_duals_of_the_optimum_prove_it(scale: float) -> None:
    found = SafeBounds().bound(diet(scale), np.array([3.0 * scale]))
    assert found.kind == "safe"
    assert 9.0 * scale * (1 - 1e-14) <= found.offset <= 9.0 * scale


@pytest.mark.parametrize(("dual", "value"), [(0.0, 0.0), (2.0, 8.0), (2.5, 8.5), (-1.0, 0.0)])
def test_any_dual_proves_what_it_proves(dual: float, value: float) -> None:
    # 4 y + min 0..3 (2 - y) x1, the second column at its lower bound; a negative dual is worth nothing
    assert SafeBounds().bound(diet(), np.array([dual])).offset == pytest.approx(value, abs=1e-12)


def test_a_dual_just_too_large_costs_next_to_nothing() -> None:
    found = SafeBounds().bound(diet(), np.array([3.0 + 1e-8]))
    assert found.kind == "safe"
    assert 9.0 - 1e-6 < found.offset <= 9.0


def test_numbers_that_are_none_prove_nothing() -> None:
    assert SafeBounds().bound(diet(), np.array([np.nan])).offset == -INF


def test_a_column_without_bound_is_listed_and_the_bound_says_so() -> None:
    # x free at no cost, x - y = 0 with y free: nothing derives a bound, and the dual is a little off
    program = linear_program([1, 1, -2], [[1, 0, -1], [0, 1, -1]], [1, 0], [1, 0], [-INF] * 3, [INF] * 3)
    found = SafeBounds(interior=interior_dual).bound(program, np.array([1.0, 1.0 + 1e-12]), point=np.array([1.0, 0, 0]))
    assert found.kind == "solver"
    assert set(found.missing.tolist()) == {1, 2}
    assert found.offset == pytest.approx(1.0, abs=1e-8)


def test_duals_are_drawn_inwards_where_zero_is_no_dual_point() -> None:
    # min -x + 3 y, x - 2 y <= 2, x, y >= 0: x = 2 y + 2, cost -2 + y, so -2; dual point in (-1.5, -1), 0 is none
    program = linear_program([-1, 3], [[1, -2]], [-INF], [2], [0, 0], [INF, INF])
    dual = np.array([-1.0 + 1e-10])
    assert SafeBounds().bound(program, dual).kind == "solver"
    found = SafeBounds(interior=interior_dual).bound(program, dual)
    assert found.kind == "safe"
    assert -2.0 - 1e-6 < found.offset <= -2.0


def test_an_unbounded_program_has_no_bound() -> None:
    program = linear_program([-1, 0], [[1, -1]], [-INF], [2], [0, 0], [INF, INF])
    found = SafeBounds(interior=interior_dual).bound(program, np.array([-1.0]), point=np.array([2.0, 0.0]))
    assert found.kind == "solver" or found.offset == -INF


def test_a_branch_narrows_the_box() -> None:
    program = diet()
    safe = SafeBounds()
    box = safe.box(program)
    narrow = replace(box, upper=np.minimum(box.upper, [1.0, INF]))
    # x <= 1, y = 3: 11
    assert safe.bound(program, np.array([3.0]), box=narrow).offset == pytest.approx(11.0)


# -- cuts -------------------------------------------------------------------------------------------------------------


def test_a_cut_lies_below_the_cost_everywhere() -> None:
    # min 10 u given r: u + r >= 3, 0 <= r <= 5: 10 max(3 - r, 0); at r = 1 the dual is 10
    program = linear_program([0, 10], [[1, 1]], [3], [INF], [0, 0], [5, INF])
    kept = np.array([0], dtype=np.int32)
    cut = SafeBounds(kept).cut(program, np.array([10.0]), kept)
    assert cut.kind == "safe"
    assert cut.at(np.array([1.0])) == pytest.approx(20.0)
    assert cut.at(np.array([5.0])) == pytest.approx(-20.0)
    other = SafeBounds(kept).cut(program, np.array([10.0]), kept, gradient=np.array([-12.0]))
    # 30 + min over r of (-10 + 12) r at r = 0
    assert other.at(np.array([1.0])) == pytest.approx(18.0)


def test_a_dual_direction_says_where_nothing_is_feasible() -> None:
    # u + r >= 3, u <= 1, so r >= 2: 3 - r - 1 <= 0
    program = linear_program([0, 10], [[1, 1]], [3], [INF], [0, 0], [5, 1])
    kept = np.array([0], dtype=np.int32)
    cut = SafeBounds(kept).cut(program, np.array([1.0]), kept, cost=np.zeros(2))
    assert cut.at(np.array([1.5])) == pytest.approx(0.5)
    assert cut.at(np.array([2.0])) <= 0.0


def test_bounds_of_random_programs_never_pass_the_exact_optimum() -> None:
    """Optima planted in whole numbers, so they are exact; duals right, perturbed, and drawn at random."""
    generator = np.random.default_rng(4)
    tight = 0
    for _ in range(300):
        program, dual, optimum = planted(generator)
        safe = SafeBounds(interior=interior_dual)
        exact = safe.bound(program, dual)
        for duals in (dual * (1 + 1e-7 * generator.normal(size=len(dual))), generator.normal(size=len(dual))):
            found = safe.bound(program, duals)
            assert found.kind == "solver" or Fraction(found.offset) <= optimum if np.isfinite(found.offset) else True
        assert exact.kind == "safe"
        assert Fraction(exact.offset) <= optimum
        tight += exact.offset >= float(optimum) - 1e-9 * max(1.0, abs(float(optimum)))
    assert tight > 250


def planted(generator: np.random.Generator) -> tuple[LinearProgram, FloatArray, Fraction]:
    """A program with a primal and a dual point in whole numbers that complement each other, scaled by powers of two."""
    rows, columns = int(generator.integers(1, 6)), int(generator.integers(1, 9))
    matrix = generator.integers(-3, 4, (rows, columns)).astype(float)
    point = generator.integers(-4, 5, columns).astype(float)
    row_scale = 2.0 ** generator.integers(-30, 31, rows)
    money = 2.0 ** float(generator.integers(-30, 31))
    activity = matrix @ point
    kind = generator.integers(0, 3, rows)
    dual = np.where(kind == 0, generator.integers(-5, 6, rows), 0.0)
    dual = np.where(kind == 1, generator.integers(0, 6, rows), dual)
    row_lower = np.where(kind == 2, activity - generator.integers(1, 4, rows), activity)
    row_upper = np.where(kind == 0, activity, INF)
    place = generator.integers(0, 3, columns)
    reduced = np.where(place == 0, 0.0, np.where(place == 1, 1.0, -1.0) * generator.integers(0, 5, columns))
    lower = np.where(place == 1, point, point - generator.integers(1, 5, columns))
    upper = np.where(place == 2, point, np.where(generator.random(columns) < 0.4, INF, point + 3))
    cost = matrix.T @ dual + reduced
    optimum = Fraction(float(cost @ point)) * Fraction(money)
    program = LinearProgram(
        matrix=sp.csc_array(matrix * row_scale[:, None]),
        cost=cost * money,
        offset=0.0,
        row_lower=row_lower * row_scale,
        row_upper=row_upper * row_scale,
        column_lower=lower,
        column_upper=upper,
        integer=np.zeros(columns, dtype=bool),
    )
    return program, dual * money / row_scale, optimum


def test_planted_optima_are_optima() -> None:
    generator = np.random.default_rng(4)
    for _ in range(30):
        program, _, optimum = planted(generator)
        unit = float(np.abs(program.cost).max()) or 1.0
        both = np.concatenate([program.row_lower, -program.row_upper])
        rows = np.vstack([program.matrix.toarray(), -program.matrix.toarray()])
        size = np.abs(rows).max(axis=1)
        kept = np.isfinite(both) & (size > 0)
        found = linprog(
            program.cost / unit,
            A_ub=-rows[kept] / size[kept, None],
            b_ub=-both[kept] / size[kept],
            bounds=np.column_stack([program.column_lower, program.column_upper]),
        )
        assert found.status == 0
        assert found.fun * unit == pytest.approx(float(optimum), rel=1e-7, abs=1e-7 * unit)


def test_derived_bounds_leave_the_optimum_where_it_is() -> None:
    """Random programs with penalties, pairs and free columns, solved by SciPy with and without the derived box."""
    generator = np.random.default_rng(9)
    derived = 0
    for _ in range(120):
        program = _with_open_columns(generator)
        box = Propagation().box(program)
        derived += int(np.isinf(program.column_upper).sum() - np.isinf(box.upper).sum())
        without = _least(program, program.column_lower, program.column_upper)
        within = _least(program, box.lower, box.upper)
        assert (without is None) == (within is None)
        if without is not None and within is not None:
            assert within == pytest.approx(without, rel=1e-7, abs=1e-7)
    assert derived > 400


def _with_open_columns(generator: np.random.Generator) -> LinearProgram:
    rows, own = int(generator.integers(2, 5)), int(generator.integers(2, 5))
    body = np.where(generator.random((rows, own)) < 0.7, generator.integers(-2, 4, (rows, own)), 0)
    matrix = np.hstack([body, np.eye(rows), -np.eye(rows)])
    need = generator.integers(-4, 6, rows).astype(float)
    kind = generator.integers(0, 3, rows)
    return linear_program(
        [*generator.integers(-3, 4, own), *generator.integers(0, 9, 2 * rows)],
        matrix.tolist(),
        np.where(kind == 1, -INF, need).tolist(),
        np.where(kind == 0, INF, need).tolist(),
        [-1.0] * own + [0.0] * (2 * rows),
        np.where(generator.random(own) < 0.5, 3.0, INF).tolist() + [INF] * (2 * rows),
    )


def _least(program: LinearProgram, lower: FloatArray, upper: FloatArray) -> float | None:
    rows, lows, highs = program.matrix.toarray(), np.isfinite(program.row_lower), np.isfinite(program.row_upper)
    found = linprog(
        program.cost,
        A_ub=np.vstack([-rows[lows], rows[highs]]),
        b_ub=np.concatenate([-program.row_lower[lows], program.row_upper[highs]]),
        bounds=np.column_stack([lower, upper]),
    )
    # an unbounded program must not become a bounded one by what is called without loss
    return float(found.fun) if found.status == 0 else None
