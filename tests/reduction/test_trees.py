"""Reduced trees: what they hold and say, by nodes and by clusters, and distances by value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reduction_support import cheapest_to, plain_cost, tree_of
from scipy.optimize import linprog

import mes_stoch as ms
from mes_stoch.io.artifacts.tree import read_tree, write_tree
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.reduction import ReductionRule
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.reduction.clustering import reduced_nodes
from mes_stoch.uncertainty.reduction.distances import features_of
from mes_stoch.uncertainty.reduction.extremes import extreme_scenarios

PRICE, CALLS, LOAD = "da_price_eur_per_mwh", "mfrr_activation_up_per_unit", "electricity_demand_mw"


def sample(count: int = 40, number: int = 0, **attributes: object) -> ScenarioTree:
    generator = np.random.default_rng(number)
    price = 50 + 20 * generator.standard_normal((count, 1)) + 5 * generator.standard_normal((count, 6))
    return tree_of(
        {
            PRICE: price,
            LOAD: 3 + generator.random((count, 6)),
            CALLS: (generator.random((count, 6)) < 0.1).astype(float),
            "gas_price_eur_per_mwh": np.full(6, 30.0),
        },
        **attributes,
    )


def three_stage(nodes: int = 12, leaves: int = 5, seed: int = 1) -> ScenarioTree:
    generator = np.random.default_rng(seed)
    price = np.repeat(50 + 20 * generator.standard_normal((nodes, 4)), leaves, axis=0)
    load = 3 + generator.standard_normal((nodes * leaves, 4))
    return tree_of({PRICE: price, LOAD: load}, nodes=np.repeat(np.arange(nodes), leaves).tolist())


def test_distances_by_hand() -> None:
    """Prices 0, 0 and 2, 2 are 1 from their mean: apart by 2 spreads in each period, d = sqrt((4 + 4) / 2) = 2."""
    tree = tree_of({PRICE: [[0, 0], [2, 2]]})
    points = features_of(tree, ReductionRule())
    assert np.linalg.norm(points[0] - points[1]) == pytest.approx(2.0)
    weighted = features_of(tree, ReductionRule(series_weights={PRICE: 9.0}))
    assert np.linalg.norm(weighted[0] - weighted[1]) == pytest.approx(6.0)
    # 1000 times as large in another unit, as far apart
    points = features_of(tree_of({PRICE: [[0, 0], [2000, 2000]]}), ReductionRule())
    assert np.linalg.norm(points[0] - points[1]) == pytest.approx(2.0)


def test_calls_an_hour_apart_are_nearer_than_a_call_and_none() -> None:
    """Called so far: 1 1 1 1 against 0 1 1 1 differ in one period, against 0 0 0 0 in four: half as far, not as far."""
    tree = tree_of({CALLS: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]})
    points = features_of(tree, ReductionRule())
    an_hour, none = (np.linalg.norm(points[0] - points[other]) for other in (1, 2))
    assert none / an_hour == pytest.approx(2.0)
    heavier = features_of(tree, ReductionRule(event_weight=4.0))
    assert np.linalg.norm(heavier[0] - heavier[2]) == pytest.approx(2 * none)


def test_what_does_not_differ_or_has_no_weight_does_not_count() -> None:
    tree = tree_of({PRICE: [[1, 2], [1, 2]], LOAD: [[0, 0], [5, 5]]})
    assert features_of(tree, ReductionRule()).shape == (2, 2)
    assert np.ptp(features_of(tree, ReductionRule(series_weights={LOAD: 0.0}))) == 0.0


@pytest.mark.parametrize("method", ["fast_forward", "k_medoids", "backward"])
@pytest.mark.parametrize("order", [1, 2])
def test_a_reduced_tree_is_part_of_its_sample_and_says_so(method: str, order: int, tmp_path: Path) -> None:
    tree = sample(number=2, seed=7)
    reduced = ms.reduce(tree, 8, method=method, order=order, event_weight=2.0)
    assert len(reduced.scenario_names) == 8
    assert reduced.probabilities.sum() == pytest.approx(1.0, abs=1e-12)
    for place, name in enumerate(reduced.scenario_names):
        there = tree.scenario_names.index(name)
        for series in tree.series_names:
            np.testing.assert_array_equal(reduced.values(series, place), tree.values(series, there))
    about = reduced.dataset.attrs
    assert about["reduction_from"] == 40
    assert about["reduction_method"] == method
    assert about["reduction_distance"] == f"Wasserstein, order {order}; series by their spread; called shares x 2"
    assert ("reduction_seed" in about) == (method == "k_medoids")
    # the distance anew: by a linear program over plainly computed costs
    points = features_of(tree, ReductionRule(event_weight=2.0))
    kept = [tree.scenario_names.index(name) for name in reduced.scenario_names]
    cost = plain_cost(points, order)
    reached = cheapest_to(cost[:, kept], tree.probabilities)
    single = min(tree.probabilities @ cost)
    assert about["reduction_accuracy"] == pytest.approx(1 - (reached / single) ** (1 / order), abs=1e-9)
    assert tree.is_sample
    assert not reduced.is_sample
    assert reduced.weighting == f"reduced from 40 scenarios by {method}"
    write_tree(reduced, tmp_path / "tree.nc")
    again = read_tree(tmp_path / "tree.nc")
    assert again.weighting == reduced.weighting
    assert again.dataset.attrs["reduction_accuracy"] == about["reduction_accuracy"]


def test_all_scenarios_are_the_tree_itself() -> None:
    tree = sample(6, seed=1)
    same = ms.reduce(tree, 6)
    assert same.weighting is None
    assert same.is_sample


def test_attributes_of_the_wrong_type_are_told(tmp_path: Path) -> None:
    reduced = ms.reduce(sample(), 5)
    damaged = ScenarioTree(reduced.dataset.assign_attrs(reduction_accuracy="much"))
    write_tree(damaged, tmp_path / "tree.nc")
    with pytest.raises(UsageError, match="reduction_accuracy"):
        read_tree(tmp_path / "tree.nc")


def test_extremes_by_hand() -> None:
    """The dearest (1) and the cheapest (3) day; of calls the most called (2) alone."""
    tree = tree_of({PRICE: [[5, 5], [9, 9], [6, 5], [1, 2]], CALLS: [[0, 0], [0, 1], [1, 1], [0, 0]]})
    assert extreme_scenarios(tree, ReductionRule(keep_extremes=[PRICE])) == [1, 3]
    assert extreme_scenarios(tree, ReductionRule(keep_extremes=True)) == [1, 3, 2]
    assert extreme_scenarios(tree, ReductionRule()) == []


def test_extremes_are_kept_and_cost_accuracy() -> None:
    tree = sample(200, 5)
    free, kept = ms.reduce(tree, 5), ms.reduce(tree, 5, keep_extremes=[PRICE])
    means = tree.dataset[PRICE].mean("time").values
    wanted = {tree.scenario_names[int(means.argmin())], tree.scenario_names[int(means.argmax())]}
    assert wanted <= set(kept.scenario_names)
    assert not wanted <= set(free.scenario_names)
    assert kept.dataset.attrs["reduction_accuracy"] < free.dataset.attrs["reduction_accuracy"]


def test_nodes_first_then_their_leaves() -> None:
    """Every kept leaf is one of its own node's, nodes have the probability of those they stand for."""
    tree = three_stage()
    reduced = ms.reduce(tree, 8, leaves_per_day_ahead_node=2)
    assert len(reduced.day_ahead_nodes) == 4
    assert all(len(below) == 2 for below in reduced.day_ahead_nodes.values())
    assert reduced.probabilities.sum() == pytest.approx(1.0)
    for place, name in enumerate(reduced.scenario_names):
        there = tree.scenario_names.index(name)
        np.testing.assert_array_equal(reduced.values(LOAD, place), tree.values(LOAD, there))
        assert reduced.dataset["day_ahead_node"].values[place] == tree.dataset["day_ahead_node"].values[there]
    assert not reduced.spread_below_nodes(PRICE).any()
    # nodes weigh multiples of 1/12, which leaves below them do not
    weights = [12 * reduced.probabilities[list(below)].sum() for below in reduced.day_ahead_nodes.values()]
    np.testing.assert_allclose(weights, np.round(weights), atol=1e-9)


