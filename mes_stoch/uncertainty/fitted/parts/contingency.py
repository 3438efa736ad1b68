"""Rare events of some length with a time to recover: contingencies, calls of a tender."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.rules.call_history import CallHistory
from mes_stoch.schema.base import Identifier, NonNegative, Positive
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.outage import Share
from mes_stoch.uncertainty.call_draws import CallBook
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.fitted.field_types import require_shape
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import Part, PartOptions, Stage
from mes_stoch.uncertainty.fitted.past_calls import CalledSeries, PastCall, past_calls, shares
from mes_stoch.uncertainty.fitted.tilt import log_weight, with_own_tilt
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

HOURS_A_YEAR = 8760.0
_ROUNDING = 1e-9


class ContingencyOptions(PartOptions):
    """Events of the past, or what is known of them."""

    stage: Stage = Field(
        default="realtime", description="day_ahead where events are announced before that market clears."
    )
    called: Identifier | None = Field(
        default=None, description="Past series of what was called: a share, or a volume; null: numbers are given."
    )
    threshold: NonNegative = Field(default=0.0, description="An event lasts while the series is above it, in its unit.")
    offered: Positive | Identifier | None = Field(
        default=None, description="What could be called, a number or a past series; null: the most ever called."
    )
    refractory_h: NonNegative | None = Field(
        default=None,
        description="Time from the beginning of an event in which no other begins, h; null: fitted, or none where "
        "numbers are given.",
    )
    events_per_year: Positive | None = Field(default=None, description="Mean number of events in a year, if given.")
    durations_h: list[Positive] = Field(default=[], description="Lengths of events, equally likely, h, if given.")
    shares_per_unit: list[Share] = Field(
        default=[1.0], description="Shares called, one a duration or one for all, where durations are given."
    )
    source: str = Field(default="", description="Where given numbers come from, in words that a paper can cite.")
    series: Identifier = Field(description="Name of the share called that is drawn.")
    tilt: Positive | None = Field(
        default=None,
        description="Factor on the rate of events, for rare ones; the scenarios are weighted so that expectations "
        "stay. null: drawn as they are.",
    )

    @model_validator(mode="after")
    def _fitted_or_given(self) -> ContingencyOptions:
        has_numbers = self.events_per_year is not None or bool(self.durations_h)
        if self.called is not None and has_numbers:
            raise ValueError("either a past series, or events_per_year and durations_h, not both")
        if self.called is None and (self.events_per_year is None or not self.durations_h or not self.source.strip()):
            raise ValueError("without a past series: events_per_year, durations_h, and the source of both")
        if self.called is None and len(self.shares_per_unit) not in (1, len(self.durations_h)):
            raise ValueError("shares_per_unit: one for all, or one a duration")
        return self


class Contingency(Part):
    """Events of a Poisson process that pauses after each of them.

    Equations
    ---------
    From the beginning of an event of length ``D`` no other begins for ``T = max(refractory, D)``; after that the next
    comes at the rate ``lambda``. Beginnings are a renewal process with::

        mean rate = 1 / (1 / lambda + E[T]),   P(a pause runs at any moment) = E[T] mean rate

    Fitted: with the least and mean time between ``n + 1`` beginnings in a row, ``x_min`` and ``x_mean``, the time to
    recover of an exponential law with a threshold, without bias, and the rate over the time ``E`` of the past in which
    an event could begin (the maximum of the likelihood, with its ends)::

        refractory = max(0, x_min - (x_mean - x_min) / (n - 1)),   lambda = events / E

    An event is drawn in continuous time, with the length and share of one of the past; it begins with the period that
    it falls in, lasts whole periods, and fills its share of them. The horizon begins within a pause as often as any
    moment does, with the rest of the event that began it; where the calls before it are known (``start.calls``), with a
    pause only where a call is under way, which goes on for the rest of an event that is longer than it has run. Limits
    of the products leave out events that they do not allow.

    Importance sampling: with ``tilt = f`` events come at ``f lambda``, and with ``n`` events in the time ``E`` of the
    horizon without pauses the likelihood ratio is ``f^-n exp((f - 1) lambda E)``.

    Source
    ------
    The Poisson process with dead time: Deger, Helias, Boucsein, Rotter (2011), Statistical properties of superimposed
    stationary spike trains, Journal of Computational Neuroscience, doi:10.1007/s10827-011-0362-8. Likelihood ratios:
    Glynn, Iglehart (1989), Management Science 35, doi:10.1287/mnsc.35.11.1367.
    """

    Options: ClassVar[type[PartOptions]] = ContingencyOptions

    series: str
    rate_per_h: float = Field(ge=0, description="Of events while none is being recovered from, 1/h.")
    refractory_h: float = Field(ge=0, description="From the beginning of an event, h.")
    durations_h: list[Positive] = Field(min_length=1, description="Lengths of events, equally likely, h.")
    shares_per_unit: list[Share] = Field(description="Share called in each of them.")
    source: str = Field(description="Where the numbers come from.")
    tilt: float | None = Field(default=None, gt=0, description="Factor on the rate of events.")
    past_called: CalledSeries | None = Field(default=None, description="Past series that it was fitted to.")

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        require_shape("shares_per_unit", self.shares_per_unit, len(self.durations_h))
        return self

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = ContingencyOptions.model_validate(options.model_dump())
        past_called = None
        if options.called is None:
            durations_h, source = list(options.durations_h), options.source
            share = list(options.shares_per_unit) * (len(durations_h) if len(options.shares_per_unit) == 1 else 1)
            refractory_h = options.refractory_h or 0.0
            rate_per_h = _live_rate((options.events_per_year or 0.0) / HOURS_A_YEAR, refractory_h, durations_h)
        else:
            past = shares(history, options.called, options.offered)
            is_called = np.isfinite(past) & (np.nan_to_num(history.values(options.called)) > options.threshold)
            past_called = CalledSeries.of(history, options.called, options.offered, options.threshold)
            events = past_calls(past, is_called, history)
            if not events:
                raise UsageError(f"{options.called} has no event that begins and ends in the past")
            refractory_h = options.refractory_h if options.refractory_h is not None else _refractory_h(events, history)
            rate_per_h = _fitted_rate(events, np.isfinite(past) & ~is_called, refractory_h, history.period_h)
            durations_h, share = [event.length_h for event in events], [event.share for event in events]
            source = f"fitted to {options.called}"
        return cls(
            stage=options.stage,
            series=options.series,
            rate_per_h=rate_per_h,
            refractory_h=refractory_h,
            durations_h=durations_h,
            shares_per_unit=share,
            source=source,
            tilt=options.tilt,
            past_called=past_called,
        )

    def series_names(self) -> tuple[str, ...]:
        return (self.series,)

    def past_values(self, history: History) -> pd.DataFrame:
        found = None if self.past_called is None else self.past_called.past(history)
        if found is None:
            return super().past_values(history)
        return pd.DataFrame({self.series: found}, index=history.time)

    def tilted(self) -> dict[str, float]:
        return {} if self.tilt is None else {self.series: self.tilt}

    @property
    def mean_rate_per_h(self) -> float:
        """Events an hour in the long run."""
        return self.rate_per_h / (1.0 + self.rate_per_h * _mean_pause_h(self.refractory_h, self.durations_h))

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        tilted, own = with_own_tilt(context, self.series, self.tilt)
        factor = None if tilted.tilt is None else tilted.tilt.factor(self.series)
        before = context.call_limits.get(self.series, CallLimits()).before
        horizon_h = context.periods * context.period_h
        begins_h, event, live_h, begun = self._events(generator, horizon_h, factor or 1.0, before)
        if factor is not None and tilted.tilt is not None:
            tilted.tilt.add(self.series, -begun * math.log(factor) + (factor - 1.0) * self.rate_per_h * live_h)
        called = self._called(context, begins_h, event)
        return {self.series: called, **log_weight(own, context.periods)}

    def _events(
        self, generator: np.random.Generator, horizon_h: float, factor: float, before: CallHistory | None
    ) -> tuple[list[float], list[int], float, int]:
        """Beginnings, h from the start and below 0 of one under way, what event each is, hours without a pause, and
        how many began in them.
        """
        start, gaps, choice = generator.spawn(3)
        begins_h: list[float] = []
        event: list[int] = []
        clock_h, live_h, begun = 0.0, 0.0, 0
        pauses_h = np.maximum(self.refractory_h, self.durations_h)
        if before is not None:
            longer = np.flatnonzero(np.array(self.durations_h) > before.running_h + _ROUNDING)
            if before.is_running and len(longer):
                event.append(int(start.choice(longer)))
                begins_h.append(-before.running_h)
                clock_h = float(pauses_h[event[0]]) - before.running_h
        elif self.rate_per_h and start.random() < pauses_h.mean() * self.mean_rate_per_h:
            # the pause that runs is the likelier the longer it is, and any part of it has passed
            event.append(int(start.choice(len(pauses_h), p=pauses_h / pauses_h.sum())))
            begins_h.append(-float(start.random() * pauses_h[event[0]]))
            clock_h = begins_h[0] + float(pauses_h[event[0]])
        while self.rate_per_h and clock_h < horizon_h:
            gap_h = float(gaps.exponential(1.0 / (factor * self.rate_per_h)))
            live_h += min(gap_h, horizon_h - clock_h)
            clock_h += gap_h
            if clock_h < horizon_h:
                begun += 1
                event.append(int(choice.integers(len(pauses_h))))
                begins_h.append(clock_h)
                clock_h += float(pauses_h[event[-1]])
        return begins_h, event, live_h, begun

    def _called(self, context: DrawContext, begins_h: list[float], event: list[int]) -> Series:
        book = CallBook(context, context.call_limits.get(self.series, CallLimits()))
        power = np.ones(context.periods)
        if book.before.is_running and not (begins_h and begins_h[0] < 0):
            book.go_on(book.fit_rest(0))
        for begin_h, number in zip(begins_h, event, strict=True):
            left_h = self.durations_h[number] + min(begin_h, 0.0)
            period = math.floor(max(begin_h, 0.0) / context.period_h + _ROUNDING)
            if left_h <= 0.0 or period >= context.periods:
                continue
            wanted = max(1, math.ceil(left_h / context.period_h - _ROUNDING))
            if begin_h < 0 and book.before.is_running:
                stop = book.go_on(book.fit_rest(wanted))
                power[:stop] = min(1.0, left_h / (wanted * context.period_h))
                continue
            length = book.fit(period, wanted)
            if length:
                stop = book.call(period, length)
                filled = min(1.0, left_h / (wanted * context.period_h))
                power[period:stop] = self.shares_per_unit[number] * filled
        return np.asarray(book.called * power)


def _mean_pause_h(refractory_h: float, durations_h: list[float]) -> float:
    """``E[T]`` of the equations, h."""
    return float(np.maximum(refractory_h, durations_h).mean())


def _live_rate(mean_rate_per_h: float, refractory_h: float, durations_h: list[float]) -> float:
    """``lambda`` of a mean rate, 1/h."""
    live = 1.0 / mean_rate_per_h - _mean_pause_h(refractory_h, durations_h)
    if live <= 0.0:
        raise UsageError("events_per_year is more than the time to recover and the length of events leave room for")
    return 1.0 / live


def _refractory_h(events: list[PastCall], history: History) -> float:
    """Time to recover, without bias, of beginnings an exponential time and a threshold apart, h."""
    starts_h = history.time.tz_convert("UTC").as_unit("s").asi8[[event.first for event in events]] / 3600.0
    apart_h = np.diff(starts_h)
    if len(apart_h) < 2:
        raise UsageError("the time to recover needs at least three events of the past: give refractory_h")
    return max(0.0, float(apart_h.min() - (apart_h.mean() - apart_h.min()) / (len(apart_h) - 1)))


def _fitted_rate(events: list[PastCall], idle: NDArray[np.bool_], refractory_h: float, period_h: float) -> float:
    """Events over the hours in which one could begin, 1/h.

    Beginnings are known to a period, at either end of the hours between them alike.

    Parameters
    ----------
    idle : bool array, shape (periods,)
        Periods of the past in which it is known that nothing was called.
    """
    pauses_h = 0.0
    for event in events:
        to_end_h = (len(idle) - event.first) * period_h - event.length_h
        pauses_h += min(max(refractory_h - event.length_h, 0.0), to_end_h)
    return len(events) / max(float(idle.sum()) * period_h - pauses_h, period_h)
