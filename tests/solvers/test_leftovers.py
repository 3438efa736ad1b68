"""Shared memory of runs that were killed is swept; that of runs at work never."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.launched import command, environment

from mes_stoch.solvers.parallel.leftovers import SHARED_MEMORY, sweep

pytestmark = pytest.mark.skipif(
    not (sys.platform.startswith("linux") and SHARED_MEMORY.is_dir()), reason="MPICH's segments are files of Linux"
)

#: Makes a segment as MPICH does, maps it, says so, and waits to be told to end.
HOLDER = """
import mmap, sys
with open(sys.argv[1], "w+b") as stream:
    stream.write(bytes(4096))
    stream.flush()
    held = mmap.mmap(stream.fileno(), 4096)
print("held", flush=True)
sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "held"
    return process


def age(path: Path) -> None:
    """Make a file a minute old."""
    then = time.time() - 60.0
    os.utime(path, (then, then))


def test_a_dead_process_s_segment_goes_and_a_living_one_s_stays(tmp_path: Path) -> None:
    # in a folder of its own, mapped as files of /dev/shm are
    dead, alive = tmp_path / "mpich_shm_0badcafe_0", tmp_path / "mpich_shm_0badcafe_1"
    ended, at_work = hold(dead), hold(alive)
    ended.kill()
    ended.communicate()
    age(dead)
    age(alive)
    try:
        assert sweep(shared=tmp_path, temporary=tmp_path / "none") == [dead]
        assert not dead.exists()
        assert alive.exists()
    finally:
        at_work.communicate("")
    assert sweep(shared=tmp_path, temporary=tmp_path / "none") == [alive]


def test_in_the_real_place() -> None:
    planted = SHARED_MEMORY / f"mpich_shm_{os.getpid():08x}_7"
    process = hold(planted)
    age(planted)
    try:
        sweep()
        assert planted.exists()
        process.kill()
        process.communicate()
        assert planted in sweep()
        assert not planted.exists()
    finally:
        planted.unlink(missing_ok=True)


def test_what_is_young_or_of_another_name_stays(tmp_path: Path) -> None:
    young = tmp_path / "mpich_shm_0badcafe_2"
    other = tmp_path / "psm2_shm.1"
    link = tmp_path / "mpich_shm_0badcafe_3"
    young.write_bytes(b"")
    other.write_bytes(b"")
    link.symlink_to(other)
    age(other)
    assert sweep(shared=tmp_path, temporary=tmp_path / "none") == []
    assert young.exists()
    assert other.exists()
    assert link.is_symlink()


@pytest.mark.mpi
def test_a_parallel_run_sweeps_and_leaves_nothing(mpiexec: str, instances: Path, tmp_path: Path) -> None:
    planted = SHARED_MEMORY / f"mpich_shm_{os.getpid():08x}_8"
    planted.write_bytes(bytes(4096))
    age(planted)
    before = set(SHARED_MEMORY.glob("mpich_sh*")) - {planted}
    try:
        done = subprocess.run(
            command(
                2,
                "solve",
                instances / "tiny_site",
                "--method",
                "decomposition",
                "--out",
                tmp_path / "run",
                "--no-figures",
                "--quiet",
            ),
            capture_output=True,
            text=True,
            timeout=120,
            env=environment(),
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert not planted.exists()
    finally:
        planted.unlink(missing_ok=True)
    assert set(SHARED_MEMORY.glob("mpich_sh*")) <= before
