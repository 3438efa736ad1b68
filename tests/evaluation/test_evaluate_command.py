"""``mes-stoch evaluate RUN --stress``: the table, the file, and what it says of a plan that holds too much."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
import xarray as xr

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.schema.errors import UsageError


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory, instances: Path) -> Path:
    site = ms.read(instances / "tiny_site")
    run = ms.solve(site, site.tree(), method="ef")
    assert run is not None
    return run.write(tmp_path_factory.mktemp("runs") / "tiny")


@contextmanager
def changed(folder: Path) -> Iterator[xr.Dataset]:
    """The solution of a run, written back as it is left."""
    path = folder / "solution.nc"
    with xr.open_dataset(path) as stored:
        solution = stored.load()
    yield solution
    solution.to_netcdf(path)


def call(*arguments: object) -> int:
    return run_command([str(argument) for argument in arguments])[0]


def schema(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert call("evaluate", "--schema") == 0
    written: dict[str, object] = json.loads(capsys.readouterr().out)
    return written


def test_a_plan_that_stands(tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("evaluate", tiny_run, "--stress") == 0
    shown = capsys.readouterr()
    assert "All that is held can be delivered" in shown.out
    assert max(len(line) for line in shown.out.splitlines()) <= 100
    document = json.loads((tiny_run / "evaluation.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema(capsys))
    # four leaves of one block of four hours, in each of which the one product may be called
    assert document["stress"]["passed"] is True
    assert (document["stress"]["leaves_tested"], document["stress"]["calls_tested"]) == (4, 16)
    # the folder still reads as a run, which may be tested and solved again
    assert call("report", tiny_run, "--no-figures") == 0
    assert call("evaluate", tiny_run, "--stress", "--leaves", "2") == 0
    assert len(json.loads((tiny_run / "evaluation.json").read_text(encoding="utf-8"))["stress"]["leaves"]) == 2


def test_a_plan_that_holds_what_is_not_there(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """3 MW are held of a process that can shed 3 MW; 1 MW more is missing in every leaf."""
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder)
    with changed(folder) as solution:
        name = "process.fr_afrr_up_held_mw"
        solution[name] = solution[name] + 1.0
    out = tmp_path / "stress.json"
    assert call("evaluate", folder, "--stress", "--leaves", "all", "--out", out) == 3
    shown = capsys.readouterr()
    assert "NOT ALL THAT IS HELD CAN BE DELIVERED" in shown.out
    assert "what is held cannot all be delivered" in shown.err
    document = json.loads(out.read_text(encoding="utf-8"))
    jsonschema.validate(document, schema(capsys))
    assert document["stress"]["largest_miss_mw"] == pytest.approx(1.0)
    worst = document["stress"]["leaves"][0]["misses"][0]
    assert (worst["place"], worst["limit"], worst["unit"]) == ("process", "share that can be shed", "MW")
    assert call("evaluate", folder, "--stress", "--out", out) == 2
    assert "--force" in capsys.readouterr().err
    assert call("evaluate", folder, "--stress", "--out", out, "--force") == 3


def test_what_is_not_there_is_not_taken_for_sound(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder)
    with changed(folder) as solution:
        for name in ("process.fr_afrr_up_held_mw", "process.shed_mw"):
            del solution[name]
    assert call("evaluate", folder, "--stress") == 2
    told = capsys.readouterr().err
    for word in ("process.fr_afrr_up_held_mw is missing", "process.shed_mw is missing"):
        assert word in told


def test_numbers_that_are_none_are_told_before_anything_is_called(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder)
    with changed(folder) as solution:
        solution["grid.scheduled_mw"] = solution["grid.scheduled_mw"] * float("nan")
    assert call("evaluate", folder, "--stress") == 2
    told = capsys.readouterr().err
    assert "grid.scheduled_mw" in told
    assert "finite numbers" in told


def test_a_series_that_is_missing_is_a_damaged_folder(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(tiny_run, folder)
    with xr.open_dataset(folder / "tree.nc") as stored:
        tree = stored.load()
    name = next(str(name) for name in tree if "activation" in str(name))
    tree.rename({name: "another"}).to_netcdf(folder / "tree.nc")
    assert call("evaluate", folder, "--stress") == 2
    said = capsys.readouterr().err
    assert "is damaged: 1 problem" in said
    assert f"tree.nc: {name}: found nothing; expected a series that the instance names" in said


def test_mistakes_of_a_user(tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, word in (
        ((tiny_run,), "--stress"),
        ((tmp_path / "nothing", "--stress"), "not a folder"),
        ((tiny_run, "--stress", "--leaves", "none"), "'none'"),
        ((tiny_run, "--stress", "--leaves", "0"), "at least 1"),
        ((tiny_run, "--stress", "--out", tmp_path / "nowhere" / "x.json"), "nowhere"),
    ):
        code = call("evaluate", *arguments)
        assert (code, word in capsys.readouterr().err) == (2, True), arguments


def test_from_python(tiny_run: Path) -> None:
    evaluation = ms.evaluate(tiny_run, stress=True)
    assert evaluation.passed
    assert evaluation.stress is not None
    assert evaluation.stress.table().empty
    with pytest.raises(UsageError, match="stress=True"):
        ms.evaluate(tiny_run)
