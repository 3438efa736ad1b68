"""Rows that keep a unit, with the reserve it holds, between its least and its largest power."""

from __future__ import annotations

from mes_stoch.components.shared.context import Expression, HeldReserve, ModelContext, OfPeriod
from mes_stoch.components.shared.equations_on_off import OnOff


def never(t: int) -> Expression:
    """A state that a unit does not have."""
    return 0.0


def limit_power(
    context: ModelContext,
    name: str,
    power: OfPeriod,
    on_off: OnOff,
    reserve: HeldReserve,
    *,
    is_generator: bool,
    is_sum: bool = False,
    standing: OfPeriod = never,
) -> None:
    """Room below and above the base power of a unit for what it holds.

    Equations
    ---------
    With ``held_plus`` the reserve that raises ``P``, upward for a generator and downward for a consumer, and ``v`` 1
    where a unit that is off stands ready to start::

        P[t] + held_plus[t]  <= usable[t] P_max (y[t] + v[t])       (available; where less than all can be available)
        P[t] + held_plus[t]  <= P_max y[t] + P_max v[t]             (maximum, and maximum_stop of starts and stops)
        P[t] - held_minus[t] >= P_min y[t]                          (minimum)

    Without states and reserve the last two would only repeat the bounds of the variable, and are left out.

    Parameters
    ----------
    is_sum : bool
        Whether ``power`` is a sum of variables, which has no bound of its own.
    standing : callable
        ``v`` by period.
    """
    service = on_off.service
    raising, lowering = (reserve.held_up, reserve.held_down) if is_generator else (reserve.held_down, reserve.held_up)
    if service.is_limited:
        power_max = service.power_max()
        context.constraint(
            name,
            "available",
            f"{name} runs below what is available of it, with room for the reserve that raises it",
            lambda t: power(t) + raising(t) <= power_max(t) * (on_off.state(t) + standing(t)),
            role="headroom",
        )
    is_needed = service.power_min_mw > 0 or bool(reserve.directed_products)
    if is_needed or is_sum:
        for row, ceiling in on_off.ceilings:
            context.constraint(
                name,
                row,
                f"{name} runs below its maximum, with room for the reserve that raises it",
                lambda t, ceiling=ceiling: (  # type: ignore[misc]
                    power(t) + raising(t) <= ceiling(t) + service.power_max_mw * standing(t)
                ),
                role="headroom",
            )
    if is_needed:
        context.constraint(
            name,
            "minimum",
            f"{name} runs above its minimum, with room for the reserve that lowers it",
            lambda t: power(t) - lowering(t) >= service.power_min_mw * on_off.state(t),
            role="headroom",
        )
