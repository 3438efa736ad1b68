"""Calls that go on from what has been called already: the past of one day and the rest of another, within the limits.

An operator that forecasts the rest of a day by the same hours of another one must not count on calls that the limits of
the product exclude after those that have come, nor on the end of a call that has only begun.
"""

from __future__ import annotations

import numpy as np

from mes_stoch.schema.flexibility import LEAST_CALLED_PER_UNIT
from mes_stoch.uncertainty.call_draws import CallBook
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.process import DrawContext, Series


def continued_calls(called: Series, seen: int, limits: CallLimits, context: DrawContext) -> Series:
    """Called shares whose first ``seen`` periods stay as they are, and whose rest keeps the limits after them.

    A call that runs at the splice, or at the start where nothing has been seen, goes on for the shortest time allowed
    at least, and for the longest at most, in which the time counts that it has run before the horizon; a later
    one that may not begin is left out, and one that would last too long ends when it must, as
    :class:`~mes_stoch.uncertainty.call_draws.CallBook` has it.

    Parameters
    ----------
    called : array, shape (periods,)
    seen : int
        Periods that have been.

    >>> import pandas as pd
    >>> from dataclasses import replace
    >>> from mes_stoch.rules.call_history import CallHistory
    >>> context = DrawContext(pd.date_range("2025-01-15", periods=5, freq="h", tz="Europe/Paris"), 1.0)
    >>> once, long = CallLimits(calls_max=1), CallLimits(call_minimum_h=3.0)
    >>> continued_calls(np.array([1.0, 0.0, 0.0, 1.0, 1.0]), 2, once, context).tolist()
    [1.0, 0.0, 0.0, 0.0, 0.0]
    >>> continued_calls(np.array([0.0, 0.5, 0.0, 0.0, 0.0]), 2, long, context).tolist()
    [0.0, 0.5, 0.5, 0.5, 0.0]
    >>> for_an_hour = replace(long, before=CallHistory(running_h=1.0, running_per_unit=0.5))
    >>> continued_calls(np.zeros(5), 0, for_an_hour, context).tolist()
    [0.5, 0.5, 0.0, 0.0, 0.0]
    """
    if limits.is_none or seen >= len(called):
        return called
    book = CallBook(context, limits)
    kept = called.copy()
    kept[seen:] = 0.0
    runs = _runs(called)
    if book.before.is_running:
        # it has ended with the start where nothing is called in the first period
        run = runs.pop(0) if runs and runs[0][0] == 0 else (0, 0)
        has_been = min(seen, run[1])
        end = book.go_on(has_been if has_been < seen else max(book.fit_rest(run[1]), has_been))
        _keep(kept, called, run, end, seen, called[run[1] - 1] if run[1] else book.before.running_per_unit)
    for first, stop in runs:
        length = book.fit(first, stop - first)
        if stop < seen:
            book.call(first, stop - first)
            continue
        # what has been called has been, whatever the limits
        length = max(length, min(seen, stop) - first)
        end = book.call(first, length) if length > 0 else first
        _keep(kept, called, (first, stop), end, seen, called[stop - 1])
    return kept


def _keep(kept: Series, called: Series, run: tuple[int, int], end: int, seen: int, beyond: float) -> None:
    """Enter a call that ends at ``end`` in what is not seen: as its run has it, and at ``beyond`` after that."""
    first, stop = run
    reached = min(stop, end)
    kept[max(first, seen) : reached] = called[max(first, seen) : reached]
    kept[max(reached, seen) : end] = beyond


def _runs(called: Series) -> list[tuple[int, int]]:
    """First period of every call and the first after it."""
    running = np.concatenate([[False], called > LEAST_CALLED_PER_UNIT, [False]]).astype(np.int8)
    edges = np.diff(running)
    return [
        (int(first), int(stop))
        for first, stop in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True)
    ]
