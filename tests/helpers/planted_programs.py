"""Small stochastic programs whose optimum is known exactly, as hard on a solver's tolerances as they come.

Two ways to know it. *Planted*: a primal and a dual point in whole numbers that complement each other, which proves the
primal point optimal (Karush, Kuhn, Tucker); rows, columns and money are then multiplied by powers of two up to 2^30,
about 1e9, which changes no digit. *Enumerated*: one decision, to cover demand in advance or by a unit behind a switch,
whose expected cost is piecewise linear in it, so that its least value is found among its break points by fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from solvers.array_programs import ArrayProgram

from mes_stoch.model.program import FloatArray, LinearProgram, RootStage
from mes_stoch.solvers.subproblems.nearest import NearestRoot

INF = np.inf
KINDS = ("plain", "ill-scaled", "tiny probability", "unbounded root", "whole", "big-M", "big-M steps")
#: Probabilities that are no sums of powers of two; integer bounds that are not whole; factors that differ by scenario,
#: behind integers that are not 0/1.
AWKWARD_KINDS = ("whole, bounds in between", "big-M counts")


@dataclass(frozen=True)
class Known:
    """A program, its optimum, and the size of the cost's terms there, which round-off is a share of."""

    kind: str
    program: ArrayProgram
    optimum: Fraction
    size: float


def known_program(seed: int) -> Known:
    """The program of a seed; kinds take turns."""
    kind = KINDS[seed % len(KINDS)]
    generator = np.random.default_rng([20261128, seed])
    if kind.startswith("big-M"):
        return _switched(generator, kind)
    return _planted(generator, kind)


def awkward_program(seed: int) -> Known:
    """The same of ``AWKWARD_KINDS``."""
    kind = AWKWARD_KINDS[seed % len(AWKWARD_KINDS)]
    generator = np.random.default_rng([20261129, seed])
    return _switched(generator, kind) if kind.startswith("big-M") else _planted(generator, kind)


def extensive_columns(known: Known) -> int:
    """Columns of the extensive form."""
    scenarios, roots = known.program.scenarios, len(known.program.root.columns)
    return roots + sum(len(scenario.cost) - roots for scenario in scenarios)


# -- planted ----------------------------------------------------------------------------------------------------------


def _planted(generator: np.random.Generator, kind: str) -> Known:
    count = int(generator.integers(2, 4))
    roots, own, rows = (int(generator.integers(low, high)) for low, high in ((1, 4), (2, 8), (2, 6)))
    weights = _weights(generator, count, tiny=kind == "tiny probability" or generator.random() < 0.1)
    if kind in AWKWARD_KINDS:
        weights = generator.dirichlet(np.full(count, 2.0))
    far = kind == "ill-scaled"
    row_scale = 2.0 ** generator.integers(-30, 31, rows) if far else np.ones(rows)
    column_scale = 2.0 ** generator.integers(-15, 16, roots + own) if far else np.ones(roots + own)
    money = 2.0 ** float(generator.integers(-30, 31)) if far else 1.0
    whole = np.zeros(roots + own, dtype=bool)
    if kind.startswith("whole"):
        whole = generator.random(roots + own) < 0.5
    column_scale[whole] = 1.0
    root_point = generator.integers(-3, 4, roots).astype(float)
    root_place = generator.integers(0, 3, roots)
    root_reduced = _reduced(generator, root_place)
    open_root = kind == "unbounded root"
    root_lower = np.where(root_place == 1, root_point, -INF if open_root else root_point - 4)
    root_upper = np.where(root_place == 2, root_point, INF if open_root else root_point + 4)
    spread = _balanced(generator, weights, roots)
    scenarios, optimum, size = [], Fraction(0), 0.0
    for index in range(count):
        matrix = generator.integers(-3, 4, (rows, roots + own)).astype(float)
        point = np.concatenate([root_point, generator.integers(-4, 5, own)])
        typ = generator.integers(0, 3, rows)
        activity = matrix @ point
        dual = np.where(
            typ == 0, generator.integers(-5, 6, rows), np.where(typ == 1, generator.integers(0, 6, rows), 0)
        )
        place = generator.integers(0, 3, own)
        reduced = np.concatenate([root_reduced + spread[index], _reduced(generator, place)])
        cost = matrix.T @ dual.astype(float) + reduced
        lower = np.where(place == 1, point[roots:], point[roots:] - generator.integers(1, 5, own))
        upper = np.where(place == 2, point[roots:], np.where(generator.random(own) < 0.4, INF, point[roots:] + 3))
        free = (place == 0) & (generator.random(own) < 0.2)
        lower, upper = np.where(free, -INF, lower), np.where(free, INF, upper)
        terms = cost * point
        outside = np.where(whole, _outside(generator, len(whole)), 0.0) if kind in AWKWARD_KINDS else 0.0
        optimum += Fraction(float(weights[index])) * sum(Fraction(float(term)) for term in terms)
        size += float(weights[index] * np.abs(terms).sum())
        scaled = sp.csc_array(matrix * row_scale[:, None] * column_scale[None, :])
        scaled.sort_indices()
        scenarios.append(
            LinearProgram(
                matrix=scaled,
                cost=cost * column_scale * money,
                offset=0.0,
                row_lower=np.where(typ == 2, activity - generator.integers(1, 4, rows), activity) * row_scale,
                row_upper=np.where(typ == 0, activity, INF) * row_scale,
                column_lower=np.concatenate([root_lower, lower]) / column_scale - outside,
                column_upper=np.concatenate([root_upper, upper]) / column_scale + outside,
                integer=whole,
            )
        )
    program = _program(scenarios, weights, roots, money)
    return Known(kind, program, optimum * Fraction(money), size * money)


