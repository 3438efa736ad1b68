"""All leaves of a tree operated without foresight, by one process or several, finished ones kept.

A leaf depends on nothing but itself, the commitment and the forecast, so that the paths are the same however many
processes share them.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from mes_stoch.evaluation.commitment import root_of
from mes_stoch.evaluation.rolling.forecast import LikenessForecast
from mes_stoch.evaluation.rolling.operate import RolledPath, operate, path_of
from mes_stoch.evaluation.rolling.operation import Operation
from mes_stoch.evaluation.rolling.store import PathStore
from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.schema.errors import SolveError, UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.bounds import NotInTimeError

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

logger = logging.getLogger("mes_stoch.evaluation.rolling.leaves")

_POLL_S = 0.2


class Operated:
    """An operation with its program built, ready for one leaf after another."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self.program = build_leaf_program(operation.instance, operation.tree)
        self.root = root_of(self.program, operation.volumes)
        forecast = operation.forecast
        self._forecast = (
            None if forecast is None else LikenessForecast(operation.instance, forecast, goes_on=operation.is_for_mean)
        )

    def path(self, leaf: int, stop: Callable[[], bool] | None = None) -> RolledPath:
        """One leaf; see :func:`mes_stoch.evaluation.rolling.operate.operate`."""
        done = self._operation
        forecast = self._forecast or LikenessForecast(
            done.instance, done.tree, _node_of(done.tree, leaf), goes_on=done.is_for_mean
        )
        return operate(self.program, self.root, leaf, forecast, fan=done.fan, gap_rel=done.gap_rel, stop=stop)


def _node_of(tree: ScenarioTree, leaf: int) -> tuple[int, ...]:
    """All leaves below the day-ahead node of one: what is common to them is decided with one forecast."""
    return next(below for below in tree.day_ahead_nodes.values() if leaf in below)


def operate_all(
    operation: Operation,
    operated: Operated,
    *,
    workers: int = 1,
    store: PathStore | None = None,
    stop: Callable[[], bool],
    told: Callable[[str], object] | None = None,
) -> list[RolledPath]:
    """Operate every leaf of a tree.

    Parameters
    ----------
    workers : int
        Processes; each builds the program for itself.
    store : PathStore, optional
        Where finished leaves are kept, and looked for.
    stop : callable
        Asked whether to give up; what is finished stays in the store.
    told : callable, optional
        Told how many are done.

    Raises
    ------
    InfeasibleError
        What was decided in a leaf leaves no way on.
    NotInTimeError
    SolveError
        A process was ended from outside.
    """
    if workers < 1:
        raise UsageError(f"leaves are operated by 1 process or more, not {workers}")
    count = len(operated.program.scenario_names)
    paths = {} if store is None else {leaf: path_of(operated.program, leaf, v) for leaf, v in store.found(count)}
    if paths and told is not None:
        told(f"{len(paths)} of {count} scenarios were operated before")
    missing = [leaf for leaf in range(count) if leaf not in paths]
    workers = min(workers, len(missing))
    finished = _by_processes(operation, missing, workers, stop) if workers > 1 else _one_by_one(operated, missing, stop)
    try:
        for path in finished:
            paths[path.leaf] = path
            if store is not None:
                store.put(path.leaf, path.values)
            if told is not None:
                told(f"{len(paths)} of {count} scenarios operated")
    except NotInTimeError:
        kept = "" if store is None else f"; they are kept in {store.folder}, and the same command goes on from there"
        raise NotInTimeError(
            f"{operation.instance.name}: {len(paths)} of {count} scenarios were operated in time{kept}"
        ) from None
    return [paths[leaf] for leaf in range(count)]


def _one_by_one(operated: Operated, leaves: Sequence[int], stop: Callable[[], bool]) -> Iterator[RolledPath]:
    for leaf in leaves:
        yield operated.path(leaf, stop)


def _by_processes(
    operation: Operation, leaves: Sequence[int], workers: int, stop: Callable[[], bool]
) -> Iterator[RolledPath]:
    """Paths as they are finished, in any order."""
    if stop():
        raise NotInTimeError("the time limit came first")
    context = get_context("spawn")
    ended = context.Event()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(operation, ended))
    try:
        pending: set[Future[RolledPath]] = {pool.submit(_path, leaf) for leaf in leaves}
        while pending:
            done, pending = wait(pending, timeout=_POLL_S, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
            if stop():
                raise NotInTimeError("the time limit came first")
    except BrokenProcessPool as error:
        raise SolveError(
            "a process that operated scenarios was ended from outside, for want of memory perhaps: use fewer workers"
        ) from error
    finally:
        ended.set()
        pool.shutdown(cancel_futures=True)


_operated: Operated | None = None
_ended: Event | None = None


def _begin(operation: Operation, ended: Event) -> None:
    """In a process of its own: build the program once. Signals are the parent's to answer."""
    global _operated, _ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _operated, _ended = Operated(operation), ended


def _path(leaf: int) -> RolledPath:
    if _operated is None or _ended is None:  # pragma: no cover - the pool begins every process
        raise UsageError("a process that was not begun")
    return _operated.path(leaf, _ended.is_set)
