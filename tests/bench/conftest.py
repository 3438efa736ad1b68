"""A finished small benchmark, and what of a job is still running."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_support import tiny_settings

from mes_stoch.bench.run import run_benchmark
from mes_stoch.bench.store import BenchFolder


@pytest.fixture(scope="session")
def tiny_bench(instances: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchFolder:
    """Measured once for all tests that only look at it."""
    said: list[str] = []
    return run_benchmark(tiny_settings(instances), tmp_path_factory.mktemp("bench") / "tiny", said.append)


@pytest.fixture
def running_below():
    """``running_below(folder)``: processes whose working folder is below it, found without the code under test."""
    if not Path("/proc/self/cwd").exists():
        pytest.skip("processes are looked up in /proc, which this system lacks")

    def find(folder: Path) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and (entry / "cwd").readlink().is_relative_to(folder.resolve()):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    return find
