"""Activations of ``fr_synthetic_day``: frequency-driven FCR, persistent aFRR, called mFRR and RC."""

from __future__ import annotations

import math

import numpy as np

from mes_stoch.uncertainty.call_draws import admit_calls, periods_left
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.frequency import proportional_response
from mes_stoch.uncertainty.process import DrawContext, Series, autoregressive, correlated
from mes_stoch.uncertainty.processes.fr_parameters import ReserveParameters

#: Mean of the positive part of a standard normal number.
MEAN_POSITIVE_PART = 1.0 / math.sqrt(2.0 * math.pi)


def fcr_activation(
    generator: np.random.Generator, context: DrawContext, parameters: ReserveParameters
) -> tuple[Series, Series]:
    """Mean up and down parts of a proportional response to an Ornstein-Uhlenbeck frequency deviation.

    Both parts of a period can be positive: frequency crosses 50 Hz many times in a quarter-hour.
    """
    steps = max(1, round(context.period_h * 3600.0 / parameters.fcr_frequency_step_s))
    step_s = context.period_h * 3600.0 / steps
    rho = math.exp(-step_s / parameters.fcr_frequency_time_constant_s)
    deviation_hz = parameters.fcr_frequency_sd_hz * autoregressive(
        generator.standard_normal(context.periods * steps), rho
    )
    return proportional_response(
        deviation_hz.reshape(context.periods, steps), parameters.fcr_dead_band_hz, parameters.fcr_full_activation_hz
    )


def afrr_activation(
    generator: np.random.Generator, context: DrawContext, parameters: ReserveParameters, system_innovations: Series
) -> tuple[Series, Series]:
    """Called share up and down: positive and negative part of a persistent ratio that follows the system's shortage."""
    own = generator.standard_normal(context.periods)
    innovations = correlated(system_innovations, own, parameters.afrr_system_correlation_per_unit)
    ratio = autoregressive(innovations, context.autocorrelation(parameters.afrr_autocorrelation_per_unit))
    up = parameters.afrr_up_activation_mean_per_unit / MEAN_POSITIVE_PART * np.maximum(ratio, 0.0)
    down = parameters.afrr_down_activation_mean_per_unit / MEAN_POSITIVE_PART * np.maximum(-ratio, 0.0)
    return np.minimum(up, 1.0), np.minimum(down, 1.0)


def calls(
    generator: np.random.Generator,
    context: DrawContext,
    parameters: ReserveParameters,
    shortage: Series,
    per_day: float,
    longest_h: float,
    series: str,
) -> Series:
    """Full calls of limited length, number and distance, likelier when the system is short.

    Limits: at most ``longest_h`` each, ``calls_max_per_day`` a local day, ``call_rest_h`` between the end of one and
    the start of the next, and those of the products that read the ``series``; :mod:`mes_stoch.uncertainty.call_draws`
    says how they act. The number of draws does not depend on what happens, so that one parameter moves one thing. What
    is left of a call under way at the start is drawn from the lengths that are longer than it has run. An instance may
    have calls drawn likelier than they are (:mod:`mes_stoch.uncertainty.call_tilt`).
    """
    sensitivity = parameters.call_system_sensitivity_per_unit
    # exp(s z - s^2 / 2) has mean 1 over a standard normal z
    likelihood = np.exp(sensitivity * shortage - 0.5 * sensitivity**2)
    chances = per_day * context.period_h / 24.0 * likelihood
    tilted = None if context.tilt is None else context.tilt.of(series, chances)
    starts = generator.random(context.periods) < (chances if tilted is None else tilted.drawn)
    choices = max(1, round(longest_h / parameters.call_step_h))
    length_h = np.minimum(generator.integers(1, choices + 1, context.periods) * parameters.call_step_h, longest_h)
    # Never longer than the product can be asked for: a call that does not fill a last period ends before it.
    length = np.maximum(1, np.floor(length_h / context.period_h + 1e-9)).astype(int)
    own = CallLimits(calls_max_per_day=math.floor(parameters.calls_max_per_day), rest_minimum_h=parameters.call_rest_h)
    limits = own.and_also(context.call_limits.get(series, CallLimits()))
    left = 0
    if limits.before is not None and limits.before.is_running:
        lengths_h = np.minimum(np.arange(1, choices + 1) * parameters.call_step_h, longest_h)
        # spawned, so that all other draws stay as they are
        (rest,) = generator.spawn(1)
        left = periods_left(rest.random(), lengths_h, limits, context.period_h)
    return admit_calls(starts, length, context, limits, left, tilted)
