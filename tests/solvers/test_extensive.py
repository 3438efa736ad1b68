"""The extensive form against published optima and against programs written and solved elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from array_programs import ArrayProgram, hard_knapsack, linear_program, newsvendor
from scipy.optimize import Bounds, LinearConstraint, milp

import mes_stoch as ms
from mes_stoch.model.program import RootStage
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.errors import InfeasibleError, UnboundedError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.result import ScenarioSolution, SolveOptions
from mes_stoch.solvers.extensive import algorithm as extensive
from mes_stoch.solvers.extensive.algorithm import assemble, solve_extensive
from mes_stoch.solvers.pyomo_program import PyomoProgram

EXACT = SolveOptions(gap_rel=1e-7)


@pytest.mark.parametrize("sense", [pyo.minimize, pyo.maximize])
def test_farmer_reaches_the_published_optimum(farmer, sense):
    """Birge & Louveaux (2011), section 1.1: profit 108,390 with 170, 80 and 250 acres."""
    program = PyomoProgram.from_module(farmer, 3, options={"sense": sense})
    result = solve_extensive(program, EXACT)
    assert result.status == "optimal"
    assert result.upper == pytest.approx(-108390, rel=1e-6)
    assert result.lower == pytest.approx(-108390, rel=1e-6)
    assert result.root == pytest.approx([170, 80, 250])
    assert program.root.names == ("acres[wheat]", "acres[corn]", "acres[beets]")
    assert [solution.index for solution in result.scenarios] == [0, 1, 2]
    assert result.scenarios[0].row_dual is not None


def test_farmer_with_whole_acres(farmer):
    result = solve_extensive(PyomoProgram.from_module(farmer, 3, options={"use_integer": True}), EXACT)
    assert result.upper == pytest.approx(-108390, rel=1e-6)
    assert result.root.tolist() == [170, 80, 250]
    continuous = solve_extensive(PyomoProgram.from_module(farmer, 10), EXACT)
    whole = solve_extensive(PyomoProgram.from_module(farmer, 10, options={"use_integer": True}), EXACT)
    assert continuous.upper < whole.upper
    assert np.all(whole.root == np.round(whole.root))


def test_against_pyomo_on_a_hand_written_extensive_form(capacity):
    """Scenario-dependent first-stage costs, an objective constant, integers in both stages."""
    model = pyo.ConcreteModel()
    names = capacity.scenario_names_creator(6)
    model.scenario = pyo.Block(range(6))
    expected = 0.0
    model.agree = pyo.ConstraintList()
    for number, name in enumerate(names):
        scenario = capacity.scenario_creator(name, 6)
        scenario.cost.deactivate()
        expected += scenario._mpisppy_probability * scenario.cost.expr
        model.scenario[number].transfer_attributes_from(scenario)
        if number:
            model.agree.add(model.scenario[number].capacity_mw == model.scenario[0].capacity_mw)
            model.agree.add(model.scenario[number].steps == model.scenario[0].steps)
    model.expected = pyo.Objective(expr=expected)
    answer = pyo.SolverFactory("highs").solve(model, options={"mip_rel_gap": 1e-9})
    assert pyo.check_optimal_termination(answer)

    result = solve_extensive(PyomoProgram.from_module(capacity, 6), EXACT)
    assert result.upper == pytest.approx(pyo.value(model.expected), rel=1e-6)
    assert result.upper > 1000
    assert result.gap_rel <= 1e-6
    assert result.root == pytest.approx([pyo.value(model.scenario[0].steps), pyo.value(model.scenario[0].capacity_mw)])


def test_against_scipy_on_assembled_arrays(capacity):
    form = assemble(PyomoProgram.from_module(capacity, 6))
    program = form.program
    answer = milp(
        program.cost,
        constraints=LinearConstraint(program.matrix, program.row_lower, program.row_upper),
        bounds=Bounds(program.column_lower, program.column_upper),
        integrality=program.integer.astype(int),
    )
    result = solve_extensive(PyomoProgram.from_module(capacity, 6), EXACT)
    assert result.upper == pytest.approx((answer.fun + program.offset) / form.scale, rel=1e-6)


def test_root_rows_are_stated_once_where_scenarios_agree(farmer, capacity):
    # Of farmer's five rows "land" holds root columns only; of capacity's nine, "built".
    assert assemble(PyomoProgram.from_module(farmer, 3)).program.matrix.shape == (1 + 3 * 4, 3 + 3 * 6)
    assert assemble(PyomoProgram.from_module(capacity, 6)).program.matrix.shape == (1 + 6 * 8, 2 + 6 * 7)


def test_root_rows_that_differ_are_all_kept():
    scenarios = [
        linear_program([-1.0, 0.0], [[1, 0], [1, 1]], [-np.inf, 0], [limit, np.inf], [0, 0], [9, 9])
        for limit in (5.0, 3.0)
    ]
    root = RootStage(np.array([0], dtype=np.int32), ("x",), np.array([True]), np.array([1.0]))
    program = ArrayProgram(scenarios, np.array([0.5, 0.5]), root)
    assert solve_extensive(program, EXACT).root == pytest.approx([3.0])


def test_scenario_dependent_root_cost_and_offset():
    # Expected order cost 0.6: the order pays for demand met in at least 60 % of the scenarios, that is up to 20.
    program = newsvendor([10.0, 20.0, 60.0], [0.2, 0.6, 1.0], offset=7.0)
    result = solve_extensive(program, EXACT)
    assert result.root == pytest.approx([20.0])
    assert result.upper == pytest.approx(0.6 * 20 - (10 + 20 + 20) / 3 + 7)


def test_infeasible_scenario_is_named(farmer):
    program = newsvendor([10.0, 20.0, 60.0], [0.5] * 3)
    program.scenarios[2].column_lower[1] = 101.0
    program.scenarios[2].column_upper[1] = 102.0
    with pytest.raises(InfeasibleError, match="'s2'"):
        solve_extensive(program, EXACT)


def test_scenarios_that_cannot_agree_are_infeasible_together():
    program = newsvendor([10.0, 20.0], [0.5] * 2)
    program.scenarios[0].column_upper[0] = 5.0
    program.scenarios[1].column_lower[0] = 6.0
    with pytest.raises(InfeasibleError, match="alone"):
        solve_extensive(program, EXACT)


def test_unbounded_names_what_earns_it():
    program = newsvendor([10.0, 20.0], [0.5] * 2)
    program.scenarios[1].column_upper[:] = np.inf
    for scenario in program.scenarios:
        scenario.column_upper[0] = np.inf
        scenario.cost[0] = 0.1
    with pytest.raises(UnboundedError, match=r"(?s)'s1'.*x1 increases"):
        solve_extensive(program, EXACT)


def test_time_limit_and_trace_of_a_mixed_integer_run():
    knapsack = hard_knapsack()
    root = RootStage(np.array([0], dtype=np.int32), ("first",), np.array([True]), np.array([1.0]))
    program = ArrayProgram([knapsack] * 2, np.array([0.5, 0.5]), root)
    seen = []
    result = solve_extensive(program, SolveOptions(gap_rel=1e-3, time_limit_s=2.0), seen.append)
    assert result.status in ("limit", "gap_reached")
    assert result.lower < result.upper
    assert tuple(seen) == result.trace
    assert len(seen) >= 2
    assert all(point.lower <= result.upper for point in seen)


def test_no_time_at_all_still_gives_a_proven_interval(capacity):
    """The commitment nearest to none, and wait-and-see's bound, contain the optimum that a full solve finds."""
    program = PyomoProgram.from_module(capacity, 6)
    stopped = solve_extensive(program, SolveOptions(time_limit_s=0.0))
    full = solve_extensive(program, EXACT)
    assert stopped.status == "limit"
    assert np.isfinite(stopped.lower)
    assert stopped.lower <= full.lower + 1e-6
    assert full.upper <= stopped.upper + 1e-6


