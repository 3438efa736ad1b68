"""A job is stopped for good when its time is up, whoever started its processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from importlib.metadata import distributions
from pathlib import Path

import pytest

from mes_stoch.bench.contenders import find_mpiexec
from mes_stoch.bench.job import run_job

# a child in a session of its own, as MPI launchers make them, which does not go when asked
STUBBORN = """
import os, signal, subprocess, sys, time
say = "os.write(1, b'child' + bytes([10]))"
child = f"import os, signal, time; signal.signal(15, signal.SIG_IGN); {say}; time.sleep(300)"
subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
os.write(1, b"parent" + bytes([10]))
time.sleep(300)
"""


def test_a_job_that_ends_says_what_it_used(tmp_path: Path):
    work = "import time\nstart = time.process_time()\nwhile time.process_time() - start < 0.5: pass\nprint('done')"
    done = run_job([[sys.executable, "-c", work]] * 2, tmp_path, limit_s=60.0)
    assert (done.code, done.stopped, done.errors) == (0, False, "")
    assert done.cpu_s >= 1.0
    assert done.wall_s >= 0.5
    assert [line for _, line in done.lines] == ["done"]
    assert 0.5 <= done.lines[0][0] <= done.wall_s


def test_memory_is_the_sum_of_the_processes(tmp_path: Path, running_below):
    hold = "block = b'x' * 60_000_000\nimport time\ntime.sleep(1.0)"
    one = run_job([[sys.executable, "-c", hold]], tmp_path, limit_s=60.0)
    two = run_job([[sys.executable, "-c", hold]] * 2, tmp_path, limit_s=60.0)
    assert 60 <= one.peak_memory_mib <= 100
    assert two.peak_memory_mib == pytest.approx(2 * one.peak_memory_mib, rel=0.1)


def test_a_failure_ends_the_others(tmp_path: Path, running_below):
    sleeper = [sys.executable, "-c", "import time; time.sleep(300)"]
    done = run_job([sleeper, [sys.executable, "-c", "raise SystemExit('no')"]], tmp_path, limit_s=60.0)
    assert (done.code, done.stopped, done.errors.strip()) != (0, False, "")
    assert done.wall_s < 30
    assert "no" in done.errors
    assert running_below(tmp_path) == []


def test_the_limit_reaches_processes_in_other_sessions(tmp_path: Path, running_below):
    seen: list[int] = []
    over = threading.Event()

    def look() -> None:
        while len(seen) < 2 and not over.wait(0.05):
            seen[:] = running_below(tmp_path)

    threading.Thread(target=look, daemon=True).start()
    done = run_job([[sys.executable, "-c", STUBBORN]], tmp_path, limit_s=3.0)
    over.set()
    assert done.stopped
    assert len(seen) == 2, "the child was there"
    assert running_below(tmp_path) == []
    assert {line for _, line in done.lines} == {"parent", "child"}


@pytest.mark.mpi
def test_stopped_ranks_leave_neither_processes_nor_shared_memory(tmp_path: Path, mpiexec: str, running_below):
    # one write a line: unbuffered, print writes the end of a line apart, and lines of several ranks run together
    up = "os.write(1, b'up' + bytes([10]))"
    ranks = f"from mpi4py import MPI; import os, time; MPI.COMM_WORLD.Barrier(); {up}; time.sleep(300)"
    mapped: set[str] = set()
    most: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            pids = running_below(tmp_path)
            most[:] = max(most, pids, key=len)
            for pid in pids:
                try:
                    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
                except OSError:
                    continue
                mapped.update(line.split()[-1] for line in lines if "/dev/shm/mpich_shm_" in line)

    threading.Thread(target=look, daemon=True).start()
    assert find_mpiexec() == mpiexec
    done = run_job([[mpiexec, "-n", "3", sys.executable, "-c", ranks]], tmp_path, limit_s=20.0)
    over.set()
    assert done.stopped
    assert sum(line == "up" for _, line in done.lines) == 3
    assert len(most) >= 4, "a launcher and three ranks"
    assert running_below(tmp_path) == []
    if any(distribution.name == "mpich" for distribution in distributions()):
        assert mapped, "MPICH shares memory through files, or the next line says nothing"
    assert [name for name in mapped if Path(name).exists()] == []


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs the memory figures of Linux")
def test_peak_memory_does_not_begin_with_that_of_the_starting_process():
    """What the system counts for a process starts at the size of its parent: the starting one holds 300 MB here."""
    own = "from mes_stoch.bench.worker import _peak_memory_mib; print(_peak_memory_mib())"
    big = f"block = b'x' * 300_000_000\nimport subprocess, sys\nsubprocess.run([sys.executable, '-c', {own!r}])"
    done = subprocess.run([sys.executable, "-c", big], capture_output=True, text=True, check=True)
    assert 10 < float(done.stdout) < 250
