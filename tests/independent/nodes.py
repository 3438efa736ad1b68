"""What a full call asks of the nodes that are not a device's reference (docs/model.md, the section of that name)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from .leaf import DOWN, EVERY, UP, Device, Leaf, Leg, Series
from .path import Asked, Path, energy_rows
from .rows import total
from .storage import full_downward, stops_discharge

TAKEN, ADDED = "taken", "added"
OWN = {TAKEN: UP, ADDED: DOWN}  # a storage's own legs of the same effect


@dataclass(eq=False)
class Ask:
    """A leg of a device that takes `ratio rho` from the node or adds it."""

    device: Device
    leg: Leg
    effect: str
    ratio: np.ndarray
    lowers_own_flow: bool
    share: dict[str, Series] = field(default_factory=dict)  # by taker
    called: dict[str, Series] = field(default_factory=dict)
    asked: dict[str, Series] = field(default_factory=dict)  # u
    moved: dict[tuple[str, str], Series] = field(default_factory=dict)  # by taker and chosen group

    @property
    def name(self) -> str:
        return f"{self.device.name}_{self.leg.name}_{self.effect}"


def ask_nodes(leaf: Leaf) -> None:
    for node in leaf.site.nodes:
        asks = _asks(leaf, node)
        needed = {ask.effect for ask in asks if not _is_excused(leaf, node, ask.effect, asks)}
        if not needed:
            continue
        traded = _is_traded(leaf, node)
        asks = [a for a in asks if a.effect in needed or (not traded and a.leg.can_be_called)]
        takers = _takers(leaf, node)
        for ask in asks:
            _split(leaf, node, ask, takers)
        for effect in sorted(needed):
            _effect_rows(leaf, node, effect, asks, takers)


def _asks(leaf: Leaf, node: str) -> list[Ask]:
    found = []
    for device in leaf.devices.values():
        for leg in device.held:
            by_effect: dict[str, Ask] = {}
            for port in device.ports if node != device.node else ():
                if port.node != node:
                    continue
                raises = port.raises * (1 if leg.direction == UP else -1)  # of the reference flow
                effect = ADDED if raises * port.sign > 0 else TAKEN
                if effect in by_effect:
                    by_effect[effect].ratio = by_effect[effect].ratio + port.ratio
                    by_effect[effect].lowers_own_flow &= raises < 0
                else:
                    by_effect[effect] = Ask(device, leg, effect, port.ratio, raises < 0)
            found += by_effect.values()
    return found


def _connections(leaf: Leaf, node: str) -> dict[str, dict[str, object]]:
    return {name: c for name, c in leaf.site.of_type("grid_connection").items() if c["node"] == node}


def _is_traded(leaf: Leaf, node: str) -> bool:
    return leaf.site.traded in _connections(leaf, node)


def _is_excused(leaf: Leaf, node: str, effect: str, asks: list[Ask]) -> bool:
    connections = _connections(leaf, node)
    if effect == TAKEN and any(c["import_max_mw"] is None for c in connections.values()):
        return True
    return (
        not _is_traded(leaf, node)
        and bool(connections)
        and all(ask.lowers_own_flow for ask in asks if ask.effect == effect)
        and _only(leaf, node, "draws" if effect == ADDED else "supplies")
    )


def _only(leaf: Leaf, node: str, does: str) -> bool:
    """Whether everything at the node but connections only draws, or only supplies."""
    for name, spec in leaf.site.components.items():
        kinds = set()
        if spec["type"] == "storage" and spec["node"] == node:
            kinds = {"draws", "supplies"}
        elif spec["type"] in ("demand", "sheddable_demand") and spec["node"] == node:
            kinds = {"draws"}
        elif spec["type"] == "source" and spec["node"] == node:
            kinds = {"supplies"}
        elif spec["type"] == "converter":
            kinds = {"draws" if port.sign < 0 else "supplies" for port in leaf.devices[name].ports if port.node == node}
        if kinds - {does}:
            return False
    return True


def _takers(leaf: Leaf, node: str) -> list[str]:
    return [
        name
        for name, spec in leaf.site.components.items()
        if spec["type"] in ("storage", "grid_connection") and spec["node"] == node
    ]


def _split(leaf: Leaf, node: str, ask: Ask, takers: list[str]) -> None:
    """Shares of the takers, what is called of them, and what a full call asks for on top."""
    held = [ask.ratio[t] * ask.device.held[ask.leg][t] for t in leaf.periods]
    given = [ask.ratio[t] * ask.device.given[ask.leg][t] for t in leaf.periods]
    if not takers:
        for t in leaf.periods:
            leaf.program.less(f"{node}.{ask.name}_nowhere", held[t])
    for taker in takers:
        if len(takers) == 1:
            ask.share[taker], ask.called[taker] = held, given
            continue
        ask.share[taker] = leaf.columns(f"{taker}.{ask.name}_share_mw")
        if ask.leg.is_discrete:
            called = ask.leg.share > 0
            ask.called[taker] = leaf.columns(f"{taker}.{ask.name}_called_mw", np.where(called, np.inf, 0.0))
            for t in leaf.periods:
                leaf.program.less(f"{taker}.within_share", ask.called[taker][t], ask.share[taker][t])
        else:
            ask.called[taker] = [ask.leg.share[t] * ask.share[taker][t] for t in leaf.periods]
    if len(takers) > 1:
        for t in leaf.periods:
            leaf.program.same(f"{node}.{ask.name}_split", total(s[t] for s in ask.share.values()), held[t])
            if ask.leg.is_discrete:
                leaf.program.same(f"{node}.called_split", total(s[t] for s in ask.called.values()), given[t])
    traded = _is_traded(leaf, node)
    for taker in takers:
        share, called = ask.share[taker], ask.called[taker]
        ask.asked[taker] = [ask.leg.open[t] * (share[t] if traded else share[t] - called[t]) for t in leaf.periods]


def _effect_rows(leaf: Leaf, node: str, effect: str, asks: list[Ask], takers: list[str]) -> None:
    """Rows of one effect: what both directions, all devices and a storage's own legs ask for together."""
    mine = [a for a in asks if a.effect == effect]
    others = [] if _is_traded(leaf, node) else [a for a in asks if a.effect != effect]
    for taker in takers:
        back = leaf.sum_of([a.called[taker] for a in others])
        claims = [_together(leaf, taker, mine, chosen) for chosen in _choices(mine)]
        if taker in leaf.devices:
            _storage_rows(leaf, leaf.devices[taker], effect, claims, back)
        else:
            for asked in claims:
                _connection_rows(leaf, taker, effect, leaf.sum_of([*(u for _, u in asked), back]))


