"""Prices of ``au_synthetic_day``: spot and ten FCAS services with common events of shortage, and regulation called."""

from __future__ import annotations

import numpy as np

from mes_stoch.uncertainty.process import DrawContext, Drawn, Series, autoregressive, correlated, daily_shape
from mes_stoch.uncertainty.processes.au_parameters import AuMarketParameters

#: Form of a day's spot price: a trough under the midday sun, a peak after sunset. Only its form is used; synthetic.
# fmt: off
SPOT_SHAPE = np.array([
    0.0, -0.2, -0.3, -0.3, -0.2, 0.1, 0.6, 0.5, -0.2, -0.9, -1.2, -1.3,
    -1.3, -1.2, -1.0, -0.5, 0.4, 1.6, 2.4, 1.9, 1.1, 0.7, 0.4, 0.2,
])
# fmt: on
CONTINGENCY = ("1sec", "6sec", "60sec", "5min")


def shortage_events(generator: np.random.Generator, context: DrawContext, parameters: AuMarketParameters) -> Series:
    """Raise price of events of shortage, 0 outside, AUD/MW/h.

    As many draws whatever happens, so that one parameter moves one thing; an event that begins in another replaces it.
    """
    starts = generator.random(context.periods) < parameters.spikes_per_day * context.period_h / 24.0
    length = generator.integers(1, parameters.spike_periods_max + 1, context.periods)
    height = parameters.spike_fcas_max_aud_per_mw_h * generator.uniform(0.1, 1.0, context.periods)
    price = np.zeros(context.periods)
    for t in np.flatnonzero(starts):
        price[t : t + length[t]] = height[t]
    return price


def spot_price(
    generator: np.random.Generator, context: DrawContext, parameters: AuMarketParameters, events: Series
) -> Series:
    """Level of the day + daily shape + AR(1) + what events add, between floor and cap, AUD/MWh."""
    p = parameters
    level = (
        p.spot_mean_aud_per_mwh
        + p.spot_day_sd_aud_per_mwh * generator.standard_normal(context.days)[context.day_of_period]
    )
    form = SPOT_SHAPE - SPOT_SHAPE.mean()
    shape = p.spot_shape_sd_aud_per_mwh * daily_shape(form / form.std(), context.local_hour)
    rho = context.autocorrelation(p.spot_noise_autocorrelation_per_unit)
    noise = p.spot_noise_sd_aud_per_mwh * autoregressive(generator.standard_normal(context.periods), rho)
    return np.asarray(
        np.clip(
            level + shape + noise + p.spike_spot_factor_per_unit * events,
            p.price_floor_aud_per_mwh,
            p.price_cap_aud_per_mwh,
        )
    )


def fcas_prices(
    generator: np.random.Generator, context: DrawContext, parameters: AuMarketParameters, events: Series
) -> Drawn:
    """Price of every service: lognormal around its level with a common part, raise services with events, AUD/MW/h."""
    p = parameters
    rho = context.autocorrelation(p.fcas_autocorrelation_per_unit)
    common = generator.standard_normal(context.periods)
    levels = _levels(p)
    prices: Drawn = {}
    for service, own in zip(levels, generator.spawn(len(levels)), strict=True):
        innovations = correlated(common, own.standard_normal(context.periods), np.sqrt(p.fcas_common_per_unit))
        # minus half the variance, so that the mean is the parameter and not its median
        log = p.fcas_log_sd_per_unit * autoregressive(innovations, rho) - 0.5 * p.fcas_log_sd_per_unit**2
        event = events if service.startswith("raise") else 0.0
        prices[f"{service}_price_eur_per_mw_h"] = np.minimum(
            levels[service] * np.exp(log) + event, p.price_cap_aud_per_mwh
        )
    return prices


def regulation_called(
    generator: np.random.Generator, context: DrawContext, parameters: AuMarketParameters
) -> tuple[Series, Series]:
    """Shares of enabled regulation that automatic control calls, raise and lower: one of them at a time."""
    rho = context.autocorrelation(parameters.regulation_autocorrelation_per_unit)
    share = parameters.regulation_sd_per_unit * autoregressive(generator.standard_normal(context.periods), rho)
    return np.clip(share, 0.0, 1.0), np.clip(-share, 0.0, 1.0)


def service_names() -> tuple[str, ...]:
    """The ten services."""
    contingency = [f"{direction}{speed}" for direction in ("raise", "lower") for speed in CONTINGENCY]
    return ("raisereg", "lowerreg", *contingency)


def _levels(p: AuMarketParameters) -> dict[str, float]:
    raised = dict(
        zip(
            CONTINGENCY,
            (
                p.raise1sec_mean_aud_per_mw_h,
                p.raise6sec_mean_aud_per_mw_h,
                p.raise60sec_mean_aud_per_mw_h,
                p.raise5min_mean_aud_per_mw_h,
            ),
            strict=True,
        )
    )
    return {
        "raisereg": p.raisereg_mean_aud_per_mw_h,
        "lowerreg": p.lowerreg_mean_aud_per_mw_h,
        **{f"raise{speed}": level for speed, level in raised.items()},
        **{f"lower{speed}": p.lower_share_per_unit * level for speed, level in raised.items()},
    }
