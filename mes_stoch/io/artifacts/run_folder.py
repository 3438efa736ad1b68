"""The run folder: what a finished run leaves behind, enough to print, draw and repeat it.

::

    runs/<instance>-<time>/
      claim-1.json      process that has the folder; gone when the run is over (:mod:`mes_stoch.io.artifacts.claim`)
      begun/            what the run was asked for, with the instance: there from its first second until it is done
      checkpoint/       what it has proven so far, until it is done (:mod:`mes_stoch.io.artifacts.checkpoint_files`)
      summary.json      objective, proven interval, streams, commitments
      commitments.csv   volume by product and block
      site_decisions.csv  what is decided of components beside them, where anything is
      trace.csv         bounds against time
      unfinished.json   what the manifest will say, while results are being written
      instance/         copy of the instance as it was solved
      tree.nc           scenarios and probabilities
      solution.nc       every primal value, duals where the recourse is linear, profit by scenario and stream
      flows.nc          called operation by carrier, node and component, with the energy prices
      manifest.json     command, seeds, hashes of inputs and results, versions, machine, times; written last: a folder
                        without it is an unfinished run
      figures/          PNG, or PDF and SVG where they are asked for
      report.html       everything as one page, once `mes-stoch report` has been asked for it; tables/ beside it
      ledger.csv        every cash flow, once `mes-stoch settle` has been asked for it
      evaluation.json   what `mes-stoch evaluate` has found, once it has been asked; profits by scenario in
                        evaluation.nc, a commitment found by samples in evaluation_commitments.csv, and scenarios that
                        are operated in evaluation.rolling until all of them are

Results are written in this order, the smallest and most valuable first: a disk that fills up costs the least. Every
file is written under another name and renamed, so that no reader meets half a file (:mod:`mes_stoch.io.files`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import xarray as xr

from mes_stoch.io.artifacts.cf_attributes import with_conventions
from mes_stoch.io.artifacts.checkpoint_files import CHECKPOINT
from mes_stoch.io.artifacts.claim import Claim, is_claim
from mes_stoch.io.artifacts.manifest import seal
from mes_stoch.io.artifacts.tree import tree_bytes
from mes_stoch.io.artifacts.tree_parts import PART_SCENARIOS, store_tree
from mes_stoch.io.csv_text import csv_text
from mes_stoch.io.files import (
    TEMPORARY_END,
    TEMPORARY_START,
    made_folder,
    open_folder_in,
    write_in,
    write_whole,
)
from mes_stoch.io.plain_values import plain
from mes_stoch.io.readers.netcdf import netcdf_bytes
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.schema.tree import ScenarioTree

MANIFEST = "manifest.json"
UNFINISHED = "unfinished.json"
SUMMARY = "summary.json"
COMMITMENTS = "commitments.csv"
SITE_DECISIONS = "site_decisions.csv"
TRACE = "trace.csv"
SOLUTION = "solution.nc"
FLOWS = "flows.nc"
TREE = "tree.nc"
INSTANCE = "instance"
FIGURES = "figures"
LEDGER = "ledger.csv"
REPORT = "report.html"
TABLES = "tables"
EVALUATION = "evaluation.json"
EVALUATION_PROFITS = "evaluation.nc"
EVALUATION_COMMITMENTS = "evaluation_commitments.csv"
EVALUATION_SITE_DECISIONS = "evaluation_site_decisions.csv"
EVALUATION_ROLLING = "evaluation.rolling"

_TITLES = {
    SOLUTION: "Decisions, duals and profits",
    FLOWS: "Called operation by carrier, node and component",
    EVALUATION_PROFITS: "Profits by scenario of an evaluation",
}

#: Issues of one folder that are told; the others are of the same kind.
MOST_ISSUES = 20

#: Left beside the results by `slurm/solve.sbatch` when a job's run is complete.
DONE = "DONE"
#: Room kept on the disk for the summary and the commitments while a run is being solved.
_RESERVE, _RESERVE_BYTES = ".reserve.tmp", 128 * 1024
_OF_EVALUATION = (EVALUATION, EVALUATION_PROFITS, EVALUATION_COMMITMENTS, EVALUATION_SITE_DECISIONS)
_OF_SOLVE = (MANIFEST, UNFINISHED, SUMMARY, COMMITMENTS, SITE_DECISIONS, TRACE, SOLUTION, FLOWS, TREE)
_OWN_FILES = (*_OF_SOLVE, LEDGER, REPORT, *_OF_EVALUATION, DONE)
_OWN_FOLDERS = (INSTANCE, FIGURES, TABLES, EVALUATION_ROLLING)
#: What there is of a run before it has results, and what another run goes on with.
BEGUN = "begun"
REQUEST = f"{BEGUN}/request.json"
BEGUN_INSTANCE = f"{BEGUN}/{INSTANCE}"
_OF_UNFINISHED = (BEGUN, CHECKPOINT)


@dataclass(frozen=True)
class RunFolder:
    """A run folder on disk; :meth:`create` claims one, :meth:`open` finds a finished one.

    Parameters
    ----------
    path : Path
    is_new : bool
        Whether :meth:`create` made it.
    claim : Claim, optional
        What makes it this process's.

    ``hashes`` are those of the files written so far, by name.
    """

    path: Path
    is_new: bool = False
    claim: Claim | None = None
    hashes: dict[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def create(cls, path: Path, force: bool = False) -> RunFolder:
        """Make the folder, or take an earlier run's where ``force`` says so; its files stay until :meth:`clear`.

        The folder then belongs to this process until :meth:`release` or :meth:`discard`.

        Raises
        ------
        UsageError
            If the folder belongs to a run at work, exists without ``force``, holds anything that no run wrote (never
            deleted), or cannot be written.
        """
        is_new = _make(path)
        # before the claim as well, for nothing is to be written into a folder of somebody's own files
        _require_only_a_run(path)
        claim = Claim.take(path, force=force)
        folder = cls(path, is_new, claim)
        try:
            entries = _require_only_a_run(path)
            if not force and any(not is_claim(name) for name in entries):
                raise UsageError(f"{path} already holds a run; choose another --out, or add --force to overwrite it")
        except BaseException:
            folder.release()
            raise
        folder._keep_room()
        return folder

    @classmethod
    def take_up(cls, path: Path) -> RunFolder:
        """Take the folder of a run that was ended before it was done, to go on with it; nothing in it is lost.

        Raises
        ------
        UsageError
            If there is none, or it belongs to a run at work.
        """
        if not (path / BEGUN).is_dir() and not (path / CHECKPOINT).is_dir():
            raise UsageError(
                f"{path} holds no run that could be gone on with: there is neither {BEGUN} nor {CHECKPOINT}"
            )
        _require_only_a_run(path)
        folder = cls(path, False, Claim.take(path, force=True))
        folder._keep_room()
        return folder

    @classmethod
    def create_default(cls, instance: str, now: datetime, parent: Path = Path("runs")) -> RunFolder:
        """Make ``runs/<instance>-<YYYYmmdd-HHMMSS>``; runs started within one second get a number.

        Raises
        ------
        UsageError
            If there is no free name, or the folder cannot be made.
        """
        path = make_default_folder(f"{instance}-{now:%Y%m%d-%H%M%S}", parent)
        folder = cls(path, True, Claim.take(path))
        folder._keep_room()
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """A finished run's folder; what is in it is checked by :mod:`mes_stoch.io.artifacts.run_files`.

        Raises
        ------
        UsageError
            If it is no folder of a finished run.
        """
        if not path.is_dir():
            raise UsageError(f"{path} is not a folder; give the folder of a finished run")
        if not (path / MANIFEST).exists():
            is_begun = any((path / name).exists() for name in (INSTANCE, SUMMARY, UNFINISHED))
            what = "an unfinished run" if is_begun else "not a run"
            raise UsageError(f"{path} is {what}: it has no {MANIFEST}")
        return cls(path)

    def clear(self) -> None:
        """Delete what a run writes, and nothing else; the manifest first, so that the folder reads as unfinished."""
        for name in _OWN_FILES:
            (self.path / name).unlink(missing_ok=True)
        for name in _OWN_FOLDERS:
            _remove_folder(self.path / name)
        for left in self.path.iterdir():
            if _is_temporary(left.name):
                left.unlink(missing_ok=True)

    def begin(self, request: Mapping[str, Any], inputs: Mapping[str, bytes]) -> None:
        """Write down what is asked for, and the instance; what an earlier run has left to go on with is gone.

        Raises
        ------
        WriteError
            There is no room; nothing of it is left.
        """
        self.forget_beginning()
        try:
            self._begin(request, inputs)
        except WriteError:
            self.forget_beginning()
            raise

    def _begin(self, request: Mapping[str, Any], inputs: Mapping[str, bytes]) -> None:
        made_folder(self.path / BEGUN)
        text = json.dumps(plain(request), indent=2, ensure_ascii=False) + "\n"
        self.put(REQUEST, lambda stream: stream.write(text.encode("utf-8")))
        for name, content in inputs.items():
            self.put(f"{BEGUN_INSTANCE}/{name}", partial(_write, content))

    def forget_beginning(self) -> None:
        """The run is done: there is nothing left to go on with."""
        for name in _OF_UNFINISHED:
            _remove_folder(self.path / name)

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest: from now on the folder reads as a finished run."""
        files = {name: own for name, own in self.hashes.items() if name != UNFINISHED}
        self.put_json(MANIFEST, seal(manifest, files))
        (self.path / UNFINISHED).unlink(missing_ok=True)

    def release(self) -> None:
        """Let others have the folder."""
        if self.claim is not None:
            (self.path / _RESERVE).unlink(missing_ok=True)
            self.claim.release()

    def _keep_room(self) -> None:
        """Take room that :meth:`clear` gives back just before results are written; where there is none, go without."""
        with contextlib.suppress(OSError), (self.path / _RESERVE).open("xb") as stream:
            stream.write(bytes(_RESERVE_BYTES))

    def discard(self) -> None:
        """Take back a folder claimed for a run that came to nothing; what was there before stays, and a checkpoint."""
        if not (self.path / CHECKPOINT).is_dir():
            _remove_folder(self.path / BEGUN)
        self.release()
        if self.is_new and self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()

    def put(self, name: str, write: Callable[[BinaryIO], object]) -> Path:
        """Let ``write`` fill a file of the folder, or of a folder in it; it gets its name when it is whole.

        Raises
        ------
        WriteError
        """
        target = self.path / name
        if target.parent == self.path:
            write_whole(target, write)
            return target
        folder = open_folder_in(self.path, target.parent.relative_to(self.path))
        try:
            write_in(folder, target, write)
        finally:
            os.close(folder)
        return target

    def put_bytes(self, name: str, content: bytes | memoryview) -> Path:
        target = self.put(name, lambda stream: stream.write(content))
        self.hashes[name] = hashlib.sha256(content).hexdigest()
        return target

    def put_json(self, name: str, content: Mapping[str, Any]) -> Path:
        text = json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        return self.put_bytes(name, text.encode("utf-8"))

    def put_frame(self, name: str, frame: pd.DataFrame) -> Path:
        return self.put_bytes(name, csv_text(frame).encode("utf-8"))

    def put_tree(self, name: str, tree: ScenarioTree) -> Path:
        """A scenario tree; a large one a part at a time, so that it is not held twice."""
        if len(tree.scenario_names) <= PART_SCENARIOS:
            return self.put_bytes(name, tree_bytes(tree))
        target = self.put(name, partial(store_tree, tree))
        with target.open("rb") as stream:
            self.hashes[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        return target

    def put_dataset(self, name: str, dataset: xr.Dataset) -> Path:
        """NetCDF with compressed numbers."""
        encoding = {
            str(key): {"zlib": True, "complevel": 4}
            for key, array in dataset.data_vars.items()
            if array.ndim and array.dtype.kind in "fiu"
        }
        title = f"{_TITLES.get(name, 'Results')} of {dataset.attrs.get('instance', 'a run')}"
        return self.put_bytes(name, netcdf_bytes(with_conventions(dataset, title), encoding))


def make_default_folder(name: str, parent: Path = Path("runs")) -> Path:
    """Make a folder of that name, or where it is taken of that name with a number.

    Raises
    ------
    UsageError
        If there is no free name, or the folder cannot be made.
    """
    for attempt in range(1, 1000):
        path = parent / (name if attempt == 1 else f"{name}-{attempt}")
        if _make(path):
            return path
    raise UsageError(f"{parent} has no free name left for {name}; give one with --out")


def _make(path: Path) -> bool:
    """Make a folder; ``False`` if it is there already."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        if not path.is_dir():
            raise UsageError(f"the run folder {path} is an existing file; choose another --out") from None
        return False
    except OSError as error:
        raise UsageError(f"cannot make the run folder {path}: {error.strerror}") from None
    return True


def _require_only_a_run(path: Path) -> set[str]:
    try:
        entries = {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise UsageError(f"cannot look into the run folder {path}: {error.strerror}") from None
    strangers = sorted(name for name in entries if not _is_own(name))
    if strangers:
        few = ", ".join(strangers[:3])
        raise UsageError(f"{path} holds files that do not belong to a run ({few}); choose another --out")
    return entries


def _remove_folder(place: Path) -> None:
    """Remove a folder and all in it; of a link, the link."""
    if place.is_symlink():
        place.unlink()
    else:
        shutil.rmtree(place, ignore_errors=True)


def _write(content: bytes, stream: BinaryIO) -> None:
    stream.write(content)


def _is_own(name: str) -> bool:
    return name in (*_OWN_FILES, *_OWN_FOLDERS, *_OF_UNFINISHED) or is_claim(name) or _is_temporary(name)


def _is_temporary(name: str) -> bool:
    return name.startswith(TEMPORARY_START) and name.endswith(TEMPORARY_END)
