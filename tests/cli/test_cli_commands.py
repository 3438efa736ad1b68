"""Each command does its work and says so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

Command = Callable[..., Any]


def test_solve_writes_a_run_and_prints_it(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("solve", tiny, "--out", "run")
    assert done.code == 0
    assert "expected profit  -687.50 EUR" in done.out
    assert "Results: run" in done.out
    assert "-687.50" in done.err, "progress stands on standard error"
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert sum(summary["streams"].values()) == pytest.approx(summary["objective"])
    assert summary["objective"] == pytest.approx(-687.5)
    assert {path.name for path in (tmp_path / "run" / "figures").iterdir()} == {
        "commitments_dispatch.png",
        "bounds.png",
    }
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == f"mes-stoch solve {tiny} --out run"


def test_the_default_folder_is_named_after_instance_and_time(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("solve", tiny, "--no-figures", "--quiet")
    assert done.code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("tiny_site-20")
    assert done.out.strip() == str(Path("runs") / folder.name)
    assert done.err == ""
    assert not (folder / "figures").exists()


def test_options_reach_the_solver(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command(
        *("solve", tiny, "--out", "run", "--quiet", "--no-figures", "--gap", "0.25", "--time-limit", "77"),
        *(
            "--iterations",
            "5",
            "--rho-factor",
            "2",
            "--cold-start",
            "--threads",
            "2",
            "--no-minimum-bids",
            "--no-bid-steps",
        ),
    )
    assert done.code == 0
    options = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["options"]
    assert options == {
        "method": "auto",
        "gap_rel": 0.25,
        "time_limit_s": 77.0,
        "iteration_limit": 5,
        "rho_factor": 2.0,
        "rho_rule": "price",
        "cold_start": True,
        "threads": 2,
    }
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["bid_rules"] == {"minimum_bids": False, "bid_steps": False}


def test_progressive_hedging_in_one_process(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("solve", tiny, "--method", "ph", "--gap", "0.1", "--out", "run", "--no-figures")
    assert done.code == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["bound_lower"] - 1e-6 <= -687.5 <= summary["bound_upper"] + 1e-6
    assert "progressive hedging" in done.out


def test_report_from_the_files_alone(command: Command, tiny: str, tmp_path: Path) -> None:
    solved = command("solve", tiny, "--out", "run", "--no-figures")
    moved = (tmp_path / "run").rename(tmp_path / "elsewhere")
    shown = command("report", moved)
    assert shown.code == 0
    assert shown.out.strip() == solved.out.split("Results:")[0].strip()
    assert (moved / "figures" / "commitments_dispatch.png").is_file()
    assert "figures" in shown.err


def test_report_draws_the_scenario_asked_for(command: Command, tiny: str) -> None:
    command("solve", tiny, "--out", "run", "--no-figures")
    assert command("report", "run", "--scenario", "called").code == 0
    unknown = command("report", "run", "--scenario", "monday")
    assert unknown.code == 2
    assert "'monday'" in unknown.err


def test_without_matplotlib_the_run_goes_on(command: Command, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    done = command("solve", tiny, "--out", "run")
    assert done.code == 0
    assert "mes_stoch[plots]" in done.err
    assert (Path("run") / "manifest.json").is_file()


def test_validate(command: Command, tiny: str) -> None:
    done = command("validate", tiny)
    assert done.code == 0
    assert done.out.startswith("tiny_site is valid: 4 periods of 1 h")


def test_validate_reports_every_problem_once(command: Command, tiny: str, tmp_path: Path) -> None:
    broken = copy_of(tiny, tmp_path / "broken")
    edit(broken, "power_max_mw: 2", "power_max_mw: -2")
    edit(broken, "node: warmth\n    demand_mw", "node: nowhere\n    demand_mw")
    done = command("validate", broken)
    assert done.code == 2
    assert done.out == ""
    assert "2 problems" in done.err
    assert "power_max_mw" in done.err
    assert "nowhere" in done.err
    assert "Traceback" not in done.err


def test_validate_prints_the_schema(command: Command) -> None:
    done = command("validate", "--schema")
    assert done.code == 0
    assert "components" in json.loads(done.out)["properties"]


def test_tree(command: Command, instances: Path) -> None:
    done = command("tree", instances / "hospital_fr", "--scenarios", 3, "--seed", 7, "--out", "t.nc")
    assert done.code == 0
    assert "3 scenarios of 96 periods, seed 7" in done.out
    with xr.open_dataset("t.nc", engine="netcdf4") as dataset:
        assert dataset.sizes["scenario"] == 3
    again = command("tree", instances / "hospital_fr", "--out", "t.nc")
    assert again.code == 2
    assert "--force" in again.err
    assert command("tree", instances / "hospital_fr", "--scenarios", 2, "--out", "t.nc", "--force").code == 0


@pytest.mark.parametrize("name", ["", "solve", "validate", "tree", "report"])
def test_help_teaches(command: Command, name: str) -> None:
    done = command(*filter(None, [name, "--help"]))
    assert done.code == 0
    assert "mes-stoch " + name in done.out
    assert "Exit codes" in done.out


def test_module_and_library_start_quickly_without_mpi() -> None:
    code = (
        "import sys, mes_stoch; from mes_stoch.cli import main; mes_stoch.__version__; "
        "heavy = {'numpy', 'pandas', 'pyomo', 'mpi4py', 'mpisppy', 'matplotlib'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_python_dash_m(tiny: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mes_stoch", "validate", tiny], capture_output=True, text=True, check=True
    )
    assert "tiny_site is valid" in done.stdout


def copy_of(instance: str, target: Path) -> Path:
    import shutil

    shutil.copytree(instance, target)
    return target


def edit(instance: Path, old: str, new: str) -> None:
    path = instance / "instance.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
