"""Every exit code of the design, and what a user reads with it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mes_stoch.solvers.certificate.result import EngineResult
from mes_stoch.solvers.extensive import algorithm as extensive

Command = Callable[..., Any]


def stop_as(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the engine end as if a limit or a user had stopped it."""
    solve = extensive.solve_extensive

    def stopped(*arguments: Any) -> EngineResult:
        result = solve(*arguments)
        return replace(result, lower=result.upper - 100.0, **changes)

    monkeypatch.setattr(extensive, "solve_extensive", stopped)


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: Any) -> EngineResult:
        raise error

    monkeypatch.setattr(extensive, "solve_extensive", fail)


@pytest.mark.parametrize(
    "arguments",
    [
        ["solve"],
        ["solve", "nothing"],
        ["nonsense"],
        ["solve", "TINY", "--gap", "-1"],
        ["solve", "TINY", "--gap", "nan"],
        ["solve", "TINY", "--method", "simplex"],
        ["solve", "TINY", "--scenarios", "3"],
        ["solve", "TINY", "--seed", "1"],
        ["validate"],
        ["report", "nothing"],
        ["tree", "nothing"],
    ],
)
def test_2_bad_instance_or_usage(command: Command, tiny: str, tmp_path: Path, arguments: list[str]) -> None:
    done = command(*(tiny if word == "TINY" else word for word in arguments))
    assert done.code == 2
    assert "mes-stoch: " in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "runs").exists() or not any((tmp_path / "runs").iterdir())


def test_2_explicit_scenarios_are_all_taken(command: Command, tiny: str) -> None:
    assert "4 explicit scenarios" in command("solve", tiny, "--scenarios", "3").err
    assert command("solve", tiny, "--scenarios", "4", "--no-figures", "--out", "run").code == 0


def test_2_a_run_is_not_overwritten_without_force(command: Command, tiny: str) -> None:
    assert command("solve", tiny, "--out", "run", "--quiet", "--no-figures").code == 0
    first = Path("run/manifest.json").read_text(encoding="utf-8")
    refused = command("solve", tiny, "--out", "run", "--no-figures")
    assert refused.code == 2
    assert "--force" in refused.err
    assert Path("run/manifest.json").read_text(encoding="utf-8") == first
    assert command("solve", tiny, "--out", "run", "--force", "--quiet", "--no-figures").code == 0
    assert "--force" in Path("run/manifest.json").read_text(encoding="utf-8")


def test_3_infeasible(command: Command, tiny: str, tmp_path: Path) -> None:
    cold = tmp_path / "cold"
    shutil.copytree(tiny, cold)
    path = cold / "instance.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("warmth: {carrier: heat}", "warmth: {carrier: heat, unserved_penalty_eur_per_mwh: null}")
    path.write_text(text.replace("demand_mw: 2\n", "demand_mw: 200\n"), encoding="utf-8")
    done = command("solve", cold, "--out", "run")
    assert done.code == 3
    assert "tiny_site" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "run").exists()


def test_4_limit_with_results(command: Command, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_as(monkeypatch, status="limit")
    done = command("solve", tiny, "--out", "run", "--no-figures")
    assert done.code == 4
    assert "before the gap was reached" in done.out
    assert json.loads(Path("run/summary.json").read_text(encoding="utf-8"))["status"] == "limit"
    assert Path("run/manifest.json").is_file()


def test_5_interrupted_with_results(command: Command, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_as(monkeypatch, status="interrupted")
    assert command("solve", tiny, "--out", "run", "--no-figures").code == 5
    assert Path("run/manifest.json").is_file()


def test_5_interrupted_before_there_was_one(command: Command, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    done = command("solve", tiny, "--out", "run")
    assert done.code == 5
    assert "interrupted" in done.err
    assert "Traceback" not in done.err
    assert not Path("run").exists()


def test_70_crash_says_one_line_and_where_the_rest_is(
    command: Command, tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fail_with(monkeypatch, RuntimeError("the matrix is singular\nin many ways"))
    done = command("solve", tiny, "--out", "run")
    assert done.code == 70
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("mes-stoch: crash: RuntimeError: the matrix is singular")
    assert "Traceback" not in done.err
    (file,) = tmp_path.glob("mes-stoch-crash-*.txt")
    assert str(file) in last
    assert "Traceback" in file.read_text(encoding="utf-8")
    assert not Path("run").exists()


def test_70_debug_shows_the_traceback(command: Command, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, RuntimeError("the matrix is singular"))
    done = command("--debug", "solve", tiny, "--out", "run")
    assert done.code == 70
    assert "Traceback" in done.err


def test_a_failed_solve_leaves_an_earlier_run_alone(
    command: Command, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("solve", tiny, "--out", "run", "--quiet").code == 0
    before = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}
    fail_with(monkeypatch, RuntimeError("no"))
    assert command("solve", tiny, "--out", "run", "--force", "--quiet").code == 70
    assert {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()} == before
