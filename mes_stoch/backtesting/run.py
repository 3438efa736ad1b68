"""All days of a backtest: those that are there already, and the others as they are finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mes_stoch.backtesting.chains import chains_of, what_is_left
from mes_stoch.backtesting.folder import DOCUMENT, TABLE, BacktestFolder
from mes_stoch.backtesting.plan import DayTask
from mes_stoch.backtesting.result import Backtest
from mes_stoch.backtesting.workers import Work, operated
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.report.amounts import amount
from mes_stoch.schema.backtest import BacktestDay, BacktestPlan
from mes_stoch.schema.errors import TimeLimitError


def run_days(
    work: Work,
    tasks: Sequence[DayTask],
    plan: BacktestPlan,
    folder: BacktestFolder | None,
    workers: int,
    deadline: float,
    told: Callable[[str], object] | None = None,
) -> Backtest:
    """Operate the days that a folder does not have; each is written as soon as it is finished.

    Parameters
    ----------
    deadline : float
        ``time.perf_counter()`` at which the time for everything is up.

    Raises
    ------
    TimeLimitError
        There was no time for any day.
    DayError, SolveError
        A day went wrong; those that were finished before it are written.
    """
    tell = told or (lambda _: None)
    there = [] if folder is None else folder.finished(tasks)
    found, left = what_is_left(chains_of(work.loaded.instance, tasks), there)
    if found:
        tell(f"{len(found)} of {len(tasks)} days are there already")
    for day in operated(work, left, workers, deadline):
        found.append(day)
        if folder is not None:
            folder.put(day)
        tell(_line(day, len(found), len(tasks), plan.currency))
    if not found:
        raise TimeLimitError("the time limit came before a day was finished; give it a longer one")
    result = _result(work.real, plan, tasks, found)
    if folder is not None:
        folder.files.put_frame(TABLE, result.table())
        folder.files.put_json(DOCUMENT, result.document().model_dump(mode="json"))
    return result


def _line(day: BacktestDay, done: int, count: int, currency: str) -> str:
    return (
        f"{done} of {count}: {day.day} earned {amount(day.realised)} of {amount(day.perfect_lower)} {currency} "
        f"({day.wall_time_s:.1f} s)"
    )


def _result(real: RealDays, plan: BacktestPlan, tasks: Sequence[DayTask], found: Sequence[BacktestDay]) -> Backtest:
    first, last = tasks[0].window[0], tasks[-1].day
    used = sorted({day for task in tasks for day in (*task.window, task.day)})
    return Backtest(
        plan=plan,
        days=sorted(found, key=lambda day: day.day),
        asked=len(tasks),
        sources=real.sources,
        notes=real.notes,
        left_out={day: reason for day, reason in real.left_out.items() if first <= day <= last},
        pairing=real.pairing.loc[used] if len(real.pairing) else real.pairing,
    )
