"""Counters of the solver's work by hand, and the guard: no method asks for more work than was recorded."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import recorded_counts
from array_programs import hard_knapsack, linear_program

from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.highs import statistics

RECORD = json.loads(recorded_counts.RECORD.read_text(encoding="utf-8"))
HINT = "if that is meant, refresh with: python tests/solvers/recorded_counts.py"


def since(before: statistics.Counts) -> statistics.Counts:
    return statistics.counts() - before


def test_a_hand_over_is_one_model_and_its_arrays():
    """2 columns, 1 row, 2 entries: 3 x 2 + 2 x 1 + 2 doubles, 3 + 2 + 2 whole numbers of 4 bytes."""
    before = statistics.counts()
    highs.HighsModel(linear_program([1.0, 2.0], [[1.0, 1.0]], [1.0], [math.inf], [0, 0], [1, 1]))
    assert since(before) == statistics.Counts(models=1, bytes_handed_over=10 * 8 + 7 * 4)


def test_changes_and_runs_are_counted():
    """min x + 2y, x + y >= 1 takes one pivot; then a cost changes (4 + 8 bytes) and a row is added."""
    model = highs.HighsModel(
        linear_program([1.0, 2.0], [[1.0, 1.0]], [1.0], [math.inf], [0, 0], [1, 1]), options={"presolve": "off"}
    )
    before = statistics.counts()
    first = model.run()
    assert since(before) == statistics.Counts(runs=1, lp_iterations=first.simplex_iterations)
    assert first.simplex_iterations == 1
    before = statistics.counts()
    model.change_costs(np.array([0]), np.array([3.0]))
    assert since(before) == statistics.Counts(changes=1, bytes_handed_over=12)
    # two limits, one start, two columns, two values
    model.add_rows(np.array([0.0]), np.array([1.0]), np.array([0]), np.array([0, 1]), np.array([1.0, 1.0]))
    assert since(before) == statistics.Counts(changes=2, bytes_handed_over=12 + 2 * 8 + 4 + 2 * 4 + 2 * 8)


def test_iterations_are_told_apart_by_kind():
    before = statistics.counts()
    mixed = highs.solve(hard_knapsack(20, 3))
    found = since(before)
    assert (found.mip_iterations, found.nodes) == (mixed.simplex_iterations, mixed.nodes)
    assert found.lp_iterations == 0
    before = statistics.counts()
    highs.solve(hard_knapsack(20, 3), relax=True, options={"solver": "ipm", "presolve": "off"})
    found = since(before)
    assert found.other_iterations > 0
    assert found.mip_iterations == 0


def test_a_copy_does_not_move_and_reset_starts_again():
    program = linear_program([1.0], [[1.0]], [1.0], [math.inf], [0], [2])
    earlier = statistics.counts()
    highs.solve(program)
    assert statistics.counts().runs == earlier.runs + 1
    statistics.reset()
    assert statistics.counts() == statistics.Counts()
    highs.solve(program)
    assert statistics.counts().runs == 1


@pytest.mark.parametrize("method", recorded_counts.COUNTED_METHODS)
def test_methods_do_no_more_work_than_recorded(method):
    assert method in RECORD["methods"], f"nothing is recorded for {method}; {HINT}"
    found, recorded = recorded_counts.of_method(method), RECORD["methods"][method]
    moved = [
        f"{name} {recorded[name]} -> {found[name]}"
        for name in recorded_counts.TOLERANCE
        if recorded_counts.has_moved(name, recorded[name], found[name])
    ]
    assert not moved, f"{method}, recorded with HiGHS {RECORD['highs']}, now {highs.version()}: {moved}; {HINT}"


def test_the_guard_sees_what_it_is_for():
    """One model more is seen; iterations within 15 %, or a few where there are few, are not."""
    assert recorded_counts.has_moved("models", 5, 6)
    assert recorded_counts.has_moved("lp_iterations", 10_000, 11_501)
    assert not recorded_counts.has_moved("lp_iterations", 10_000, 11_499)
    assert not recorded_counts.has_moved("mip_iterations", 52, 200)


def test_stamping_a_scenario_allocates_no_more_than_recorded():
    """The peak holds the arrays of the scenario and little else; a dense intermediate would show at once."""
    found, recorded = recorded_counts.of_stamping(), dict(RECORD["stamping"])
    peak = recorded.pop("peak_bytes")
    assert {name: found[name] for name in recorded} == recorded, f"the model has another size; {HINT}"
    assert found["peak_bytes"] == pytest.approx(peak, rel=0.15), HINT
    # 12 bytes an entry, 4 a column pointer, 25 a column, 16 a row
    arrays = 12 * found["entries"] + 29 * found["columns"] + 16 * found["rows"]
    assert arrays < found["peak_bytes"] < 2 * arrays
