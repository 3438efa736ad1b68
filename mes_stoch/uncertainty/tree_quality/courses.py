"""Days of several series with weights: a tree's scenarios, a sample's, or days of the past, to be compared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.market_files.alignment import integral_between
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.schema.units import in_currency
from mes_stoch.uncertainty.examples import series_values
from mes_stoch.uncertainty.fitted.history import History

Array = NDArray[np.float64]
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True)
class Courses:
    """Series over the periods of a horizon, in several cases.

    Parameters
    ----------
    name : str
        What they are, for tables and figures.
    series : tuple of str
    values : array, shape (cases, periods, series)
    weights : array, shape (cases,)
        Summing to 1.
    lengths_h : array, shape (periods,)
        Length of each period, h.
    called : frozenset of str
        Series of called shares.
    """

    name: str
    series: tuple[str, ...]
    values: Array
    weights: Array
    lengths_h: Array
    called: frozenset[str] = frozenset()

    def of(self, name: str) -> Array:
        """One series, shape (cases, periods)."""
        return np.asarray(self.values[:, :, self.series.index(name)])

    @property
    def shares(self) -> Array:
        """Share of the horizon that each period has, shape (periods,)."""
        return np.asarray(self.lengths_h / self.lengths_h.sum())

    @property
    def each(self) -> Array:
        """Weight of every period of every case, shape (cases * periods,)."""
        return np.outer(self.weights, self.shares).ravel()

    def in_currency(self, currency: str) -> Courses:
        """The same with series named in a currency."""
        called = frozenset(in_currency(name, currency) for name in self.called)
        return replace(self, series=tuple(in_currency(name, currency) for name in self.series), called=called)

    @property
    def cases(self) -> int:
        return len(self.weights)


def courses_of_tree(
    tree: ScenarioTree, name: str, series: Sequence[str] | None = None, called: Collection[str] = ()
) -> Courses:
    """Scenarios of a tree with their probabilities; default all series that differ between scenarios."""
    count = len(tree.scenario_names)
    chosen = spread_series(tree) if series is None else tuple(series)
    values = np.stack([[tree.values(one, k) for one in chosen] for k in range(count)]).transpose(0, 2, 1)
    return Courses(name, chosen, values, tree.probabilities, tree.lengths_h, frozenset(called))


def spread_series(tree: ScenarioTree) -> tuple[str, ...]:
    """Series that may differ between scenarios and have a spread: not one number in all scenarios and periods."""
    return tuple(name for name in tree.varying_series if np.ptp(series_values(tree, name)) > 0)


def courses_of_past(
    history: History, tree: ScenarioTree, name: str, series: Sequence[str], called: Collection[str] = ()
) -> Courses:
    """Spans of the past in the periods of a tree's horizon, one from every day on, equally weighted.

    A span begins at the clock time at which the horizon does, and has its length; means over the periods are taken, and
    longer past periods held. Spans in which a series has a gap, or over which the clock changes, are left out.

    Raises
    ------
    UsageError
        A horizon of more than a day and an hour, or no span with every series.
    """
    history.require(series)
    lengths_h = tree.lengths_h
    if lengths_h.sum() > 25.0 + 1e-9:
        hours = float(lengths_h.sum())
        raise UsageError(f"days of the past are held against a horizon of a day at most, and this one has {hours:g} h")
    edges = _spans(history, tree.time[0], lengths_h)
    starts = history.time.tz_convert("UTC").as_unit("ns").asi8
    step = round(history.period_h * _HOUR_NS)
    found = []
    for one in series:
        values = history.values(one)
        known = np.isfinite(values)
        whole = integral_between(starts, starts + step, known.astype(float), edges)
        total = integral_between(starts, starts + step, np.where(known, values, 0.0), edges)
        span = np.diff(edges, axis=1)
        found.append(np.where(whole > span * (1.0 - 1e-9), total / span, np.nan))
    mapped = np.stack(found, axis=2)
    mapped = mapped[np.isfinite(mapped).all(axis=(1, 2))]
    if not len(mapped):
        raise UsageError(f"no whole day of the past has all of {', '.join(series)}")
    weights = np.full(len(mapped), 1.0 / len(mapped))
    return Courses(name, tuple(series), mapped, weights, lengths_h, frozenset(called))


def _spans(history: History, start: pd.Timestamp, lengths_h: Array) -> NDArray[np.int64]:
    """Edges of the periods of every span, ns of UTC, shape (spans, periods + 1)."""
    steps = np.concatenate([[0], np.round(np.cumsum(lengths_h) * _HOUR_NS).astype(np.int64)])
    clock = start.tz_localize(None) - start.tz_localize(None).normalize()
    midnights = pd.DatetimeIndex(history.time.tz_localize(None).normalize().unique())
    begins = (midnights + clock).tz_localize(history.time.tz, ambiguous="NaT", nonexistent="NaT")
    begins = pd.DatetimeIndex(begins[begins.notna()])
    ends = pd.DatetimeIndex(begins + pd.Timedelta(int(steps[-1]), unit="ns"))
    hours = ends.tz_localize(None) - begins.tz_localize(None)
    begins = pd.DatetimeIndex(begins[np.asarray(hours == pd.Timedelta(int(steps[-1]), unit="ns"))])
    return np.asarray(begins.tz_convert("UTC").as_unit("ns").asi8[:, None] + steps[None, :])
