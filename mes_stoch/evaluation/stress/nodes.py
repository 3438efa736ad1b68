"""What a call changes at other nodes, and which networks and stores there take it over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mes_stoch.evaluation.stress.plan import CallSet, DirectedProduct, Plan, Side
from mes_stoch.evaluation.stress.stores import StoreOnCall
from mes_stoch.schema.component import Component
from mes_stoch.schema.flexibility import Direction
from mes_stoch.settlement.data import Array, Span

Effect = Literal["taken", "added"]


@dataclass(frozen=True, eq=False)
class NodeLoad:
    """What calls of one set take from a node, or add to it, beside the port where they are delivered.

    Parameters
    ----------
    node : str
    effect : str
        ``taken``: the node needs other supply; ``added``: it needs room.
    ratios : dict
        By device and direction of calls, MW here per MW called, over (leaves, periods).
    stores, networks : tuple of str
        Storages and connections at the node.
    room_mw : dict
        By network, what it can still carry as the leaf is operated, MW over (leaves, periods).
    rivals : tuple
        Devices and directions whose delivery uses up the same network, where the node is that of the connection.
    own_mw : dict
        By device whose flow calls lower and whose ratio here is only the largest, that flow, MW over (leaves, periods):
        no calls lower it further.
    """

    node: str
    effect: Effect
    ratios: dict[Side, Array]
    stores: tuple[str, ...]
    room_mw: dict[str, Array]
    rivals: tuple[Side, ...]
    own_mw: Mapping[str, Array]

    @property
    def sides(self) -> tuple[Side, ...]:
        return tuple(self.ratios)

    @property
    def natural(self) -> Direction:
        """Direction of calls of a store itself that have the effect."""
        return "up" if self.effect == "taken" else "down"

    @property
    def takers(self) -> tuple[str, ...]:
        """Everything that can take over."""
        return (*self.stores, *self.room_mw)

    def asked(self, changes: Mapping[Side, Array], period: Span) -> Array:
        """What the calls change at the node, MW, over (leaves, anchors)."""
        by_device: dict[str, Array] = {}
        for side, ratio in self.ratios.items():
            by_device[side[0]] = by_device.get(side[0], np.zeros(())) + ratio[:, period] * changes[side]
        return np.maximum(self.within_flows(by_device, period), 0.0)

    def within_flows(self, by_device: Mapping[str, Array], period: Span) -> Array:
        """What devices change together, MW, none more than it has."""
        parts = [
            np.minimum(change, self.own_mw[device][:, period]) if device in self.own_mw else change
            for device, change in by_device.items()
        ]
        return np.asarray(sum(parts))

    def room(self, network: str, changes: Mapping[Side, Array], period: Span) -> Array:
        """What a network can carry beside the delivery of the calls themselves, MW, over (leaves, anchors)."""
        room = self.room_mw[network][:, period]
        return np.asarray(room - sum(changes[side] for side in self.rivals))


def node_loads(plan: Plan, calls: CallSet) -> tuple[NodeLoad, ...]:
    """Every node that calls of a set take something from or add something to, where that can fail.

    A network without limit gives whatever is taken. What one device takes and another adds is not set off against each
    other: calls of different products come apart.
    """
    ratios: dict[tuple[str, Effect], dict[Side, Array]] = {}
    for side in calls.sides:
        for node, effect, ratio in _other_ports(plan, side[1], plan.data.instance.components[side[0]]):
            ratios.setdefault((node, effect), {})[side] = ratio
    return tuple(
        _load(plan, calls, node, effect, by_side)
        for (node, effect), by_side in ratios.items()
        if effect == "added" or all(spec.import_max_mw is not None for spec in plan.networks_at(node).values())
    )


def _load(plan: Plan, calls: CallSet, node: str, effect: Effect, ratios: dict[Side, Array]) -> NodeLoad:
    stores = tuple(name for name, spec in plan.storages.items() if spec.node == node)
    room = {}
    for name, spec in plan.networks_at(node).items():
        into_node = plan.data.metered(name, node)
        limit = plan.import_limit(spec) if effect == "taken" else plan.export_limit(spec)
        most = np.zeros_like(into_node) if limit is None else limit
        room[name] = most - into_node if effect == "taken" else most + into_node
    # calls up use what a connection could still export, and calls down what it could still import
    against: Direction = "up" if effect == "added" else "down"
    here = [
        directed
        for directed in calls.directed_products
        if directed.direction == against and directed.product.connection in room
    ]
    rivals = tuple(dict.fromkeys((device, against) for directed in here for device in directed.held))
    own = {side[0]: flow for side in ratios if (flow := _flow_to_lower(plan, side, node)) is not None}
    return NodeLoad(node, effect, ratios, stores, room, rivals, own)


def tried_sets(plan: Plan) -> tuple[CallSet, ...]:
    """Sets of calls to try: those of one direction, and those of both where they come together at some node."""
    joint = (c for c in plan.joint_sets if any(_moves_both_ways(load, c) for load in node_loads(plan, c)))
    return (*plan.call_sets, *joint)


def _moves_both_ways(load: NodeLoad, calls: CallSet) -> bool:
    """Whether calls up and calls down have the effect of a load, or use the stores that take it over."""
    own = {(store, load.natural) for store in load.stores} & set(calls.sides)
    return len({direction for _, direction in (*load.sides, *own)}) == 2


def _other_ports(plan: Plan, direction: Direction, spec: Component) -> Iterator[tuple[str, Effect, Array]]:
    """Nodes where a call of a component changes something, with MW there per MW called.

    Where a component converts at ratios that change with its load, the largest of them counts.
    """
    most: dict[tuple[str, Effect], Array] = {}
    for conversion in spec.called_conversions():
        raised = (direction == "up") == conversion.reference_is_output
        own: dict[tuple[str, Effect], Array] = {}
        for ports, is_output in ((conversion.inputs, False), (conversion.outputs, True)):
            for port in ports:
                if port.node != conversion.reference:
                    effect: Effect = "added" if raised == is_output else "taken"
                    ratio = plan.data.values(port.ratio_per_unit)
                    place = (port.node, effect)
                    own[place] = own[place] + ratio if place in own else ratio
        for place, ratio in own.items():
            most[place] = np.maximum(most[place], ratio) if place in most else ratio
    for (node, effect), ratio in most.items():
        yield node, effect, ratio


def _flow_to_lower(plan: Plan, side: Side, node: str) -> Array | None:
    """The flow of a device at a node that calls lower, MW; ``None`` where they raise it, or move it by one ratio."""
    device, direction = side
    spec = plan.data.instance.components[device]
    conversions = spec.called_conversions()
    raised = (direction == "up") == conversions[0].reference_is_output
    if raised or tuple(conversions) == tuple(spec.conversions()):
        return None
    return np.abs(plan.data.metered(device, node))


# -- as the plan shares it out --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PlannedShare:
    """Part of a full call of one device and directed product that one taker is planned to take over.

    Arrays are in MW, shape (leaves, periods).

    ``called`` is its part of what the leaf calls, which it does already. Where the directed product is not in the set,
    but holds the same MW for a product of another group, that is all there is of it: a MW moves once.
    """

    side: Side
    directed: DirectedProduct
    is_in_set: bool
    full: Array
    called: Array


def planned_shares(plan: Plan, calls: CallSet, load: NodeLoad, taker: str) -> tuple[PlannedShare, ...] | None:
    """Shares of a taker as the plan has them; ``None`` where it has none and somebody else might take over."""
    shares = []
    for side in load.sides:
        device, direction = side
        for directed in plan.directed_products_of_direction(direction):
            is_in_set = directed in calls.directed_products
            if device in directed.held and (is_in_set or calls.is_of_other_groups(directed)):
                share = _planned_share(plan, load, taker, side, directed)
                if share is None:
                    return None
                shares.append(PlannedShare(side, directed, is_in_set, *share))
    return tuple(shares)


def _planned_share(
    plan: Plan, load: NodeLoad, taker: str, side: Side, directed: DirectedProduct
) -> tuple[Array, Array] | None:
    device, ratio = side[0], load.ratios[side]
    name = f"{taker}.{device}_{directed.name}_{load.effect}"
    if plan.data.has(f"{name}_share_mw"):
        full = plan.decided(f"{name}_share_mw")
        called = _planned_call(plan, name, directed, full)
    elif len(load.takers) == 1:
        full, called = ratio * directed.held[device], ratio * directed.given[device]
    else:
        return None
    connection = _connection_at(plan, load)
    if connection is not None:
        # what is called shows at the meter of the connection, and nobody else takes it over
        called = ratio * directed.given[device] if taker == connection else 0.0 * called
    return full, called


def planned_help(plan: Plan, load: NodeLoad, taker: str) -> dict[Side, Array]:
    """By device and direction, what a taker is spared by calls of the leaf the other way, MW, (leaves, periods)."""
    if _connection_at(plan, load) is not None:
        return {}
    other = "added" if load.effect == "taken" else "taken"
    spared: dict[Side, Array] = {}
    for side, ratio in load.ratios.items():
        device, direction = side
        for directed in plan.opposite(direction):
            if device not in directed.held:
                continue
            name = f"{taker}.{device}_{directed.name}_{other}"
            if plan.data.has(f"{name}_share_mw"):
                part = _planned_call(plan, name, directed, plan.decided(f"{name}_share_mw"))
            elif len(load.takers) == 1:
                part = ratio * directed.given[device]
            else:
                continue
            spared[side] = spared[side] + part if side in spared else part
    return spared


def _connection_at(plan: Plan, load: NodeLoad) -> str | None:
    """The traded connection at the node of a load."""
    return next((name for name in load.room_mw if plan.data.has(f"{name}.scheduled_mw")), None)


def _planned_call(plan: Plan, name: str, directed: DirectedProduct, full: Array) -> Array:
    if directed.product.call == "continuous":
        return directed.share * full
    return plan.decided(f"{name}_called_mw") if plan.data.has(f"{name}_called_mw") else 0.0 * full


# -- where the plan says nothing ------------------------------------------------------------------------------------


def share_out(effect: Effect, left: Array, stores: Mapping[str, StoreOnCall], hours: float) -> dict[str, Array]:
    """What each of several stores takes over of a load that networks leave, by the energy that it has left.

    Parameters
    ----------
    left : array, shape (leaves, anchors)
        MW.
    hours : float
        How long it lasts.
    """
    power = {name: store.power_left(effect) for name, store in stores.items()}
    energy = {name: store.energy_left(effect) for name, store in stores.items()}
    able = {name: np.minimum(power[name], energy[name] / hours) for name in stores}
    shares = {name: np.zeros_like(left) for name in stores}
    for by in (energy, able):
        free = {name: np.maximum(able[name] - shares[name], 0.0) for name in stores}
        weight = {name: np.where(free[name] > 0, by[name], 0.0) for name in stores}
        total = np.maximum(sum(weight.values()), 1e-300)
        part = {name: np.minimum(left * (weight[name] / total), free[name]) for name in stores}
        shares = {name: shares[name] + part[name] for name in stores}
        left = np.maximum(left - sum(part.values()), 0.0)
    # what nobody can take is missing at the first
    first = next(iter(stores))
    shares[first] = shares[first] + left
    return shares
