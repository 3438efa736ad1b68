"""Where everything of a lattice stands, in whole numbers: the order of layers and bars, rows and columns of boxes.

Layers lie one below the other, and in each of them its nodes as bars across the figure. Between bars are rows of boxes:
one within a layer above each bar, and one between two layers for what joins them. Arcs run straight up and down from a
box to its bars, so a box and its arcs need one column in all rows that they pass; where they cross the bar of another
node, they do not touch it. Networks and demands stand at the ends of their bar, beside the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from mes_stoch.views.lattice import Lattice
from mes_stoch.views.lattice_parts import LatticeArc, LatticeComponent, LatticeNode

#: Most layers whose every order is tried.
_MOST_PERMUTED = 6


@dataclass(frozen=True)
class Row:
    """A row of boxes: the one above bar ``bar``, either within its layer or between its layer and the one before."""

    bar: int
    is_between_layers: bool


@dataclass(frozen=True)
class PlacedBox:
    """A component in a row and a column, with arcs to bars above and below."""

    component: LatticeComponent
    row: Row
    column: int
    up: tuple[LatticeArc, ...]
    down: tuple[LatticeArc, ...]


@dataclass(frozen=True)
class LatticeRows:
    """Layers with any node, bars from top to bottom, boxes between them, and components at the ends of each bar."""

    layers: tuple[str, ...]
    bars: tuple[LatticeNode, ...]
    boxes: tuple[PlacedBox, ...]
    networks: dict[str, tuple[LatticeComponent, ...]]
    demands: dict[str, tuple[LatticeComponent, ...]]

    def rows_above(self, bar: int) -> tuple[Row, ...]:
        """Rows between a bar and the one before it, from top to bottom."""
        is_next_layer = bar > 0 and self.bars[bar].carrier != self.bars[bar - 1].carrier
        return (Row(bar, True), Row(bar, False)) if is_next_layer else (Row(bar, False),)

    def boxes_in(self, row: Row) -> tuple[PlacedBox, ...]:
        return tuple(box for box in self.boxes if box.row == row)


def place(lattice: Lattice) -> LatticeRows:
    """The same for the same lattice, whatever else happens."""
    networks = [one for one in lattice.components if one.role == "network" and len(one.nodes) == 1]
    demands = [one for one in lattice.components if one.role == "demand" and len(one.nodes) == 1]
    at_ends = {one.name for one in [*networks, *demands]}
    inner = [one for one in lattice.components if one.name not in at_ends]
    layers = _layer_order(lattice, inner)
    bars = tuple(node for layer in layers for node in lattice.nodes_of(layer))
    return LatticeRows(
        layers=layers,
        bars=bars,
        boxes=_boxes(lattice, inner, bars),
        networks={bar.name: tuple(one for one in networks if one.nodes[0] == bar.name) for bar in bars},
        demands={bar.name: tuple(one for one in demands if one.nodes[0] == bar.name) for bar in bars},
    )


def _layer_order(lattice: Lattice, inner: Sequence[LatticeComponent]) -> tuple[str, ...]:
    """The order in which the fewest arcs cross a layer that is not theirs; the instance's own where several do."""
    layers = tuple(layer for layer in lattice.layers if lattice.nodes_of(layer))
    if len(layers) > _MOST_PERMUTED:
        return layers
    joined = [one.carriers for one in inner if len(one.carriers) > 1]
    return min(permutations(layers), key=lambda order: sum(_crossed(order, carriers) for carriers in joined))


def _crossed(order: Sequence[str], carriers: Sequence[str]) -> int:
    """Layers that arcs of a component cross, from the best place for it between two layers."""
    at = sorted(order.index(carrier) for carrier in carriers)
    return min(sum(_between(place, index) for index in at) for place in range(at[0] + 1, at[-1] + 1))


def _between(place: int, bar: int) -> int:
    """Bars strictly between a bar and a row that lies above bar ``place``."""
    return bar - place if bar >= place else place - 1 - bar


def _boxes(lattice: Lattice, inner: Sequence[LatticeComponent], bars: Sequence[LatticeNode]) -> tuple[PlacedBox, ...]:
    number = {bar.name: index for index, bar in enumerate(bars)}
    rows: dict[str, Row] = {}
    used: dict[Row, int] = {}
    for one in inner:
        at = [number[node] for node in one.nodes]
        row = min(
            _rows_for(one, at, bars), key=lambda row: (sum(_between(row.bar, bar) for bar in at), used.get(row, 0))
        )
        rows[one.name] = row
        used[row] = used.get(row, 0) + 1
    columns = _columns({one.name: _passed(rows[one.name], [number[node] for node in one.nodes], bars) for one in inner})
    boxes = []
    for one in inner:
        arcs = sorted(lattice.arcs_of(one.name), key=lambda arc: number[arc.node])
        row = rows[one.name]
        up = tuple(arc for arc in arcs if number[arc.node] < row.bar)
        down = tuple(arc for arc in arcs if number[arc.node] >= row.bar)
        boxes.append(PlacedBox(one, row, columns[one.name], up, down))
    return tuple(boxes)


def _rows_for(component: LatticeComponent, at: Sequence[int], bars: Sequence[LatticeNode]) -> list[Row]:
    """Rows in which a component may stand: above its bar, or between its first bar and its last."""
    first, last = min(at), max(at)
    if first == last:
        return [Row(first, False)]
    if len(component.carriers) == 1:
        return [Row(bar, False) for bar in range(first + 1, last + 1)]
    return [Row(bar, True) for bar in range(first + 1, last + 1) if bars[bar].carrier != bars[bar - 1].carrier]


def _passed(own: Row, at: Sequence[int], bars: Sequence[LatticeNode]) -> frozenset[Row]:
    """Rows that a component or one of its arcs stands in."""
    between = {
        Row(bar, is_between)
        for bar in range(min(at) + 1, max(at) + 1)
        for is_between in (True, False)
        if not is_between or bars[bar].carrier != bars[bar - 1].carrier
    }
    return frozenset(between | {own})


def _columns(passed: dict[str, frozenset[Row]]) -> dict[str, int]:
    """The first column for each component in which nothing else stands; what passes most rows chooses first."""
    taken: list[set[Row]] = []
    columns: dict[str, int] = {}
    for name in sorted(passed, key=lambda name: -len(passed[name])):
        column = next((index for index, rows in enumerate(taken) if not rows & passed[name]), len(taken))
        if column == len(taken):
            taken.append(set())
        taken[column] |= passed[name]
        columns[name] = column
    return columns
