"""A rank that fails ends the job; a busy rank does not hold up the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.parallel import mpi

pytestmark = pytest.mark.mpi


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    [
        ("raise", 70, "the tank of rank 1 is empty"),
        ("raise-uncaught", 70, "the tank of rank 1 is empty"),
        ("infeasible", 3, "no dispatch satisfies heat"),
        ("exit", 7, ""),
        ("exit-with-text", 1, "nothing to do for rank 1"),
    ],
)
def test_failing_rank_ends_the_job(mpiexec, kind, code, message):
    finished = mpiexec(3, "fail.py", kind, timeout_s=30)
    assert finished.code == code
    assert message in finished.errors
    assert finished.wall_time_s < 15


def test_orderly_exit_code_is_no_failure(mpiexec):
    finished = mpiexec(3, "fail.py", "orderly", timeout_s=30)
    assert finished.code == 4
    assert "Abort" not in finished.errors + finished.output


def test_progress_thread_serves_one_sided_reads(mpiexec):
    with_thread = mpiexec(2, "progress.py", "with")
    assert with_thread.code == 0, with_thread.errors
    assert float(with_thread.output) < 1.0


def test_launcher_without_its_mpi_is_refused():
    """Three processes announced, one known to MPI: N separate runs in disguise."""
    script = "from mes_stoch.solvers.parallel import mpi; mpi.world()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PMI", "OMPI", "HYDI"))}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**environment, "SLURM_STEP_NUM_TASKS": "3"},
    )
    assert done.returncode != 0
    assert "started 3 processes but MPI sees 1" in done.stderr


def test_launcher_size_prefers_the_launcher_that_speaks_to_mpi(monkeypatch):
    for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PMIX_SIZE", "MPI_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)
    assert mpi.launcher_size() == 1
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "2")
    assert mpi.launcher_size() == 2
    monkeypatch.setenv("PMI_SIZE", "6")
    assert mpi.launcher_size() == 6


def test_missing_mpi_library_is_a_usage_error_under_a_launcher(monkeypatch):
    monkeypatch.setenv("PMI_SIZE", "3")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.delitem(sys.modules, "mpi4py.MPI", raising=False)
    with pytest.raises(UsageError, match="mpi4py is missing"):
        mpi.world()


def test_mpi_library_that_does_not_load_leaves_a_run_of_one_process(tmp_path):
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1] / "solvers")!r})
from array_programs import load_model
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph
from mes_stoch.solvers.pyomo_program import PyomoProgram
from mes_stoch.solvers.certificate.result import SolveOptions
program = PyomoProgram.from_module(load_model("farmer"), 3)
print(solve_ph(program, SolveOptions(gap_rel=1e-2)).status)
"""
    environment = {**os.environ, "MPI4PY_LIBMPI": str(tmp_path / "no_such_library.so")}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.stdout == "gap_reached\n", done.stderr


def test_importing_the_solve_layer_starts_no_mpi():
    script = (
        "import sys, mes_stoch.solvers.hedging.progressive_hedging, mes_stoch.solvers.hedging.cylinders;"
        "import mes_stoch.solvers.extensive.algorithm;"
        "assert not {'mpi4py', 'mpi4py.MPI', 'mpisppy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
