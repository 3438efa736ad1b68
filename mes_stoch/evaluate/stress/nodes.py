"""What a call changes at other nodes, and which networks and stores there take it over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mes_stoch.evaluate.stress.plan import CallSet, Leg, Plan
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
    stores, networks : tuple of str
        Storages and connections at the node.
    room_mw : dict
        By network, what it can still carry as the leaf is operated, MW over (leaves, periods).
    rivals : tuple of str
        Devices whose delivery uses up the same network: those of the set, where the node is that of the connection.
    """

    node: str
    effect: Effect
    ratios: dict[str, Array]
    stores: tuple[str, ...]
    room_mw: dict[str, Array]
    rivals: tuple[str, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        return tuple(self.ratios)

    @property
    def takers(self) -> tuple[str, ...]:
        """Everything that can take over."""
        return (*self.stores, *self.room_mw)

    def asked(self, changes: Mapping[str, Array], period: Span) -> Array:
        """What the calls change at the node, MW, over (leaves, anchors)."""
        parts = [ratio[:, period] * changes[device] for device, ratio in self.ratios.items()]
        return np.maximum(sum(parts), 0.0)

    def room(self, network: str, changes: Mapping[str, Array], period: Span) -> Array:
        """What a network can carry beside the delivery of the calls themselves, MW, over (leaves, anchors)."""
        room = self.room_mw[network][:, period]
        return np.asarray(room - sum(changes[device] for device in self.rivals))


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
    return tuple(
        _load(plan, calls, node, effect, by_device)
        for (node, effect), by_device in ratios.items()
        if effect == "added" or all(spec.import_max_mw is not None for spec in plan.networks_at(node).values())
    )


def _load(plan: Plan, calls: CallSet, node: str, effect: Effect, ratios: dict[str, Array]) -> NodeLoad:
    stores = tuple(name for name, spec in plan.storages.items() if spec.node == node)
    room = {}
    for name, spec in plan.networks_at(node).items():
        into_node = plan.books.metered(name, node)
        room[name] = (spec.import_max_mw or 0.0) - into_node if effect == "taken" else spec.export_max_mw + into_node
    rivals: tuple[str, ...] = ()
    if (calls.sign > 0) == (effect == "added") and {leg.product.connection for leg in calls.legs} & set(room):
        rivals = tuple(dict.fromkeys(device for leg in calls.legs for device in leg.held))
    return NodeLoad(node, effect, ratios, stores, room, rivals)


def _other_ports(plan: Plan, calls: CallSet, spec: Converter) -> Iterator[tuple[str, Effect, Array]]:
    generates = any(port.node == spec.reference for port in spec.outputs)
    raised = (calls.sign > 0) == generates
    for ports, is_output in ((spec.inputs, False), (spec.outputs, True)):
        for port in ports:
            if port.node != spec.reference:
                effect: Effect = "added" if raised == is_output else "taken"
                yield port.node, effect, plan.books.data(port.ratio_per_unit)


# -- as the plan shares it out --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PlannedShare:
    """Part of a full call that one taker is planned to take over, for one device and leg; MW, (leaves, periods).

    ``called`` is its part of what the leaf calls, which it does already.
    """

    device: str
    leg: Leg
    full: Array
    called: Array


def planned_shares(plan: Plan, calls: CallSet, load: NodeLoad, taker: str) -> tuple[PlannedShare, ...] | None:
    """Shares of a taker as the plan has them; ``None`` where it has none and somebody else might take over."""
    connection = _connection_at(plan, load)
    shares = []
    for device, ratio in load.ratios.items():
        for leg in calls.legs:
            if device not in leg.held:
                continue
            name = f"{taker}.{device}_{leg.name}_{load.effect}"
            if plan.books.has(f"{name}_share_mw"):
                full = plan.decided(f"{name}_share_mw")
                called = _planned_call(plan, name, leg, full)
            elif len(load.takers) == 1:
                full, called = ratio * leg.held[device], ratio * leg.given[device]
            else:
                return None
            if connection is not None:
                # what is called shows at the meter of the connection, and nobody else takes it over
                called = ratio * leg.given[device] if taker == connection else 0.0 * called
            shares.append(PlannedShare(device, leg, full, called))
    return tuple(shares)


def planned_help(plan: Plan, calls: CallSet, load: NodeLoad, taker: str) -> dict[str, Array]:
    """By device, what a taker is spared by calls of the leaf the other way, MW over (leaves, periods)."""
    if _connection_at(plan, load) is not None:
        return {}
    other = "added" if load.effect == "taken" else "taken"
    spared: dict[str, Array] = {}
    for device, ratio in load.ratios.items():
        for leg in plan.opposite(calls.direction):
            if device not in leg.held:
                continue
            name = f"{taker}.{device}_{leg.name}_{other}"
            if plan.books.has(f"{name}_share_mw"):
                part = _planned_call(plan, name, leg, plan.decided(f"{name}_share_mw"))
            elif len(load.takers) == 1:
                part = ratio * leg.given[device]
            else:
                continue
            spared[device] = spared[device] + part if device in spared else part
    return spared


def _connection_at(plan: Plan, load: NodeLoad) -> str | None:
    """The traded connection at the node of a load."""
    return next((name for name in load.room_mw if plan.books.has(f"{name}.scheduled_mw")), None)


def _planned_call(plan: Plan, name: str, leg: Leg, full: Array) -> Array:
    if leg.product.call == "continuous":
        return leg.share * full
    return plan.decided(f"{name}_called_mw") if plan.books.has(f"{name}_called_mw") else 0.0 * full


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
