"""Random small programs of the kinds that decompositions stumble over, and what SciPy says of them.

Kinds: rows without slack, so that a commitment can leave scenarios without a dispatch; scenarios that exclude each
other; root columns without bounds, with costs that no scenario alone holds against; whole recourse; switches behind
large coefficients; probabilities of 1e-12 and of nothing. The reference is that of the program in good scale; rows,
columns and money are scaled afterwards, which changes no optimum but by the unit of money.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog
from solvers.array_programs import ArrayProgram

from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.solvers.subproblems.nearest import NearestRoot

KINDS = ("tight", "tight_whole", "excluding", "free_root", "free_root_whole", "switched")


@dataclass(frozen=True)
class HardCase:
    """A program, its kind, and what is right: an optimum, or that there is none and why."""

    program: ArrayProgram
    kind: str
    status: Literal["optimal", "infeasible", "unbounded"]
    optimum: float
    money: float


def hard_case(seed: int) -> HardCase:
    """At most thirty columns in all."""
    generator = np.random.default_rng([20251128, seed])
    kind = KINDS[seed % len(KINDS)]
    count = int(generator.integers(2, 5))
    weights = generator.dirichlet(np.full(count, 2.0))
    rare = generator.random()
    if rare < 0.4:
        weights[int(generator.integers(count))] = 1e-12 if rare < 0.2 else 0.0
    weights /= weights.sum()
    scenarios, volumes = _scenarios(generator, kind, count)
    status, optimum = _reference(scenarios, weights, volumes)
    money = float(10.0 ** generator.integers(-6, 7)) if seed % 2 else 1.0
    if seed // len(KINDS) % 2:
        scenarios = _scaled(generator, scenarios, volumes)
    scenarios = [replace(each, cost=money * each.cost, offset=money * each.offset) for each in scenarios]
    columns = np.arange(volumes, dtype=np.int32)
    consensus = np.ones(volumes, dtype=bool)
    names = tuple(f"r{column}" for column in range(volumes))
    nearest = NearestRoot(scenarios[0], columns, consensus)
    root = RootStage(columns, names, consensus, np.full(volumes, money), nearest)
    return HardCase(ArrayProgram(scenarios, weights, root), kind, status, money * optimum, money)


def _scenarios(generator: np.random.Generator, kind: str, count: int) -> tuple[list[LinearProgram], int]:
    volumes, own, rows = int(generator.integers(1, 3)), int(generator.integers(2, 4)), int(generator.integers(1, 4))
    whole = generator.random(own) < (0.7 if kind.endswith("whole") else 0.0)
    linked = generator.random((rows, volumes + own)) < 0.8
    linked[:, 0] = True
    free = kind.startswith("free_root")
    place = generator.integers(0, 6, volumes).astype(float)
    root_upper = place + generator.integers(1, 6, volumes)
    steps = generator.random(volumes) < (0.3 if kind.endswith("whole") else 0.0)
    scenarios = []
    for _ in range(count):
        point = np.concatenate([place, generator.integers(-2, 4, own)])
        matrix = np.where(linked, generator.integers(-3, 4, linked.shape), 0.0)
        activity = matrix @ point
        if kind == "excluding" and generator.random() < 0.5:
            activity = activity + generator.integers(-9, 10, rows)
        sort = generator.integers(0, 3, rows)
        room = generator.integers(0, 3, rows)
        lower = np.where(sort == 1, -np.inf, activity - np.where(sort == 0, 0, room))
        upper = np.where(sort == 2, np.inf, activity + np.where(sort == 0, 0, room))
        cost = np.concatenate([generator.integers(-4, 5, volumes), generator.integers(-3, 6, own)]).astype(float)
        low = np.concatenate([np.zeros(volumes), point[volumes:] - generator.integers(0, 3, own)])
        high = np.concatenate([root_upper, point[volumes:] + generator.integers(0, 3, own)])
        program = _program(matrix, cost, lower, upper, low, high, np.concatenate([steps, whole]))
        if free:
            program = _freed(generator, program, volumes)
        if kind == "switched":
            program = _switched(generator, program)
        scenarios.append(program)
    if kind == "switched":
        # the switch is the root's: one more root column, the last of them
        scenarios = [_first(program, volumes) for program in scenarios]
        volumes += 1
    return scenarios, volumes


def _program(
    matrix: NDArray[np.float64],
    cost: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    whole: NDArray[np.bool_],
) -> LinearProgram:
    array = sp.csc_array(matrix)
    array.eliminate_zeros()
    array.sort_indices()
    return LinearProgram(array, cost, 0.0, lower, upper, low, high, whole)


def _freed(generator: np.random.Generator, program: LinearProgram, volumes: int) -> LinearProgram:
    """Volumes without bounds; a deviation from what the scenario wants is paid for, perhaps by less than it earns."""
    rows, columns = program.matrix.shape
    cut = program.matrix.toarray()
    cut[:, :volumes] = 0.0
    target = generator.integers(-20, 21, volumes).astype(float)
    identity = np.zeros((volumes, columns))
    identity[:, :volumes] = np.eye(volumes)
    matrix = np.block(
        [[cut, np.zeros((rows, 2 * volumes))], [identity, -np.eye(volumes), np.eye(volumes)]],
    )
    activity = program.matrix.toarray()[:, :volumes] @ np.zeros(volumes)
    return _program(
        matrix,
        np.concatenate([program.cost, generator.integers(1, 5, 2 * volumes)]),
        np.concatenate([np.minimum(program.row_lower, activity), target]),
        np.concatenate([np.maximum(program.row_upper, activity), target]),
        np.concatenate([np.full(volumes, -np.inf), program.column_lower[volumes:], np.zeros(2 * volumes)]),
        np.concatenate([np.full(volumes, np.inf), program.column_upper[volumes:], np.full(2 * volumes, np.inf)]),
        np.concatenate([program.integer, np.zeros(2 * volumes, dtype=bool)]),
    )


def _switched(generator: np.random.Generator, program: LinearProgram) -> LinearProgram:
    """The first volume only with a switch, ``r0 <= M z``, whose cost is fixed; the switch is the last column."""
    rows, columns = program.matrix.shape
    largest = float(10.0 ** generator.integers(2, 6))
    matrix = np.zeros((rows + 1, columns + 1))
    matrix[:rows, :columns] = program.matrix.toarray()
    matrix[rows, 0], matrix[rows, columns] = 1.0, -largest
    return _program(
        matrix,
        np.concatenate([program.cost, [float(generator.integers(1, 9))]]),
        np.concatenate([program.row_lower, [-np.inf]]),
        np.concatenate([program.row_upper, [0.0]]),
        np.concatenate([program.column_lower, [0.0]]),
        np.concatenate([program.column_upper, [1.0]]),
        np.concatenate([program.integer, [True]]),
    )


def _first(program: LinearProgram, volumes: int) -> LinearProgram:
    """The last column behind the volumes."""
    order = np.insert(np.arange(len(program.cost) - 1), volumes, len(program.cost) - 1)
    return _program(
        program.matrix.toarray()[:, order],
        program.cost[order],
        program.row_lower,
        program.row_upper,
        program.column_lower[order],
        program.column_upper[order],
        program.integer[order],
    )


def _scaled(generator: np.random.Generator, scenarios: list[LinearProgram], volumes: int) -> list[LinearProgram]:
    """Rows in any unit, continuous columns too; the root's in the same unit everywhere."""
    columns = 10.0 ** generator.integers(-3, 4, len(scenarios[0].cost))
    columns[scenarios[0].integer] = 1.0
    scaled = []
    for program in scenarios:
        rows = 10.0 ** generator.integers(-3, 4, program.matrix.shape[0])
        matrix = rows[:, None] * program.matrix.toarray() * columns[None, :]
        scaled.append(
            _program(
                matrix,
                program.cost * columns,
                program.row_lower * rows,
                program.row_upper * rows,
                program.column_lower / columns,
                program.column_upper / columns,
                program.integer,
            )
        )
    return scaled


