"""A part of fitted processes: the past mean at each hour of the day, with noise of the past deviation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import Field

from mes_stoch.extend import (
    DrawContext,
    Drawn,
    History,
    Identifier,
    Part,
    PartOptions,
    Series,
    native_context,
    to_periods,
)


class HourlyMeanOptions(PartOptions):
    """What a specification says beside ``kind`` and ``stage``."""

    series: Identifier = Field(description="Series that is drawn.")


class HourlyMean(Part):
    """Mean of the hour plus noise that is independent from period to period.

    Equations
    ---------
    ``x[t] = mean[hour(t)] + deviation[hour(t)] z[t]``, z standard normal.
    """

    Options: ClassVar[type[PartOptions]] = HourlyMeanOptions

    series: str
    mean: list[float]
    deviation: list[float]

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = HourlyMeanOptions.model_validate(options.model_dump())
        history.require([options.series])
        by_hour = history.frame[options.series].groupby(history.time.hour)
        return cls(
            stage=options.stage,
            series=options.series,
            mean=by_hour.mean().tolist(),
            deviation=by_hour.std(ddof=0).tolist(),
        )

    def series_names(self) -> tuple[str, ...]:
        return (self.series,)

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        hourly = native_context(context, 1.0)
        hour = np.asarray(hourly.time.hour)
        noise = generator.standard_normal(hourly.periods)
        values = np.asarray(self.mean)[hour] + np.asarray(self.deviation)[hour] * noise
        return {self.series: to_periods(values, hourly, context)}
