"""Days of several series with weights: a tree's scenarios, a sample's, or days of the past, to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.schema.units import in_currency
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.resolution import native_context, to_periods
from mes_stoch.uncertainty.process import DrawContext

Array = NDArray[np.float64]


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
    period_h : float
    """

    name: str
    series: tuple[str, ...]
    values: Array
    weights: Array
    period_h: float

    def of(self, name: str) -> Array:
        """One series, shape (cases, periods)."""
        return np.asarray(self.values[:, :, self.series.index(name)])

    def in_currency(self, currency: str) -> Courses:
        """The same with series named in a currency."""
        return replace(self, series=tuple(in_currency(name, currency) for name in self.series))

    @property
    def cases(self) -> int:
        return len(self.weights)


def courses_of_tree(tree: ScenarioTree, name: str, series: Sequence[str] | None = None) -> Courses:
    """Scenarios of a tree with their probabilities; default all series that differ between scenarios."""
    count = len(tree.scenario_names)
    chosen = varying_series(tree) if series is None else tuple(series)
    values = np.stack([[tree.values(one, k) for one in chosen] for k in range(count)]).transpose(0, 2, 1)
    return Courses(name, chosen, values, tree.probabilities, float(tree.dataset.attrs["period_h"]))


def varying_series(tree: ScenarioTree) -> tuple[str, ...]:
    """Series that are drawn, and that are not the same in all scenarios and periods."""
    return tuple(
        name
        for name in tree.series_names
        if "scenario" in tree.dataset[name].dims and np.ptp(np.asarray(tree.dataset[name].values, dtype=float)) > 0
    )


def courses_of_past(history: History, context: DrawContext, name: str, series: Sequence[str]) -> Courses:
    """Whole days of the past in the periods of a day of the horizon, equally weighted.

    Raises
    ------
    UsageError
        A horizon that is not one day, or no whole day with every series.
    """
    day_h = context.periods * context.period_h
    if abs(day_h - 24.0) > 1e-9:
        raise UsageError(f"days of the past are held against a horizon of one day, and this one has {day_h:g} h")
    dates, values = history.whole_days(series)
    if not dates:
        raise UsageError(f"no whole day of the past has all of {', '.join(series)}")
    # any day of 24 hours: averages over longer periods, holding over shorter ones
    length = pd.Timedelta(hours=context.period_h)
    day = DrawContext(pd.date_range("2021-01-04", periods=context.periods, freq=length, tz="UTC"), context.period_h)
    native = native_context(day, history.period_h)
    mapped = np.stack(
        [[to_periods(values[k, :, i], native, day) for i in range(len(series))] for k in range(len(dates))]
    )
    weights = np.full(len(dates), 1.0 / len(dates))
    return Courses(name, tuple(series), mapped.transpose(0, 2, 1), weights, context.period_h)
