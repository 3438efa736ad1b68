"""``mes-stoch site --hub``: the matrices of one period, printed and exported, of an instance and of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.io import mmread

import mes_stoch as ms
from mes_stoch.report.figures import typical_scenario
from mes_stoch.schema.errors import UsageError

Command = Callable[..., Any]


def rows_of(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]


def test_the_matrices_of_a_period_are_printed(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("site", tiny, "--hub", "--period", "2")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 100
    rows = rows_of(done.out)
    assert ["flow or state", "power", "warmth", "fuel"] in rows
    # a MW of the CHP's power comes with one of heat, and takes 2.5 of fuel
    assert ["chp.power", "1", "1", "-2.5"] in rows
    assert ["grid.export", "-1"] in rows
    assert "2025-01-15 02:00" in done.out
    assert list(tmp_path.iterdir()) == []


def test_the_hub_is_exported_once(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("site", tiny, "--hub", "--export", "hub")
    assert done.code == 0
    assert "hub: hub" in done.err
    matrix = mmread(tmp_path / "hub" / "coupling.mtx", spmatrix=False)
    columns = pd.read_csv(tmp_path / "hub" / "coupling_columns.csv")
    assert matrix.shape == (12, len(columns))
    again = command("site", tiny, "--hub", "--export", "hub")
    assert again.code == 2
    assert "cannot write hub" in again.err
    assert again.out == "", "nothing is printed before the folder is known to be free"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hub"]


def test_the_hub_of_a_run_is_that_of_its_scenario(command: Command, tiny: str) -> None:
    assert command("solve", tiny, "--no-figures", "--out", "run").code == 0
    name = ms.read_run("run").tree.scenario_names[2]
    done = command("site", "run", "--hub", "--scenario", name)
    assert done.code == 0
    assert f"scenario {name}" in done.out


def test_the_hub_of_a_run_is_that_of_median_profit(command: Command, tiny: str) -> None:
    assert command("solve", tiny, "--no-figures", "--out", "run").code == 0
    run = ms.read_run("run")
    typical = typical_scenario(run)
    names = list(run.tree.scenario_names)
    assert typical != names[0], "a default of the first scenario would not be seen"
    expected = ms.hub(run, scenario=typical)
    for found in (ms.hub(run), ms.hub(run, scenario=np.int64(names.index(typical)))):  # type: ignore[arg-type]
        assert found.columns.equals(expected.columns)
        assert found.loads.equals(expected.loads)
    assert f"scenario {typical}" in command("site", "run", "--hub").out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--hub", "--graphml", "a.graphml"), "leave out --graphml"),
        (("--hub", "--no-figures"), "leave out --no-figures"),
        (("--hub", "--export", "nowhere/hub"), "there is no folder nowhere"),
        (("--hub", "--period", "4"), "periods 0 to 3; found 4"),
        (("--hub", "--scenario", "nobody"), "no scenario 'nobody'"),
        (("--period", "1"), "add --hub"),
        (("--export", "hub"), "add --hub"),
    ],
)
def test_what_does_not_fit_is_told(command: Command, tiny: str, options: tuple[str, ...], words: str) -> None:
    done = command("site", tiny, *options)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_the_library_takes_position_or_name(instances: Path) -> None:
    site = ms.read(instances / "tiny_site")
    tree = site.tree()
    last = len(tree.scenario_names) - 1
    by_name, by_position = ms.hub(site, tree, tree.scenario_names[last]), ms.hub(site, scenario=last)
    assert by_name.columns.equals(by_position.columns)
    assert by_name.loads.equals(by_position.loads)
    with pytest.raises(UsageError, match="scenarios 0 to"):
        ms.hub(site, tree, last + 1)
    with pytest.raises(UsageError, match="found str"):
        ms.hub("instances/tiny_site")  # type: ignore[arg-type]
