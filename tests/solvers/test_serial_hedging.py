"""Progressive hedging in one process."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from array_programs import ArrayProgram, hard_knapsack, newsvendor

from mes_stoch.model.program import RootStage
from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging import serial
from mes_stoch.solvers.hedging.mpisppy_driver import models as mpisppy_models
from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup
from mes_stoch.solvers.hedging.mpisppy_driver.vectorised import vectorised
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
from mes_stoch.solvers.hedging.serial import hedging_options, state_of
from mes_stoch.solvers.highs.model import HighsModel, solve
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.pyomo_program import PyomoProgram

OPTIMUM = -108390.0
FINE = SolveOptions(gap_rel=1e-4, iteration_limit=300, time_limit_s=60)


@pytest.mark.parametrize("warm", [False, True])
def test_farmer_converges_to_the_published_optimum(farmer, warm):
    result = solve_ph(PyomoProgram.from_module(farmer, 3), FINE, warm=warm)
    assert result is not None
    assert result.status == "gap_reached"
    assert result.lower - 1e-6 <= OPTIMUM <= result.upper + 1e-6
    assert result.gap_rel <= 1e-4
    assert result.root == pytest.approx([170, 80, 250], abs=1.5)
    assert sorted(solution.index for solution in result.scenarios) == [0, 1, 2]


@pytest.mark.parametrize("warm", [False, True])
def test_interval_holds_the_extensive_forms_optimum(farmer, warm):
    program = PyomoProgram.from_module(farmer, 12)
    exact = solve_extensive(program, SolveOptions(gap_rel=1e-8)).upper
    seen = []
    result = solve_ph(program, FINE, seen.append, warm=warm)
    assert result is not None
    assert result.gap_rel <= 1e-4
    assert result.lower - 1e-6 <= exact <= result.upper + 1e-6
    assert tuple(seen) == result.trace
    assert all(point.lower - 1e-6 <= exact <= point.upper + 1e-6 for point in seen)
    # Every solution keeps the commitment.
    for solution in result.scenarios:
        assert solution.values[program.root.columns] == pytest.approx(result.root)


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("use_integer", [False, True])
def test_integers_in_the_first_stage(farmer, use_integer, warm):
    program = PyomoProgram.from_module(farmer, 3, options={"use_integer": use_integer})
    result = solve_ph(program, SolveOptions(gap_rel=2e-3, iteration_limit=100, time_limit_s=60), warm=warm)
    assert result is not None
    assert result.lower - 1e-6 <= OPTIMUM <= result.upper + 1e-6
    assert result.gap_rel <= 2e-3
    if use_integer:
        assert np.all(result.root == np.round(result.root))


@pytest.mark.parametrize("warm", [False, True])
def test_integer_recourse_scenario_costs_and_constant(capacity, warm):
    program = PyomoProgram.from_module(capacity, 6)
    exact = solve_extensive(program, SolveOptions(gap_rel=1e-8)).upper
    result = solve_ph(program, SolveOptions(gap_rel=1e-4, iteration_limit=60, time_limit_s=30), warm=warm)
    assert result is not None
    assert result.lower <= exact + 1e-6
    assert exact <= result.upper + 1e-6
    # A duality gap may remain; the commitment found should be the best or next to it.
    assert result.upper == pytest.approx(exact, rel=2e-3)
    assert result.lower == pytest.approx(exact, rel=2e-2)


def test_limits_are_kept(farmer):
    program = PyomoProgram.from_module(farmer, 30, options={"use_integer": True})
    few = solve_ph(program, SolveOptions(gap_rel=1e-9, iteration_limit=2), warm=False)
    assert few is not None
    assert few.status == "limit"
    assert few.iterations <= 2
    started = time.perf_counter()
    short = solve_ph(program, SolveOptions(gap_rel=1e-9, iteration_limit=10**6, time_limit_s=2.0), warm=False)
    assert time.perf_counter() - started < 6.0
    assert short is not None
    assert short.status == "limit"
    assert short.lower <= short.upper


def test_solves_without_a_new_solution_are_counted(farmer):
    """Scenarios too hard for the time there is: those not reached before the limit stay where they were."""
    scenarios = [hard_knapsack(100, 30) for _ in range(3)]
    for index, scenario in enumerate(scenarios):
        scenario.cost[:10] *= 1 + 0.1 * index
    columns = np.arange(10, dtype=np.int32)
    root = RootStage(columns, tuple(f"x{k}" for k in columns), np.ones(10, dtype=bool), np.full(10, 50.0))
    program = ArrayProgram(scenarios, np.full(3, 1 / 3), root)
    deadline = time.perf_counter() + 3.0
    settings = mpisppy_models.SolverSettings(gap_rel=1e-9, stop=Stop(deadline))
    mpisppy_setup.load()
    with mpisppy_setup.quiet():
        hedging = vectorised(importlib.import_module("mpisppy.opt.ph").PH)(
            hedging_options(SolveOptions(iteration_limit=10**6), Stop(deadline)),
            list(program.scenario_names),
            mpisppy_models.scenario_creator,
            scenario_creator_kwargs=mpisppy_models.creator_kwargs(program, settings),
        )
        hedging.ph_main(finalize=False)
    assert time.perf_counter() < deadline + 3.0
    # The first search of iteration 1 takes all the time, so the other two scenarios keep their relaxed point.
    assert hedging._PHIter == 2
    assert settings.solves == 4
    assert settings.stale_solves == 2
    points, _ = state_of(hedging)
    relaxed = [solve(scenario, relax=True).values[:10] for scenario in scenarios]
    assert np.all(np.abs(points[0] - np.round(points[0])) < 1e-5)
    assert points[1:] == pytest.approx(np.array(relaxed[1:]), abs=1e-6)

    finished = solve_ph(PyomoProgram.from_module(farmer, 3), FINE, warm=False)
    assert finished is not None
    assert finished.details["stale_solves"] == 0


def test_infeasible_scenario_is_named():
    program = newsvendor([10.0, 20.0], [0.5, 0.5])
    program.scenarios[1].column_lower[1] = 101.0
    program.scenarios[1].column_upper[1] = 102.0
    with pytest.raises(InfeasibleError, match="'s1'"):
        solve_ph(program, FINE)


def test_no_common_commitment_is_an_error():
    program = newsvendor([10.0, 20.0], [0.5, 0.5])
    program.scenarios[0].column_upper[0] = 5.0
    program.scenarios[1].column_lower[0] = 6.0
    with pytest.raises(InfeasibleError, match="no first stage satisfies all"):
        solve_ph(program, SolveOptions(iteration_limit=3))


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
if {without_mpi4py}:
    sys.modules["mpi4py"] = None
from array_programs import load_model
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
assert "mpi4py.MPI" not in sys.modules and "mpisppy" not in sys.modules
from mes_stoch.solvers.pyomo_program import PyomoProgram
from mes_stoch.solvers.certificate.result import SolveOptions
program = PyomoProgram.from_module(load_model("farmer"), 3)
result = solve_ph(program, SolveOptions(gap_rel=1e-3, iteration_limit=200), warm=False)
assert ("mpi4py.MPI" in sys.modules) != {without_mpi4py}
print(result.status, result.lower <= -108390 <= result.upper)
"""


