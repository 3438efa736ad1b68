"""A synthetic day of an Australian precinct that heats: energy ahead and at dispatch, FCAS, weather and demands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series, autoregressive, daily_shape
from mes_stoch.uncertainty.processes import au_prices, au_site, fr_site
from mes_stoch.uncertainty.processes.au_parameters import AuSyntheticDayParameters
from mes_stoch.uncertainty.processes.fr_parameters import SiteParameters

DAY_AHEAD_SERIES = ("ahead_price_eur_per_mwh",)
REALTIME_SERIES = (
    "dispatch_price_eur_per_mwh",
    *(f"{service}_price_eur_per_mw_h" for service in au_prices.service_names()),
    "regulation_raise_per_unit",
    "regulation_lower_per_unit",
    "outdoor_temperature_degc",
    "pv_available_mw",
    "heat_pump_cop_per_unit",
    "electricity_demand_mw",
    "heat_demand_mw",
)


class AuPrecinctDayParameters(AuSyntheticDayParameters):
    """Parameters of ``au_synthetic_day``, and heat; every level is of the synthetic site itself."""

    dispatch_noise_sd_aud_per_mwh: NonNegative = Field(
        default=30.0, description="Deviation of the price at dispatch from that of the day before. [placeholder]"
    )
    hot_water_mean_mw: NonNegative = Field(default=0.8, description="In the shape of the DOE hospital [P].")
    heat_loss_mw_per_k: NonNegative = Field(default=0.3, description="Heating per degree below the threshold.")
    heating_threshold_degc: float = Field(default=16.0, description="Outdoor temperature above which none is. [B]")
    heat_pump_sink_degc: float = Field(default=60.0, description="Supply temperature of the heat pump. [B]")
    heat_pump_quality_per_unit: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="Share of the Carnot figure reached. [B]"
    )
    heat_noise_sd_per_unit: NonNegative = Field(default=0.04, description="[B]")


class AuPrecinctDay:
    """Energy at two prices and FCAS of ``au_synthetic_day``, for a site that heats.

    **Synthetic**: no value is a real one. The market has no auction on the day before; the price ahead stands for a
    physical trade at what pre-dispatch shows then, and the price at dispatch is that of the interval.

    **Equations**

    - price ahead = level of the day + daily shape, between floor and cap; known at the day-ahead node;
    - price at dispatch = price ahead + AR(1) + events of shortage, between floor and cap;
    - FCAS prices and regulation called as in ``au_synthetic_day``, with the same events;
    - heat = hot water + heating below a threshold of the outdoor temperature; the heat pump reaches a share of the
      Carnot figure between outdoor air and its supply temperature.
    """

    currency: ClassVar[str] = "AUD"
    Parameters: ClassVar[type[Model]] = AuPrecinctDayParameters

    def __init__(self, parameters: Model | None = None) -> None:
        # Validated again, so that a model of another process cannot pass.
        values = {} if parameters is None else parameters.model_dump()
        self.parameters = AuPrecinctDayParameters(**values)

    def series_names(self) -> tuple[str, ...]:
        """Names of all series, day-ahead first."""
        return DAY_AHEAD_SERIES + REALTIME_SERIES

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn:
        """The price of energy that is traded ahead."""
        calm = self.parameters.model_copy(update={"spot_noise_sd_aud_per_mwh": 0.0})
        return {"ahead_price_eur_per_mwh": au_prices.spot_price(generator, context, calm, np.zeros(context.periods))}

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        """Prices at dispatch, regulation called, weather and demands."""
        # One generator a subject, so that a change in one leaves the draws of the others as they were.
        event, dispatch, fcas, control, weather, sun, demand, heat = generator.spawn(8)
        p = self.parameters
        events = au_prices.shortage_events(event, context, p)
        raised, lowered = au_prices.regulation_called(control, context, p)
        temperature = au_site.outdoor_temperature(weather, context, p)
        noise = autoregressive(
            dispatch.standard_normal(context.periods), context.autocorrelation(p.spot_noise_autocorrelation_per_unit)
        )
        price = (
            day_ahead["ahead_price_eur_per_mwh"]
            + p.dispatch_noise_sd_aud_per_mwh * noise
            + p.spike_spot_factor_per_unit * events
        )
        return {
            "dispatch_price_eur_per_mwh": np.clip(price, p.price_floor_aud_per_mwh, p.price_cap_aud_per_mwh),
            **au_prices.fcas_prices(fcas, context, p, events),
            "regulation_raise_per_unit": raised,
            "regulation_lower_per_unit": lowered,
            "outdoor_temperature_degc": temperature,
            "pv_available_mw": au_site.photovoltaic_power(sun, context, p),
            "heat_pump_cop_per_unit": self._heat_pump_cop(temperature),
            "electricity_demand_mw": au_site.demands(demand, context, p, temperature)["electricity_demand_mw"],
            "heat_demand_mw": self._heat(heat, context, temperature),
        }

    def _heat_pump_cop(self, temperature_degc: Series) -> Series:
        p = self.parameters
        figures = SiteParameters(
            heat_pump_sink_degc=p.heat_pump_sink_degc, heat_pump_quality_per_unit=p.heat_pump_quality_per_unit
        )
        return fr_site.heat_pump_cop(figures, temperature_degc)

    def _heat(self, generator: np.random.Generator, context: DrawContext, temperature_degc: Series) -> Series:
        """Heat demand, MW, never negative."""
        p = self.parameters
        form = fr_site.HOT_WATER_SHAPE / fr_site.HOT_WATER_SHAPE.mean()
        hot_water = p.hot_water_mean_mw * daily_shape(form, context.local_hour)
        heating = p.heat_loss_mw_per_k * np.maximum(p.heating_threshold_degc - temperature_degc, 0.0)
        noise = autoregressive(generator.standard_normal(context.periods), context.autocorrelation(0.9))
        return np.maximum((hot_water + heating) * (1.0 + p.heat_noise_sd_per_unit * noise), 0.0)
