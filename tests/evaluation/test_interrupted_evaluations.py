"""A signal that was only noted, since HiGHS drops what is raised in its callbacks, ends every evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation import solves
from mes_stoch.evaluation.flexibility import region
from mes_stoch.schema.errors import InterruptedRunError, TimeLimitError, UsageError
from mes_stoch.solvers.interruption.signals import SignalWatch, listening

SAMPLES = {
    "stability": ("--stability", "--sizes", "2,3", "--replications", "2", "--scenarios", "4"),
    "sequential": ("--sequential", "--wanted-gap", "1000", "--scenarios", "4"),
}


@pytest.fixture
def watch() -> Iterator[SignalWatch]:
    with SignalWatch() as watch:
        yield watch


@pytest.mark.parametrize("asked", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("at", [1, 3])
def test_samples_that_are_interrupted_are_no_result(
    instances: Path,
    tmp_path: Path,
    asked: tuple[str, ...],
    at: int,
    watch: SignalWatch,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first solve is followed by others, the third by some in stability and by none in one step of samples."""
    solve_by, count = solves.solve_by, 0

    def interrupted(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        result = solve_by(*arguments, **options)
        if count == at:
            listening().make("SIGINT")
        return result

    monkeypatch.setattr(solves, "solve_by", interrupted)
    out = tmp_path / "found.json"
    code, _ = run_command(["evaluate", str(instances / "enedis_local"), *asked, "--out", str(out)])
    assert code == 5
    assert watch.request.reason == "SIGINT"
    assert count == at
    assert not out.exists()
    assert "interrupted before everything was evaluated; nothing was written" in capsys.readouterr().err


def test_a_region_that_is_interrupted_is_no_result(
    instances: Path, watch: SignalWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ms.solve(ms.read(instances / "tiny_site"), method="ef")
    rows, begun = region._rows, []

    def interrupted(*arguments: Any) -> Any:
        begun.append(arguments)
        watch.request.make("SIGTERM")
        return rows(*arguments)

    monkeypatch.setattr(region, "_rows", interrupted)
    with pytest.raises(InterruptedRunError, match="tiny_site: interrupted before everything"):
        ms.evaluate(run, flexibility=True)
    assert len(begun) == 1


def test_a_time_limit_is_checked_for_a_region_as_well(instances: Path) -> None:
    run = ms.solve(ms.read(instances / "tiny_site"), method="ef")
    with pytest.raises(UsageError, match="time_limit_s"):
        ms.evaluate(run, flexibility=True, time_limit_s=float("nan"))


def test_a_time_limit_is_still_one(instances: Path, watch: SignalWatch) -> None:
    with pytest.raises(TimeLimitError, match="give it a longer time limit"):
        ms.stability(ms.read(instances / "enedis_local"), (2, 3), replications=2, time_limit_s=1e-3)
    assert not watch.request.reason
