"""Units whose flows are piecewise linear in the flow at one port."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mes_stoch.components.part_load_converter.format import PartLoadConverter, PartLoadPort
from mes_stoch.components.shared.context import Availability, HeldReserve, ModelContext, OfPeriod
from mes_stoch.components.shared.equations_calls import tell_call
from mes_stoch.components.shared.equations_kept_on import tell_kept_on
from mes_stoch.components.shared.equations_limits import limit_power
from mes_stoch.components.shared.equations_on_off import OnOff, build_on_off
from mes_stoch.components.shared.equations_ramp import limit_energy_ramp


def build(context: ModelContext, name: str, spec: PartLoadConverter) -> None:
    """The flow at the reference port, the segments of the curve that it fills, and what flows at the other ports.

    Equations
    ---------
    With ``P`` the base flow at the reference port, ``y`` the state (1 where the curve begins at 0; starts, stops and
    what follows from them: :mod:`mes_stoch.components.shared.equations_on_off`), sigma = +1 where that port is an
    output, -1 where it is an input, and the curve through the points ``(x_k, f_i,k)``, ``k = 0..K``, straight between
    them, with widths ``w_k = x_k - x_k-1`` and slopes ``s_i,k = (f_i,k - f_i,k-1) / w_k`` of every other port ``i``::

        P[t] + held_plus[t]  <= x_K y[t]                                                 (maximum)
        P[t] + held_plus[t]  <= usable[t] x_K y[t]                                       (available)
        P[t] - held_minus[t] >= x_0 y[t]                                                 (minimum)
        P[t] + sigma (sum_up e[t] - sum_down e[t]) = x_0 y[t] + sum_k d_k[t]             (segments)
        d_1[t] <= w_1 y[t]                                                               (first_segment; on or off)
        d_k[t] >= w_k z_k[t],   d_k+1[t] <= w_k+1 z_k[t]            k = 1..K-1           (full_<k>, after_<k>)
        flow_i[t] = f_i,0 y[t] + sum_k s_i,k d_k[t]
        profit -= h cost (P + sigma (sum_up e - sum_down e))                             (operation.<name>)

    ``z_k`` is 1 where segment ``k`` is full; points at which no flow bends are left out, so that a straight line has
    neither segments nor binaries. ``formulation: convex`` leaves out ``z``, ``full`` and ``after``: the segments may be
    filled in any order. Where outputs rise ever less and inputs ever more (which is checked; with the reference at an
    output likewise) no order is better than that of the curve, so that the unit is never better than it is; it may be
    worse, and will be where waste is paid for (negative prices, heat to get rid of).

    A call moves the unit along its curve. What a full call changes at another port is at most its steepest slope times
    what is held, and as much is kept for it there: safe, and exact where the curve is straight.

    Symbols
    -------
    ``power_mw`` (P), ``segment_<k>_mw`` (d_k) : MW at the reference port, (periods,), realtime; d_k of the called
    operation. ``full_<k>`` (z_k), ``on`` (y) : binary, (periods,) or, for y, (state blocks,), realtime.

    Source
    ------
    Incremental formulation: Markowitz and Manne, Econometrica 25(1), 1957, doi 10.2307/1907744; compared with others,
    and locally ideal, in Vielma, Ahmed and Nemhauser, Oper. Res. 58(2), 2010, doi 10.1287/opre.1090.0721.
    """
    power = context.variable(name, "power_mw", "MW", "realtime", upper=spec.power_max_mw)
    on_off = build_on_off(context, name, spec, spec.available_per_unit)
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)
    sigma = 1 if spec.reference_is_output else -1
    change = reserve.net_called()

    def base(t: int) -> object:
        return power[t]

    def called(t: int) -> object:
        return power[t] + sigma * change(t)

    limit_power(context, name, base, on_off, reserve, is_generator=sigma > 0)
    limit_energy_ramp(
        context,
        name,
        spec.energy_ramp_mw_per_min,
        base,
        least_mw=spec.power_min_mw,
        state=on_off.state,
        forced_down=on_off.service.lost_power(),
    )
    parts = _segments(context, name, spec, called, on_off)
    for direction, ports in ((-1, spec.inputs), (1, spec.outputs)):
        for port in ports:
            tell_kept_on(context, port.node, direction, on_off, port.flow_mw[0])
            if port.node == spec.reference:
                context.inject(port.node, name, _signed(direction, called), _signed(direction, base))
                continue
            context.inject(port.node, name, _signed(direction, _flow(spec, port, called, parts, on_off)))
            _tell_calls(context, name, port, max(spec.slopes(port)), direction * sigma, reserve, sigma)
    context.availability(name, Availability(power=on_off.service.power_max(), state=on_off.state, counts=sigma > 0))
    if spec.cost_eur_per_mwh:
        drawn = sum(context.lengths_h[t] * called(t) for t in context.periods)  # type: ignore[misc, operator]
        context.earn(f"operation.{name}", -spec.cost_eur_per_mwh * drawn)


def _segments(
    context: ModelContext, name: str, spec: PartLoadConverter, called: OfPeriod, on_off: OnOff
) -> Sequence[OfPeriod]:
    """Flow in each segment of the curve, the first ones full before the next is used; none of a straight line."""
    least = spec.power_min_mw
    if len(spec.widths_mw) == 1:
        return []
    parts = [
        context.variable(name, f"segment_{k}_mw", "MW", "realtime", upper=width)
        for k, width in enumerate(spec.widths_mw, 1)
    ]
    context.constraint(
        name,
        "segments",
        f"the segments of {name} add up to the flow at its reference port",
        lambda t: called(t) == least * on_off.state(t) + sum(part[t] for part in parts),
    )
    if spec.can_be_off:
        context.constraint(
            name,
            "first_segment",
            f"{name} fills the first segment of its curve only when it is on",
            lambda t: parts[0][t] <= spec.widths_mw[0] * on_off.state(t),
        )
    if spec.formulation == "exact":
        for k, (own, after) in enumerate(pairwise(zip(parts, spec.widths_mw, strict=True)), 1):
            _in_order(context, name, k, own, after)
    return [lambda t, part=part: part[t] for part in parts]  # type: ignore[misc]


def _in_order(context: ModelContext, name: str, k: int, own: tuple[object, float], after: tuple[object, float]) -> None:
    full = context.variable(name, f"full_{k}", "1", "realtime", upper=1.0, integer=True)
    (part, width), (next_part, next_width) = own, after
    context.constraint(
        name,
        f"full_{k}",
        f"segment {k} of {name} is full before the next is used",
        lambda t: part[t] >= width * full[t],  # type: ignore[index]
    )
    context.constraint(
        name,
        f"after_{k}",
        f"segment {k + 1} of {name} is used once the one before is full",
        lambda t: next_part[t] <= next_width * full[t],  # type: ignore[index]
    )


def _flow(
    spec: PartLoadConverter, port: PartLoadPort, called: OfPeriod, parts: Sequence[OfPeriod], on_off: OnOff
) -> OfPeriod:
    slopes = spec.slopes(port)
    if not parts:
        # a straight line: what it has at no load is told once, lest rounding leave a coefficient that is none
        no_load = spec.no_load_mw(port)
        return lambda t: slopes[0] * called(t) + (no_load * on_off.state(t) if no_load else 0.0)
    return lambda t: (
        port.flow_mw[0] * on_off.state(t) + sum(slope * part(t) for slope, part in zip(slopes, parts, strict=True))
    )


def _signed(direction: int, flow: OfPeriod) -> OfPeriod:
    return lambda t: direction * flow(t)


def _tell_calls(
    context: ModelContext, name: str, port: PartLoadPort, most: float, adds: int, reserve: HeldReserve, sigma: int
) -> None:
    """What calls change at another node, by the steepest slope; ``adds`` is +1 where calls up bring more there."""
    for directed in reserve.directed_products:
        is_added = adds * directed.sign > 0
        lowers_flow = sigma * directed.sign < 0
        tell_call(context, name, port.node, directed, reserve, most, adds=is_added, lowers_flow=lowers_flow)
