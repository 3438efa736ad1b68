"""Re-solving by two warm linear programs proves what it says and falls back on branch and bound."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from array_programs import hard_knapsack, linear_program

from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.subproblems.integer_resolve import IntegerResolve

NOTHING = np.empty(0, dtype=np.int32)
UNITS = (5.0, 8.0, 13.0)
START = (9.0, 14.0, 21.0)
RUN = (2.0, 1.6, 1.1)


def units(demand):
    """Start units, run them within their size, buy what is missing at 30: columns on (3), output (3), missing."""
    rows = [[-size if k == j else 0.0 for k in range(3)] + [float(k == j) for k in range(3)] + [0.0]
            for j, size in enumerate(UNITS)]  # fmt: skip
    return linear_program(
        [*START, *RUN, 30.0],
        [*rows, [0, 0, 0, 1, 1, 1, 1]],
        [-np.inf] * 3 + [demand],
        [0.0] * 3 + [np.inf],
        [0.0] * 7,
        [1.0] * 3 + [np.inf] * 4,
        [True] * 3 + [False] * 4,
    )


def cheapest(demand, run_cost):
    """By trying every set of units: the cheapest runs first, the rest is bought."""
    best = np.inf
    for on in itertools.product((0, 1), repeat=3):
        cost, left = sum(s for s, o in zip(START, on, strict=True) if o), demand
        for unit in sorted((k for k in range(3) if on[k]), key=lambda k: run_cost[k]):
            output = min(UNITS[unit], left)
            cost, left = cost + run_cost[unit] * output, left - output
        best = min(best, cost + 30.0 * left)
    return best


@pytest.mark.parametrize("gap", [1e-6, 0.02, 0.2])
def test_every_solution_lies_within_the_gap_of_the_best_of_all_sets(gap):
    program = units(16.0)
    model = HighsModel(program, relax=True, options={"mip_rel_gap": gap})
    resolve = IntegerResolve(model, program, gap, NOTHING)
    generator = np.random.default_rng(0)
    seen = set()
    for _ in range(40):
        run_cost = generator.uniform(0.5, 4.0, 3)
        model.change_costs(np.arange(3, 6, dtype=np.int32), run_cost)
        solution = resolve.run(np.inf)
        exact = cheapest(16.0, run_cost)
        assert solution.dual_bound <= exact + 1e-9
        assert solution.objective >= exact - 1e-9
        assert solution.objective <= exact * (1 + gap) + 1e-6
        assert np.all(np.abs(solution.values[:3] - np.round(solution.values[:3])) < 1e-6)
        seen.add(tuple(np.round(solution.values[:3])))
    assert len(seen) > 1
    # At a fifth of the cost as a gap, most changes need no search; at a millionth, most do.
    assert resolve.searches < 20 if gap > 0.1 else resolve.searches > 20


def test_trusting_a_search_saves_the_next_ones():
    program = units(16.0)
    searches = []
    for trusted_runs in (0, 5):
        model = HighsModel(program, relax=True)
        resolve = IntegerResolve(model, program, 1e-4, NOTHING, trusted_runs=trusted_runs)
        for step in range(12):
            run_cost = np.array(RUN) + 1e-4 * step
            model.change_costs(np.arange(3, 6, dtype=np.int32), run_cost)
            solution = resolve.run(np.inf)
            assert solution.objective == pytest.approx(cheapest(16.0, run_cost), rel=1e-3)
            assert solution.dual_bound <= cheapest(16.0, run_cost) + 1e-9
        searches.append(resolve.searches)
    # With trust: runs 1, 7 (five trusted ones between) of 12.
    assert searches == [12, 2]


def test_small_changes_need_no_search():
    """16 MW, all three sets of units known by enumeration: {1, 2} cheapest at 14+21+... against buying."""
    program = units(21.0)
    model = HighsModel(program, relax=True)
    resolve = IntegerResolve(model, program, 1e-3, NOTHING)
    assert resolve.run(np.inf).objective == pytest.approx(cheapest(21.0, RUN))
    # 8 and 13 MW units exactly full: the relaxation is integral.
    assert cheapest(21.0, RUN) == pytest.approx(14 + 21 + 1.6 * 8 + 1.1 * 13)
    assert resolve.searches == 0
    for shift in (0.01, 0.02, 0.03):
        model.change_costs(np.array([3], dtype=np.int32), np.array([2.0 + shift]))
        assert resolve.run(np.inf).objective == pytest.approx(cheapest(21.0, (2.0 + shift, 1.6, 1.1)))
    assert resolve.searches == 0


def test_moving_integers_follow_their_cost():
    """``min 1000.5 y - 1.5 x`` with y >= 1/2: x goes to 9 and y to 1, but x = 0, y = 1 is within 60 % of the bound."""
    program = linear_program([-1.5, 1000.5], [[0.0, 1.0]], [0.5], [1.0], [0.0, 0.0], [9.0, 1.0], [True, True])
    for moving, expected in ((np.array([0], dtype=np.int32), 9.0), (NOTHING, 0.0)):
        model = HighsModel(program, relax=True)
        resolve = IntegerResolve(model, program, 0.6, moving)
        model.change_costs(np.array([0], dtype=np.int32), np.array([1.5]))
        assert resolve.run(np.inf).values[0] == 0.0
        model.change_costs(np.array([0], dtype=np.int32), np.array([-1.5]))
        assert resolve.run(np.inf).values[0] == expected


def test_time_limit():
    program = hard_knapsack(100, 30)
    resolve = IntegerResolve(HighsModel(program, relax=True, options={"mip_rel_gap": 0.0}), program, 0.0, NOTHING)
    started = time.perf_counter()
    solution = resolve.run(0.5)
    assert time.perf_counter() - started < 5.0
    assert solution.status == "time_limit"
    assert solution.dual_bound < solution.objective


def test_infeasible_is_said():
    program = linear_program([1.0], [[2.0]], [1.0], [1.0], [0.0], [9.0], [True])
    assert IntegerResolve(HighsModel(program, relax=True), program, 1e-3, NOTHING).run(np.inf).status == "infeasible"
