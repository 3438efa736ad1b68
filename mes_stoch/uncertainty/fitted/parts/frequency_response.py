"""Reserve that answers the frequency in proportion: frequency containment reserve and its kin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier, NonNegative, Positive
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.driver import Driver, DriverOptions
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import follows
from mes_stoch.uncertainty.fitted.part import Part, PartOptions, Stage
from mes_stoch.uncertainty.frequency import proportional_response
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series, autoregressive


class FrequencyResponseOptions(PartOptions):
    """The frequency, and the law by which the reserve answers it."""

    stage: Stage = Field(default="realtime", description=PartOptions.model_fields["stage"].description)
    frequency: Identifier | None = Field(
        default=None, description="Past frequency, Hz; null: deviation and time constant are given."
    )
    deviation_hz: Positive | None = Field(
        default=None, description="Standard deviation of the frequency, Hz, where it is not fitted."
    )
    time_constant_s: Positive | None = Field(
        default=None, description="Time in which a deviation falls to 1/e, s, where it is not fitted."
    )
    source: str = Field(default="", description="Where given numbers come from, in words that a paper can cite.")
    nominal_hz: Positive = Field(default=50.0, description="Frequency at which nothing is called, Hz.")
    dead_band_hz: NonNegative = Field(
        default=0.01, description="Deviation up to which nothing is called, Hz; 0.01 in continental Europe."
    )
    full_activation_hz: Positive = Field(
        default=0.2, description="Deviation from which all is called, Hz; 0.2 in continental Europe."
    )
    step_s: Positive = Field(default=10.0, description="Step at which the frequency is followed within a period, s.")
    up_series: Identifier = Field(default="fcr_activation_up_per_unit", description="Name of the share called up.")
    down_series: Identifier = Field(
        default="fcr_activation_down_per_unit", description="Name of the share called down."
    )
    driver: DriverOptions | None = Field(
        default=None, description="What it moves with, such as a price spread or a latent series of aFRR; null: alone."
    )

    @model_validator(mode="after")
    def _fitted_or_given(self) -> FrequencyResponseOptions:
        given = (self.deviation_hz, self.time_constant_s)
        if self.frequency is not None and given != (None, None):
            raise ValueError("either a past frequency, or deviation_hz and time_constant_s, not both")
        if self.frequency is None and (None in given or not self.source.strip()):
            raise ValueError("without a past frequency: deviation_hz, time_constant_s, and the source of both")
        if self.frequency is None and self.driver is not None and self.driver.correlation is None:
            raise ValueError("without a past frequency the correlation with the driver must be given")
        if self.dead_band_hz >= self.full_activation_hz:
            raise ValueError("the dead band ends before full activation")
        return self


class FrequencyResponse(Part):
    """Shares called up and down by a frequency that reverts to its nominal value.

    Equations
    ---------
    The frequency falls short of its nominal value by an Ornstein-Uhlenbeck process of deviation ``s`` and time constant
    ``tau``, of which a share moves with the scores ``d[t]`` of a driver in every period::

        shortfall[t, k] = s (c d[t] + sqrt(1 - c^2) x[t, k]),   x: AR(1) of variance 1, rho = exp(-step / tau)
        a = clip(shortfall / F, -1, 1) outside the dead band, else 0
        up[t], down[t] = means over the steps of the period of the positive and negative parts of a

    The recursion is exact for every step. It is fitted by ``s^2 = mean f^2``, ``rho = sum f[t] f[t-1] / sum f[t-1]^2``
    over neighbours and ``tau = -step / log(rho)`` (the maximum of the likelihood given the first value, with the
    stationary variance in place of that of the residuals), of the deviations ``f`` from nominal; ``c`` is the mean of
    ``-f d / s``. Neither heavy tails nor the hourly pattern of real frequencies are kept.

    Source
    ------
    Gillespie (1996), Physical Review E 54, 2084-2091, doi:10.1103/PhysRevE.54.2084 (the recursion); the process as a
    model of grid frequency, and what it leaves out: Rydin Gorjao et al. (2019), Data-driven model of the power-grid
    frequency dynamics, arXiv:1909.08346.
    """

    Options: ClassVar[type[PartOptions]] = FrequencyResponseOptions

    up_series: str
    down_series: str
    deviation_hz: float = Field(gt=0, description="Standard deviation of the frequency, Hz.")
    time_constant_s: float = Field(gt=0, description="Time in which a deviation falls to 1/e, s.")
    source: str = Field(description="Where the two come from.")
    dead_band_hz: float = Field(ge=0, description="Hz.")
    full_activation_hz: float = Field(gt=0, description="Hz.")
    step_s: float = Field(gt=0, description="Step within a period, s.")
    driver: Driver | None
    past_frequency: str | None = Field(default=None, description="Past frequency that it was fitted to, Hz.")
    nominal_hz: float = Field(default=50.0, gt=0, description="Frequency at which nothing is called, Hz.")

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = FrequencyResponseOptions.model_validate(options.model_dump())
        if options.frequency is None:
            deviation_hz, time_constant_s = options.deviation_hz or 0.0, options.time_constant_s or 0.0
            shortfall, source = np.full(len(history.time), np.nan), options.source
        else:
            shortfall = options.nominal_hz - history.values(options.frequency)
            step_s = history.period_h * 3600.0
            deviation_hz, time_constant_s = _fitted(shortfall, follows(history.time, history.period_h), step_s)
            source = f"fitted to {options.frequency}"
        driver = options.driver
        return cls(
            stage=options.stage,
            up_series=options.up_series,
            down_series=options.down_series,
            deviation_hz=deviation_hz,
            time_constant_s=time_constant_s,
            source=source,
            dead_band_hz=options.dead_band_hz,
            full_activation_hz=options.full_activation_hz,
            step_s=options.step_s,
            past_frequency=options.frequency,
            nominal_hz=options.nominal_hz,
            driver=None if driver is None else Driver.fit(driver, history, shortfall / deviation_hz),
        )

    def series_names(self) -> tuple[str, ...]:
        return (self.up_series, self.down_series)

    def past_values(self, history: History) -> pd.DataFrame:
        if self.past_frequency is None or self.past_frequency not in history.frame.columns:
            return super().past_values(history)
        # the response to the mean frequency of a period, which is that of the period where it is as short as a step
        deviation_hz = history.values(self.past_frequency)[:, None] - self.nominal_hz
        up, down = proportional_response(deviation_hz, self.dead_band_hz, self.full_activation_hz)
        known = np.isfinite(deviation_hz[:, 0])
        columns = {self.up_series: np.where(known, up, np.nan), self.down_series: np.where(known, down, np.nan)}
        return pd.DataFrame(columns, index=history.time)

    def needs(self) -> tuple[str, ...]:
        return () if self.driver is None else self.driver.needs()

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        steps = max(1, round(context.period_h * 3600.0 / self.step_s))
        rho = math.exp(-context.period_h * 3600.0 / steps / self.time_constant_s)
        scores = autoregressive(generator.standard_normal(context.periods * steps), rho)
        scores = scores.reshape(context.periods, steps)
        if self.driver is not None:
            scores = self.driver.mixed(scores, self.driver.drawn_scores(known, context, context)[:, None])
        up, down = proportional_response(-self.deviation_hz * scores, self.dead_band_hz, self.full_activation_hz)
        return {self.up_series: up, self.down_series: down}


def _fitted(
    shortfall_hz: Series, is_next: np.ndarray[tuple[int], np.dtype[np.bool_]], step_s: float
) -> tuple[float, float]:
    """Deviation, Hz, and time constant, s."""
    finite = np.isfinite(shortfall_hz)
    pairs = is_next[1:] & finite[1:] & finite[:-1]
    before, after = shortfall_hz[:-1][pairs], shortfall_hz[1:][pairs]
    squares = float(before @ before)
    if squares == 0.0:
        raise UsageError("the past frequency has no two neighbouring values of which one differs from nominal")
    rho = float(before @ after) / squares
    if not 0.0 < rho < 1.0:
        raise UsageError(
            f"neighbouring values of the past frequency have an autocorrelation of {rho:.3g}; between 0 and 1 is "
            "needed: give the frequency in shorter steps, or deviation_hz and time_constant_s"
        )
    return float(np.sqrt(np.mean(shortfall_hz[finite] ** 2))), -step_s / math.log(rho)
