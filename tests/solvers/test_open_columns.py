"""Columns without a finite bound are named, where they are looked for and where a bound rests on them."""

from __future__ import annotations

import io

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.planted_programs import known_program
from rich.console import Console
from solvers.array_programs import ArrayProgram

from mes_stoch.model.program import LinearProgram, RootStage
from mes_stoch.report.numerics_table import render_numerics
from mes_stoch.solvers.certificate.numerics import inspect
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.subproblems.nearest import NearestRoot
from mes_stoch.solvers.subproblems.open_columns import named, open_columns

INF = np.inf


def program(upper: list[float], cost: list[float]) -> ArrayProgram:
    """``r + x <= 3``, ``y - z = 0``; r is the root's, all from 0 on."""
    columns = np.array([0], dtype=np.int32)
    scenario = LinearProgram(
        matrix=sp.csc_array(np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])),
        cost=np.array(cost),
        offset=0.0,
        row_lower=np.array([-INF, 0.0]),
        row_upper=np.array([3.0, 0.0]),
        column_lower=np.zeros(4),
        column_upper=np.array(upper),
        integer=np.zeros(4, dtype=bool),
    )
    consensus = np.ones(1, dtype=bool)
    root = RootStage(columns, ("r",), consensus, np.ones(1), NearestRoot(scenario, columns, consensus))
    return ArrayProgram([scenario, scenario], np.array([0.5, 0.5]), root)


@pytest.mark.parametrize(
    ("upper", "cost", "expected"),
    [
        # r and x are at most 3; what earns money and stands in no row with a limit has none
        ([INF, INF, INF, INF], [-1.0, -1.0, -1.0, -1.0], ["x2", "x3"]),
        # one of two that are equal is enough
        ([INF, INF, 5.0, INF], [-1.0, -1.0, -1.0, -1.0], []),
        # what costs money is no larger than its rows ask
        ([INF, INF, INF, INF], [1.0, 1.0, 1.0, 1.0], []),
    ],
)
def test_columns_without_a_bound(upper: list[float], cost: list[float], expected: list[str]) -> None:
    assert open_columns(program(upper, cost)) == expected


def test_columns_of_an_extensive_form_are_told_with_their_scenario() -> None:
    """One root column, then three of each scenario: 0 is r, 2 the second of s0 (x2), 6 the third of s1 (x3)."""
    small = program([1.0] * 4, [1.0] * 4)
    starts = np.array([1, 4], dtype=np.int32)
    first, second = small.scenario_names
    columns = np.array([0, 2, 6], dtype=np.int32)
    assert named(small, columns, starts) == f"x0; x2 in scenario {first}; x3 in scenario {second}"
    assert named(small, np.array([0, 2, 6, 5], dtype=np.int32), starts).endswith("and 1 more")


def test_a_bound_that_rests_on_them_names_them() -> None:
    known = known_program(3)
    details = solve_extensive(known.program, SolveOptions(gap_rel=1e-6)).details
    assert details["columns_without_bound"] == 7
    text = str(details["columns_without_bound_named"])
    assert text.count(";") == 2
    assert text.endswith("and 4 more")


def test_the_table_of_numerics_lists_them() -> None:
    out = io.StringIO()
    found = inspect(program([1.0] * 4, [1.0] * 4), [0])
    Console(file=out, width=200).print(render_numerics(found, "s0", without_bound=[f"x{k}" for k in range(12)]))
    assert "12 variables have no finite bound" in " ".join(out.getvalue().split())
    assert "x9 and 2 more" in " ".join(out.getvalue().split())
