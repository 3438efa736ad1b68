"""Days spread over processes; each day is the work of one, and its numbers do not depend on how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mes_stoch.backtesting.chains import Carried, Chain
from mes_stoch.backtesting.day import backtest_day
from mes_stoch.backtesting.plan import DayTask
from mes_stoch.io.instance import LoadedInstance
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.schema.backtest import BacktestDay
from mes_stoch.schema.errors import MesStochError, TimeLimitError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.signals import listening
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.worker_processes import WorkerProcesses


class DayError(MesStochError):
    """What went wrong on a day; unlike other errors it finds its way from one process to another."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[DayError], tuple[str, int]]:
        return DayError, (str(self), self.exit_code)


@dataclass(frozen=True)
class Work:
    """What all days have in common.

    Parameters
    ----------
    loaded : LoadedInstance
    real : RealDays
    method : str
    fan : int
    options : SolveOptions
    """

    loaded: LoadedInstance
    real: RealDays
    method: str
    fan: int
    options: SolveOptions

    def first_day(self, chain: Chain) -> BacktestDay:
        """The first day of a chain."""
        return self.day(chain.tasks[0], chain.begins_with)

    def day(self, task: DayTask, begins_with: Carried, stop: Stop | None = None) -> BacktestDay:
        """One day, which begins with what the day before it left in its month.

        Raises
        ------
        DayError
            What :func:`mes_stoch.backtesting.day.backtest_day` raises, with the day.
        """
        try:
            return backtest_day(
                self.loaded, self.real, task, self.method, self.fan, self.options, stop, begins_with=begins_with
            )
        except MesStochError as error:
            code = TimeLimitError.exit_code if isinstance(error, NotInTimeError) else error.exit_code
            raise DayError(f"{task.day}: {error}", code) from error


def operated(work: Work, chains: Sequence[Chain], workers: int, deadline: float) -> Iterator[BacktestDay]:
    """Finished days as they come, those of a chain in its order; ends early, without the others, when the time is up.

    Parameters
    ----------
    workers : int
        Processes; 1: this one.
    deadline : float
        ``time.perf_counter()`` at which the time is up.

    Raises
    ------
    DayError
        Of the first day that went wrong; days of other processes that had not come by then are lost.
    SolveError
        A process ended by itself.
    """
    if workers == 1:
        yield from _one_after_another(work, chains, deadline)
    elif chains:
        yield from _side_by_side(work, chains, min(workers, len(chains)), deadline)


def _one_after_another(work: Work, chains: Sequence[Chain], deadline: float) -> Iterator[BacktestDay]:
    stop = Stop(deadline, listening())
    for chain in chains:
        while chain.tasks:
            _end_if_interrupted(stop)
            try:
                day = work.day(chain.tasks[0], chain.begins_with, stop)
            except DayError:
                _end_if_interrupted(stop)
                # a single solve's limit is the day's own fault, and not the end
                if not stop():
                    raise
                return
            yield day
            chain = chain.after(day)


def _end_if_interrupted(stop: Stop) -> None:
    """A signal that came while a solver was at work has only been noted."""
    if stop.is_interrupted:
        raise KeyboardInterrupt


def _side_by_side(work: Work, chains: Sequence[Chain], workers: int, deadline: float) -> Iterator[BacktestDay]:
    with WorkerProcesses[Chain, BacktestDay](workers, work.first_day, "the backtest") as processes:
        for chain in chains:
            processes.submit(chain)
        for chain, day in processes.finished(deadline):
            rest = chain.after(day)
            if rest.tasks:
                processes.submit(rest)
            yield day
