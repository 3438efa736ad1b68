"""Programs found by a review of the bounds: their optima by hand, or by a simplex method in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from array_programs import ArrayProgram, linear_program

from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.solve.decomposition import solve_decomposition
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
