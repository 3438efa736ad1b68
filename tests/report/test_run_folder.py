"""A run folder holds the whole run, is never half written and never takes what is not its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pytest
import xarray as xr

from mes_stoch import api
from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.io.plain_values import plain
from mes_stoch.report.run import Run, read_run
from mes_stoch.schema.errors import UsageError


def test_what_is_written(tiny_run: Run, tmp_path: Path, instances: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "instance",
        "tree.nc",
        "solution.nc",
        "flows.nc",
        "commitments.csv",
        "summary.json",
        "trace.csv",
        "manifest.json",
    }
    for name in ("instance.yaml", "scenarios.csv", "README.md", "expected.json"):
        assert (folder / "instance" / name).read_bytes() == (instances / "tiny_site" / name).read_bytes()
    assert api.read(folder / "instance").name == "tiny_site"


def test_manifest(tiny_run: Run, tmp_path: Path, instances: Path) -> None:
    manifest = json.loads((tiny_run.write(tmp_path / "run") / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == "mes-stoch solve tiny_site"
    assert manifest["options"]["method"] == "ef"
    content = (instances / "tiny_site" / "instance.yaml").read_bytes()
    assert manifest["inputs_sha256"]["instance.yaml"] == hashlib.sha256(content).hexdigest()
    assert {"mes_stoch", "pyomo", "mpi-sppy", "highspy", "numpy", "python"} <= set(manifest["versions"])
    assert manifest["machine"]["cpu_count"] >= 1
    assert manifest["start_utc"] <= manifest["end_utc"]


def test_commitments_read_without_this_project(tiny_run: Run, tmp_path: Path) -> None:
    table = pd.read_csv(tiny_run.write(tmp_path / "run") / "commitments.csv")
    assert table.to_dict("records") == [
        {
            "product": "fr_afrr_up",
            "direction": "up",
            "block_start": "2025-01-15T00:00:00+01:00",
            "block_end": "2025-01-15T04:00:00+01:00",
            "volume_mw": 3.0,
        }
    ]


def test_a_run_comes_back_the_same(tiny_run: Run, tmp_path: Path) -> None:
    again = read_run(tiny_run.write(tmp_path / "run"))
    assert again.summary == plain(tiny_run.summary)
    pd.testing.assert_frame_equal(again.commitments, tiny_run.commitments, check_dtype=False)
    pd.testing.assert_frame_equal(again.trace, tiny_run.trace)
    xr.testing.assert_allclose(again.solution, tiny_run.solution)
    xr.testing.assert_allclose(again.flow_data, tiny_run.flow_data)
    assert again.tree.scenario_names == tiny_run.tree.scenario_names
    again.write(tmp_path / "copy")
    assert read_run(tmp_path / "copy").summary == again.summary


def test_numbers_are_compressed_and_carry_units(tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    with xr.open_dataset(folder / "solution.nc", engine="netcdf4") as solution:
        assert solution["chp.power_mw"].encoding["zlib"]
        assert solution["chp.power_mw"].attrs["units"] == "MW"


def test_an_existing_run_is_not_overwritten_without_force(tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    stale = folder / "figures" / "old.png"
    stale.parent.mkdir()
    stale.write_bytes(b"")
    done = folder / "DONE"  # of a batch job, which would vouch for results it has not seen
    done.write_bytes(b"")
    with pytest.raises(UsageError, match="--force"):
        tiny_run.write(folder)
    tiny_run.write(folder, force=True)
    assert not stale.exists()
    assert not done.exists()


def test_force_never_touches_what_no_run_wrote(tiny_run: Run, tmp_path: Path) -> None:
    precious = tmp_path / "thesis.tex"
    precious.write_text("all of it", encoding="utf-8")
    with pytest.raises(UsageError, match=r"thesis\.tex"):
        tiny_run.write(tmp_path, force=True)
    assert precious.read_text(encoding="utf-8") == "all of it"


def test_a_file_in_the_way(tiny_run: Run, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="existing file"):
        tiny_run.write(tmp_path / "run", force=True)
    with pytest.raises(UsageError, match="cannot make"):
        tiny_run.write(tmp_path / "run" / "below")


def test_runs_of_one_second_get_folders_of_their_own(tmp_path: Path) -> None:
    now = datetime(2025, 1, 15, 9, 30, 0)
    first = RunFolder.create_default("tiny_site", now, tmp_path)
    second = RunFolder.create_default("tiny_site", now, tmp_path)
    assert first.path.name == "tiny_site-20250115-093000"
    assert second.path.name == "tiny_site-20250115-093000-2"


def test_a_folder_without_manifest_is_unfinished(tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    (folder / "manifest.json").unlink()
    with pytest.raises(UsageError, match="unfinished"):
        read_run(folder)
    with pytest.raises(UsageError, match="not a run"):
        read_run(tmp_path)
    with pytest.raises(UsageError, match="not a folder"):
        read_run(tmp_path / "nothing")


def test_a_damaged_file_is_named(tiny_run: Run, tmp_path: Path) -> None:
    folder = tiny_run.write(tmp_path / "run")
    (folder / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"summary\.json"):
        read_run(folder)


def test_a_failed_write_leaves_no_half_file(tmp_path: Path) -> None:
    def fail(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(UsageError, match="No space left"):
        RunFolder(tmp_path).put("summary.json", fail)
    assert list(tmp_path.iterdir()) == []


def test_infinite_bounds_become_null(tiny_run: Run, tmp_path: Path) -> None:
    odd = replace(tiny_run, summary={**tiny_run.summary, "bound_upper": float("inf")})
    folder = odd.write(tmp_path / "run")
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["bound_upper"] is None