def test_the_stated_accuracy_of_nodes_respects_them() -> None:
    """No better than a transport that may mix nodes, and better than a single scenario's."""
    tree = three_stage()
    reduced = ms.reduce(tree, 8, leaves_per_day_ahead_node=2)
    points = features_of(tree, ReductionRule())
    kept = [tree.scenario_names.index(name) for name in reduced.scenario_names]
    cost = plain_cost(points, 1)
    mixed = 1 - cheapest_to(cost[:, kept], tree.probabilities) / min(tree.probabilities @ cost)
    assert 0.0 < reduced.dataset.attrs["reduction_accuracy"] <= mixed + 1e-9


def test_whole_nodes_where_as_many_leaves_are_kept_as_there_are() -> None:
    reduced = ms.reduce(three_stage(), 15)
    assert [len(below) for below in reduced.day_ahead_nodes.values()] == [5, 5, 5]


def test_clusters_by_hand() -> None:
    """Prices 10, 11, 12 and 50, 51, 52 are two nodes with the prices 11 and 51.

    Of 11's paths with loads 1, 2, 9 and probabilities 0.1, 0.2, 0.2 the cheapest to leave out is 1, which moves to 2;
    of 51's with 4, 5, 7 and 0.1, 0.3, 0.1 it is 4.
    """
    tree = tree_of(
        {PRICE: [[10], [11], [12], [50], [51], [52]], LOAD: [[1], [2], [9], [4], [5], [7]]},
        [0.1, 0.2, 0.2, 0.1, 0.3, 0.1],
        seed=3,
    )
    made = ms.reduce(tree, 4, method="k_medoids", day_ahead_series=[PRICE], leaves_per_day_ahead_node=2)
    assert not made.is_two_stage
    assert made.scenario_names == ("root/d0001/r0", "root/d0001/r1", "root/d0004/r0", "root/d0004/r1")
    assert [float(made.values(PRICE, place)[0]) for place in range(4)] == [11.0, 11.0, 51.0, 51.0]
    assert [float(made.values(LOAD, place)[0]) for place in range(4)] == [2.0, 9.0, 5.0, 7.0]
    np.testing.assert_allclose(made.probabilities, [0.3, 0.2, 0.4, 0.1])
    assert made.weighting == "reduced from 6 scenarios by k_medoids of clustered paths"


