"""Trees and instances that are changed in Python: checked like files, and the run holds what was solved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import mes_stoch as ms
from mes_stoch.api import Site
from mes_stoch.io.instance import read_instance
from mes_stoch.schema.errors import InstanceError, UsageError
from mes_stoch.schema.tree import ScenarioTree

PRICE = "da_price_eur_per_mwh"


@pytest.fixture
def site(instances: Path) -> Site:
    return ms.read(instances / "tiny_site")


def with_values(dataset: xr.Dataset, name: str, change: Callable[[np.ndarray], np.ndarray]) -> xr.Dataset:
    return dataset.assign({name: (dataset[name].dims, change(dataset[name].values.copy()))})


def renamed(dataset: xr.Dataset, names: list[str]) -> xr.Dataset:
    return dataset.assign_coords(scenario=np.array(names))


def first_is(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        values.flat[0] = value
        return values

    return change


#: What is done to the tree of tiny_site (4 scenarios, 4 hours from 2025-01-14T23:00 UTC), and what is said of it.
CHANGES: dict[str, tuple[Callable[[xr.Dataset], xr.Dataset], str]] = {
    "nan": (lambda d: with_values(d, PRICE, first_is(np.nan)), f"{PRICE}: found 1 values that are not numbers"),
    "infinite": (lambda d: with_values(d, PRICE, first_is(np.inf)), f"{PRICE}: found 1 values that are not numbers"),
    "probabilities": (lambda d: d.assign_coords(probability=d.probability * 2), "tree: probabilities: found sum 2"),
    "negative": (
        lambda d: d.assign_coords(probability=("scenario", [-0.5, 0.5, 0.5, 0.5])),
        "probability: found values below 0",
    ),
    "twice": (lambda d: renamed(d, ["a", "a", "b", "c"]), "1 names that occur before"),
    "formula": (lambda d: renamed(d, ["=1+1", "a", "b", "c"]), "makes a formula of it"),
    "escape": (lambda d: renamed(d, ["\x1b[2J", "a", "b", "c"]), "control characters"),
    "later": (lambda d: d.assign_coords(time=d.time + np.timedelta64(1, "h")), "the instance's horizon"),
    "shorter": (lambda d: d.isel(time=slice(0, 3)), "3 periods"),
    "zone": (lambda d: d.assign_attrs(timezone="Asia/Tokyo"), "'Europe/Paris', as in the instance"),
    "period": (lambda d: d.assign_attrs(period_h=0.25), "1.0, as in the instance"),
    "currency": (lambda d: d.assign_attrs(currency="AUD"), "'EUR', as in the instance"),
    "no series": (lambda d: d.drop_vars(PRICE), "expected the name of a series, or a number"),
    "no leaf": (lambda d: d.drop_vars("leaf"), "leaf: found nothing"),
    "one leaf": (lambda d: d.assign_coords(leaf=("scenario", ["root/d0000/r0"] * 4)), "a path that occurs twice"),
    "no node": (lambda d: d.assign_coords(day_ahead_node=("scenario", [""] * 4)), "a path that is empty"),
    "another node": (
        lambda d: d.assign_coords(day_ahead_node=("scenario", ["root/d0009"] * 4)),
        "a path below its day-ahead node root/d0009",
    ),
    "no scenario": (lambda d: d.isel(scenario=slice(0, 0)), "no scenario or no period"),
    "text": (lambda d: d.assign({PRICE: d[PRICE].astype(str)}), "expected numbers over time"),
    "three dimensions": (lambda d: d.assign({PRICE: d[PRICE].expand_dims("member")}), "numbers over time"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_tree_that_does_not_fit_is_refused(site: Site, what: str) -> None:
    change, expected = CHANGES[what]
    tree = site.tree()
    ms.solve(site, ScenarioTree(tree.dataset.copy(deep=True)), method="ef")
    with pytest.raises(InstanceError) as caught:
        ms.solve(site, ScenarioTree(change(tree.dataset.copy(deep=True))), method="ef")
    assert expected in str(caught.value)


def test_a_call_above_the_whole_volume_is_refused(site: Site) -> None:
    """Called shares lie in [0, 1]; the tree was sound when it was drawn and has been changed since."""
    tree = site.tree()
    share = next(name for name in tree.series_names if "activation" in name)
    tree.dataset[share].values.flat[0] = 1.5
    with pytest.raises(InstanceError, match="a called share between 0 and 1"):
        ms.solve(site, tree, method="ef")


@pytest.mark.parametrize("tree", [3, "tree.nc", xr.Dataset()])
def test_what_is_no_tree_is_refused(site: Site, tree: object) -> None:
    with pytest.raises(UsageError, match=f"found {type(tree).__name__}"):
        ms.solve(site, tree)  # type: ignore[call-overload]


def test_all_problems_are_told_at_once(site: Site) -> None:
    dataset = site.tree().dataset.assign_attrs(timezone="Asia/Tokyo", period_h=2.0).drop_vars(PRICE)
    with pytest.raises(InstanceError) as caught:
        ms.solve(site, ScenarioTree(dataset), method="ef")
    assert len(caught.value.issues) >= 3


def test_changing_a_tree_afterwards_does_not_change_the_run(site: Site, tmp_path: Path) -> None:
    tree = site.tree()
    run = ms.solve(site, tree, method="ef")
    tree.dataset[PRICE].values[:] = 7.0
    folder = run.write(tmp_path / "run")
    assert ms.settle(folder).agrees
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tree"] == "as the instance says"


def test_the_run_says_that_its_tree_was_handed_in(site: Site, tmp_path: Path) -> None:
    """Every price 10 EUR/MWh above the instance's: not its data, and said to be so."""
    dataset = with_values(site.tree().dataset, PRICE, lambda prices: prices + 10.0)
    folder = ms.solve(site, ScenarioTree(dataset), method="ef").write(tmp_path / "run")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["tree"] == "handed in from Python"
    again = ms.read_run(folder)
    assert again.tree.dataset[PRICE].values == pytest.approx(dataset[PRICE].values)
    assert ms.settle(folder).agrees


