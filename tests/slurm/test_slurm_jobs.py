"""The shipped batch script on a real Slurm: what it says DONE to, and what not."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import pytest
from finished_job import Collect, Submit
from minislurm import MiniSlurm

pytestmark = pytest.mark.slurm

# The gap is loose: how well progressive hedging closes it is tested elsewhere.
OPTIONS = "--method ph --gap 0.05 --time-limit 60 --no-figures"
FAULTY = Path(__file__).parent / "faulty_rank.py"


@pytest.fixture
def tiny_site(instances: Path) -> str:
    return shlex.quote(str(instances / "tiny_site"))


@pytest.mark.parametrize("nodes", [1, 2])
def test_parallel_solve(nodes: int, submit: Submit, collect: Collect, tiny_site: str) -> None:
    finished = collect(submit(f"-N {nodes} -n 3", f"{tiny_site} {OPTIONS}"))
    assert (finished.job.state, finished.job.exit_code, finished.job.nodes) == ("COMPLETED", 0, nodes), finished.log
    assert finished.is_done
    assert finished.summary["ranks"] == 3
    assert finished.summary["method"] == "ph"
    assert "preflight: ranks=3" in finished.log
    # one rank speaks, not three
    assert finished.log.count("expected profit ") == 1


def test_gap_not_reached_is_done_and_says_so(submit: Submit, collect: Collect, tmp_path: Path) -> None:
    # a stand-in for a solve that stops at its limit: a real one takes long, and what is tested is the judgement
    stand_in = tmp_path / "stand_in.sh"
    stand_in.write_text(
        '[ "$SLURM_PROCID" = 0 ] || exit 0\n'
        "mkdir run\n"
        """echo '{"ranks": 3, "status": "limit", "gap_rel": 0.02}' > run/summary.json\n"""
        "echo '{}' > run/manifest.json\n"
        "exit 4\n",
        encoding="utf-8",
    )
    finished = collect(submit("-N 1 -n 3", "instance", "SOLVE_COMMAND=(bash stand_in.sh)"))
    assert (finished.job.state, finished.job.exit_code) == ("FAILED", 4), finished.log
    done = (finished.run_folder / "DONE").read_text(encoding="utf-8").splitlines()
    assert done == [f"job {finished.job.job_id}", "ranks 3", "status limit", "gap_rel 0.02"]


@pytest.mark.parametrize(
    ("fault", "message"), [("raise", "the fault of this test"), ("kill", "the run ended without results")]
)
def test_failing_rank_ends_the_job(fault: str, message: str, submit: Submit, collect: Collect, tiny_site: str) -> None:
    site = f"SOLVE_COMMAND=({shlex.quote(sys.executable)} {shlex.quote(str(FAULTY))})"
    finished = collect(submit("-N 1 -n 3", f"{tiny_site} {OPTIONS}", site, FAULT=fault), timeout_s=90)
    assert finished.job.state == "FAILED", finished.log
    assert finished.job.exit_code != 0
    assert not finished.is_done
    assert message in finished.log


def test_cancelled_job_leaves_no_done(
    slurm: MiniSlurm, submit: Submit, collect: Collect, tiny_site: str, tmp_path: Path
) -> None:
    site = f"SOLVE_COMMAND=({shlex.quote(sys.executable)} {shlex.quote(str(FAULTY))})"
    job_id = submit("-N 1 -n 3", f"{tiny_site} {OPTIONS}", site, FAULT="hang")
    end = time.monotonic() + 60
    while not (tmp_path / "hanging").exists() and time.monotonic() < end:
        time.sleep(0.1)
    slurm.run(["scancel", str(job_id)])
    finished = collect(job_id, timeout_s=60)
    assert finished.job.state == "CANCELLED", finished.log
    assert not finished.is_done


@pytest.mark.slow
def test_a_signal_before_the_time_limit_leaves_what_is_proven(
    slurm: MiniSlurm, submit: Submit, collect: Collect, instances: Path, tmp_path: Path
) -> None:
    """To the batch script alone, as `--signal=B:USR1@120` sends it; Slurm's own clock is too coarse for a test."""
    hospital = shlex.quote(str(instances / "hospital_fr"))
    job_id = submit("-N 1 -n 3", f"{hospital} --scenarios 6 --method decomposition --gap 1e-9 --no-figures")
    log, end = tmp_path / "log", time.monotonic() + 120
    while "lower bound" not in (log.read_text() if log.exists() else "") and time.monotonic() < end:
        time.sleep(0.2)
    slurm.run(["scancel", "--signal=USR1", "--batch", str(job_id)])
    finished = collect(job_id)
    assert (finished.job.state, finished.job.exit_code) == ("FAILED", 5), finished.log
    assert finished.is_done
    assert finished.summary["status"] == "interrupted"
    assert "which is complete" in finished.log
    assert "Traceback" not in finished.log


def test_ranks_that_do_not_see_each_other_are_found_before_the_run(
    submit: Submit, collect: Collect, tiny_site: str
) -> None:
    # no process manager: each rank believes itself alone
    finished = collect(submit("-N 1 -n 3", f"{tiny_site} {OPTIONS}", "LAUNCHER=(srun --mpi=none)"))
    assert (finished.job.state, finished.job.exit_code) == ("FAILED", 70), finished.log
    assert "launcher and MPI do not belong together" in finished.log
    assert finished.log.count("ranks=1") == 3
    assert not finished.run_folder.exists()


def test_ranks_that_wait_for_each_other_end_before_the_run(submit: Submit, collect: Collect, tiny_site: str) -> None:
    site = "PYTHON=(bash -c 'sleep 600')\nLAUNCHER=(env)\nPREFLIGHT_LIMIT_S=1"
    finished = collect(submit("-N 1 -n 3", f"{tiny_site} {OPTIONS}", site))
    assert (finished.job.state, finished.job.exit_code) == ("FAILED", 70), finished.log
    assert "did not find each other within 1 s" in finished.log


def test_the_launcher_of_the_mpi_itself(submit: Submit, collect: Collect, tiny_site: str) -> None:
    finished = collect(submit("-N 2 -n 3", f"{tiny_site} {OPTIONS}", 'LAUNCHER=(mpiexec -n "$SLURM_NTASKS")'))
    assert (finished.job.state, finished.job.exit_code) == ("COMPLETED", 0), finished.log
    assert finished.is_done
    assert finished.summary["ranks"] == 3


def test_an_earlier_run_is_not_taken_for_this_one(submit: Submit, collect: Collect, tmp_path: Path) -> None:
    earlier = tmp_path / "run"
    earlier.mkdir()
    for name in ("DONE", "manifest.json", "summary.json"):
        (earlier / name).write_text("{}", encoding="utf-8")
    finished = collect(submit("-N 1 -n 3", "no_such_instance --force"))
    assert (finished.job.state, finished.job.exit_code) == ("FAILED", 2), finished.log
    assert "no_such_instance" in finished.log
    assert not finished.is_done


def test_without_site_settings_the_job_says_where_to_submit(
    slurm: MiniSlurm, collect: Collect, repository: Path, tmp_path: Path
) -> None:
    script = str(repository / "slurm" / "solve.sbatch")
    answer = slurm.run(["sbatch", "--parsable", "--time=1", "--output=log", script, "instance"], cwd=tmp_path)
    finished = collect(int(answer))
    assert (finished.job.state, finished.job.exit_code) == ("FAILED", 2), finished.log
    assert "slurm/submit.sh" in finished.log
