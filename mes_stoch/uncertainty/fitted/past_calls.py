"""Calls of the past: power that was activated as shares, and its runs as calls with a length and a share."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.schema.base import Model
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.field_types import PeriodHours, require_shape
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import class_of_clock, follows
from mes_stoch.uncertainty.process import Series


class PastCall(NamedTuple):
    """One run of called periods: its first period, its length, and the share called in each of them."""

    first: int
    length_h: float
    shares: tuple[float, ...]

    @property
    def share(self) -> float:
        """Its mean."""
        return float(np.mean(self.shares))


def shares(history: History, name: str, offered: float | str | None) -> Series:
    """A past series of activated power as shares of what was offered, in [0, 1]; not a number in gaps.

    Parameters
    ----------
    offered : float or str, optional
        A number or a past series; ``None``: the most ever activated.
    """
    activated = history.values(name)
    finite = activated[np.isfinite(activated)]
    if finite.size == 0 or finite.max() <= 0.0 or finite.min() < 0.0:
        raise UsageError(f"{name} is to hold activated power, which is never negative and not always zero")
    return _shares(history, activated, float(finite.max()) if offered is None else offered)


def _shares(history: History, activated: Series, offered: float | str) -> Series:
    whole = history.values(offered) if isinstance(offered, str) else np.asarray(offered)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.where(whole > 0.0, activated / whole, np.nan), 0.0, 1.0)


class CalledSeries(Model):
    """Past series that shares called were worked out from."""

    called: str = Field(description="Of what was called.")
    offered: float | str = Field(description="What could be called: a number, or a past series.")
    threshold: float = Field(default=0.0, description="Nothing is called up to this value.")

    @classmethod
    def of(cls, history: History, called: str, offered: float | str | None, threshold: float = 0.0) -> Self:
        """As :func:`shares` takes them: without what is offered, the most ever called in this history."""
        if offered is None:
            offered = float(np.nanmax(history.values(called)))
        return cls(called=called, offered=offered, threshold=threshold)

    def past(self, history: History) -> Series | None:
        """Shares called, shape (periods,); ``None`` where the history has not all that they need."""
        needed = [name for name in (self.called, self.offered) if isinstance(name, str)]
        if not set(needed) <= set(history.frame.columns):
            return None
        activated = history.values(self.called)
        found = _shares(history, activated, self.offered)
        return np.where(activated <= self.threshold, 0.0 * found, found)


def past_calls(shares: Series, called: NDArray[np.bool_], history: History) -> list[PastCall]:
    """Runs of called periods that begin and end within what is known.

    Parameters
    ----------
    shares : array, shape (periods,)
        Not a number where nothing is known.
    called : bool array, shape (periods,)
    """
    known, is_next = np.isfinite(shares), follows(history.time, history.period_h)
    found: list[PastCall] = []
    first: int | None = None
    for period in range(1, len(shares)):
        has_before = is_next[period] and known[period] and known[period - 1]
        if not has_before:
            first = None
        elif called[period] and not called[period - 1]:
            first = period
        elif first is not None and not called[period]:
            inside = tuple(shares[first:period].tolist())
            found.append(PastCall(first, (period - first) * history.period_h, inside))
            first = None
    return found


class CallRecord(Model):
    """Calls of the past as they were, to be drawn again."""

    period_h: PeriodHours = Field(description="Of the past, h.")
    shares_per_unit: list[Annotated[list[float], Field(min_length=1)]] = Field(
        min_length=1, description="Share called in each period of each call."
    )
    starts_h: list[float] = Field(description="Local clock hour at which each of them began.")

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        require_shape("starts_h", self.starts_h, len(self.shares_per_unit))
        return self

    @classmethod
    def of(cls, calls: list[PastCall], history: History, *, is_full: bool) -> CallRecord:
        """Of what was called; ``is_full``: with its lengths alone, all called."""
        time = history.time
        clock = time.hour + time.minute / 60.0 + time.second / 3600.0
        return cls(
            period_h=history.period_h,
            shares_per_unit=[[1.0] * len(call.shares) if is_full else list(call.shares) for call in calls],
            starts_h=[float(clock[call.first]) for call in calls],
        )

    def chosen(self, uniform: Series, place: NDArray[np.intp], class_h: float) -> NDArray[np.intp]:
        """For each period a call that could begin in it: one that began in the same class of hours, or any if none did.

        Parameters
        ----------
        uniform : array, shape (periods,)
        place : array of int, shape (periods,)
            Class of the hour of each period.
        class_h : float

        Returns
        -------
        array of int, shape (periods,)
        """
        began = class_of_clock(self._clock[self._passed == 0], class_h)
        call = np.empty(len(place), dtype=np.intp)
        for number in np.unique(place):
            inside = place == number
            pool = np.flatnonzero(began == number)
            pool = pool if pool.size else np.arange(len(began))
            call[inside] = pool[np.minimum((uniform[inside] * len(pool)).astype(np.intp), len(pool) - 1)]
        return call

    def under_way(
        self, uniform: float, start: pd.Timestamp, class_h: float, running_h: float | None
    ) -> tuple[int, int] | None:
        """A call that was under way in the class of hours of the start, or any if none was.

        Parameters
        ----------
        running_h : float, optional
            How long it has run, where that is known: one of those that were longer, each as likely.

        Returns
        -------
        call, passed : int
            The call, and by how many periods of the past it is under way; ``None`` where none was so long.
        """
        if running_h is not None:
            passed = max(1, math.ceil(running_h / self.period_h - 1e-9))
            longer = [number for number, shares in enumerate(self.shares_per_unit) if len(shares) > passed]
            return (longer[min(int(uniform * len(longer)), len(longer) - 1)], passed) if longer else None
        clock = start.hour + start.minute / 60.0 + start.second / 3600.0
        moments = np.flatnonzero(class_of_clock(self._clock, class_h) == class_of_clock(np.array([clock]), class_h))
        moments = moments if moments.size else np.arange(len(self._clock))
        moment = moments[min(int(uniform * len(moments)), len(moments) - 1)]
        return int(self._call[moment]), int(self._passed[moment])

    def lengths(self, call: NDArray[np.intp], passed: int, period_h: float) -> NDArray[np.int_]:
        """Periods of a length of their own that calls take, the first of them from a later moment on."""
        native = np.array([len(shares) for shares in self.shares_per_unit])[call]
        native[0] -= passed
        return np.maximum(1, np.round(native * self.period_h / period_h + 1e-9)).astype(int)

    def shares(self, call: int, passed: int, count: int, period_h: float) -> Series:
        """A call over so many periods of another length, from a later moment on.

        It is stretched over them, and called in part where they are longer than it was.
        """
        shares = self._calls[call][passed:]
        integral = np.concatenate([[0.0], np.cumsum(shares)])
        edges = np.linspace(0.0, len(shares), count + 1)
        means = np.diff(np.interp(edges, np.arange(len(shares) + 1), integral)) * count / len(shares)
        return np.asarray(means * min(1.0, len(shares) * self.period_h / (count * period_h)))

    @cached_property
    def _calls(self) -> list[Series]:
        return [np.array(shares) for shares in self.shares_per_unit]

    @cached_property
    def _call(self) -> NDArray[np.intp]:
        """Of every called period the number of its call."""
        return np.repeat(np.arange(len(self._calls)), [len(shares) for shares in self._calls])

    @cached_property
    def _passed(self) -> NDArray[np.intp]:
        """Of every called period how many came before it in its call."""
        return np.concatenate([np.arange(len(shares)) for shares in self._calls])

    @cached_property
    def _clock(self) -> Series:
        """Of every called period the local clock hour at which it began."""
        return np.asarray(np.mod(np.array(self.starts_h)[self._call] + self._passed * self.period_h, 24.0), dtype=float)
