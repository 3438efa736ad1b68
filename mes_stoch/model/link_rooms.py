"""Room that links keep for the reserve behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mes_stoch.components.shared.context import Direction, LinkFlow, OfPeriod
from mes_stoch.model.carried import Carried, base_into, carried_over

if TYPE_CHECKING:
    from mes_stoch.model.site_model import SiteModel

_DIRECTIONS: tuple[Direction, Direction] = ("up", "down")


def build_link_rooms(site: SiteModel) -> None:
    """Rows that keep room on every link for the reserve that comes over it.

    A device may hold reserve for a connection at another node, from which a chain of links leads to it and no second
    one. What it holds and gives counts there with ``g``, the product of what is left after each link.

    Equations
    ---------
    With ``z`` the flow of a link into one of its nodes ``n`` as operated, ``e`` what a device gives, ``up`` and
    ``down`` the MW that it keeps free, ``near`` and ``far`` what is left of a MW of the device at the link's end
    towards the connection and at that towards the device (``far = 1`` next to the device, ``near = far (1 - loss)``).
    Summed over devices that are sold over a connection on the side of ``n``, and over those sold on the other side::

        base = z - sum_own near (e_up - e_down) + sum_other far (e_up - e_down)
        n = to_node:    base + sum_own near up + sum_other far down <= a (1 - loss) P          (room_to_forward)
                       -base + sum_own near down + sum_other far up <= a P_back                (room_to_back)
        n = from_node:  base + sum_own near up + sum_other far down <= a (1 - loss) P_back     (room_from_back)
                       -base + sum_own near down + sum_other far up <= a P                     (room_from_forward)

    each pair only where devices are sold on the side of its ``n``.

    The schedule at the connection's node is the base; the operation, with its losses, is that of the leaf. Under any
    other calls the flow at the near end changes by ``g`` of what the device's calls change, so at the far end by no
    more than all of it: where a call only undoes a flow the other way, less of the device is needed than is held. That
    is on the safe side in power and energy; nothing is delivered that is not ordered. Of products of several
    exclusivity groups a link keeps room for the largest, unless the device is sold over several connections: then for
    their sum.
    """
    for flow in site.link_flows.values():
        arriving = _times(flow.arrives_per_unit, flow.sent_max), _times(flow.arrives_per_unit, flow.sent_back_max)
        carried = list(carried_over(flow, site.instance.components, site.holders))
        if any(own.toward == flow.to_node for own in carried):
            base = base_into(flow, flow.to_node, carried)
            up, down = (_rooms(carried, flow.to_node, direction) for direction in _DIRECTIONS)
            _limit(site, flow, "room_to_forward", flow.to_node, _within(base, 1, up, arriving[0]))
            _limit(site, flow, "room_to_back", flow.from_node, _within(base, -1, down, flow.sent_back_max))
        if any(own.toward == flow.from_node for own in carried):
            base = base_into(flow, flow.from_node, carried)
            up, down = (_rooms(carried, flow.from_node, direction) for direction in _DIRECTIONS)
            _limit(site, flow, "room_from_back", flow.from_node, _within(base, 1, up, arriving[1]))
            _limit(site, flow, "room_from_forward", flow.to_node, _within(base, -1, down, flow.sent_max))


def _limit(site: SiteModel, flow: LinkFlow, name: str, node: str, rule: OfPeriod) -> None:
    text = f"flow and reserve together stay within what {flow.name} carries to {node}"
    site.constraint(flow.name, name, text, rule, role="headroom")


def _times(share: float, power: OfPeriod) -> OfPeriod:
    return lambda t: share * power(t)


def _rooms(carried: Sequence[Carried], node: str, direction: Direction) -> list[OfPeriod]:
    """Room for each device at a node where calls that raise (``up``) or lower the flow into it come together, MW."""
    other: Direction = "down" if direction == "up" else "up"
    return [_room(own, direction, own.near) if own.toward == node else _room(own, other, own.far) for own in carried]


def _room(own: Carried, direction: Direction, share: float) -> OfPeriod:
    held = [directed for directed in own.directed_products if directed.direction == direction]
    if len(held) == len(own.reserve.of(direction)):
        return lambda t: share * own.reserve.kept_free(direction, t)
    return lambda t: share * sum(own.reserve.held[directed.name][t] for directed in held)


def _within(base: OfPeriod, sign: int, rooms: Sequence[OfPeriod], limit: OfPeriod) -> OfPeriod:
    return lambda t: sign * base(t) + sum(room(t) for room in rooms) <= limit(t)
