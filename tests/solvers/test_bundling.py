"""Bundle sizes from real solves."""

from __future__ import annotations

import pytest

from mes_stoch.io.instance import read_instance
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.pyomo_program import PyomoProgram
from mes_stoch.solvers.subproblems.bundling import bundle_size_from_solve_time
from mes_stoch.uncertainty.tree import build_tree


def test_size_follows_the_measured_times(capacity):
    program = PyomoProgram.from_module(capacity, 6)
    free = bundle_size_from_solve_time(program, 100.0)
    # 8 scenarios are more than there are.
    assert free.size == 4
    assert list(free.solve_time_s) == [1, 2, 4]
    assert all(seconds > 0 for seconds in free.solve_time_s.values())
    assert bundle_size_from_solve_time(program, 100.0, largest=3).size == 2
    # No solve is that fast: one scenario it is, and nothing larger is tried.
    poor = bundle_size_from_solve_time(program, 1e-9)
    assert poor.size == 1
    assert list(poor.solve_time_s) == [1]


@pytest.mark.parametrize("share", [0.01, 1.0, 100.0])
def test_choice_keeps_the_budget_by_its_own_measurements(instances, share):
    loaded = read_instance(instances / "hospital_fr")
    program = build_program(loaded.instance, build_tree(loaded, 2, None))
    budget = share * bundle_size_from_solve_time(program, 1e3, largest=1).solve_time_s[1]
    chosen = bundle_size_from_solve_time(program, budget)
    kept = [size for size, seconds in chosen.solve_time_s.items() if seconds <= budget]
    assert chosen.size == max([1, *kept])
    assert list(chosen.solve_time_s) in ([1], [1, 2])
    if share == 0.01:
        assert chosen.size == 1
        assert chosen.solve_time_s[1] > budget
    if share == 100.0:
        assert chosen.size == 2


@pytest.mark.parametrize(("budget_s", "largest"), [(0.0, 4), (-1.0, 4), (1.0, 0)])
def test_nonsense_is_refused(capacity, budget_s, largest):
    with pytest.raises(UsageError, match="time budget"):
        bundle_size_from_solve_time(PyomoProgram.from_module(capacity, 6), budget_s, largest=largest)
