"""What the stress test asks of kinds of components: their module ``stress``."""

from __future__ import annotations

from mes_stoch.registry import COMPONENTS, kind
from mes_stoch.schema.component import Component
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: Component) -> list[tuple[str, int]]:
    """Quantities of the solution that a component's limits are told from, and over how many spans each goes."""
    own = kind(COMPONENTS, spec.type)
    found = own.function("stress", "decisions", tuple)(data, name, spec)
    with own.errors_named("stress.decisions"):
        return [(quantity, spans) for quantity, spans in found]


def power_limits(data: SettlementData, name: str, spec: Component, sign: int) -> list[tuple[str, Array, Array]]:
    """Name of each limit of power in a direction, the load on it before any call, and the most it takes, MW."""
    own = kind(COMPONENTS, spec.type)
    found = own.function("stress", "power_limits", tuple)(data, name, spec, sign)
    with own.errors_named("stress.power_limits"):
        return [(limit, load, most) for limit, load, most in found]
