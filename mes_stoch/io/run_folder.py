"""The run folder: what a finished run leaves behind, enough to print, draw and repeat it.

::

    runs/<instance>-<time>/
      instance/         copy of the instance as it was read
      tree.nc           scenarios and probabilities
      solution.nc       every primal value, duals where the recourse is linear, profit by scenario and stream
      flows.nc          called operation by carrier, node and component, with the energy prices
      commitments.csv   volume by product and block
      summary.json      objective, proven interval, streams, commitments
      trace.csv         bounds against time
      figures/          PNG
      ledger.csv        every cash flow, once `mes-stoch settle` has been asked for it
      evaluation.json   the stress test, once `mes-stoch evaluate` has been asked for it
      manifest.json     command, seeds, input hashes, versions, machine, times; written last: a folder without it is
                        an unfinished run

Every file is written under another name and renamed, so that no reader meets half a file.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.instance import ExplicitScenarios, Instance

MANIFEST = "manifest.json"
SUMMARY = "summary.json"
COMMITMENTS = "commitments.csv"
TRACE = "trace.csv"
SOLUTION = "solution.nc"
FLOWS = "flows.nc"
TREE = "tree.nc"
INSTANCE = "instance"
FIGURES = "figures"
LEDGER = "ledger.csv"
EVALUATION = "evaluation.json"

#: Left beside the results by `slurm/solve.sbatch` when a job's run is complete.
DONE = "DONE"
_OWN_FILES = (MANIFEST, SUMMARY, COMMITMENTS, TRACE, SOLUTION, FLOWS, TREE, LEDGER, EVALUATION, DONE)
_OWN_FOLDERS = (INSTANCE, FIGURES)
_PACKAGES = ("mes_stoch", "pyomo", "mpi-sppy", "highspy", "numpy", "scipy", "pandas", "xarray", "mpi4py")


@dataclass(frozen=True)
class RunFolder:
    """A run folder on disk; :meth:`create` claims one, :meth:`open` finds a finished one.

    Parameters
    ----------
    path : Path
    is_new : bool
        Whether :meth:`create` made it.
    """

    path: Path
    is_new: bool = False

    @classmethod
    def create(cls, path: Path, force: bool = False) -> RunFolder:
        """Make the folder, or take an earlier run's where ``force`` says so; its files stay until :meth:`clear`.

        Raises
        ------
        UsageError
            If the folder exists without ``force``, or holds anything that no run wrote (never deleted).
        """
        try:
            path.mkdir(parents=True)
            return cls(path, is_new=True)
        except FileExistsError:
            pass
        except OSError as error:
            raise UsageError(f"cannot make the run folder {path}: {error.strerror}") from None
        if not path.is_dir():
            raise UsageError(f"the run folder {path} is an existing file; choose another --out")
        entries = {entry.name for entry in path.iterdir()}
        strangers = sorted(name for name in entries if not _is_own(name))
        if strangers:
            raise UsageError(
                f"{path} holds files that are not of a run ({', '.join(strangers[:3])}); choose another --out"
            )
        if entries and not force:
            raise UsageError(f"{path} already holds a run; choose another --out, or add --force to overwrite it")
        return cls(path)

    @classmethod
    def create_default(cls, instance: str, now: datetime, parent: Path = Path("runs")) -> RunFolder:
        """Make ``runs/<instance>-<YYYYmmdd-HHMMSS>``; runs started within one second get a number."""
        stem = f"{instance}-{now:%Y%m%d-%H%M%S}"
        for attempt in range(1, 1000):
            path = parent / (stem if attempt == 1 else f"{stem}-{attempt}")
            if not path.exists():
                return cls.create(path)
        raise UsageError(f"{parent} has no free name left for {stem}; give one with --out")

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """A finished run."""
        if not path.is_dir():
            raise UsageError(f"{path} is not a folder; give the folder of a finished run")
        if not (path / MANIFEST).is_file():
            what = "an unfinished run" if (path / INSTANCE).is_dir() or (path / SUMMARY).is_file() else "not a run"
            raise UsageError(f"{path} is {what}: it has no {MANIFEST}")
        return cls(path)

    def clear(self) -> None:
        """Delete what a run writes, and nothing else; the manifest first, so that the folder reads as unfinished."""
        for name in _OWN_FILES:
            (self.path / name).unlink(missing_ok=True)
        for name in _OWN_FOLDERS:
            shutil.rmtree(self.path / name, ignore_errors=True)
        for left in self.path.glob(".*.tmp"):
            left.unlink(missing_ok=True)

    def discard(self) -> None:
        """Take back a folder made for a run that came to nothing; what was there before stays."""
        if self.is_new and self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()

    def put(self, name: str, write: Callable[[Path], object]) -> Path:
        """Let ``write`` fill a temporary file, then give it its name."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, write)
        return target

    def put_json(self, name: str, content: Mapping[str, Any]) -> Path:
        text = json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        return self.put(name, lambda path: path.write_text(text, encoding="utf-8"))

    def put_frame(self, name: str, frame: pd.DataFrame) -> Path:
        return self.put(name, lambda path: frame.to_csv(path, index=False))

    def put_dataset(self, name: str, dataset: xr.Dataset) -> Path:
        """NetCDF with compressed numbers."""
        encoding = {
            str(key): {"zlib": True, "complevel": 4}
            for key, array in dataset.data_vars.items()
            if array.ndim and array.dtype.kind in "fiu"
        }
        return self.put(name, lambda path: dataset.to_netcdf(path, engine="netcdf4", encoding=encoding))

    def put_bytes(self, name: str, content: bytes) -> Path:
        return self.put(name, lambda path: path.write_bytes(content))

    def read_json(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read {self.path / name}: {error}") from None
        if not isinstance(content, dict):
            raise UsageError(f"{self.path / name} does not hold a JSON object")
        return content

    def read_frame(self, name: str) -> pd.DataFrame:
        try:
            return pd.read_csv(self.path / name)
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read {self.path / name}: {error}") from None

    def read_dataset(self, name: str) -> xr.Dataset:
        try:
            with xr.open_dataset(self.path / name, engine="netcdf4") as dataset:
                return dataset.load()
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read {self.path / name}: {error}") from None


def write_whole(target: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``target``, then give it that name: no reader meets half a file.

    Raises
    ------
    UsageError
        If it cannot be written; what was there before stays.
    """
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        write(temporary)
        temporary.replace(target)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _is_own(name: str) -> bool:
    return name in _OWN_FILES or name in _OWN_FOLDERS or (name.startswith(".") and name.endswith(".tmp"))


def read_inputs(folder: Path, instance: Instance) -> dict[str, bytes]:
    """The files of an instance folder that a run depends on or a reader wants, by path relative to it.

    Taken before the solve: a solve is long, and a folder may change meanwhile.
    """
    names = ["instance.yaml", "README.md", "expected.json"]
    if instance.series is not None:
        names.append(instance.series)
    if isinstance(instance.uncertainty, ExplicitScenarios):
        names.append(instance.uncertainty.file)
    root = folder.resolve()
    inside = [name for name in dict.fromkeys(names) if (root / name).resolve().is_relative_to(root)]
    return {name: (folder / name).read_bytes() for name in inside if (folder / name).is_file()}


def build_manifest(
    *,
    command: str | None,
    options: Mapping[str, Any],
    inputs: Mapping[str, bytes],
    seed: int | None,
    started: datetime,
    ended: datetime,
    wall_time_s: float,
    ranks: int,
) -> dict[str, Any]:
    """What it takes to repeat the run, and to know later what it ran on."""
    return {
        "format": 1,
        "command": command,
        "options": dict(options),
        "seed": seed,
        "inputs_sha256": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(inputs.items())},
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {
            "platform": platform.platform(),
            "processor": platform.machine(),
            "cpu_count": os.cpu_count(),
            "ranks": ranks,
        },
        "start_utc": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "end_utc": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        "wall_time_s": wall_time_s,
    }


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def plain(value: Any) -> Any:
    """JSON's own types; a number that is not finite becomes null, for JSON has no infinity."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path | datetime):
        return str(value)
    return value
