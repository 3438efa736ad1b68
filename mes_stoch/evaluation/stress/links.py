"""Room of links: can a link carry what calls of devices behind it change?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.evaluation.stress.plan import CallSet, DirectedProduct, Mask, Plan
from mes_stoch.evaluation.stress.readings import Notebook
from mes_stoch.schema.connection import ReserveLink
from mes_stoch.schema.flexibility import Direction
from mes_stoch.schema.reserve_ways import arrives_per_unit, way_of_reserve
from mes_stoch.settlement.data import Array


def check_links(plan: Plan, notebook: Notebook, free: dict[str, Mask]) -> None:
    """Room of every link under a full call of all that comes over it, looked at from the end towards the connection.

    The flow into that end, as metered, is what it is on the calls of the leaf. With ``g`` the share of a device's power
    that arrives there, and ``q`` what the links before leave of it, a full call changes it by ``g`` of what is asked on
    top of what is given, and not by more than ``q`` at the other end::

        flow + sum of g (asked up - given up + given down)  <= (1 - loss) most that the other end sends
        -flow + sum of g (asked down - given down + given up) <= most that this end sends

    Calls of a connection on the other side change the flow the other way, by ``q`` seen from here.
    """
    for name, link in plan.data.instance.links().items():
        carried = list(_carried(plan, name))
        for node in dict.fromkeys(own[2] for own in carried):
            _at_end(plan, notebook, name, link, node, carried, free)


def _at_end(
    plan: Plan,
    notebook: Notebook,
    name: str,
    link: ReserveLink,
    node: str,
    carried: list[tuple[str, str, str, float, float]],
    free: dict[str, Mask],
) -> None:
    share = plan.data.values(link.available_per_unit)
    here, there = link.power_max_mw, link.power_back_max_mw
    if node == link.to_node:
        here, there = there, here
    flow = plan.data.metered(name, node)
    directions: tuple[Direction, ...] = ("up", "down")
    for direction, sign, most in (
        (directions[0], 1, share * link.arrives_per_unit * there),
        (directions[1], -1, share * here),
    ):
        load = sign * flow
        called: list[DirectedProduct] = []
        for device, connection, toward, near, far in carried:
            is_own = toward == node
            way = direction if is_own else directions[sign > 0]
            asking = _products(plan, device, connection, way)
            back = _products(plan, device, connection, directions[way == "up"])
            change = _largest_group(plan, device, asking, way, free)
            change = change - plan.given_by(device, asking) + plan.given_by(device, back)
            load = load + (near if is_own else far) * change
            called += asking
        if not called:
            continue
        calls = CallSet(f"everything over {name}, {direction}", direction, tuple(dict.fromkeys(called)))
        least = notebook.least(calls, name, f"power it can carry {'to' if sign > 0 else 'from'} {node}", "MW")
        begins = np.broadcast_to(plan.starts_h, load.shape)
        least.see(most - load, np.ones(load.shape, dtype=bool), load, begins, begins)


def _products(plan: Plan, device: str, connection: str, direction: Direction) -> tuple[DirectedProduct, ...]:
    return tuple(
        directed
        for directed in plan.directed_products_of_direction(direction)
        if directed.product.connection == connection and device in directed.held
    )


def _largest_group(
    plan: Plan, device: str, asking: tuple[DirectedProduct, ...], direction: Direction, free: dict[str, Mask]
) -> Array:
    """What a full call asks of a device: of exclusivity groups, which may hold the same MW, that which asks most."""
    zero = np.zeros((plan.leaves, plan.periods))
    groups = [
        tuple(directed for directed in of_group if directed in asking) for of_group in plan.groups(direction).values()
    ]
    return np.asarray(np.max([zero, *(asked_of(device, own, free) for own in groups if own)], axis=0))


def _carried(plan: Plan, name: str) -> Iterator[tuple[str, str, str, float, float]]:
    """Device, connection, end towards it, and what is left there and at the other end of a MW of the device."""
    pairs = dict.fromkeys(
        (device, directed.product.connection) for directed in plan.directed_products for device in directed.held
    )
    for device, connection in pairs:
        way = () if connection is None else way_of_reserve(plan.data.instance.components, device, connection)
        for number, leg in enumerate(way):
            if leg.link == name and connection is not None:
                far = arrives_per_unit(way[:number])
                yield device, connection, leg.target, far * leg.arrives_per_unit, far


def asked_of(device: str, directed_products: tuple[DirectedProduct, ...], free: dict[str, Mask]) -> Array:
    """What a full call asks of a device; only what the leaf calls where no more may be called."""
    parts = [
        np.where(free[directed.name], directed.held[device], np.minimum(directed.given[device], directed.held[device]))
        for directed in directed_products
        if device in directed.held
    ]
    return np.asarray(sum(parts))
