"""Checkpoint files: whole or not counted, the last two kept, another run's told from one's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mes_stoch.io.artifacts.checkpoint_files import CheckpointFolder, CheckpointMeta, DamagedCheckpointError


def written(folder: CheckpointFolder, value: float, token: str = "a") -> int:
    """A generation with one array of one number."""
    generation = folder.next_generation()
    name = folder.write_arrays(generation, "part-00000", token, {"x": np.array([value])})
    folder.commit(CheckpointMeta(generation, token, (name,), ((0, 1),), {"seed": "1"}, {"value": value}))
    return generation


def test_two_generations_are_kept(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / "checkpoint")
    assert folder.generations() == []
    assert [written(folder, value) for value in (1.0, 2.0, 3.0)] == [1, 2, 3]
    assert folder.generations() == [3, 2]
    assert sorted(entry.name for entry in folder.path.iterdir()) == [
        "0000002-part-00000.npz",
        "0000002.json",
        "0000003-part-00000.npz",
        "0000003.json",
    ]
    meta = folder.read_meta(3)
    assert (meta.identity, meta.numbers, meta.ranges) == ({"seed": "1"}, {"value": 3.0}, ((0, 1),))
    assert folder.read_arrays(meta.parts[0], meta.token)["x"].tolist() == [3.0]


def test_a_generation_without_its_last_file_does_not_count(tmp_path: Path) -> None:
    """Killed between the parts and the last file: the number is not used again, and the next one sweeps it away."""
    folder = CheckpointFolder(tmp_path)
    written(folder, 1.0)
    folder.write_arrays(folder.next_generation(), "part-00000", "b", {"x": np.array([2.0])})
    assert folder.generations() == [1]
    assert folder.next_generation() == 3
    assert written(folder, 3.0) == 3
    assert folder.generations() == [3, 1]
    assert not (tmp_path / "0000002-part-00000.npz").exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:-40]), "0000001-part-00000.npz"),
        (lambda file: file.unlink(), "No such file"),
        (lambda file: file.write_bytes(b""), "0000001-part-00000.npz"),
        (lambda file: file.write_bytes(b"x" * 500), "0000001-part-00000.npz"),
    ],
)
def test_a_damaged_part_is_told(tmp_path: Path, damage, words: str) -> None:
    folder = CheckpointFolder(tmp_path)
    written(folder, 1.0)
    damage(tmp_path / "0000001-part-00000.npz")
    with pytest.raises(DamagedCheckpointError, match=words):
        folder.read_arrays("0000001-part-00000.npz", "a")


def test_a_changed_number_in_a_part_is_told(tmp_path: Path) -> None:
    """One bit of an array: its check sum tells."""
    folder = CheckpointFolder(tmp_path)
    generation = folder.next_generation()
    folder.write_arrays(generation, "part-00000", "a", {"x": np.arange(1000.0)})
    file = tmp_path / "0000001-part-00000.npz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(DamagedCheckpointError, match="CRC"):
        folder.read_arrays(file.name, "a")


def test_a_file_of_another_run_is_no_part(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    written(folder, 1.0, token="a")
    with pytest.raises(DamagedCheckpointError, match="of another checkpoint"):
        folder.read_arrays("0000001-part-00000.npz", "b")


@pytest.mark.parametrize("place", range(0, 1200, 7))
def test_no_byte_of_a_part_can_be_changed_unseen(tmp_path: Path, place: int) -> None:
    """Either the arrays are those written, or they are refused: heads of the archive have no check sum."""
    folder = CheckpointFolder(tmp_path)
    arrays = {"x": np.arange(5.0), "y.values": np.zeros((2, 3)), "z": np.zeros(0)}
    name = folder.write_arrays(1, "part-00000", "a", arrays)
    file = tmp_path / name
    good = file.read_bytes()
    for bit in range(8):
        content = bytearray(good)
        content[place % len(good)] ^= 1 << bit
        file.write_bytes(bytes(content))
        try:
            found = folder.read_arrays(name, "a")
        except DamagedCheckpointError:
            continue
        assert sorted(found) == sorted(arrays)
        assert all(np.array_equal(found[key], arrays[key]) for key in arrays)


def test_what_a_killed_run_has_half_written_is_swept_away(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    half, other = tmp_path / ".0000001-part-00000.npz.0123456789abcdef.tmp", tmp_path / "notes.txt"
    half.write_bytes(b"half")
    other.write_text("the user's own", encoding="utf-8")
    written(folder, 1.0)
    assert not half.exists()
    assert other.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("parts"),
        lambda data: data.update(format=99),
        lambda data: data.update(parts=["../../elsewhere.npz"]),
        lambda data: data.update(ranges=[]),
        lambda data: data.update(identity=3),
        lambda data: data.update(ranges=[[0, 1e400]]),
        lambda data: data["numbers"].update(value=2.0),
    ],
)
def test_a_damaged_last_file_is_told(tmp_path: Path, change) -> None:
    folder = CheckpointFolder(tmp_path)
    written(folder, 1.0)
    file = tmp_path / "0000001.json"
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    with pytest.raises(DamagedCheckpointError, match=r"0000001\.json"):
        folder.read_meta(1)


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    """An array of objects would run code."""
    folder = CheckpointFolder(tmp_path)
    np.savez(tmp_path / "0000001-part-00000.npz", token=np.array("a"), x=np.array([{}], dtype=object))
    with pytest.raises(DamagedCheckpointError):
        folder.read_arrays("0000001-part-00000.npz", "a")
