"""A Slurm for the tests of this folder, and a way to submit to it what users submit."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from finished_job import Collect, Finished, Submit
from minislurm import MiniSlurm, SlurmMissingError


@pytest.fixture(scope="session")
def slurm() -> Iterator[MiniSlurm]:
    """Two virtual nodes; the tests are skipped where Slurm is not installed, and fail where it does not start."""
    try:
        cluster = MiniSlurm(nodes=2)
    except SlurmMissingError as error:
        pytest.skip(str(error))
    with cluster:
        yield cluster


@pytest.fixture
def submit(slurm: MiniSlurm, tmp_path: Path, repository: Path, mpiexec: str) -> Submit:
    """Submit with the shipped scripts and the shipped site settings; only the environment is that of the tests.

    ``site`` holds further lines of site settings. The job runs in ``tmp_path`` and writes to ``tmp_path/run``.
    """

    def submit_job(sbatch: str, arguments: str, site: str = "", **variables: str) -> int:
        settings = tmp_path / "site.conf.sh"
        programs = os.pathsep.join([str(Path(sys.executable).parent), str(Path(mpiexec).parent)])
        settings.write_text(
            f". {shlex.quote(str(repository / 'slurm' / 'site.conf.sh'))}\n"
            f"site_environment() {{ PATH={shlex.quote(programs)}:$PATH; }}\n{site}\n",
            encoding="utf-8",
        )
        answer = slurm.run(
            [
                str(repository / "slurm" / "submit.sh"),
                *("--parsable", "--time=6", "--output=log"),
                *shlex.split(sbatch),
                "--",
                *shlex.split(arguments),
                *("--out", "run"),
            ],
            cwd=tmp_path,
            MES_STOCH_SITE_CONF=str(settings),
            **variables,
        )
        return int(answer)

    return submit_job


@pytest.fixture
def collect(slurm: MiniSlurm, tmp_path: Path) -> Collect:
    """Wait for a job of this test and read what it left."""

    def collect_job(job_id: int, timeout_s: float = 120) -> Finished:
        job = slurm.wait(job_id, timeout_s)
        log = tmp_path / "log"
        return Finished(job, log.read_text(errors="replace") if log.exists() else "", tmp_path / "run")

    return collect_job
