"""Foresight bias by hand, no knowledge of what comes, paths no better than plans, and leaves kept and shared out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from evaluation.test_rolling_by_hand import one_mwh, two_stage
from helpers.rolling_sites import random_case
from helpers.site_builder import make_tree
from helpers.three_stage_folder import write_folder
from scipy.stats import t as student

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.profit import sampling_error
from mes_stoch.evaluation.rolling.decisions import decision_steps
from mes_stoch.evaluation.rolling.forecast import LikenessForecast
from mes_stoch.evaluation.rolling.foresight import Rolling, RollingRequest, rolling_of_commitment
from mes_stoch.evaluation.rolling.leaves import Operated, operate_all
from mes_stoch.evaluation.rolling.operate import operate
from mes_stoch.evaluation.rolling.operation import Operation
from mes_stoch.evaluation.rolling.store import PathStore
from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.report.rolling_settlement import settle_paths, settled
from mes_stoch.schema.errors import SolveError, TimeLimitError, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs import primal_check

EXACT = SolveOptions(gap_rel=1e-8)


def exactly(bracket: Bracket) -> float:
    assert bracket.upper - bracket.lower <= 1e-5
    return bracket.lower


def no_reserve() -> pd.DataFrame:
    start = pd.Timestamp("2025-01-15T00:00+01:00")
    return pd.DataFrame({"product": ["fr_mfrr_up"], "block_start": [start], "volume_mw": [0.0]})


@pytest.mark.parametrize(
    ("expected", "earned", "two", "three"),
    [((20.0, 90.0), 32.5, 5.0, 0.0), ((20.0, 60.0), (50.0 - 20.0) / 4 + 20.0 / 2, 20.0, 15.0)],
)
def test_two_and_three_stages(
    tmp_path: Path, expected: tuple[float, float], earned: float, two: float, three: float
) -> None:
    """With 2 MW for energy 10 * 2 + 17.5 = 37.5 is planned in two stages and 15 * 2 + 2.5 = 32.5 in three (the folder's
    docstring); what is earned stands in :func:`test_rolling_by_hand.test_three_stages`.
    """
    site = ms.read(write_folder(tmp_path / "site"))
    forecast = two_stage(tmp_path / "forecast", expected)
    found = ms.evaluate(site, commitments=no_reserve(), rolling=True, forecast=forecast, gap_rel=1e-8).rolling
    assert found is not None
    assert found.profits.mean == pytest.approx(earned)
    assert [bias.stages for bias in found.biases] == [2, 3]
    assert [exactly(bias.planned) for bias in found.biases] == pytest.approx([37.5, 32.5])
    assert [exactly(bias.bias) for bias in found.biases] == pytest.approx([two, three], abs=1e-6)
    assert [bias.standard_error for bias in found.biases] == [None, None]
    assert found.settled_difference == pytest.approx(0.0, abs=1e-9)


def a_sample() -> tuple[Instance, ScenarioTree, ScenarioTree]:
    """Two days of a MWh that is sold for 20 though 50 comes, and for 20 before 5 comes, as if they had been drawn."""
    instance = one_mwh()
    tree = make_tree(instance, {"price": [[20, 50], [20, 5]]}, [0.5, 0.5])
    drawn = ScenarioTree(tree.dataset.assign_attrs(seed=1))
    return instance, drawn, make_tree(instance, {"price": [[20, 10], [20, 26]]}, [0.5, 0.5])


def test_error_of_the_bias() -> None:
    """Planned 50 and 20, earned 20 and 20: the bias is 15, its deviation 30 / sqrt(2), its error 15."""
    instance, tree, forecast = a_sample()
    found = settled(rolling_of_commitment(instance, tree, {}, RollingRequest(forecast), EXACT, Stop()))
    (bias,) = found.biases
    assert found.table()["rolled_eur"].tolist() == pytest.approx([20.0, 20.0])
    assert found.table()["bias_lower_eur"].tolist() == pytest.approx([30.0, 0.0])
    assert exactly(bias.bias) == pytest.approx(15.0)
    assert bias.standard_error == pytest.approx(15.0)
    reach = 15.0 * float(student.ppf(0.975, 1))
    assert bias.interval() == pytest.approx((15.0 - reach, 15.0 + reach), rel=1e-6)


def test_draws_are_nodes() -> None:
    """Leaves of 30 and 10 below one node, 0 below another: means 20 and 0, an error of 20 / sqrt(2) / sqrt(2)."""
    table = pd.DataFrame(
        {"day_ahead_node": ["a", "a", "b"], "probability": [0.25, 0.25, 0.5], "money": [30.0, 10.0, 0.0]}
    )
    assert sampling_error(table, "money") == pytest.approx(10.0)


@pytest.mark.parametrize("seed", range(6))
def test_a_path_is_a_dispatch_and_no_better_than_the_plan(seed: int) -> None:
    """Leaf by leaf: every row is kept, the ledger finds the same profit, and no proven bound is passed."""
    program, root, forecast = random_case(seed)
    bounds = evaluate_given(program, root, lambda _: None, gap_rel=1e-6)
    expected = LikenessForecast(program.instance, forecast)
    paths = [operate(program, root, leaf, expected, fan=1 + seed % 2) for leaf in range(len(bounds))]
    for path, bound in zip(paths, bounds, strict=True):
        assert path.profit <= -bound.lower + 1e-7 * abs(bound.lower)
        assert primal_check.is_feasible(program.scenario(path.leaf), path.values)
    settlement = settle_paths(program, paths)
    assert settlement.profit.to_numpy() == pytest.approx([path.profit for path in paths], rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("seed", [1, 3])
def test_what_is_decided_knows_nothing_of_what_comes(seed: int) -> None:
    """Two days that are alike up to the second period, day-ahead prices aside, are operated alike up to then."""
    program, root, forecast = random_case(seed)
    dataset = program.tree.dataset.copy(deep=True)
    for name in dataset.data_vars:
        if name != "da_eur_per_mwh":
            dataset[name].values[:, 2:] = dataset[name].values[::-1, 2:]
    other = build_leaf_program(program.instance, ScenarioTree(dataset))
    expected = LikenessForecast(program.instance, forecast)
    one, two = (operate(p, root, 0, expected).values for p in (program, other))
    early = decision_steps(program) <= 1
    assert one[early] == pytest.approx(two[early], abs=1e-9)
    assert np.abs(one - two).max() > 1e-3


def test_a_wrong_account_is_found() -> None:
    instance, tree, forecast = a_sample()
    found = rolling_of_commitment(instance, tree, {}, RollingRequest(forecast), EXACT, Stop())
    wrong = found.profits.scenarios.assign(profit_eur=found.profits.scenarios["profit_eur"] + 0.01)
    with pytest.raises(SolveError, match="the ledger settles"):
        settled(replace(found, profits=replace(found.profits, scenarios=wrong)))


def test_finished_leaves_are_kept(tmp_path: Path) -> None:
    """Time is up after the first of two: the second run goes on; another fan is another operation."""
    instance, tree, forecast = a_sample()
    operation = Operation(instance, tree, {}, forecast)
    operated = Operated(operation)
    columns = len(operated.program.column_names)
    store = PathStore(tmp_path / "kept", operation, columns)
    done: list[str] = []
    with pytest.raises(NotInTimeError, match="1 of 2 scenarios were operated in time; they are kept in"):
        operate_all(operation, operated, store=store, stop=lambda: bool(done), told=done.append)
    told: list[str] = []
    again = PathStore(tmp_path / "kept", operation, columns)
    paths = operate_all(operation, operated, store=again, stop=lambda: False, told=told.append)
    assert told == ["1 of 2 scenarios were operated before", "2 of 2 scenarios operated"]
    assert [path.profit for path in paths] == pytest.approx([20.0, 20.0])
    assert list(PathStore(tmp_path / "kept", replace(operation, fan=2), columns).found(2)) == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageError, match="no folder of operated scenarios"):
        PathStore(tmp_path / "mine", operation, columns)
    assert (tmp_path / "mine" / "letter.txt").is_file()


def test_processes_change_no_number() -> None:
    instance, tree, forecast = a_sample()
    operation = Operation(instance, tree, {}, forecast)
    operated = Operated(operation)
    one, two = (operate_all(operation, operated, workers=n, stop=lambda: False) for n in (1, 2))
    assert [path.values.tobytes() for path in one] == [path.values.tobytes() for path in two]
    with pytest.raises(NotInTimeError, match="0 of 2 scenarios"):
        operate_all(operation, operated, workers=2, stop=lambda: True)


def test_no_time(instances: Path) -> None:
    site = ms.read(instances / "tiny_site")
    volumes = ms.solve(site).commitments
    with pytest.raises(TimeLimitError, match="give it a longer time limit"):
        ms.evaluate(site, commitments=volumes, rolling=True, time_limit_s=0.001)


def test_the_command(tmp_path: Path, instances: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``tiny_site``: no market is left after the day-ahead one, so what is bought for a demand that does not come is
    slack. The scenario ``middle`` is expected well and earns what was planned.
    """
    out = tmp_path / "run"
    assert run_command(["solve", str(instances / "tiny_site"), "--out", str(out), "--no-figures"])[0] == 0
    assert run_command(["evaluate", str(out), "--rolling"])[0] == 0
    printed = capsys.readouterr().out
    assert "operated without foresight" in printed
    assert "Foresight bias" in printed
    assert "slack, which no market charges" in printed
    document = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))["rolling"]
    assert document["foresight_bias"][0]["planned"] == pytest.approx(
        {"value": "between", "lower": -687.5, "upper": -687.5}
    )
    with xr.open_dataset(out / "evaluation.nc") as written:
        earned = written["rolled_profit_eur"].to_series()
        planned = written["planned_two_stage_lower_eur"].to_series()
    assert document["operated"]["profit_mean"] == pytest.approx(earned.mean())
    assert planned.to_dict() == pytest.approx({"low": -480, "high": -720, "called": -970, "middle": -580})
    assert (earned <= planned + 1e-9).all()
    assert (out / "figures" / "evaluation_rolling.png").stat().st_size > 10_000
    assert not (out / "evaluation.rolling").exists()


