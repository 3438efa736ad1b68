"""Programs found by a review of the bounds: their optima by hand, or by a simplex method in fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from array_programs import ArrayProgram, linear_program
from reviewed_programs import (
    INF,
    at_which_highs_fails,
    first_columns,
    next_to_no_slope,
    one_open_column_a_proof_needs,
    one_scenario_next_to_impossible,
)

from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.decomposition.recourse import Recourse
from mes_stoch.solvers.extensive.algorithm import assemble, solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.subproblems.relaxation import ScenarioRelaxations


def wishes_of_four() -> ArrayProgram:
    """Three scenarios, two of which wish for what the third cannot use; all together do best at the third's wish."""
    whole = [False, True, False]
    one = linear_program(
        [-0.625, 1.75, -9.5],
        [[2.25, -0.875, -0.5], [0.125, -0.375, 0.125], [-0.125, 0.625, -1.0]],
        [-0.25, -0.1875, -INF],
        [-0.25, INF, -0.1875],
        [0.0, -1.0, 1.0],
        [1.0, 1.0, 2.0],
        whole,
    )
    two = linear_program(
        [-0.25, 1.625, -1.425],
        [[0.0, 0.0, 0.0], [-0.625, 0.125, 1.625], [-0.25, 1.625, -1.625]],
        [-0.25, -0.1875, 1.25],
        [INF, INF, 1.25],
        [0.0, -1.0, -4.0],
        [1.0, 1.0, INF],
        whole,
    )
    three = linear_program(
        [-1.5648595853788492, -1.4, 4.125],
        [[1.375, 0.0, 0.25], [0.0, 0.125, 0.375], [2.5, 0.5, -1.125]],
        [1.4375, 1.125, -INF],
        [INF, 1.125, -1.875],
        [0.0, 0.0, -INF],
        [1.0, 2.0, INF],
        whole,
    )
    return first_columns([one, two, three], [0.11762949894074785, 0.22576774136174244, 0.6566027596975096], 1)


def test_a_wish_beyond_a_rounds_number_is_tried_later():
    """Four wishes, of which a round tries three: the fourth was struck off, and is the optimum."""
    optimum = Fraction(33427303443448530191677573315406321, 5273426496949434310226285334364160)
    result = solve_decomposition(wishes_of_four(), SolveOptions(gap_rel=1e-6, time_limit_s=20.0))
    assert result is not None
    assert result.status == "gap_reached"
    assert result.root == pytest.approx([0.6], abs=1e-9)
    assert Fraction(result.lower) <= optimum <= Fraction(result.upper) + Fraction(1, 10**7)


def a_large_volume_at_next_to_nothing() -> ArrayProgram:
    """Columns ``r, v, z, y, w``: ``v`` earns 5e-8 a unit and reaches 1e9, beside costs of 1 to 4.

    ::

        r + z >= d          z + y + w >= 0.5          v + y + w <= 1e9          v - y + w <= 1e9

    ``r`` less by one saves 1 and asks for ``z`` at 4 in one scenario of two, where it saves ``y`` at 1: dearer by
    0.5. So ``r = 5, z = 0, y = 0.5, w = 0, v = 1e9 - 0.5`` in both.
    """
    scenarios = [
        linear_program(
            [1.0, -5e-8, 4.0, 1.0, 2.0],
            [
                [1.0, 0.0, 1.0, 0.0, 0.0],
                [0.0, 1.0, 0.0, 1.0, 1.0],
                [0.0, 1.0, 0.0, -1.0, 1.0],
                [0.0, 0.0, 1.0, 1.0, 1.0],
            ],
            [demand, -INF, -INF, 0.5],
            [INF, 1e9, 1e9, INF],
            [0.0] * 5,
            [10.0, 2e9, 10.0, 3.0, 3.0],
        )
        for demand in (3.0, 5.0)
    ]
    return first_columns(scenarios, [0.5, 0.5], 1)


@pytest.mark.parametrize("cold", [False, True])
def test_hedging_takes_no_objective_for_a_bound(cold):
    program = a_large_volume_at_next_to_nothing()
    cost = Fraction(11, 2) - Fraction(5e-8) * (Fraction(10**9) - Fraction(1, 2))
    result = solve_ph(program, SolveOptions(gap_rel=1e-6, iteration_limit=4, time_limit_s=20.0, cold_start=cold))
    assert result is not None
    assert result.bound_kind == "safe"
    assert Fraction(result.lower) <= cost
    assert all(point.lower <= float(cost) for point in result.trace)


def test_a_run_that_fails_is_made_again_without_presolve():
    program, optimum = at_which_highs_fails()
    form = assemble(program)
    assert HighsModel(form.program).run().objective / form.scale == pytest.approx(float(optimum), rel=1e-9)
    result = solve_extensive(program, SolveOptions(gap_rel=1e-6))
    assert Fraction(result.lower) <= optimum <= Fraction(result.upper) * (1 + Fraction(1, 10**7))


def test_a_scenario_the_solver_fails_at_leaves_its_bound_as_it_was():
    """The bounds of scenarios that count close the gap."""
    program, optimum = one_scenario_next_to_impossible()
    result = solve_decomposition(program, SolveOptions(gap_rel=1e-6, time_limit_s=20.0))
    assert result is not None
    assert result.status == "gap_reached"
    assert Fraction(result.lower) <= optimum <= Fraction(result.upper) + Fraction(1, 10**7)


def test_a_failing_solver_proves_nothing(monkeypatch: pytest.MonkeyPatch):
    program, _ = one_scenario_next_to_impossible()
    recourse = Recourse(program, ScenarioRelaxations(program))

    def fail(*arguments: object) -> None:
        raise SolveError("HiGHS ended with status 'Solve error'")

    monkeypatch.setattr(HighsModel, "run", fail)
    assert recourse.branched(0, np.zeros(1), math.inf) == bounds.Proven(-math.inf, "solver")
    known = np.zeros(3)
    assert recourse.least_cost(0, np.zeros(1), known, 1e-6, Stop()) == bounds.Proven(-math.inf, "solver")


@pytest.mark.parametrize("made", [one_open_column_a_proof_needs, next_to_no_slope])
def test_duals_are_drawn_to_the_best_point_that_leaves_open_columns_a_cost(made):
    """Drawn to just any point the bound was -2.2e11 where the optimum is 2.3e9."""
    program, optimum = made()
    result = solve_extensive(program, SolveOptions(gap_rel=1e-6))
    assert result.bound_kind == "safe"
    assert 0 <= optimum - Fraction(result.lower) <= optimum / 10**9


@pytest.mark.parametrize("solve", [solve_extensive, solve_decomposition])
def test_no_bound_is_safe_whose_sign_rounding_decides(solve):
    """An order without limit at prices whose exact mean is below zero, and above it as it is rounded."""
    probabilities = [0.4277963578297323, 0.07005789794123288, 0.5021457442290349]
    prices = [-0.4, 0.8, 0.2291610077380657]
    exact = sum(Fraction(weight) * Fraction(price) for weight, price in zip(probabilities, prices, strict=True))
    assert exact < 0 <= sum(weight * price for weight, price in zip(probabilities, prices, strict=True))
    scenarios = [
        linear_program([price, 2.0], [[1.0, 1.0]], [demand], [INF], [0.0, 0.0], [INF, INF])
        for price, demand in zip(prices, (3.0, 5.0, 4.0), strict=True)
    ]
    result = solve(first_columns(scenarios, probabilities, 1), SolveOptions(gap_rel=1e-6, time_limit_s=20.0))
    assert result is not None
    assert result.lower == -math.inf or result.bound_kind == "solver"
