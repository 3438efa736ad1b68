"""Where everything of a lattice stands, in inches from the lower left corner of the figure.

Boxes are as wide as what is written in them, columns as their widest box, and rows as high as their highest, so that
nothing that is written can overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mes_stoch.report.lattice_rows import LatticeRows, PlacedBox, Row, place
from mes_stoch.report.lattice_words import arc_label, box_lines
from mes_stoch.views.lattice import Lattice
from mes_stoch.views.lattice_parts import LatticeArc, LatticeComponent, LatticeNode

#: Sizes of what is written, points.
NAME_PT, DETAIL_PT, LABEL_PT, NODE_PT, LAYER_PT = 8.0, 6.5, 6.5, 8.0, 10.0

LINE_HEIGHT = 0.145
BAR_THICKNESS = 0.09

_MARGIN, _BAND_PAD, _LAYER_HEADING = 0.15, 0.12, 0.26
_BOX_PAD_X, _BOX_PAD_Y, _COLUMN_GAP, _STACK_GAP = 0.10, 0.08, 0.22, 0.14
_ARC_SPACE, _FREE_SPACE, _NODE_LABEL_SPACE = 0.42, 0.14, 0.22
_END_GAP, _PAIR_OFFSET, _CAP_MIN = 0.62, 0.09, 0.30
_LABEL_GAP, _LEAST_SPACING = 0.17, 0.34
#: Room that wide arrows take besides.
_WIDE = 0.16
_HEAD, _HEAD_WITH_FLOWS, _FOOT = 0.42, 0.60, 0.62

#: Width in inches of a text of a size in points, bold or not.
Measure = Callable[[str, float, bool], float]


@dataclass(frozen=True)
class Box:
    """A component, by its centre."""

    component: LatticeComponent
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float

    @property
    def colour_of(self) -> str:
        """Carrier in whose colour it is drawn."""
        return self.component.carriers[0] if self.component.carriers else ""


@dataclass(frozen=True)
class Bar:
    """A node, with the heights of its two ends."""

    node: LatticeNode
    left: float
    right: float
    y: float
    left_height: float
    right_height: float


@dataclass(frozen=True)
class Band:
    """A layer."""

    carrier: str
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """An arc from ``start`` to ``end``, of which one lies on a bar (``tap``), and where its label stands."""

    arc: LatticeArc
    start: tuple[float, float]
    end: tuple[float, float]
    tap: tuple[float, float] | None
    label: str
    label_at: tuple[float, float]
    label_align: tuple[str, str]


@dataclass
class Layout:
    """Everything, in a figure of ``width`` by ``height`` inches."""

    width: float
    height: float = 0.0
    bands: list[Band] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def lay_out(lattice: Lattice, measure: Measure, least_width: float) -> Layout:
    """Positions of bands, bars, boxes and arcs."""
    return _Builder(lattice, place(lattice), measure).build(least_width)


@dataclass
class _Builder:
    lattice: Lattice
    rows: LatticeRows
    measure: Measure

    def build(self, least_width: float) -> Layout:
        self._across(least_width)
        layout = Layout(self.right_end + _END_GAP + self.right_zone + _MARGIN)
        self._down(layout)
        return layout

    # -- across ---------------------------------------------------------------------------------------------------

    def _across(self, least_width: float) -> None:
        """Columns and ends of bars, from left to right."""
        networks = [one for own in self.rows.networks.values() for one in own]
        demands = [one for own in self.rows.demands.values() for one in own]
        headings = [self.measure(layer, LAYER_PT, True) for layer in self.rows.layers]
        self.left_zone = max([*(self._box_width(one) for one in networks), *headings])
        self.right_zone = max((self._box_width(one) for one in demands), default=0.0)
        self.left_end = _MARGIN + _BAND_PAD + self.left_zone + _END_GAP
        names = max(self.measure(bar.name, NODE_PT, True) for bar in self.rows.bars)
        count = 1 + max((box.column for box in self.rows.boxes), default=-1)
        widths = [max(self._width_with_arcs(box) for box in self.rows.boxes if box.column == c) for c in range(count)]
        inner = names + 0.2 + sum(widths) + _COLUMN_GAP * (count + 1)
        outer = self.left_end + _END_GAP + self.right_zone + _BAND_PAD + _MARGIN
        spare = max(0.0, least_width - inner - outer)
        gap = _COLUMN_GAP + spare / (count + 1)
        at = self.left_end + names + 0.2 + gap
        self.column_x = []
        for width in widths:
            self.column_x.append(at + width / 2)
            at += width + gap
        self.right_end = at
        self.right_zone += _BAND_PAD

    def _box_width(self, component: LatticeComponent) -> float:
        name, *details = self._lines(component)
        texts = [self.measure(name, NAME_PT, True), *(self.measure(line, DETAIL_PT, False) for line in details)]
        return max(texts) + 2 * _BOX_PAD_X

    def _width_with_arcs(self, box: PlacedBox) -> float:
        needed = [self._box_width(box.component)]
        for arcs in (box.up, box.down):
            needed.append((len(arcs) - 1) * self._spacing(arcs) + 2 * self._label_width(arcs) + _LABEL_GAP + self._wide)
        return max(needed)

    def _spacing(self, arcs: Sequence[LatticeArc]) -> float:
        return max(self._label_width(arcs) + _LABEL_GAP + self._wide, _LEAST_SPACING)

    @property
    def _wide(self) -> float:
        return _WIDE if self.lattice.has_flows else 0.0

    def _label_width(self, arcs: Sequence[LatticeArc]) -> float:
        return max((self.measure(arc_label(arc), LABEL_PT, False) for arc in arcs), default=0.0)

    def _lines(self, component: LatticeComponent) -> tuple[str, ...]:
        return box_lines(component, self.lattice.arcs_of(component.name))

    def _box_height(self, component: LatticeComponent) -> float:
        # a store is drawn as a cylinder, whose lid takes room
        lid = 0.08 if component.role == "store" else 0.0
        return len(self._lines(component)) * LINE_HEIGHT + 2 * _BOX_PAD_Y + lid

    # -- down -----------------------------------------------------------------------------------------------------

    def _down(self, layout: Layout) -> None:
        """Bars and rows from top to bottom, then everything upside down, since y points upward."""
        y = _HEAD_WITH_FLOWS if self.lattice.has_flows else _HEAD
        row_y: dict[Row, float] = {}
        bar_y: list[float] = []
        bands: list[tuple[str, float, float]] = []
        top = 0.0
        for index, bar in enumerate(self.rows.bars):
            previous = self.rows.bars[index - 1] if index else None
            is_first = previous is None or previous.carrier != bar.carrier
            if is_first and previous is not None:
                y += _BAND_PAD
                bands.append((previous.carrier, top, y))
                y += self._row(Row(index, True), y, row_y) or _FREE_SPACE
            if is_first:
                top = y
                y += _LAYER_HEADING
            half = self._stack_height(bar) / 2
            below_row = y + max(self._row(Row(index, False), y, row_y), _NODE_LABEL_SPACE)
            bar_y.append(max(below_row, y + half))
            self._sink(Row(index, False), bar_y[-1] - below_row, row_y)
            y = bar_y[-1] + max(half, BAR_THICKNESS / 2)
        bands.append((self.rows.bars[-1].carrier, top, y + _BAND_PAD))
        layout.height = y + _BAND_PAD + _FOOT
        layout.bands = [Band(carrier, layout.height - low, layout.height - high) for carrier, high, low in bands]
        self._bars(layout, [layout.height - own for own in bar_y])
        self._inner(layout, {row: layout.height - own for row, own in row_y.items()})

    def _row(self, row: Row, top: float, row_y: dict[Row, float]) -> float:
        """Height of a row, whose centre is noted; 0 of an empty one."""
        boxes = self.rows.boxes_in(row)
        if not boxes:
            return 0.0
        above = _ARC_SPACE if any(box.up for box in boxes) else _FREE_SPACE
        below = _ARC_SPACE if any(box.down for box in boxes) else _FREE_SPACE
        height = max(self._box_height(box.component) for box in boxes)
        row_y[row] = top + above + height / 2
        return above + height + below

    def _sink(self, row: Row, by: float, row_y: dict[Row, float]) -> None:
        """Keep a row close to its bar where the ends of the bar need more height than the row."""
        if row in row_y:
            row_y[row] += by

    def _stack_height(self, bar: LatticeNode) -> float:
        return max(self._stack(self.rows.networks[bar.name]), self._stack(self.rows.demands[bar.name]))

    def _stack(self, components: Sequence[LatticeComponent]) -> float:
        return sum(self._box_height(one) + _STACK_GAP for one in components)

    def _bars(self, layout: Layout, bar_y: Sequence[float]) -> None:
        for node, y in zip(self.rows.bars, bar_y, strict=True):
            networks, demands = self.rows.networks[node.name], self.rows.demands[node.name]
            bar = Bar(node, self.left_end, self.right_end, y, self._cap(networks), self._cap(demands))
            layout.bars.append(bar)
            self._end(layout, networks, y, self.left_end, -1)
            self._end(layout, demands, y, self.right_end, +1)

    def _cap(self, components: Sequence[LatticeComponent]) -> float:
        """Height of the end of a bar: as far as arcs reach it."""
        if not components:
            return BAR_THICKNESS
        ends = (self._box_height(components[0]) + self._box_height(components[-1])) / 2 + _STACK_GAP
        return max(self._stack(components) - ends + _CAP_MIN, _CAP_MIN)

    def _end(self, layout: Layout, components: Sequence[LatticeComponent], y: float, x_bar: float, side: int) -> None:
        """Boxes at an end of a bar, one below the other, with arcs across."""
        at = y + self._stack(components) / 2
        x_box = x_bar + side * _END_GAP
        for one in components:
            height, width = self._box_height(one), self._box_width(one)
            centre = at - _STACK_GAP / 2 - height / 2
            at -= height + _STACK_GAP
            layout.boxes.append(Box(one, self._lines(one), x_box + side * width / 2, centre, width, height))
            arcs = self.lattice.arcs_of(one.name)
            for place_of_arc, arc in enumerate(arcs):
                offset = 0.0 if len(arcs) == 1 else (_PAIR_OFFSET + self._wide / 4) * (1 - 2 * place_of_arc)
                ends = ((x_box, centre + offset), (x_bar, centre + offset))
                start, end = ends if arc.supplies else ends[::-1]
                is_above = offset >= 0
                label_at = ((x_bar + x_box) / 2, centre + offset + (0.05 if is_above else -0.05))
                align = ("center", "bottom" if is_above else "top")
                layout.lines.append(Line(arc, start, end, None, arc_label(arc, is_at_end=True), label_at, align))

    def _inner(self, layout: Layout, row_y: dict[Row, float]) -> None:
        bars = {bar.node.name: bar for bar in layout.bars}
        for box in self.rows.boxes:
            x, y = self.column_x[box.column], row_y[box.row]
            width, height = self._box_width(box.component), self._box_height(box.component)
            needed = [(len(arcs) - 1) * self._spacing(arcs) + 0.2 for arcs in (box.up, box.down) if arcs]
            width = max(width, *needed)
            layout.boxes.append(Box(box.component, self._lines(box.component), x, y, width, height))
            for arcs, side in ((box.up, +1), (box.down, -1)):
                for number, arc in enumerate(arcs):
                    x_arc = x + (number - (len(arcs) - 1) / 2) * self._spacing(arcs)
                    bar = bars[arc.node]
                    at_box = (x_arc, y + side * height / 2)
                    at_bar = (x_arc, bar.y - side * BAR_THICKNESS / 2)
                    start, end = (at_box, at_bar) if arc.supplies else (at_bar, at_box)
                    label_at = (x_arc, at_box[1] + side * _ARC_SPACE / 2)
                    tap = (x_arc, bar.y)
                    layout.lines.append(Line(arc, start, end, tap, arc_label(arc), label_at, ("left", "center")))
