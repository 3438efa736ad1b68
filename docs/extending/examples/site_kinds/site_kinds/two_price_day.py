"""A scenario process: a day with a low and a high price, and calls of reserve in its evening."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from mes_stoch.extend import DrawContext, Drawn, Model, Positive, Series


class TwoPriceDay:
    """Price of energy by the hour: low at night, high from ``evening_from_h`` on, with a common random level.

    Equations
    ---------
    ``price[t] = mean (1 + spread x[t]) exp(volatility z)`` with ``x`` -1 before the evening and +1 in it, ``z``
    standard normal by day-ahead node. In a leaf reserve is called in full for the first hour of the evening with
    probability ``call_probability``.
    """

    currency = "EUR"

    class Parameters(Model):
        mean_eur_per_mwh: Positive = 60.0
        spread_per_unit: float = Field(default=0.5, ge=0.0, lt=1.0)
        volatility_per_unit: float = Field(default=0.2, ge=0.0)
        evening_from_h: float = Field(default=17.0, ge=0.0, le=23.0)
        call_probability_per_unit: float = Field(default=0.3, ge=0.0, le=1.0)

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    def series_names(self) -> tuple[str, ...]:
        return ("day_price_eur_per_mwh", "evening_call_per_unit")

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn:
        own = self._parameters
        level = own.mean_eur_per_mwh * float(np.exp(own.volatility_per_unit * generator.standard_normal()))
        side = np.where(context.local_hour >= own.evening_from_h, 1.0, -1.0)
        return {"day_price_eur_per_mwh": level * (1.0 + own.spread_per_unit * side)}

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        first = self._parameters.evening_from_h
        hour = context.local_hour
        is_called = generator.random() < self._parameters.call_probability_per_unit
        return {"evening_call_per_unit": np.where((hour >= first) & (hour < first + 1.0), float(is_called), 0.0)}
