"""Prices of ``fr_synthetic_day``: day-ahead and capacity prices, then intraday and imbalance."""

from __future__ import annotations

import numpy as np

from mes_stoch.uncertainty.process import (
    DrawContext,
    Drawn,
    Series,
    autoregressive,
    correlated,
    daily_shape,
)
from mes_stoch.uncertainty.processes.fr_parameters import MarketParameters, ReserveParameters

#: Mean hourly shape of the French day-ahead price on working days of November and December 2017 to 2020, EUR/MWh from
#: the day's mean (recomputed from a public copy of the auction results). Only its form is used: it is scaled to a
#: deviation.
# fmt: off
DAY_AHEAD_SHAPE = np.array([
    -10.8, -14.3, -16.8, -20.4, -20.9, -16.8, -6.8, 5.3, 10.3, 10.2, 8.0, 7.2,
    5.5, 4.3, 3.5, 3.6, 6.0, 14.7, 20.6, 13.5, 5.1, -2.1, -3.1, -6.1,
])
# fmt: on

#: Form of the imbalance spread as a function of the latent shortage z: sinh(TAIL z), with tails as heavy as those seen.
TAIL = 0.8


def day_ahead_price(generator: np.random.Generator, context: DrawContext, parameters: MarketParameters) -> Series:
    """Day level + daily shape + AR(1)."""
    level = parameters.da_price_mean_eur_per_mwh + parameters.da_day_sd_eur_per_mwh * generator.standard_normal(
        context.days
    )
    # Two days in seven are weekend: the working days carry the rest, so that the mean over a week stays the parameter.
    offset = parameters.da_weekend_offset_eur_per_mwh * np.where(context.is_weekend, 5.0 / 7.0, -2.0 / 7.0)
    form = DAY_AHEAD_SHAPE / DAY_AHEAD_SHAPE.std()
    shape = parameters.da_shape_sd_eur_per_mwh * daily_shape(form - form.mean(), context.local_hour)
    rho = context.autocorrelation(parameters.da_noise_autocorrelation_per_unit)
    noise = parameters.da_noise_sd_eur_per_mwh * autoregressive(generator.standard_normal(context.periods), rho)
    price = level[context.day_of_period] + offset + shape + noise
    return np.asarray(np.clip(price, parameters.da_price_min_eur_per_mwh, parameters.da_price_max_eur_per_mwh))


def capacity_price(
    generator: np.random.Generator,
    context: DrawContext,
    mean_eur_per_mw_h: float,
    block_h: float,
    day_log_sd: float,
    block_log_sd: float,
) -> Series:
    """Lognormal, constant in blocks of local hours: a level by day times a factor by block."""
    block = context.block_of_period(block_h)
    day_part = day_log_sd * generator.standard_normal(context.days)[context.day_of_period]
    block_part = block_log_sd * generator.standard_normal(int(block[-1]) + 1)[block]
    # minus half the variance, so that the mean is the parameter and not its median
    drift = 0.5 * (day_log_sd**2 + block_log_sd**2)
    return np.asarray(mean_eur_per_mw_h * np.exp(day_part + block_part - drift))


def capacity_prices(generator: np.random.Generator, context: DrawContext, parameters: ReserveParameters) -> Drawn:
    """Capacity prices of all reserves; none is negative."""
    p = parameters
    up = p.afrr_capacity_mean_eur_per_mw_h * p.afrr_up_share_per_unit
    down = p.afrr_capacity_mean_eur_per_mw_h - up
    afrr = (p.afrr_block_h, p.afrr_day_log_sd_per_unit, p.afrr_block_log_sd_per_unit)
    manual = (p.mfrr_block_h, p.mfrr_log_sd_per_unit, 0.0)
    fcr = (p.fcr_block_h, p.fcr_day_log_sd_per_unit, p.fcr_block_log_sd_per_unit)
    products = {
        "fcr": (p.fcr_capacity_mean_eur_per_mw_h, *fcr),
        "afrr_up": (up, *afrr),
        "afrr_down": (down, *afrr),
        "mfrr_up": (p.mfrr_capacity_mean_eur_per_mw_h, *manual),
        "rc_up": (p.rc_capacity_mean_eur_per_mw_h, *manual),
    }
    return {
        f"{name}_capacity_price_eur_per_mw_h": capacity_price(generator, context, *values)
        for name, values in products.items()
    }


def intraday_price(
    generator: np.random.Generator,
    context: DrawContext,
    parameters: MarketParameters,
    day_ahead_eur_per_mwh: Series,
    system_innovations: Series,
) -> Series:
    """Day-ahead price plus an AR(1) that leans towards the system's shortage."""
    own = generator.standard_normal(context.periods)
    innovations = correlated(system_innovations, own, parameters.id_system_correlation_per_unit)
    rho = context.autocorrelation(parameters.id_spread_autocorrelation_per_unit)
    spread = parameters.id_spread_sd_eur_per_mwh * autoregressive(innovations, rho)
    return np.asarray(day_ahead_eur_per_mwh + parameters.id_spread_mean_eur_per_mwh + spread)


def balancing_price(parameters: MarketParameters, day_ahead_eur_per_mwh: Series, shortage: Series) -> Series:
    """Mean price of activated balancing energy (VWAP): day-ahead plus a heavy-tailed function of the shortage."""
    deviation = np.sqrt((np.exp(2.0 * TAIL**2) - 1.0) / 2.0)
    spread = parameters.imbalance_spread_sd_eur_per_mwh * np.sinh(TAIL * shortage) / deviation
    limit = parameters.imbalance_spread_limit_eur_per_mwh
    spread = np.clip(parameters.imbalance_spread_mean_eur_per_mwh + spread, -limit, limit)
    return np.asarray(day_ahead_eur_per_mwh + spread)


def settlement_prices(parameters: MarketParameters, vwap_eur_per_mwh: Series) -> tuple[Series, Series]:
    """French imbalance prices (long, short) with the k spread; long <= short whatever the sign of the VWAP.

    **Source**: clients.rte-france.com, dispositif_prix.jsp.
    """
    low = vwap_eur_per_mwh * (1.0 - parameters.imbalance_coefficient_per_unit)
    high = vwap_eur_per_mwh * (1.0 + parameters.imbalance_coefficient_per_unit)
    return np.minimum(low, high), np.maximum(low, high)