def _choices(asks: list[Ask]) -> list[list[tuple[Ask, str]]]:
    """What is called together, with the group it stands for: of each device and direction one, and `every`."""
    options = []
    for device, direction in dict.fromkeys((a.device, a.leg.direction) for a in asks):
        own = [a for a in asks if a.device is device and a.leg.direction == direction]
        groups = list(dict.fromkeys(a.leg.group for a in own))
        named = [g for g in groups if g != EVERY] or groups
        options.append([[(a, g) for a in own if a.leg.group in (g, EVERY)] for g in named])
    return [[claim for part in choice for claim in part] for choice in product(*options)]


def _together(leaf: Leaf, taker: str, mine: list[Ask], chosen: list[tuple[Ask, str]]) -> list[Asked]:
    """What a full call asks of a taker; a symmetric product goes one way at a time."""
    at_meter = taker == leaf.site.traded
    by_product: dict[str, list[tuple[Ask, Series]]] = {}
    for ask, group in chosen:
        asked = ask.share[taker] if at_meter else _not_moved(leaf, taker, mine, (ask, group))
        by_product.setdefault(ask.leg.product, []).append((ask, asked))
    claims: list[Asked] = []
    for name, parts in by_product.items():
        ways = [[u for a, u in parts if a.leg.direction == way] for way in (UP, DOWN)]
        if all(ways):
            either = leaf.columns(f"{taker}.{name}_either_mw")
            for way in ways:
                for t, asked_t in enumerate(leaf.sum_of(way)):
                    leaf.program.less(f"{taker}.{name}_either", asked_t, either[t])
            claims.append((parts[0][0].leg.sustain_h, either))
        else:
            claims += [(a.leg.sustain_h, u) for a, u in parts]
    return claims


