"""Fields of solar collectors."""

from __future__ import annotations

from mes_stoch.components.shared.context import ModelContext
from mes_stoch.components.solar_thermal.format import SolarThermal


def build(context: ModelContext, name: str, spec: SolarThermal) -> None:
    """Heat from the sun, which can be left unused.

    Equations
    ---------
    With irradiance ``G`` in the plane of the collectors, ``Tm`` the mean temperature of their fluid and ``Ta`` that of
    the air, as data of the scenario::

        available[t] = area max(0, eta0 G[t] - a1 (Tm[t] - Ta[t]) - a2 (Tm[t] - Ta[t])^2)
        heat[t] <= available[t]                                                              (available)

    Symbols
    -------
    ``heat_mw`` : MW, (periods,), realtime.

    Source
    ------
    Steady-state efficiency curve of ISO 9806, without its terms of wind and incidence.
    """
    available = context.quantity(spec.available_mw)
    heat = context.variable(name, "heat_mw", "MW", "realtime")
    context.constraint(
        name,
        "available",
        f"heat of {name} stays within what the sun allows",
        lambda t: heat[t] <= available(t),
        role="headroom",
    )
    context.inject(spec.node, name, lambda t: heat[t])
    if spec.cost_eur_per_mwh:
        made = sum(context.lengths_h[t] * heat[t] for t in context.periods)
        context.earn(f"operation.{name}", -spec.cost_eur_per_mwh * made)
