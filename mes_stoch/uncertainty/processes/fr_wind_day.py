"""A synthetic French day with the wind of a site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator
from scipy.special import ndtr

from mes_stoch.schema.base import Model, NonNegative, Positive
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series, autoregressive
from mes_stoch.uncertainty.processes.fr_parameters import Autocorrelation, FrSyntheticDayParameters
from mes_stoch.uncertainty.processes.fr_synthetic_day import FrSyntheticDay

WIND = "wind_available_mw"


class FrWindDayParameters(FrSyntheticDayParameters):
    """Parameters of ``fr_synthetic_day``, and the wind at hub height with the power curve of the turbines."""

    wind_peak_mw: NonNegative = Field(default=10.0, description="Rated power of the turbines.")
    wind_scale_m_per_s: Positive = Field(default=8.0, description="Scale of the Weibull law of the speed. [B]")
    wind_form: Positive = Field(default=2.0, description="Form of that law; 2 is Rayleigh's. [B]")
    wind_autocorrelation_per_unit: Autocorrelation = Field(
        default=0.99, description="Of the latent normal speed, lag of a quarter-hour; 0.96 of an hour. [B]"
    )
    wind_cut_in_m_per_s: Positive = Field(default=3.0, description="Below this speed there is no power. [B]")
    wind_rated_m_per_s: Positive = Field(default=12.5, description="From this speed on the power is rated. [B]")
    wind_cut_out_m_per_s: Positive = Field(default=25.0, description="From this speed on turbines stand still. [B]")

    @model_validator(mode="after")
    def _in_order(self) -> FrWindDayParameters:
        if not self.wind_cut_in_m_per_s < self.wind_rated_m_per_s <= self.wind_cut_out_m_per_s:
            raise ValueError("wind speeds in order: cut-in below rated, and rated at most cut-out")
        return self


def wind_power_mw(speed_m_per_s: Series, parameters: FrWindDayParameters) -> Series:
    """Power of the turbines at a wind speed: cubic between cut-in and rated speed, MW."""
    p = parameters
    low, high = p.wind_cut_in_m_per_s**3, p.wind_rated_m_per_s**3
    share = np.clip((speed_m_per_s**3 - low) / (high - low), 0.0, 1.0)
    return np.asarray(p.wind_peak_mw * np.where(speed_m_per_s < p.wind_cut_out_m_per_s, share, 0.0))


class FrWindDay(FrSyntheticDay):
    """``fr_synthetic_day`` with wind power, independent of everything else.

    **Synthetic**: a Weibull law with an autocorrelation, not the wind of a place.

    **Equations**

    With ``z`` a stationary AR(1) of unit variance, ``Phi`` its distribution, ``c`` and ``k`` the scale and form::

        speed[t] = c (-ln(1 - Phi(z[t])))^(1/k)
        power[t] = peak (speed^3 - cut_in^3) / (rated^3 - cut_in^3)        within [0, peak]; 0 from the cut-out on

    All other series are drawn as in ``fr_synthetic_day``, from the same random numbers.
    """

    Parameters: ClassVar[type[Model]] = FrWindDayParameters

    def __init__(self, parameters: Model | None = None) -> None:
        values = {} if parameters is None else parameters.model_dump()
        self.parameters: FrWindDayParameters = FrWindDayParameters(**values)

    def series_names(self) -> tuple[str, ...]:
        """Names of all series, day-ahead first."""
        return (*super().series_names(), WIND)

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        """What ``fr_synthetic_day`` draws, and the power of the wind."""
        drawn = super().draw_realtime(generator, context, day_ahead)
        p = self.parameters
        # spawned after those of the parent, whose draws stay as they are
        (wind,) = generator.spawn(1)
        innovations = wind.standard_normal(context.periods)
        latent = autoregressive(innovations, context.autocorrelation(p.wind_autocorrelation_per_unit))
        speed = p.wind_scale_m_per_s * (-np.log(ndtr(-latent))) ** (1.0 / p.wind_form)
        drawn[WIND] = wind_power_mw(speed, p)
        return drawn