def _not_moved(leaf: Leaf, taker: str, mine: list[Ask], claim: tuple[Ask, str]) -> Series:
    """`u - moved`: running calls of the device's other groups have moved some of the MW already."""
    ask, group = claim
    alike = [a for a in mine if a.device is ask.device and a.leg.direction == ask.leg.direction]
    running = [a for a in alike if a.leg.group not in (group, EVERY) and a.leg.can_be_called]
    asked = ask.asked[taker]
    if not running or _is_traded(leaf, _node_of(leaf, taker)):
        return asked
    if (taker, group) not in ask.moved:
        inside = [a for a in alike if a.leg.group in (group, EVERY)]
        for a in inside:
            a.moved[taker, group] = leaf.columns(f"{taker}.{a.name}_{group}_moved_mw")
            for t in leaf.periods:
                leaf.program.less(f"{taker}.{a.name}_{group}_moved", a.moved[taker, group][t], a.asked[taker][t])
        for t in leaf.periods:
            moved = total(a.moved[taker, group][t] for a in inside)
            leaf.program.less(f"{taker}.moved_before", moved, total(a.called[taker][t] for a in running))
    return [asked[t] - ask.moved[taker, group][t] for t in leaf.periods]


def _node_of(leaf: Leaf, taker: str) -> str:
    return str(leaf.site.components[taker]["node"])


def _storage_rows(leaf: Leaf, device: Device, effect: str, claims: list[list[Asked]], back: Series) -> None:
    store, path = device.store, Path(leaf, device)
    free = device.up if effect == TAKEN else device.down
    most = store.discharge_max if effect == TAKEN else store.charge_max
    loads = []
    for asked in claims:
        called = leaf.sum_of([*(u for _, u in asked), back])
        loads += [leaf.sum_of([down, called]) for down in full_downward(leaf, device) or [free]]
        for t in leaf.periods:
            net = store.discharge[t] - store.charge[t]
            flow = net if effect == TAKEN else -net
            leaf.program.less(f"{device.name}.call_power_{effect}", flow + free[t] + called[t], most)
    stops = stops_discharge(leaf, device, loads) if effect == ADDED else leaf.zeros()
    own = OWN[effect]
    for asked in claims:
        for group in device.groups(own) or [EVERY]:
            energy_rows(path, own, path.own(own, group) + asked, back, stops)


def _connection_rows(leaf: Leaf, name: str, effect: str, asked: Series) -> None:
    spec = leaf.site.components[name]
    limit = spec["import_max_mw"] if effect == TAKEN else spec.get("export_max_mw", 0.0)
    if limit is None:
        return
    for t in leaf.periods:
        if name == leaf.site.traded:
            free = total((d.down if effect == TAKEN else d.up)[t] for d in behind(leaf, name))
            export = leaf.schedule[t] + free
            net = export if effect == ADDED else free - leaf.schedule[t]
        else:
            net = leaf.imported[name][t] - leaf.exported[name][t]
            net = net if effect == TAKEN else -net
        leaf.program.less(f"{name}.call_power_{effect}", net + asked[t], limit)


def behind(leaf: Leaf, connection: str) -> list[Device]:
    """Devices that hold something at the node of a connection."""
    node = leaf.site.components[connection]["node"]
    return [device for device in leaf.devices.values() if device.held and device.node == node]
