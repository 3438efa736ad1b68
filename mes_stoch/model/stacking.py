"""The same MW sold twice: room for products of different exclusivity groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mes_stoch.components.context import Direction, Leg, OfPeriod, Stacked, Weighted, pools

if TYPE_CHECKING:
    from mes_stoch.model.site_model import SiteModel


def stack(
    site: SiteModel,
    owner: str,
    legs: Sequence[Leg],
    held: Mapping[str, Any],
    called: Mapping[str, Weighted],
    *,
    energy: bool,
) -> dict[Direction, Stacked]:
    """What one component keeps free where it holds products of several exclusivity groups.

    Products of one group never share a MW: what they hold adds up. Products of different groups do: the room kept is
    that of the group which needs most. With one group there is nothing to build, and the component adds up what it
    holds.

    Equations
    ---------
    For each direction with several groups ``g``, legs ``p`` of hold ``rho``, delivered power ``e`` and time to hold
    ``tau``::

        stacked[t] >= sum_{p in g} rho_p[t]                for every g                  (stacked_<direction>_<g>)
        stacked[t] >= sum_p e_p[t]                         all groups together          (stacked_<direction>_called)
        stacked_energy[t] >= sum_{p in g} tau_p[t] rho_p[t]      for every g     (stacked_energy_<direction>_<g>)

    A MW that two products call in the same period is delivered to each of them: 2 MW, which the second row makes room
    for, or one of the two is missed. Nothing is netted, on the safe side of whatever a market's settlement might
    credit twice. The energy held is that of one group's full call; what calls of all groups take follows in the level,
    from which each group then still has to hold what is left of its own.

    Symbols
    -------
    ``stacked_*_mw`` : MW, ``stacked_energy_*_mwh`` : MWh, (periods,), realtime; only with several groups, energy only
    for storages.
    """
    stacked: dict[Direction, Stacked] = {}
    directions: tuple[Direction, ...] = ("up", "down")
    for direction in directions:
        apart = pools(legs, direction)
        if len(apart) < 2:
            continue
        power = site.variable(owner, f"stacked_{direction}_mw", "MW", "realtime")
        room = site.variable(owner, f"stacked_energy_{direction}_mwh", "MWh", "realtime") if energy else None
        for group, own in apart.items():
            _at_least(site, owner, f"stacked_{direction}_{group}", power, [_read(held[leg.name]) for leg in own])
            if room is not None:
                parts = [_energy(leg, held[leg.name]) for leg in own]
                _at_least(site, owner, f"stacked_energy_{direction}_{group}", room, parts, unit="MWh")
        delivered = [called[leg.name](1.0) for leg in legs if leg.direction == direction and leg.activation != 0]
        if not _is_within_one(apart, direction, legs):
            _at_least(site, owner, f"stacked_{direction}_called", power, delivered)
        stacked[direction] = Stacked(power, room)
    return stacked


def stack_at_connection(site: SiteModel, connection: str, legs: Sequence[Leg], direction: Direction) -> OfPeriod:
    """Room that a connection keeps for the reserve behind it, MW: the sum of what is held, or with several groups the
    most that any of them holds (``reserved_<direction>_<group>``).

    What calls of all groups bring together is metered, and the connection's own limits hold for that.
    """
    apart = pools(legs, direction)
    if len(apart) < 2:
        own = [leg for leg in legs if leg.direction == direction]
        return lambda t: sum(site.held(leg, t) for leg in own)
    room = site.variable(connection, f"reserved_{direction}_mw", "MW", "realtime")
    for group, members in apart.items():
        parts = [_held(site, leg) for leg in members]
        _at_least(site, connection, f"reserved_{direction}_{group}", room, parts)
    return _read(room)


def _is_within_one(apart: Mapping[str, Sequence[Leg]], direction: Direction, legs: Sequence[Leg]) -> bool:
    """Whether all products that can be called at all are of one group, whose row then covers their calls."""
    callable_legs = {leg.name for leg in legs if leg.direction == direction and leg.activation != 0}
    return any(callable_legs <= {leg.name for leg in own} for own in apart.values())


def _at_least(
    site: SiteModel, owner: str, name: str, room: Any, parts: Sequence[OfPeriod], *, unit: str = "MW"
) -> None:
    site.constraint(
        owner,
        name,
        f"{owner} keeps room for all that products of one group hold, and for all calls together",
        lambda t: room[t] >= sum(part(t) for part in parts),
        unit=unit,
    )


def _energy(leg: Leg, held: Any) -> OfPeriod:
    return lambda t: leg.remaining_h(t) * held[t]


def _held(site: SiteModel, leg: Leg) -> OfPeriod:
    return lambda t: site.held(leg, t)


def _read(variable: Any) -> OfPeriod:
    return lambda t: variable[t]
