"""A fleet of electric vehicles in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.ev_fleet.format import EvFleet
from mes_stoch.components.shared.hub_context import Columns, HubContext, Values
from mes_stoch.io.validation.penalties import amount


def build(context: HubContext, name: str, spec: EvFleet) -> None:
    """Energy that goes into the batteries and out of them, both as energy inside; vehicles that come and leave.

    Equations
    ---------
    With ``hours`` the length of a step, ``n`` the share plugged in and ``s`` the share that stays after a period::

        E[t] = E[t-1] + entering[t] + dE_stored[t] - dE_drawn[t] - departed[t]            (level)
        E[t] <= s E_max where a period ends, n E_max within it                            (staying)
        departed <= (n - s) E_max,   departed + short >= departure                        (departure)
        dE_stored / (eta_c hours C) + eta_d dE_drawn / (hours D) <= n                     (sharing)
    """
    hours, plugged = context.hours, context.values(spec.plugged_in_per_unit)
    into, out = spec.charge_efficiency_per_unit, spec.discharge_efficiency_per_unit
    first = np.searchsorted(context.period_of_step, np.arange(context.periods))
    last = np.append(first[1:], context.steps) - 1
    stays = _staying(context, spec, plugged[first])

    most = spec.fleet_charge_mw * plugged * into * hours
    stored = context.columns(name, "stored", "MWh", "stored", upper=most)
    context.arc(name, "stored", spec.node, stored, 1.0 / (into * hours), -1)
    level_max = spec.fleet_energy_mwh * plugged
    level_max[last] = spec.fleet_energy_mwh * stays
    level = context.columns(name, "level", "MWh", "level", upper=level_max)
    periods = [np.array([p]) for p in range(context.periods)]
    leaving = spec.fleet_energy_mwh * (plugged[first] - stays)
    departed = context.columns(name, "departed", "MWh", "auxiliary", upper=leaving, spans=periods)

    entering = np.zeros(context.steps)
    comes = context.values(spec.arrival_mwh)[first].copy()
    comes[0] += spec.initial_mwh
    entering[first] = np.minimum(comes, spec.fleet_energy_mwh * (plugged[first] - np.append(0.0, stays[:-1])))
    rows = context.rows(name, "level", "MWh", context.steps, lower=entering, upper=entering)
    later = np.arange(1, context.steps)
    rows.add(level).add(stored, -1.0).add(level[:-1], -1.0, rows=later).add(departed, 1.0, rows=last)
    if spec.discharge_max_mw > 0:
        wear = spec.throughput_cost_eur_per_mwh * out
        drawn = context.columns(
            name, "drawn", "MWh", "drawn", upper=spec.fleet_discharge_mw * plugged / out * hours, cost=wear
        )
        context.arc(name, "drawn", spec.node, drawn, out / hours, 1)
        rows.add(drawn)
        sharing = context.rows(name, "sharing", "1", context.steps, upper=plugged)
        sharing.add(stored, 1.0 / (into * hours * spec.fleet_charge_mw))
        sharing.add(drawn, out / (hours * spec.fleet_discharge_mw))
    if spec.charge_min_per_unit > 0:
        state = context.columns(name, "charging", "1", "state", upper=1.0, is_integer=True, spans=periods)
        of_step = state[context.period_of_step]
        least = context.rows(name, "charge_least", "MWh", context.steps, lower=0.0)
        least.add(stored).add(of_step, -spec.charge_min_per_unit * most)
        context.rows(name, "charge_most", "MWh", context.steps, upper=0.0).add(stored).add(of_step, -most)
    _ends(context, spec, name, level, departed, first, stays)


def _staying(context: HubContext, spec: EvFleet, plugged: Values) -> Values:
    """Share that is plugged in and stays after each period."""
    after = np.concatenate([plugged[1:], plugged[-1:]])
    if spec.leaving_per_unit is None:
        return np.asarray(np.minimum(plugged, after), dtype=float)
    first = np.searchsorted(context.period_of_step, np.arange(context.periods))
    leaving = context.values(spec.leaving_per_unit)[first]
    return np.asarray(np.minimum(np.maximum(plugged - leaving, 0.0), after), dtype=float)


def _ends(
    context: HubContext,
    spec: EvFleet,
    name: str,
    level: Columns,
    departed: Columns,
    first: Columns,
    stays: Values,
) -> None:
    """What those that leave need, and what is left behind at the end."""
    periods = [np.array([p]) for p in range(context.periods)]
    if spec.departure_mwh != 0:
        wanted = context.values(spec.departure_mwh)[first]
        rows = context.rows(name, "departure", "MWh", context.periods, lower=wanted).add(departed)
        penalty = amount(spec.departure_penalty_eur_per_mwh)
        if penalty is not None:
            rows.add(context.columns(name, "departure_short", "MWh", "slack", cost=penalty, spans=periods))
    target = spec.terminal_mwh
    if target is None:
        target = min(spec.initial_mwh, spec.fleet_energy_mwh * float(stays[-1]))
    at_end = np.array([context.steps - 1])
    rows = context.rows(name, "terminal", "MWh", 1, lower=target, role="target", numbers=at_end).add(level[-1:])
    penalty = amount(spec.terminal_penalty_eur_per_mwh)
    if penalty is not None:
        rows.add(context.columns(name, "terminal_short", "MWh", "slack", cost=penalty, spans=context.spans(None)))
