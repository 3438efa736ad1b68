"""Decomposition: its parts by hand, its whole against the extensive form."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from array_programs import ArrayProgram, linear_program, newsvendor

from mes_stoch.model.program import RootStage
from mes_stoch.schema.errors import InfeasibleError, InterruptedRunError
from mes_stoch.solvers.auto import choose, solve_auto
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.result import ScenarioSolution, SolveOptions
from mes_stoch.solvers.decomposition.algorithm import Decomposition, solve_decomposition
from mes_stoch.solvers.decomposition.cutting_planes import CuttingPlanes
from mes_stoch.solvers.decomposition.master import Master
from mes_stoch.solvers.decomposition.recourse import Recourse
from mes_stoch.solvers.decomposition.scenario_gaps import ScenarioGaps
from mes_stoch.solvers.extensive.algorithm import assemble, solve_extensive
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.pyomo_program import PyomoProgram
from mes_stoch.solvers.subproblems.branching import branch
from mes_stoch.solvers.subproblems.dive import dive, one_opt
from mes_stoch.solvers.subproblems.relaxation import ScenarioRelaxations


def sold_news(demands: list[float]) -> ArrayProgram:
    """Order at 0.5, sell at 1: the optimum orders the median demand."""
    return newsvendor(demands, [0.5] * len(demands))


# --- the master --------------------------------------------------------------------------------------------------


def test_master_of_two_cuts_lies_where_they_meet():
    # t >= 4 - 2 r and t >= r - 2 meet at r = 2, t = 0; the first alone would go to r = 100.
    master = Master(sold_news([10.0]), groups=1)
    master.add(np.array([4.0]), np.array([[-2.0]]))
    assert master.solve_relaxed().bound == pytest.approx(4 - 2 * 100)
    master.add(np.array([-2.0]), np.array([[1.0]]))
    found = master.solve_relaxed()
    assert (found.bound, found.root[0]) == pytest.approx((0.0, 2.0))
    # stationarity: 2 l1 = l2, l1 + l2 = 1
    assert found.weights == pytest.approx(np.array([[1 / 3], [2 / 3]]))


def test_master_within_narrower_bounds_and_back():
    master = Master(sold_news([10.0]), groups=1)
    master.add(np.array([4.0]), np.array([[-2.0]]))
    inside = master.solve_relaxed(np.array([1.0]), np.array([3.0]))
    assert (inside.bound, inside.root[0]) == pytest.approx((-2.0, 3.0))
    assert master.solve_relaxed().root[0] == pytest.approx(100.0)


def test_integer_master_keeps_the_steps_of_the_root(capacity):
    # The root: capacity = 2 MW x steps. t >= 10 - r and t >= r - 5 meet at 7.5 MW; of 6 and 8 MW, 8 is better.
    program = PyomoProgram.from_module(capacity, 6)
    consensus = list(program.root.consensus)
    width = sum(consensus)
    capacity_mw = [name for name, own in zip(program.root.names, consensus, strict=True) if own].index("capacity_mw")
    master = Master(program, groups=1)
    for offset, slope in ((10.0, -1.0), (-5.0, 1.0)):
        gradient = np.zeros((1, width))
        gradient[0, capacity_mw] = slope
        master.add(np.array([offset]), gradient)
    assert master.has_integers
    assert master.solve_relaxed().bound == pytest.approx(2.5)
    found = master.solve_integer()
    assert found.bound == pytest.approx(3.0)
    assert found.root[list(program.root.names).index("capacity_mw")] == pytest.approx(8.0)


# --- cutting planes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "scenarios"), [("farmer", 3), ("farmer", 80), ("capacity", 6)])
def test_relaxation_is_that_of_the_extensive_form(request, module, scenarios):
    # 80 scenarios: more than there are groups of cuts.
    program = PyomoProgram.from_module(request.getfixturevalue(module), scenarios)
    form = assemble(program)
    relaxed = highs.solve(form.program, relax=True).objective / form.scale
    planes = CuttingPlanes(program, ScenarioRelaxations(program), range(scenarios), ScenarioCommunicator())
    point = planes.wait_and_see()
    assert point is not None
    assert planes.converge(point, 1e-9, 0.25, math.inf)
    assert (planes.lower, planes.best_value) == pytest.approx((relaxed, relaxed), rel=1e-7)
    # The minorants' multipliers, made to average to zero, prove the same bound by another route.
    _, gradients = planes.minorants()
    multipliers = bounds.project_multipliers(program.probabilities, -gradients)
    each = bounds.priced_bounds(program, range(scenarios), multipliers).values
    assert program.probabilities @ each >= relaxed - 1e-6 * abs(relaxed)


def test_minorants_lie_below_every_scenario_and_meet_the_bound(farmer):
    program = PyomoProgram.from_module(farmer, 3)
    relaxations = ScenarioRelaxations(program)
    planes = CuttingPlanes(program, relaxations, range(3), ScenarioCommunicator())
    point = planes.wait_and_see()
    assert point is not None
    planes.converge(point, 1e-9, 0.25, math.inf)
    offsets, gradients = planes.minorants()
    generator = np.random.default_rng(3)
    for _ in range(20):
        share = generator.dirichlet(np.ones(3))
        acres = 500.0 * share
        for place in range(3):
            cost = relaxations.solve_at(place, acres).objective
            assert cost >= offsets[place] + gradients[place] @ acres - 1e-6 * abs(cost)
    at_best = planes.weights @ (offsets + gradients @ planes.best_point)
    assert at_best == pytest.approx(planes.lower)


# --- dives ---------------------------------------------------------------------------------------------------------


def knapsack_of_four():
    """Worth 8, 11, 6, 4 at weights 5, 7, 4, 3 and room 14: 21 with the last three, 22 for the relaxation."""
    return linear_program(
        [-8.0, -11.0, -6.0, -4.0], [[5.0, 7.0, 4.0, 3.0]], [-np.inf], [14.0], [0.0] * 4, [1.0] * 4, [True] * 4
    )


def test_dive_ends_at_a_feasible_point():
    program = knapsack_of_four()
    model = highs.HighsModel(program, relax=True)
    relaxed = model.run()
    assert relaxed.objective == pytest.approx(-22.0)  # the first two and half of the third
    found = dive(model, program, np.arange(4, dtype=np.int32), relaxed)
    assert found is not None
    assert found.values is not None
    assert np.array_equal(found.values, np.round(found.values))
    assert program.matrix.toarray()[0] @ found.values <= 14 + 1e-9
    assert -21.0 - 1e-9 <= found.objective <= -19.0 + 1e-9


def test_polish_turns_what_pays_and_stops_where_nothing_does():
    # Independent items: everything worth having should end up taken, however bad the start.
    program = linear_program([-3.0, -2.0, 1.0], [[1.0, 1.0, 1.0]], [-np.inf], [3.0], [0.0] * 3, [1.0] * 3, [True] * 3)
    model = highs.HighsModel(program, relax=True)
    every = np.arange(3, dtype=np.int32)
    found = one_opt(model, program, every, np.array([0.0, 0.0, 1.0]), worth=0.0)
    assert found is not None
    assert found.objective == pytest.approx(-5.0)
    # Worth nothing below 2.5 a move: only the first item is turned.
    few = one_opt(model, program, every, np.array([0.0, 0.0, 1.0]), worth=2.5)
    assert few is not None
    assert few.objective == pytest.approx(-3.0 + 1.0)


def test_a_dispatch_leaves_the_integers_of_the_commitment_alone():
    """Order ``x`` (whole) at 0.1, sell ``y <= 3 z`` (z whole) at 1: of 4 ordered, 4 are sold, and more would pay."""
    scenario = linear_program(
        [0.1, -1.0, 0.2],
        [[-1.0, 1.0, 0.0], [0.0, 1.0, -3.0]],
        [-np.inf, -np.inf],
        [0.0, 0.0],
        [0.0, 0.0, 0.0],
        [9.0, 9.0, 3.0],
        [True, False, True],
    )
    root = RootStage(np.array([0], dtype=np.int32), ("x",), np.array([True]), np.array([1.0]))
    program = ArrayProgram([scenario], np.ones(1), root)
    recourse = Recourse(program, ScenarioRelaxations(program))
    known = recourse.dispatch(0, np.array([4.0]), 0.0, math.inf).solution
    assert known is not None
    polished = recourse.one_opt(known, np.array([4.0]), worth=0.0)
    for found in (known, polished):
        assert found.values == pytest.approx([4.0, 4.0, 2.0])
        assert found.cost == pytest.approx(0.4 - 4.0 + 0.4)


# --- branches ------------------------------------------------------------------------------------------------------


def test_branches_prove_the_knapsacks_optimum_from_its_relaxation():
    program = knapsack_of_four()
    found = [branch(highs.HighsModel(program, relax=True), program, solves) for solves in (1, 3, 100)]
    assert found[0] == pytest.approx(-22.0)  # no branch: the relaxation
    assert found[2] == pytest.approx(-21.0)
    assert found[0] <= found[1] <= found[2]


def test_branches_stop_where_the_bound_is_enough():
    program = knapsack_of_four()
    model = highs.HighsModel(program, relax=True)
    assert branch(model, program, 100, enough=-22.5) == pytest.approx(-22.0)


def test_branches_see_that_there_is_no_integer_point():
    # 2 x = 1 has a solution, but none that is whole.
    program = linear_program([1.0], [[2.0]], [1.0], [1.0], [0.0], [1.0], [True])
    assert branch(highs.HighsModel(program, relax=True), program, 100) == math.inf


def test_branches_hold_the_optimum_of_random_programs():
    generator = np.random.default_rng(11)
    for _ in range(20):
        count = 8
        weights = generator.integers(1, 20, (3, count)).astype(float)
        program = linear_program(
            list(-generator.integers(1, 20, count).astype(float)),
            weights.tolist(),
            [-np.inf] * 3,
            list(weights.sum(axis=1) / 2),
            [0.0] * count,
            [2.0] * count,
            [True] * 6 + [False] * 2,
        )
        exact = highs.solve(program, options={"mip_rel_gap": 1e-9}).objective
        for solves in (1, 5, 15, 1000):
            assert branch(highs.HighsModel(program, relax=True), program, solves) <= exact + 1e-6
        assert branch(highs.HighsModel(program, relax=True), program, 100_000) == pytest.approx(exact)


# --- the gaps ----------------------------------------------------------------------------------------------------


def test_ledger_by_hand():
    solutions = [ScenarioSolution(0, 10.0, np.zeros(1)), ScenarioSolution(1, 7.0, np.zeros(1))]
    gaps = ScenarioGaps(
        solutions, np.array([4.0, 5.0]), np.array([[1.0], [0.5]]), np.array([0.25, 0.75]), np.array([2.0])
    )
    assert [gaps.scenario_gap(0), gaps.scenario_gap(1)] == pytest.approx([10 - 4 - 2, 7 - 5 - 1])
    assert gaps.order(worth=0.5) == [0, 1]  # 0.25 x 4 before 0.75 x 1
    assert gaps.order(worth=2.0) == [0]
    assert gaps.enough([0, 1], 0.9, ScenarioCommunicator()) == 1
    assert gaps.enough([0, 1], 1.2, ScenarioCommunicator()) == 2
    gaps.raise_offset(0, 6.0)
    gaps.raise_offset(1, 4.0)  # worse than known: ignored
    assert gaps.raised == pytest.approx(0.25 * 2)
    assert [gaps.scenario_gap(0), gaps.scenario_gap(1)] == pytest.approx([2.0, 1.0])


# --- the whole -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("use_integer", [False, True])
def test_farmer(farmer, use_integer):
    program = PyomoProgram.from_module(farmer, 3, options={"use_integer": use_integer})
    result = solve_decomposition(program, SolveOptions(gap_rel=1e-6))
    assert result is not None
    assert result.status == "gap_reached"
    # Birge & Louveaux (2011), table 5
    assert result.root == pytest.approx([170, 80, 250])
    assert (result.lower, result.upper) == pytest.approx((-108390, -108390))
    assert result.details["mip_solves"] == 0


@pytest.mark.parametrize("scenarios", [1, 70])
def test_farmers_of_other_numbers_have_the_extensive_forms_optimum(farmer, scenarios):
    program = PyomoProgram.from_module(farmer, scenarios)  # 70: with a pilot before
    exact = solve_extensive(program, SolveOptions(gap_rel=1e-9)).upper
    result = solve_decomposition(program, SolveOptions(gap_rel=1e-6))
    assert result is not None
    assert result.lower <= exact + 1e-6 * abs(exact)
    assert result.upper == pytest.approx(exact, rel=1e-6)


def test_integers_in_both_stages_hold_the_extensive_forms_optimum(capacity):
    program = PyomoProgram.from_module(capacity, 6)
    exact = solve_extensive(program, SolveOptions(gap_rel=1e-9)).upper
    result = solve_decomposition(program, SolveOptions(gap_rel=1e-6))
    assert result is not None
    assert result.lower <= exact + 1e-6 <= result.upper + 2e-6
    assert result.gap_rel <= 1e-3  # what branching on the root would have to close
    assert result.details["mip_solves"] > 0
    assert {solution.index for solution in result.scenarios} == set(range(6))


def test_refining_stops_when_the_gap_is_small_enough(capacity):
    program = PyomoProgram.from_module(capacity, 6)
    loose = solve_decomposition(program, SolveOptions(gap_rel=0.05))
    tight = solve_decomposition(program, SolveOptions(gap_rel=1e-6))
    assert loose is not None
    assert tight is not None
    assert loose.status == "gap_reached"
    assert loose.details["mip_solves"] < tight.details["mip_solves"]


def test_the_cost_is_that_of_the_dispatches(capacity):
    program = PyomoProgram.from_module(capacity, 6)
    result = solve_decomposition(program, SolveOptions(gap_rel=1e-2))
    assert result is not None
    again = bounds.evaluate(program, range(6), result.root)
    assert bounds.expected_cost(program, again) <= result.upper + 1e-9
    for solution in result.scenarios:
        scenario = program.scenario(solution.index)
        rows = scenario.matrix @ solution.values
        assert np.all(rows >= scenario.row_lower - 1e-6)
        assert np.all(rows <= scenario.row_upper + 1e-6)
        assert solution.values[program.root.columns] == pytest.approx(result.root)
        assert solution.cost == pytest.approx(scenario.cost @ solution.values + scenario.offset)


def test_no_time_at_all_still_gives_an_interval(farmer):
    program = PyomoProgram.from_module(farmer, 30)
    exact = solve_extensive(program, SolveOptions(gap_rel=1e-9)).upper
    started = time.perf_counter()
    result = solve_decomposition(program, SolveOptions(gap_rel=1e-9, time_limit_s=1e-3))
    assert result is not None
    assert result.status == "limit"
    assert -math.inf < result.lower <= exact + 1e-6 <= result.upper + 2e-6
    assert time.perf_counter() - started < 30


def test_an_infeasible_scenario_is_named():
    program = sold_news([10.0, 20.0])
    program.scenarios[1].row_lower[0] = 5.0
    program.scenarios[1].row_upper[0] = 5.0
    program.scenarios[1].column_upper[1] = 4.0
    program.scenarios[1].column_lower[0] = 0.0
    with pytest.raises(InfeasibleError, match="s1"):
        solve_decomposition(program, SolveOptions())


def test_scenarios_that_exclude_each_other_are_infeasible_together():
    program = sold_news([10.0, 20.0])
    # The second scenario needs an order of at least 15, the first makes none above 12: no point suits both.
    program.scenarios[0].column_upper[0] = 12.0
    program.scenarios[1].row_lower[0] = -5.0
    program.scenarios[1].row_upper[0] = -5.0
    program.scenarios[1].column_lower[1] = 10.0
    with pytest.raises(InfeasibleError, match="no first stage satisfies all"):
        solve_decomposition(program, SolveOptions())


def test_unbounded_root_columns_are_held_by_wait_and_see():
    program = sold_news([10.0, 20.0, 60.0])
    for scenario in program.scenarios:
        scenario.column_upper[0] = np.inf
    result = solve_decomposition(program, SolveOptions(gap_rel=1e-6))
    assert result is not None
    assert result.root == pytest.approx([20.0])
    assert result.upper == pytest.approx((20 * 0.5 * 3 - 10 - 20 - 20) / 3)


def test_interrupt_with_nothing_to_show_goes_up(farmer):
    stop = Stop()
    stop.request.make("SIGTERM")
    with pytest.raises(InterruptedRunError):
        solve_decomposition(PyomoProgram.from_module(farmer, 3), SolveOptions(), stop=stop)


@pytest.mark.parametrize("both_sides", [False, True])
def test_interrupt_keeps_what_is_proven(capacity, both_sides):
    program = PyomoProgram.from_module(capacity, 6)
    exact = solve_extensive(program, SolveOptions(gap_rel=1e-8)).upper
    stop = Stop()

    def at_the_first_bound(point):
        if not both_sides or math.isfinite(point.upper):
            stop.request.make("SIGUSR1")

    result = solve_decomposition(program, SolveOptions(gap_rel=1e-6), at_the_first_bound, stop)
    assert result is not None
    assert result.status == "interrupted"
    assert -math.inf < result.lower <= exact + 1e-6
    assert result.upper >= exact - 1e-6
    assert math.isfinite(result.upper) is both_sides
    assert len(result.scenarios) == (6 if both_sides else 0)


def test_bounds_only_ever_get_better(capacity):
    seen = []
    interval = Interval(seen.append)
    program = PyomoProgram.from_module(capacity, 6)
    assert Decomposition(program, SolveOptions(gap_rel=1e-6), interval, ScenarioCommunicator()).run()
    assert len(seen) >= 2
    for before, after in itertools.pairwise(seen):
        assert after.lower >= before.lower
        assert after.upper <= before.upper


# --- auto ----------------------------------------------------------------------------------------------------------


def test_auto_solves_small_programs_whole_and_decomposes_large_ones(capacity):
    program = PyomoProgram.from_module(capacity, 6)
    small = choose(program)
    assert small.method == "ef"
    assert "6 scenarios" in small.reason
    assert choose(program, ranks=2).method == "decomposition"  # no three equal cylinders
    assert choose(program, ranks=6).method == "ph"
    assert choose(program, ranks=21).method == "decomposition"  # more ranks than three a scenario


def test_auto_says_what_it_chose_and_why(capacity):
    said = []
    result = solve_auto(PyomoProgram.from_module(capacity, 6), SolveOptions(), remark=said.append)
    assert result is not None
    assert result.details["chosen_method"] == "ef"
    assert said == [f"method ef: {result.details['reason']}"]


def test_large_programs_are_not_assembled():
    one = linear_program(
        [1.0, 1.0], [[1.0, 1.0]] * 500, [1.0] * 500, [np.inf] * 500, [0.0] * 2, [5.0] * 2, [False, True]
    )
    root = RootStage(np.array([0], dtype=np.int32), ("x",), np.array([True]), np.array([1.0]))
    program = ArrayProgram([one] * 100, np.full(100, 0.01), root)
    assert choose(program).method == "ph"
    one.integer[:] = False
    assert choose(program).method == "decomposition"
