"""What it takes to repeat a run and to trust its folder: the files it was made from, and its manifest."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mes_stoch.io.files import read_regular
from mes_stoch.io.plain_values import plain
from mes_stoch.schema.instance import ExplicitScenarios, Instance

#: 2: with the hashes of the result files.
MANIFEST_FORMAT = 2
_PACKAGES = ("mes_stoch", "pyomo", "mpi-sppy", "highspy", "numpy", "scipy", "pandas", "xarray", "mpi4py")


def read_inputs(folder: Path, instance: Instance) -> dict[str, bytes]:
    """The files of an instance folder that a run depends on or a reader wants, by path relative to it.

    Taken before the solve: a solve is long, and a folder may change meanwhile. What a link stands for is copied, so
    that the copy can be read without what the link pointed to.
    """
    names = ["instance.yaml"]
    if instance.series is not None:
        names.append(instance.series)
    if isinstance(instance.uncertainty, ExplicitScenarios):
        names.append(instance.uncertainty.file)
    elif instance.uncertainty.process_file is not None:
        names.append(instance.uncertainty.process_file)
    # these are copied unread: what lies outside the folder is none of a run's business
    root = folder.resolve()
    names += [name for name in ("README.md", "expected.json") if (folder / name).resolve().is_relative_to(root)]
    found = {}
    for name in dict.fromkeys(Path(name).as_posix() for name in names):
        try:
            found[name] = read_regular(folder / name)
        except OSError:
            # the instance was read from what it needs; a README may be missing, or be no file
            continue
    return found


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
        "format": MANIFEST_FORMAT,
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


def seal(manifest: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """A manifest with the hashes of the result files, and with its own (:func:`manifest_hash`)."""
    whole = {**plain(manifest), "files_sha256": dict(sorted(files.items()))}
    return {**whole, "manifest_sha256": manifest_hash(whole)}


def manifest_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest without this very entry, as JSON with sorted keys and no blanks."""
    own = {key: value for key, value in manifest.items() if key != "manifest_sha256"}
    text = json.dumps(own, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found
