"""Estimates of scenarios nobody has solved lie below what linear programs of their own cost, at every commitment."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from helpers.signalled import KNOWN
from scipy.optimize import LinearConstraint, milp

import mes_stoch as ms
from mes_stoch.model.program import LinearProgram
from mes_stoch.model.site_program import SiteProgram, build_program
from mes_stoch.solvers.decomposition.cutting_planes import CuttingPlanes
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.subproblems.borrowed import BorrowedBases
from mes_stoch.solvers.subproblems.relaxation import ScenarioRelaxations

HOSPITAL = next(known for known in KNOWN if known.name == "hospital_fr")


def program_of(folder: Path, scenarios: int | None = None) -> SiteProgram:
    site = ms.read(folder)
    return build_program(site.instance, site.tree(scenarios))


def least_cost(scenario: LinearProgram, columns: np.ndarray, point: np.ndarray) -> float:
    """The relaxation with some columns fixed, by SciPy; infinite where it has no solution."""
    lower, upper = scenario.column_lower.copy(), scenario.column_upper.copy()
    lower[columns] = upper[columns] = point
    rows = LinearConstraint(scenario.matrix, scenario.row_lower, scenario.row_upper)
    found = milp(scenario.cost, constraints=rows, bounds=(lower, upper))
    return float(found.fun) + scenario.offset if found.success else np.inf


@pytest.mark.parametrize("solved", [1, 2])
def test_estimates_are_below_the_cost(instances: Path, solved: int) -> None:
    program = program_of(instances / "tiny_site")
    relaxations = ScenarioRelaxations(program)
    for index in range(solved):
        relaxations.alone(index)
    columns = relaxations.consensus_columns
    first = program.scenario(0)
    rng = np.random.default_rng(7)
    points = [rng.uniform(first.column_lower[columns], first.column_upper[columns]) for _ in range(5)]
    others = range(len(program.scenario_names))
    estimates = BorrowedBases(relaxations).estimates(others, points[0], 10.0)
    close = 0
    for index, estimate in zip(others, estimates, strict=True):
        assert estimate is not None
        for point in points:
            cost = least_cost(program.scenario(index), columns, point)
            assert estimate.at(point) <= cost + 1e-7 * abs(cost)
            close += estimate.at(point) > cost - 0.05 * abs(cost)
    assert close > 0, "an estimate that is never near the cost tells nothing"


def test_a_proven_bound_of_scenarios_of_which_two_are_solved(instances: Path) -> None:
    program = program_of(instances / HOSPITAL.name, 6)
    relaxations = ScenarioRelaxations(program)
    for index in (0, 3):
        relaxations.alone(index)
    planes = CuttingPlanes(program, relaxations, range(6), ScenarioCommunicator())
    planes.update_bound()
    assert planes.lower == -np.inf
    planes.borrow(np.zeros(planes.width), 60.0)
    assert relaxations.solves == 2
    assert planes.kind == "safe"
    # costs: the optimal expected profit with its sign turned
    assert -HOSPITAL.upper - 30_000.0 < planes.lower <= -HOSPITAL.lower


def test_no_time_for_all_is_no_estimate_of_some(instances: Path) -> None:
    program = program_of(instances / HOSPITAL.name, 1000)
    relaxations = ScenarioRelaxations(program)
    relaxations.alone(0)
    begun = time.perf_counter()
    estimates = BorrowedBases(relaxations).estimates(range(1000), np.zeros(int(program.root.consensus.sum())), 0.0)
    assert len(estimates) == 1000
    assert estimates[-1] is None
    assert time.perf_counter() - begun < 10.0


def test_an_end_that_has_passed_leaves_the_rest(instances: Path) -> None:
    """With ten seconds and no end all would be estimated."""
    relaxations = ScenarioRelaxations(program_of(instances / "tiny_site"))
    relaxations.alone(0)
    point = np.zeros(int(relaxations.program.root.consensus.sum()))
    others = [1, 2, 3] * 100
    without = BorrowedBases(relaxations).estimates(others, point, 10.0)
    assert all(estimate is not None for estimate in without)
    past = BorrowedBases(relaxations).estimates(others, point, 10.0, time.perf_counter())
    assert past[-1] is None


def test_nothing_solved_is_nothing_to_borrow(instances: Path) -> None:
    program = program_of(instances / "tiny_site")
    width = int(program.root.consensus.sum())
    estimates = BorrowedBases(ScenarioRelaxations(program)).estimates(range(4), np.zeros(width), 10.0)
    assert estimates == [None] * 4
