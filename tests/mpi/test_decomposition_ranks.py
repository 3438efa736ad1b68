"""Decomposition shared by real ranks."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.mpi


def outcome(finished):
    assert finished.code == 0, finished.errors
    lines = finished.output.splitlines()
    assert len(lines) == 1, finished.output
    return json.loads(lines[0])


@pytest.mark.parametrize(("module", "scenarios"), [("farmer", 70), ("capacity", 6)])
def test_any_number_of_ranks_proves_the_same(mpiexec, module, scenarios):
    # 70 scenarios: with a pilot before; 6 among 4 ranks: shares of unequal size.
    found = {
        ranks: outcome(mpiexec(ranks, "solve_module.py", module, scenarios, "--method", "decomposition"))
        for ranks in (1, 2, 4)
    }
    for ranks, result in found.items():
        assert result["ranks"] == ranks
        assert result["scenarios"] == list(range(scenarios))
        assert result["spread"] <= 1e-9
        assert result["seen"] == len(result["trace"]) > 1
        # Sums in another order can choose another of several optima of the master: the same within the gap.
        assert result["upper"] - result["lower"] <= 1e-4 * abs(result["upper"]) or module == "capacity"
        assert (result["lower"], result["upper"]) == pytest.approx((found[1]["lower"], found[1]["upper"]), rel=1e-4)


def test_more_ranks_than_scenarios(mpiexec):
    found = outcome(mpiexec(4, "solve_module.py", "farmer", 3, "--method", "decomposition"))
    assert found["lower"] == pytest.approx(-108390)
    assert found["upper"] == pytest.approx(-108390)


def test_a_scenario_without_a_solution_ends_all_ranks_with_its_name(mpiexec):
    finished = mpiexec(3, "solve_module.py", "farmer", 6, "--method", "decomposition", "--cut-scenario", 4)
    assert finished.code == 3
    assert "has no solution" in finished.errors


@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_agree_where_recourse_is_not_complete(mpiexec, ranks):
    finished = mpiexec(ranks, "hard_programs.py", 12)
    assert (finished.code, finished.output) == (0, ""), finished.errors
