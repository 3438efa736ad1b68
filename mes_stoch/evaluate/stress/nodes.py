"""What a call changes at other nodes, and which networks and stores there take it over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mes_stoch.evaluate.stress.plan import CallSet, Plan
from mes_stoch.evaluate.stress.stores import StoreOnCall
from mes_stoch.schema.components import Converter
from mes_stoch.settle.books import Array, Span

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
        By device, MW here per MW called, over (leaves, periods).
    stores : tuple of str
        Storages at the node.
    network_mw : array, shape (leaves, periods)
        What networks at the node can still carry, as the leaf is operated.
    rivals : tuple of str
        Devices whose delivery uses up the same network: those of the set, where the node is that of the connection.
    """

    node: str
    effect: Effect
    ratios: dict[str, Array]
    stores: tuple[str, ...]
    network_mw: Array
    rivals: tuple[str, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(self.ratios)

    def asked(self, changes: Mapping[str, Array], period: Span) -> Array:
        """What the calls change at the node, MW, over (leaves, anchors)."""
        parts = [ratio[:, period] * changes[device] for device, ratio in self.ratios.items()]
        return np.maximum(sum(parts), 0.0)

    def room(self, changes: Mapping[str, Array], period: Span) -> Array:
        """What networks can carry beside the delivery of the calls themselves, MW, over (leaves, anchors)."""
        room = self.network_mw[:, period]
        return np.maximum(room - sum(changes[device] for device in self.rivals), 0.0)


def node_loads(plan: Plan, calls: CallSet) -> tuple[NodeLoad, ...]:
    """Every node that calls of a set take something from or add something to, where that can fail.

    A network without limit gives whatever is taken. What one device takes and another adds is not set off against each
    other: calls of different products come apart.
    """
    ratios: dict[tuple[str, Effect], dict[str, Array]] = {}
    for device in dict.fromkeys(device for leg in calls.legs for device in leg.held):
        spec = plan.books.instance.components[device]
        if isinstance(spec, Converter):
            for node, effect, ratio in _other_ports(plan, calls, spec):
                own = ratios.setdefault((node, effect), {})
                own[device] = own[device] + ratio if device in own else ratio
    loads = []
    for (node, effect), by_device in ratios.items():
        networks = plan.networks_at(node)
        if effect == "taken" and any(spec.import_max_mw is None for spec in networks.values()):
            continue
        stores = tuple(name for name, spec in plan.storages.items() if spec.node == node)
        loads.append(
            NodeLoad(node, effect, by_device, stores, _network(plan, node, effect), _rivals(plan, calls, node, effect))
        )
    return tuple(loads)


def _other_ports(plan: Plan, calls: CallSet, spec: Converter) -> Iterator[tuple[str, Effect, Array]]:
    generates = any(port.node == spec.reference for port in spec.outputs)
    raised = (calls.sign > 0) == generates
    for ports, is_output in ((spec.inputs, False), (spec.outputs, True)):
        for port in ports:
            if port.node != spec.reference:
                effect: Effect = "added" if raised == is_output else "taken"
                yield port.node, effect, plan.books.data(port.ratio_per_unit)


def _network(plan: Plan, node: str, effect: Effect) -> Array:
    """What the networks at a node can still give, or take, beside what their meters read; 0 without any."""
    room = np.zeros((plan.leaves, plan.periods))
    for name, spec in plan.networks_at(node).items():
        into_node = plan.books.metered(name, node)
        if effect == "taken":
            room = room + (spec.import_max_mw or 0.0) - into_node
        else:
            room = room + spec.export_max_mw + into_node
    return room


def _rivals(plan: Plan, calls: CallSet, node: str, effect: Effect) -> tuple[str, ...]:
    """Devices of the set that deliver over the connection at a node, in the way in which it is asked for room."""
    if (calls.sign > 0) != (effect == "added"):
        return ()
    connections = {leg.product.connection for leg in calls.legs}
    if not connections & set(plan.networks_at(node)):
        return ()
    return tuple(dict.fromkeys(device for leg in calls.legs for device in leg.held))


def share_out(
    load: NodeLoad, asked: Array, room: Array, stores: Mapping[str, StoreOnCall], hours: float
) -> dict[str, Array]:
    """What each store takes over of a load: networks first, then the stores by the energy they have left.

    Parameters
    ----------
    asked, room : array, shape (leaves, anchors)
        MW of the load, and of what networks carry.
    hours : float
        How long it lasts.
    """
    left = np.maximum(asked - room, 0.0)
    if len(stores) == 1:
        return dict.fromkeys(stores, left)
    power = {name: store.power_left(load.effect) for name, store in stores.items()}
    energy = {name: store.energy_left(load.effect) for name, store in stores.items()}
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
    first = next(iter(stores), None)
    if first is not None:
        shares[first] = shares[first] + left
    return shares
