"""Runs of sites with a measure of risk, by hand: what is maximised, what is stated, and that the settlement agrees.

``tiny_site`` (its README has the parts): 3 MW of reserve earn -480, -580, -720 and -970 EUR in its four scenarios, 4 MW
-540, -640, -780 and -880. So 3 MW are better by 22.5 in the mean (-687.5 after -710), 4 MW by 15 in the mean of the
worst two (-830 after -845) and by 90 in the worst case: with a weight ``beta`` of the worst half 4 MW are best where
``15 beta > 22.5 (1 - beta)``, above 0.6.

``three_stages`` (``tests/helpers/three_stage_folder.py``), with ``G`` left of the generator beside ``2 - G`` of reserve
and ``d`` sold day-ahead below the node of `low` and `high`, for ``G - 1 <= d <= 1``: low earns ``24 - 12 G + 30 d``,
high ``24 + 38 G - 40 d``, plain ``24 - 2 G``. The worst case is never above ``24 - 2 G``, so by itself it asks for
``G = d = 0`` and 24 everywhere. With a weight of 0.65, low and plain are equal along ``d = G / 3`` up to ``G = 1.5``,
where mean ``24 + 14/3 G`` and worst case ``24 - 2 G`` make a utility that rises by ``0.35 * 14/3 - 0.65 * 2 = 1/3`` a
MW; from there on ``d = G - 1``, with a mean of ``26.5 + 3 G`` and a utility that falls by 0.25: best at ``G = 1.5``.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import three_stage_folder as by_hand
from helpers.launched import command as command_line
from helpers.launched import environment
from helpers.mean_risk import worst_share
from helpers.random_site import random_site

import mes_stoch as ms
from mes_stoch import api
from mes_stoch.cli.main import run as command
from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.report.assemble import assemble_run
from mes_stoch.report.run import Run, RunSettings
from mes_stoch.report.tables import report_text
from mes_stoch.risk_measures.cvar.format import ConditionalValueAtRiskTerms
from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.risk_averse import site_with_risk

METHODS = ("auto", "ef", "decomposition", "ph")
THREE_MW, FOUR_MW = [-480.0, -580.0, -720.0, -970.0], [-540.0, -640.0, -780.0, -880.0]


def solved(site: api.Site, method: str = "auto") -> Run:
    run = api.solve(site, site.tree(), method, gap_rel=1e-7)
    assert run is not None
    return run


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("risk", "profits", "utility", "value", "at_risk"),
    [
        pytest.param({"alpha": 0.5, "beta": 0.5}, THREE_MW, -766.25, -845.0, -720.0, id="the mean wins"),
        pytest.param({"alpha": 0.5, "beta": 0.8}, FOUR_MW, -806.0, -830.0, -780.0, id="the worst half wins"),
        pytest.param({"alpha": 0.5, "beta": 1.0}, FOUR_MW, -830.0, -830.0, -780.0, id="the worst half alone"),
        pytest.param({"measure": "worst_case", "beta": 0.5}, FOUR_MW, -795.0, -880.0, -880.0, id="the worst case"),
    ],
)
def test_tiny_site(
    tiny_site: api.Site,
    method: str,
    risk: dict[str, Any],
    profits: list[float],
    utility: float,
    value: float,
    at_risk: float,
) -> None:
    run = solved(tiny_site.with_risk(**risk), method)
    summary = run.summary
    assert run.profit.tolist() == pytest.approx(profits, abs=1e-4)
    for key in ("objective", "bound_lower", "bound_upper"):
        assert summary[key] == pytest.approx(utility, abs=1e-4)
    assert summary["expected_profit"] == pytest.approx(sum(profits) / 4, abs=1e-4)
    assert sum(summary["streams"].values()) == pytest.approx(sum(profits) / 4, abs=1e-4)
    assert summary["risk"]["value"] == pytest.approx(value, abs=1e-4)
    assert summary["risk"]["value_at_risk"] == pytest.approx(at_risk, abs=1e-4)
    assert summary["objective_eur_per_year"] is None
    settlement = ms.settle(run)
    assert settlement.agrees, settlement.disagreements


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("beta", "utility", "reserve_mw", "day_ahead_mw", "profits"),
    [
        pytest.param(1.0, 24.0, 2.0, 0.0, [24.0, 24.0, 24.0], id="the worst case alone"),
        pytest.param(0.65, 24.5, 0.5, 0.5, [21.0, 61.0, 21.0], id="both"),
    ],
)
def test_three_stages(
    tmp_path: Path,
    method: str,
    beta: float,
    utility: float,
    reserve_mw: float,
    day_ahead_mw: float,
    profits: list[float],
) -> None:
    site = api.read(by_hand.write_folder(tmp_path / "three_stages"))
    # the worst quarter of the probability is the worst leaf, or half of `plain`
    run = solved(site.with_risk("cvar", alpha=0.75, beta=beta), method)
    assert run.summary["stages"] == 3
    assert run.objective == pytest.approx(utility, abs=1e-4)
    assert run.summary["bound_upper"] == pytest.approx(utility, abs=1e-4)
    assert run.commitments["volume_mw"].tolist() == pytest.approx([reserve_mw], abs=1e-4)
    sold = run.solution["da.position_mw"].sel(scenario=["low", "high"]).values.ravel()
    assert sold.tolist() == pytest.approx([day_ahead_mw] * 2, abs=1e-4)
    assert run.profit.tolist() == pytest.approx(profits, abs=1e-3)
    assert ms.settle(run).agrees


def test_prices_are_those_of_a_leafs_own_profit(tmp_path: Path) -> None:
    """Gas costs 16 EUR/MWh wherever it is burnt, which in `low` it is not, however much the leaf counts."""
    site = api.read(by_hand.write_folder(tmp_path / "three_stages"))
    run = solved(site.with_risk("cvar", alpha=0.75, beta=0.65), "ef")
    dual = run.solution["dual.fuel.balance"].sel(scenario=["high", "plain"])
    assert dual.values.ravel().tolist() == pytest.approx([-16.0] * 2, abs=1e-5)


def test_without_risk_nothing_changes(tiny_site: api.Site, tiny_run: Run, tmp_path: Path) -> None:
    """Not a key more; a weight of nothing adds what it was asked for, and every other file stays as it is."""
    assert not {"risk", "expected_profit"} & set(tiny_run.summary)
    plain, measured = tmp_path / "plain", tmp_path / "measured"
    tiny_run.write(plain)
    run = solved(tiny_site.with_risk(alpha=0.5, beta=0.0), "ef")
    run.write(measured)
    assert (plain / "commitments.csv").read_bytes() == (measured / "commitments.csv").read_bytes()
    assert set(run.summary) - set(tiny_run.summary) == {"risk", "expected_profit"}
    assert run.objective == pytest.approx(-687.5)
    assert run.summary["risk"]["value"] == pytest.approx(-845.0)
    assert run.summary["objective_eur_per_year"] == pytest.approx(tiny_run.summary["objective_eur_per_year"])
    assert ms.settle(run).agrees


def test_a_run_says_what_was_solved(tiny_site: api.Site, tmp_path: Path) -> None:
    run = solved(tiny_site.with_risk(alpha=0.5, beta=0.8))
    folder = run.write(tmp_path / "run")
    again = ms.read_run(folder)
    assert again.objective == pytest.approx(-806.0, abs=1e-4)
    assert again.expected_profit == pytest.approx(-710.0, abs=1e-4)
    assert "utility -806.00 EUR" in repr(again)
    assert ms.settle(folder).agrees
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["changed_in_python"] == {
        "risk": {"measure": "cvar", "alpha": 0.5, "beta": 0.8, "of_single_days": False}
    }
    risk = ms.read(folder / "instance").instance.risk
    assert risk == tiny_site.with_risk(alpha=0.5, beta=0.8).instance.risk
    text = report_text(again)
    assert "CVaR (worst 50 %)" in text
    assert "-806.00 EUR: 0.2 x expected profit + 0.8 x CVaR (worst 50 %)" in text


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda summary: summary.update(objective=-805.0), "the objective is -805"),
        (lambda summary: summary.update(expected_profit=-700.0), "expected_profit is -700"),
        (lambda summary: summary["risk"].update(value=-829.0), "risk.value is -829"),
        (lambda summary: summary["risk"].update(value_at_risk=-700.0), "risk.value_at_risk is -700"),
        (lambda summary: summary["risk"].update(beta=0.7), "risk.beta is 0.7, in the instance 0.8"),
        (lambda summary: summary.update(risk=None), "risk is None"),
        (lambda summary: summary.update(objective_eur_per_year=-1.0), "no value by the year"),
    ],
)
def test_settling_finds_what_is_not_so(
    tiny_site: api.Site, change: Callable[[dict[str, Any]], None], found: str
) -> None:
    run = solved(tiny_site.with_risk(alpha=0.5, beta=0.8))
    assert ms.settle(run).agrees
    change(run.summary)
    assert any(found in line for line in ms.settle(run).disagreements)


def test_risk_of_a_site(tiny_site: api.Site) -> None:
    averse = tiny_site.with_risk(beta=0.25)
    assert averse.instance.risk is not None
    assert (averse.instance.risk.measure, averse.instance.risk.beta) == ("cvar", 0.25)
    assert tiny_site.instance.risk is None
    assert averse.with_risk(beta=0.25) is averse
    assert averse.with_risk(None).instance.risk is None
    assert averse.with_bids(steps=False).is_risk_averse
    assert averse.replace({"products.fr_afrr_up.sustain_h": 2.0}).is_risk_averse
    for wrong in ({"measure": "variance"}, {"alpha": 1.0}, {"beta": 1.5}, {"measure": "worst_case", "alpha": 0.5}):
        with pytest.raises(UsageError, match="risk"):
            tiny_site.with_risk(**wrong)


def test_single_days_of_a_contract_are_refused(instances: Path) -> None:
    """One volume a year over 18 days: the worst days are no worst year."""
    site = ms.read(instances / "annual_contracts_fr")
    with pytest.raises(InstanceError, match="the worst days are no worst year") as refused:
        site.with_risk(beta=0.5)
    assert "of_single_days: true" in str(refused.value)
    assert site.with_risk(beta=0.0).instance.risk is not None
    assert site.with_risk(beta=0.5, of_single_days=True).is_risk_averse
    # daily auctions: a day is all there is
    assert ms.read(instances / "hospital_fr").with_risk(beta=0.5).is_risk_averse


def test_a_file_says_risk_by_line(tmp_path: Path, instances: Path) -> None:
    text = (instances / "annual_contracts_fr" / "instance.yaml").read_text(encoding="utf-8")
    for file in (instances / "annual_contracts_fr").glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    target = tmp_path / "instance.yaml"
    target.write_text(text + "risk: {measure: cvar, beta: 0.5}\n", encoding="utf-8")
    with pytest.raises(InstanceError, match=f"instance.yaml:{len(text.splitlines()) + 1}: risk"):
        ms.read(tmp_path)
    target.write_text(text + "risk: {measure: worst_case, alpha: 0.5, beta: 2}\n", encoding="utf-8")
    with pytest.raises(InstanceError, match=r"alpha(.|\n)*beta|beta(.|\n)*alpha"):
        ms.read(tmp_path)


@pytest.mark.parametrize(
    ("options", "objective"),
    [
        (["--risk-weight", "0.8", "--cvar-alpha", "0.5"], -806.0),
        (["--risk-weight", "0.5", "--worst-case"], -795.0),
        (["--risk-weight", "0"], -687.5),
        (["--risk-weight", "0.8", "--cvar-alpha", "0.5", "--risk-of-single-days"], -806.0),
    ],
)
def test_options(instances: Path, tmp_path: Path, options: list[str], objective: float) -> None:
    out = tmp_path / "run"
    assert (
        command(["solve", str(instances / "tiny_site"), "--out", str(out), "--no-figures", "--quiet", *options])[0] == 0
    )
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["objective"] == pytest.approx(objective)
    assert command(["settle", str(out)])[0] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cvar-alpha", "0.5"], "needs a --risk-weight"),
        (["--worst-case", "--cvar-alpha", "0.5", "--risk-weight", "1"], "two measures"),
        (["--risk-weight", "1.5"], "--risk-weight"),
    ],
)
def test_options_that_make_no_sense(
    instances: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert command(["solve", str(instances / "tiny_site"), *options])[0] == 2
    assert message in capsys.readouterr().err


@pytest.mark.mpi
@pytest.mark.parametrize(("ranks", "method"), [(2, "decomposition"), (3, "ph")])
def test_on_ranks(mpiexec: str, instances: Path, tmp_path: Path, ranks: int, method: str) -> None:
    """Ranks look at scenarios of their own for the range of profits, and plan alike."""
    line = command_line(1, "solve", instances / "tiny_site", "--method", method, "--ranks", ranks, "--out", "run")
    line += ["--risk-weight", "0.8", "--cvar-alpha", "0.5", "--no-figures"]
    subprocess.run(line, check=True, timeout=120, cwd=tmp_path, env=environment(), capture_output=True)
    run = ms.read_run(tmp_path / "run")
    assert run.summary["ranks"] == ranks
    assert run.objective == pytest.approx(-806.0, abs=1e-4)
    assert ms.settle(run).agrees


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("leaves", [[1, 1, 1, 1], [2, 3, 1]])
def test_random_sites_of_two_and_three_stages(seed: int, leaves: list[int]) -> None:
    """The settlement finds the utility by itself, and 1 - alpha of the worst earn no less than without risk."""
    neutral, tree = random_site(np.random.default_rng(seed), leaves, integer=seed % 2 == 0, periods=4)
    terms = ConditionalValueAtRiskTerms(measure="cvar", alpha=0.6, beta=(0.3, 1.0)[seed // 2])
    values = []
    for instance in (neutral, neutral.model_copy(update={"risk": terms})):
        program = site_with_risk(build_leaf_program(instance, tree))
        result = solve_extensive(program, SolveOptions(gap_rel=1e-7, time_limit_s=60.0))
        run = assemble_run(program, result, RunSettings(inputs={}, method="ef"))
        settlement = settle_data(SettlementData(instance, tree, run.solution, run.flow_data))
        assert settlement.agrees, settlement.worst_differences()
        profits, weights = settlement.profit.tolist(), settlement.ledger.data.probabilities.tolist()
        values.append(worst_share(profits, weights, 1 - terms.alpha))
        if instance.risk is not None:
            expected = sum(p * w for p, w in zip(profits, weights, strict=True))
            utility = (1 - terms.beta) * expected + terms.beta * values[-1]
            assert run.objective == pytest.approx(utility, rel=1e-6, abs=1e-5)
            assert run.summary["risk"]["value"] == pytest.approx(values[-1], rel=1e-6, abs=1e-5)
    assert values[1] >= values[0] - 1e-4 * max(1.0, abs(values[0]))
