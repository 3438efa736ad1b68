"""A building that is kept within a comfort band."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mes_stoch.components.building.format import Building
from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.io.validation.penalties import amount


def build(context: ModelContext, name: str, spec: Building) -> None:
    """Temperature of one node, what keeps it there, and what discomfort costs.

    Equations
    ---------
    ``C dT/dt = Q_heat - Q_cool + gains - UA (T - T_ambient)``, solved exactly for powers and ambient temperature that
    are constant over a period. With ``a = exp(-UA h / C)`` and ``g = (1 - a) / UA`` (without losses ``h / C``), and
    ``T[-1]`` the initial temperature::

        T[t] = a T[t-1] + (1 - a) T_ambient[t] + g (heat[t] - cooling[t] + gains[t])                     (temperature)
        T[t] + cold[t] >= T_min[t]                                                                       (comfort_low)
        T[t] - hot[t]  <= T_max[t]                                                                      (comfort_high)
        C T[T-1] + heat_missing >= C T_end            where it is heated                                (terminal_low)
        C T[T-1] - cold_missing <= C T_end            where it is cooled                               (terminal_high)
        profit -= h discomfort_penalty sum_t (cold[t] + hot[t])

    The band is looked at where periods end: within one the temperature moves from one end to the other without turning,
    so that it leaves the band between two ends inside only where the band itself moves. Discomfort of a period counts
    with the temperature at its end.

    Source
    ------
    First-order (1R1C) models of buildings: Madsen and Holst, Energy and Buildings 22(1), 1995, 67-79,
    doi 10.1016/0378-7788(94)00904-X.

    Symbols
    -------
    ``heating_mw``, ``cooling_mw`` : MW, (periods,), realtime.
    ``temperature_degc`` (T) : degC at the end of a period, (periods,), realtime.
    ``too_cold_k`` (cold), ``too_hot_k`` (hot) : K, (periods,), realtime.
    ``heat_missing_mwh``, ``cold_missing_mwh`` : MWh, realtime.
    """
    heat = _flow(context, name, "heating_mw", spec.heating_node, spec.heating_max_mw)
    cooling = _flow(context, name, "cooling_mw", spec.cooling_node, spec.cooling_max_mw)
    temperature = context.variable(name, "temperature_degc", "degC", "realtime", lower=None)
    responses = {hours: response(spec, hours) for hours in context.lengths_h}
    ambient, gains = context.quantity(spec.ambient_temperature_degc), context.quantity(spec.gains_mw)

    def row(t: int) -> Any:
        keep, warmed = responses[context.lengths_h[t]]
        before = temperature[t - 1] if t > 0 else spec.initial_temperature_degc
        heated = warmed * (heat(t) - cooling(t) + gains(t))
        return temperature[t] == keep * before + (1.0 - keep) * ambient(t) + heated

    context.constraint(
        name,
        "temperature",
        f"the temperature of {name} follows from its heat and from what it loses",
        row,
        unit="K",
    )
    _comfort(context, name, spec, temperature)
    _terminal(context, name, spec, temperature)


def response(spec: Building, period_h: float) -> tuple[float, float]:
    """``a``, and ``g`` in K per MW."""
    if spec.heat_loss_mw_per_k == 0:
        return 1.0, period_h / spec.heat_capacity_mwh_per_k
    share = spec.heat_loss_mw_per_k * period_h / spec.heat_capacity_mwh_per_k
    return math.exp(-share), -math.expm1(-share) / spec.heat_loss_mw_per_k


def _flow(context: ModelContext, name: str, quantity: str, node: str | None, most_mw: float | None) -> OfPeriod:
    if node is None:
        return lambda t: 0.0
    flow = context.variable(name, quantity, "MW", "realtime", upper=most_mw)
    context.inject(node, name, lambda t: -flow[t])
    return lambda t: flow[t]


def _comfort(context: ModelContext, name: str, spec: Building, temperature: Any) -> None:
    low, high = context.quantity(spec.temperature_min_degc), context.quantity(spec.temperature_max_degc)
    cold = context.variable(name, "too_cold_k", "K", "realtime")
    hot = context.variable(name, "too_hot_k", "K", "realtime")
    context.constraint(
        name,
        "comfort_low",
        f"{name} is no colder than its comfort band",
        lambda t: temperature[t] + cold[t] >= low(t),
        unit="K",
    )
    context.constraint(
        name,
        "comfort_high",
        f"{name} is no warmer than its comfort band",
        lambda t: temperature[t] - hot[t] <= high(t),
        unit="K",
    )
    felt = sum(context.lengths_h[t] * (cold[t] + hot[t]) for t in context.periods)
    context.earn(f"discomfort.{name}", -spec.discomfort_penalty_eur_per_kh * felt)


def _terminal(context: ModelContext, name: str, spec: Building, temperature: Any) -> None:
    target = spec.heat_capacity_mwh_per_k * spec.temperature_to_leave_degc
    left = spec.heat_capacity_mwh_per_k * temperature[len(context.periods) - 1]
    if spec.heating_node is not None:
        missing = _missing(context, name, "heat_missing", amount(spec.heat_missing_penalty_eur_per_mwh))
        text = f"{name} ends at its temperature or above"
        _end(context, name, "terminal_low", text, lambda: left + missing >= target)
    if spec.cooling_node is not None:
        lacking = _missing(context, name, "cold_missing", amount(spec.cold_missing_penalty_eur_per_mwh))
        text = f"{name} ends at its temperature or below"
        _end(context, name, "terminal_high", text, lambda: left - lacking <= target)


def _end(context: ModelContext, name: str, row: str, text: str, rule: Any) -> None:
    span = [np.arange(len(context.periods))]
    context.constraint(name, row, text, lambda _: rule(), unit="MWh", spans=span, dimension="horizon")


def _missing(context: ModelContext, name: str, what: str, penalty: float | None) -> Expression:
    """Slack at the end of the horizon, MWh; 0 where it is forbidden."""
    if penalty is None:
        return 0.0
    span = [np.arange(len(context.periods))]
    missing = context.variable(name, f"{what}_mwh", "MWh", "realtime", spans=span, dimension="horizon", role="slack")
    context.earn(f"slack.{what}_{name}", -penalty * missing[0])
    return missing[0]
