"""``mes-stoch evaluate RUN --stress``: the table, the file, and what it says of a plan that holds too much."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
import xarray as xr

import mes_stoch as ms
from mes_stoch.cli import evaluate_output
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


@pytest.mark.parametrize(
    ("keywords", "owner"),
    [
        ({"policy_leaves": 2}, "policy_leaves: of replications"),
        ({"device_step": 0.5}, "device_step: of devices=True"),
        ({"fan": 3, "workers": 2}, "fan, workers: of rolling=True"),
        ({"cvar_alpha": 0.8}, "cvar_alpha: of frontier=True"),
    ],
)
def test_a_keyword_of_a_question_that_is_not_asked(tiny_run: Path, keywords: dict[str, Any], owner: str) -> None:
    with pytest.raises(UsageError, match=owner):
        ms.evaluate(tiny_run, stress=True, **keywords)


def test_leaves_are_of_the_stress_test(tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("evaluate", tiny_run, "--values", "--leaves", "3") == 2
    assert "--leaves belongs to --stress" in capsys.readouterr().err


def test_a_run_that_was_evaluated_can_be_solved_again(instances: Path, tmp_path: Path) -> None:
    """What an evaluation leaves in a run folder belongs to the run."""
    folder = tmp_path / "run"
    assert call("solve", instances / "tiny_site", "--out", folder) == 0
    assert call("evaluate", folder, "--commitment", folder / "commitments.csv") == 0
    (folder / "evaluation.rolling").mkdir()
    (folder / "evaluation_commitments.csv").write_text("product\n", encoding="utf-8")
    assert (folder / "evaluation.nc").is_file()
    assert call("solve", instances / "tiny_site", "--out", folder, "--force") == 0
    assert not list(folder.glob("evaluation*"))


def test_two_evaluations_of_one_second_have_folders_of_their_own(
    instances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    now = datetime(2025, 1, 15, 9, 30)
    monkeypatch.setattr(evaluate_output, "datetime", SimpleNamespace(now=lambda: now))
    for _ in range(2):
        assert call("evaluate", instances / "tiny_site", "--values", "--no-figures") == 0
    name = "tiny_site-evaluation-20250115-093000"
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [name, f"{name}-2"]
    assert (tmp_path / "runs" / f"{name}-2" / "evaluation.json").is_file()


def test_scenarios_that_a_commitment_was_made_for_are_told(
    instances: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An interval for days not drawn is no such thing over the days that the volumes were chosen for."""
    site = ms.read(instances / "enedis_local")
    run = ms.solve(site, site.tree(3, seed=5))
    ms.evaluate(run, tree=site.tree(3, seed=6))
    assert "was made for" not in caplog.text
    ms.evaluate(run, interval="t")
    assert "was made for scenarios of seed 5" in caplog.text
