"""Weather and demands of ``au_synthetic_day``."""

from __future__ import annotations

import numpy as np

from mes_stoch.uncertainty.process import DrawContext, Drawn, Series, autoregressive
from mes_stoch.uncertainty.processes import fr_site
from mes_stoch.uncertainty.processes.au_parameters import AuSiteParameters
from mes_stoch.uncertainty.processes.fr_parameters import SiteParameters


def outdoor_temperature(generator: np.random.Generator, context: DrawContext, parameters: AuSiteParameters) -> Series:
    """Season (warmest in mid-January) + level of the day + daily swing (warmest at 15 h) + slow noise, degC."""
    p = parameters
    day_of_year = np.asarray(context.time.day_of_year, dtype=float)
    season = p.temperature_year_amplitude_k * np.cos(2.0 * np.pi * (day_of_year - 15.0) / 365.25)
    level = p.temperature_day_sd_k * generator.standard_normal(context.days)[context.day_of_period]
    swing = p.temperature_day_amplitude_k * np.cos(2.0 * np.pi * (context.local_hour - 15.0) / 24.0)
    noise = 0.5 * autoregressive(generator.standard_normal(context.periods), context.autocorrelation(0.98))
    return np.asarray(p.temperature_year_mean_degc + season + level + swing + noise)


def photovoltaic_power(generator: np.random.Generator, context: DrawContext, parameters: AuSiteParameters) -> Series:
    """Clear-sky power times a clearness, as for the French site, at this one's place, MW."""
    place = SiteParameters(
        latitude_deg=parameters.latitude_deg, longitude_deg=parameters.longitude_deg, pv_peak_mw=parameters.pv_peak_mw
    )
    return fr_site.photovoltaic_power(generator, context, place)


def chiller_cop(parameters: AuSiteParameters, temperature_degc: Series) -> Series:
    """Share of the Carnot figure between chilled water and condensation, kept within [1.5, 8]."""
    cold = parameters.chiller_supply_degc + fr_site.KELVIN
    lift = np.maximum(temperature_degc + parameters.chiller_approach_k - parameters.chiller_supply_degc, 5.0)
    return np.asarray(np.clip(parameters.chiller_quality_per_unit * cold / lift, 1.5, 8.0))


def demands(
    generator: np.random.Generator, context: DrawContext, parameters: AuSiteParameters, temperature_degc: Series
) -> Drawn:
    """Electricity and cooling demand of the site, MW, never negative."""
    p = parameters
    day = np.maximum(np.cos(2.0 * np.pi * (context.local_hour - 13.0) / 24.0), 0.0)
    noise = p.electricity_noise_sd_per_unit * autoregressive(
        generator.standard_normal(context.periods), context.autocorrelation(0.7)
    )
    electricity = (p.electricity_base_mw + p.electricity_day_mw * day) * (1.0 + noise)
    cooling = p.cooling_base_mw + p.cooling_mw_per_k * np.maximum(temperature_degc - p.cooling_threshold_degc, 0.0)
    return {"electricity_demand_mw": np.maximum(electricity, 0.0), "cooling_demand_mw": cooling}
