"""``mes-stoch settle``: the table, the ledger, and what it says of a run that does not add up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xarray as xr

Command = Callable[..., Any]


@pytest.fixture
def run_dir(command: Command, tiny: str, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    assert command("solve", tiny, "--method", "ef", "--no-figures", "--out", folder).code == 0
    return folder


def test_the_table_and_the_ledger(command: Command, run_dir: Path) -> None:
    done = command("settle", run_dir)
    assert done.code == 0
    assert "The two accounts agree" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 100
    profit = next(line for line in done.out.splitlines() if line.strip().startswith("profit"))
    assert profit.split()[1:3] == ["-687.50", "-687.50"]
    lines = pd.read_csv(run_dir / "ledger.csv")
    assert f"{len(lines)} lines" in done.err
    assert (lines["quantity"] * lines["price"] * lines["hours"]).to_numpy() == pytest.approx(lines["amount"].to_numpy())
    # again: a ledger is made from the run and can be made anew
    assert command("settle", run_dir).code == 0
    # and the run can be solved again over it
    assert command("report", run_dir, "--no-figures").code == 0


def test_one_scenario(command: Command, run_dir: Path) -> None:
    names = [str(name) for name in xr.open_dataset(run_dir / "solution.nc")["scenario"].values]
    done = command("settle", run_dir, "--scenario", names[1], "--out", "one.csv")
    assert done.code == 0
    assert f"scenario {names[1]}" in done.out
    lines = pd.read_csv("one.csv")
    assert set(lines["scenario"]) == {names[1]}
    profit = next(line for line in done.out.splitlines() if line.strip().startswith("profit")).split()[1]
    assert float(profit.replace(",", "")) == pytest.approx(lines["amount"].sum(), abs=0.005)
    taken = command("settle", run_dir, "--out", "one.csv")
    assert (taken.code, "--force" in taken.err) == (2, True)
    assert command("settle", run_dir, "--out", "one.csv", "--force").code == 0
    nowhere = command("settle", run_dir, "--out", "nowhere/one.csv")
    assert (nowhere.code, "cannot write nowhere/one.csv" in nowhere.err) == (2, True)
    unknown = command("settle", run_dir, "--scenario", "nobody")
    assert unknown.code == 2
    assert names[0] in unknown.err


def test_a_run_that_does_not_add_up(command: Command, run_dir: Path) -> None:
    with xr.open_dataset(run_dir / "solution.nc") as stored:
        solution = stored.load()
    name = next(str(name) for name in solution if str(name).endswith("volume_mw"))
    solution[name] = solution[name] + 1.0
    solution.to_netcdf(run_dir / "solution.nc")
    done = command("settle", run_dir)
    assert done.code == 70
    assert "THE TWO ACCOUNTS DIFFER" in done.out
    assert "does not agree" in done.err
    # what is committed and not held is paid for and taken back, and costs its penalty
    stream = f"penalty.shortfall_{name.removesuffix('.volume_mw')}"
    row = next(line.split() for line in done.out.splitlines() if line.split()[:1] == [stream])
    assert row[1] != row[2]
    assert (run_dir / "ledger.csv").is_file()


def test_what_is_no_run(command: Command, tmp_path: Path) -> None:
    assert command("settle", tmp_path / "nothing").code == 2
