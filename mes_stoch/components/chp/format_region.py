"""The feasible operating region of a CHP: a line or a convex polygon of power and heat, with its fuel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

#: What counts as rounding, as a share of the largest number of its kind.
_ROUNDING = 1e-9

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Edge:
    """One side of a polygon, ``a power + b heat <= c``."""

    power: float
    heat: float
    limit: float


@dataclass(frozen=True)
class Region:
    """Convex combinations of points of power, heat and fuel, MW.

    Where all points lie on one line of power and heat (back-pressure), a MW of power moves ``heat_per_power`` of heat;
    elsewhere power can move at constant heat.
    """

    points: tuple[Point, ...]

    @property
    def is_line(self) -> bool:
        return not any(self._area(*three) for three in combinations(self.points, 3))

    @property
    def heat_per_power(self) -> float:
        """MW of heat that come with a MW of power on a line; 0 in a polygon, where a call keeps the heat."""
        low, high = min(self.points), max(self.points)
        return (high[1] - low[1]) / (high[0] - low[0]) if self.is_line and high[0] > low[0] else 0.0

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Sides of the polygon, each once; none of a line."""
        if self.is_line:
            return ()
        corners = self._corners()
        return tuple(self._edge(one, other) for one, other in zip(corners, [*corners[1:], corners[0]], strict=True))

    @property
    def fuel_per_power(self) -> tuple[float, float]:
        """Least and largest MW of fuel for a MW more of power: along a line, or at constant heat."""
        found = list(self._fuel_slopes()) or [0.0]
        return min(found), max(found)

    def _edge(self, one: Point, other: Point) -> Edge:
        """What lies to the left of the way from one corner to the next, with the larger factor 1 or -1."""
        power, heat = other[1] - one[1], one[0] - other[0]
        size = max(abs(power), abs(heat))
        # what is rounding would be a coefficient of its own
        power, heat = _exact(power / size, 1.0), _exact(heat / size, 1.0)
        return Edge(power, heat, _exact(power * one[0] + heat * one[1], self._size(0) + self._size(1)))

    def _corners(self) -> list[Point]:
        """Corners counter-clockwise (Andrew's monotone chain)."""
        ordered = sorted(set(self.points))
        chains: list[list[Point]] = []
        for points in (ordered, ordered[::-1]):
            chain: list[Point] = []
            for point in points:
                while len(chain) > 1 and self._area(chain[-2], chain[-1], point) <= 0:
                    chain.pop()
                chain.append(point)
            chains.append(chain[:-1])
        return [*chains[0], *chains[1]]

    def _area(self, one: Point, other: Point, third: Point) -> float:
        """Twice the area of a triangle in power and heat, above 0 where it turns left; 0 for what is rounding."""
        twice = (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])
        return _exact(twice, self._size(0) * self._size(1))

    def _size(self, place: int) -> float:
        return max(abs(point[place]) for point in self.points)

    def _fuel_slopes(self) -> Iterator[float]:
        """Fuel for power on every face of the hull of the points: of its lower and of its upper side."""
        if self.is_line:
            for low, high in permutations(self.points, 2):
                if high[0] > low[0]:
                    slope = (high[2] - low[2]) / (high[0] - low[0])
                    if self._is_face([p[2] - low[2] - slope * (p[0] - low[0]) for p in self.points]):
                        yield slope
            return
        for one, other, third in combinations(self.points, 3):
            twice = self._area(one, other, third)
            if twice:
                (a, b), (c, d) = ((p[0] - one[0], p[1] - one[1]) for p in (other, third))
                rise, further = other[2] - one[2], third[2] - one[2]
                by_power, by_heat = (rise * d - further * b) / twice, (further * a - rise * c) / twice
                above = [p[2] - one[2] - by_power * (p[0] - one[0]) - by_heat * (p[1] - one[1]) for p in self.points]
                if self._is_face(above):
                    yield by_power

    def _is_face(self, above: Sequence[float]) -> bool:
        rounding = _ROUNDING * self._size(2)
        return all(height >= -rounding for height in above) or all(height <= rounding for height in above)


def _exact(value: float, size: float) -> float:
    """A number, or 0 where it is rounding of numbers of a size."""
    return value if abs(value) > _ROUNDING * size else 0.0
