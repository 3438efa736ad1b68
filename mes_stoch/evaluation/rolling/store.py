"""Leaves that have been operated, in a folder: what is finished need not be done again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from mes_stoch.evaluation.rolling.operation import Operation
from mes_stoch.io.files import write_whole
from mes_stoch.model.program import FloatArray
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree

_KEY = "operation.json"


class PathStore:
    """A folder with the columns of every finished leaf, and the digest of what was operated.

    Parameters
    ----------
    folder : path
        Made where there is none. Files of another operation in it are removed.
    operation : Operation
    columns : int
        Columns of a leaf.

    Raises
    ------
    UsageError
        If it cannot be written, or is no such folder.
    """

    def __init__(self, folder: Path, operation: Operation, columns: int) -> None:
        self.folder = folder
        self._columns = columns
        key = {"digest": digest_of(operation), "mes_stoch_version": version("mes_stoch")}
        try:
            if folder.exists() and any(folder.iterdir()) and not (folder / _KEY).is_file():
                raise UsageError(f"{folder} is no folder of operated scenarios; choose another --out")
            if _read(folder / _KEY) != key:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                write_whole(folder / _KEY, lambda stream: stream.write(json.dumps(key).encode("utf-8")))
        except OSError as error:
            raise UsageError(f"cannot write {folder}: {error.strerror or error}") from error

    def found(self, leaves: int) -> Iterator[tuple[int, FloatArray]]:
        """Leaves that are finished, with their columns; a file that cannot be read counts for none."""
        for leaf in range(leaves):
            try:
                values = np.load(self._file(leaf), allow_pickle=False)
            except (OSError, ValueError):
                continue
            if values.shape == (self._columns,) and values.dtype == np.float64:
                yield leaf, values

    def put(self, leaf: int, values: FloatArray) -> None:
        """Keep a leaf, whole or not at all.

        Raises
        ------
        UsageError
            If it cannot be written.
        """
        write_whole(self._file(leaf), lambda stream: np.save(stream, values, allow_pickle=False))

    def remove(self) -> None:
        """Once everything is written elsewhere."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, leaf: int) -> Path:
        return self.folder / f"scenario-{leaf:06d}.npy"


def digest_of(operation: Operation) -> str:
    """SHA-256 of everything that a path depends on."""
    found = hashlib.sha256(operation.instance.model_dump_json().encode("utf-8"))
    for name in sorted(operation.volumes):
        found.update(name.encode("utf-8") + np.ascontiguousarray(operation.volumes[name]).tobytes())
    for tree in (operation.tree, operation.forecast):
        found.update(b"the other leaves" if tree is None else _bytes_of(tree))
    found.update(f"{operation.fan} {operation.gap_rel!r}".encode())
    return found.hexdigest()


def _bytes_of(tree: ScenarioTree) -> bytes:
    dataset = tree.dataset
    parts = [json.dumps(sorted((str(k), str(v)) for k, v in dataset.attrs.items())).encode("utf-8")]
    for name in ("time", "scenario", "probability", "day_ahead_node", *sorted(map(str, dataset.data_vars))):
        values = np.ascontiguousarray(dataset[name].values)
        parts.append(name.encode("utf-8") + str(values.dtype).encode() + values.tobytes())
    return b"".join(parts)


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
