"""What the test finds: the least room that a limit leaves under a set of calls, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mes_stoch.evaluation.stress.plan import CallSet, Plan
from mes_stoch.settlement.data import Array

Unit = Literal["MW", "MWh"]

#: What a room may fall short of zero: this share of the largest value in its limit ...
RELATIVE_TOLERANCE = 1e-6
#: ... and never less than a watt or a watt-hour, MW or MWh.
SMALLEST_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Reading:
    """Room that one limit leaves under one set of calls, worst over all starts; arrays over leaves.

    Parameters
    ----------
    calls : CallSet
    place : str
        Device, connection or node.
    limit : str
        The limit in words, such as ``lowest level``.
    unit : str
        ``MW`` or ``MWh``.
    room : array
        Limit less what the calls ask; below zero something is missing.
    size : float
        Largest value met in the limit, over all leaves.
    start_h, at_h : array
        Hours after the start of the horizon: when the calls began, and when the room was least.
    is_account : bool
        Whether it asks nothing of a full call: a sum that has to be right, or the operation of the leaf itself.
    """

    calls: CallSet
    place: str
    limit: str
    unit: Unit
    room: Array
    size: float
    start_h: Array
    at_h: Array
    is_account: bool = False

    @property
    def tolerance(self) -> float:
        return max(RELATIVE_TOLERANCE * self.size, SMALLEST_TOLERANCE)

    def is_asked(self, leaf: int) -> bool:
        """Whether any call asked anything of the limit in a leaf."""
        return bool(np.isfinite(self.room[leaf]))

    @property
    def missing(self) -> Array:
        """What is missing, MW or MWh; 0 within the tolerance."""
        return np.where(self.room < -self.tolerance, -self.room, 0.0)

    @property
    def tightness(self) -> Array:
        """Minus the room as a share of the size: the larger, the tighter; above 0 something is missing."""
        return -self.room / max(self.size, SMALLEST_TOLERANCE)


class Least:
    """Keeps the least room of one limit while calls run on."""

    def __init__(self, leaves: int, is_account: bool) -> None:
        self._is_account = is_account
        self.room = np.full(leaves, np.inf)
        self.start_h = np.zeros(leaves)
        self.at_h = np.zeros(leaves)
        self.size = 0.0

    def see(self, room: Array, counts: NDArray[np.bool_], size: Array, start_h: Array, at_h: Array) -> None:
        """Take note of the room where it counts; all arrays over (leaves, anchors)."""
        if not counts.any():
            return
        self.size = max(self.size, float(np.where(counts, np.abs(size), 0.0).max()))
        room = np.where(counts, room, np.inf)
        place = room.argmin(axis=1)
        rows = np.arange(len(room))
        least = room[rows, place]
        is_less = least < self.room
        self.room = np.where(is_less, least, self.room)
        self.start_h = np.where(is_less, np.broadcast_to(start_h, room.shape)[rows, place], self.start_h)
        self.at_h = np.where(is_less, np.broadcast_to(at_h, room.shape)[rows, place], self.at_h)

    def reading(self, calls: CallSet, place: str, limit: str, unit: Unit) -> Reading | None:
        """``None`` where the limit was never asked."""
        if not np.isfinite(self.room).any():
            return None
        return Reading(calls, place, limit, unit, self.room, self.size, self.start_h, self.at_h, self._is_account)


@dataclass
class Notebook:
    """Least rooms by set of calls, place and limit."""

    plan: Plan
    entries: dict[tuple[str, str, str], tuple[CallSet, Unit, Least]] = field(default_factory=dict)

    def least(self, calls: CallSet, place: str, limit: str, unit: Unit, *, is_account: bool = False) -> Least:
        key = (calls.name, place, limit)
        if key not in self.entries:
            self.entries[key] = (calls, unit, Least(self.plan.leaves, is_account))
        return self.entries[key][2]

    def readings(self) -> Iterable[Reading]:
        for (_, place, limit), (calls, unit, least) in self.entries.items():
            reading = least.reading(calls, place, limit, unit)
            if reading is not None:
                yield reading
