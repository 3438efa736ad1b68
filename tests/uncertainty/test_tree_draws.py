"""Parts of a drawn tree: the bits of the whole, whoever draws them and however many there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from uncertainty_support import explicit, synthetic

import mes_stoch as ms
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.reduction import Reduction
from mes_stoch.uncertainty.tree import build_tree, needs_whole_tree, tree_draws


@pytest.fixture(scope="module")
def site(instances: Path) -> ms.Site:
    return ms.read(instances / "enedis_local")


def test_scenario_17_of_20_is_17_of_1000(site: ms.Site) -> None:
    of_20, alone = site.tree(20), site.share(17, 18, 1000)
    assert alone.scenario_names == of_20.scenario_names[17:18] == ("root/d0017/r0",)
    assert alone.probabilities.tolist() == [1.0]
    for name in of_20.series_names:
        assert alone.values(name, 0).tobytes() == of_20.values(name, 17).tobytes()


@pytest.mark.parametrize(("below", "part", "lengths"), [(1, 4, [4, 2]), (3, 4, [3, 3]), (3, 2, [3, 3]), (2, 9, [6])])
def test_parts_are_the_whole(site: ms.Site, below: int, part: int, lengths: list[int]) -> None:
    """No day-ahead node is cut; put together, names, paths and data are those of the tree."""
    whole = site.tree(6, 3, leaves_per_day_ahead_node=below).dataset
    parts = list(site.stream(6, 3, leaves_per_day_ahead_node=below, part=part))
    assert [len(found.scenario_names) for found in parts] == lengths
    for found in parts:
        np.testing.assert_array_equal(
            found.probabilities, np.full(len(found.scenario_names), 1 / found.probabilities.size)
        )
    together = xr.concat(
        [found.dataset for found in parts],
        "scenario",
        data_vars="minimal",
        coords="minimal",
        compat="equals",
        join="exact",
    )
    np.testing.assert_array_equal(together["leaf"].values, whole["leaf"].values)
    for name in whole.data_vars:
        assert together[name].values.tobytes() == whole[name].values.tobytes()


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (3, 3, "no share from 3 up to 3"),
        (0, 8, "of 6 scenarios has no share"),
        (-1, 2, "no share"),
        (1, 4, "cuts a day"),
    ],
)
def test_shares_that_a_tree_does_not_have(site: ms.Site, first: int, last: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        site.share(first, last, 6, leaves_per_day_ahead_node=2)


def test_what_belongs_to_the_whole_tree_is_refused_in_parts(site: ms.Site) -> None:
    """Before a scenario is drawn; plain draws of the same instance come in parts."""

    def with_uncertainty(**changes: object) -> ms.Site:
        stated = site.instance.uncertainty.model_copy(update=changes)
        return ms.Site(replace(site.loaded, instance=site.instance.model_copy(update={"uncertainty": stated})))

    reduced = with_uncertainty(reduction=Reduction(from_scenarios=30, method="k_medoids"))
    tilted = with_uncertainty(tilted_calls={"local_reserved_activation_per_unit": 5.0})
    for weighted, reason in ((reduced, "it reduces its scenarios"), (tilted, "it draws calls likelier than they are")):
        with pytest.raises(UsageError, match=reason):
            weighted.stream(4)
        with pytest.raises(UsageError, match=reason):
            weighted.share(0, 1, 4)
        (part,) = weighted.stream(4, plain=True)
        xr.testing.assert_identical(part.dataset, weighted.draws(4).dataset)
    frames = {"one": {"price": [1.0]}, "two": {"price": [2.0]}}
    assert needs_whole_tree(explicit(frames)) == "its scenarios are explicit, and nothing is drawn"
    with pytest.raises(UsageError, match="at least one scenario"):
        site.stream(4, part=0)


def test_no_more_than_a_part_needs_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 1 MB free and 24 bytes a number (drawn, put together, copied), 100 scenarios do not fit, and a part does."""
    monkeypatch.setattr("mes_stoch.uncertainty.room._available_bytes", lambda: 1_000_000)
    loaded = synthetic()
    series = len(build_tree(loaded, 1).series_names)
    fit = 1_000_000 // (24 * 96 * series)
    with pytest.raises(UsageError, match=f"at most {fit} fit"):
        build_tree(loaded, 100)
    assert len(tree_draws(loaded, 100).part(0, fit).scenario_names) == fit
