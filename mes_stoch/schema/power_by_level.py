"""Limits of a store's power that follow its level: straight lines of which the lowest holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mes_stoch.schema.store import Store


@dataclass(frozen=True)
class PowerLine:
    """One line: ``base_mw + slope_mw_per_mwh level``."""

    base_mw: float
    slope_mw_per_mwh: float


def lines_through(points: Sequence[tuple[float, float]], energy_mwh: float, power_mw: float) -> tuple[PowerLine, ...]:
    """Lines through points of level and power, both shares, from the lowest level on.

    Those that are no limit beside ``power_mw`` are left out.

    >>> lines_through([(0.0, 1.0), (0.5, 1.0), (1.0, 0.0)], energy_mwh=4.0, power_mw=3.0)
    (PowerLine(base_mw=6.0, slope_mw_per_mwh=-1.5),)
    """
    lines = []
    for (level, power), (next_level, next_power) in pairwise(points):
        slope = (next_power - power) / (next_level - level)
        base = power - slope * level
        if slope or base < 1.0:
            lines.append(PowerLine(power_mw * base, power_mw * slope / energy_mwh))
    return tuple(lines)


def charge_lines(store: Store) -> Sequence[PowerLine]:
    """Lines above which it cannot charge; none where the kind has no such."""
    lines: Sequence[PowerLine] = getattr(store, "charge_lines", ())
    return lines


def discharge_lines(store: Store) -> Sequence[PowerLine]:
    """Lines above which it cannot discharge; none where the kind has no such."""
    lines: Sequence[PowerLine] = getattr(store, "discharge_lines", ())
    return lines
