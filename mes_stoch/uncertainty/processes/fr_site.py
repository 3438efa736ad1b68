"""Weather and demands of ``fr_synthetic_day``."""

from __future__ import annotations

import numpy as np

from mes_stoch.uncertainty.process import DrawContext, Drawn, Series, autoregressive, daily_shape
from mes_stoch.uncertainty.processes.fr_parameters import SiteParameters

#: Mean winter-day shapes of the DOE commercial reference building "Hospital" (Chicago climate), per unit of the mean,
#: recomputed from the public load profiles of NREL's REopt.
# fmt: off
ELECTRICITY_SHAPE = np.array([
    0.65, 0.65, 0.65, 0.65, 0.75, 0.76, 0.98, 1.09, 1.14, 1.18, 1.19, 1.20,
    1.17, 1.19, 1.19, 1.18, 1.19, 1.17, 0.93, 0.91, 0.78, 0.75, 0.66, 0.66,
])
# fmt: on
# fmt: off
HOT_WATER_SHAPE = np.array([
    0.62, 0.65, 0.62, 0.65, 0.64, 0.63, 0.82, 1.09, 1.29, 1.52, 1.65, 1.58,
    1.60, 1.65, 1.57, 1.44, 1.13, 0.82, 0.73, 0.73, 0.68, 0.65, 0.62, 0.65,
])
# fmt: on
KELVIN = 273.15


def _noise(generator: np.random.Generator, context: DrawContext, per_quarter_hour: float) -> Series:
    return autoregressive(generator.standard_normal(context.periods), context.autocorrelation(per_quarter_hour))


def outdoor_temperature(generator: np.random.Generator, context: DrawContext, parameters: SiteParameters) -> Series:
    """Season + level of the day + daily swing (warmest at 15 h) + slow noise, degC."""
    level = parameters.temperature_day_sd_k * generator.standard_normal(context.days)[context.day_of_period]
    noise = 0.5 * _noise(generator, context, 0.98)
    return np.asarray(seasonal_temperature(context, parameters) + level + noise)


def seasonal_temperature(context: DrawContext, parameters: SiteParameters) -> Series:
    """Mean over years of that temperature: season and daily swing, degC."""
    day_of_year = np.asarray(context.time.day_of_year, dtype=float)
    season = -parameters.temperature_year_amplitude_k * np.cos(2.0 * np.pi * (day_of_year - 15.0) / 365.25)
    swing = parameters.temperature_day_amplitude_k * np.cos(2.0 * np.pi * (context.local_hour - 15.0) / 24.0)
    return np.asarray(parameters.temperature_year_mean_degc + season + swing)


def sun_height(context: DrawContext, parameters: SiteParameters) -> Series:
    """Sine of the sun's elevation in the middle of each period, 0 at night (declination by Cooper's formula)."""
    utc = context.time.tz_convert("UTC")
    solar_hour = np.asarray(utc.hour + utc.minute / 60.0, dtype=float) + context.period_h / 2.0
    solar_hour = solar_hour + parameters.longitude_deg / 15.0
    day_of_year = np.asarray(context.time.day_of_year, dtype=float)
    declination = np.deg2rad(23.45) * np.sin(2.0 * np.pi * (284.0 + day_of_year) / 365.0)
    latitude = np.deg2rad(parameters.latitude_deg)
    hour_angle = np.deg2rad(15.0 * (solar_hour - 12.0))
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    return np.asarray(np.maximum(sine, 0.0))


def photovoltaic_power(generator: np.random.Generator, context: DrawContext, parameters: SiteParameters) -> Series:
    """Clear-sky power times a clearness between 0 and 1 that has a level of the day and passing clouds, MW."""
    level = generator.standard_normal(context.days)[context.day_of_period]
    clouds = _noise(generator, context, 0.85)
    clearness = 1.0 / (1.0 + np.exp(0.3 - 1.2 * level - 0.6 * clouds))
    return np.asarray(parameters.pv_peak_mw * sun_height(context, parameters) ** 1.15 * clearness)


def heat_pump_cop(parameters: SiteParameters, temperature_degc: Series) -> Series:
    """Share of the Carnot figure between outdoor air and the supply temperature, kept within [1.2, 6]."""
    sink = parameters.heat_pump_sink_degc + KELVIN
    lift = np.maximum(parameters.heat_pump_sink_degc - temperature_degc, 5.0)
    return np.asarray(np.clip(parameters.heat_pump_quality_per_unit * sink / lift, 1.2, 6.0))


def demands(
    generator: np.random.Generator, context: DrawContext, parameters: SiteParameters, temperature_degc: Series
) -> Drawn:
    """Electricity and heat demand of the site, MW, never negative."""
    p = parameters
    form = 1.0 + p.electricity_swing_per_unit * (ELECTRICITY_SHAPE / ELECTRICITY_SHAPE.mean() - 1.0)
    day = 1.0 + p.electricity_day_sd_per_unit * generator.standard_normal(context.days)[context.day_of_period]
    noise = 1.0 + p.electricity_noise_sd_per_unit * _noise(generator, context, 0.7)
    electricity = p.electricity_mean_mw * daily_shape(form, context.local_hour) * day * noise
    hot_water = p.hot_water_mean_mw * daily_shape(HOT_WATER_SHAPE / HOT_WATER_SHAPE.mean(), context.local_hour)
    heating = p.heat_loss_mw_per_k * np.maximum(p.heating_threshold_degc - temperature_degc, 0.0)
    heat = (hot_water + heating) * (1.0 + p.heat_noise_sd_per_unit * _noise(generator, context, 0.9))
    return {
        "electricity_demand_mw": np.maximum(electricity, 0.0),
        "heat_demand_mw": np.maximum(heat, 0.0),
    }
