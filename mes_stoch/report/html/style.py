"""How figures of a page look: axes, lines and fills that stay apart without colour.

Fills have a pattern beside their colour, lines a dash and a marker, so that a page printed in grey can be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mes_stoch.report.palette import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PINK,
    SKY,
    VERMILION,
    Fill,
    component_fills,
    product_fills,
)

GRID = "#dddddd"
#: Of lines; each comes with a dash and a marker of its own.
LINES = (BLUE, VERMILION, GREEN, ORANGE, PINK, SKY, INK)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "triangle-down", "star")
#: Of markers on a line: there are fewer dashes than lines may be, so that each keeps some, and still is a line.
MOST_MARKS = 24
_SHAPES = ("/", ".", "\\", "x", "-", "|", "+")
#: Of fills, shape and size, in the order in which things are named: the first and largest is plain.
_PATTERNS = (("", 0), *((shape, 6) for shape in _SHAPES), *((shape, 12) for shape in _SHAPES))


def base_layout(y_title: str = "", x_title: str = "") -> dict[str, Any]:
    """A layout with a light grid, units on its axes and a legend below."""
    return {
        "template": None,
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
        "margin": {"l": 64, "r": 24, "t": 32, "b": 48},
        "xaxis": axis(x_title),
        "yaxis": axis(y_title),
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.22, "yanchor": "top"},
        "hovermode": "closest",
    }


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with its title, which names the unit."""
    return {
        "title": {"text": title, "font": {"size": 12}},
        "gridcolor": GRID,
        "zerolinecolor": INK,
        "zerolinewidth": 1,
        "linecolor": GREY,
        "automargin": True,
        # plotly's own default puts the ticks of a second axis at the lines of the first, at odd numbers
        "tickmode": "auto",
        "separatethousands": True,
        **more,
    }


def line_looks(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Colour, dash and marker of each line: no two are told apart by colour alone."""
    return {
        name: {
            "colour": LINES[place % len(LINES)],
            "dash": DASHES[place % len(DASHES)],
            "marker": MARKERS[place % len(MARKERS)],
        }
        for place, name in enumerate(dict.fromkeys(names))
    }


def component_markers(names: Iterable[str], demands: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
    """``marker`` of the bars of each component."""
    return _patterned(component_fills(names, set(demands)))


def product_markers(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """``marker`` of the bars of each product."""
    return _patterned(product_fills(names))


def _patterned(fills: dict[str, Fill]) -> dict[str, dict[str, Any]]:
    return {
        name: filled(fill.colour, *_PATTERNS[place % len(_PATTERNS)])
        for place, (name, fill) in enumerate(fills.items())
    }


def filled(colour: str, pattern: str = "", size: int = 6) -> dict[str, Any]:
    """``marker`` of bars of one colour and pattern."""
    marker: dict[str, Any] = {"color": colour, "line": {"width": 0}}
    if pattern:
        # the pattern is drawn over the colour in white: light on dark and, where the colour is light, with a dark edge
        marker["pattern"] = {
            "shape": pattern,
            "fillmode": "overlay",
            "fgcolor": "white",
            "fgopacity": 0.75,
            "size": size,
            "solidity": 0.3,
        }
    return marker


def sign_colours(values: Iterable[float]) -> list[str]:
    """Blue for what is received, vermilion for what is paid."""
    return [BLUE if value >= 0 else VERMILION for value in values]
