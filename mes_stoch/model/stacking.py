"""The same MW sold twice: room for products of different exclusivity groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from mes_stoch.components.shared.context import (
    DirectedProduct,
    Direction,
    HeldReserve,
    ModelContext,
    OfPeriod,
    Weighted,
    pools,
)


def stack(
    site: ModelContext,
    owner: str,
    directed_products: Sequence[DirectedProduct],
    held: Mapping[str, Any],
    called: Mapping[str, Weighted],
) -> dict[Direction, Any]:
    """Power that one component keeps free where it holds products of several exclusivity groups.

    Products of one group never share a MW: what they hold adds up. Products of different groups do: the room kept is
    that of the group which needs most. With one group there is nothing to build, and the component adds up what it
    holds. Energy is held group by group (:mod:`mes_stoch.model.full_calls`).

    Equations
    ---------
    For each direction with several groups ``g``, directed products ``p`` of hold ``rho`` and delivered power ``e``::

        stacked[t] >= sum_{p in g} rho_p[t]                for every g                  (stacked_<direction>_<g>)
        stacked[t] >= sum_p e_p[t]                         all groups together          (stacked_<direction>_called)

    A MW that two products call in the same period is delivered to each of them: 2 MW, which the second row makes room
    for, or one of the two is missed. Nothing is netted, on the safe side of whatever a market's settlement might
    credit twice.

    Symbols
    -------
    ``stacked_*_mw`` : MW, (periods,), realtime; only with several groups.
    """
    stacked: dict[Direction, Any] = {}
    directions: tuple[Direction, ...] = ("up", "down")
    for direction in directions:
        apart = pools(directed_products, direction)
        if len(apart) < 2:
            continue
        power = site.variable(owner, f"stacked_{direction}_mw", "MW", "realtime")
        for group, own in apart.items():
            _at_least(
                site, owner, f"stacked_{direction}_{group}", power, [_read(held[directed.name]) for directed in own]
            )
        delivered = [
            called[directed.name](1.0)
            for directed in directed_products
            if directed.direction == direction and directed.is_ever_called
        ]
        if not _is_within_one(apart, direction, directed_products):
            _at_least(site, owner, f"stacked_{direction}_called", power, delivered)
        stacked[direction] = power
    return stacked


def stack_at_connection(
    site: ModelContext,
    connection: str,
    directed_products: Sequence[DirectedProduct],
    direction: Direction,
    holders: Mapping[str, Sequence[HeldReserve]],
    delivered: Callable[[str], float],
) -> OfPeriod:
    """Room that a connection keeps for the reserve behind it, MW.

    Groups share the MW of one device and not the connection: of every device the group that holds most, summed over
    devices. What a device keeps free is that already, unless it also sells behind another connection
    (``reserved_<direction>_<device>_<group>``). Of a device behind links counts what arrives, ``delivered``.

    What calls of all groups bring together is metered, and the connection's own limits hold for that.
    """
    names = {directed.name for directed in directed_products}
    rooms = [
        _times(delivered(device), _room_of_device(site, connection, device, reserve, direction, names))
        for device, reserves in holders.items()
        for reserve in reserves
        if any(directed.name in names for directed in reserve.of(direction))
    ]
    return lambda t: sum(room(t) for room in rooms)


def _room_of_device(
    site: ModelContext, owner: str, device: str, reserve: HeldReserve, direction: Direction, names: Set[str]
) -> OfPeriod:
    """Room that a connection or link keeps for some products of a device, MW at the device."""
    own = [directed for directed in reserve.of(direction) if directed.name in names]
    if len(own) == len(reserve.of(direction)):
        return lambda t: reserve.kept_free(direction, t)
    apart = pools(own, direction)
    if len(apart) < 2:
        return lambda t: sum(reserve.held[directed.name][t] for directed in own)
    room = site.variable(owner, f"reserved_{direction}_{device}_mw", "MW", "realtime")
    for group, members in apart.items():
        parts = [_read(reserve.held[directed.name]) for directed in members]
        _at_least(site, owner, f"reserved_{direction}_{device}_{group}", room, parts)
    return _read(room)


def _times(share: float, room: OfPeriod) -> OfPeriod:
    return room if share == 1 else lambda t: share * room(t)


def _is_within_one(
    apart: Mapping[str, Sequence[DirectedProduct]], direction: Direction, directed_products: Sequence[DirectedProduct]
) -> bool:
    """Whether all products that can be called at all are of one group, whose row then covers their calls."""
    callable_directed_products = {
        directed.name for directed in directed_products if directed.direction == direction and directed.is_ever_called
    }
    return any(callable_directed_products <= {directed.name for directed in own} for own in apart.values())


def _at_least(site: ModelContext, owner: str, name: str, room: Any, parts: Sequence[OfPeriod]) -> None:
    site.constraint(
        owner,
        name,
        f"{owner} keeps room for all that products of one group hold, and for all calls together",
        lambda t: room[t] >= sum(part(t) for part in parts),
    )


def _read(variable: Any) -> OfPeriod:
    return lambda t: variable[t]
