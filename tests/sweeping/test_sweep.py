"""Sweeps by hand: a battery over its size and the level of prices; interrupted, resumed, by more processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from helpers.described_battery import PRICE, battery

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.schema.errors import InstanceError, UsageError

SIZE, LEVEL = "components.battery.energy_max_mwh", f"series.{PRICE}"
SIZES, LEVELS = [0.2, 0.4, 0.6, 0.8, 1.0], ["*0.5", "*1", "*1.5", "*2"]
GRID = {SIZE: SIZES, LEVEL: LEVELS}
#: Profit is 30 EUR/MWh of size, times the level.
BY_HAND = [30.0 * size * float(level[1:]) for size in SIZES for level in LEVELS]


def without_times(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="wall_time_s")


def test_twenty_points_by_hand(tmp_path: Path) -> None:
    table = ms.sweep(battery(), GRID, out=tmp_path / "out")
    assert table["objective"].to_list() == pytest.approx(BY_HAND)
    assert (table["bound_lower"] <= table["objective"] + 1e-9).all()
    assert (table["bound_upper"] >= table["objective"] - 1e-9).all()
    assert table[SIZE].to_list() == [size for size in SIZES for _ in LEVELS]
    assert table["stream.energy.da"].to_list() == pytest.approx(BY_HAND)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out" / "sweep.csv"), table, check_dtype=False)
    # what was changed shows in the run of a point, which settles like any other
    point = tmp_path / "out" / table["run"].iloc[7]
    manifest = json.loads((point / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["changed_in_python"] == {SIZE: 0.4, LEVEL: "*2"}
    assert ms.settle(ms.read_run(point)).agrees


def test_points_given_one_by_one_and_as_a_table() -> None:
    points = [{SIZE: 0.5}, {SIZE: 1.0, LEVEL: "*2"}]
    table = ms.sweep(battery(), points)
    assert table["objective"].to_list() == pytest.approx([15.0, 60.0])
    assert table[LEVEL].isna().to_list() == [True, False]
    again = ms.sweep(battery(), pd.DataFrame({SIZE: [0.5, 1.0]}))
    assert again["objective"].to_list() == pytest.approx([15.0, 30.0])


def test_processes_do_not_change_the_table(tmp_path: Path) -> None:
    one = ms.sweep(battery(), {SIZE: [0.5, 1.0, 2.0]}, out=tmp_path / "one")
    two = ms.sweep(battery(), {SIZE: [0.5, 1.0, 2.0]}, out=tmp_path / "two", workers=2)
    pd.testing.assert_frame_equal(without_times(one), without_times(two))


def test_killed_and_resumed_is_the_same_table(tmp_path: Path) -> None:
    """The command is killed as soon as a few points are there; the rest is solved by the next one."""
    instance = tmp_path / "battery"
    run = ms.solve(battery())
    assert run is not None
    (run.write(tmp_path / "run") / "instance").rename(instance)
    out = tmp_path / "out"
    over = ["--over", f"{SIZE}={','.join(map(str, SIZES))}", "--over", f"{LEVEL}={','.join(LEVELS)}"]
    command = [sys.executable, "-m", "mes_stoch", "sweep", str(instance), *over, "--out", str(out), "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120.0
        while len(list(out.glob("runs/*/manifest.json"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    there = len(list(out.glob("runs/*/manifest.json")))
    assert 3 <= there < 20
    assert not (out / "sweep.csv").exists()
    assert run_command([*command[3:], "--resume"])[0] == 0
    whole = ms.sweep(ms.read(instance), GRID, out=tmp_path / "whole")
    resumed = pd.read_csv(out / "sweep.csv")
    pd.testing.assert_frame_equal(without_times(resumed), without_times(whole), check_dtype=False)


def test_a_larger_sweep_goes_on_with_a_smaller_one(tmp_path: Path) -> None:
    told: list[str] = []
    ms.sweep(battery(), {SIZE: [0.5]}, out=tmp_path / "out")
    table = ms.sweep(battery(), {SIZE: [0.5, 1.0]}, out=tmp_path / "out", resume=True, told=told.append)
    assert told[0] == "1 of 2 points are there already"
    assert table["objective"].to_list() == pytest.approx([15.0, 30.0])
    # another site is another sweep: its points are not those that are there
    other = battery().replace({"components.battery.discharge_max_mw": 0.25})
    told.clear()
    table = ms.sweep(other, {SIZE: [0.5]}, out=tmp_path / "out", resume=True, told=told.append)
    assert told[0].startswith("1 of 1: ")
    assert table["objective"].to_list() == pytest.approx([7.5])


def test_a_point_without_a_dispatch_is_told_and_kept(tmp_path: Path) -> None:
    """A load of 3 MW behind a connection of 1 MW, and nothing may be unserved; half a MW is served.

    Bought are 0.5 MW at 20 and at 50 in the mean; half a MW is left to charge the battery.
    """
    site = battery(load={"type": "demand", "node": "power", "demand_mw": 0.5})
    site = site.replace({"nodes.power.unserved_penalty_eur_per_mwh": None})
    told: list[str] = []
    for resume in (False, True):
        table = ms.sweep(site, {"components.load.demand_mw": [0.5, 3.0]}, out=tmp_path, resume=resume, told=told.append)
        assert table["status"].to_list() == ["optimal", "infeasible"]
        assert table["objective"].iloc[0] == pytest.approx(0.5 * 30.0 - 0.5 * 70.0)
        assert table["objective"].isna().to_list() == [False, True]
    assert told[1:] == ["2 of 2: components.load.demand_mw = 3: infeasible", "2 of 2 points are there already"]


def test_slips_are_told_before_anything_is_solved(tmp_path: Path) -> None:
    with pytest.raises(InstanceError) as caught:
        ms.sweep(battery(), {SIZE: [1, -1, -2], LEVEL: ["*1"]}, out=tmp_path / "out")
    assert [issue.found for issue in caught.value.issues] == [
        f"-1 ({SIZE} = -1, {LEVEL} = *1)",
        f"-2 ({SIZE} = -2, {LEVEL} = *1)",
    ]
    assert not (tmp_path / "out").exists()
    for grid, words in (
        ({}, "at least one point"),
        ({SIZE: 3}, "a list of values"),
        ({SIZE: [1, 1]}, "is there before"),
        ([3], "maps paths to values"),
    ):
        with pytest.raises(UsageError, match=words):
            ms.sweep(battery(), grid)  # type: ignore[arg-type]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        ms.sweep(battery(), {SIZE: [1]}, out=tmp_path / "mine")
    with pytest.raises(UsageError, match=r"no folder of a sweep: it has notes\.txt"):
        ms.sweep(battery(), {SIZE: [1]}, out=tmp_path / "mine", resume=True)