def test_the_searchs_own_dispatch_where_there_is_no_time_for_another(
    instances: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tiny_site: the commitment found is the optimal one (README), and so is its dispatch."""
    site = ms.read(instances / "tiny_site")
    program = build_program(site.instance, site.tree())

    def late(*_: object, **__: object) -> list[object]:
        raise bounds.NotInTimeError("there was no time")

    monkeypatch.setattr(bounds, "evaluate", late)
    result = solve_extensive(program, SolveOptions(gap_rel=1e-9))
    assert result.upper == pytest.approx(687.5, rel=1e-7)
    assert result.lower == pytest.approx(687.5, rel=1e-6)
    assert [entry.index for entry in result.scenarios] == [0, 1, 2, 3]


def test_a_dispatch_that_was_found_is_not_given_up_for_a_dearer_one(
    instances: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An evaluation that ran out of time with dispatches 1,000 EUR dearer: the search's own count, 687.50."""
    site = ms.read(instances / "tiny_site")
    program = build_program(site.instance, site.tree())
    evaluate = bounds.evaluate

    def hurried(*arguments: Any, **options: Any) -> list[ScenarioSolution]:
        return [replace(entry, cost=entry.cost + 1000.0) for entry in evaluate(*arguments, **options)]

    monkeypatch.setattr(bounds, "evaluate", hurried)
    result = solve_extensive(program, SolveOptions(gap_rel=1e-9))
    assert result.upper == pytest.approx(687.5, rel=1e-7)
    assert [entry.index for entry in result.scenarios] == [0, 1, 2, 3]


def test_a_commitment_without_a_dispatch_makes_no_program_infeasible(monkeypatch):
    """Two scenarios need ``x >= 5`` and ``x >= 7``; the search ends without a point, and 0 answers neither."""
    scenarios = [
        linear_program([1.0, 0.0], [[1.0, 0.0]], [need], [np.inf], [0.0, 0.0], [10.0, 1.0], [False, True])
        for need in (5.0, 7.0)
    ]
    columns = np.array([0], dtype=np.int32)
    root = RootStage(columns, ("x",), np.ones(1, dtype=bool), np.ones(1))
    program = ArrayProgram(scenarios, np.array([0.5, 0.5]), root)
    assert solve_extensive(program, EXACT).upper == pytest.approx(7.0)

    def without_a_point(model, limit_s=np.inf):
        found = run(model, limit_s)
        return replace(found, status="time_limit", values=None) if model.is_mip and model.column_count > 2 else found

    run = extensive.HighsModel.run
    monkeypatch.setattr(extensive.HighsModel, "run", without_a_point)
    result = solve_extensive(program, EXACT)
    assert result.status == "limit"
    assert result.scenarios == ()
    assert 5.0 <= result.lower <= 7.0
