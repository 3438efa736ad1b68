"""Colours that stay apart for colour-blind readers and on paper.

Source
------
Okabe & Ito (2008), Color Universal Design, jfly.uni-koeln.de/color; Paul Tol, SRON/EPS/TN/09-002. Colours that are
alike in grey have hatches that are not; where the colours run out they come again with another hatch, so that no two
entries of a legend look the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

BLUE, ORANGE, GREEN, PINK, SKY, VERMILION, YELLOW = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
)
INK, GREY = "#222222", "#999999"
_LEFT = "\\\\\\"

_FILLS = ((BLUE, ""), (ORANGE, ""), (GREEN, ""), (SKY, _LEFT), (VERMILION, _LEFT), (PINK, "oo"), (YELLOW, ""))
_NEUTRAL = (("#b5b5b5", "--"), ("#8a8a8a", "--"), ("#d6d6d6", "--"))
#: Products have colours of their own (Paul Tol, "muted"), so that none looks like a device.
_PRODUCTS = (
    ("#332288", ""),
    ("#44AA99", ""),
    ("#CC6677", _LEFT),
    ("#DDCC77", ""),
    ("#88CCEE", _LEFT),
    ("#882255", ""),
    ("#117733", ""),
    ("#AA4499", "oo"),
    ("#999933", "oo"),
)
_HATCHES = ("", "///", "...", "xxx")
#: Carriers that most sites have; others take what is left.
_CARRIERS = {"electricity": BLUE, "heat": VERMILION, "cooling": SKY, "gas": ORANGE, "hydrogen": PINK}
_RESERVED = {"unserved": ("#000000", "xxxx"), "dumped": ("#666666", "xxxx")}


@dataclass(frozen=True)
class Fill:
    """How one thing is filled wherever it appears."""

    colour: str
    hatch: str = ""


def component_fills(names: Iterable[str], demands: Collection[str] = ()) -> dict[str, Fill]:
    """One fill per component, in the order given: demands grey, slack black, the rest in colour."""
    ordered = list(dict.fromkeys(names))
    free = [name for name in ordered if name not in _RESERVED]
    return (
        _cycle([name for name in free if name not in demands], _FILLS)
        | _cycle([name for name in free if name in demands], _NEUTRAL)
        | {name: Fill(*_RESERVED[name]) for name in ordered if name in _RESERVED}
    )


def product_fills(names: Iterable[str]) -> dict[str, Fill]:
    """One fill per product."""
    return _cycle(list(dict.fromkeys(names)), _PRODUCTS)


def carrier_colours(names: Iterable[str]) -> dict[str, str]:
    """One colour per carrier, the usual one where it has one."""
    ordered = list(dict.fromkeys(names))
    usual = {name: _CARRIERS[name] for name in ordered if name in _CARRIERS}
    free = [colour for colour in (GREEN, *(product for product, _ in _PRODUCTS)) if colour not in usual.values()]
    others = [name for name in ordered if name not in usual]
    return usual | {name: free[number % len(free)] for number, name in enumerate(others)}


def _cycle(names: Sequence[str], fills: Sequence[tuple[str, str]]) -> dict[str, Fill]:
    taken = {}
    for place, name in enumerate(names):
        colour, own = fills[place % len(fills)]
        taken[name] = Fill(colour, own + _HATCHES[(place // len(fills)) % len(_HATCHES)])
    return taken