@pytest.mark.parametrize("how", ["with_bids", "overrides"])
def test_the_run_folder_holds_the_instance_as_it_was_solved(instances: Path, tmp_path: Path, how: str) -> None:
    if how == "with_bids":
        site = ms.read(instances / "tiny_site").with_bids(minimum=False, steps=False)
    else:
        site = Site(read_instance(instances / "tiny_site", {"bids.minimum": False, "bids.steps": False}))
    folder = ms.solve(site, method="ef").write(tmp_path / "run")
    bids = ms.read(folder / "instance").instance.bids
    assert (bids.minimum, bids.steps) == (False, False)
    assert ms.read(folder / "instance").instance == site.instance
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["changed_in_python"] == {"bids.minimum": False, "bids.steps": False}
    settlement = ms.settle(folder)
    assert settlement.agrees, settlement.disagreements


def test_an_instance_in_another_currency_keeps_its_names(instances: Path, tmp_path: Path) -> None:
    site = ms.read(instances / "campus_au").with_bids(minimum=False)
    from mes_stoch.io.as_solved import inputs_as_solved, read_again

    inputs, changes = inputs_as_solved(site.loaded)
    assert changes in ({}, {"bids.minimum": False})
    assert read_again(inputs).instance == site.instance


def test_an_instance_that_changes_on_disk_after_it_was_read(instances: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "site"
    shutil.copytree(instances / "tiny_site", folder)
    before = (folder / "instance.yaml").read_bytes()
    site = ms.read(folder)
    (folder / "instance.yaml").write_text("gone", encoding="utf-8")
    run = ms.solve(site, method="ef").write(tmp_path / "run")
    assert (run / "instance" / "instance.yaml").read_bytes() == before


def test_what_else_a_dataset_carries_is_left_behind(site: Site, tmp_path: Path) -> None:
    """Attributes with which a reader would change numbers, other coordinates, values of its own kind."""
    dataset = site.tree().dataset.copy(deep=True).assign_coords(note=("scenario", [object()] * 4))
    dataset[PRICE].attrs |= {"scale_factor": 2.0, "_FillValue": 40.0, "units": "days since 2020-01-01"}
    dataset["time"].attrs["calendar"] = "noleap"
    dataset.attrs["when"] = np.datetime64("2025-01-01")
    # what a tree needs may stand among the data as well
    dataset = dataset.reset_coords("probability")
    run = ms.solve(site, ScenarioTree(dataset), method="ef")
    again = ms.read_run(run.write(tmp_path / "run"))
    assert np.array_equal(again.tree.dataset[PRICE].values, site.tree().dataset[PRICE].values)
    assert ms.settle(again).agrees
    assert run.summary["objective"] == pytest.approx(-687.5)


@pytest.mark.parametrize("dataset", [None, {}, xr.DataArray([1.0])])
def test_a_tree_of_anything_else_is_refused(site: Site, dataset: object) -> None:
    with pytest.raises(UsageError, match=r"holds an xarray\.Dataset"):
        ms.solve(site, ScenarioTree(dataset))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.assign({5: d[PRICE]}), "5: found a name of type int"),
        (lambda d: with_values(d, PRICE, first_is(1e300)), "found a value of 1e+300; expected values of at most 1e+12"),
        (lambda d: renamed(d, ["a" * 300, "b", "c", "d"]), "a name that is longer than 200 characters"),
        (lambda d: d.assign_attrs(origin="\ud800"), "origin: found '\\ud800'"),
    ],
    ids=["name", "size", "length", "origin"],
)
def test_what_no_file_could_hold_is_refused(site: Site, change: Callable[[xr.Dataset], xr.Dataset], said: str) -> None:
    with pytest.raises(InstanceError) as caught:
        ms.solve(site, ScenarioTree(change(site.tree().dataset)))
    assert said in str(caught.value)


def test_a_value_no_solver_can_work_with_is_told_of_its_file(instances: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "instance.yaml").write_bytes((instances / "tiny_site" / "instance.yaml").read_bytes())
    text = (instances / "tiny_site" / "scenarios.csv").read_text(encoding="utf-8")
    assert "+01:00,1,40,0" in text
    (folder / "scenarios.csv").write_text(text.replace("+01:00,1,40,0", "+01:00,1e300,40,0", 1), encoding="utf-8")
    with pytest.raises(InstanceError, match=r"scenarios\.csv: process_demand_mw: found a value of 1e\+300"):
        ms.solve(ms.read(folder))


def test_a_number_of_the_instance_that_no_solver_can_work_with(instances: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    text = (instances / "tiny_site" / "instance.yaml").read_text(encoding="utf-8")
    assert "demand_mw: 2\n" in text
    (folder / "instance.yaml").write_text(text.replace("demand_mw: 2\n", "demand_mw: 1e300\n"), encoding="utf-8")
    (folder / "scenarios.csv").write_bytes((instances / "tiny_site" / "scenarios.csv").read_bytes())
    line = 1 + text[: text.index("demand_mw: 2\n")].count("\n")
    with pytest.raises(InstanceError, match=rf"instance\.yaml:{line}: components\.heating\.demand_mw: found 1e\+300"):
        ms.solve(ms.read(folder))
