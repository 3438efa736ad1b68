"""How results settle with the number of scenarios, and how many are enough."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from helpers.uniform_newsvendor import BEST, demands, earned, sampled
from solvers.array_programs import newsvendor

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.evaluation import evaluation_schema
from mes_stoch.evaluation.replications import seeds_of
from mes_stoch.evaluation.sampled_sizes import SolvedSample, Stability
from mes_stoch.evaluation.stability import stability
from mes_stoch.schema.errors import TimeLimitError, UsageError
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop

EXACT = SolveOptions(gap_rel=1e-8)


def of_gaps(gaps: dict[int, float], **other: float) -> Stability:
    samples = [SolvedSample(size, 0, Bracket(1.0, 1.0), 1.0 - gap, gap) for size, gap in gaps.items() for _ in range(2)]
    return Stability(tuple(samples), 100, 0, other.pop("deviation", 20.0), **other)


def test_numbers_by_hand() -> None:
    """A deviation of 20 and an error of 2 take 100 draws; gaps of 8 / n fall to 2 at 4."""
    found = of_gaps({4: 2.0, 8: 1.0, 16: 0.5}, wanted_error=2.0)
    assert found.recommended == 100
    assert found.gap_fit() == pytest.approx((8.0, 1.0))
    assert found.recommended_by_gap == 4
    assert found.common_error == pytest.approx(2.0)


@pytest.mark.parametrize("gaps", [{4: 1.0, 8: 2.0}, {4: -1.0, 8: 0.5}, {4: 1.0}])
def test_a_gap_that_does_not_fall_has_no_fit(gaps: dict[int, float]) -> None:
    found = of_gaps(gaps, wanted_error=0.1)
    assert found.gap_fit() is None
    assert found.recommended_by_gap is None
    assert found.result().gap_fit is None


def test_more_than_can_be_drawn_is_no_recommendation() -> None:
    assert of_gaps({4: 1.0}, wanted_error=1e-9, deviation=1.0).recommended is None


def test_samples_by_hand() -> None:
    """The middle demand of an odd sample is its best order: optimum, value and gap with nothing but NumPy."""
    found = stability(sampled, [5, 11], 2, 40, 7, EXACT)
    seeds = seeds_of(7, 2 + 4)
    common, reference = demands(40, seeds[0]), float(np.median(demands(11, seeds[1])))
    expected = []
    for size, seed in zip([5, 11, 5, 11], seeds[2:], strict=True):
        own = demands(size, seed)
        order = float(np.median(own))
        optimum, value = earned(order, own), earned(order, common)
        gap = optimum - earned(reference, own) + earned(reference, common) - value
        expected.append((size, optimum, value, gap))
    for sample, (size, optimum, value, gap) in zip(found.samples, expected, strict=True):
        assert sample.scenarios == size
        assert (sample.optimum.lower, sample.optimum.upper) == pytest.approx((optimum, optimum), rel=1e-6)
        assert (sample.value, sample.gap) == pytest.approx((value, gap), rel=1e-6, abs=1e-6)


def test_more_scenarios_are_more_stable() -> None:
    """Optima of samples lie above the truth on the mean, and come closer together and to it."""
    found = stability(sampled, [5, 41], 6, 150, 1, EXACT, wanted_error_rel=0.01)
    table = found.table()
    assert table.loc[5, "in_sample_deviation"] > table.loc[41, "in_sample_deviation"]
    assert table.loc[5, "out_of_sample_deviation"] > table.loc[41, "out_of_sample_deviation"]
    assert table.loc[5, "gap"] > table.loc[41, "gap"] > 0
    assert table.loc[5, "in_sample_upper"] > BEST
    # of the best order: E (min(50, D) - 25)^2 - 12.5^2 = (50^3 / 3 + 50 * 50^2) / 100 - 37.5^2 = 260.4, of root 16.14
    assert found.deviation == pytest.approx(16.14, rel=0.15)
    error = 0.01 * max(sample.value for sample in found.samples)
    assert found.recommended == pytest.approx((found.deviation / error) ** 2, rel=0.02)


def test_mistakes_are_told_together() -> None:
    with pytest.raises(UsageError, match=r"2 or more each.*2 samples or more.*above 0"):
        stability(sampled, [1], 1, 10, 0, EXACT, wanted_error=-1.0)


def test_no_time() -> None:
    with pytest.raises(NotInTimeError):
        stability(sampled, [5, 7], 3, 10, 0, EXACT, stop=Stop(0.0))


def test_the_command(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "found.json"
    asked = ["--stability", "--sizes", "2,3", "--replications", "2", "--scenarios", "5", "--wanted-error", "1%"]
    command = ["evaluate", str(instances / "enedis_local"), *asked, "--out", str(target)]
    assert run_command(command)[0] == 0
    shown = capsys.readouterr().out
    assert "(estimate)" in shown
    assert max(len(line) for line in shown.splitlines()) <= 110
    document = json.loads(target.read_text(encoding="utf-8"))
    jsonschema.validate(document, evaluation_schema())
    part = document["stability"]
    assert [size["scenarios"] for size in part["sizes"]] == [2, 3]
    expected = (part["profit_deviation"] / part["wanted_error"]) ** 2
    assert part["recommended_scenarios"] == pytest.approx(expected, abs=1.0)
    assert (tmp_path / "figures" / "found_stability.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--sizes", "2,4"], "belongs to --stability"),
        (["--stability", "--sizes", "2,x"], "list of whole numbers"),
        (["--stability", "--values"], "in a command of its own"),
        (["--stability", "--sequential", "--wanted-gap", "1"], "give one of them"),
        (["--sequential"], "--wanted-gap"),
        (["--stability", "--wanted-error", "-1"], "not above 0"),
    ],
)
def test_options_that_do_not_fit(
    instances: Path, capsys: pytest.CaptureFixture[str], options: list[str], text: str
) -> None:
    assert run_command(["evaluate", str(instances / "enedis_local"), *options])[0] == 2
    assert text in capsys.readouterr().err


def test_a_list_of_scenarios_is_no_sample(instances: Path) -> None:
    with pytest.raises(UsageError, match="lists its scenarios"):
        ms.stability(ms.read(instances / "tiny_site"))


def test_a_time_limit_is_told(instances: Path) -> None:
    with pytest.raises(TimeLimitError, match="longer time limit"):
        ms.stability(ms.read(instances / "enedis_local"), (2, 4), scenarios=6, time_limit_s=0.001)


def test_a_share_of_nothing_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Orders that cost what they sell for are best left: everything earned is 0, and what was solved is kept."""
    found = stability(
        lambda count, _: newsvendor([10.0] * count, [1.0] * count), [2, 3], 2, 4, 7, EXACT, wanted_error_rel=0.01
    )
    assert found.wanted_error is None
    assert found.recommended is None
    assert "nothing is earned" in caplog.text


def test_a_rule_over_all_scenarios_has_no_meaning_in_samples(instances: Path, tmp_path: Path) -> None:
    """Samples are solved without it, so that it would bound nothing."""
    folder = tmp_path / "site"
    shutil.copytree(instances / "hospital_fr", folder)
    file = folder / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  fr_mfrr_up:\n", "  fr_mfrr_up:\n    availability: {}\n"), encoding="utf-8")
    site = ms.read(folder)
    with pytest.raises(UsageError, match="fr_mfrr_up has a rule of availability"):
        ms.stability(site, (2, 3), replications=2, scenarios=2)
    with pytest.raises(UsageError, match="fr_mfrr_up has a rule of availability"):
        ms.sequential_sampling(site, 100.0)
