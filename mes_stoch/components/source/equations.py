"""PV, wind and other sources that follow an availability series."""

from __future__ import annotations

from mes_stoch.components.shared.context import Availability, ModelContext
from mes_stoch.components.source.format import Source


def build(context: ModelContext, name: str, spec: Source) -> None:
    """A source that can be curtailed, and can hold reserve by curtailing.

    Equations
    ---------
    With ``available[t] = available_per_unit[t] available_mw[t]``::

        power[t] + sum_up held[t]   <= available[t]        (available; equality where not curtailable)
        power[t] - sum_down held[t] >= 0                   (floor)
        called[t] = power[t] + sum_up e[t] - sum_down e[t]
        CO2[t] = emission called[t]                        kg an hour

    Symbols
    -------
    ``power_mw`` : MW, (periods,), realtime; base output.
    """
    available = context.product(spec.available_mw, spec.available_per_unit)
    power = context.variable(name, "power_mw", "MW", "realtime")
    if spec.curtailable:
        reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)
        context.constraint(
            name,
            "available",
            f"output and upward reserve of {name} stay within what is available",
            lambda t: power[t] + reserve.held_up(t) <= available(t),
            role="headroom",
        )
        if reserve.directed_products:
            context.constraint(
                name,
                "floor",
                f"{name} produces what its downward reserve would take away",
                lambda t: power[t] - reserve.held_down(t) >= 0,
                role="headroom",
            )
    else:
        reserve = context.reserve(name, (), None)
        context.constraint(
            name,
            "available",
            f"output of {name} is what is available",
            lambda t: power[t] == available(t),
            role="headroom",
        )
        context.firm(spec.node, "supply", available)
    change = reserve.net_called()
    context.inject(spec.node, name, lambda t: power[t] + change(t), lambda t: power[t])
    if spec.emissions():
        emitted = context.quantity(spec.emission_kg_per_mwh)
        called = reserve.net_called(spec.emission_kg_per_mwh)
        context.emit(name, lambda t: emitted(t) * power[t] + called(t))
    context.availability(name, Availability(power=available))
    if spec.cost_eur_per_mwh:
        context.earn(
            f"operation.{name}",
            sum(-context.lengths_h[t] * spec.cost_eur_per_mwh * (power[t] + change(t)) for t in context.periods),
        )
