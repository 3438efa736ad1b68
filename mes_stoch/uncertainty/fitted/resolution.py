"""Drawing in periods of the length that a part was fitted to, whatever the periods of the horizon are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.uncertainty.process import DrawContext, Series


def native_context(context: DrawContext, period_h: float) -> DrawContext:
    """The same span in periods of ``period_h``, counted from local midnight of its first day, whole at either end.

    The context itself where it has that period already. Steps are taken in elapsed time, so that a day of 23 or 25
    hours has its true number of periods.
    """
    if abs(context.period_h - period_h) < 1e-9:
        return context
    step = pd.Timedelta(round(period_h * 3600), unit="s")
    first, end = context.time[0], pd.Timestamp(_edges(context)[-1], unit="ns", tz="UTC")
    midnight = first.normalize()
    start = midnight + ((first - midnight) // step) * step
    utc = pd.date_range(start.tz_convert("UTC"), end, freq=step, inclusive="left")
    return DrawContext(utc.tz_convert(context.time.tz), period_h, context.call_limits)


def to_periods(values: Series, native: DrawContext, context: DrawContext) -> Series:
    """Means over the periods of a context of a series that is constant within the periods of another.

    ``mean[t] = integral of values over period t / its length``: longer periods are held, shorter ones averaged.

    Parameters
    ----------
    values : array, shape (native periods,)
    native : DrawContext
        Covers the span of ``context``; see :func:`native_context`.

    Returns
    -------
    array, shape (periods,)
    """
    if native is context:
        return values
    return _means(values, _edges(native), _edges(context))


def to_native(values: Series, context: DrawContext, native: DrawContext) -> Series:
    """The reverse: means over native periods of a series over the periods of a context.

    Native periods that begin before the context, or end after it, have the mean over what lies inside.

    Returns
    -------
    array, shape (native periods,)
    """
    if native is context:
        return values
    source = _edges(context)
    return _means(values, source, np.clip(_edges(native), source[0], source[-1]))


def _means(values: Series, source: NDArray[np.int64], target: NDArray[np.int64]) -> Series:
    origin = source[0]
    hours = (source - origin) / 3.6e12
    integral = np.concatenate([[0.0], np.cumsum(values * np.diff(hours))])
    edges = (target - origin) / 3.6e12
    means = np.diff(np.interp(edges, hours, integral)) / np.diff(edges)
    # differences of sums are rounded: what is held is the value itself, and no mean lies beyond the values
    first = np.searchsorted(source, target[:-1], side="right") - 1
    last = np.searchsorted(source, target[1:], side="left") - 1
    held = values[np.clip(first, 0, len(values) - 1)]
    return np.asarray(np.where(first == last, held, np.clip(means, values.min(), values.max())))


def _edges(context: DrawContext) -> NDArray[np.int64]:
    """Beginnings of the periods and the end of the last, ns of UTC."""
    starts = context.time.tz_convert("UTC").as_unit("ns").asi8
    return np.append(starts, starts[-1] + round(context.period_h * 3600) * 1_000_000_000)
