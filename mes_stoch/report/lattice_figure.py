"""Figure: the energy lattice of a site, one band for each carrier, with what joins the nodes in them.

Drawn in inches on axes that fill the figure; :mod:`mes_stoch.report.lattice_layout` works out where things stand.
"""

from __future__ import annotations

from textwrap import fill, shorten
from typing import TYPE_CHECKING, Any

from mes_stoch.report.figures import PlotsMissingError
from mes_stoch.report.lattice_layout import (
    BAR_THICKNESS,
    DETAIL_PT,
    LABEL_PT,
    LAYER_PT,
    LINE_HEIGHT,
    NAME_PT,
    NODE_PT,
    Band,
    Bar,
    Box,
    Layout,
    Line,
    lay_out,
)
from mes_stoch.report.lattice_words import BY_SERIES, NOTHING_MWH, slack_remarks
from mes_stoch.report.palette import GREY, INK, carrier_colours
from mes_stoch.views.lattice import Lattice
from mes_stoch.views.lattice_parts import LatticeArc, Role

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEAST_WIDTH = 9.0
_POINTS = 72.0
_PLAIN_PT, _THINNEST_PT, _THICKEST_PT = 1.5, 0.8, 8.0
_LID = 0.09
#: Series that the key names.
_MOST_SERIES = 3
#: Letters of each.
_LONGEST_NAME = 48

#: Fill and colour of the text of boxes; a store and a source have an edge in the colour of their carrier.
_FACES: dict[Role, tuple[str, str]] = {
    "network": ("#4d4d4d", "white"),
    "source": ("white", INK),
    "conversion": ("white", INK),
    "store": ("white", INK),
    "demand": ("#dedede", INK),
}
_KEY: tuple[tuple[Role, str], ...] = (
    ("network", "external network"),
    ("source", "source"),
    ("conversion", "conversion"),
    ("store", "store"),
    ("demand", "demand"),
)


def draw_lattice(lattice: Lattice, called: str = "") -> Figure:
    """Layers as bands, nodes as bars, components as boxes, and arcs as arrows in the colour of their carrier.

    Parameters
    ----------
    lattice : Lattice
        With flows, arrows are as wide as their energy.
    called : str, optional
        Whose flows these are.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise PlotsMissingError("the figure of the lattice is drawn") from None

    layout = lay_out(lattice, _text_width, _LEAST_WIDTH)
    figure = Figure(figsize=(layout.width, layout.height))
    FigureCanvasAgg(figure)
    axes: Any = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, layout.width)
    axes.set_ylim(0.0, layout.height)
    axes.set_axis_off()
    _Drawing(axes, layout, lattice).draw()
    whose = f"{called}: " if called else ""
    said = f"\n{whose}MWh over the horizon, widths by energy" if lattice.has_flows else ""
    figure.suptitle(
        f"{lattice.name}: energy lattice{said}",
        fontsize=11,
        x=0.15 / layout.width,
        y=1 - 0.1 / layout.height,
        ha="left",
        va="top",
        parse_math=False,
    )
    return figure


def _text_width(text: str, size_pt: float, is_bold: bool) -> float:
    """Inches that a text takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text:
        return 0.0
    font = FontProperties(weight="bold" if is_bold else "normal")
    return float(TextPath((0.0, 0.0), text, size=size_pt, prop=font).get_extents().x1) / _POINTS


