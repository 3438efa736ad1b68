"""Random stochastic programs as arrays, and their extensive form put together apart from the project's own code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from solvers.array_programs import ArrayProgram

from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import LinearProgram, RootStage, StochasticProgram
from mes_stoch.solvers.subproblems.nearest import NearestRoot

Groups = list[tuple[int, ...]]


@dataclass(frozen=True)
class Case:
    """A program, and what an independent route needs: its leaves, and which columns agree in which of them."""

    program: StochasticProgram
    leaves: StochasticProgram
    groups: Groups
    shared: list[int]
    integer: bool


def random_case(seed: int) -> Case:
    """Two to six leaves, with relatively complete recourse and a finite optimum.

    Even seeds are mixed-integer, every second pair three-stage. Each row but those of the root has slack both ways at a
    price; all other columns are bounded, by intervals that overlap from leaf to leaf. The root is one to three volumes,
    and in the mixed-integer programs half of them come in steps whose number is a root column that follows from the
    volume.
    """
    generator = np.random.default_rng([20250115, seed])
    integer, three_stage = seed % 2 == 0, seed // 2 % 2 == 1
    leaves = _random_leaves(generator, integer=integer)
    count = len(leaves.scenarios)
    if not three_stage:
        return Case(leaves, leaves, [(k,) for k in range(count)], [], integer)
    node = np.sort(generator.integers(0, max(count - 1, 1), count))
    groups = [tuple(np.flatnonzero(node == k).tolist()) for k in np.unique(node)]
    # columns with an upper bound, so that slack stays each leaf's own
    bounded = np.flatnonzero(np.isfinite(leaves.scenarios[0].column_upper))
    others = np.setdiff1d(bounded, leaves.root.columns)
    shared = sorted(generator.choice(others, size=2, replace=False).tolist())
    bundled = BundledProgram(leaves, groups, np.array(shared, dtype=np.int32))
    return Case(bundled, leaves, groups, shared, integer)


def _random_leaves(generator: np.random.Generator, *, integer: bool) -> ArrayProgram:
    volumes, own, rows = (int(generator.integers(low, high)) for low, high in ((1, 4), (3, 7), (2, 6)))
    stepped = generator.random(volumes) < 0.5 if integer else np.zeros(volumes, dtype=bool)
    steps = np.where(stepped, generator.choice([0.5, 1.0, 2.0], volumes), 0.0)
    whole = integer & (generator.random(own) < 0.4)
    count, money = int(generator.integers(2, 7)), float(10 ** generator.uniform(-1, 3))
    weights = generator.dirichlet(np.full(count, 2.0))
    if generator.random() < 0.15:
        weights[int(generator.integers(count))] = 0.0
    upper = np.round(generator.uniform(2, 8, volumes), 1)
    cap = np.round(0.7 * upper.sum(), 2)
    linked = generator.random((rows, own + volumes)) < 0.6
    scenarios = [_random_scenario(generator, upper, steps, whole, cap, linked, money=money) for _ in range(count)]
    width = scenarios[0].matrix.shape[1]
    # the root's columns stand between the others
    order = generator.permutation(width)
    scenarios = [_reorder(scenario, order) for scenario in scenarios]
    place = np.argsort(order)
    root_count = volumes + int(stepped.sum())
    columns = np.sort(place[:root_count]).astype(np.int32)
    consensus = order[columns] < volumes
    root = RootStage(
        columns,
        tuple(f"r{k}" for k in order[columns]),
        consensus,
        np.full(root_count, 0.2 * money),
        NearestRoot(scenarios[0], columns, consensus),
    )
    return ArrayProgram(scenarios, weights / weights.sum(), root)


def _random_scenario(
    generator: np.random.Generator,
    upper: NDArray[np.float64],
    steps: NDArray[np.float64],
    whole: NDArray[np.bool_],
    cap: float,
    linked: NDArray[np.bool_],
    *,
    money: float,
) -> LinearProgram:
    """Columns: volumes, numbers of steps, own ones, slack up, slack down. Rows: cap, steps, recourse."""
    rows, volumes, own = len(linked), len(upper), len(whole)
    stepped = np.flatnonzero(steps)
    recourse = np.where(linked, np.round(generator.uniform(-2, 3, linked.shape), 2), 0.0)
    need = np.round(generator.uniform(-4, 8, rows), 2)
    kind = generator.integers(0, 3, rows)
    counters = np.zeros((len(stepped), volumes))
    counters[np.arange(len(stepped)), stepped] = 1.0
    matrix = sp.block_array(
        [
            [np.ones((1, volumes)), None, None, None, None],
            [counters, -np.diag(steps[stepped]), None, None, None] if len(stepped) else [None] * 5,
            [recourse[:, own:], None, recourse[:, :own], np.eye(rows), -np.eye(rows)],
        ]
        if len(stepped)
        else [
            [np.ones((1, volumes)), np.zeros((1, own)), None, None],
            [recourse[:, own:], recourse[:, :own], np.eye(rows), -np.eye(rows)],
        ],
        format="csc",
    )
    lower_own = np.round(generator.uniform(-2, 0.5, own), 1)
    lower_own[whole] = np.round(lower_own[whole])
    none = np.zeros(len(stepped))
    penalty = generator.uniform(4, 15, 2 * rows)
    return LinearProgram(
        matrix=sp.csc_array(matrix),
        cost=money
        * np.round(
            np.concatenate([generator.uniform(-3, 2, volumes), none, generator.uniform(-3, 4, own), penalty]), 3
        ),
        offset=money * float(generator.integers(-20, 21)),
        row_lower=np.concatenate([[-np.inf], none, np.where(kind == 0, -np.inf, need)]),
        row_upper=np.concatenate([[cap], none, np.where(kind == 1, np.inf, need)]),
        column_lower=np.concatenate([np.zeros(volumes), none, lower_own, np.zeros(2 * rows)]),
        column_upper=np.concatenate(
            [
                upper,
                np.floor(upper[stepped] / steps[stepped]),
                lower_own + generator.integers(3, 7, own),
                np.full(2 * rows, np.inf),
            ]
        ),
        integer=np.concatenate(
            [np.zeros(volumes, dtype=bool), np.ones(len(stepped), dtype=bool), whole, np.zeros(2 * rows, dtype=bool)]
        ),
    )


def _reorder(program: LinearProgram, order: NDArray[np.int64]) -> LinearProgram:
    matrix = sp.csc_array(program.matrix[:, order])
    matrix.sort_indices()
    return LinearProgram(
        matrix,
        program.cost[order],
        program.offset,
        program.row_lower,
        program.row_upper,
        program.column_lower[order],
        program.column_upper[order],
        program.integer[order],
    )


def extensive_optimum(leaves: StochasticProgram, groups: Sequence[Sequence[int]], shared: Sequence[int]) -> float:
    """Least expected cost by SciPy: a full copy of every leaf, agreement by equality rows."""
    programs = [leaves.scenario(index) for index in range(len(leaves.scenario_names))]
    width = len(programs[0].cost)
    ties = [
        (index * width + column, column) for index in range(1, len(programs)) for column in leaves.root.columns.tolist()
    ]
    ties += [
        (member * width + column, group[0] * width + column)
        for group in groups
        for member in group[1:]
        for column in shared
    ]
    agree = sp.csr_array(
        (
            np.tile([1.0, -1.0], len(ties)),
            (np.repeat(np.arange(len(ties)), 2), np.array(ties, dtype=np.int64).ravel()),
        ),
        shape=(len(ties), width * len(programs)),
    )
    weights = leaves.probabilities
    answer = milp(
        np.concatenate([p * program.cost for p, program in zip(weights, programs, strict=True)]),
        integrality=np.concatenate([program.integer for program in programs]).astype(int),
        bounds=Bounds(
            np.concatenate([program.column_lower for program in programs]),
            np.concatenate([program.column_upper for program in programs]),
        ),
        constraints=[
            LinearConstraint(
                sp.block_diag([program.matrix for program in programs], format="csr"),
                np.concatenate([program.row_lower for program in programs]),
                np.concatenate([program.row_upper for program in programs]),
            ),
            LinearConstraint(agree, np.zeros(len(ties)), np.zeros(len(ties))),
        ],
        options={"mip_rel_gap": 0.0},
    )
    if answer.status != 0:
        raise RuntimeError(answer.message)
    return float(answer.fun) + float(sum(p * program.offset for p, program in zip(weights, programs, strict=True)))