@pytest.mark.parametrize("without_mpi4py", [False, True])
def test_nothing_is_printed_nor_left_behind_with_and_without_mpi4py(without_mpi4py, tmp_path):
    script = SCRIPT.format(tests=str(Path(__file__).parent), without_mpi4py=without_mpi4py)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False
    )
    assert done.stderr == ""
    assert done.stdout == "gap_reached True\n"
    assert list(tmp_path.iterdir()) == []


def test_solvers_are_freed_when_hedging_ends(farmer):
    """mpi-sppy's objects refer to each other: without a release the solvers would live until a collection."""
    program = PyomoProgram.from_module(farmer, 6)
    assert program.root.names
    before = len(alive())
    gc.disable()
    try:
        result = solve_ph(program, SolveOptions(gap_rel=1e-9, iteration_limit=3), warm=False)
        assert result is not None
        assert result.iterations == 3
        assert len(alive()) == before
    finally:
        gc.enable()


def alive():
    return [thing for thing in gc.get_objects() if isinstance(thing, HighsModel)]


def test_too_little_time_for_an_iteration_is_a_limit_and_keeps_the_bound(monkeypatch):
    """Decomposition ended without a commitment, and the time left is shorter than a pass: hedging is not begun."""
    proven = -500.0

    def give_up(self):
        self._interval.raise_lower(proven, kind="safe")
        return False

    monkeypatch.setattr(serial.Decomposition, "run", give_up)
    monkeypatch.setattr(serial.Decomposition, "pass_time_s", float("inf"))
    result = solve_ph(newsvendor([10.0, 20.0], [0.5, 0.5]), SolveOptions(time_limit_s=60))
    assert result is not None
    assert result.status == "limit"
    assert result.lower == proven
    assert result.scenarios == ()
