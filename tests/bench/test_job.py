"""A job is stopped for good when its time is up, whoever started its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from importlib.metadata import distributions
from pathlib import Path

import psutil
import pytest

from mes_stoch.bench.job import run_job
from mes_stoch.bench.processes import MARK, ProcessWatch
from mes_stoch.solvers.parallel.mpi import find_mpiexec

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


def test_a_worker_knows_its_own_peak_from_that_of_the_starting_process():
    """What the system counts for a process starts at the size of its parent: the starting one holds 300 MB here."""
    own = (
        "from mes_stoch.bench.worker import counted_peak_mib, own_peak_mib; before = counted_peak_mib()\n"
        "print(own_peak_mib(before)); block = b'x' * 500_000_000; print(own_peak_mib(before))"
    )
    big = f"block = b'x' * 300_000_000\nimport subprocess, sys\nsubprocess.run([sys.executable, '-c', {own!r}])"
    done = subprocess.run([sys.executable, "-c", big], capture_output=True, text=True, check=True)
    small, large = done.stdout.split()
    assert small == "None"
    assert 477 < float(large) < 700


def test_what_is_gone_still_counts(tmp_path: Path):
    """The second process lives 0.7 s of a job of 2 s: its memory and time stay in the sums."""
    work = "import time; end = time.process_time() + 0.7\nwhile time.process_time() < end: pass"
    brief = f"block = b'x' * 60_000_000\n{work}"
    starts = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {brief!r}]); time.sleep(0.5)"
    done = run_job([[sys.executable, "-c", starts]], tmp_path, limit_s=60.0)
    assert done.cpu_s >= 0.7
    assert 65 <= done.peak_memory_mib <= 120


def test_zombies_and_other_jobs_are_not_alive():
    mark = "one"
    sleep = "import time; time.sleep(60)"
    quick, marked, other = (
        subprocess.Popen([sys.executable, "-c", program], env={**os.environ, MARK: value})
        for program, value in (("", mark), (sleep, mark), (sleep, "two"))
    )
    watch = ProcessWatch(mark)
    try:
        deadline = time.monotonic() + 30
        while len(watch.alive()) != 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [process.pid for process in watch.alive()] == [marked.pid]
        assert psutil.Process(quick.pid).status() == psutil.STATUS_ZOMBIE
        watch.kill(patience_s=5.0)
        assert watch.alive() == []
        assert marked.wait(timeout=10) == -signal.SIGTERM
        assert other.poll() is None
    finally:
        for process in (quick, marked, other):
            process.kill()
            process.wait()
