"""Programs found by a review of the bounds: their optima by hand, or by a simplex method in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from array_programs import ArrayProgram, linear_program

from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.solve.decomposition import solve_decomposition
from mes_stoch.solve.progressive_hedging import solve_ph
from mes_stoch.solve.result import SolveOptions

INF = np.inf


def one_root_column(scenarios: list[LinearProgram], probabilities: list[float]) -> ArrayProgram:
    """The first column is the commitment."""
    root = RootStage(np.array([0], dtype=np.int32), ("root",), np.array([True]), np.array([1.0]))
    return ArrayProgram(scenarios, np.array(probabilities), root)


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
    return one_root_column([one, two, three], [0.11762949894074785, 0.22576774136174244, 0.6566027596975096])


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
    return one_root_column(scenarios, [0.5, 0.5])


@pytest.mark.parametrize("cold", [False, True])
def test_hedging_takes_no_objective_for_a_bound(cold):
    program = a_large_volume_at_next_to_nothing()
    cost = Fraction(11, 2) - Fraction(5e-8) * (Fraction(10**9) - Fraction(1, 2))
    result = solve_ph(program, SolveOptions(gap_rel=1e-6, iteration_limit=4, time_limit_s=20.0, cold_start=cold))
    assert result is not None
    assert result.bound_kind == "safe"
    assert Fraction(result.lower) <= cost
    assert all(point.lower <= float(cost) for point in result.trace)
