"""Trees whose rare calls are drawn likelier than they are: right on the mean, closer than plain draws, and said so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fitted_support import PRICE, numbered_days
from helpers.fitted_house import fitted_house

import mes_stoch as ms
from mes_stoch.io.artifacts.tree import read_tree, write_tree
from mes_stoch.io.instance import read_instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.fitted.document import process_of
from mes_stoch.uncertainty.fitted.part import LOG_WEIGHT
from mes_stoch.uncertainty.fitted.specification import Specification, fit
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.tree import build_tree

CALLED, EVENT = "mfrr_activation_up_per_unit", "raise_called_per_unit"
SITE = fitted_house(40)
#: A call with a chance of 0.001 in each of 24 hours.
CHAIN = {
    "kind": "call_chain",
    "stage": "realtime",
    "series": CALLED,
    "classes": {"class_h": 24.0, "match": [], "country": "FR", "days": [""]},
    "rates": [[-24.0 * np.log(0.999)]],
    "called_per_unit": [0.001],
    "mean_length_h": 2.0,
    "price": None,
    "price_minus": None,
    "price_edges": [],
    "past": None,
    "past_shares": [],
}
TRUE = 1.0 - 0.999**24


def write_site(folder: Path, *parts: dict[str, object]) -> Path:
    """Prices of two weeks of January 2021, and other parts as they stand."""
    document = fit(
        Specification(country="FR", parts=[{"kind": "day_bootstrap", "series": [PRICE]}]),
        numbered_days("2021-01-04", 14),
    ).model_dump()
    document["parts"] += parts
    folder.mkdir(exist_ok=True)
    (folder / "process.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "instance.yaml").write_text(SITE, encoding="utf-8")
    return folder


def chance_called(tree: ScenarioTree, name: str = CALLED) -> float:
    called = np.array([tree.values(name, k).max() > 0 for k in range(len(tree.scenario_names))])
    return float(tree.probabilities @ called)


def test_a_rare_call_is_estimated_better_than_by_plain_draws(tmp_path: Path) -> None:
    """0.02373 by hand. Sixty trees of 40 scenarios each way: plain ones have a deviation of sqrt(0.0237 0.976 / 40) =
    0.024 each. With odds forty times as large the mean of 1/n sum L g agrees with the closed form within four
    deviations, and trees scatter less than half as much, self-normalised too.
    """
    plain = read_instance(write_site(tmp_path / "plain", CHAIN))
    tilted = read_instance(write_site(tmp_path / "tilted", {**CHAIN, "tilt": 40.0}))
    estimates = {"plain": [], "unbiased": [], "self-normalised": []}
    for seed in range(60):
        estimates["plain"].append(chance_called(build_tree(plain, seed=seed)))
        tree = build_tree(tilted, seed=seed)
        estimates["self-normalised"].append(chance_called(tree))
        estimates["unbiased"].append(chance_called(tree) * tree.dataset.attrs["likelihood_ratio_mean"])
    spread = {name: float(np.std(values, ddof=1)) for name, values in estimates.items()}
    assert np.mean(estimates["unbiased"]) == pytest.approx(TRUE, abs=4.0 * spread["unbiased"] / np.sqrt(60))
    assert spread["plain"] == pytest.approx(0.024, rel=0.4)
    assert spread["unbiased"] < 0.5 * spread["plain"]
    assert spread["self-normalised"] < 0.5 * spread["plain"]
    assert np.mean(estimates["self-normalised"]) == pytest.approx(TRUE, abs=0.006)


def test_a_tree_says_that_it_is_weighted(tmp_path: Path) -> None:
    loaded = read_instance(write_site(tmp_path / "site", {**CHAIN, "tilt": 40.0}))
    tree = build_tree(loaded)
    assert tree.weighting == f"drawn with calls made likelier ({CALLED} x 40)"
    assert not tree.is_sample
    assert tree.probabilities.sum() == pytest.approx(1.0)
    assert tree.dataset.attrs["effective_scenarios"] == pytest.approx(1.0 / (tree.probabilities @ tree.probabilities))
    assert LOG_WEIGHT not in tree.series_names
    write_tree(tree, tmp_path / "tree.nc")
    again = read_tree(tmp_path / "tree.nc")
    assert again.weighting == tree.weighting
    assert again.probabilities.tolist() == tree.probabilities.tolist()
    assert build_tree(read_instance(write_site(tmp_path / "plain", CHAIN))).is_sample


def test_a_weighted_tree_is_solved_with_its_weights(tmp_path: Path) -> None:
    """A megawatt over 24 hours: the profit is less 24 times the mean price, by the weights of the scenarios."""
    site = ms.read(write_site(tmp_path / "site", {**CHAIN, "tilt": 40.0}))
    tree = site.tree(scenarios=8)
    cost = float(tree.probabilities @ np.array([tree.values(PRICE, k).sum() for k in range(8)]))
    assert np.ptp(tree.probabilities) > 0.0
    assert ms.solve(site, tree, method="ef").objective == pytest.approx(-cost, rel=1e-9)


def test_node_and_leaves_are_weighted_together(tmp_path: Path) -> None:
    """An event announced at the day-ahead node and calls of its leaves: the ratio of a leaf is the product of both.

    A node without an event and a leaf without a call have exp(9 24 l) (l: 1 / 4,380 an hour, drawn ten times as often)
    and (0.999 / (1 - q))^24 with q = 40 0.001 / (1 + 39 0.001).
    """
    event = {
        "kind": "contingency",
        "stage": "day_ahead",
        "series": EVENT,
        "rate_per_h": 1.0 / 4380.0,
        "refractory_h": 0.0,
        "durations_h": [1e-9],
        "shares_per_unit": [1.0],
        "source": "assumed",
        "tilt": 10.0,
    }
    loaded = read_instance(write_site(tmp_path / "site", event, {**CHAIN, "tilt": 40.0}))
    tree = build_tree(loaded, leaves_per_day_ahead_node=4)
    quiet = [k for k in range(40) if tree.values(CALLED, k).max() == 0.0 and tree.values(EVENT, k).max() == 0.0]
    begun = [k for k in range(40) if tree.values(CALLED, k).max() == 0.0 and (tree.values(EVENT, k) > 0).sum() == 1]
    assert len(quiet) > 3
    assert len(begun) > 0
    log_ratio = np.log(tree.probabilities * 40.0 * tree.dataset.attrs["likelihood_ratio_mean"])
    node = 9.0 * 24.0 / 4380.0
    leaf = 24.0 * (np.log(0.999) - np.log1p(-0.04 / 1.039))
    assert log_ratio[quiet] == pytest.approx(np.full(len(quiet), node + leaf))
    assert log_ratio[begun] == pytest.approx(np.full(len(begun), node + leaf - np.log(10.0)))


def test_a_process_can_be_drawn_as_it_is(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", {**CHAIN, "tilt": 40.0})
    process = process_of("house", "process.json", json.loads((folder / "process.json").read_text()))
    assert process.tilted_calls == {CALLED: 40.0}
    plain = process.untilted()
    assert plain.tilted_calls == {}
    context = DrawContext(read_instance(folder).time, 1.0)
    drawn = plain.draw_realtime(np.random.default_rng(1), context, {PRICE: np.zeros(24)})
    assert set(drawn) == {CALLED}


def test_paths_are_clustered_by_what_is_known_day_ahead(tmp_path: Path) -> None:
    """These are the prices; weights of calls drawn likelier are no series, and what a reduction begins with."""
    site = ms.read(write_site(tmp_path / "site", {**CHAIN, "tilt": 40.0}))
    made = site.tree(6, leaves_per_day_ahead_node=2, reduction={"from_scenarios": 40, "clustering": True})
    assert not made.spread_below_nodes(PRICE).any()
    assert made.probabilities.sum() == pytest.approx(1.0)
    assert str(made.weighting).startswith("drawn with calls made likelier")
    assert "of clustered paths" in str(made.weighting)
