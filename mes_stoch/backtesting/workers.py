"""Days spread over processes; each day is the work of one, and its numbers do not depend on how many there are."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for

from mes_stoch.backtesting.chains import Carried, Chain
from mes_stoch.backtesting.day import backtest_day
from mes_stoch.backtesting.plan import DayTask
from mes_stoch.io.instance import LoadedInstance
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.schema.backtest import BacktestDay
from mes_stoch.schema.errors import MesStochError, SolveError, TimeLimitError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.signals import listening
from mes_stoch.solvers.interruption.stop import Stop


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
    before = set(multiprocessing.active_children())
    # a fresh interpreter: a copy of this process would have the solver's threads and MPI's state in it
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(work,))
    try:
        open_chains: dict[Future[BacktestDay], Chain] = {executor.submit(_day, chain): chain for chain in chains}
        while open_chains:
            left = deadline - time.perf_counter()
            done, _ = wait(open_chains, max(left, 0.0) if left < threading.TIMEOUT_MAX else None, FIRST_COMPLETED)
            if not done:
                return
            for future in done:
                day = future.result()
                rest = open_chains.pop(future).after(day)
                if rest.tasks:
                    open_chains[executor.submit(_day, rest)] = rest
                yield day
    except BrokenProcessPool:
        raise SolveError(
            "a process of the backtest ended by itself, perhaps for want of memory; fewer --workers need less"
        ) from None
    finally:
        # what is not finished is lost, whoever wants to end
        executor.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
            process.join()


_work: Work | None = None


def _begin(work: Work) -> None:
    """In a new process: a Ctrl-C is the parent's to answer, and its end is ours."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _day(chain: Chain) -> BacktestDay:
    """The first day of a chain."""
    if _work is None:  # pragma: no cover - the initializer ran
        raise MesStochError("a process of the backtest was not told what to do")
    return _work.day(chain.tasks[0], chain.begins_with)
