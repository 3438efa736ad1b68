"""Colours that stay apart for colour-blind readers and on paper.

Source
------
Okabe & Ito (2008), Color Universal Design, jfly.uni-koeln.de/color. Where the colours run out they come again with a
hatch, so that no two entries of a legend look the same.
"""

from __future__ import annotations

from collections.abc import Iterable
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

_FILLS = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILION, YELLOW)
_HATCHES = ("", "///", "...", "xxx")
_RESERVED = {"unserved": ("#000000", "xxxx"), "dumped": ("#666666", "xxxx")}


@dataclass(frozen=True)
class Fill:
    """How one thing is filled wherever it appears."""

    colour: str
    hatch: str = ""


def fills(names: Iterable[str]) -> dict[str, Fill]:
    """One fill per name, in the order given; slack is black, whatever else there is."""
    ordered = list(dict.fromkeys(names))
    free = [name for name in ordered if name not in _RESERVED]
    assigned = {
        name: Fill(_FILLS[k % len(_FILLS)], _HATCHES[(k // len(_FILLS)) % len(_HATCHES)]) for k, name in enumerate(free)
    }
    assigned |= {name: Fill(*_RESERVED[name]) for name in ordered if name in _RESERVED}
    return assigned
