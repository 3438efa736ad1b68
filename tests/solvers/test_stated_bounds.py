"""Bounds that mean whole numbers, first stages that scenarios bound differently, and units that run while off.

Optima are worked out by hand in the docstrings.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from solvers.array_programs import ArrayProgram, linear_program

from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs import primal_check
from mes_stoch.solvers.proofs.stated_bounds import common_root_bounds, with_whole_bounds
from mes_stoch.solvers.subproblems.nearest import NearestRoot

INF = np.inf
ENGINES = {"ef": solve_extensive, "decomposition": solve_decomposition, "ph": solve_ph}


def two_stage(scenarios: list[LinearProgram]) -> ArrayProgram:
    """One root column, scenarios alike in probability."""
    column, consensus = np.array([0], dtype=np.int32), np.array([True])
    root = RootStage(column, ("r",), consensus, np.ones(1), NearestRoot(scenarios[0], column, consensus))
    return ArrayProgram(scenarios, np.full(len(scenarios), 1 / len(scenarios)), root)


def solve(method: str, program: ArrayProgram) -> EngineResult:
    result = ENGINES[method](program, SolveOptions(gap_rel=1e-6, iteration_limit=4, time_limit_s=20.0))
    assert result is not None
    return result


# -- a unit that runs while it is off ---------------------------------------------------------------------------------


def switched(demand: float, factor: float, most_units: float) -> LinearProgram:
    """``r + u + w >= demand``, ``u <= factor n``; n costs 1,000, r 30,000, w 100,000; a level of 1,000 elsewhere."""
    return linear_program(
        cost=[3e4, 0.0, 1000.0, 1e5, 0.0],
        rows=[[1.0, 1.0, 0.0, 1.0, 0.0], [0.0, 1.0, -factor, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0]],
        row_lower=[demand, -INF, 1000.0],
        row_upper=[INF, 0.0, INF],
        lower=[0.0] * 5,
        upper=[4.0, INF, most_units, INF, 2000.0],
        integer=[False, False, True, False, False],
    )


def test_an_integer_at_zero_lets_nothing_through():
    """``u = 0.05 <= 1e9 n`` at ``n = 0``; the range of ``n`` is no scale for the row, a volume of 1,000 is."""
    off, on = np.array([0.0, 0.05, 0.0, 0.0, 1000.0]), np.array([0.0, 0.05, 1.0, 0.0, 1000.0])
    for program in (switched(0.05, 1e9, 1.0), switched(0.05, 1e6, 1000.0)):
        # broken by 0.05 in a row whose size is 0.05 + 0.001 * 1,000
        assert primal_check.largest_violation(program, off) == pytest.approx(0.05 / 1.05)
        assert primal_check.is_feasible(program, on)


@pytest.mark.parametrize("method", ENGINES)
def test_counted_units_do_not_run_while_off(method):
    """Without a unit 0.04 and 0.05 cost 1,200 and 1,500 in advance: one unit each, at 1,000."""
    result = solve(method, two_stage([switched(demand, 1e6, 1000.0) for demand in (0.04, 0.05)]))
    assert result.lower <= 1000.0
    assert result.upper == pytest.approx(1000.0, rel=1e-9)
    assert [solution.values[2] for solution in result.scenarios] == [1.0, 1.0]


@pytest.mark.parametrize("method", ENGINES)
def test_a_large_factor_of_one_scenario_alone_is_seen(method):
    """Four scenarios of 0.05, the second with a factor of 1e9 for a hundred: 1,000 in each."""
    result = solve(method, two_stage([switched(0.05, factor, 1.0) for factor in (100.0, 1e9, 100.0, 100.0)]))
    assert result.lower <= 1000.0
    assert result.upper == pytest.approx(1000.0, rel=1e-9)


# -- whole bounds -----------------------------------------------------------------------------------------------------


def sold(upper: float) -> list[LinearProgram]:
    """``r + n <= d + y``; r <= 2 earns 1, n earns 3, y costs 0.2; d is 3.1 or 4.2."""
    return [
        linear_program(
            [-1.0, -3.0, 0.2], [[1.0, 1.0, -1.0]], [-INF], [d], [0, 0, 0], [2.0, upper, 9.0], [False, True, False]
        )
        for d in (3.1, 4.2)
    ]


@pytest.mark.parametrize("method", ENGINES)
@pytest.mark.parametrize(("upper", "optimum"), [(0.3 / 0.1, -10.73), (2.9999999, -7.91), (2.5, -7.91)])
def test_integer_bounds_are_whole(method, upper, optimum):
    """n = 3: -2 - 9 + 0.2 (1.9 + 0.8) / 2 = -10.73; n = 2: -2 - 6 + 0.2 * 0.9 / 2 = -7.91."""
    result = solve(method, two_stage(sold(upper)))
    assert result.lower <= optimum + 1e-12
    assert result.upper == pytest.approx(optimum, abs=1e-12)
    assert all(solution.values[1] == np.round(solution.values[1]) for solution in result.scenarios)


def test_whole_bounds_leave_whole_programs_alone():
    program = sold(3.0)[0]
    assert with_whole_bounds(program) is program
    changed = replace(program, column_lower=np.array([0.5, 0.5, -INF]), column_upper=np.array([2.0, 1e6 + 1e-4, 9.0]))
    found = with_whole_bounds(changed)
    assert found.column_lower.tolist() == [0.5, 1.0, -INF]
    assert found.column_upper.tolist() == [2.0, 1e6, 9.0]
    assert primal_check.settled(changed, np.array([0.2, 1e6 + 1e-4, 0.0])).tolist() == [0.5, 1e6, 0.0]


@pytest.mark.parametrize("method", ENGINES)
def test_integers_without_a_whole_number_between_their_bounds_have_no_solution(method):
    with pytest.raises(InfeasibleError):
        solve(method, two_stage([replace(each, column_lower=np.array([0, 0.3, 0])) for each in sold(0.6)]))


# -- bounds of the first stage ----------------------------------------------------------------------------------------


def bounded_apart() -> ArrayProgram:
    """``r`` earns 1,000 in one scenario and costs 900 in the other, which allows 99.99995 of it, not 100."""
    scenarios = [
        linear_program([cost, 1.0], [[1.0, 1.0]], [1.0], [INF], [0.0, 0.0], [upper, 10.0])
        for cost, upper in ((-1000.0, 100.0), (900.0, 99.99995))
    ]
    return two_stage(scenarios)


@pytest.mark.parametrize("method", ENGINES)
def test_a_commitment_keeps_the_bounds_of_every_scenario(method):
    """-50 * 99.99995 = -4999.9975: a commitment of 100 would earn 50,000, and cost 44,999.9775 at 99.99995."""
    result = solve(method, bounded_apart())
    assert result.root.tolist() == [99.99995]
    assert [solution.values[0] for solution in result.scenarios] == [99.99995, 99.99995]
    assert result.upper == pytest.approx(-4999.9975, rel=1e-12)
    assert result.lower <= -4999.9975 + 1e-9


def test_bounds_of_the_first_stage_are_intersected():
    program = bounded_apart()
    found = common_root_bounds(program, ScenarioCommunicator())
    assert found is not None
    assert (found.lower.tolist(), found.upper.tolist(), found.integer.tolist()) == ([0.0], [99.99995], [False])
    assert common_root_bounds(two_stage([program.scenario(0)] * 2), ScenarioCommunicator()) is None


@pytest.mark.parametrize("method", ENGINES)
def test_bounds_of_the_first_stage_that_exclude_each_other_have_no_solution(method):
    scenarios = bounded_apart().scenarios
    scenarios[1] = replace(scenarios[1], column_lower=np.array([101.0, 0.0]), column_upper=np.array([102.0, 10.0]))
    with pytest.raises(InfeasibleError, match="r is at least 101 in one and at most 100 in another"):
        solve(method, two_stage(scenarios))


def test_bounds_that_cross_by_round_off_meet():
    scenarios = bounded_apart().scenarios
    scenarios[0] = replace(scenarios[0], column_lower=np.array([0.1 + 0.2, 0.0]), column_upper=np.array([1.0, 10.0]))
    scenarios[1] = replace(scenarios[1], column_upper=np.array([0.3, 10.0]))
    found = common_root_bounds(two_stage(scenarios), ScenarioCommunicator())
    assert found is not None
    assert found.lower.tolist() == found.upper.tolist() == [0.1 + 0.2]
