"""The start from the linear relaxation."""

from __future__ import annotations

import numpy as np
import pytest
from array_programs import newsvendor

from mes_stoch.solve import bounds, highs
from mes_stoch.solve.extensive import assemble
from mes_stoch.solve.multicut import find_start
from mes_stoch.solve.pool import ScenarioPool
from mes_stoch.solve.pyomo_program import PyomoProgram


@pytest.mark.parametrize(("module", "scenarios"), [("farmer", 3), ("farmer", 80), ("capacity", 6)])
def test_multipliers_are_optimal_for_the_relaxation(request, module, scenarios):
    # 80 scenarios: more than there are groups of cuts.
    program = PyomoProgram.from_module(request.getfixturevalue(module), scenarios)
    form = assemble(program)
    relaxed = highs.solve(form.program, relax=True).objective / form.scale
    start = find_start(program, 1e-7, 60.0)
    assert start is not None
    bounds.check_multipliers(program.probabilities, start.multipliers)
    pool = ScenarioPool(program, relax=True)
    each = bounds.lagrangian_bound(program, range(scenarios), start.multipliers, pool=pool)
    assert program.probabilities @ each == pytest.approx(relaxed, rel=1e-6)
    # The integer subproblems can only raise the bound.
    whole = bounds.lagrangian_bound(program, range(scenarios), start.multipliers)
    assert program.probabilities @ whole >= relaxed - 1e-6 * abs(relaxed)


def test_point_is_the_farmers_optimum(farmer):
    start = find_start(PyomoProgram.from_module(farmer, 3), 1e-7, 60.0)
    assert start is not None
    assert start.point == pytest.approx([170, 80, 250])
    assert start.passes <= 15


def test_no_start_where_a_commitment_has_no_recourse():
    program = newsvendor([10.0, 20.0], [0.5, 0.5])
    # The second scenario needs an order of at least 15, the first makes none above 12: no point suits both.
    program.scenarios[0].column_upper[0] = 12.0
    program.scenarios[1].row_lower[0] = -5.0
    program.scenarios[1].row_upper[0] = -5.0
    program.scenarios[1].column_lower[1] = 10.0
    assert find_start(program, 1e-7, 60.0) is None


def test_time_limit_ends_it_with_what_there_is(farmer):
    program = PyomoProgram.from_module(farmer, 30)
    start = find_start(program, 1e-9, 0.0)
    assert start is not None
    assert start.passes == 1
    assert start.gap_rel > 1e-9
    assert np.abs(program.probabilities @ start.multipliers).max() < 1e-9