def _outside(generator: np.random.Generator, count: int) -> FloatArray:
    """How far bounds of integers lie beyond whole numbers: round-off, a millionth, a half, or nearly one."""
    return np.asarray(generator.choice([2.0**-50, 2.0**-20, 0.5, 1 - 2.0**-20], count))


def _reduced(generator: np.random.Generator, place: np.ndarray) -> FloatArray:
    """Reduced costs: zero between the bounds, else of the bound's sign."""
    return np.where(place == 0, 0.0, np.where(place == 1, 1.0, -1.0) * generator.integers(0, 5, len(place)))


def _weights(generator: np.random.Generator, count: int, *, tiny: bool) -> FloatArray:
    """Probabilities that add up to one without round-off."""
    if tiny:
        small = 2.0 ** -float(generator.integers(14, 31))
        rest = (1.0 - small) / 2 if count == 3 else 1.0 - small
        return np.array([small, rest, rest][:count])
    return np.array([0.5, 0.25, 0.25]) if count == 3 else np.array([0.5, 0.5])


def _balanced(generator: np.random.Generator, weights: FloatArray, roots: int) -> FloatArray:
    """What scenarios ask of the root beyond their common part: it averages to zero."""
    spread = np.zeros((len(weights), roots))
    last = len(weights) - 1
    if weights[last] == weights[last - 1]:
        spread[last] = generator.integers(-4, 5, roots)
        spread[last - 1] = -spread[last]
    return spread


def _program(scenarios: list[LinearProgram], weights: FloatArray, roots: int, money: float) -> ArrayProgram:
    columns = np.arange(roots, dtype=np.int32)
    consensus = np.ones(roots, dtype=bool)
    root = RootStage(
        columns,
        tuple(f"r{k}" for k in range(roots)),
        consensus,
        np.full(roots, money),
        NearestRoot(scenarios[0], columns, consensus),
    )
    return ArrayProgram(scenarios, weights, root)


# -- enumerated -------------------------------------------------------------------------------------------------------


