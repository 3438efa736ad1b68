"""Reserve called by hand, and local calls: a chain of two states, idle and called, within the products' limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier, NonNegative, Positive
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.call_draws import admit_calls, markov_calls
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.fitted.field_types import Share, require_shape
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import ClassHours, DayMatch, PeriodClasses, follows
from mes_stoch.uncertainty.fitted.part import Part, PartOptions, Stage
from mes_stoch.uncertainty.fitted.past_calls import CalledSeries, CallRecord, past_calls, shares
from mes_stoch.uncertainty.fitted.tilt import log_weight, with_own_tilt
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Mask = NDArray[np.bool_]
#: Chances above this are drawn as it: a rate is finite.
_LARGEST_CHANCE = 1.0 - 1e-12


class CallChainOptions(PartOptions):
    """Calls of the past, and what their chance depends on."""

    stage: Stage = Field(default="realtime", description=PartOptions.model_fields["stage"].description)
    called: Identifier = Field(description="Past series of what was called: a share, or a volume that is not negative.")
    threshold: NonNegative = Field(
        default=0.0, description="A period counts as called where the series is above it, in its unit."
    )
    offered: Positive | Identifier | None = Field(
        default=None, description="What could be called, a number or a past series; null: the most ever called."
    )
    series: Identifier = Field(
        description="Name of the share called that is drawn, such as mfrr_activation_up_per_unit."
    )
    class_h: ClassHours = Field(
        default=4.0, description="Hours of the local day with one rate of calls; a length that divides 24."
    )
    match: list[DayMatch] = Field(
        default=[], description="season, day_type: classes of days with parameters of their own; none: one for all."
    )
    price: Identifier | None = Field(
        default=None, description="A series drawn before whose level makes calls more or less likely; null: none."
    )
    price_minus: Identifier | None = Field(default=None, description="Subtracted from the price, for a spread.")
    price_levels: int = Field(
        default=3, ge=2, le=10, description="Levels of the price, each with as many periods of the past."
    )
    day_effect: bool = Field(
        default=False,
        description="true: calls are likelier all day on some days than on others of the same class, as much as they "
        "were in the past.",
    )
    length: Literal["geometric", "past"] = Field(
        default="geometric",
        description="geometric: a call ends with one chance in every period; past: it is as long as one of the past.",
    )
    severity: Literal["full", "past"] = Field(
        default="full", description="full: all is called; past: the mean share of a call of the past, the same one."
    )
    tilt: Positive | None = Field(
        default=None,
        description="Factor on the odds that a call begins, for rare ones; the scenarios are weighted so that "
        "expectations stay. null: drawn as they are.",
    )


class CallChain(Part):
    """Calls of a chain of two states whose rate depends on the hour and on a price.

    Equations
    ---------
    With the class ``k`` of the period, the level ``l`` of the price, ``h`` the length of a period, and over pairs of
    neighbouring periods of the past (``n0``: idle before, ``n01``: called after that, ``n1``, ``n10`` likewise)::

        p01[k, l] = n01[k, l] / n0[k, l],   rate[k, l] = -24 log(1 - p01) / h   calls per 24 idle hours
        p10 = n10 / n1,                     tau = h / p10                       mean length of a call, h
        P(called in the first period drawn) = called periods / periods of the past in its class

    which is the maximum of the likelihood. ``k`` and ``l`` are those of the period in which the call begins; a level
    never seen in a class has the rate of the class. Calls are drawn in the periods of the horizon, within the limits
    of the products, as :func:`~mes_stoch.uncertainty.call_draws.markov_calls` says; where ``length`` is ``past``, a
    call is one of the past that began in the same class of hours, rounded to periods, and one under way at the start
    what was left of one that ran in that class. A call shorter than a period fills its share of it.

    Days that are busy or quiet as a whole (``day_effect``): with ``p[t]`` the chance above, calls of a day begin with
    the chance ``p_g`` for a factor ``g`` of the day with a gamma distribution of mean 1 and variance ``v``::

        p_g[t] = 1 - exp(-g ((1 - p[t])^-v - 1) / v),   E p_g = p
        v = max(0, sum_d ((N_d - E_d)^2 - sum_t p[t] (1 - p[t])) / sum_d E_d^2)

    with the calls ``N_d`` begun on a day ``d`` of the past and ``E_d`` the sum of ``p[t]`` over its idle periods: what
    their variance has beyond that of independent beginnings. Factors of different days are independent.

    Importance sampling: with ``tilt`` the odds of a beginning are multiplied, and the logarithm of the likelihood ratio
    is a latent series (:mod:`mes_stoch.uncertainty.call_tilt`).

    Source
    ------
    Anderson, Goodman (1957), Statistical inference about Markov chains, The Annals of Mathematical Statistics 28(1),
    89-110, doi:10.1214/aoms/1177707039; states of the balancing market as a Markov chain: Olsson, Soder (2008),
    Modeling real-time balancing power market prices using combined SARIMA and Markov processes, IEEE Transactions on
    Power Systems. Counts with a gamma factor, by moments: Greenwood, Yule (1920), An inquiry into the nature of
    frequency distributions, Journal of the Royal Statistical Society 83(2), 255-279, doi:10.2307/2341080.
    """

    Options: ClassVar[type[PartOptions]] = CallChainOptions

    series: str
    classes: PeriodClasses = Field(description="Of periods, each with rates.")
    rates: list[list[NonNegative]] = Field(description="Calls per 24 idle hours, by class and level of the price.")
    called_per_unit: list[Share] = Field(description="Share of periods called, by class.")
    mean_length_h: float = Field(gt=0, description="Of a call, h.")
    day_variance: NonNegative = Field(default=0.0, description="Of the factor of a day; 0: all days are alike.")
    price: str | None
    price_minus: str | None
    price_edges: list[float] = Field(description="Between the levels, rising.")
    past: CallRecord | None = Field(description="Calls of the past, where lengths are theirs.")
    past_shares: list[float] = Field(description="Mean shares of calls of the past, where shares alone are theirs.")
    tilt: float | None = Field(default=None, gt=0, description="Factor on the odds that a call begins.")
    past_called: CalledSeries | None = Field(default=None, description="Past series that it was fitted to.")

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        require_shape("rates", self.rates, self.classes.count, len(self.price_edges) + 1)
        require_shape("called_per_unit", self.called_per_unit, self.classes.count)
        return self

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = CallChainOptions.model_validate(options.model_dump())
        share = shares(history, options.called, options.offered)
        known = np.isfinite(share)
        called = known & (np.nan_to_num(history.values(options.called)) > options.threshold)
        edges, level = _levels(options, history)
        classes = PeriodClasses.of(history, options.class_h, options.match)
        place = classes.place(history.time)
        is_next = follows(history.time, history.period_h)
        pairs = is_next & known & np.concatenate([[False], known[:-1]]) & (level >= 0)
        before = np.concatenate([[False], called[:-1]])
        shape = (classes.count, len(edges) + 1)
        rates = _rates(called, pairs & ~before, place, level, shape, history.period_h)
        chances = -np.expm1(-rates[place, np.maximum(level, 0)] * history.period_h / 24.0)
        calls, as_before = past_calls(share, called, history), options.length == "past"
        if not calls and "past" in (options.length, options.severity):
            raise UsageError(f"{options.called} has no call that begins and ends in the past; take geometric and full")
        return cls(
            stage=options.stage,
            series=options.series,
            classes=classes,
            rates=rates.tolist(),
            called_per_unit=_called_shares(called, known, place, shape[0]),
            mean_length_h=_mean_length_h(called, pairs & before, history.period_h),
            day_variance=_day_variance(called, pairs & ~before, chances, history) if options.day_effect else 0.0,
            price=options.price,
            price_minus=options.price_minus,
            price_edges=edges,
            past=CallRecord.of(calls, history, is_full=options.severity == "full") if as_before else None,
            past_shares=[call.share for call in calls] if options.severity == "past" and not as_before else [],
            tilt=options.tilt,
            past_called=CalledSeries.of(history, options.called, options.offered, options.threshold),
        )

    def series_names(self) -> tuple[str, ...]:
        return (self.series,)

    def past_values(self, history: History) -> pd.DataFrame:
        found = None if self.past_called is None else self.past_called.past(history)
        if found is None:
            return super().past_values(history)
        return pd.DataFrame({self.series: found}, index=history.time)

    def needs(self) -> tuple[str, ...]:
        return tuple(name for name in (self.price, self.price_minus) if name is not None)

    def tilted(self) -> dict[str, float]:
        return {} if self.tilt is None else {self.series: self.tilt}

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        chain, choice = generator.spawn(2)
        tilted, own = with_own_tilt(context, self.series, self.tilt)
        rate = self._rate(context, known)
        if self.day_variance:
            rate = self._of_days(generator.spawn(1)[0], context, rate)
        # every period chooses a call of the past, so that nothing depends on how many calls there are
        uniform = choice.random(context.periods)
        if self.past is not None:
            called = self._called_as_before(self.past, chain, tilted, rate, uniform)
        else:
            called = markov_calls(chain, tilted, self._limits(context), rate, self.mean_length_h, self.series)
            shorter = called * min(1.0, self.mean_length_h / context.period_h)
            called = np.where(self._goes_on(context, called), called, shorter)
        if self.past_shares:
            place = np.minimum((uniform * len(self.past_shares)).astype(np.intp), len(self.past_shares) - 1)
            shares = np.array(self.past_shares)[place[_beginnings(called)]]
            called = np.where(self._goes_on(context, called), called, called * shares)
        return {self.series: called, **log_weight(own, context.periods)}

    def _rate(self, context: DrawContext, known: Mapping[str, Series]) -> Series:
        """Calls per 24 idle hours; in the first period so many that a call is under way as often as it was.

        Where the instance says what was called before the horizon, the first period is like any other.
        """
        level = np.zeros(context.periods, dtype=np.intp)
        if self.price is not None:
            price = known[self.price]
            price = price if self.price_minus is None else price - known[self.price_minus]
            level = np.searchsorted(self.price_edges, price, side="right")
        place = self.classes.place(context.time)
        rate = np.array(self.rates)[place, level]
        if self._limits(context).before is None:
            at_start = min(self.called_per_unit[place[0]], _LARGEST_CHANCE)
            rate[0] = -math.log1p(-at_start) * 24.0 / context.period_h
        return np.asarray(rate, dtype=float)

    def _of_days(self, generator: np.random.Generator, context: DrawContext, rate: Series) -> Series:
        """Rates with the factor of each day, whose mean chance stays; see the equations."""
        variance = self.day_variance
        factor = generator.gamma(1.0 / variance, variance, context.days)[context.day_of_period]
        return np.asarray(
            factor * np.expm1(variance * rate * context.period_h / 24.0) / variance * 24.0 / context.period_h
        )

    def _limits(self, context: DrawContext) -> CallLimits:
        return context.call_limits.get(self.series, CallLimits())

    def _goes_on(self, context: DrawContext, called: Series) -> NDArray[np.bool_]:
        """Periods of the call under way at the start, which has a share of its own."""
        before = self._limits(context).before
        if before is None or not before.is_running:
            return np.zeros(len(called), dtype=bool)
        return np.logical_and.accumulate(called > 0)

    def _called_as_before(
        self, past: CallRecord, generator: np.random.Generator, context: DrawContext, rate: Series, uniform: Series
    ) -> Series:
        """Calls as they were in the past."""
        before = self._limits(context).before
        call, passed, left = past.chosen(uniform, self.classes.hour(context.time), self.classes.class_h), 0, 0
        if before is None or before.is_running:
            running_h = None if before is None else before.running_h
            found = past.under_way(float(uniform[0]), context.time[0], self.classes.class_h, running_h)
            if found is not None:
                call[0], passed = found
        lengths = past.lengths(call, passed, context.period_h)
        if before is not None and before.is_running and passed:
            left = int(lengths[0])
        chances = -np.expm1(-rate * context.period_h / 24.0)
        tilted = None if context.tilt is None else context.tilt.of(self.series, chances)
        starts = generator.random(context.periods) < (chances if tilted is None else tilted.drawn)
        called = admit_calls(starts, lengths, context, self._limits(context), left, tilted)
        began = _beginnings(called)
        for first in np.unique(began[called > 0]):
            shares = past.shares(int(call[first]), 0 if first else passed, int(lengths[first]), context.period_h)
            run = np.flatnonzero((began == first) & (called > 0))
            if self._goes_on(context, called)[run].all():
                continue
            # a call that had to be longer goes on as it ended
            called[run] *= shares[np.minimum(run - first, len(shares) - 1)]
        return called


def _levels(options: CallChainOptions, history: History) -> tuple[list[float], NDArray[np.intp]]:
    """Edges between the levels of the price, and the level of each period of the past; -1 where it is not known."""
    if options.price is None:
        return [], np.zeros(len(history.time), dtype=np.intp)
    price = history.values(options.price)
    if options.price_minus is not None:
        price = price - history.values(options.price_minus)
    finite = np.isfinite(price)
    # a price that is often the same has fewer levels than asked for
    chances = np.linspace(0.0, 1.0, options.price_levels + 1)[1:-1]
    edges = np.unique(np.quantile(price[finite], chances)) if finite.any() else np.array([])
    return edges.tolist(), np.where(finite, np.searchsorted(edges, np.nan_to_num(price), side="right"), -1)


def _rates(
    called: Mask,
    was_idle: Mask,
    place: NDArray[np.intp],
    level: NDArray[np.intp],
    shape: tuple[int, int],
    period_h: float,
) -> Series:
    """Calls per 24 idle hours, (classes, levels)."""
    idle, begun = np.zeros(shape), np.zeros(shape)
    np.add.at(idle, (place[was_idle], level[was_idle]), 1.0)
    starts = was_idle & called
    np.add.at(begun, (place[starts], level[starts]), 1.0)
    of_class = _shares_of(
        begun.sum(axis=1, keepdims=True), idle.sum(axis=1, keepdims=True), begun.sum() / max(idle.sum(), 1)
    )
    chance = np.minimum(_shares_of(begun, idle, of_class), _LARGEST_CHANCE)
    return np.asarray(-np.log1p(-chance) * 24.0 / period_h)


def _day_variance(called: Mask, was_idle: Mask, chances: Series, history: History) -> float:
    """``v`` of the equations."""
    day = pd.factorize(history.time.date)[0][was_idle]
    expected = np.bincount(day, weights=chances[was_idle])
    begun = np.bincount(day, weights=called[was_idle].astype(float))
    of_chance = np.sum(chances[was_idle] * (1.0 - chances[was_idle]))
    return float(max(0.0, np.sum((begun - expected) ** 2) - of_chance) / max(np.sum(expected**2), 1e-12))


def _shares_of(part: Series, whole: Series, without: Series | float) -> Series:
    """``part / whole``, and what stands for it where the whole is nothing."""
    return np.where(whole > 0, part / np.maximum(whole, 1.0), without)


def _called_shares(called: Mask, known: Mask, place: NDArray[np.intp], count: int) -> list[float]:
    of_class = np.bincount(place[known], minlength=count).astype(float)
    within = np.bincount(place[called], minlength=count).astype(float)
    found = _shares_of(within, of_class, float(called.sum() / max(known.sum(), 1)))
    return [float(share) for share in found]


def _mean_length_h(called: Mask, was_called: Mask, period_h: float) -> float:
    """``tau`` of the equations; what has never ended lasts as long as it was seen."""
    ended = int((was_called & ~called).sum())
    return period_h * max(1, int(was_called.sum())) / max(1, ended)


def _beginnings(called: Series) -> NDArray[np.intp]:
    """In each called period the one in which its call began; of any other period, one before."""
    first = (called > 0) & ~np.concatenate([[False], called[:-1] > 0])
    return np.asarray(np.maximum.accumulate(np.where(first, np.arange(len(called)), 0)), dtype=np.intp)
