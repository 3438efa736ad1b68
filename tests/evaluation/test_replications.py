"""Optimality gaps over days that were not drawn: the formulas, coverage where the truth is known, the command."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from solvers.array_programs import ArrayProgram, newsvendor

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.evaluation import evaluation_schema
from mes_stoch.evaluation.replications import OptimalityGap, Replication, optimality_gap, seeds_of
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate.result import SolveOptions

COST, LARGEST = 0.5, 100.0
THINNED, FULL = 20, 200


def profit(order: float) -> float:
    """Mean over demands uniform on [0, 100] of what is sold at 1 of an order at 0.5: x - x^2 / 200 - x / 2."""
    return order * (1 - COST) - order**2 / (2 * LARGEST)


def sampled(seed: int, count: int) -> ArrayProgram:
    demands = np.random.default_rng(seed).uniform(0.0, LARGEST, count)
    return newsvendor(demands.tolist(), [COST] * count)


def replication(bound: float, candidate: float, variance: float = 0.0, scenarios: int = 10) -> Replication:
    return Replication(bound, bound, candidate, variance, scenarios, "safe")


def test_multiple_replications_by_hand() -> None:
    """Gaps 1, 2, 3: mean 2, deviation 1; t of two degrees of freedom at 95 % is 2.919986."""
    gap = OptimalityGap((replication(11, 10), replication(22, 20), replication(33, 30)))
    assert gap.estimate == pytest.approx(2.0)
    assert gap.sampling_error == pytest.approx(2.919986 / math.sqrt(3), rel=1e-6)
    assert gap.upper == pytest.approx(2.0 + 2.919986 / math.sqrt(3), rel=1e-6)
    assert gap.candidate == pytest.approx(20.0)


def test_averaged_two_replication_by_hand() -> None:
    """Gaps 1 and 3, variances 4 and 12 over 10 scenarios each; t of 19 degrees of freedom at 95 % is 1.729133."""
    gap = OptimalityGap((replication(11, 10, 4.0), replication(23, 20, 12.0)))
    assert gap.method == "averaged two-replication"
    assert gap.estimate == pytest.approx(2.0)
    assert gap.sampling_error == pytest.approx(1.729133 * math.sqrt(8.0) / math.sqrt(20.0), rel=1e-6)


def test_a_sample_that_the_candidate_beats_has_no_gap() -> None:
    assert replication(9.9999, 10.0).gap == 0.0


@pytest.mark.parametrize("count", [2, 5], ids=["averaged", "multiple"])
@pytest.mark.parametrize("trials", [THINNED, pytest.param(FULL, marks=pytest.mark.full_size)], ids=["thinned", "full"])
def test_coverage(count: int, trials: int) -> None:
    """An order of 40 earns 12, the best of 50 earns 12.5: 95 % of the intervals should hold 0.5, 90 % have to."""
    order = np.array([40.0])
    truth = profit(50.0) - profit(40.0)
    assert truth == pytest.approx(0.5)
    held, mean = 0, 0.0
    for trial in range(trials):
        gap = optimality_gap(
            lambda seed: (sampled(seed, 20), order), seeds_of(trial, count), SolveOptions(gap_rel=1e-6)
        )
        held += gap.upper >= truth
        mean += gap.estimate / trials
    assert held >= 0.9 * trials
    # the mean gap is biased upward, never downward, but for the error of this mean
    assert mean >= truth


def test_candidate_and_bound_are_of_the_same_sample() -> None:
    """Demands 10 and 20: the best order of 10 to 20 earns 5, an order of 40 earns 15 - 20."""
    gap = optimality_gap(
        lambda seed: (newsvendor([10.0, 20.0], [COST] * 2), np.array([40.0])), [1, 2, 3], SolveOptions(gap_rel=1e-9)
    )
    assert gap.candidate == pytest.approx(-5.0)
    assert gap.estimate == pytest.approx(10.0)
    assert gap.table()["bound_upper"].tolist() == pytest.approx([5.0] * 3)


def test_weights_that_differ_are_no_sample() -> None:
    program = newsvendor([10.0, 20.0], [COST] * 2)
    program.probabilities = np.array([0.4, 0.6])
    with pytest.raises(UsageError, match="no independent draws"):
        optimality_gap(lambda seed: (program, np.array([10.0])), [1, 2], SolveOptions())


def test_the_command(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    command = ["solve", str(instances / "enedis_local"), "--scenarios", "4", "--out", str(folder), "--no-figures"]
    assert run_command(command)[0] == 0
    capsys.readouterr()
    assert run_command(["evaluate", str(folder), "--replications", "3", "--scenarios", "4"])[0] == 0
    shown = capsys.readouterr().out
    assert "multiple replications" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100
    document = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, evaluation_schema())
    part = document["optimality_gap"]
    assert (part["replications"], part["scenarios"], len(set(part["seeds"]))) == (3, 4, 3)
    assert part["gap_upper"] == pytest.approx(part["gap_mean"] + part["sampling_error"])


def test_a_list_of_scenarios_is_no_sample(instances: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = ms.read(instances / "tiny_site")
    run = ms.solve(site, method="ef")
    with pytest.raises(UsageError, match="lists its scenarios"):
        ms.evaluate(run, replications=2)


def test_two_replications_of_one_scenario_have_no_spread() -> None:
    with pytest.raises(UsageError, match="two draws"):
        optimality_gap(lambda seed: (sampled(seed, 1), np.array([40.0])), [1, 2], SolveOptions())


@pytest.mark.parametrize("seed", [-1, 0.5])
def test_a_seed_is_a_whole_number(instances: Path, seed: float) -> None:
    site = ms.read(instances / "enedis_local")
    frame = pd.DataFrame(columns=["product", "block_start", "volume_mw"])
    with pytest.raises(UsageError, match="seed"):
        ms.evaluate(site, commitments=frame, replications=3, seed=seed)  # type: ignore[arg-type]
