"""Variables, rows and costs of an electrolyser."""

from __future__ import annotations

from typing import Any

from mes_stoch.extend import CallEffect, HeldReserve, ModelContext, OfPeriod
from site_kinds.electrolyser.format import Electrolyser


def build(context: ModelContext, name: str, spec: Electrolyser) -> None:
    """Power, the segments it runs in, and the reserve it holds by drawing less or more.

    Equations
    ---------
    With ``P`` the base power, ``e`` what is delivered of calls, ``p_k`` the power in segment ``k`` of width ``w_k``,
    and ``z_k`` 1 where segment ``k`` is full::

        P[t] + sum_down held[t] <= P_max                                                     (maximum)
        P[t] - sum_up held[t]   >= 0                                                         (minimum)
        P[t] - sum_up e[t] + sum_down e[t] = sum_k p_k[t]                                    (segments)
        p_k[t] >= w_k z_k[t],   p_k+1[t] <= w_k+1 z_k[t]                                     (full_<k>, after_<k>)
        hydrogen[t] = sum_k eta_k p_k[t]
        profit -= h cost sum_k p_k[t]                                                        (operation.<name>)

    A full call changes the hydrogen by at most ``eta_1`` per MW, which is what its node must be able to take over.

    Symbols
    -------
    ``power_mw`` (P), ``segment_<k>_mw`` (p_k) : MW, (periods,), realtime; ``full_<k>`` (z_k) : binary, likewise.

    Source
    ------
    Incremental formulation of a piecewise-linear function: Markowitz and Manne, Econometrica 25(1), 1957,
    doi 10.2307/1907744.
    """
    power = context.variable(name, "power_mw", "MW", "realtime", upper=spec.power_max_mw)
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)
    if reserve.directed_products:
        _headroom(context, name, spec, power, reserve)
    change = reserve.net_called()
    parts = _segments(context, name, spec, lambda t: power[t] - change(t))
    context.inject(spec.electricity, name, lambda t: change(t) - power[t], lambda t: -power[t])
    context.inject(
        spec.hydrogen,
        name,
        lambda t: sum(s.hydrogen_per_unit * part[t] for s, part in zip(spec.segments, parts, strict=True)),
    )
    _tell_hydrogen(context, name, spec, reserve)
    if spec.cost_eur_per_mwh:
        drawn = sum(part[t] for part in parts for t in context.periods)
        context.earn(f"operation.{name}", -context.period_h * spec.cost_eur_per_mwh * drawn)


def _headroom(context: ModelContext, name: str, spec: Electrolyser, power: Any, reserve: HeldReserve) -> None:
    context.constraint(
        name,
        "maximum",
        f"{name} keeps room to draw more for the downward reserve it holds",
        lambda t: power[t] + reserve.held_down(t) <= spec.power_max_mw,
        role="headroom",
    )
    context.constraint(
        name,
        "minimum",
        f"{name} draws what its upward reserve would leave off",
        lambda t: power[t] - reserve.held_up(t) >= 0,
        role="headroom",
    )


def _segments(context: ModelContext, name: str, spec: Electrolyser, drawn: OfPeriod) -> list[Any]:
    """Power in each segment, the first ones full before the next is used."""
    parts = [
        context.variable(name, f"segment_{k}_mw", "MW", "realtime", upper=segment.width_mw)
        for k, segment in enumerate(spec.segments, 1)
    ]
    context.constraint(
        name,
        "segments",
        f"the segments of {name} draw what it draws",
        lambda t: drawn(t) == sum(part[t] for part in parts),
    )
    for k in range(1, len(parts)):
        full = context.variable(name, f"full_{k}", "1", "realtime", upper=1.0, integer=True)
        own, after = spec.segments[k - 1].width_mw, spec.segments[k].width_mw
        context.constraint(
            name,
            f"full_{k}",
            f"segment {k} of {name} is full before the next is used",
            lambda t, part=parts[k - 1], full=full, own=own: part[t] >= own * full[t],  # type: ignore[misc]
        )
        context.constraint(
            name,
            f"after_{k}",
            f"segment {k + 1} of {name} is used once the one before is full",
            lambda t, part=parts[k], full=full, after=after: part[t] <= after * full[t],  # type: ignore[misc]
        )
    return parts


def _tell_hydrogen(context: ModelContext, name: str, spec: Electrolyser, reserve: HeldReserve) -> None:
    """What calls change at the hydrogen node: less of it on calls up, more on calls down."""
    most = spec.best_per_unit
    for directed in reserve.directed_products:
        held = reserve.held[directed.name]
        context.call_effect(
            spec.hydrogen,
            CallEffect(
                device=name,
                directed=directed,
                effect="taken" if directed.sign > 0 else "added",
                held=lambda t, held=held: most * held[t],  # type: ignore[misc]
                called=reserve.called[directed.name](most),
                uncalled=reserve.uncalled[directed.name](most),
                lowers_flow=directed.sign > 0,
            ),
        )
