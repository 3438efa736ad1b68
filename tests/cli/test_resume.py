"""`solve --resume`: a run that was ended goes on, and what cannot be gone on with is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.launched import command as command_line
from helpers.launched import environment

if TYPE_CHECKING:
    from conftest import Command  # which of the folders' files that is depends on what is collected first

HOSPITAL = ("--scenarios", 4, "--seed", 1, "--method", "decomposition", "--no-figures")


def summary_of(folder: Path) -> dict:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture
def hospital(instances: Path) -> str:
    return str(instances / "hospital_fr")


def killed_after_a_checkpoint(hospital: str, folder: Path) -> None:
    """A run of its own process, killed as soon as it has kept something."""
    line = command_line(1, "solve", hospital, *HOSPITAL, "--gap", "1e-8", "--out", folder, "--checkpoint-every", "1e-5")
    process = subprocess.Popen(line, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not list(folder.glob("checkpoint/*.json")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_a_killed_run_goes_on_from_its_folder_alone(
    command: Command, hospital: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder has the instance and what was asked for; a gap given now counts."""
    folder = tmp_path / "run"
    killed_after_a_checkpoint(hospital, folder)
    assert not (folder / "summary.json").exists()
    done = command("solve", "--resume", folder, "--gap", "0.01", "--no-figures")
    assert done.code == 0, done.err
    assert "goes on with checkpoint" in done.err
    summary = summary_of(folder)
    assert (summary["scenarios"], summary["seed"], summary["method"]) == (4, 1, "decomposition")
    assert summary["gap_rel"] <= 0.01
    assert sorted(entry.name for entry in folder.iterdir() if entry.name in ("begun", "checkpoint")) == []
    again = command("solve", "--resume", folder)
    assert again.code == 2
    assert "is done" in again.err


def test_a_limit_keeps_what_is_proven_and_a_repeated_command_goes_on(
    command: Command, hospital: str, tmp_path: Path
) -> None:
    """Exit code 4, then 0: both intervals hold the optimum, and the trace goes on."""
    line = ("solve", hospital, *HOSPITAL, "--out", "run", "--resume", "auto")
    first = command(*line, "--gap", "1e-12", "--time-limit", "8")
    assert first.code == 4, first.err
    assert "mes-stoch solve --resume" in first.err
    before = summary_of(tmp_path / "run")
    second = command(*line, "--gap", "0.01")
    assert second.code == 0, second.err
    after = summary_of(tmp_path / "run")
    # on a busy machine the first may have proven nothing of one side
    lowers = [found["bound_lower"] for found in (before, after) if found["bound_lower"] is not None]
    uppers = [found["bound_upper"] for found in (before, after) if found["bound_upper"] is not None]
    assert max(lowers) <= min(uppers)
    assert after["wall_time_s"] > before["wall_time_s"]
    third = command(*line)
    assert (third.code, "nothing to go on with" in third.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--seed", 2), "scenarios was 4 drawn with seed 1 and is 4 drawn with seed 2"),
        (("--set", "components.battery.energy_max_mwh=8"), "instance was "),
    ],
)
def test_another_runs_checkpoint_is_refused(
    command: Command, hospital: str, tmp_path: Path, arguments: tuple[object, ...], words: str
) -> None:
    killed_after_a_checkpoint(hospital, tmp_path / "run")
    done = command("solve", hospital, *HOSPITAL, "--out", "run", "--resume", "auto", *arguments)
    assert done.code == 2
    assert "is of another run" in " ".join(done.err.split())
    assert words in " ".join(done.err.split())
    # what was kept is still there
    assert list((tmp_path / "run" / "checkpoint").glob("*.json"))


def test_no_checkpoint_is_written_where_none_is_wanted(command: Command, hospital: str, tmp_path: Path) -> None:
    line = ("solve", hospital, *HOSPITAL, "--out", "run", "--time-limit", "8", "--gap", "1e-12")
    done = command(*line, "--checkpoint-every", "0")
    assert done.code == 4
    assert not (tmp_path / "run" / "checkpoint").exists()
    assert "--resume" not in done.err


def test_what_is_kept_is_gone_on_with_where_no_more_is_to_be_written(
    command: Command, hospital: str, tmp_path: Path
) -> None:
    killed_after_a_checkpoint(hospital, tmp_path / "run")
    done = command("solve", "--resume", "run", "--checkpoint-every", "0", "--gap", "0.01", "--no-figures")
    assert done.code == 0, done.err
    assert "goes on with checkpoint" in done.err


def test_auto_begins_where_nothing_was_begun(command: Command, tiny: str, tmp_path: Path) -> None:
    done = command("solve", tiny, "--out", "run", "--resume", "auto", "--no-figures")
    assert done.code == 0, done.err
    assert not (tmp_path / "run" / "begun").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give an INSTANCE, or --resume"),
        (("{tiny}", "--resume", "auto"), "--resume auto needs --out"),
        (("{tiny}", "--resume", "run"), "leave"),
        (("--resume", "run", "--set", "risk.beta=1"), "leave --set out"),
        (("--resume", "run", "--out", "other"), "leave --out out"),
        (("--resume", "run"), "holds no run that was begun"),
    ],
)
def test_what_cannot_be_gone_on_with_is_told(
    command: Command, tiny: str, arguments: tuple[str, ...], words: str
) -> None:
    done = command("solve", *(argument.format(tiny=tiny) for argument in arguments))
    assert done.code == 2
    assert words in " ".join(done.err.split())


def test_a_damaged_request_is_told(command: Command, hospital: str, tmp_path: Path) -> None:
    killed_after_a_checkpoint(hospital, tmp_path / "run")
    (tmp_path / "run" / "begun" / "request.json").write_text("{", encoding="utf-8")
    done = command("solve", "--resume", "run")
    assert done.code == 2
    assert "request.json cannot be read" in " ".join(done.err.split())
