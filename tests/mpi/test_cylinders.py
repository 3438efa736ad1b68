"""Progressive hedging on real ranks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from solvers.array_programs import newsvendor

from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.certificate.solver_state import SolverState
from mes_stoch.solvers.hedging.cylinders import _result, _Share, check_ranks

pytestmark = pytest.mark.mpi
OPTIMUM = -108390.0


def outcome(finished):
    assert finished.code == 0, finished.errors
    assert finished.errors == ""
    lines = finished.output.splitlines()
    assert len(lines) == 1, finished.output
    return json.loads(lines[0])


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize(("ranks", "scenarios"), [(3, 3), (6, 6)])
def test_farmer(mpiexec, tmp_path, ranks, scenarios, warm):
    # The hub of so small a program turns a thousand times while a spoke turns once.
    flags = [] if warm else ["--cold", "--iterations", 5000]
    found = outcome(mpiexec(ranks, "solve_module.py", "farmer", scenarios, *flags, cwd=tmp_path))
    assert found["status"] == "gap_reached"
    assert (found["upper"] - found["lower"]) / abs(found["upper"]) <= 1e-4
    assert found["ranks"] == ranks
    assert found["scenarios"] == list(range(scenarios))
    assert found["spread"] <= 1e-6
    assert found["seen"] == len(found["trace"]) > 1
    # A linear program is proven by row duals alone.
    assert found["bound_kind"] == found["kinds"][-1] == "safe"
    if scenarios == 3:
        assert found["lower"] - 1e-6 <= OPTIMUM <= found["upper"] + 1e-6
        assert found["root"] == pytest.approx([170, 80, 250], abs=1.5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flags", [(), ("--cold",)])
def test_bounds_hold_the_extensive_form_with_integers_everywhere(mpiexec, flags):
    # The extensive form's optimum, proven in tests/solve against two other programs.
    from importlib.util import module_from_spec, spec_from_file_location

    from mes_stoch.solvers.certificate.result import SolveOptions
    from mes_stoch.solvers.extensive.algorithm import solve_extensive
    from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup
    from mes_stoch.solvers.pyomo_program import PyomoProgram

    mpisppy_setup.load()
    spec = spec_from_file_location("capacity", Path(__file__).parents[1] / "models" / "capacity.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    exact = solve_extensive(PyomoProgram.from_module(module, 6), SolveOptions(gap_rel=1e-8)).upper

    found = outcome(mpiexec(6, "solve_module.py", "capacity", 6, "--iterations", 40, *flags))
    assert found["lower"] <= exact + 1e-6
    assert exact <= found["upper"] + 1e-6
    assert found["upper"] == pytest.approx(exact, rel=2e-3)
    assert found["lower"] == pytest.approx(exact, rel=2e-2)
    assert all(lower - 1e-6 <= exact <= upper + 1e-6 for lower, upper in found["trace"])
    assert found["bound_kind"] == found["kinds"][-1]
    if flags:
        # Without decomposition's branches it rests on searches of mixed-integer scenarios.
        assert found["bound_kind"] == "solver"


@pytest.mark.parametrize("flags", [(), ("--cold",)])
def test_time_limit(mpiexec, flags):
    limits = ["--gap", 1e-9, "--iterations", 10**6, "--time-limit", 3]
    found = outcome(mpiexec(3, "solve_module.py", "capacity", 6, *limits, *flags))  # integers leave a gap
    assert found["status"] == "limit"
    assert found["wall_time_s"] < 8
    assert found["lower"] < found["upper"]


@pytest.mark.parametrize(("ranks", "scenarios", "message"), [(4, 3, "start it with 3"), (6, 1, "start it with 3")])
def test_wrong_number_of_ranks(mpiexec, ranks, scenarios, message):
    finished = mpiexec(ranks, "solve_module.py", "farmer", scenarios)
    assert finished.code == UsageError.exit_code
    assert message in finished.errors
    assert "Traceback" not in finished.errors


def test_check_ranks():
    for fitting in (3, 6, 30):
        check_ranks(fitting, 10)
    for ranks, scenarios, advice in ((1, 10, 3), (5, 10, 3), (8, 10, 6), (33, 10, 30), (32, 10, 30)):
        with pytest.raises(UsageError, match=f"with {advice}$"):
            check_ranks(ranks, scenarios)


def test_infeasible_scenario_ends_the_job_with_its_name(mpiexec):
    finished = mpiexec(6, "solve_module.py", "farmer", 4, "--cut-scenario", 3, timeout_s=40)
    assert finished.code == 3
    assert "scen3" in finished.errors
    assert finished.wall_time_s < 20


def test_idle_spokes_leave_the_processor_alone(mpiexec):
    """The hub rests a second between iterations; spokes that looked every few milliseconds used 30 % of a core each."""
    seen = []
    for _ in range(3):
        finished = mpiexec(3, "idle.py", Path(__file__).parents[1] / "solvers")
        assert finished.code == 0, finished.errors
        shares = json.loads(finished.output)
        assert len(shares) == 3
        assert all(wall_time_s >= 7 for _, wall_time_s in shares)
        seen.append(max(share for share, _ in shares))
        if seen[-1] < 0.2:
            return
    # A machine with more to do than cores makes a look take longer than it needs, hence three attempts.
    pytest.fail(f"idle ranks used {seen} of a core")


@pytest.mark.parametrize(("asked", "reported"), [(0.5, (-8.0, "safe")), (1e-3, (-6.0, "solver"))])
def test_a_bound_keeps_its_kind(asked, reported):
    """Sell ``min(x, d)`` at 1 of what was ordered at 0.5: with ``x = 20`` for 10 and 20 that costs 10 - 15 = -5.

    Safe bounds of -9 and -8 and a search's of -6 leave gaps of 3 to 8 and 1 to 6.
    """
    program = newsvendor([10.0, 20.0], [0.5, 0.5])
    options, interval = SolveOptions(gap_rel=asked), Interval()
    first = SolverState()
    first.raise_lower(-9.0, "safe")
    root = np.array([20.0])
    evaluated = _Share(root=root, scenarios=bounds.evaluate(program, range(2), root))
    shares = [[evaluated], [_Share(proofs={"solver": -6.0, "safe": -8.0})]]
    found = _result(program, options, interval, shares, first, interrupted=False)
    assert found is not None
    assert (found.lower, found.bound_kind) == (interval.lower, interval.kind) == reported
    assert found.upper == pytest.approx(-5.0)


def test_a_bound_without_a_commitment_keeps_its_kind():
    interval, first = Interval(), SolverState()
    first.raise_lower(-5.0, "safe")
    interval.raise_lower(-5.0, kind="safe")
    shares = [[_Share()], [_Share(proofs={"solver": -1.0})]]
    program = newsvendor([1.0, 2.0], [0.3, 0.3])
    assert _result(program, SolveOptions(), interval, shares, first, interrupted=False) is None
    assert (interval.lower, interval.kind) == (-1.0, "solver")
