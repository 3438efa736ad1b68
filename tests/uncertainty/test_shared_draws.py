"""A tree that processes share: each holds its own scenarios, and whatever it is asked for has the bits of the whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mes_stoch as ms
from mes_stoch.api.sites import checked_tree
from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.schema.errors import ModelError, UsageError
from mes_stoch.schema.shared_tree import SharedTree
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty import tree_draws as drawing
from mes_stoch.uncertainty.handed_in import private_copy
from mes_stoch.uncertainty.shared_draws import DrawnShare, draw_share, listed_share
from mes_stoch.uncertainty.tree import tree_draws


@pytest.fixture(scope="module")
def site(instances: Path) -> ms.Site:
    return ms.read(instances / "enedis_local")


def share_of(site: ms.Site, scenarios: int, nodes: range, below: int = 1) -> DrawnShare:
    return draw_share(tree_draws(site.loaded, scenarios, leaves_per_day_ahead_node=below), nodes)


def tilted(site: ms.Site) -> ms.Site:
    update = {"tilted_calls": {"local_reserved_activation_per_unit": 5.0}}
    stated = site.instance.uncertainty.model_copy(update=update)
    return ms.Site(replace(site.loaded, instance=site.instance.model_copy(update={"uncertainty": stated})))


def same_numbers(tree: SharedTree, whole: ScenarioTree) -> bool:
    return all(
        tree.values(name, scenario).tobytes() == whole.values(name, scenario).tobytes()
        for name in whole.series_names
        for scenario in range(len(whole.scenario_names))
    )


@pytest.fixture
def drawn_nodes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the day-ahead nodes that are drawn from now on."""
    found: list[int] = []
    draw = drawing.draw_day_ahead_node

    def noted(process: object, context: object, seed: int, node: int) -> object:
        found.append(node)
        return draw(process, context, seed, node)

    monkeypatch.setattr(drawing, "draw_day_ahead_node", noted)
    return found


@pytest.mark.parametrize(("below", "nodes"), [(1, range(2, 4)), (3, range(1, 2)), (2, range(3))])
def test_a_share_knows_of_all_and_has_the_bits_of_the_whole(site: ms.Site, below: int, nodes: range) -> None:
    whole = site.tree(6, leaves_per_day_ahead_node=below)
    tree = share_of(site, 6, nodes, below).tree()
    assert tree.scenario_names == whole.scenario_names
    assert tree.series_names == whole.series_names
    assert tree.varying_series == whole.varying_series
    assert tree.day_ahead_nodes == whole.day_ahead_nodes
    assert tree.probabilities.tolist() == whole.probabilities.tolist()
    assert (tree.periods, tree.is_two_stage, tree.is_sample) == (whole.periods, below == 1, True)
    assert tree.time.equals(whole.time)
    assert series_ranges(site.instance, tree) == series_ranges(site.instance, whole)
    assert same_numbers(tree, whole)
    assert not tree.is_complete
    assert len(tree.held.scenario_names) == len(nodes) * below
    xr.testing.assert_identical(tree.dataset, private_copy(whole).dataset)
    assert tree.is_complete
    assert same_numbers(tree, whole)


def test_only_the_share_is_drawn_and_others_when_they_are_asked_for(site: ms.Site, drawn_nodes: list[int]) -> None:
    """40 nodes of which 4 to 9 are held; 32 others are kept, so that the first of 33 others is drawn again."""
    tree = share_of(site, 40, range(4, 10)).tree()
    assert drawn_nodes == [4, 5, 6, 7, 8, 9]
    drawn_nodes.clear()
    name = tree.held.series_names[-1]
    for _ in range(2):
        tree.values(name, 5)
        tree.values(name, 0)
    assert drawn_nodes == [0]
    for scenario in range(10, 40):
        tree.values(name, scenario)
    tree.values(name, 0)
    assert drawn_nodes == [0, *range(10, 40)]
    for scenario in (1, 2, 0, 10):
        tree.values(name, scenario)
    # 0 has been asked for since, 10 has made room for 2
    assert drawn_nodes[31:] == [1, 2, 10]


def test_shares_put_together_are_the_whole_without_another_draw(site: ms.Site, drawn_nodes: list[int]) -> None:
    whole = site.tree(5)
    shares = [share_of(site, 5, nodes).tree() for nodes in (range(2), range(2, 2), range(2, 5))]
    drawn_nodes.clear()
    own = [share.own_series() for share in shares]
    assert [len(next(iter(series.values()))) for series in own] == [2, 0, 3]
    shares[0].hold({name: np.concatenate([series[name] for series in own]) for name in own[0]})
    assert drawn_nodes == []
    xr.testing.assert_identical(shares[0].dataset, private_copy(whole).dataset)
    with pytest.raises(ModelError, match="one number for each"):
        shares[2].hold(own[2])


@pytest.mark.parametrize("nodes", [range(3, 3), range(0)])
def test_more_processes_than_nodes(site: ms.Site, nodes: range) -> None:
    """One that has none of its own knows what a scenario looks like."""
    found = share_of(site, 3, nodes)
    assert len(found.held.scenario_names) == 1
    assert len(found.log_ratios) == 0
    assert same_numbers(found.tree(), site.tree(3))


def test_weights_follow_from_the_ratios_of_all(site: ms.Site) -> None:
    other = tilted(site)
    whole = other.tree(6)
    shares = [share_of(other, 6, nodes) for nodes in (range(2), range(2, 6))]
    assert len(set(whole.probabilities)) > 1
    tree = shares[1].tree(np.concatenate([share.log_ratios for share in shares]))
    assert tree.weighting == whole.weighting
    xr.testing.assert_identical(tree.dataset, private_copy(whole).dataset)
    with pytest.raises(ModelError, match="ratios of all"):
        shares[1].tree(shares[1].log_ratios)


def test_a_list_is_kept_by_share(instances: Path) -> None:
    """Penalties follow from the prices of all scenarios, so that ranges are those of the whole list."""
    listed = ms.read(instances / "tiny_site")
    whole = listed.tree()
    tree = listed_share(listed.loaded, whole, range(1, 2))
    assert tree.held.scenario_names == whole.scenario_names[1:2]
    assert series_ranges(listed.instance, tree) == series_ranges(listed.instance, whole)
    assert not tree.is_complete
    assert same_numbers(tree, whole)
    xr.testing.assert_identical(tree.dataset, private_copy(whole).dataset)


def test_a_share_is_solved_for_its_own_site_alone_and_nobody_changes_it(site: ms.Site) -> None:
    tree = share_of(site, 4, range(2)).tree()
    found, is_given = checked_tree(site, tree)
    assert found is tree
    assert not is_given
    with pytest.raises(ValueError, match="read-only"):
        tree.held.dataset[tree.held.series_names[-1]].values[0, 0] = 1.0
    with pytest.raises(UsageError, match="drawn for another site"):
        checked_tree(site.with_bids(minimum=not site.instance.bids.minimum), tree)


def test_a_process_that_holds_a_share_solves_the_whole(site: ms.Site) -> None:
    """One process, with nobody to hold the rest: the numbers are those of the whole tree."""
    found = ms.solve(site, share_of(site, 4, range(1, 3)).tree(), method="decomposition", gap_rel=0.01)
    known = ms.solve(site, site.tree(4), method="decomposition", gap_rel=0.01)
    assert found.objective == known.objective
    xr.testing.assert_identical(found.solution, known.solution)
