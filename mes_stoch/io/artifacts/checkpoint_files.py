"""Checkpoints on disk: what a run has proven so far, in files that are whole or do not count.

::

    checkpoint/
      0000007-part-00000.npz    arrays of rank 0's scenarios, of as many ranks as there were
      0000007-part-00001.npz
      0000007-common.npz        arrays that belong to no scenario
      0000007.json              numbers, what the run is a run of, and the parts; written last

A generation counts once its ``.json`` is there. Its files carry a token, so that files of two runs that met in one
folder are never taken for one checkpoint; names of arrays and check sums tell a damaged one. The last two generations
are kept: where the newer cannot be read, the older can.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.files import TEMPORARY_END, TEMPORARY_START, made_folder, open_regular, read_regular, write_whole
from mes_stoch.schema.errors import UsageError, WriteError

#: Name of the folder in a run folder.
CHECKPOINT = "checkpoint"
FORMAT = 1
KEPT = 2
_META = re.compile(r"([0-9]{7})\.json")
_FILE = re.compile(r"([0-9]{7})(?:-[a-z0-9-]+\.npz|\.json)")
_MOST_META_BYTES = 64 * 2**20
_TOKEN, _NAMES = "token", "names"
_LARGEST_GENERATION = 9_999_999

Arrays = Mapping[str, NDArray[Any]]


class DamagedCheckpointError(Exception):
    """A file of a checkpoint is missing, damaged, or another run's; says which and why."""


@dataclass(frozen=True)
class CheckpointMeta:
    """What the ``.json`` of a generation says.

    Parameters
    ----------
    generation : int
    token : str
        Also in every file of the generation.
    parts : tuple of str
        Names of its part files.
    ranges : tuple of pairs of int
        First scenario that each part holds something of, and the one after the last.
    identity : dict
        What the run is a run of, by what it depends on; another identity is another run.
    numbers : dict
        Whatever the run's method has to say.
    """

    generation: int
    token: str
    parts: tuple[str, ...]
    ranges: tuple[tuple[int, int], ...]
    identity: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckpointFolder:
    """A folder of checkpoints, used by all ranks of a run.

    Parameters
    ----------
    path : Path
    """

    path: Path

    def generations(self) -> list[int]:
        """Generations that count, the newest first.

        Raises
        ------
        UsageError
            If the folder cannot be looked into.
        """
        try:
            names = [entry.name for entry in self.path.iterdir()] if self.path.is_dir() else []
        except OSError as error:
            raise UsageError(f"cannot look into {self.path}: {error.strerror}") from None
        return sorted((int(match[1]) for match in map(_META.fullmatch, names) if match), reverse=True)

    def next_generation(self) -> int:
        """The number of a new generation: no file has it, not even one left by a run that was killed.

        Raises
        ------
        WriteError
            If the folder cannot be made or read.
        """
        made_folder(self.path)
        try:
            matches = [_FILE.fullmatch(entry.name) for entry in self.path.iterdir()]
        except OSError as error:
            raise WriteError(self.path, error.strerror or str(error)) from error
        return min(max((int(match[1]) for match in matches if match), default=0) + 1, _LARGEST_GENERATION)

    def write_arrays(self, generation: int, name: str, token: str, arrays: Arrays) -> str:
        """Write one file of a generation; its name.

        Raises
        ------
        WriteError
        """
        whole = {_TOKEN: np.array(token), _NAMES: np.array(_listed(arrays)), **arrays}

        def write(stream: BinaryIO) -> None:
            np.savez(stream, **whole)  # type: ignore[arg-type]

        file = f"{generation:07d}-{name}.npz"
        write_whole(self.path / file, write)
        return file

    def commit(self, meta: CheckpointMeta) -> None:
        """Let a generation count, and remove those that are no longer needed.

        Raises
        ------
        WriteError
        """
        content = {
            "format": FORMAT,
            "token": meta.token,
            "parts": list(meta.parts),
            "ranges": [list(ends) for ends in meta.ranges],
            "identity": meta.identity,
            "numbers": meta.numbers,
        }
        data = json.dumps({**content, "sha256": _digest(content)}, allow_nan=False).encode("utf-8")
        write_whole(self.path / f"{meta.generation:07d}.json", lambda stream: stream.write(data))
        self.remove_except(self.generations()[:KEPT])

    def remove_except(self, kept: Sequence[int]) -> None:
        """Remove all files of generations but these, and of those that never came to count."""
        own = [(entry, _FILE.fullmatch(entry.name)) for entry in self.path.iterdir()]
        gone = [(entry, match) for entry, match in own if match is not None and int(match[1]) not in kept]
        # a generation whose parts are gone must not count
        for entry, _ in sorted(gone, key=lambda item: item[0].suffix != ".json"):
            entry.unlink(missing_ok=True)
        for entry, match in own:
            # of a run that was killed while it wrote
            if match is None and _is_half_written(entry.name):
                entry.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all checkpoints, and the folder where nothing else is in it."""
        if not self.path.is_dir():
            return
        self.remove_except(())
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def read_meta(self, generation: int) -> CheckpointMeta:
        """What a generation says of itself.

        Raises
        ------
        DamagedCheckpointError
        """
        file = self.path / f"{generation:07d}.json"
        try:
            content = json.loads(read_regular(file, _MOST_META_BYTES))
            if content["format"] != FORMAT:
                raise DamagedCheckpointError(f"{file.name}: format {content['format']}, where {FORMAT} is read")
            if content.pop("sha256") != _digest(content):
                raise DamagedCheckpointError(f"{file.name}: is not what was written")
            meta = CheckpointMeta(
                generation,
                content["token"],
                tuple(content["parts"]),
                tuple((int(first), int(end)) for first, end in content["ranges"]),
                dict(content["identity"]),
                dict(content["numbers"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise DamagedCheckpointError(f"{file.name}: {error}") from error
        if not all(isinstance(name, str) and _FILE.fullmatch(name) for name in meta.parts):
            raise DamagedCheckpointError(f"{file.name}: names no parts of a checkpoint")
        if len(meta.parts) != len(meta.ranges):
            raise DamagedCheckpointError(f"{file.name}: does not say which scenarios its parts hold")
        return meta

    def read_arrays(self, file: str, token: str) -> dict[str, NDArray[Any]]:
        """All arrays of one file.

        Raises
        ------
        DamagedCheckpointError
        """
        try:
            # opened here, since NumPy leaves the file of a damaged archive open
            with open_regular(self.path / file) as stream, np.load(stream, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        # a damaged head of an archive reads as one that is encrypted or compressed in some way: RuntimeError
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
            raise DamagedCheckpointError(f"{file}: {error}") from error
        if str(arrays.pop(_TOKEN, "")) != token:
            raise DamagedCheckpointError(f"{file}: is of another checkpoint")
        if str(arrays.pop(_NAMES, "")) != _listed(arrays):
            raise DamagedCheckpointError(f"{file}: does not hold the arrays that were written")
        return arrays


def _listed(arrays: Arrays) -> str:
    return json.dumps(sorted(arrays))


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()


def _is_half_written(name: str) -> bool:
    inner = name.removeprefix(TEMPORARY_START)
    return name.startswith(TEMPORARY_START) and name.endswith(TEMPORARY_END) and _FILE.match(inner) is not None
