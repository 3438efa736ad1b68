"""The frontier of risk and return: by hand, against SciPy on random programs, and what must always hold of it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from helpers.mean_risk import least_mean_risk_cost
from helpers.random_programs import Case, random_case
from helpers.three_stage_folder import write_folder
from rich.table import Table
from solvers.array_programs import newsvendor

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.evaluation import evaluation_schema
from mes_stoch.evaluation.frontier import Frontier, checked_weights, frontier_of
from mes_stoch.evaluation.plans import MeanRisk
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.risk.tail import ConditionalValueAtRisk
from mes_stoch.report.frontier import render_frontier
from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop

EXACT = SolveOptions(gap_rel=1e-7)
WEIGHTS = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_two_scenarios_by_hand() -> None:
    """Orders from 10 to 50 at 0.2 a unit, sold at 1: profits of 8 and 8 up to 0 and 40.

    The worst half earns 8 to 0 and the mean 8 to 20, on a line; 50 is best as long as ``20 (1 - beta) > 8``, to 0.6.
    """
    found = frontier_of(MeanRisk(newsvendor([10.0, 50.0], [0.2, 0.2]), ConditionalValueAtRisk(0.5)), WEIGHTS, EXACT)
    assert [point.weight for point in found.points] == WEIGHTS
    for point in found.points:
        assert point.plan.worth(point.weight) == pytest.approx(max(8.0, 20.0 * (1 - point.weight)), abs=1e-5)
        assert point.bound_upper == pytest.approx(max(8.0, 20.0 * (1 - point.weight)), abs=1e-5)
    assert found.points[0].plan.profits == pytest.approx([0.0, 40.0], abs=1e-4)
    assert found.points[-1].plan.profits == pytest.approx([8.0, 8.0], abs=1e-4)
    # 20, 8 and what lies between 0.4 and 0.8, where they change places
    assert {point.weight for point in found.points if point.is_solved} >= {0.0, 1.0, 0.4}
    assert not found.points[1].is_solved
    # the envelope is the line from (8, 8) to (0, 20); to its right is nothing
    assert found.most_expected(4.0) == pytest.approx(14.0, abs=1e-4)
    assert found.most_expected(-3.0) == pytest.approx(20.0, abs=1e-4)
    assert found.most_expected(8.1) == -math.inf


def test_volumes_at_all_prices_are_told(instances: Path) -> None:
    """``bid_curve_fr``: 1 MW at each of three prices is best on the mean."""
    found = ms.evaluate(ms.read(instances / "bid_curve_fr"), frontier=True, risk_weights=[0, 1], gap_rel=1e-7).frontier
    assert found is not None
    table = render_frontier(found).renderables[0]
    assert isinstance(table, Table)
    assert next(iter(table.columns[-1].cells)) == "3"


def frontier(case: Case, alpha: float, options: SolveOptions) -> Frontier:
    shared = np.array(case.shared, dtype=np.int32)
    measure = ConditionalValueAtRisk(alpha)
    if not isinstance(case.program, BundledProgram):
        return frontier_of(MeanRisk(case.leaves, measure), WEIGHTS, options)
    plans = MeanRisk(case.leaves, measure, lambda program: BundledProgram(program, case.groups, shared), shared)
    return frontier_of(plans, WEIGHTS, options)


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(k, marks=pytest.mark.full_size) for k in range(8, 60))])
def test_random_programs(seed: int) -> None:
    """Brackets hold the optimum that SciPy finds; plans lie below the envelope; the frontier falls and is concave."""
    case, alpha = random_case(seed), (0.5, 0.8)[seed % 2]
    found = frontier(case, alpha, SolveOptions(gap_rel=1e-4, time_limit_s=60.0))
    assert [point.weight for point in found.points] == WEIGHTS
    size = max(1.0, *(float(np.abs(point.plan.profits).max()) for point in found.points))
    for point in found.points:
        optimum = -least_mean_risk_cost(case.leaves, case.groups, case.shared, 1.0 - alpha, point.weight)
        assert point.utility.lower <= optimum + 1e-6 * size
        assert optimum <= point.utility.upper + 1e-6 * size
    for point in found.points:
        assert point.plan.expected <= found.most_expected(point.plan.measured) + 1e-6 * size or point.weight == 1.0
    gap = [point.utility.width + 1e-6 * size for point in found.points]
    for k, (one, other) in enumerate(zip(found.points, found.points[1:], strict=False)):
        # what is gained of one side is at least what is lost of it, but for what the gaps leave open
        open_gap = (gap[k] + gap[k + 1]) / (other.weight - one.weight)
        assert other.plan.measured - other.plan.expected >= one.plan.measured - one.plan.expected - open_gap
    for one, middle, other in zip(found.points, found.points[1:], found.points[2:], strict=False):
        # at its own weight a plan is worth no less than a mixture of its neighbours
        beta = middle.weight
        for share in (0.25, 0.5, 0.75):
            mixed = share * one.plan.worth(beta) + (1 - share) * other.plan.worth(beta)
            assert middle.plan.worth(beta) >= mixed - 1e-9 * size


@pytest.mark.parametrize("seed", range(6))
def test_the_measure_falls_with_alpha(seed: int) -> None:
    """A smaller share of the worst is worth no more, plan by plan and for the best plan."""
    case = random_case(seed)
    ends = [frontier(case, alpha, SolveOptions(gap_rel=1e-5, time_limit_s=60.0)).points[-1] for alpha in (0.2, 0.7)]
    size = max(1.0, float(np.abs(ends[0].plan.profits).max()))
    assert ends[1].utility.lower <= ends[0].utility.upper + 1e-6 * size


def test_no_time() -> None:
    plans = MeanRisk(newsvendor([10.0, 50.0], [0.2, 0.2]), ConditionalValueAtRisk(0.5))
    with pytest.raises(NotInTimeError, match="no time for any point"):
        frontier_of(plans, WEIGHTS, EXACT, stop=Stop(0.0))


def test_points_that_are_finished_stay() -> None:
    """The time is up after two solves: the ends are there, and what they prove."""
    plans, stop = MeanRisk(newsvendor([10.0, 50.0], [0.2, 0.2]), ConditionalValueAtRisk(0.5)), Stop()
    told: list[str] = []

    def end_after_two(line: str) -> None:
        told.append(line)
        if len(told) > 2:
            stop.request.make("SIGTERM")

    found = frontier_of(plans, WEIGHTS, EXACT, stop=stop, told=end_after_two)
    assert not found.is_complete
    assert [point.weight for point in found.points if point.is_solved] == [0.0, 1.0]
    # by the chord of the ends, 20 and 8
    assert found.points[2].bound_upper == pytest.approx(0.6 * 20 + 0.4 * 8, abs=1e-5)
    assert found.points[2].plan.worth(0.4) == pytest.approx(12.0, abs=1e-5)


def test_weights_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match=r"between 0 and 1; found -0\.1, 1\.5"):
        checked_weights([0.5, 1.5, -0.1])
    with pytest.raises(UsageError, match="2 to 201 weights"):
        checked_weights([0.5, 0.5])


def test_three_stages_by_hand(tmp_path: Path) -> None:
    """The folder's site: 30, 60, 20 without risk; 21, 61, 21 at 0.65; 24 everywhere for the worst quarter alone."""
    site = ms.read(write_folder(tmp_path / "site"))
    found = ms.evaluate(site, frontier=True, risk_weights=[0, 0.65, 1], cvar_alpha=0.75, gap_rel=1e-8).frontier
    assert found is not None
    pairs = [(point.plan.expected, point.plan.measured) for point in found.points]
    assert pairs == [pytest.approx(pair, abs=1e-4) for pair in ((32.5, 20.0), (31.0, 21.0), (24.0, 24.0))]
    assert [float(table["volume_mw"].iloc[0]) for table in found.commitments] == pytest.approx([0, 0.5, 2], abs=1e-4)