def test_a_cluster_of_few_paths_has_few_leaves() -> None:
    tree = tree_of({PRICE: [[10.0], [11.0], [12.0], [90.0]], LOAD: [[1.0], [2.0], [9.0], [4.0]]})
    made = ms.reduce(tree, 4, day_ahead_series=[PRICE], leaves_per_day_ahead_node=2)
    assert [len(below) for below in made.day_ahead_nodes.values()] == [2, 1]
    assert made.probabilities.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("method", ["fast_forward", "k_medoids"])
def test_distance_by_value_bounds_the_error_of_the_expected_profit(method: str) -> None:
    """|difference of means| <= s D with one commitment, and s sqrt(n / b) D with n; data alone are further off."""
    tree = sample(80, 8)
    generator = np.random.default_rng(3)
    profits = np.stack([100 * generator.standard_exponential(80), 30 * generator.standard_normal(80)])
    weights = tree.probabilities

    def error(reduced: ScenarioTree, row: np.ndarray) -> float:
        kept = [tree.scenario_names.index(name) for name in reduced.scenario_names]
        return abs(float(reduced.probabilities @ row[kept] - weights @ row))

    for share, rows in ((1.0, profits[:1]), (1.0, profits), (0.5, profits)):
        reduced = ms.reduce(tree, 10, method=method, profits=rows, value_share=share)
        spreads = np.sqrt(weights @ (rows.T - rows @ weights) ** 2)
        points = features_of(tree, ReductionRule())
        total = sum(weights @ points**2)
        columns = ((rows.T - rows @ weights) / spreads) * np.sqrt(share / len(rows))
        cost = plain_cost(np.concatenate([points * np.sqrt((1 - share) / total), columns], axis=1), 1)
        kept = [tree.scenario_names.index(name) for name in reduced.scenario_names]
        distance = cheapest_to(cost[:, kept], weights)
        accuracy = 1 - distance / min(weights @ cost)
        assert reduced.dataset.attrs["reduction_accuracy"] == pytest.approx(accuracy, abs=1e-9)
        for row, spread in zip(rows, spreads, strict=True):
            assert error(reduced, row) <= spread * np.sqrt(len(rows) / share) * distance + 1e-9
    by_value, by_data = ms.reduce(tree, 10, method=method, profits=profits[0]), ms.reduce(tree, 10, method=method)
    assert error(by_value, profits[0]) < error(by_data, profits[0])


