"""Optimality gaps of three stages: the policy, coverage where the truth is known by hand, the command."""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from helpers.reserved_orders import (
    BEST,
    BEST_CAPACITY,
    CANDIDATE,
    CANDIDATE_BEST,
    CANDIDATE_WITH_THREE,
    ORDER,
    sampled_nodes,
)
from helpers.three_stage_coverage import covered

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.day_ahead_policy import policy_costs
from mes_stoch.schema.errors import UsageError

THINNED, FULL = 16, 200
#: Quantile of the normal distribution that a mean of this file misses once in 30,000 runs, were seeds not fixed.
FOUR = 4.0


def test_positions_are_those_of_the_other_leaves() -> None:
    """Two nodes decide by demands of their own; the middle one of three is the best order at half the price."""
    evaluated, deciding = sampled_nodes(5, 2, 1, 3)
    costs = policy_costs(deciding, evaluated, ORDER, np.array([CANDIDATE]), gap_rel=1e-9)
    demands = [scenario.column_upper[2] for scenario in deciding.program.scenarios]
    orders = [sorted(demands[:3])[1], sorted(demands[3:])[1]]
    judged = [scenario.column_upper[2] for scenario in evaluated.program.scenarios]
    by_hand = [0.1 * CANDIDATE + 0.5 * d - min(d, demand) for d, demand in zip(orders, judged, strict=True)]
    assert costs == pytest.approx(by_hand)


def test_the_policy_is_valued_without_bias() -> None:
    """What 90 units of capacity earn with orders by three demands is known by hand."""
    found = []
    for seed in range(12):
        evaluated, deciding = sampled_nodes(seed, 60, 4, 3)
        found.extend(-policy_costs(deciding, evaluated, ORDER, np.array([CANDIDATE]), gap_rel=1e-9))
    error = float(np.std(found, ddof=1)) / math.sqrt(len(found))
    assert abs(float(np.mean(found)) - CANDIDATE_WITH_THREE) < FOUR * error
    # it could tell this from what the best orders earn
    assert 2 * error < CANDIDATE_BEST - CANDIDATE_WITH_THREE


@pytest.mark.parametrize("count", [2, 5], ids=["averaged", "multiple"])
@pytest.mark.parametrize("trials", [THINNED, pytest.param(FULL, marks=pytest.mark.full_size)], ids=["thinned", "full"])
def test_coverage(count: int, trials: int) -> None:
    """A stated 95 % has to hold the gap of the policy, and with it that of its root, in 90 % of the cases."""
    found = covered(trials, count)
    assert found.held >= 0.9 * trials
    assert found.mean_gap >= BEST - CANDIDATE_WITH_THREE
    assert found.mean_bound >= BEST


def test_the_best_root_has_a_small_gap() -> None:
    """With many leaves to decide by, hardly more than the sample's own advantage is left of the gap of 4.4."""
    found = covered(3, 3, capacity=BEST_CAPACITY, nodes=40, leaves=12, further=25)
    assert 0.0 <= found.mean_gap < 1.0


def test_a_site(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    solve = ["solve", str(instances / "enedis_local"), "--scenarios", "4", "--out", str(folder), "--no-figures"]
    assert run_command(solve)[0] == 0
    capsys.readouterr()
    asked = ["--replications", "3", "--scenarios", "4", "--leaves-per-node", "2", "--policy-leaves", "3"]
    assert run_command(["evaluate", str(folder), *asked])[0] == 0
    shown = capsys.readouterr().out
    assert "3 other leaves" in shown
    assert max(len(line) for line in shown.splitlines()) <= 110
    part = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["optimality_gap"]
    assert (part["scenarios"], part["leaves_per_node"], part["policy_leaves"]) == (2, 2, 3)
    assert part["gap_mean"] >= 0


def test_the_leaves_of_a_sample_stay_when_others_are_added(instances: Path) -> None:
    """Leaves are drawn by their path: those that decide are further ones, and the sample is that of its seed."""
    site = ms.read(instances / "enedis_local")
    alone = site.tree(4, 3, leaves_per_day_ahead_node=2)
    more = site.tree(10, 3, leaves_per_day_ahead_node=5)
    part = more.part([0, 1, 5, 6])
    assert part.scenario_names == alone.scenario_names
    assert part.probabilities == pytest.approx(alone.probabilities)
    for name in alone.series_names:
        values = partial(np.array_equal, equal_nan=True)
        assert all(values(part.values(name, k), alone.values(name, k)) for k in range(4))


def test_a_policy_of_no_leaves_is_refused(instances: Path, tmp_path: Path) -> None:
    site = ms.read(instances / "enedis_local")
    volumes = tmp_path / "none.csv"
    volumes.write_text("product,block_start,volume_mw\n", encoding="utf-8")
    tree = site.tree(4, leaves_per_day_ahead_node=2)
    with pytest.raises(UsageError, match="1 leaf or more"):
        ms.evaluate(site, commitments=volumes, tree=tree, replications=2, policy_leaves=0)
