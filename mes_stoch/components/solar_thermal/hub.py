"""A field of solar collectors in the energy hub."""

from __future__ import annotations

from mes_stoch.components.shared.hub_context import HubContext
from mes_stoch.components.solar_thermal.format import SolarThermal


def build(context: HubContext, name: str, spec: SolarThermal) -> None:
    """One input with the heat that the sun allows.

    Equations
    ---------
    ::

        0 <= P[t] <= available[t]
    """
    available, cost = context.values(spec.available_mw), spec.cost_eur_per_mwh * context.hours
    heat = context.columns(name, "heat", "MW", "flow", upper=available, cost=cost)
    context.arc(name, "heat", spec.node, heat, 1.0, 1)
