"""Ranks that decompose draw their own scenarios, and the numbers are those of a tree that every rank holds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import mes_stoch as ms

pytestmark = pytest.mark.mpi

LONG = {"timeout_s": 240.0}


def outcome(finished):
    assert finished.code == 0, finished.errors
    lines = finished.output.splitlines()
    assert len(lines) == 1, finished.output
    return json.loads(lines[0])


@pytest.fixture(scope="module")
def instance(instances: Path) -> Path:
    return instances / "enedis_local"


def test_each_of_two_ranks_draws_its_own_scenarios(mpiexec, instance: Path) -> None:
    """60 scenarios. What a rank draws of the other's is what stands for all of them: 0 to 19 for the scale of
    penalties, 0, 30 and 59 for the unit of money, 0, 14, 29, 44 and 59 for the size of numbers. Nothing else."""
    found = outcome(mpiexec(2, "shared_tree.py", instance, 60, 1, **LONG))
    shares = [set(range(30)), set(range(30, 60))]
    examples = {*range(20), 0, 30, 59, 14, 29, 44}
    site = ms.read(instance)
    for rank, share in zip(found["ranks"], shares, strict=True):
        assert rank["drawn"] == sorted(share)
        assert list(rank["held"]) == [f"root/d{node:04d}/r0" for node in sorted(share)]
        assert sorted(rank["drawn_while_solving"]) == sorted(examples - share)
    assert found["tree_is_whole"]
    # the same bits in another total, drawn by one process
    alone = site.share(17, 18, 1000)
    values = b"".join(alone.values(name, 0).tobytes() for name in alone.series_names)
    assert found["ranks"][0]["held"]["root/d0017/r0"] == hashlib.sha256(values).hexdigest()


@pytest.mark.parametrize(
    ("ranks", "scenarios", "leaves", "options"),
    [
        (2, 7, 1, []),
        (3, 12, 3, []),
        (3, 2, 1, []),
        (2, 6, 1, ["--tilted"]),
        (2, 6, 1, ["--method", "auto"]),
        (3, 4, 1, ["--method", "auto"]),
    ],
    ids=["shares of unequal size", "three stages", "more ranks than scenarios", "weighted", "auto", "auto hedges"],
)
def test_the_numbers_are_those_of_whole_trees(mpiexec, instance: Path, ranks, scenarios, leaves, options) -> None:
    """Objective, bounds, passes, trace, volumes and profits to the last bit."""
    found = outcome(mpiexec(ranks, "shared_tree.py", instance, scenarios, leaves, "--compared", *options, **LONG))
    assert found["tree_is_whole"]
    held = [list(rank["held"]) for rank in found["ranks"]]
    assert all(len(names) <= -(-scenarios // leaves // ranks) * leaves for names in held), held
    assert found["shared"] == found["whole"]
    if "--tilted" in options:
        assert len(set(found["probabilities"])) > 1


@pytest.mark.parametrize("ranks", [2, 3])
def test_a_list_is_read_by_all_and_kept_by_share(mpiexec, instances: Path, ranks: int) -> None:
    """The 4 scenarios of the tiny site: 2 and 2, or 1, 1 and 2."""
    found = outcome(mpiexec(ranks, "shared_tree.py", instances / "tiny_site", 4, 1, "--compared", **LONG))
    assert found["tree_is_whole"]
    assert [len(rank["held"]) for rank in found["ranks"]] == {2: [2, 2], 3: [1, 1, 2]}[ranks]
    assert found["shared"] == found["whole"]


@pytest.mark.parametrize("drawn", [12, 4])
def test_scenarios_are_chosen_by_one_rank(mpiexec, instance: Path, drawn: int) -> None:
    """4 of 12 that rank 0 alone draws; and 4 of 4, which is every one with its own weight."""
    found = outcome(mpiexec(2, "shared_tree.py", instance, 4, 1, "--reduced-from", drawn, "--compared", **LONG))
    assert [sorted(rank["drawn"]) for rank in found["ranks"]] == [list(range(drawn)), []]
    assert [len(rank["held"]) for rank in found["ranks"]] == [4, 4]
    assert found["tree_is_whole"]
    assert found["shared"] == found["whole"]
    assert (found["probabilities"] == [0.25] * 4) == (drawn == 4)


def test_no_tree_handed_in_is_a_shared_one(mpiexec, instance: Path) -> None:
    found = outcome(mpiexec(2, "shared_tree.py", instance, 60, 1, "--as-stated", **LONG))
    examples = {*range(20), 30, 59, 14, 29, 44}
    assert sorted(found["ranks"][0]["drawn_while_solving"]) == sorted({*range(30), *examples})
    assert sorted(found["ranks"][1]["drawn_while_solving"]) == sorted({*range(30, 60), *examples})


@pytest.mark.parametrize(("rank", "options"), [(0, ["--as-stated"]), (1, ["--as-stated"]), (1, ["--command"])])
def test_unsound_data_of_one_rank_end_all(mpiexec, instance: Path, tmp_path: Path, rank: int, options) -> None:
    """The others have sound data, and do not wait for it."""
    asked = (2, "shared_tree.py", instance, 6, 1, "--unsound", rank, *options)
    finished = mpiexec(*asked, cwd=tmp_path, **LONG)
    assert finished.code == 2
    assert "a finite number in every period" in finished.errors.replace("\n", " ")
    assert not (tmp_path / "run").exists()
    if options == ["--command"]:
        assert finished.errors.count("9 problems") == 1


def test_a_fault_of_one_rank_ends_all(mpiexec, instance: Path) -> None:
    """In a script with nothing around its solve: the other would wait for the end of the draw."""
    finished = mpiexec(2, "crash_while_drawing.py", instance)
    assert finished.code == 70
    assert "rank 1 failed" in finished.errors
    assert "a fault in a process" in finished.errors
