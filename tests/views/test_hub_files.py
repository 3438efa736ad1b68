"""A hub is written whole or not at all, and read back with SciPy and pandas alone it is the same program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from helpers.random_plant import RandomPlant
from scipy.io import mmread
from scipy.optimize import Bounds, LinearConstraint, milp

import mes_stoch as ms
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.schema.instance import Instance
from mes_stoch.views import matrix_files
from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_assembly import build_hub


@pytest.fixture(scope="module")
def hub() -> Hub:
    return build_hub(*RandomPlant(5).build())


def test_what_is_read_back_is_the_same_program(hub: Hub, tmp_path: Path) -> None:
    hub.write(tmp_path / "hub")
    folder = tmp_path / "hub"
    read = {name: sp.csr_array(mmread(folder / f"{name}.mtx", spmatrix=False)) for name in MATRICES}
    for name, matrix in read.items():
        own = getattr(hub, name)
        assert abs(matrix - own.matrix).max() == 0.0
        for side in ("rows", "columns"):
            labels = pd.read_csv(folder / f"{name}_{side}.csv")
            assert len(labels) == len(getattr(own, side))
            assert list(labels.columns[: getattr(own, side).nlevels]) == list(getattr(own, side).names)
    columns, limits = pd.read_csv(folder / "columns.csv"), pd.read_csv(folder / "limits_rows.csv")
    loads = pd.read_csv(folder / "loads.csv")["load_mw"].to_numpy()
    again = milp(
        columns["cost"],
        integrality=columns["is_integer"].astype(int),
        bounds=Bounds(columns["lower"], columns["upper"]),
        constraints=[
            LinearConstraint(read["incidence"] @ read["conversion"], loads, loads),
            LinearConstraint(read["limits"], limits["lower"], limits["upper"]),
        ],
        options={"mip_rel_gap": 1e-9},
    )
    program = hub.program()
    own = milp(
        program.cost,
        integrality=program.is_integer.astype(int),
        bounds=Bounds(program.column_lower, program.column_upper),
        constraints=LinearConstraint(program.matrix, program.row_lower, program.row_upper),
        options={"mip_rel_gap": 1e-9},
    )
    assert again.fun == pytest.approx(own.fun, rel=1e-12)


MATRICES = ("coupling", "storage", "incidence", "conversion", "limits")


def test_coupling_and_storage_are_columns_of_incidence_times_conversion(hub: Hub) -> None:
    product = (hub.incidence @ hub.conversion).to_frame().sparse.to_dense()
    pd.testing.assert_frame_equal(hub.coupling.to_frame().sparse.to_dense(), product[list(hub.coupling.columns)])
    pd.testing.assert_frame_equal(hub.storage.to_frame().sparse.to_dense(), -product[list(hub.storage.columns)])


def test_nothing_is_left_behind_where_writing_fails(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    with pytest.raises(WriteError, match="no empty folder"):
        hub.write(taken)
    with pytest.raises(WriteError, match=r"there is no folder .*nowhere"):
        hub.write(tmp_path / "nowhere" / "hub")
    calls = []

    def full(target: Path, write: object) -> None:
        calls.append(target)
        if len(calls) == 4:
            raise WriteError(target, "No space left on device")

    monkeypatch.setattr(matrix_files, "write_whole", full)
    with pytest.raises(WriteError, match="No space"):
        hub.write(tmp_path / "hub")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    assert [path.name for path in taken.iterdir()] == ["mine.txt"]


def test_the_current_folder_is_not_replaced(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WriteError, match="the folder in which this runs; name a new one"):
        hub.write(".")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    hub.write(tmp_path / "hub")
    assert (tmp_path / "hub" / "coupling.mtx").is_file()


def test_as_a_dataset_it_has_the_matrices_of_every_step(hub: Hub) -> None:
    data = hub.to_xarray()
    assert data.sizes["time"] == len(hub.steps)
    for step in (0, len(hub.steps) - 1):
        np.testing.assert_array_equal(data["coupling"][step], hub.coupling.at(step))
        np.testing.assert_array_equal(data["storage"][step], hub.storage.at(step))
    load = data["load"].to_series().to_numpy()
    by_step = hub.loads.to_numpy().reshape(data.sizes["node"], data.sizes["time"])
    np.testing.assert_array_equal(load.reshape(data["load"].shape), by_step.T)


def test_a_site_without_a_store_has_an_empty_storage_matrix(instances: Path) -> None:
    hub = ms.hub(ms.read(instances / "tiny_site"))
    assert hub.storage.at(0).shape == (3, 0)
    data = hub.to_xarray()
    assert data["storage"].shape == (4, 3, 0)
    np.testing.assert_array_equal(data["coupling"][3], hub.coupling.at(3))


@pytest.mark.parametrize("step", [99, -1, 3.0, True, "0"])
def test_a_step_that_is_none_is_told(hub: Hub, step: Any) -> None:
    with pytest.raises(UsageError, match=f"there are steps 0 to {len(hub.steps) - 1}; found"):
        hub.coupling.at(step)


def test_rows_without_time_are_not_those_of_a_step(hub: Hub) -> None:
    with pytest.raises(UsageError, match="rows of this matrix have no time"):
        hub.limits.at(0)
    pd.testing.assert_frame_equal(hub.coupling.at(int(np.int64(1))), hub.coupling.at(np.int64(1)))  # type: ignore[arg-type]


def test_a_state_kept_for_two_periods_acts_in_both() -> None:
    """At the second step the column of the block's state, which belongs to the first, is shown as well."""
    plants = (RandomPlant(seed).build() for seed in range(60))
    instance, tree = next(plant for plant in plants if _with_blocks(plant[0]))
    hub, blocks = build_hub(instance, tree), _with_blocks(instance)
    injection = hub.injection.matrix
    for name in blocks:
        states = np.flatnonzero((hub.columns["component"] == name) & (hub.columns["name"] == "on"))
        assert len(states) == len(hub.steps) // 2
        for step in range(len(hub.steps)):
            rows = [n * len(hub.steps) + step for n in range(len(instance.nodes))]
            expected = injection[rows][:, [int(states[step // 2])]].toarray().ravel()
            np.testing.assert_array_equal(hub.coupling.at(step)[(name, "on")], expected)


def _with_blocks(instance: Instance) -> list[str]:
    return [name for name, spec in instance.components.items() if getattr(spec, "state_block_h", None)]
