"""Random sites that hold reserve wherever they can: every optimal plan stands every full call."""

from __future__ import annotations

from datetime import datetime

import pytest
from helpers.random_reserves import ReserveSite

from mes_stoch.evaluation.stress.outcome import StressTest, stress
from mes_stoch.model.site_program import build_program
from mes_stoch.report.assemble import assemble_run
from mes_stoch.report.run import RunSettings
from mes_stoch.settlement.data import SettlementData
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive

#: Sites of every run of the tests, and of the long one.
FEW, ALL = 30, 300

#: Any plan that is feasible has to stand the test; the best one to 1 % is found in a second.
OPTIONS = SolveOptions(gap_rel=1e-2, time_limit_s=20.0)


def stressed(seed: int, *, has_outages: bool = False) -> StressTest:
    instance, tree = ReserveSite(seed, has_outages=has_outages).build()
    program = build_program(instance, tree)
    settings = RunSettings(inputs={}, method="ef", started=datetime(2025, 1, 1))
    run = assemble_run(program, solve_extensive(program, OPTIONS), settings)
    return stress(SettlementData(instance, tree, run.solution, run.flow_data))


def assert_stands(seeds: range, *, has_outages: bool = False) -> None:
    misses, holding = {}, 0
    for seed in seeds:
        test = stressed(seed, has_outages=has_outages)
        holding += test.calls_tested > 0
        if not test.passed:
            misses[seed] = test.table().head(3).to_dict("records")
    assert misses == {}
    # most of them sell something, or nothing would have been tested
    assert holding >= 0.8 * len(seeds)


def test_nothing_is_sold_twice() -> None:
    assert_stands(range(FEW))


def test_nothing_is_sold_that_is_not_available() -> None:
    assert_stands(range(FEW), has_outages=True)


@pytest.mark.full_size
@pytest.mark.parametrize("first", range(FEW, ALL, 30))
def test_nothing_is_sold_twice_on_any_site(first: int) -> None:
    assert_stands(range(first, first + 30))


@pytest.mark.full_size
@pytest.mark.parametrize("first", range(FEW, ALL, 30))
def test_nothing_is_sold_that_is_not_available_on_any_site(first: int) -> None:
    assert_stands(range(first, first + 30), has_outages=True)
