"""A building in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.building.format import Building
from mes_stoch.components.shared.hub_context import Columns, HubContext, Numbers
from mes_stoch.io.validation.penalties import amount


def build(context: HubContext, name: str, spec: Building) -> None:
    """Flows out of its nodes, and its temperature at the end of every step.

    Equations
    ---------
    With ``hours`` the length of a step and ``a = exp(-UA hours / C)``::

        T[t] = a T[t-1] + (1 - a) T_ambient + (1 - a) / UA (heating - cooling + gains)       (temperature)
        T + cold >= T_min,   T - hot <= T_max                                 (comfort_low, comfort_high)
        C T[end] + heat_missing >= C T_end,   C T[end] - cold_missing <= C T_end    (terminal_low, terminal_high)
    """
    loss, capacity = spec.heat_loss_mw_per_k, spec.heat_capacity_mwh_per_k
    keep = np.exp(-loss * context.hours / capacity)
    warmed = (1.0 - keep) / loss if loss > 0 else context.hours / capacity
    temperature = context.columns(name, "temperature", "degC", "auxiliary", lower=-np.inf)
    fixed = (1.0 - keep) * context.values(spec.ambient_temperature_degc) + warmed * context.values(spec.gains_mw)
    fixed[0] += keep[0] * spec.initial_temperature_degc
    rows = context.rows(name, "temperature", "K", context.steps, lower=fixed, upper=fixed).add(temperature)
    later = np.arange(1, context.steps)
    rows.add(temperature[:-1], -keep[1:], rows=later)
    for what, node, most, sign in (
        ("heating", spec.heating_node, spec.heating_max_mw, -1.0),
        ("cooling", spec.cooling_node, spec.cooling_max_mw, 1.0),
    ):
        if node is not None:
            flow = context.columns(name, what, "MW", "flow", upper=np.inf if most is None else most)
            context.arc(name, what, node, flow, 1.0, -1)
            rows.add(flow, sign * warmed)
    cost = spec.discomfort_penalty_eur_per_kh * context.hours
    cold = context.columns(name, "too_cold", "K", "auxiliary", cost=cost)
    hot = context.columns(name, "too_hot", "K", "auxiliary", cost=cost)
    least, most_degc = context.values(spec.temperature_min_degc), context.values(spec.temperature_max_degc)
    context.rows(name, "comfort_low", "K", context.steps, lower=least).add(temperature).add(cold)
    context.rows(name, "comfort_high", "K", context.steps, upper=most_degc).add(temperature).add(hot, -1.0)
    target = capacity * spec.temperature_to_leave_degc
    if spec.heating_node is not None:
        penalty = amount(spec.heat_missing_penalty_eur_per_mwh)
        _end(context, name, "terminal_low", spec, temperature, penalty, "heat_missing", 1.0, target, np.inf)
    if spec.cooling_node is not None:
        penalty = amount(spec.cold_missing_penalty_eur_per_mwh)
        _end(context, name, "terminal_high", spec, temperature, penalty, "cold_missing", -1.0, -np.inf, target)


def _end(
    context: HubContext,
    name: str,
    row: str,
    spec: Building,
    temperature: Columns,
    penalty: float | None,
    what: str,
    sign: float,
    lower: Numbers,
    upper: Numbers,
) -> None:
    last = np.array([context.steps - 1])
    rows = context.rows(name, row, "MWh", 1, lower=lower, upper=upper, role="target", numbers=last)
    rows.add(temperature[-1:], spec.heat_capacity_mwh_per_k)
    if penalty is not None:
        rows.add(context.columns(name, what, "MWh", "slack", cost=penalty, spans=context.spans(None)), sign)
