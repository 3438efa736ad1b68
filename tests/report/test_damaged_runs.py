"""Run folders damaged at random: every one is read, or refused with a list of what is wrong; none crashes a command.

`scripts/damaged_runs.py` does the damage, and as many cases as wanted in processes of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run
from mes_stoch.schema.errors import RunFolderError

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture(scope="module")
def damaged_runs() -> ModuleType:
    sys.path.insert(0, str(SCRIPTS))
    try:
        import damaged_runs
    finally:
        sys.path.remove(str(SCRIPTS))
    return damaged_runs


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, instances: Path) -> Path:
    site = ms.read(instances / "tiny_site")
    return ms.solve(site, site.tree(), method="ef").write(tmp_path_factory.mktemp("good") / "run")


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_a_damaged_run_is_refused_in_words(
    damaged_runs: ModuleType, good: Path, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(good, folder)
    done = damaged_runs.damage(folder, seed)
    for arguments in (
        ["report", str(folder), "--no-figures"],
        ["settle", str(folder), "--out", str(tmp_path / "l.csv")],
        ["evaluate", str(folder), "--stress"],
    ):
        code, _ = run(arguments)
        said = capsys.readouterr().err
        assert damaged_runs.is_allowed(code, said), (done, code, said)


@pytest.mark.parametrize("how", range(5))
@pytest.mark.parametrize("file", ["tree.nc", "solution.nc", "flows.nc"])
def test_headers_are_looked_at_before_data(
    damaged_runs: ModuleType, good: Path, tmp_path: Path, file: str, how: int
) -> None:
    """Eight terabytes declared, calendars and units of time unheard of, groups, scale factors."""

    class Chosen:
        """In place of a random generator: the file, then what to do."""

        def __init__(self) -> None:
            self.left = [["tree.nc", "solution.nc", "flows.nc"].index(file), how, 0, 0]

        def integers(self, *_: int) -> int:
            return self.left.pop(0)

    folder = tmp_path / "run"
    shutil.copytree(good, folder)
    assert "header changed" in damaged_runs.change_header(folder, Chosen())
    assert damaged_runs.reseal(folder)
    with pytest.raises(RunFolderError, match=rf"damaged: 1 problem\n  - {file}"):
        ms.read_run(folder)


def test_every_problem_is_told_at_once(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(good, folder)
    (folder / "tree.nc").unlink()
    os.mkfifo(folder / "flows.nc.pipe")
    (folder / "flows.nc").unlink()
    (folder / "flows.nc.pipe").rename(folder / "flows.nc")
    (folder / "trace.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(RunFolderError) as caught:
        ms.read_run(folder)
    told = str(caught.value)
    assert "tree.nc: found No such file or directory" in told
    assert "flows.nc: found a named pipe" in told
    assert "trace.csv: found content that is no table" in told


@pytest.mark.parametrize("command", ["report", "settle", "evaluate"])
@pytest.mark.parametrize(
    "change",
    [
        lambda folder: edited(folder / "summary.json", lambda d: d.update(objective=10**400)),
        lambda folder: edited(folder / "summary.json", lambda d: d["commitments"][0].update(volume_mw=10**400)),
        lambda folder: edited(folder / "manifest.json", lambda d: d["inputs_sha256"].update({"a\0b": "0" * 64})),
        lambda folder: edited(folder / "manifest.json", lambda d: d["inputs_sha256"].update({"\ud800": "0" * 64})),
    ],
    ids=["objective", "volume", "zero", "surrogate"],
)
def test_numbers_and_names_that_nothing_can_hold(
    good: Path,
    tmp_path: Path,
    change: Callable[[Path], None],
    command: str,
    damaged_runs: ModuleType,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(good, folder)
    change(folder)
    damaged_runs.reseal(folder)
    options = {"report": ["--no-figures"], "settle": [], "evaluate": ["--stress"]}[command]
    assert run([command, str(folder), *options])[0] == 2
    assert "problem" in capsys.readouterr().err


def test_a_format_of_old_is_no_way_round_the_hashes(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(good, folder)
    edited(folder / "manifest.json", lambda d: d.update(format=1))
    edited(folder / "summary.json", lambda d: d.update(wall_time_s=0.5, notes=[]))
    with pytest.raises(RunFolderError, match=r"summary\.json: found another content"):
        ms.read_run(folder)


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")
