"""Independent pieces of work spread over processes of this machine, in fresh interpreters.

A copy of this process would have the solver's threads and MPI's state in it. What all pieces have in common goes to
each process once. A Ctrl-C is the parent's to answer: its processes end with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from types import TracebackType
from typing import Any, Generic, TypeVar

from mes_stoch.schema.errors import MesStochError, SolveError

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerProcesses(Generic[Item, Result]):
    """Processes that work on what is submitted; a context manager that ends them, whatever they are at.

    Parameters
    ----------
    count : int
        Processes at most.
    task : callable
        The work on one item. It is pickled once for each process, with what all items have in common; its errors must
        find their way from one process to another.
    what : str
        What the processes do, for the message about one that ended by itself.
    """

    def __init__(self, count: int, task: Callable[[Item], Result], what: str) -> None:
        self._what = what
        self._before = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")
        self._executor = ProcessPoolExecutor(count, context, initializer=_begin, initargs=(task,))
        self._open: dict[Future[Any], Item] = {}

    def __enter__(self) -> WorkerProcesses[Item, Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # what is not finished is lost, whoever wants to end; processes that have nothing to do end by themselves
        self._executor.shutdown(wait=error is None and not self._open, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - self._before:
            process.terminate()
            process.join()

    def submit(self, item: Item) -> None:
        """Give an item to the process that is free next."""
        self._open[self._executor.submit(_work_on, item)] = item

    def finished(self, deadline: float) -> Iterator[tuple[Item, Result]]:
        """Items with their results as they come, until none is open; ends early when the time is up.

        More may be submitted meanwhile.

        Parameters
        ----------
        deadline : float
            ``time.perf_counter()`` at which the time is up.

        Raises
        ------
        SolveError
            A process ended by itself.
        """
        try:
            while self._open:
                left = deadline - time.perf_counter()
                timeout = max(left, 0.0) if left < threading.TIMEOUT_MAX else None
                done, _ = wait(self._open, timeout, FIRST_COMPLETED)
                if not done:
                    return
                for future in done:
                    result: Result = future.result()
                    yield self._open.pop(future), result
        except BrokenProcessPool:
            raise SolveError(
                f"a process of {self._what} ended by itself, perhaps for want of memory; fewer --workers need less"
            ) from None


_task: Callable[[Any], Any] | None = None


def _begin(task: Callable[[Any], Any]) -> None:
    global _task
    _task = task
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _work_on(item: Any) -> Any:
    if _task is None:  # pragma: no cover - the initializer ran
        raise MesStochError("a process was not told what to do")
    return _task(item)
