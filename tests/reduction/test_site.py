"""Reduction and importance sampling as an instance states them, as commands and calls ask for them, and statistics."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.cli.reduction import reduction_asked
from mes_stoch.evaluation.commitment import gap_of_commitment
from mes_stoch.io.artifacts.tree import read_tree
from mes_stoch.mpisppy_module import scenario_creator
from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop

LOCAL = "local_reserved_activation_per_unit"
AHEAD = "da_price_eur_per_mwh"


@pytest.fixture
def stated(instances: Path, tmp_path: Path) -> Callable[[str], Path]:
    """``stated(text)`` writes ``enedis_local`` with more lines under ``uncertainty``."""

    def write(text: str) -> Path:
        folder = tmp_path / "site"
        folder.mkdir()
        for file in (instances / "enedis_local").iterdir():
            if file.is_file():
                (folder / file.name).write_bytes(file.read_bytes())
        described = folder / "instance.yaml"
        lines = described.read_text(encoding="utf-8").replace("  scenarios: 20\n", f"  scenarios: 6\n{text}")
        described.write_text(lines, encoding="utf-8")
        return folder

    return write


REDUCED = "  reduction: {from_scenarios: 24, method: k_medoids, keep_extremes: [da_price_eur_per_mwh]}\n"


def test_an_instance_states_its_reduction(stated: Callable[[str], Path]) -> None:
    """The tree is what `ms.reduce` makes of the plain draws; fewer are asked for as before."""
    site = ms.read(stated(REDUCED))
    tree, sample = site.tree(), site.draws(24)
    assert sample.is_sample
    by_hand = ms.reduce(sample, 6, method="k_medoids", keep_extremes=[AHEAD])
    assert tree.scenario_names == by_hand.scenario_names
    np.testing.assert_array_equal(tree.probabilities, by_hand.probabilities)
    assert tree.dataset.attrs["seed"] == 20260114
    assert tree.dataset.attrs["reduction_from"] == 24
    assert len(site.tree(4).scenario_names) == 4
    assert len(site.draws().scenario_names) == 6
    with pytest.raises(UsageError, match="25 scenarios cannot be kept of 24"):
        site.tree(25)


def test_three_stages_by_generation_and_by_clustering(instances: Path) -> None:
    site = ms.read(instances / "enedis_local")
    more = site.tree(
        8, leaves_per_day_ahead_node=2, reduction={"from_scenarios": 60, "from_leaves_per_day_ahead_node": 5}
    )
    assert [len(below) for below in more.day_ahead_nodes.values()] == [2, 2, 2, 2]
    clustered = site.tree(8, leaves_per_day_ahead_node=2, reduction={"from_scenarios": 60, "clustering": True})
    assert len(clustered.day_ahead_nodes) == 4
    assert not clustered.spread_below_nodes(AHEAD).any()
    assert clustered.spread_below_nodes("outdoor_temperature_degc").any()
    with pytest.raises(UsageError, match="cannot be kept of 2"):
        site.tree(9, leaves_per_day_ahead_node=3, reduction={"from_scenarios": 60, "from_leaves_per_day_ahead_node": 2})


def test_a_reduction_that_makes_no_sense(instances: Path, stated: Callable[[str], Path]) -> None:
    with pytest.raises(UsageError, match="from_scenarios"):
        ms.read(instances / "enedis_local").tree(5, reduction={"method": "k_medoids"})
    with pytest.raises(UsageError, match="explicit scenarios"):
        ms.read(instances / "tiny_site").tree(reduction={"from_scenarios": 10})
    with pytest.raises(InstanceError, match=r"uncertainty\.reduction\.method"):
        ms.read(stated("  reduction: {from_scenarios: 24, method: best}\n"))


def test_series_that_nothing_draws_are_told_with_their_line(stated: Callable[[str], Path]) -> None:
    folder = stated("  reduction:\n    from_scenarios: 24\n    series_weights: {da_price_eur_per_mw: 2.0}\n")
    with pytest.raises(InstanceError, match="did you mean da_price_eur_per_mwh") as told:
        ms.read(folder).tree()
    assert told.value.issues[0].key.startswith("uncertainty.reduction.series_weights")


def test_called_shares_are_those_of_the_products(instances: Path) -> None:
    """Regulation of FCAS is called, whatever its name: its weight moves the tree, and is said."""
    site = ms.read(instances / "campus_au")
    light, heavy = (site.tree(4, reduction={"from_scenarios": 16, "event_weight": weight}) for weight in (0.0, 100.0))
    assert light.scenario_names != heavy.scenario_names
    assert str(heavy.dataset.attrs["reduction_distance"]).endswith("called shares x 100")


def test_solved_over_a_reduced_tree_and_judged_by_plain_draws(
    stated: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    """The expected profit is that of the weights; statistics of samples are refused, or of plain draws."""
    site = ms.read(stated(REDUCED))
    run = ms.solve(site, gap_rel=1e-4)
    profits = run.solution["profit_eur"].values
    assert run.objective == pytest.approx(float(run.tree.probabilities @ profits), rel=1e-6)
    assert any("reduced from 24 scenarios by k_medoids" in note for note in run.summary["notes"])
    with caplog.at_level(logging.WARNING):
        found = ms.evaluate(run, commitments=run.commitments).profits
    assert found is not None
    assert found.standard_error is None
    assert found.interval() is None
    assert "no standard error" in caplog.text
    with pytest.raises(UsageError, match=r"independent draws of equal weight, and this tree is reduced from 24"):
        ms.evaluate(run, interval="t")
    plain = ms.evaluate(run, tree=site.draws(6, seed=5)).profits
    assert plain is not None
    assert plain.standard_error is not None
    # what it earns in each draw is what distances by value take
    by_value = ms.reduce(site.draws(6, seed=5), 2, profits=plain.scenarios["profit_eur"])
    assert by_value.weighting == "reduced from 6 scenarios by fast_forward"
    gap = ms.evaluate(run, replications=2, seed=3).optimality_gap
    assert gap is not None
    assert gap.replications[0].scenarios == 6
    with pytest.raises(UsageError, match="replications take independent draws"):
        gap_of_commitment(site.instance, lambda *_: site.tree(), [1, 2], {}, SolveOptions(), Stop())


def test_samples_are_plain_draws_and_say_so(stated: Callable[[str], Path], caplog: pytest.LogCaptureFixture) -> None:
    site = ms.read(stated(REDUCED))
    with caplog.at_level(logging.WARNING):
        found = ms.stability(site, (2, 4), replications=2, scenarios=6).stability
    assert found is not None
    assert "independent draws of equal weight; the reduction" in caplog.text


def test_tilted_calls_of_an_instance(stated: Callable[[str], Path]) -> None:
    site = ms.read(stated(f"  tilted_calls: {{{LOCAL}: 4}}\n"))
    tree = site.tree(30)
    assert tree.dataset.attrs["tilted_calls"] == f"{LOCAL} x 4"
    assert len(set(tree.probabilities.round(9))) > 2
    called = (tree.dataset[LOCAL].values.sum(), site.draws(30).dataset[LOCAL].values.sum())
    assert called[0] > called[1]
    assert tree.weighting == f"drawn with calls made likelier ({LOCAL} x 4)"
    # weights of the sample are what a reduction begins with
    reduced = ms.reduce(tree, 30 - 1)
    assert "and reduced from 30 scenarios" in str(reduced.weighting)
    assert reduced.probabilities.sum() == pytest.approx(1.0)


def test_further_scenarios_of_a_reduced_tree_are_refused(stated: Callable[[str], Path]) -> None:
    folder = str(stated(REDUCED))
    with pytest.raises(UsageError, match="no further scenario"):
        scenario_creator("scen6", instance=folder)


def test_the_command_draws_reduces_and_says_so(
    instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tree.nc"
    site = str(instances / "enedis_local")
    code, _ = run_command(
        [
            *("tree", site, "--scenarios", "5", "--reduce-from", "30", "--method", "k_medoids", "--starts", "2"),
            *("--order", "2", "--event-weight", "3", "--series-weight", f"{AHEAD}=2", "--keep-extremes-of", AHEAD),
            *("--match-moments", "mean", "--out", str(out)),
        ]
    )
    printed = capsys.readouterr().out
    assert code == 0
    assert "reduced from 30 scenarios by k_medoids" in printed
    assert "relative accuracy" in printed
    assert f"Wasserstein, order 2; series by their spread; {AHEAD} x 2; called shares x 3" in printed
    tree = read_tree(out)
    assert len(tree.scenario_names) == 5
    assert tree.dataset.attrs["moments_matched"] == "mean"


def test_a_weight_and_a_seed_of_zero_are_passed_on(
    instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With weight 0 calls count for nothing, and the tree says so; without the option nothing is said of them."""
    out = tmp_path / "tree.nc"
    command = ["tree", str(instances / "enedis_local"), "--scenarios", "5", "--reduce-from", "20", "--out", str(out)]
    assert run_command([*command, "--event-weight", "0"])[0] == 0
    assert "called shares x 0" in str(read_tree(out).dataset.attrs["reduction_distance"])
    assert run_command([*command, "--force"])[0] == 0
    assert "called shares" not in str(read_tree(out).dataset.attrs["reduction_distance"])
    capsys.readouterr()
    asked = reduction_asked({"from_scenarios": 20, "event_weight": 0.0, "reduction_seed": 0}, plain=False)
    assert asked is not None
    assert (asked["event_weight"], asked["seed"]) == (0.0, 0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--method", "k_medoids"], "--method: of --reduce-from M"),
        (["--event-weight", "0"], "--event-weight: of --reduce-from M"),
        (["--reduction-seed", "0"], "--reduction-seed: of --reduce-from M"),
        (["--plain", "--event-weight", "0"], "--plain takes no reduction"),
        (["--plain", "--reduce-from", "9"], "--plain takes no reduction"),
        (["--reduce-from", "9", "--series-weight", "price"], "SERIES=W"),
        (["--reduce-from", "9", "--clustering", "--leaves", "2", "--scenarios", "5"], "shared out"),
    ],
)
def test_the_command_refuses(
    options: list[str], told: str, instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = run_command(["tree", str(instances / "enedis_local"), "--out", str(tmp_path / "t.nc"), *options])
    assert code == 2
    assert told in capsys.readouterr().err
