"""A tree written and read part by part is the tree written and read whole, and bad parts and files are told."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from test_tree_file import make_tree

import mes_stoch as ms
from mes_stoch.cli.main import run as run_command
from mes_stoch.io.artifacts import run_folder, tree_parts
from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.io.artifacts.tree import read_tree, write_tree
from mes_stoch.io.artifacts.tree_parts import PART_SCENARIOS, TreeSize, stream_tree, write_tree_parts
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree


@pytest.fixture(scope="module")
def site(instances: Path) -> ms.Site:
    return ms.read(instances / "enedis_local")


def equal_tree(nodes: list[str]) -> ScenarioTree:
    """Equally likely scenarios at these day-ahead nodes, of one common series and one that differs."""
    count, generator = len(nodes), np.random.default_rng(3)
    like = make_tree().dataset
    return ScenarioTree(
        xr.Dataset(
            {
                "demand_mw": like["demand_mw"],
                "price_eur_per_mwh": (("scenario", "time"), generator.normal(size=(count, 100))),
            },
            coords={
                "time": like["time"],
                "scenario": [f"s{k}" for k in range(count)],
                "probability": ("scenario", np.full(count, 1.0 / count)),
                "day_ahead_node": ("scenario", nodes),
                "leaf": ("scenario", [f"{node}/r{k}" for k, node in enumerate(nodes)]),
            },
            attrs=dict(like.attrs),
        )
    )


@pytest.mark.parametrize("part", [1, 3, 7, 100])
def test_written_in_parts_is_written_whole(site: ms.Site, tmp_path: Path, part: int) -> None:
    whole = site.tree(7)
    size = write_tree_parts(site.stream(7, part=part), tmp_path / "tree.nc")
    assert size == TreeSize.of(whole) == TreeSize(7, 7, whole.periods, len(whole.series_names), whole.dataset.seed)
    xr.testing.assert_identical(read_tree(tmp_path / "tree.nc").dataset, whole.dataset)


def test_a_run_writes_a_large_tree_a_part_at_a_time(
    site: ms.Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """7 scenarios in parts of 3, whatever their probabilities; the folder knows the file's hash."""
    monkeypatch.setattr(tree_parts, "PART_SCENARIOS", 3)
    monkeypatch.setattr(run_folder, "PART_SCENARIOS", 3)
    weights = np.arange(1.0, 8.0) / 28.0
    whole = ScenarioTree(site.tree(7).dataset.assign_coords(probability=("scenario", weights)))
    appended: list[int] = []
    append = tree_parts._append
    monkeypatch.setattr(
        tree_parts, "_append", lambda file, part, start: [appended.append(start), append(file, part, start)]
    )
    folder = RunFolder(tmp_path)
    path = folder.put_tree("tree.nc", whole)
    assert appended == [3, 6]
    xr.testing.assert_identical(read_tree(path).dataset, whole.dataset)
    assert folder.hashes == {"tree.nc": hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.mark.parametrize("in_parts", [True, False], ids=["written in parts", "written whole"])
def test_read_in_parts_is_drawn_in_parts(site: ms.Site, tmp_path: Path, in_parts: bool) -> None:
    path = tmp_path / "tree.nc"
    if in_parts:
        write_tree_parts(site.stream(7, part=5), path)
    else:
        write_tree(site.tree(7), path)
    read, drawn = list(stream_tree(path, 3)), list(site.stream(7, part=3))
    assert [len(part.scenario_names) for part in read] == [3, 3, 1]
    for one, other in zip(read, drawn, strict=True):
        xr.testing.assert_identical(one.dataset, other.dataset)


def test_parts_read_can_be_written_again(site: ms.Site, tmp_path: Path) -> None:
    """Even over the file they are read from, which is replaced at the end."""
    path = tmp_path / "tree.nc"
    write_tree_parts(site.stream(5), path)
    write_tree_parts(stream_tree(path, 2), path)
    xr.testing.assert_identical(read_tree(path).dataset, site.tree(5).dataset)
    assert [entry.name for entry in tmp_path.iterdir()] == ["tree.nc"]


@pytest.mark.parametrize(
    ("nodes", "part", "expected"),
    [
        pytest.param("aabbcc", 2, [2, 2, 2], id="as nodes"),
        pytest.param("aabbcc", 3, [2, 2, 2], id="rounded down to whole nodes"),
        pytest.param("aabbcc", 4, [4, 2], id="two nodes a part"),
        pytest.param("aabbcc", 1, [2, 2, 2], id="a node is never cut"),
        pytest.param("abacd", 2, [3, 2], id="a node whose leaves are apart"),
        pytest.param("abcda", 2, [5], id="a node from end to end"),
    ],
)
def test_no_node_is_cut(tmp_path: Path, nodes: str, part: int, expected: list[int]) -> None:
    tree = equal_tree([f"root/{node}" for node in nodes])
    write_tree(tree, tmp_path / "tree.nc")
    parts = list(stream_tree(tmp_path / "tree.nc", part))
    assert [len(found.scenario_names) for found in parts] == expected
    joined = np.concatenate([found.dataset["price_eur_per_mwh"].values for found in parts])
    assert joined.tobytes() == tree.dataset["price_eur_per_mwh"].values.tobytes()


def test_the_command_writes_what_is_drawn_whole(
    instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, out = ms.read(instances / "enedis_local"), tmp_path / "tree.nc"
    arguments = ["tree", str(site.folder), "--scenarios", "6", "--leaves", "3", "--seed", "4", "--out", str(out)]
    code, _ = run_command(arguments)
    assert code == 0
    whole = site.tree(6, 4, leaves_per_day_ahead_node=3)
    said = f"6 scenarios below 2 day-ahead nodes of {whole.periods} periods, seed 4; {len(whole.series_names)} series"
    assert capsys.readouterr().out == f"{out}: {said}\n"
    xr.testing.assert_identical(read_tree(out).dataset, whole.dataset)


def test_unequal_scenarios_do_not_come_in_parts(tmp_path: Path) -> None:
    write_tree(make_tree(), tmp_path / "tree.nc")
    with pytest.raises(UsageError, match=r"unequal probability.*read it whole"):
        next(stream_tree(tmp_path / "tree.nc"))
    with pytest.raises(UsageError, match=r"unequal probability.*write it whole"):
        write_tree_parts([make_tree()], tmp_path / "parts.nc")


def test_parts_of_two_trees_and_no_part_leave_what_was_there(site: ms.Site, tmp_path: Path) -> None:
    path = tmp_path / "tree.nc"
    path.write_text("as it was")
    one = equal_tree(["root/a"])
    other = ScenarioTree(one.dataset.assign(demand_mw=one.dataset["demand_mw"] + 1.0))

    def broken() -> Iterator[ScenarioTree]:
        yield one
        raise UsageError("no more of them")

    with pytest.raises(UsageError, match="different scenario trees"):
        write_tree_parts([one, other], path)
    with pytest.raises(UsageError, match="different scenario trees"):
        write_tree_parts([site.share(0, 1), site.share(1, 2, seed=9)], path)
    with pytest.raises(UsageError, match="no more of them"):
        write_tree_parts(broken(), path)
    with pytest.raises(UsageError, match="no part"):
        write_tree_parts([], path)
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("tree.nc", "as it was")]


def test_a_full_disk_is_told_and_leaves_nothing(instances: Path, tmp_path: Path) -> None:
    """As a limit of 100 kB a file: the library says "HDF error", and the system which one it is."""
    script = (
        "import resource, sys\n"
        "import mes_stoch as ms\n"
        "from mes_stoch.io.artifacts.tree_parts import write_tree_parts\n"
        "from mes_stoch.schema.errors import UsageError\n"
        "parts = list(ms.read(sys.argv[1]).stream(40, part=10))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    write_tree_parts(parts, sys.argv[2])\n"
        "except UsageError as error:\n"
        "    print(error)\n"
    )
    out = tmp_path / "tree.nc"
    done = subprocess.run(
        [sys.executable, "-c", script, str(instances / "hospital_fr"), str(out)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"the scenario tree cannot be written to {out}: File too large\n"
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_tree(tmp_path: Path) -> None:
    path = tmp_path / "tree.nc"
    with pytest.raises(UsageError, match="there is no scenario tree"):
        stream_tree(path)
    with pytest.raises(UsageError, match="cannot be read as a scenario tree: a folder"):
        next(stream_tree(tmp_path))
    path.write_text("hello")
    with pytest.raises(UsageError, match="content that is not NetCDF"):
        next(stream_tree(path))
    xr.Dataset({"x": ("time", [1.0])}).to_netcdf(path, engine="netcdf4")
    with pytest.raises(UsageError, match=r"is not a scenario tree:[\s\S]*probability: found nothing"):
        next(stream_tree(path))
    with pytest.raises(UsageError, match="at least one scenario, not 0"):
        stream_tree(path, 0)


def test_a_header_that_declares_more_than_the_file_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "tree.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("scenario", 10**6)
        file.createDimension("time", 10**5)
        file.createVariable("price", "f8", ("scenario", "time"), zlib=True)
    with pytest.raises(UsageError, match="800,000,000,000 bytes declared by a file of"):
        next(stream_tree(path))


def test_a_value_that_is_none_is_found_in_its_part(tmp_path: Path) -> None:
    path, tree = tmp_path / "tree.nc", equal_tree(["root/a", "root/b", "root/c"])
    tree.dataset["price_eur_per_mwh"].values[2, 5] = np.nan
    write_tree(tree, path)
    parts = stream_tree(path, 2)
    assert next(parts).scenario_names == ("s0", "s1")
    with pytest.raises(UsageError, match=r"price_eur_per_mwh: found 1 values that are not numbers"):
        next(parts)


def is_chunk(content: bytearray) -> bool:
    if content[:2] != b"\x78\x01":
        return False
    try:
        return len(zlib.decompressobj().decompress(content)) > 1000
    except zlib.error:
        return False


def test_a_damaged_chunk_is_the_fault_of_the_file(site: ms.Site, tmp_path: Path) -> None:
    path = tmp_path / "tree.nc"
    write_tree_parts(site.stream(5), path)
    content = bytearray(path.read_bytes())
    # the first place that begins like a chunk (zlib's header of level 1) and can be inflated like one
    start = next(place for place in range(len(content)) if is_chunk(content[place : place + 4096]))
    content[start : start + 64] = bytes(64)
    path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read as a scenario tree"):
        list(stream_tree(path))


def test_a_part_is_a_few_megabytes() -> None:
    """500 scenarios of 96 periods of 25 series of 8 bytes: 9.6 MB."""
    assert PART_SCENARIOS * 96 * 25 * 8 == 9_600_000
