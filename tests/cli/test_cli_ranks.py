"""Under a launcher one rank speaks, errors end the job with their code, and nobody waits for a rank that has gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mes_stoch.cli import output, ranks
from mes_stoch.cli.main import run
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.parallel import mpi

TIME_LIMIT_S = 120


def launch(mpiexec: str, count: int, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PMI", "OMPI_", "SLURM_"))}
    return subprocess.run(
        [mpiexec, "-n", str(count), sys.executable, "-m", "mes_stoch", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        cwd=folder,
        env=environment,
        check=False,
    )


@pytest.mark.mpi
def test_three_ranks_solve_and_one_speaks(mpiexec: str, tiny: str, tmp_path: Path) -> None:
    done = launch(mpiexec, 3, tmp_path, "solve", tiny, "--method", "ph", "--gap", "0.1", "--out", "run", "--no-figures")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("proven interval") == 1
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["ranks"] == 3
    assert summary["bound_lower"] - 1e-6 <= -687.5 <= summary["bound_upper"] + 1e-6


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["solve", "nothing", "--method", "ph"], "found no such folder"),
        (["solve", "TINY", "--method", "ef"], "one process"),
        (["solve", "--foo"], "No such option"),
        (["report", "nothing"], "not a folder"),
    ],
)
def test_an_error_all_ranks_meet_is_told_once(
    mpiexec: str, tiny: str, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = launch(mpiexec, 3, tmp_path, *(tiny if word == "TINY" else word for word in arguments))
    assert done.returncode == 2
    assert done.stderr.count(message) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.mpi
def test_an_error_of_rank_0_alone_ends_the_job(mpiexec: str, tiny: str, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("", encoding="utf-8")
    done = launch(mpiexec, 3, tmp_path, "solve", tiny, "--method", "ph", "--out", "run")
    assert done.returncode == 2
    assert done.stderr.count("mine.txt") == 1


@pytest.mark.mpi
def test_a_rank_count_that_does_not_fit(mpiexec: str, tiny: str, tmp_path: Path) -> None:
    done = launch(mpiexec, 2, tmp_path, "solve", tiny, "--method", "ph", "--out", "run")
    assert done.returncode == 2
    assert done.stderr.count("multiple of 3") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.mpi
def test_other_commands_run_once(mpiexec: str, tiny: str, tmp_path: Path) -> None:
    done = launch(mpiexec, 2, tmp_path, "validate", tiny)
    assert done.returncode == 0
    assert done.stdout.count("is valid") == 1


class _World:
    """Two ranks, of which this is the one given."""

    def __init__(self, other: tuple[str, int] | None, rank: int = 0) -> None:
        self._other = other
        self._rank = rank

    def allgather(self, mine: tuple[str, int] | None) -> list[tuple[str, int] | None]:
        return [mine, self._other] if self._rank == 0 else [self._other, mine]


@pytest.fixture
def two_ranks(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setattr(output, "_HEAD_START_S", 0.0)
    return monkeypatch


def test_a_healthy_rank_hears_of_the_others_problem(two_ranks: pytest.MonkeyPatch) -> None:
    two_ranks.setattr(mpi, "world", lambda: _World(("disk not there", 2)))
    with pytest.raises(ranks.AgreedError, match="rank 1: disk not there") as caught, ranks.ready_together():
        pass
    assert caught.value.exit_code == 2


def test_a_problem_of_all_is_nobodys_in_particular(two_ranks: pytest.MonkeyPatch) -> None:
    two_ranks.setattr(mpi, "world", lambda: _World(("bad file", 2)))
    with pytest.raises(ranks.AgreedError, match=r"^bad file$"), ranks.ready_together():
        raise UsageError("bad file")


def test_no_problem(two_ranks: pytest.MonkeyPatch) -> None:
    two_ranks.setattr(mpi, "world", lambda: _World(None))
    with ranks.ready_together():
        pass


def test_a_launcher_without_mpi(
    two_ranks: pytest.MonkeyPatch, tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> None:
        raise UsageError("2 processes were started but mpi4py is missing")

    two_ranks.chdir(tmp_path)
    two_ranks.setattr(mpi, "world", missing)
    for rank, told in (("0", 1), ("1", 0)):
        two_ranks.setenv("PMI_RANK", rank)
        assert run(["solve", tiny, "--method", "ph", "--out", f"run{rank}"]) == (2, True)
        assert capsys.readouterr().err.count("mpi4py is missing") == told
        assert not (tmp_path / f"run{rank}").exists()


def test_slurm_without_a_step_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("PMI", "OMPI_", "SLURM_", "MPI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SLURM_PROCID", "0")
    assert output.prints_output()
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "3")
    monkeypatch.setenv("SLURM_PROCID", "2")
    assert output.launched_rank() == 2
    assert not output.prints_output()