class _Drawing:
    """One lattice on its axes."""

    def __init__(self, axes: Any, layout: Layout, lattice: Lattice) -> None:
        self._axes = axes
        self._layout = layout
        self._lattice = lattice
        self._colours = carrier_colours(lattice.layers)
        self._most = max((arc.energy_mwh or 0.0 for arc in lattice.all_arcs), default=0.0)

    def draw(self) -> None:
        for band in self._layout.bands:
            self._band(band)
        for line in self._layout.lines:
            self._line(line)
        for bar in self._layout.bars:
            self._bar(bar)
        for box in self._layout.boxes:
            self._box(box)
        self._key()

    def _band(self, band: Band) -> None:
        from matplotlib.patches import Rectangle

        colour = self._colours[band.carrier]
        size = (self._layout.width - 0.3, band.high - band.low)
        self._axes.add_patch(Rectangle((0.15, band.low), *size, facecolor=colour, alpha=0.10, linewidth=0, zorder=0))
        self._text(0.27, band.high - 0.15, band.carrier.replace("_", " "), LAYER_PT, colour, bold=True)

    def _bar(self, bar: Bar) -> None:
        from matplotlib.patches import Rectangle

        colour = self._colours[bar.node.carrier]
        corners = (
            (bar.left, bar.y - BAR_THICKNESS / 2, bar.right - bar.left, BAR_THICKNESS),
            (bar.left, bar.y - bar.left_height / 2, BAR_THICKNESS, bar.left_height),
            (bar.right - BAR_THICKNESS, bar.y - bar.right_height / 2, BAR_THICKNESS, bar.right_height),
        )
        for x, y, width, height in corners:
            self._axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, linewidth=0, zorder=3))
        self._text(bar.left + BAR_THICKNESS + 0.06, bar.y + 0.13, bar.node.name, NODE_PT, INK, bold=True)

    def _line(self, line: Line) -> None:
        """An arrow; those that flow nothing are thin and broken."""
        from matplotlib.patches import Circle, Polygon

        colour, width = self._colours[line.arc.carrier], self._width_pt(line.arc)
        is_still = line.arc.energy_mwh is not None and line.arc.energy_mwh < NOTHING_MWH
        (x0, y0), (x1, y1) = line.start, line.end
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        along = ((x1 - x0) / length, (y1 - y0) / length)
        half = width / _POINTS / 2 + 0.045
        head = min(2.0 * half, 0.2)
        neck = (x1 - head * along[0], y1 - head * along[1])
        style = {"linestyle": (0, (2, 2))} if is_still else {}
        self._axes.plot(
            (x0, neck[0]), (y0, neck[1]), color=colour, linewidth=width, solid_capstyle="butt", zorder=2, **style
        )
        across = (-along[1] * half, along[0] * half)
        corners = ((x1, y1), (neck[0] + across[0], neck[1] + across[1]), (neck[0] - across[0], neck[1] - across[1]))
        self._axes.add_patch(Polygon(corners, closed=True, facecolor=colour, linewidth=0, zorder=2))
        if line.tap is not None:
            self._axes.add_patch(
                Circle(line.tap, BAR_THICKNESS * 0.62, facecolor="white", edgecolor=colour, linewidth=1.1, zorder=4)
            )
        if line.label:
            away = half + 0.03 if line.label_align[0] == "left" else 0.0
            lift = width / _POINTS / 2 if line.label_align[1] == "bottom" else 0.0
            drop = width / _POINTS / 2 if line.label_align[1] == "top" else 0.0
            x, y = line.label_at[0] + away, line.label_at[1] + lift - drop
            self._text(x, y, line.label, LABEL_PT, INK, align=line.label_align)

    def _width_pt(self, arc: LatticeArc) -> float:
        if arc.energy_mwh is None or self._most == 0.0:
            return _PLAIN_PT
        return _THINNEST_PT + (_THICKEST_PT - _THINNEST_PT) * arc.energy_mwh / self._most

    def _box(self, box: Box) -> None:
        role = box.component.role
        self._outline(role, box.x, box.y, box.width, box.height, self._colours.get(box.colour_of, INK))
        lid = _LID / 2 if role == "store" else 0.0
        top = box.y - lid + (len(box.lines) - 1) * LINE_HEIGHT / 2
        for number, text in enumerate(box.lines):
            size = DETAIL_PT if number else NAME_PT
            place = (box.x, top - number * LINE_HEIGHT)
            self._text(*place, text, size, _FACES[role][1], bold=not number, align=("center", "center"))

    def _outline(self, role: Role, x: float, y: float, width: float, height: float, colour: str) -> None:
        from matplotlib.patches import Ellipse, FancyBboxPatch

        face = _FACES[role][0]
        edge = colour if role in ("source", "store") else INK
        left, low = x - width / 2, y - height / 2
        if role == "store":
            self._cylinder(left, low, width, height, edge)
            self._axes.add_patch(
                Ellipse(
                    (x, low + height - _LID / 2), width, _LID, facecolor=face, edgecolor=edge, linewidth=1.2, zorder=5
                )
            )
            return
        rounding = min(0.12, 0.45 * height) if role == "source" else 0.0
        style = f"round,pad=0,rounding_size={rounding}" if rounding else "square,pad=0"
        self._axes.add_patch(
            FancyBboxPatch(
                (left, low), width, height, boxstyle=style, facecolor=face, edgecolor=edge, linewidth=1.2, zorder=5
            )
        )

    def _cylinder(self, left: float, low: float, width: float, height: float, edge: str) -> None:
        """Mantle and bottom."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path as Outline

        bend, right, high = _LID / 2, left + width, low + height - _LID / 2
        # two quarter ellipses at the bottom, each as one cubic curve
        near = 0.5523
        middle = left + width / 2
        points = [
            (left, high),
            (left, low + bend),
            (left, low + bend * (1 - near)),
            (middle - width / 2 * near, low),
            (middle, low),
            (middle + width / 2 * near, low),
            (right, low + bend * (1 - near)),
            (right, low + bend),
            (right, high),
        ]
        codes = [Outline.MOVETO, Outline.LINETO, *[Outline.CURVE4] * 6, Outline.LINETO]
        self._axes.add_patch(
            PathPatch(Outline(points, codes), facecolor="white", edgecolor=edge, linewidth=1.2, zorder=5)
        )

    def _key(self) -> None:
        """What the forms mean, below everything."""
        x, y = 0.27, 0.36
        present = {component.role for component in self._lattice.components}
        for role, words in _KEY:
            if role not in present:
                continue
            self._outline(role, x + 0.14, y, 0.28, 0.18, GREY)
            self._text(x + 0.36, y, words, LABEL_PT, INK)
            x += 0.36 + _text_width(words, LABEL_PT, False) + 0.25
        texts = [] if self._lattice.has_flows else _ratio_key(self._lattice.all_arcs)
        texts += slack_remarks(self._lattice)
        words = "; ".join(texts)
        room = self._layout.width - 0.5
        letters = int(len(words) * room / max(_text_width(words, LABEL_PT, False), room))
        self._text(0.27, 0.13, fill(words, letters) if words else "", LABEL_PT, INK)

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: str,
        *,
        bold: bool = False,
        align: tuple[str, str] = ("left", "center"),
    ) -> None:
        if text:
            weight = "bold" if bold else "normal"
            horizontal, vertical = align
            self._axes.text(
                x, y, text, fontsize=size, color=colour, fontweight=weight, ha=horizontal, va=vertical, zorder=6
            )


def _ratio_key(arcs: tuple[LatticeArc, ...]) -> list[str]:
    """What the labels of arcs mean."""
    ratios = [ratio for arc in arcs for ratio in arc.ratios_per_unit]
    series = list(dict.fromkeys(name for ratio in ratios for name, _ in ratio.series))
    # what is calculated from series has a long name, which the table gives in full
    named = ", ".join(shorten(name, _LONGEST_NAME, placeholder=" ...") for name in series[:_MOST_SERIES]) + (
        ", ..." if len(series) > _MOST_SERIES else ""
    )
    words = ["x r: r MW per MW at the port marked ref."] if ratios else []
    return [*words, f"{BY_SERIES}: r from a series ({named})"] if series else words
