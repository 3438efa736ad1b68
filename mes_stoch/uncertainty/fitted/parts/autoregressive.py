"""A price that follows its own past: transformed, with a seasonal mean, lags, volatility by state and jumps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from pydantic import Field

from mes_stoch.schema.base import Identifier
from mes_stoch.uncertainty.fitted.autoregression import Autoregression, AutoregressionOptions
from mes_stoch.uncertainty.fitted.autoregression_fit import fitted_parameters
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import PartOptions
from mes_stoch.uncertainty.fitted.resolution import native_context, to_native, to_periods
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series


class AutoregressiveOptions(AutoregressionOptions):
    """A series and how its autoregression is fitted."""

    series: Identifier = Field(description="Series that is drawn.")


class Autoregressive(Autoregression):
    """Draws a series from its own past.

    Beside the series it draws ``latent_<series>``, the normal scores of its innovations, with which those of later
    parts can correlate.

    Equations
    ---------
    Those of :class:`~mes_stoch.uncertainty.fitted.autoregression.Autoregression`, of the series itself.

    Source
    ------
    Transformation: Uniejewski, Weron and Ziel (2018), IEEE Transactions on Power Systems 33(2), 2219-2229,
    doi:10.1109/TPWRS.2017.2734563. Jumps that revert with the price, and how they are found: Cartea and Figueroa
    (2005), Applied Mathematical Finance 12(4), 313-335, doi:10.1080/13504860500117503.
    """

    Options: ClassVar[type[PartOptions]] = AutoregressiveOptions

    series: str

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = AutoregressiveOptions.model_validate(options.model_dump())
        return cls(series=options.series, **fitted_parameters(history, options.series, None, options))

    def series_names(self) -> tuple[str, ...]:
        return (self.series,)

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        native = native_context(context, self.period_h)
        needed = {name: to_native(known[name], context, native) for name in self.needs()}
        values, normal = self.path(generator, native, needed)
        return {
            self.series: to_periods(values, native, context),
            f"latent_{self.series}": to_periods(normal, native, context),
        }
