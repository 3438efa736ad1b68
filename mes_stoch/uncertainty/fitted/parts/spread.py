"""A price as a spread on one that is drawn before: intraday or balancing on day-ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier
from mes_stoch.uncertainty.fitted.autoregression import Autoregression, AutoregressionOptions
from mes_stoch.uncertainty.fitted.autoregression_fit import fitted_parameters
from mes_stoch.uncertainty.fitted.field_types import Lags
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import PartOptions, Stage
from mes_stoch.uncertainty.fitted.resolution import native_context, to_native, to_periods
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series


class SpreadOptions(AutoregressionOptions):
    """Two series and how the autoregression of their difference is fitted."""

    stage: Stage = Field(default="realtime", description=PartOptions.model_fields["stage"].description)
    series: Identifier = Field(description="Series that is drawn.")
    base: Identifier = Field(description="Series drawn before, or given, that the spread is added to.")
    spread: Identifier | None = Field(
        default=None,
        description="Past series of the spread itself, where it comes from another market; else series less base.",
    )
    transform: Literal["asinh", "none"] = Field(
        default="none", description="Of the spread; asinh makes large spreads larger still when many follow each other."
    )
    lags: Lags = Field(default=[1], description="Lags of the autoregression, periods of the past, each once.")
    harmonics: int = Field(default=0, ge=0, le=6, description="Waves of the year in the mean of the spread.")

    @model_validator(mode="after")
    def _of_two_series(self) -> Self:
        if self.series == self.base:
            raise ValueError(f"a spread of two series: series and base are both {self.base}")
        return self


class Spread(Autoregression):
    """Draws a series as another plus a spread.

    ``minimum`` and ``maximum`` are those of the spread. ``volatility_of`` the base makes the spread wider at high
    prices, ``correlated_with`` a latent series makes it follow what else moves the system.

    Equations
    ---------
    ``series[t] = base[t] + d[t]``; d by the equations of
    :class:`~mes_stoch.uncertainty.fitted.autoregression.Autoregression`, with lag 1 an AR(1).

    Source
    ------
    As :class:`~mes_stoch.uncertainty.fitted.parts.autoregressive.Autoregressive`.
    """

    Options: ClassVar[type[PartOptions]] = SpreadOptions

    series: str
    base: str

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = SpreadOptions.model_validate(options.model_dump())
        if options.spread is None:
            values = history.values(options.series) - history.values(options.base)
        else:
            values = history.values(options.spread)
        return cls(
            series=options.series, base=options.base, **fitted_parameters(history, options.series, values, options)
        )

    def series_names(self) -> tuple[str, ...]:
        return (self.series,)

    def needs(self) -> tuple[str, ...]:
        return (self.base, *(name for name in super().needs() if name != self.base))

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        native = native_context(context, self.period_h)
        needed = {name: to_native(known[name], context, native) for name in self.needs()}
        spread, normal = self.path(generator, native, needed)
        return {
            self.series: known[self.base] + to_periods(spread, native, context),
            f"latent_{self.series}": to_periods(normal, native, context),
        }