def test_the_command(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``tiny_site``: 3 MW earn -687.5 and -845 in the worst half, 4 MW -710 and -830; equal at a weight of 0.6."""
    target = tmp_path / "risk.json"
    arguments = ["--frontier", "--risk-weights", "1,0.55,0.65,0", "--cvar-alpha", "0.5", "--gap", "1e-7"]
    code, _ = run_command(["evaluate", str(instances / "tiny_site"), *arguments, "--out", str(target)])
    assert code == 0
    shown = capsys.readouterr().out
    assert "CVaR (worst 50 %)" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100
    written = json.loads(target.read_text(encoding="utf-8"))
    jsonschema.validate(written, evaluation_schema())
    points = written["frontier"]["points"]
    assert [point["weight"] for point in points] == [0.0, 0.55, 0.65, 1.0]
    assert [point["profit_mean"] for point in points] == pytest.approx([-687.5, -687.5, -710.0, -710.0])
    assert [point["risk_value"] for point in points] == pytest.approx([-845.0, -845.0, -830.0, -830.0])
    assert [point["commitments"][0]["volume_mw"] for point in points] == pytest.approx([3.0, 3.0, 4.0, 4.0])
    assert (tmp_path / "figures" / "risk_frontier.png").read_bytes().startswith(b"\x89PNG")


def test_the_measure_that_the_instance_states(instances: Path) -> None:
    """The worst case of ``tiny_site``: -970 with 3 MW and -880 with 4."""
    site = ms.read(instances / "tiny_site").with_risk("worst_case", beta=0.2)
    found = ms.evaluate(site, frontier=True, risk_weights=(0, 1), gap_rel=1e-8).frontier
    assert found is not None
    assert (found.measure, found.alpha) == ("worst_case", None)
    assert [point.plan.measured for point in found.points] == pytest.approx([-970.0, -880.0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cvar-alpha", "0.5", "--values"], "belongs to --frontier"),
        (["--frontier", "--risk-weights", "0,x"], "is not numbers with commas between"),
        (["--frontier", "--risk-weights", "0,2"], "between 0 and 1; found 2"),
    ],
)
def test_what_makes_no_sense(
    instances: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["evaluate", str(instances / "tiny_site"), *arguments])[0] == 2
    assert words in capsys.readouterr().err


def test_a_contract_of_a_year_has_no_frontier_over_days(instances: Path) -> None:
    with pytest.raises(InstanceError, match="the worst days are no worst year"):
        ms.evaluate(ms.read(instances / "annual_contracts_fr"), frontier=True)
