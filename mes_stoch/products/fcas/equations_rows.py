"""What enabling FCAS asks of one unit: availability, trapezia, joint capacity, joint ramping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mes_stoch.components.shared.context import Expression, OfPeriod
from mes_stoch.products.fcas.equations_trapezium import Trapezium, joint_ramp_limit_mw
from mes_stoch.products.fcas.equations_unit import (
    Enablement,
    Unit,
    can_leave,
    enablement_maximum,
    excess_above,
    is_stranded_at_start,
)
from mes_stoch.products.shared.context import MarketContext


def build_unit_rows(context: MarketContext, unit: Unit, services: Sequence[Enablement]) -> None:
    """The unit FCAS constraints of all services one unit provides.

    Equations
    ---------
    With ``E`` the unit's energy target in its own direction, ``F_x`` the enabled MW of service ``x`` and ``rise``,
    ``fall`` the enabled regulation that moves ``E`` up and down (raise and lower of a generator, lower and raise of a
    load), for every contingency service ``c`` and regulation ``r``::

        F_x <= max_available_x z_x                                                    (*_available)
        E + upper_c F_c + rise <= en_max_c,   E - lower_c F_c - fall >= en_min_c      (*_upper, *_lower)
        E + upper_r F_r        <= en_max_r,   E - lower_r F_r        >= en_min_r      (*_upper, *_lower)
        E[t] + rise <= E[t-1] + ramp h,       E[t] - fall >= E[t-1] - ramp h          (*_joint_ramp)

    Contingency services never add up: each has its own rows, and regulation stands in all of them.

    The trapezium rows hold where the unit is in (``z_x = 1``); a unit is in only if its last target was inside the
    enablement limits (``*_stranded_above``, ``*_stranded_below``) and stays inside while it is (*trapped*). Leaving is
    the site's decision, by offering nothing. Where the limits cover all the energies the unit can take, it is always in
    and there is no ``z``. Joint ramping binds every unit that offers regulation, enabled or not, and no other: one
    whose automatic control is off or that has nothing available keeps the speed of its energy
    (``energy_ramp_mw_per_min`` of the component). A volume of 0 counts as an offer: letting the row give way with the
    binary of the bid, by the rest of the unit's range, weakens the relaxation (a scenario of campus_au takes
    19 s of solver time for 13, at the same optimum). A service that is not to bind is left out, or has
    ``volume_max_mw: 0``.

    Symbols
    -------
    ``<service>_in`` (z) : binary, (periods,), realtime; only where the unit can lie outside.

    Source
    ------
    AEMO, "FCAS Model in NEMDE", May 2017, sections 5 and 6. There ``E[t-1]`` is the telemetered output at the start of
    the interval; here it is the last energy target.
    """
    rising = [s for s in services if s.is_regulation and s.rises]
    falling = [s for s in services if s.is_regulation and not s.rises]
    for own in services:
        inside = _inside(context, unit, own)
        _available(context, unit, own, inside)
        if own.trapezium is not None:
            joint = ([], []) if own.is_regulation else (rising, falling)
            _upper(context, unit, own, own.trapezium, joint[0], inside)
            _lower(context, unit, own, own.trapezium, joint[1], inside)
        if own.is_regulation and own.max_available_mw > 0 and own.product.volume_max_mw > 0:
            _joint_ramp(context, unit, own)


def _inside(context: MarketContext, unit: Unit, own: Enablement) -> Any:
    """Binary that says whether the unit is in the trapezium; ``None`` where it always is."""
    trapezium = own.trapezium
    if trapezium is None or not can_leave(unit, trapezium):
        return None
    inside = context.variable(unit.name, f"{own.product_id}_in", "1", "realtime", upper=1.0, integer=True, role="held")
    first = 0.0 if is_stranded_at_start(unit, own) else 1.0
    excess = excess_above(context, unit, trapezium.en_max_mw)
    below = max(0.0, trapezium.en_min_mw - unit.low_mw)
    text = f"{unit.name} is enabled for {own.product_id} only from inside its trapezium"

    def stranded_above(t: int) -> Expression:
        if t == 0:
            return inside[0] <= first
        return unit.energy(t - 1) <= trapezium.en_max_mw + excess(t - 1) * (1 - inside[t])

    def stranded_below(t: int) -> Expression:
        if t == 0:
            return inside[0] <= first
        return unit.energy(t - 1) >= trapezium.en_min_mw - below * (1 - inside[t])

    context.constraint(unit.name, f"{own.product_id}_stranded_above", text, stranded_above)
    context.constraint(unit.name, f"{own.product_id}_stranded_below", text, stranded_below)
    return inside


def _available(context: MarketContext, unit: Unit, own: Enablement, inside: Any) -> None:
    context.constraint(
        unit.name,
        f"{own.product_id}_available",
        f"{unit.name} is enabled for no more {own.product_id} than it has available",
        lambda t: own.enabled(t) <= own.available_mw(context.lengths_h[t]) * (1.0 if inside is None else inside[t]),
    )


def _upper(
    context: MarketContext, unit: Unit, own: Enablement, trapezium: Trapezium, rising: Sequence[Enablement], inside: Any
) -> None:
    en_max = enablement_maximum(context, unit, trapezium)
    slack = _slack(inside, excess_above(context, unit, trapezium.en_max_mw), rising)
    context.constraint(
        unit.name,
        f"{own.product_id}_upper",
        f"energy, regulation and {own.product_id} of {unit.name} stay below the enablement maximum",
        lambda t: (
            unit.energy(t) + trapezium.upper_slope * own.enabled(t) + sum(r.enabled(t) for r in rising)
            <= en_max(t) + slack(t)
        ),
    )


def _lower(
    context: MarketContext,
    unit: Unit,
    own: Enablement,
    trapezium: Trapezium,
    falling: Sequence[Enablement],
    inside: Any,
) -> None:
    slack = _slack(inside, context.quantity(max(0.0, trapezium.en_min_mw - unit.low_mw)), falling)
    context.constraint(
        unit.name,
        f"{own.product_id}_lower",
        f"energy, regulation and {own.product_id} of {unit.name} stay above the enablement minimum",
        lambda t: (
            unit.energy(t) - trapezium.lower_slope * own.enabled(t) - sum(r.enabled(t) for r in falling)
            >= trapezium.en_min_mw - slack(t)
        ),
    )


def _slack(inside: Any, beyond: OfPeriod, regulation: Sequence[Enablement]) -> OfPeriod:
    """What a trapezium row gives way by where the unit is out: the rest of its range, and regulation on top, MW."""
    if inside is None:
        return lambda t: 0.0
    most = sum(r.max_available_mw for r in regulation)
    return lambda t: (beyond(t) + most) * (1 - inside[t])


def _joint_ramp(context: MarketContext, unit: Unit, own: Enablement) -> None:
    ramp = own.offer.agc_ramp_mw_per_min
    if ramp is None:
        return
    speed = ramp  # narrowed for the closure

    def reached(t: int) -> Expression:
        initial = own.offer.initial_mw if t == 0 else unit.energy(t - 1)
        if initial is None:
            # nothing is known of the energy before: the row repeats the availability
            return own.enabled(t) <= own.available_mw(context.lengths_h[t])
        limit = joint_ramp_limit_mw(initial, speed, context.lengths_h[t], rises=own.rises)
        if own.rises:
            return unit.energy(t) + own.enabled(t) <= limit
        return unit.energy(t) - own.enabled(t) >= limit

    context.constraint(
        unit.name,
        f"{own.product_id}_joint_ramp",
        f"{unit.name} reaches its energy and {own.product_id} within its ramp under automatic control",
        reached,
        role="ramp",
    )
