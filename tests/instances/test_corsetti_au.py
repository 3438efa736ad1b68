"""The precinct of the two-loop study: valid, in order with fewer scenarios, and as its README tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from instances.test_shipped import assert_matches_expected, command_line

import mes_stoch as ms

PRECINCT = Path(__file__).resolve().parents[2] / "instances" / "corsetti_au"


def test_two_loops_lose_against_the_joint_optimum() -> None:
    """Two scenarios: services are worth more than energy alone, and most where both are planned together."""
    site = ms.read(PRECINCT)
    found = ms.evaluate(site, tree=site.tree(2), policies="two_loop,energy_only", gap_rel=1e-2).policies
    assert found is not None
    assert found.coordination is not None
    two_loop, energy = (found.outcomes[name].bracket for name in ("two_loop", "energy_only"))
    assert found.coordination.lower > 0.0
    assert two_loop.lower > energy.upper
    assert two_loop.upper <= found.recourse.upper


@pytest.mark.slow
def test_the_default_scenarios_give_the_expected_value(tmp_path: Path) -> None:
    summary = command_line([str(PRECINCT)], tmp_path / "run")
    assert summary["gap_rel"] <= 2e-3
    assert_matches_expected(summary, PRECINCT)
