"""A scenario tree written and read again is the same tree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mes_stoch.io.artifacts.tree import read_tree, write_tree
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree


def make_tree(seed: int = 7) -> ScenarioTree:
    time = pd.date_range("2025-10-26", periods=100, freq="15min", tz="Europe/Paris").tz_convert("UTC").tz_localize(None)
    generator = np.random.default_rng(1)
    return ScenarioTree(
        xr.Dataset(
            {
                "demand_mw": ("time", generator.random(100)),
                "price_eur_per_mwh": (("scenario", "time"), generator.normal(size=(3, 100))),
            },
            coords={
                "time": time,
                "scenario": ["calm", "été", "root/d0002/r0"],
                "probability": ("scenario", [0.2, 0.3, 0.5]),
                "day_ahead_node": ("scenario", ["root/d0000", "root/d0000", "root/d0001"]),
                "leaf": ("scenario", ["root/d0000/r0", "root/d0000/r1", "root/d0001/r0"]),
            },
            attrs={"timezone": "Europe/Paris", "period_h": 0.25, "seed": seed, "origin": "made for this test"},
        )
    )


def test_round_trip_keeps_everything(tmp_path: Path) -> None:
    tree = make_tree()
    write_tree(tree, tmp_path / "tree.nc")
    again = read_tree(tmp_path / "tree.nc")
    xr.testing.assert_identical(again.dataset, tree.dataset)
    assert again.scenario_names == tree.scenario_names
    assert all(isinstance(name, str) for name in again.dataset["scenario"].values)
    assert again.time.equals(tree.time)
    assert len(again.time) == 100
    assert again.dataset["price_eur_per_mwh"].values.tobytes() == tree.dataset["price_eur_per_mwh"].values.tobytes()
    assert not again.is_two_stage
    assert type(again.dataset.attrs["seed"]) is int
    assert type(again.dataset.attrs["period_h"]) is float


def test_a_tree_that_was_read_can_be_written_over_itself(tmp_path: Path) -> None:
    write_tree(make_tree(), tmp_path / "tree.nc")
    write_tree(read_tree(tmp_path / "tree.nc").select(2), tmp_path / "tree.nc")
    assert read_tree(tmp_path / "tree.nc").probabilities.tolist() == [0.4, 0.6]


def test_seeds_longer_than_64_bits(tmp_path: Path) -> None:
    write_tree(make_tree(2**80 + 1), tmp_path / "tree.nc")
    assert read_tree(tmp_path / "tree.nc").dataset.attrs["seed"] == 2**80 + 1


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no scenario tree"):
        read_tree(tmp_path / "tree.nc")


def test_file_that_is_no_netcdf(tmp_path: Path) -> None:
    (tmp_path / "tree.nc").write_text("hello")
    with pytest.raises(UsageError, match="cannot be read as a scenario tree"):
        read_tree(tmp_path / "tree.nc")


def test_netcdf_that_is_no_tree(tmp_path: Path) -> None:
    xr.Dataset({"x": ("time", [1.0])}).to_netcdf(tmp_path / "tree.nc", engine="netcdf4")
    with pytest.raises(
        UsageError,
        match=r"is not a scenario tree:[\s\S]*timezone[\s\S]*time: found nothing[\s\S]*probability: found nothing",
    ):
        read_tree(tmp_path / "tree.nc")


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_tree(make_tree(), tmp_path / "nowhere" / "tree.nc")
