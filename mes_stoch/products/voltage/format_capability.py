"""Active and reactive power that a unit can run at together, as the edges of a convex polygon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Corner = tuple[float, float]

#: Slack of the test for convexity, relative to the size of the polygon: corners are written with few digits.
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Edge:
    """``active P + reactive Q <= limit_mva`` with an outward normal of length 1; P in MW and Q in Mvar, injected."""

    active: float
    reactive: float
    limit_mva: float

    def excess(self, corner: Corner) -> float:
        """How far a point lies outside, MVA; negative inside."""
        return self.active * corner[0] + self.reactive * corner[1] - self.limit_mva


def circle_corners(apparent_power_mva: float, sides: int) -> list[Corner]:
    """Corners of the regular polygon in the circle ``P^2 + Q^2 = S^2``, the first at ``P = S``.

    All of it lies in the circle, and all of the circle of radius ``S cos(pi / sides)`` in it.

    >>> [(round(p, 3) + 0.0, round(q, 3) + 0.0) for p, q in circle_corners(2.0, 4)]
    [(2.0, 0.0), (0.0, 2.0), (-2.0, 0.0), (0.0, -2.0)]
    """
    angles = [2.0 * math.pi * k / sides for k in range(sides)]
    return [(apparent_power_mva * math.cos(angle), apparent_power_mva * math.sin(angle)) for angle in angles]


def polygon_edges(corners: Sequence[Corner]) -> list[Edge]:
    """Edges of a convex polygon whose corners are listed in order, either way round.

    Raises
    ------
    ValueError
        If the corners are not those of a convex polygon in order.

    >>> polygon_edges([(0.0, -1.0), (2.0, -1.0), (2.0, 1.0), (0.0, 1.0)])[1]
    Edge(active=1.0, reactive=0.0, limit_mva=2.0)
    """
    size = max((abs(value) for corner in corners for value in corner), default=0.0)
    area = sum(p * next_q - next_p * q for (p, q), (next_p, next_q) in _sides(corners)) / 2.0
    if len(corners) < 3 or abs(area) <= _TOLERANCE * size**2:
        raise ValueError("the corners enclose no area")
    edges = []
    for (p, q), (next_p, next_q) in _sides(list(corners) if area > 0 else list(reversed(corners))):
        length = math.hypot(next_p - p, next_q - q)
        if length > 0:
            active, reactive = (next_q - q) / length + 0.0, (p - next_p) / length + 0.0
            edges.append(Edge(active, reactive, active * p + reactive * q))
    for edge in edges:
        for corner in corners:
            if edge.excess(corner) > _TOLERANCE * size:
                raise ValueError(f"the corner at {corner[0]:g} MW, {corner[1]:g} Mvar lies outside an edge")
    return edges


def _sides(corners: Sequence[Corner]) -> list[tuple[Corner, Corner]]:
    return [*pairwise(corners), (corners[-1], corners[0])] if corners else []
