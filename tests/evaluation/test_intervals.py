"""Intervals for days not drawn, by formula, by coverage where the truth is known, and commitments side by side."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.evaluation import evaluation_schema
from mes_stoch.evaluation.intervals import (
    Draws,
    IntervalRule,
    block_interval,
    block_length,
    bootstrap_interval,
    intervals_of,
)
from mes_stoch.model.program import FloatArray, IndexArray
from mes_stoch.schema.errors import UsageError

THINNED, FULL = 40, 400


def draws(values: np.ndarray) -> Draws:
    rows = np.asarray(values, dtype=float).reshape(len(values), -1)
    return Draws(rows, np.full(rows.shape, 1 / rows.shape[1]))


def serial(seed: int, count: int, share: float) -> np.ndarray:
    """Autoregressive days of unit variance: each is ``share`` of the one before, and something of its own."""
    generator = np.random.default_rng(seed)
    days = [generator.standard_normal()]
    for _ in range(count - 1):
        days.append(share * days[-1] + math.sqrt(1 - share**2) * generator.standard_normal())
    return np.array(days)


def test_t_by_hand() -> None:
    """1, 2, 3 and 6: mean 3, deviation sqrt(14 / 3); t of three degrees of freedom at 97.5 % is 3.182446."""
    found = intervals_of(draws(np.array([1.0, 2.0, 3.0, 6.0])), IntervalRule("t"))
    error = math.sqrt(14 / 3) / 2
    assert found.standard_error == pytest.approx(error)
    assert found.mean == pytest.approx((3 - 3.182446 * error, 3 + 3.182446 * error), rel=1e-6)
    assert found.worst is None  # no whole draw lies in the worst 5 % of four


def test_the_worst_part_by_hand() -> None:
    """1 to 40: the worst 5 % are 1 and 2, of mean 1.5; influences 2 - 1 / 0.05 = -18 and 39 times 2, of mean 1.5."""
    found = intervals_of(draws(np.arange(1.0, 41.0)), IntervalRule("t"))
    error = math.sqrt(((-18 - 1.5) ** 2 + 39 * 0.5**2) / 39 / 40)
    assert found.worst is not None
    assert sum(found.worst) / 2 == pytest.approx(1.5)
    # t of 39 degrees of freedom at 97.5 % is 2.022691
    assert (found.worst[1] - found.worst[0]) / 2 == pytest.approx(2.022691 * error, rel=1e-6)


def test_leaves_of_a_node_are_no_draws() -> None:
    """Two leaves each, 0 and 2, 2 and 4: means 1 and 3, as if they had been drawn alone."""
    found = intervals_of(draws(np.array([[0.0, 2.0], [2.0, 4.0]])), IntervalRule("t"))
    assert found.standard_error == pytest.approx(math.sqrt(2.0) / math.sqrt(2.0))
    assert found.draws == 2


def test_a_bootstrap_of_a_mean_is_close_to_its_formula() -> None:
    values = np.random.default_rng(3).normal(5.0, 2.0, 80)
    found = intervals_of(draws(values), IntervalRule("bootstrap"))
    # the deviation of a bootstrap of a mean is that of the sample, with n in the place of n - 1
    assert found.standard_error == pytest.approx(values.std() / math.sqrt(80), rel=0.05)
    assert found.mean == pytest.approx(
        (values.mean() - 1.96 * 2 / 80**0.5, values.mean() + 1.96 * 2 / 80**0.5), abs=0.1
    )


def test_blocks_by_hand() -> None:
    """Days 0, 1, 0, 1 ... in blocks of two: every block has the same mean, and single days do not."""
    days = np.tile([0.0, 1.0], 10)
    interval, error = block_interval(20, 2, lambda chosen: days[chosen].mean(axis=1))
    assert (interval, error) == ((0.5, 0.5), 0.0)
    alone, spread = block_interval(20, 1, lambda chosen: days[chosen].mean(axis=1))
    # the mean of 20 independent days of deviation 1/2
    assert spread == pytest.approx(0.5 / math.sqrt(20), rel=0.05)
    assert alone[0] < 0.5 < alone[1]
    assert (block_length(27), block_length(28)) == (3, 4)


@pytest.mark.parametrize("trials", [THINNED, pytest.param(FULL, marks=pytest.mark.full_size)], ids=["thinned", "full"])
def test_serial_days(trials: int) -> None:
    """Autoregressive days of share 0.6: the mean of n has a variance of (1 + 0.6) / (1 - 0.6) = 4 times that of draws.

    Independent intervals reach half as far as they should, +-1.96 / 2 deviations, 67 % of the cases; blocks of 15 days
    hold the mean, 0, in 85 % of them at least.
    """
    held = dict.fromkeys(("t", "block-bootstrap"), 0)
    for trial in range(trials):
        days = draws(serial(trial, 240, 0.6))
        for rule in (IntervalRule("t"), IntervalRule("block-bootstrap", 15)):
            lower, upper = intervals_of(days, rule).mean
            held[rule.method] += lower <= 0.0 <= upper
    assert held["block-bootstrap"] >= 0.85 * trials
    assert held["t"] <= 0.8 * trials


@pytest.mark.parametrize(
    ("method", "days", "text"),
    [("t", 3, "blocks belong"), ("jackknife", None, "is made by one of"), ("block-bootstrap", 0, "1 day or more")],
)
def test_rules_that_make_no_sense(method: str, days: int | None, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        IntervalRule(method, days)  # type: ignore[arg-type]


def test_blocks_longer_than_the_days() -> None:
    with pytest.raises(UsageError, match="6 days or more"):
        intervals_of(draws(np.arange(5.0)), IntervalRule("block-bootstrap", 3))


def test_a_list_of_scenarios_has_no_independent_draws(instances: Path) -> None:
    site = ms.read(instances / "tiny_site")
    run = ms.solve(site, method="ef")
    with pytest.raises(UsageError, match="no independent draws"):
        ms.evaluate(run, interval="t")


def test_days_too_few_for_their_blocks_are_told_before_anything_is_dispatched(instances: Path) -> None:
    site = ms.read(instances / "enedis_local")
    told: list[str] = []
    frame = pd.DataFrame(columns=["product", "block_start", "volume_mw"])
    with pytest.raises(UsageError, match="4 days or more, and there are 3"):
        ms.evaluate(site, commitments=frame, tree=site.tree(3), interval="block-bootstrap", told=told.append)
    assert not told


def test_a_comparison_by_hand(instances: Path, tmp_path: Path) -> None:
    """``tiny_site``: 3 MW of reserve earn -687.5 and, as its values say, 2 MW earn -690."""
    site = ms.read(instances / "tiny_site")
    run = ms.solve(site, method="ef")
    assert run is not None
    other = run.commitments.assign(volume_mw=2.0)
    found = ms.evaluate(run, against=other, gap_rel=1e-9)
    assert found.comparison is not None
    assert found.profits is not None
    assert found.comparison.difference == pytest.approx(2.5)
    assert found.comparison.bracket.lower <= 2.5 + 1e-6
    assert found.comparison.bracket.upper >= 2.5 - 1e-6
    assert found.comparison.standard_error is None


def test_the_command(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """More is known of a difference by pairs than of two means; every number in the file fits its schema."""
    folder = tmp_path / "run"
    solve = ["solve", str(instances / "enedis_local"), "--scenarios", "4", "--out", str(folder), "--no-figures"]
    assert run_command(solve)[0] == 0
    nothing = tmp_path / "none.csv"
    nothing.write_text("product,block_start,volume_mw\n", encoding="utf-8")
    capsys.readouterr()
    asked = ["--scenarios", "24", "--seed", "3", "--interval", "bootstrap", "--against", str(nothing)]
    assert run_command(["evaluate", str(folder), *asked])[0] == 0
    shown = capsys.readouterr().out
    assert "by pairs" in shown
    assert "by bootstrap" in shown
    document = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, evaluation_schema())
    part = document["comparison"]
    assert part["standard_error"] < part["standard_error_unpaired"]
    assert part["difference"] == pytest.approx(
        document["commitment"]["profit_mean"] - part["profit_mean_against"], abs=1e-6
    )
    interval = document["commitment"]["intervals"]
    assert interval["mean"]["lower"] < document["commitment"]["profit_mean"] < interval["mean"]["upper"]
    assert interval["cvar"] is not None


def test_many_draws_without_one_each_are_not_held_at_once() -> None:
    """Of 3,000 draws 3,000 rows of 2,999 are taken, of which no more than a few hundred stand side by side."""
    most = 0

    def mean(chosen: IndexArray) -> FloatArray:
        nonlocal most
        most = max(most, chosen.size)
        return np.asarray(chosen.mean(axis=1))

    bootstrap_interval(3000, mean)
    assert most <= 1_100_000


def test_an_interval_that_is_asked_for_beside_rolling(instances: Path) -> None:
    run = ms.solve(ms.read(instances / "tiny_site"))
    assert run is not None
    found = ms.evaluate(run, rolling=True, interval="block-bootstrap")
    assert found.rolling is not None
    assert found.profits is not None
    assert found.profits.intervals is not None