def test_the_command_refuses(tmp_path: Path, instances: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny, hospital = str(instances / "tiny_site"), str(instances / "hospital_fr")
    assert run_command(["evaluate", tiny, "--rolling"])[0] == 2
    assert "give commitments" in capsys.readouterr().err
    assert run_command(["evaluate", tiny, "--values", "--workers", "2"])[0] == 2
    assert "belongs to --rolling" in capsys.readouterr().err
    volumes = tmp_path / "volumes.csv"
    volumes.write_text("product,block_start,volume_mw\nfr_fcr,2025-11-20T00:00+01:00,0\n", encoding="utf-8")
    same = ["--commitment", str(volumes), "--rolling", "--scenarios", "2", "--seed", "5", "--forecast-seed", "5"]
    assert run_command(["evaluate", hospital, *same, "--out", str(tmp_path / "x.json")])[0] == 2
    assert "drawn with seed 5 as well" in capsys.readouterr().err


def test_nothing_to_forecast_with() -> None:
    instance = one_mwh()
    alone = make_tree(instance, {"price": [20, 50]})
    with pytest.raises(UsageError, match="other than the one operated"):
        rolling_of_commitment(instance, alone, {}, RollingRequest(None), EXACT, Stop())


def test_a_forecast_of_the_very_days_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Listed scenarios have no seed that would tell: 50 and 5 are known after a first period of 20 and 30."""
    instance = one_mwh()
    tree = make_tree(instance, {"price": [[20, 50], [30, 5]]}, [0.5, 0.5])
    other = make_tree(instance, {"price": [[20, 50], [30, 6]]}, [0.5, 0.5])
    rolling_of_commitment(instance, tree, {}, RollingRequest(other), EXACT, Stop())
    assert "very scenarios" not in caplog.text
    rolling_of_commitment(instance, tree, {}, RollingRequest(tree), EXACT, Stop())
    assert "very scenarios that are operated" in caplog.text


def test_the_others_are_forecast_with_where_scenarios_are_listed() -> None:
    """Of two listed days each is expected to go on as the other: 5 expected, 20 taken; 50 expected, and 5 taken."""
    instance = one_mwh()
    tree = make_tree(instance, {"price": [[20, 50], [20, 5]]}, [0.5, 0.5])
    found: Rolling = rolling_of_commitment(instance, tree, {}, RollingRequest(None), EXACT, Stop())
    assert found.table()["rolled_eur"].tolist() == pytest.approx([20.0, 5.0])
