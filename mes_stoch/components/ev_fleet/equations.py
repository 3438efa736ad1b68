"""A fleet of electric vehicles that come, are charged and leave."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.ev_fleet.equations_power import limit_power
from mes_stoch.components.ev_fleet.format import EvFleet
from mes_stoch.components.shared.context import Buffer, ModelContext, OfPeriod, StorePower
from mes_stoch.io.validation.penalties import amount

Values = NDArray[np.float64]


def build(context: ModelContext, name: str, spec: EvFleet) -> None:
    """One battery that grows and shrinks with the vehicles that are plugged in.

    Equations
    ---------
    With ``C``, ``D`` and ``E`` the powers and the energy of all vehicles, ``n`` the share that is plugged in, ``s``
    the share that stays after a period (``min(n[t], n[t+1])``, or ``n`` less those that leave) and
    ``left = n - s``; vehicles arrive when a period begins and leave when it ends::

        entering[0] = min(initial + arrival[0], n[0] E),   entering[t] = min(arrival[t], (n[t] - s[t-1]) E)
        L[t] = L[t-1] + entering[t] + h (eta_c c[t] - d[t] / eta_d) - departed[t],   L[-1] = 0               (level)
        L[t] <= s[t] E                                                                                     (staying)
        departed[t] <= left[t] E                                                                           (leaving)
        departed[t] + departure_short[t] >= departure[t]                                                 (departure)
        charge[t] <= n[t] C                                                                       (charge_available)
        charge[t] / C + discharge[t] / D <= n[t]           with vehicle-to-grid, in its place              (sharing)
        m n[t] C z[t] <= charge[t] <= n[t] C z[t]          with a least power m           (charge_least, charge_most)
        L[T-1] + terminal_short >= terminal                                                               (terminal)
        profit -= h throughput_cost sum_t d[t]                                                    (operation.<fleet>)

    Within a period the batteries hold ``L + departed <= n E``, by ``staying`` and ``leaving``. What leaves beyond
    ``departure`` is lost to the site: what vehicles come back with is data. Calls, without vehicle-to-grid, only slow
    the charge or hasten it::

        c[t] = charge[t] + sum_down e[t] - sum_up e[t],   d[t] = 0
        sum_up held[t] <= charge[t]                                                                    (headroom_up)
        charge[t] + sum_down held[t] <= n[t] C                                                       (headroom_down)

    With it, vehicles that are not charging discharge, and others charge, while the schedule goes on::

        c[t] = charge[t] + sum_down e[t],   d[t] = discharge[t] + sum_up e[t]
        charge[t] / C + (discharge[t] + sum_up held[t]) / D   <= n[t]                                  (headroom_up)
        (charge[t] + sum_down held[t]) / C + discharge[t] / D <= n[t]                                (headroom_down)

    The energy of full calls is held along the path of ``L`` as for any store (:mod:`mes_stoch.model.full_calls`), with
    ``0 <= L <= s E``, and ``entering[0]`` of ``n[0] E`` at the start of the horizon: the level after departures must
    bear the calls of the time before them that products state, so that nobody leaves with less for them. What earlier
    calls took is to be charged again meanwhile, as with any store. What calls of other devices change at its node, a
    fleet does not take over.
    Without vehicle-to-grid a call leaves out ``eta_c`` of what it slows, in both directions.

    Symbols
    -------
    ``charge_mw``, ``discharge_mw`` : MW at the port, (periods,), realtime; base schedule.
    ``level_mwh`` (L), ``departed_mwh`` : MWh, (periods,), realtime; after vehicles have left, called operation.
    ``charging`` (z) : binary, (periods,), realtime; only with a least power.
    ``departure_short_mwh``, ``terminal_short_mwh`` : MWh, realtime; slack.
    """
    power = _power(context, spec)
    charge = context.variable(name, "charge_mw", "MW", "realtime", upper=power.charge_max_mw)
    two_ways = spec.discharge_max_mw > 0
    discharge = (
        context.variable(name, "discharge_mw", "MW", "realtime", upper=power.discharge_max_mw) if two_ways else None
    )
    level = context.variable(name, "level_mwh", "MWh", "realtime", upper=spec.fleet_energy_mwh)
    departed = context.variable(name, "departed_mwh", "MWh", "realtime", upper=spec.fleet_energy_mwh)
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)

    def given(t: int) -> Any:
        return discharge[t] if discharge is not None else 0.0

    def stored(t: int) -> Any:
        return charge[t] + reserve.called_down(t) - (0.0 if two_ways else reserve.called_up(t))

    def drawn(t: int) -> Any:
        return given(t) + reserve.called_up(t) if two_ways else 0.0

    entering = context.derived(f"{name}.entering_mwh", [*_shares(spec), spec.arrival_mwh], _entering(spec))
    into, out = spec.charge_efficiency_per_unit, spec.discharge_efficiency_per_unit
    context.constraint(
        name,
        "level",
        f"the energy of {name} follows from what comes, is charged and leaves",
        lambda t: (
            level[t]
            == (level[t - 1] if t > 0 else 0.0)
            + entering(t)
            + context.lengths_h[t] * (into * stored(t) - drawn(t) / out)
            - departed[t]
        ),
        unit="MWh",
    )
    staying = _vehicles(context, name, spec, level, departed)
    limit_power(context, name, spec, power, charge, given, reserve)
    _departure(context, name, spec, departed)
    _terminal(context, name, spec, level)
    change = reserve.net_called()
    context.inject(spec.node, name, lambda t: given(t) - charge[t] + change(t), lambda t: given(t) - charge[t])
    context.buffer(
        spec.node,
        Buffer(
            name=name,
            level=lambda t: level[t] if t >= 0 else entering(0),
            charge=lambda t: charge[t],
            discharge=given,
            cancelled=None,
            energy_min_mwh=0.0,
            energy_max_mwh=spec.fleet_energy_mwh,
            charge_max_mw=power.charge_max_mw,
            discharge_max_mw=power.discharge_max_mw,
            charge_efficiency=into,
            # a call that only slows the charge takes eta_c of it
            discharge_efficiency=out if two_ways else 1.0 / into,
            keep=1.0,
            reserve=reserve,
            charge_available=power.charge_available,
            discharge_available=power.discharge_available,
            both_available=power.both_available,
            level_min=lambda t: 0.0,
            level_max=lambda t: spec.fleet_energy_mwh * staying(t),
            # vehicles are there to be driven, and the stress test does not replay what they would take over
            backs_others=False,
            level_max_at_start=spec.fleet_energy_mwh * context.quantity(spec.plugged_in_per_unit)(0),
        ),
    )
    if two_ways and spec.throughput_cost_eur_per_mwh:
        context.earn(
            f"operation.{name}",
            sum(-context.lengths_h[t] * spec.throughput_cost_eur_per_mwh * drawn(t) for t in context.periods),
        )


def _power(context: ModelContext, spec: EvFleet) -> StorePower:
    plugged = spec.plugged_in_per_unit
    if not isinstance(plugged, str):
        # what never changes is a smaller limit
        return StorePower(spec.fleet_charge_mw * plugged, spec.fleet_discharge_mw * plugged)
    share = context.quantity(plugged)
    return StorePower(spec.fleet_charge_mw, spec.fleet_discharge_mw, share, share, context.product(plugged, plugged))


def _shares(spec: EvFleet) -> list[float | str]:
    """Shares that are plugged in and leave; -1: as many as are then missing."""
    return [spec.plugged_in_per_unit, -1.0 if spec.leaving_per_unit is None else spec.leaving_per_unit]


def staying_share(plugged: Values, leaving: Values) -> Values:
    """Share of the vehicles that is plugged in and stays after each period."""
    after = np.append(plugged[1:], plugged[-1:])
    return np.asarray(np.minimum(np.maximum(plugged - np.maximum(leaving, 0.0), 0.0), after), dtype=float)


def _entering(spec: EvFleet) -> Any:
    def rule(plugged: Values, leaving: Values, arrival: Values) -> Values:
        stayed = staying_share(plugged, leaving)
        comes = arrival.copy()
        comes[0] += spec.initial_mwh
        room = spec.fleet_energy_mwh * (plugged - np.append(0.0, stayed[:-1]))
        return np.asarray(np.minimum(comes, room), dtype=float)

    return rule


def _vehicles(context: ModelContext, name: str, spec: EvFleet, level: Any, departed: Any) -> OfPeriod:
    """Rows of what fits into those that stay and those that leave; the share that stays."""
    staying = context.derived(f"{name}.staying_per_unit", _shares(spec), staying_share)
    left = context.derived(
        f"{name}.left_per_unit", _shares(spec), lambda plugged, leaving: plugged - staying_share(plugged, leaving)
    )
    for row, text, energy, share in (
        ("staying", "holds no more than fits into the vehicles that stay", level, staying),
        ("leaving", "gives those that leave no more than fits", departed, left),
    ):
        context.constraint(
            name,
            row,
            f"{name} {text}",
            lambda t, energy=energy, share=share: energy[t] <= spec.fleet_energy_mwh * share(t),  # type: ignore[misc]
            unit="MWh",
            role="headroom",
        )
    return staying


def _departure(context: ModelContext, name: str, spec: EvFleet, departed: Any) -> None:
    if spec.departure_mwh == 0:
        return
    wanted = context.quantity(spec.departure_mwh)
    penalty = amount(spec.departure_penalty_eur_per_mwh)
    short = None
    if penalty is not None:
        short = context.variable(name, "departure_short_mwh", "MWh", "realtime", role="slack")
        context.earn(f"slack.departure_{name}", sum(-penalty * short[t] for t in context.periods))
    context.constraint(
        name,
        "departure",
        f"vehicles of {name} leave with what they need",
        lambda t: departed[t] + (0.0 if short is None else short[t]) >= wanted(t),
        unit="MWh",
    )


def _terminal(context: ModelContext, name: str, spec: EvFleet, level: Any) -> None:
    last, whole = len(context.periods) - 1, [np.arange(len(context.periods))]
    target = context.quantity(spec.terminal_mwh or 0.0)
    if spec.terminal_mwh is None:
        target = context.derived(f"{name}.terminal_mwh", _shares(spec), _fitting(spec))
    penalty = amount(spec.terminal_penalty_eur_per_mwh)
    missing = None
    if penalty is not None:
        missing = context.variable(
            name, "terminal_short_mwh", "MWh", "realtime", spans=whole, dimension="horizon", role="slack"
        )
        context.earn(f"slack.terminal_{name}", -penalty * missing[0])
    context.constraint(
        name,
        "terminal",
        f"{name} ends with the energy it is to leave behind",
        lambda _: level[last] + (0.0 if missing is None else missing[0]) >= target(last),
        unit="MWh",
        spans=whole,
        dimension="horizon",
    )


def _fitting(spec: EvFleet) -> Any:
    """The initial energy, as far as it fits those that stay."""

    def rule(plugged: Values, leaving: Values) -> Values:
        room = spec.fleet_energy_mwh * staying_share(plugged, leaving)
        return np.asarray(np.minimum(spec.initial_mwh, room), dtype=float)

    return rule
