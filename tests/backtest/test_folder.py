"""Days on disk: the same numbers run twice, run on, and run by more processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.backtests import made_up

import mes_stoch as ms
from mes_stoch.backtesting import day as one_day
from mes_stoch.backtesting.plan import plan_days
from mes_stoch.schema.errors import RunFolderError, TimeLimitError, UsageError
from mes_stoch.solvers.auto import solve_by
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.signals import SignalWatch
from mes_stoch.solvers.interruption.stop import Stop

SERIES = made_up(
    {
        "2021-03-01": (20, 50, 20),
        "2021-03-02": (35, 10, 45),
        "2021-03-03": (20, 10, 60),
        "2021-03-04": (25, 30, 35),
        "2021-03-05": (60, 5, 40),
    }
)


def run(site: ms.Site, out: Path, days: int = 3, **options: object) -> ms.Backtest:
    return ms.backtest(site, SERIES, days=days, window_days=1, out=out, **options)  # type: ignore[arg-type]


def numbers(out: Path) -> tuple[str, object]:
    """What is written, but for times."""
    document = json.loads((out / "backtest.json").read_text(encoding="utf-8"))
    for day in document["days"]:
        del day["wall_time_s"]
    return (out / "backtest.csv").read_text(encoding="utf-8"), document


def test_interrupted_and_resumed_is_the_same_as_at_once(three_periods: ms.Site, tmp_path: Path) -> None:
    run(three_periods, tmp_path / "whole")
    # a day on disk and one half written, as a process leaves them that was killed
    run(three_periods, tmp_path / "parts", days=1)
    (tmp_path / "parts" / "days" / ".2021-03-04.json.0123.tmp").write_text('{"day": "2021', encoding="utf-8")
    # a word about the site changes no number
    (three_periods.folder / "README.md").write_text("three periods", encoding="utf-8")
    three_periods = ms.read(three_periods.folder)
    told: list[str] = []
    run(three_periods, tmp_path / "parts", resume=True, told=told.append)
    assert told[0] == "1 of 3 days are there already"
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")


def test_a_signal_that_was_only_noted_ends_it_after_the_day(three_periods: ms.Site, tmp_path: Path) -> None:
    """HiGHS drops a ``KeyboardInterrupt`` that is raised in its callbacks."""
    with SignalWatch() as watch, pytest.raises(KeyboardInterrupt):
        run(three_periods, tmp_path / "out", told=lambda _: watch.request.make("SIGINT"))
    assert len(list((tmp_path / "out" / "days").iterdir())) == 1


def test_a_day_that_the_deadline_has_cut_short_is_not_kept(
    three_periods: ms.Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is up in the last solve, the one with the day known: its bound would depend on the clock."""
    stop, calls = Stop(), []

    def late(*arguments: Any, **options: Any) -> Any:
        result = solve_by(*arguments, **options)
        calls.append(result)
        if len(calls) == 2:
            stop.deadline = 0.0
        return result

    monkeypatch.setattr(one_day, "solve_by", late)
    (task,) = plan_days(SERIES, 1, 1)
    with pytest.raises(NotInTimeError):
        one_day.backtest_day(three_periods.loaded, SERIES, task, "ef", 1, SolveOptions(gap_rel=1e-6), stop)
    assert len(calls) == 2


def test_processes_do_not_change_numbers(three_periods: ms.Site, tmp_path: Path) -> None:
    run(three_periods, tmp_path / "one")
    run(three_periods, tmp_path / "two", workers=2)
    assert numbers(tmp_path / "two") == numbers(tmp_path / "one")


def test_what_went_wrong_in_another_process_is_told_with_its_day(three_periods: ms.Site) -> None:
    days = {"2021-03-01": (20, 50, 20), "2021-03-02": (1, 1, 1), "2021-03-03": (2, 3000, 6), "2021-03-04": (1, 2, 3)}
    with pytest.raises(Exception, match="2021-03-03: three_periods: 3 problems") as caught:
        ms.backtest(three_periods, made_up(days), days=2, window_days=1, workers=2)
    assert caught.value.exit_code == 2  # type: ignore[attr-defined]


def test_a_folder_of_something_else_is_left_alone(three_periods: ms.Site, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        run(three_periods, out)
    with pytest.raises(UsageError, match=r"no folder of a backtest: it has no plan\.json"):
        run(three_periods, out, resume=True)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_days_of_another_backtest_are_not_mixed_in(three_periods: ms.Site, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(three_periods, out, days=1)
    with pytest.raises(UsageError, match="not empty"):
        run(three_periods, out, days=1)
    with pytest.raises(UsageError, match=r"fan: 1, not 8; gap_rel: 0\.01, not 1e-06"):
        run(three_periods, out, resume=True, fan=1, gap_rel=0.01)
    larger = three_periods.replace({"components.battery.energy_max_mwh": 9.0})
    with pytest.raises(UsageError, match="site: "):
        run(larger, out, resume=True)
    (out / "days" / "2021-03-03.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"days/2021-03-03\.json"):
        run(three_periods, out, resume=True)


def test_the_time_limit_leaves_what_is_finished(three_periods: ms.Site, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(TimeLimitError, match="before a day was finished"):
        run(three_periods, out, time_limit_s=1e-3)
    run(three_periods, out, days=1, resume=True)
    late = run(three_periods, out, days=3, resume=True, time_limit_s=1e-3)
    assert (len(late.days), late.asked, late.is_complete) == (1, 3, False)
    assert len((out / "backtest.csv").read_text(encoding="utf-8").splitlines()) == 2