def _reference(
    scenarios: list[LinearProgram], weights: NDArray[np.float64], volumes: int
) -> tuple[Literal["optimal", "infeasible", "unbounded"], float]:
    """Every choice of the integers in turn, each a linear program by SciPy."""
    width = len(scenarios[0].cost) - volumes
    total = volumes + width * len(scenarios)
    blocks, lower, upper = [], [], []
    for place, program in enumerate(scenarios):
        block = np.zeros((program.matrix.shape[0], total))
        dense = program.matrix.toarray()
        block[:, :volumes] = dense[:, :volumes]
        block[:, volumes + place * width : volumes + (place + 1) * width] = dense[:, volumes:]
        blocks.append(block)
        lower.append(program.row_lower)
        upper.append(program.row_upper)
    matrix, lows, highs = np.vstack(blocks), np.concatenate(lower), np.concatenate(upper)
    cost = np.concatenate(
        [
            np.sum([p * each.cost[:volumes] for p, each in zip(weights, scenarios, strict=True)], axis=0),
            *(p * each.cost[volumes:] for p, each in zip(weights, scenarios, strict=True)),
        ]
    )
    column_lower = np.concatenate(
        [
            np.max([each.column_lower[:volumes] for each in scenarios], axis=0),
            *(each.column_lower[volumes:] for each in scenarios),
        ]
    )
    column_upper = np.concatenate(
        [
            np.min([each.column_upper[:volumes] for each in scenarios], axis=0),
            *(each.column_upper[volumes:] for each in scenarios),
        ]
    )
    whole = np.concatenate([scenarios[0].integer[:volumes], *(each.integer[volumes:] for each in scenarios)])
    equal = lows == highs
    above, below = ~equal & np.isfinite(lows), ~equal & np.isfinite(highs)
    inequality = np.vstack([matrix[below], -matrix[above]])
    limits = np.concatenate([highs[below], -lows[above]])

    def least(
        first: NDArray[np.float64], last: NDArray[np.float64], objective: NDArray[np.float64]
    ) -> tuple[int, float]:
        answer = linprog(
            objective, inequality, limits, matrix[equal], lows[equal], np.column_stack([first, last]), method="highs-ds"
        )
        return int(answer.status), float(answer.fun) if answer.status == 0 else np.inf

    integers = np.flatnonzero(whole)
    best, feasible = np.inf, False
    # branch and bound by hand: most fractional first
    open_nodes = [(column_lower, column_upper)]
    while open_nodes:
        first, last = open_nodes.pop()
        answer = linprog(
            cost, inequality, limits, matrix[equal], lows[equal], np.column_stack([first, last]), method="highs-ds"
        )
        if answer.status == 2:
            continue
        if answer.status in (3, 4):
            status, _ = least(first, last, np.zeros(total))
            if status == 2:
                continue
            if not len(integers):
                return "unbounded", -np.inf
            if _has_whole_point(first, last, integers, least, total):
                return "unbounded", -np.inf
            continue
        if answer.status != 0:
            raise RuntimeError(answer.message)
        if answer.fun > best + 1e-9 * max(1.0, abs(best)):
            continue
        values = answer.x[integers]
        distance = np.abs(values - np.round(values))
        if not len(integers) or distance.max() < 1e-6:
            fixed = first.copy(), last.copy()
            fixed[0][integers] = fixed[1][integers] = np.round(values)
            status, value = least(*fixed, cost)
            if status == 0:
                best, feasible = min(best, value), True
                continue
            if not len(integers):
                continue
            distance = np.where(first[integers] < last[integers], distance + 1e-12, 0.0)
            if distance.max() == 0.0:
                continue
        chosen = int(np.argmax(distance))
        down, up = last.copy(), first.copy()
        down[integers[chosen]] = np.floor(values[chosen])
        up[integers[chosen]] = np.floor(values[chosen]) + 1.0
        open_nodes += [(first, down), (up, last)]
    return ("optimal", best) if feasible else ("infeasible", np.inf)


def _has_whole_point(first, last, integers, least, total) -> bool:  # type: ignore[no-untyped-def]
    """Whether any choice of the integers, all of them bounded, can be completed."""
    integers = [column for column in integers if np.isfinite(first[column]) and np.isfinite(last[column])]
    ranges = [np.arange(np.ceil(first[column]), np.floor(last[column]) + 1) for column in integers]
    for choice in itertools.product(*ranges):
        low, high = first.copy(), last.copy()
        low[integers] = high[integers] = choice
        if least(low, high, np.zeros(total))[0] == 0:
            return True
    return False
