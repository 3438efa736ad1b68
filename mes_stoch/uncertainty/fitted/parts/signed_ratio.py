"""Reserve called by a controller: a ratio that is up or down and lasts, automatic frequency restoration reserve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier, Positive
from mes_stoch.schema.errors import ModelError, UsageError
from mes_stoch.uncertainty.fitted.driver import Driver, DriverOptions
from mes_stoch.uncertainty.fitted.field_types import PeriodHours, require_shape
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import ClassHours, DayMatch, PeriodClasses, follows
from mes_stoch.uncertainty.fitted.normal_scores import NormalScores
from mes_stoch.uncertainty.fitted.part import LATENT, Part, PartOptions, Stage
from mes_stoch.uncertainty.fitted.past_calls import CalledSeries, shares
from mes_stoch.uncertainty.fitted.past_stretches import PastStretches
from mes_stoch.uncertainty.fitted.persistence import Components, Memory, Persistence
from mes_stoch.uncertainty.fitted.resolution import native_context, to_periods
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

#: Bins of the ratio over which what is called both ways at once is averaged.
BINS = 40


class SignedRatioOptions(PartOptions):
    """Activated power of the past, and what it is a share of."""

    stage: Stage = Field(default="realtime", description=PartOptions.model_fields["stage"].description)
    up: Identifier = Field(description="Past series of power activated upward, MW or a share.")
    down: Identifier = Field(description="Past series of power activated downward, of the same unit, not negative.")
    up_offered: Positive | Identifier | None = Field(
        default=None, description="What could be called upward: a number or a past series; null: the most ever called."
    )
    down_offered: Positive | Identifier | None = Field(default=None, description="The same downward.")
    class_h: ClassHours = Field(
        default=1.0, description="Hours of the local day with one distribution of the ratio; a length that divides 24."
    )
    match: list[DayMatch] = Field(
        default=[], description="season, day_type: classes of days with parameters of their own; none: one for all."
    )
    components: Components = Field(
        default=2, description="1: the ratio forgets at one speed, an AR(1); 2: at a fast and a slow one."
    )
    memory: Literal["normal", "past"] = Field(
        default="normal",
        description="normal: as long as autocorrelations of the past say, by `components`; past: stretches of past "
        "scores, joined where they agree, of days with `match` in common.",
    )
    stretch_h: Positive = Field(default=24.0, description="Mean length of a stretch of the past, h.")
    up_series: Identifier = Field(default="afrr_activation_up_per_unit", description="Name of the share called up.")
    down_series: Identifier = Field(
        default="afrr_activation_down_per_unit", description="Name of the share called down."
    )
    latent_series: Identifier | None = Field(
        default=None,
        pattern=f"^{LATENT}",
        description="Name of its normal scores, latent_..., for parts after it to move with; null: they are not kept.",
    )
    driver: DriverOptions | None = Field(
        default=None, description="What it moves with, such as a price spread or a latent series; null: alone."
    )


class SignedRatio(Part):
    """Shares called up and down by one ratio with a sign.

    Equations
    ---------
    With the shares called ``u`` and ``v`` of what is offered up and down, the ratio ``r = u - v`` in [-1, 1] and what
    is called both ways in one period, ``b = min(u, v)``, as its mean ``b(r)`` at a ratio::

        z[t]  = c d[t] + sqrt(1 - c^2) x[t]          x: the part's own memory; d: scores of the driver
        r[t]  = Q_k(Phi(z[t]))                       Q_k: quantiles of the past in the class k of the period
        up[t] = max(r, 0) + b,   down[t] = max(-r, 0) + b,   b = min(b(r), (1 - |r|) / 2)

    so that both are not negative and sum to at most 1. All of it in the periods of the past; longer ones take means,
    and hold both directions where the ratio changed its sign. ``c`` is the correlation of scores of the past. ``x`` is
    one or two AR(1) of variance 1, as persistent (:class:`~mes_stoch.uncertainty.fitted.persistence.Persistence`) as
    makes the autocorrelations of the positive and the negative part of the ratio, on the mean of both, those of the
    past; scores within their class, and quantiles of all classes together. Where ``memory`` is ``past``, ``x`` is what
    past scores leave beside the driver, in stretches of the past
    (:class:`~mes_stoch.uncertainty.fitted.past_stretches.PastStretches`), and ``b`` that of the same past periods in
    place of ``b(r)``.

    Source
    ------
    A series with any distribution from a normal autoregressive one: Cario, Nelson (1998), Numerical methods for fitting
    and simulating autoregressive-to-anything processes, INFORMS Journal on Computing 10(1), 72-81; with the same
    numerical inversion, for the parts of the ratio, and one or two AR(1) in place of an AR(p).
    """

    Options: ClassVar[type[PartOptions]] = SignedRatioOptions

    up_series: str
    down_series: str
    latent_series: str | None
    period_h: PeriodHours = Field(description="Of the past series, h.")
    classes: PeriodClasses = Field(description="Of periods, each with a distribution.")
    ratios: list[NormalScores] = Field(description="Distribution of the ratio by class: hours of one class of days.")
    both_at: list[float] = Field(min_length=1, description="Ratios at which the share called both ways is known.")
    both_share: list[float] = Field(description="Mean share called both ways there.")
    persistence: Persistence | None = Field(description="Of scores; null where they are those of the past.")
    stretches: PastStretches | None = Field(
        default=None, description="Scores of the past, and what is called both ways."
    )
    driver: Driver | None
    past_up: CalledSeries | None = Field(default=None, description="Past series that the share called up comes from.")
    past_down: CalledSeries | None = Field(default=None, description="The same of the share called down.")

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        require_shape("ratios", self.ratios, self.classes.count)
        require_shape("both_share", self.both_share, len(self.both_at))
        if (self.persistence is None) == (self.stretches is None):
            raise ValueError("persistence: that of scores, or stretches of the past in its place")
        return self

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = SignedRatioOptions.model_validate(options.model_dump())
        up = shares(history, options.up, options.up_offered)
        down = shares(history, options.down, options.down_offered)
        known = np.isfinite(up) & np.isfinite(down)
        ratio = np.where(known, np.clip(up - down, -1.0, 1.0), np.nan)
        classes = PeriodClasses.of(history, options.class_h, options.match)
        ratios, scores = _by_class(ratio, known, classes.place(history.time), classes.count)
        driver = None if options.driver is None else Driver.fit(options.driver, history, scores)
        both = np.where(known, np.minimum(up, down), np.nan)
        persistence = stretches = None
        if options.memory == "past":
            own = scores if driver is None else driver.left_beside(scores, history)
            stretches = PastStretches.fit(history, [own, both], options.match, options.stretch_h)
        else:
            memory = Memory.of_parts(scores, follows(history.time, history.period_h), NormalScores.fit(ratio[known]))
            memory = memory if driver is None else driver.rest(memory, history)
            persistence = Persistence.fit(memory, options.components)
        both_at, both_share = _both_ways(ratio[known], both[known])
        return cls(
            stage=options.stage,
            up_series=options.up_series,
            down_series=options.down_series,
            latent_series=options.latent_series,
            period_h=history.period_h,
            classes=classes,
            ratios=ratios,
            both_at=both_at,
            both_share=both_share,
            persistence=persistence,
            stretches=stretches,
            driver=driver,
            past_up=CalledSeries.of(history, options.up, options.up_offered),
            past_down=CalledSeries.of(history, options.down, options.down_offered),
        )

    def series_names(self) -> tuple[str, ...]:
        return (self.up_series, self.down_series)

    def past_values(self, history: History) -> pd.DataFrame:
        up = None if self.past_up is None else self.past_up.past(history)
        down = None if self.past_down is None else self.past_down.past(history)
        if up is None or down is None:
            return super().past_values(history)
        return pd.DataFrame({self.up_series: up, self.down_series: down}, index=history.time)

    def needs(self) -> tuple[str, ...]:
        return () if self.driver is None else self.driver.needs()

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        native = native_context(context, self.period_h)
        scores, past_both = self._own(generator, native)
        if self.driver is not None:
            scores = self.driver.mixed(scores, self.driver.drawn_scores(known, context, native))
        ratio = self._ratio(scores, self.classes.place(native.time))
        both = np.interp(ratio, self.both_at, self.both_share) if past_both is None else past_both
        both = np.minimum(both, 0.5 * (1.0 - np.abs(ratio)))
        drawn = {
            self.up_series: to_periods(np.maximum(ratio, 0.0) + both, native, context),
            self.down_series: to_periods(np.maximum(-ratio, 0.0) + both, native, context),
        }
        if self.latent_series is not None:
            drawn[self.latent_series] = to_periods(scores, native, context)
        return drawn

    def _own(self, generator: np.random.Generator, native: DrawContext) -> tuple[Series, Series | None]:
        """``x`` of the equations, and what was called both ways in the periods it comes from."""
        if self.stretches is not None:
            own, both = self.stretches.draw(generator, native)
            return own, both
        if self.persistence is None:
            raise ModelError("a ratio without a memory of its own")
        return self.persistence.draw(generator, native.periods), None

    def _ratio(self, scores: Series, place: NDArray[np.intp]) -> Series:
        ratio = np.empty(len(scores))
        for number in np.unique(place):
            inside = place == number
            ratio[inside] = self.ratios[number].values_at(scores[inside])
        return ratio


def _by_class(
    ratio: Series, known: NDArray[np.bool_], place: NDArray[np.intp], count: int
) -> tuple[list[NormalScores], Series]:
    """Distribution of each class of hours, and the scores of the past in their own class."""
    distributions, scores = [], np.full(len(ratio), np.nan)
    for number in range(count):
        inside = known & (place == number)
        if not inside.any():
            raise UsageError(f"no period of the past is in class {number} of the {count} classes of periods")
        distributions.append(NormalScores.fit(ratio[inside]))
        scores[inside] = distributions[-1].scores_of(ratio[inside])
    return distributions, scores


def _both_ways(ratio: Series, both: Series) -> tuple[list[float], list[float]]:
    """Mean share called both ways in bins of the ratio with as many periods each, at the mean ratio of the bin."""
    order = np.argsort(ratio, kind="stable")
    bins = [rows for rows in np.array_split(order, min(BINS, len(order))) if rows.size]
    return [float(ratio[rows].mean()) for rows in bins], [float(both[rows].mean()) for rows in bins]
