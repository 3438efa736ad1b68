"""``mpiexec -n R mes-stoch evaluate``: one speaks, numbers are those of one process, problems end all ranks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

pytestmark = pytest.mark.mpi


def launch(mpiexec: str, count: int, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [mpiexec, "-n", str(count), sys.executable, "-m", "mes_stoch", "evaluate", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    """A commitment of nothing."""
    path = tmp_path / "none.csv"
    path.write_text("product,block_start,volume_mw\n", encoding="utf-8")
    return path


def test_numbers_are_those_of_one_process(mpiexec: str, instances: Path, volumes: Path, tmp_path: Path) -> None:
    """Profits to the last bit, with scenarios that are taken again since whole numbers leave a gap at first."""
    asked = (instances / "hospital_fr", "--commitment", volumes, "--scenarios", 3, "--gap", 0.0002)
    found = [launch(mpiexec, ranks, tmp_path, *asked, "--out", f"{ranks}.json") for ranks in (1, 2)]
    assert [done.returncode for done in found] == [0, 0], found[-1].stderr
    assert found[0].stdout == found[1].stdout
    assert found[1].stdout.count("expected profit") == 1
    assert found[1].stderr.count("evaluation:") == 1
    parts = [json.loads((tmp_path / f"{ranks}.json").read_text())["commitment"] for ranks in (1, 2)]
    bounds = [part.pop("bound_upper") for part in parts]
    assert parts[0] == parts[1]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-9)
    assert bounds[0] - parts[0]["profit_mean"] <= 0.0002 * abs(parts[0]["profit_mean"])
    with xr.open_dataset(tmp_path / "1.nc") as alone, xr.open_dataset(tmp_path / "2.nc") as together:
        assert alone.equals(together)


def test_more_ranks_than_scenarios_and_a_comparison(
    mpiexec: str, instances: Path, volumes: Path, tmp_path: Path
) -> None:
    asked = ("--scenarios", 2, "--commitment", volumes, "--against", volumes, "--out", "found.json")
    done = launch(mpiexec, 3, tmp_path, instances / "enedis_local", *asked)
    assert done.returncode == 0, done.stderr
    assert "difference" in done.stdout
    part = json.loads((tmp_path / "found.json").read_text())["comparison"]
    assert (part["difference"], part["standard_error"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--values"], 2, "leave mpiexec out"),
        (["--scenarios", 4, "--time-limit", "0.001"], 4, "time"),
        (["--scenarios", 4, "--out", "no/where.json"], 2, "there is no folder"),
    ],
)
def test_problems_end_all_ranks(
    mpiexec: str,
    instances: Path,
    volumes: Path,
    tmp_path: Path,
    arguments: list[object],
    code: int,
    text: str,
) -> None:
    done = launch(mpiexec, 2, tmp_path, instances / "enedis_local", "--commitment", volumes, *arguments)
    assert done.returncode == code, done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert "rank 1" not in done.stderr