def test_opportunity_costs_by_hand() -> None:
    """Scenarios 0 and 1 ask for one commitment however different their prices: one of them stands for both.

    Preparing for 2 and meeting 0 loses 4, the other way round 6: cost 10 between the groups.
    """
    tree = tree_of({PRICE: [[0.0], [80.0], [40.0]]})
    profits = [[10.0, 20.0, 9.0], [10.0, 20.0, 9.0], [6.0, 16.0, 15.0]]
    reduced = ms.reduce(tree, 2, profits=profits, is_opportunity=True)
    assert reduced.dataset.attrs["reduction_accuracy"] == pytest.approx(1.0)
    np.testing.assert_allclose(sorted(reduced.probabilities), [1 / 3, 2 / 3])
    by_price = ms.reduce(tree, 2)
    assert by_price.dataset.attrs["reduction_accuracy"] < 1.0
    assert "opportunity cost" in reduced.dataset.attrs["reduction_distance"]


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"method": "slow"}, "method"),
        ({"order": 3}, "order"),
        ({"series_weights": {"da_prices": 2.0}}, "series_weights names da_prices"),
        ({"series_weights": {PRICE: -2.0}}, "series_weights"),
        ({"keep_extremes": ["gas_price_eur_per_mwh"]}, "keep_extremes names gas_price_eur_per_mwh"),
        ({"keep_extremes": True, "to": 2}, "scenarios are extreme"),
        ({"to": 0}, "1 scenario or more"),
        ({"leaves_per_day_ahead_node": 2}, "day_ahead_series"),
        ({"day_ahead_series": [PRICE]}, "leaves_per_day_ahead_node"),
        ({"day_ahead_series": [PRICE], "leaves_per_day_ahead_node": 3}, "shared out"),
        ({"profits": [1.0, 2.0]}, "each of the 40 scenarios"),
        ({"profits": np.zeros((2, 40)), "is_opportunity": True}, "for each of the 40"),
        ({"profits": np.ones((40, 40)) - np.eye(40), "is_opportunity": True}, "more in a scenario"),
        ({"profits": np.zeros(40), "value_share": 0.0}, "share"),
        ({"value_share": 0.5}, "not given"),
    ],
)
def test_mistakes_are_told(keywords: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        ms.reduce(sample(), **{"to": 5, **keywords})


def test_values_are_of_two_stages() -> None:
    with pytest.raises(UsageError, match="two-stage"):
        ms.reduce(three_stage(), 10, profits=np.zeros(60))


def test_backward_is_for_small_samples() -> None:
    with pytest.raises(UsageError, match="fast_forward or k_medoids"):
        ms.reduce(tree_of({PRICE: np.arange(2001.0)[:, None]}), 5, method="backward")


def test_the_stated_distance_is_that_of_a_transport_to_the_tree() -> None:
    """Node A (day-ahead 0) has leaves 0 and 10 with 0.45 and 0.05, node B (0.1) the same with 0.05 and 0.45. A stands
    for both, with 0.9 at 0 and 0.1 at 10: of the half at 10 only 0.1 may stay. A's 0.05 stay at no cost and 0.05 of B
    for 0.1 each; 0.4 of B go from 10 to 0 for sqrt(100.01) each, and its 0.05 at 0 for 0.1:
    0.005 + 0.4 sqrt(100.01) + 0.005 = 4.0102."""
    day_ahead = np.array([[0.0], [0.0], [0.1], [0.1]])
    realtime = np.array([[0.0], [10.0], [0.0], [10.0]])
    probabilities = np.array([0.45, 0.05, 0.05, 0.45])
    found = reduced_nodes(
        [[0, 1], [2, 3]], day_ahead, realtime, probabilities, (1, 2), ReductionRule(method="fast_forward")
    )
    assert found.kept.tolist() == [0, 1]
    assert found.probabilities == pytest.approx([0.9, 0.1])
    assert found.cost == pytest.approx(0.01 + 0.4 * 100.01**0.5)


def test_the_stated_distance_is_no_less_than_that_of_any_transport() -> None:
    """Random trees of six nodes with three leaves, against the transport that may mix nodes, by a linear program."""
    generator = np.random.default_rng(0)
    groups = [[3 * node + leaf for leaf in range(3)] for node in range(6)]
    for _ in range(20):
        day_ahead = np.repeat(generator.normal(size=(6, 2)), 3, axis=0)
        realtime, probabilities = generator.normal(size=(18, 2)), generator.dirichlet(np.ones(18))
        found = reduced_nodes(groups, day_ahead, realtime, probabilities, (2, 2), ReductionRule(method="fast_forward"))
        points = np.hstack([day_ahead, realtime])
        costs = np.sqrt(((points[:, None] - points[found.kept][None]) ** 2).sum(axis=-1))
        rows = np.kron(np.eye(18), np.ones(4))
        columns = np.kron(np.ones(18), np.eye(4))
        least = linprog(
            costs.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([probabilities, found.probabilities])
        )
        assert found.cost >= least.fun - 1e-9
