"""A certified interval contains the optimum: every method, 200 random programs, an optimum found by other means.

Programs are mixed-integer or continuous, of two or three stages; most are arrays, some are small sites. The optimum is
that of an extensive form put together here, with a full copy of every leaf and agreement as equality rows, solved by
SciPy.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from helpers.random_programs import Case, extensive_optimum, random_case
from helpers.random_site import random_site

from mes_stoch.api import METHODS
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.model.site_program import build_leaf_program, build_program
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions

ARRAYS, SITES = range(180), range(180, 200)
SITE_LEAVES = [[1, 1, 1], [2, 2], [1, 3, 1], [1, 1]]

#: How one process enters a method, below `api.solve` and its reports.
ENTRY = {
    "ef": "extensive.algorithm.solve_extensive",
    "ph": "hedging.progressive_hedging.solve_ph",
    "decomposition": "decomposition.algorithm.solve_decomposition",
    "auto": "auto.solve_auto",
}
CHUNK = 20


def engine(method: str) -> Callable[[StochasticProgram, SolveOptions], EngineResult | None]:
    module, _, name = ENTRY[method].rpartition(".")
    found: Callable[[StochasticProgram, SolveOptions], EngineResult | None] = getattr(
        importlib.import_module(f"mes_stoch.solvers.{module}"), name
    )
    return found


def site_case(seed: int) -> Case:
    leaves = SITE_LEAVES[seed % len(SITE_LEAVES)]
    integer = seed // len(SITE_LEAVES) % 2 == 0
    instance, tree = random_site(np.random.default_rng(seed), leaves, integer=integer)
    program, apart = build_program(instance, tree), build_leaf_program(instance, tree)
    shared = [
        int(column)
        for family in apart.column_groups
        if family.stage == "day_ahead" and isinstance(program, BundledProgram)
        for column in family.positions
    ]
    return Case(program, apart, list(tree.day_ahead_nodes.values()), shared, integer)


@cache
def solved_apart(seed: int) -> tuple[Case, float]:
    case = site_case(seed) if seed in SITES else random_case(seed)
    return case, extensive_optimum(case.leaves, case.groups, case.shared)


def options(seed: int) -> SolveOptions:
    """Coarse and fine gaps, few iterations, cold starts, no time at all: the interval holds wherever a run ends."""
    return SolveOptions(
        gap_rel=(1e-2, 1e-4, 1e-6)[seed % 3],
        iteration_limit=1 + seed % 4,
        time_limit_s=60.0 if seed % 7 else 1e-9,
        cold_start=seed % 5 == 0,
    )


def cost_of(program: StochasticProgram, result: EngineResult) -> float:
    """Expected cost of the points that a result brings, each checked against its rows and bounds."""
    total = 0.0
    for solution in result.scenarios:
        scenario, values = program.scenario(solution.index), solution.values
        assert values[program.root.columns] == pytest.approx(result.root, abs=1e-5)
        assert _excess(scenario.matrix @ values, scenario.row_lower, scenario.row_upper) < 1e-5
        assert _excess(values, scenario.column_lower, scenario.column_upper) < 1e-5
        assert np.abs(values - np.round(values))[scenario.integer].max(initial=0.0) < 1e-5
        total += float(program.probabilities[solution.index]) * (float(scenario.cost @ values) + scenario.offset)
    return total


def _excess(values: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    scale = np.maximum(1.0, np.abs(values))
    return float(np.max([(lower - values) / scale, (values - upper) / scale], initial=0.0))


@pytest.mark.parametrize("first", range(0, len(ARRAYS) + len(SITES), CHUNK))
@pytest.mark.parametrize("method", METHODS)
def test_the_interval_contains_the_optimum(method: str, first: int) -> None:
    solve = engine(method)
    for seed in range(first, first + CHUNK):
        case, optimum = solved_apart(seed)
        result = solve(case.program, options(seed))
        assert result is not None
        tolerance = 1e-6 * max(1.0, abs(optimum))
        where = f"seed {seed}: {optimum!r} in [{result.lower!r}, {result.upper!r}]"
        assert result.lower <= optimum + tolerance, where
        assert optimum <= result.upper + tolerance, where
        assert result.lower <= result.upper + tolerance, where
        for point in result.trace:
            assert point.lower <= optimum + tolerance, where
            assert optimum <= point.upper + tolerance, where
        if result.status == "limit" and result.upper == np.inf:
            # no time at all: a bound may be all there is
            assert seed % 7 == 0, where
            continue
        assert len(result.scenarios) == len(case.program.scenario_names), where
        assert cost_of(case.program, result) == pytest.approx(result.upper, rel=1e-6, abs=1e-6), where
        if result.status in ("optimal", "gap_reached"):
            assert result.gap_rel <= options(seed).gap_rel * (1 + 1e-9), where


def test_every_method_has_its_entry() -> None:
    assert set(METHODS) <= set(ENTRY)


def test_programs_are_of_all_kinds() -> None:
    """The sample would prove little if agreement below nodes never mattered, or integrality."""
    cases = [solved_apart(seed) for seed in range(40)]
    stages = {(case.integer, case.program is not case.leaves) for case, _ in cases}
    assert stages == {(False, False), (False, True), (True, False), (True, True)}
    differences = [
        optimum - extensive_optimum(case.leaves, [], []) for case, optimum in cases if case.program is not case.leaves
    ]
    assert sum(difference > 1e-3 for difference in differences) > len(differences) / 2