def _switched(generator: np.random.Generator, kind: str) -> Known:
    """Cover demand ``d`` by ``r`` bought in advance, a unit ``u <= M y`` with a cost ``F`` of being on, or a penalty.

    With ``t = d - r`` left to cover, a scenario costs ``min(F + c t, q t)`` for ``t > 0``, since ``M >= t``: where more
    than one unit may be on, one is enough.
    """
    count = int(generator.integers(2, 5))
    weights = np.array([0.25] * 4) if count == 4 else _weights(generator, count, tiny=generator.random() < 0.3)
    step = 0.5 if kind == "big-M steps" else 0.0
    advance, unit, penalty, fixed = (
        float(generator.integers(low, high)) for low, high in ((3, 9), (1, 4), (20, 90), (1, 40))
    )
    most = float(generator.integers(1, 5))
    factor = 2.0 ** float(generator.integers(3, 31))
    factors, most_units = np.full(count, factor), 1.0
    if kind in AWKWARD_KINDS:
        weights = generator.dirichlet(np.full(count, 2.0))
        factors = 2.0 ** generator.integers(3, 41, count)
        most_units = float(generator.integers(1, 1001)) + float(generator.choice([0.0, 0.5, 2.0**-20]))
    money = 2.0 ** float(generator.integers(-30, 31)) if generator.random() < 0.5 else 1.0
    row = 2.0 ** float(generator.integers(-20, 21)) if generator.random() < 0.5 else 1.0
    ceiling = factor if generator.random() < 0.5 else INF
    demands = generator.integers(1, 17, count) / 4.0
    # columns: r, (n with r = step n), u, y, not covered
    width = 1 if step else 0
    cost = np.array([advance] + [0.0] * width + [unit, fixed, penalty]) * money
    scenarios = [
        LinearProgram(
            matrix=_switched_rows(behind, step, row),
            cost=cost,
            offset=0.0,
            row_lower=np.array([demand * row, -INF, 0.0][: 2 + width]),
            row_upper=np.array([INF, 0.0, 0.0][: 2 + width]),
            column_lower=np.zeros(4 + width),
            column_upper=np.array([most] + [np.floor(most / 0.5)] * width + [ceiling, most_units, INF]),
            integer=np.array([False] + [True] * width + [False, True, False]),
        )
        for demand, behind in zip(demands.tolist(), factors.tolist(), strict=True)
    ]
    optimum = min(
        _expected(point, weights, demands, advance, unit, penalty, fixed)
        for point in _break_points(demands, most, step, unit, penalty, fixed)
    )
    columns = np.arange(1 + width, dtype=np.int32)
    consensus = np.array([True] + [False] * width)
    root = RootStage(
        columns,
        ("r", "n")[: 1 + width],
        consensus,
        np.full(1 + width, money),
        NearestRoot(scenarios[0], columns, consensus),
    )
    size = float(optimum) * money
    return Known(kind, ArrayProgram(scenarios, weights, root), optimum * Fraction(money), size)


def _switched_rows(factor: float, step: float, row: float) -> sp.csc_array:
    width = 1 if step else 0
    rows = [[1.0] + [0.0] * width + [1.0, 0.0, 1.0], [0.0] + [0.0] * width + [1.0, -factor, 0.0]]
    if step:
        rows.append([1.0, -step, 0.0, 0.0, 0.0])
    matrix = sp.csc_array(np.array(rows) * np.array([row, 1.0, 1.0][: len(rows)])[:, None])
    matrix.sort_indices()
    return matrix


def _break_points(
    demands: FloatArray, most: float, step: float, unit: float, penalty: float, fixed: float
) -> list[Fraction]:
    if step:
        return [Fraction(step) * k for k in range(int(most / step) + 1)]
    level = Fraction(fixed) / (Fraction(penalty) - Fraction(unit))
    points = {Fraction(0), Fraction(most)}
    for demand in demands.tolist():
        points |= {Fraction(demand), Fraction(demand) - level}
    return [point for point in points if 0 <= point <= Fraction(most)]


def _expected(
    point: Fraction, weights: FloatArray, demands: FloatArray, advance: float, unit: float, penalty: float, fixed: float
) -> Fraction:
    total = Fraction(advance) * point * sum(Fraction(weight) for weight in weights.tolist())
    for weight, demand in zip(weights.tolist(), demands.tolist(), strict=True):
        left = max(Fraction(demand) - point, Fraction(0))
        dear = Fraction(penalty) * left
        total += Fraction(weight) * (min(Fraction(fixed) + Fraction(unit) * left, dear) if left else Fraction(0))
    return total
