"""An instance folder read with entries and series replaced."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mes_stoch.io.files import read_regular, stays_inside
from mes_stoch.io.instance import LoadedInstance, read_document, read_instance
from mes_stoch.io.overrides.series_values import Overrides, SeriesChanges, series_changes
from mes_stoch.io.readers.locate import INSTANCE_FILE
from mes_stoch.io.readers.yaml_lines import read_yaml
from mes_stoch.schema.errors import InstanceError, Issue, UsageError


def read_overridden(folder: str | Path, overrides: Mapping[str, Any] | None = None) -> LoadedInstance:
    """Read and check an instance folder with what the caller gives in place of what stands there.

    Parameters
    ----------
    folder : str or pathlib.Path
    overrides : mapping, optional
        By dotted path: entries of ``instance.yaml`` (:func:`~mes_stoch.io.overrides.entries.apply_overrides`), columns
        of its CSV files as ``series.NAME``, and values by period for any field that takes a series
        (:mod:`~mes_stoch.io.overrides.series_values`).

    Raises
    ------
    InstanceError
        With every problem found; those of what was given are of the file ``overrides``.
    """
    folder = Path(folder)
    if not isinstance(overrides, Mapping | None):
        raise UsageError(f"overrides map dotted paths to values; found {type(overrides).__name__}")
    given = Overrides.of(overrides or {})
    if not given.series and not given.issues:
        return read_instance(folder, given.entries)
    document = read_yaml(folder / INSTANCE_FILE, INSTANCE_FILE)
    if not isinstance(document.data, dict):
        return read_document(folder, document, given.entries)
    changes = series_changes(folder, document.data, given)
    changes.issues += given.issues
    with TemporaryDirectory(prefix="mes-stoch-overrides-") as name:
        copy = Path(name)
        for inner, content in {**_files_beside(folder, changes.data), **changes.files}.items():
            (copy / inner).parent.mkdir(parents=True, exist_ok=True)
            (copy / inner).write_bytes(content)
        return replace(_read(copy, folder, changes), folder=folder, overrides=changes.told, has_lines=False)


def _read(copy: Path, folder: Path, changes: SeriesChanges) -> LoadedInstance:
    issues: tuple[Issue, ...] = ()
    try:
        loaded = read_instance(copy, changes.entries)
    except InstanceError as error:
        issues = error.issues
    if issues or changes.issues:
        told = {issue.key for issue in changes.issues}
        raise InstanceError(str(folder), [*changes.issues, *(issue for issue in issues if issue.key not in told)])
    return loaded


def _files_beside(folder: Path, data: Mapping[str, Any]) -> dict[str, bytes]:
    """Files that an instance may consist of, where they are there; what is wrong with others is told by their readers.

    Names stay inside the folder. A link in the place of a file that the instance names is followed; one in the place of
    a README is not, which nobody reads.
    """
    uncertainty = data.get("uncertainty")
    inner = uncertainty if isinstance(uncertainty, Mapping) else {}
    named = [data.get("series"), inner.get("file"), inner.get("process_file")]
    root = folder.resolve()
    names = [INSTANCE_FILE, *(name for name in named if isinstance(name, str) and stays_inside(name))]
    names += [name for name in ("README.md", "expected.json") if (folder / name).resolve().is_relative_to(root)]
    found = {}
    for name in dict.fromkeys(names):
        with contextlib.suppress(OSError):
            found[name] = read_regular(folder / name)
    return found
