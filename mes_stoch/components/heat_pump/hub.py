"""A heat pump in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.heat_pump.format import HeatPump
from mes_stoch.components.shared.hub_context import Columns, HubContext
from mes_stoch.components.shared.hub_on_off import build_hub_on_off


def build(context: HubContext, name: str, spec: HeatPump) -> None:
    """One branch a mode: a column of the coupling matrix with the COP of that mode.

    Equations
    ---------
    With ``P_m`` the electric power of mode ``m``, ``y`` the state and ``x`` 1 where it heats::

        C[power, P_m] = -1,    C[node, P_m] = +-ratio of the mode
        sum_m P_m[t] - P_max y[t] <= 0                      (maximum)
        sum_m P_m[t] <= available[t] P_max                  (available)
        sum_m P_m[t] - P_min y[t] >= 0                      (minimum)
        P_heating[t] - P_max x[t] <= 0,    P_cooling[t] + P_max x[t] <= P_max      (heating, cooling; exclusive)
    """
    available = context.values(spec.available_per_unit)
    most, cost = spec.power_max_mw * available, spec.cost_eur_per_mwh * context.hours
    powers: dict[str, Columns] = {}
    for use in spec.uses:
        branch = f"power_{use.name}"
        column = context.columns(name, branch, "MW", "flow", upper=most, cost=cost)
        powers[use.name] = column
        context.arc(name, branch, spec.power_node, column, 1.0, -1, is_reference=True)
        for node, direction, ratio in use.flows:
            context.arc(name, branch, node, column, context.values(ratio), direction)
    if len(powers) > 1:
        rows = context.rows(name, "available", "MW", context.steps, upper=most)
        for column in powers.values():
            rows.add(column)
    if spec.can_be_off:
        state = build_hub_on_off(context, name, spec, available)
        for row in state.ceilings(context, name, spec):
            for column in powers.values():
                row.add(column)
        minimum = context.rows(name, "minimum", "MW", context.steps, lower=0.0).add(state.on, -spec.power_min_mw)
        for column in powers.values():
            minimum.add(column)
        state.tell_kept_on(context, spec.power_node, -1, spec.power_min_mw)
        for use in spec.uses:
            for node, direction, ratio in use.flows:
                state.tell_kept_on(context, node, direction, context.values(ratio) * spec.power_min_mw)
    if spec.is_exclusive:
        _one_at_a_time(context, name, spec, powers)


def _one_at_a_time(context: HubContext, name: str, spec: HeatPump, powers: dict[str, Columns]) -> None:
    spans = (
        [np.array([period]) for period in range(context.periods)]
        if spec.mode_block_h is None
        else context.spans(spec.mode_block_h)
    )
    heats = context.columns(name, "heats", "1", "state", upper=1.0, is_integer=True, spans=spans)
    of_period = np.repeat(np.arange(len(spans)), [len(own) for own in spans])
    here = heats[of_period[context.period_of_step]]
    largest = spec.power_max_mw
    context.rows(name, "heating", "MW", context.steps, upper=0.0).add(powers["heating"]).add(here, -largest)
    context.rows(name, "cooling", "MW", context.steps, upper=largest).add(powers["cooling"]).add(here, largest)
