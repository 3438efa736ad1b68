"""WS, RP, EV, EEV, EVPI and VSS: published, by hand, and their order on random programs."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.random_programs import random_case
from helpers.three_stage_folder import THREE_STAGE_PROFIT, TWO_STAGE_PROFIT, write_folder
from solvers.array_programs import load_model, newsvendor

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.values import Values, values_of_program
from mes_stoch.model.mean_program import MeanProgram
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.pyomo_program import PyomoProgram

EXACT = SolveOptions(gap_rel=1e-8)
COST = 0.5


def middle(bracket: Bracket) -> float:
    assert bracket.width >= 0
    assert bracket.width <= 1e-5 * max(abs(bracket.upper), 1.0)
    return (bracket.lower + bracket.upper) / 2


@pytest.mark.parametrize("method", ["ef", "decomposition"])
def test_farmer(method: str) -> None:
    """Birge & Louveaux (2011), section 1.1: 108,390; 115,406; 107,240; 7,016; 1,150."""
    program = PyomoProgram.from_module(load_model("farmer"), 3)
    found = {name: middle(b) for name, b in values_of_program(program, EXACT, method=method).named().items()}
    assert found["RP"] == pytest.approx(108_390, abs=1e-2)
    assert found["WS"] == pytest.approx(115_406, abs=0.5)
    assert found["EEV"] == pytest.approx(107_240, abs=1e-2)
    assert found["EVPI"] == pytest.approx(7_016, abs=0.5)
    assert found["VSS"] == pytest.approx(1_150, abs=1e-2)


def test_a_site_by_hand(instances: Path) -> None:
    """``tiny_site``, whose README has RP.

    WS: all MW of the demand are held in each scenario, 40, 80, 120 and 4 (40 + 50) EUR, on top of -400, -600, -840 and
    -1,240. EV: 2.5 MW at 57.5 EUR/MWh, -575 - 240 + 100, and of the reserve 2 MW: 80, and 25 for a call of a quarter of
    an hour; a third MW would be short by a half, -30, for 20 and 6.25 at most. EEV: 2 MW earn 80, -770 + 80.
    """
    site = ms.read(instances / "tiny_site")
    found = ms.evaluate(site, values=True, gap_rel=1e-9).values
    assert found is not None
    expected = {"WS": -620.0, "RP": -687.5, "EEV": -690.0, "EV": -610.0, "EVPI": 67.5, "VSS": 2.5}
    assert {name: middle(bracket) for name, bracket in found.named().items()} == pytest.approx(expected)


def test_a_site_with_risk_by_hand(instances: Path) -> None:
    """``tiny_site`` with a weight of 0.8 on the worst half.

    Alone the scenarios earn -360, -520, -720 and -880: -620 on the mean, -800 in the worst half. 2 MW, which the mean
    has, earn -420, -520, -760 and -1,060: -690 and -910. RP is 4 MW, -710 and -830.
    """
    site = ms.read(instances / "tiny_site").with_risk("cvar", alpha=0.5, beta=0.8)
    found = ms.evaluate(site, values=True, products=True, gap_rel=1e-9)
    assert found.values is not None
    wait, recourse, result = (0.2 * mean + 0.8 * worst for mean, worst in ((-620, -800), (-710, -830), (-690, -910)))
    expected = {"WS": wait, "RP": recourse, "EEV": result, "EV": -610.0}
    expected |= {"EVPI": wait - recourse, "VSS": recourse - result}
    assert {name: middle(bracket) for name, bracket in found.values.named().items()} == pytest.approx(expected)
    assert found.values.result().utility == "utility (0.2 x mean + 0.8 x cvar)"
    # without the reserve: -400, -600, -840 and -1,240, -770 on the mean, -1,040 in the worst half
    assert found.product_values is not None
    assert middle(found.product_values.nothing) == pytest.approx(0.2 * -770 + 0.8 * -1040)


def test_a_run_with_risk_brings_what_it_has_proven(instances: Path) -> None:
    run = ms.solve(ms.read(instances / "tiny_site").with_risk("worst_case", beta=0.5), method="ef")
    told: list[str] = []
    found = ms.evaluate(run, values=True, told=told.append).values
    assert found is not None
    assert found.recourse == Bracket(run.summary["bound_lower"], run.summary["bound_upper"])
    assert not any(line.startswith("RP") for line in told)


def test_three_stages_with_risk_by_hand(tmp_path: Path) -> None:
    """A weight of 0.65 on the worst quarter of the folder's site.

    Each leaf alone takes 2 MW of reserve: 24 and 30, 40 or nothing, whose worst quarter is half of `plain`, 24. The
    mean takes 2 MW as well and buys 1 MW day-ahead. With the reserve held, `low` earns 24 + 30 d and `high` 24 - 40 d:
    with risk nothing is bought, d = 0, and 24 is earned everywhere. With its purchase held, d = -1, `low` earns -6. RP
    takes 0.5 MW and sells as much day-ahead: 21, 61 and 21, 31 on the mean and 21 in the worst quarter.
    """
    site = ms.read(write_folder(tmp_path / "site")).with_risk("cvar", alpha=0.75, beta=0.65)
    found = ms.evaluate(site, values=True, gap_rel=1e-9).values
    assert found is not None
    named = {name: middle(bracket) for name, bracket in found.named().items()}
    assert named["WS"] == pytest.approx(0.35 * 41.5 + 0.65 * 24)
    assert named["EEV"] == pytest.approx(24.0)
    assert named["EEV_day_ahead"] == pytest.approx(0.35 * 26.5 + 0.65 * -6)
    assert named["EV"] == pytest.approx(26.5)
    assert named["RP"] == pytest.approx(0.35 * 31 + 0.65 * 21)


def test_three_stages_by_hand(tmp_path: Path) -> None:
    """The folder's docstring has RP and, since every leaf alone takes 2 MW of reserve, WS.

    EV: intraday costs (20 + 90) / 4 + 50 / 2 = 52.5, so G is sold there and one MW more, bought day-ahead: a profit of
    10 G + 2.5, and 12 for a MW of reserve: r = 2, 26.5. EEV: (30 (0 - 1) + 10 (0 - 1) + 50) / 4 + 24 = 26.5, day-ahead
    as bought by the mean, so with that fixed as well.
    """
    site = ms.read(write_folder(tmp_path / "site"))
    found = ms.evaluate(site, values=True, gap_rel=1e-9).values
    assert found is not None
    named = {name: middle(bracket) for name, bracket in found.named().items()}
    assert named["RP"] == pytest.approx(THREE_STAGE_PROFIT)
    assert named["WS"] == pytest.approx(TWO_STAGE_PROFIT)
    assert named["EVPI"] == pytest.approx(TWO_STAGE_PROFIT - THREE_STAGE_PROFIT)
    assert (named["EV"], named["EEV"], named["EEV_day_ahead"]) == pytest.approx((26.5, 26.5, 26.5))
    assert (named["VSS"], named["VSS_day_ahead"]) == pytest.approx((6.0, 6.0))


@pytest.mark.parametrize("seed", range(12))
def test_order_of_values(seed: int) -> None:
    case = random_case(seed)
    found = values_of_program(case.program, SolveOptions(gap_rel=1e-6), leaves=case.leaves)
    size = max(1.0, *(abs(b.upper) for b in (found.wait_and_see, found.recourse)))
    assert found.perfect_information.upper >= -1e-9 * size
    assert found.stochastic_solution.upper >= -1e-9 * size
    assert found.wait_and_see.upper >= found.recourse.lower
    assert found.recourse.upper >= found.expected_result.lower


def test_a_first_stage_that_some_scenario_cannot_answer() -> None:
    """The mean allows 15; one scenario takes 10 at most."""
    program = newsvendor([10.0, 20.0], [0.5, 0.5])
    program.scenarios[0].column_upper[0] = 10.0
    program.scenarios[1].column_upper[0] = 20.0
    found = values_of_program(program, EXACT)
    assert found.expected_result == Bracket(-math.inf, -math.inf)
    assert found.stochastic_solution.lower == math.inf
    assert found.result().values["EEV"].lower is None


def test_the_mean_is_that_of_all_numbers() -> None:
    program = replace(newsvendor([10.0, 30.0, 50.0], [0.5, 0.25, 0.75]), probabilities=np.array([0.25, 0.75, 0.0]))
    mean = MeanProgram(program).scenario(0)
    parts = [program.scenario(index) for index in range(2)]
    for name in ("cost", "row_lower", "row_upper", "column_lower", "column_upper"):
        weighted = 0.25 * getattr(parts[0], name) + 0.75 * getattr(parts[1], name)
        assert np.array_equal(getattr(mean, name), weighted)
    assert (mean.matrix - (0.25 * parts[0].matrix + 0.75 * parts[1].matrix)).nnz == 0


def test_brackets_of_differences_are_no_closer_than_they_are() -> None:
    nothing = Bracket(-math.inf, -math.inf)
    assert Bracket(1.0, 2.0) - Bracket(0.5, 0.75) == Bracket(0.25, 1.5)
    assert Bracket(1.0, 2.0) - nothing == Bracket(math.inf, math.inf)
    unknown = Bracket(-math.inf, 5.0) - Bracket(-math.inf, 3.0)
    assert unknown == Bracket(-math.inf, math.inf)


def test_the_command(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "values.json"
    assert run_command(["evaluate", str(instances / "tiny_site"), "--values", "--out", str(target)])[0] == 0
    shown = capsys.readouterr()
    assert "EVPI" in shown.out
    assert max(len(line) for line in shown.out.splitlines()) <= 100
    written = json.loads(target.read_text(encoding="utf-8"))["values"]
    assert written["values"]["VSS"]["lower"] == pytest.approx(2.5, abs=1e-3)


def test_a_run_brings_what_it_has_proven(instances: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ms.solve(ms.read(instances / "tiny_site"), method="ef")
    told: list[str] = []
    found = ms.evaluate(run, values=True, told=told.append).values
    assert isinstance(found, Values)
    assert found.recourse == Bracket(run.summary["bound_lower"], run.summary["bound_upper"])
    assert not any(line.startswith("RP") for line in told)


def test_a_mean_that_was_not_solved_says_nothing_of_its_first_stage() -> None:
    """No time at all: what is known is that no first stage earns more than the program."""
    program = PyomoProgram.from_module(load_model("farmer"), 3)
    found = values_of_program(program, EXACT, recourse=Bracket(108_390.0, 108_391.0), stop=Stop(0.0))
    assert not found.is_complete
    assert found.expected_result == Bracket(-math.inf, 108_391.0)
    assert found.stochastic_solution == Bracket(-1.0, math.inf)
    assert found.wait_and_see == Bracket(-math.inf, math.inf)


def test_a_mean_without_a_solution() -> None:
    """A whole number that is 0 in one scenario and 1 in the other is a half on the mean: RP and WS are known."""
    program = newsvendor([10.0, 20.0], [COST, COST])
    for scenario, number in zip(program.scenarios, (0.0, 1.0), strict=True):
        scenario.integer[1] = True
        scenario.column_lower[1] = scenario.column_upper[1] = number
    found = values_of_program(program, EXACT)
    # one unit is sold in half of the cases, so one is ordered: 1 / 2 - 1 / 2; each alone: 0 and 1 - 1 / 2
    assert middle(found.recourse) == pytest.approx(0.0, abs=1e-6)
    assert middle(found.wait_and_see) == pytest.approx(0.25)
    assert found.expected_value == Bracket(-math.inf, -math.inf)
    assert found.expected_result.lower == -math.inf
    assert found.expected_result.upper == found.recourse.upper
    assert found.result().values["EV"].value == "minus infinity"
    assert found.result().values["EEV"].value == "between"


def test_a_run_that_is_not_close_enough_is_solved_again(instances: Path) -> None:
    site = ms.read(instances / "enedis_local")
    run = ms.solve(site, site.tree(3), gap_rel=0.05)
    assert run is not None
    found = ms.evaluate(run, values=True, gap_rel=1e-4).values
    assert found is not None
    assert found.recourse.width <= 1e-4 * abs(found.recourse.upper)
