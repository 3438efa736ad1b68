"""Real ranks: the MPI launcher that stands beside this Python."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

RANKS = Path(__file__).parent / "ranks"


@dataclass(frozen=True)
class Finished:
    code: int
    output: str
    errors: str
    wall_time_s: float


@pytest.fixture(scope="session")
def mpiexec():
    """``mpiexec(ranks, script, *arguments)`` runs a script of ``tests/mpi/ranks``, for ``timeout_s`` at most."""
    launcher = Path(sys.executable).with_name("mpiexec")
    if not launcher.exists():
        pytest.skip("no mpiexec beside this Python: pip install 'mes_stoch[mpi]'")

    def run(ranks: int, script: str, *arguments: object, timeout_s: float = 60.0, cwd: Path | None = None) -> Finished:
        command = [str(launcher), "-n", str(ranks), sys.executable, str(RANKS / script), *map(str, arguments)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
        started = time.perf_counter()
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, env=environment, cwd=cwd, check=False
        )
        return Finished(done.returncode, done.stdout, done.stderr, time.perf_counter() - started)

    return run
