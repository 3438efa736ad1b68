"""What a search is worth where a solver takes a small price for none; optima by hand."""

from __future__ import annotations

import numpy as np
import pytest
from solvers.array_programs import ArrayProgram, linear_program

from mes_stoch.model.program import RootStage
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.extensive.algorithm import assemble, solve_extensive
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.highs.scaling import scaling_for
from mes_stoch.solvers.proofs.propagation import own_box
from mes_stoch.solvers.proofs.search_bounds import SearchBounds, row_reach

ENGINES = {"ef": solve_extensive, "decomposition": solve_decomposition}


def little_earned_often(whole: bool) -> ArrayProgram:
    """Cover 3 or 5 by ``r`` bought in advance at 1 and ``z`` at 4; ``v`` earns 5e-8 a unit, a thousand million of it.

    ``v + y + w <= 1e9``, ``v - y + w <= 1e9``, ``z + y + w >= 0.5``; y, whole in the second case, costs 1, w costs 2.
    """
    scenarios = [
        linear_program(
            [1.0, -5e-8, 4.0, 1.0, 2.0],
            [[1, 0, 1, 0, 0], [0, 1, 0, 1, 1], [0, 1, 0, -1, 1], [0, 0, 1, 1, 1]],
            [demand, -np.inf, -np.inf, 0.5],
            [np.inf, 1e9, 1e9, np.inf],
            [0.0] * 5,
            [10.0, 2e9, 10.0, 3.0, 3.0],
            [False, False, False, whole, False],
        )
        for demand in (3.0, 5.0)
    ]
    root = RootStage(np.array([0], dtype=np.int32), ("r",), np.array([True]), np.ones(1))
    return ArrayProgram(scenarios, np.array([0.5, 0.5]), root)


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize("whole", [False, True])
def test_a_small_price_times_a_large_volume_counts(method, whole):
    """Half a unit must come from y, w or z, and 1e9 of v earns 50.

    With y half: 5 + 0.5 - 5e-8 (1e9 - 0.5) = -44.499999975. Whole: r = 4.5 leaves 0.5 to z where 5 are asked for, at
    2, and nothing of y, v = 1e9; where 3 are, w = 0.5 at 1 and v = 1e9 - 0.5: 4.5 + (2 + 1) / 2 - 50 + 1.25e-8.
    """
    optimum = -43.9999999875 if whole else -44.499999975
    result = ENGINES[method](little_earned_often(whole), SolveOptions(gap_rel=1e-6, time_limit_s=20.0))
    assert result is not None
    assert result.lower <= optimum + 1e-11
    assert result.upper >= optimum - 1e-11
    assert result.gap_rel <= 1e-6


def test_the_allowance_grows_with_what_columns_reach():
    """x in [0, 3], y in [0, 2e9] but for its row at most 7 - 2x, n in {0, 1}; rows: at most, equal, between.

    Columns 3 + 7 + 1; rows 2 * 3 + 7, none, and 1 + 3 but no more than 0.5.
    """
    program = linear_program(
        [1.0, -1.0, 1.0],
        [[2.0, 1.0, 0.0], [1.0, 0.0, 2.0], [1.0, 0.0, 1.0]],
        [-np.inf, 2.0, 1.0],
        [7.0, 2.0, 1.5],
        [0.0, 0.0, 0.0],
        [3.0, 2e9, 1.0],
        [False, False, True],
    )
    model = HighsModel(program)
    solution = model.run()
    assert solution.values is not None
    # x = 0, n = 1, y = 7: terms of 7 and 1
    assert solution.values.tolist() == pytest.approx([0.0, 7.0, 1.0])
    taken = SearchBounds().allowance(program, solution, model, own_box(program))
    assert taken == pytest.approx(1e-9 * 8 + 2e-6 + 1e-10 * (3 + 7 + 1 + 13 + 0.5), rel=1e-6)
    assert row_reach(program, np.array([3.0, 7.0, 1.0])).tolist() == [13.0, 0.0, 0.5]


def test_columns_that_cost_next_to_nothing_are_scaled():
    """5e-8 a unit of up to 2e9; as it is where the volume is small, or the price common."""
    program = assemble(little_earned_often(whole=True)).program
    factors = scaling_for(program).of_columns(slice(None))
    small = np.abs(program.cost) < 1e-6
    assert np.all(factors[small] > 2.0**8)
    assert np.all(factors[program.integer] == 1.0)
    program.column_upper[small] = 10.0
    assert scaling_for(program).is_none
