"""Linear expressions and a mixed-integer program that SciPy hands to HiGHS."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp


class Linear:
    """``sum of terms + constant``, terms by column."""

    __slots__ = ("constant", "terms")

    def __init__(self, terms: dict[int, float] | None = None, constant: float = 0.0) -> None:
        self.terms = terms or {}
        self.constant = float(constant)

    def __add__(self, other: Linear | float) -> Linear:
        if not isinstance(other, Linear):
            return Linear(dict(self.terms), self.constant + other)
        return total((self, other))

    __radd__ = __add__

    def __mul__(self, factor: float) -> Linear:
        if factor == 0:
            return Linear()
        return Linear({j: v * factor for j, v in self.terms.items()}, self.constant * factor)

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Linear:
        return self * (1 / divisor)

    def __neg__(self) -> Linear:
        return self * -1.0

    def __sub__(self, other: Linear | float) -> Linear:
        return self + (-other)

    def __rsub__(self, other: float) -> Linear:
        return -self + other

    @property
    def is_zero(self) -> bool:
        return not self.terms and self.constant == 0


def total(parts: Iterable[Linear]) -> Linear:
    """Sum without a copy for every part."""
    terms: dict[int, float] = {}
    constant = 0.0
    for part in parts:
        constant += part.constant
        for column, value in part.terms.items():
            terms[column] = terms.get(column, 0.0) + value
    return Linear(terms, constant)


@dataclass
class Solved:
    """Optimal expected profit, the solver's bound on it, and where it comes from."""

    profit: float
    bound: float
    columns: np.ndarray
    streams: dict[str, float]
    seconds: float


@dataclass
class Program:
    """Maximise expected profit; columns that scenarios share are known by a key."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rows: list[tuple[Linear, float, float, str]] = field(default_factory=list)
    profit: dict[str, list[Linear]] = field(default_factory=dict)
    shared: dict[object, Linear] = field(default_factory=dict)

    def column(self, name: str, lower: float = 0.0, upper: float = np.inf, *, integer: bool = False) -> Linear:
        self.lower.append(lower)
        self.upper.append(upper)
        self.integer.append(integer)
        self.names.append(name)
        return Linear({len(self.lower) - 1: 1.0})

    def less(self, name: str, left: Linear, right: Linear | float = 0.0) -> None:
        """Row ``left <= right``."""
        row = left - right
        self.rows.append((row, -np.inf, -row.constant, name))

    def same(self, name: str, left: Linear, right: Linear | float = 0.0) -> None:
        """Row ``left = right``."""
        row = left - right
        self.rows.append((row, -row.constant, -row.constant, name))

    def earn(self, stream: str, amount: Linear) -> None:
        self.profit.setdefault(stream, []).append(amount)

    def solve(self, *, gap: float = 1e-9, relaxed: bool = False, time_limit_s: float = 3600.0) -> Solved:
        """The optimum, or the best within the time; ``relaxed`` leaves out integrality."""
        begun = time.perf_counter()
        streams = {name: total(parts) for name, parts in self.profit.items()}
        objective = total(streams.values())
        cost = np.zeros(len(self.lower))
        cost[list(objective.terms)] = [-v for v in objective.terms.values()]
        matrix, low, high = self._matrix()
        integer = np.zeros(len(cost)) if relaxed else np.asarray(self.integer, dtype=float)
        result = milp(
            cost,
            integrality=integer,
            bounds=Bounds(np.asarray(self.lower), np.asarray(self.upper)),
            constraints=LinearConstraint(matrix, low, high),
            options={"mip_rel_gap": gap, "time_limit": time_limit_s},
        )
        if result.x is None or result.status not in (0, 1):
            raise RuntimeError(f"the independent program was not solved: {result.message}")
        bound = result.mip_dual_bound if integer.any() else result.fun
        return Solved(
            profit=objective.constant - float(result.fun),
            bound=objective.constant - float(bound),
            columns=result.x,
            streams={name: self.value(amount, result.x) for name, amount in streams.items()},
            seconds=time.perf_counter() - begun,
        )

    def value(self, amount: Linear, columns: np.ndarray) -> float:
        return amount.constant + sum(v * float(columns[j]) for j, v in amount.terms.items())

    def _matrix(self) -> tuple[sp.csr_array, np.ndarray, np.ndarray]:
        counts = [len(row.terms) for row, *_ in self.rows]
        indices = np.fromiter((j for row, *_ in self.rows for j in row.terms), dtype=np.int64)
        values = np.fromiter((v for row, *_ in self.rows for v in row.terms.values()), dtype=float)
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        matrix = sp.csr_array((values, indices, starts), shape=(len(self.rows), len(self.lower)))
        return matrix, np.asarray([r[1] for r in self.rows]), np.asarray([r[2] for r in self.rows])
