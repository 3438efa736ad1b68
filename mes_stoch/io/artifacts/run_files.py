"""A run folder read back: every file against what it must hold, before anybody computes with it.

Files are read once, as bytes; hashes, headers and values are checked on those. Whatever is wrong is collected as issues
and told together.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.io.artifacts import run_folder as layout
from mes_stoch.io.artifacts.manifest import manifest_hash
from mes_stoch.io.artifacts.run_arrays import flow_issues, solution_issues, together_issues
from mes_stoch.io.artifacts.run_folder import RunFolder
from mes_stoch.io.artifacts.run_schema import Manifest, Summary, schema_issues
from mes_stoch.io.artifacts.tree import tree_from, tree_issues
from mes_stoch.io.files import LARGEST_DATA_BYTES, LARGEST_TEXT_BYTES, read_regular
from mes_stoch.io.names import name_problem, printable
from mes_stoch.io.readers.netcdf import read_netcdf
from mes_stoch.schema.errors import Issue, RunFolderError
from mes_stoch.schema.price_offers import PRICE_COLUMNS
from mes_stoch.schema.site_decision import DECISION_COLUMNS
from mes_stoch.schema.tree import ScenarioTree

_Content = TypeVar("_Content")

_TABLES = (layout.COMMITMENTS, layout.TRACE)
_ARRAYS = (layout.TREE, layout.SOLUTION, layout.FLOWS)
_DEEPEST = 40
_COMMITMENT_COLUMNS = ("product", "direction", "block_start", "block_end", "volume_mw")
_TRACE_COLUMNS = ("time_s", "iteration", "bound_lower", "bound_upper")
_CHANGED = "another content than the manifest's hash"


@dataclass(frozen=True)
class RunFiles:
    """A run folder that holds what it must.

    ``changed`` lists files whose content is not what the manifest says they were written with.
    """

    manifest: dict[str, Any]
    summary: dict[str, Any]
    commitments: pd.DataFrame
    site_decisions: pd.DataFrame | None
    trace: pd.DataFrame
    tree: ScenarioTree
    solution: xr.Dataset
    flows: xr.Dataset
    inputs: dict[str, bytes]
    changed: tuple[Issue, ...]


def read_run_files(path: Path) -> RunFiles:
    """Read and check a finished run's folder.

    Raises
    ------
    UsageError
        If it is not the folder of a finished run.
    RunFolderError
        With everything that is damaged.
    """
    return _Reader(RunFolder.open(path).path).read()


@dataclass
class _Reader:
    path: Path
    issues: list[Issue] = field(default_factory=list)
    changed: list[Issue] = field(default_factory=list)

    def read(self) -> RunFiles:
        manifest = self._json(layout.MANIFEST)
        self._note(schema_issues(Manifest, manifest, layout.MANIFEST))
        summary = self._json(layout.SUMMARY)
        self._note(schema_issues(Summary, summary, layout.SUMMARY))
        self._require()
        further = (layout.SITE_DECISIONS,) if summary.get("site_decisions") else ()
        hashes = self._hashes(manifest, further)
        self._check(layout.SUMMARY, self._bytes(layout.SUMMARY), hashes)
        tables = {name: self._table(name, hashes) for name in _TABLES}
        decided = self._table(layout.SITE_DECISIONS, hashes) if further else None
        arrays = {name: self._array(name, hashes) for name in _ARRAYS}
        inputs = self._inputs(manifest, hashes)
        self._require()
        tree, solution, flows = (self._there(arrays[name], name) for name in _ARRAYS)
        self._note(tree_issues(tree, layout.TREE))
        self._note(solution_issues(solution, layout.SOLUTION))
        self._note(flow_issues(flows, layout.FLOWS))
        self._require()
        self._note(together_issues(summary, tree, solution, flows))
        commitments = self._commitments(
            self._there(tables[layout.COMMITMENTS], layout.COMMITMENTS), str(summary["timezone"])
        )
        trace = self._trace(self._there(tables[layout.TRACE], layout.TRACE))
        site_decisions = None if decided is None else self._site_decisions(decided)
        self._require()
        return RunFiles(
            manifest,
            summary,
            commitments,
            site_decisions,
            trace,
            tree_from(tree),
            solution,
            flows,
            inputs,
            tuple(self.changed),
        )

    # -- what is wrong ------------------------------------------------------------------------------------------------

    def _note(self, issues: list[Issue]) -> None:
        self.issues += issues

    def _require(self) -> None:
        """Stop where what comes next could not be understood; a file that was changed is part of the explanation."""
        if self.issues:
            raise RunFolderError(self.path, [*dict.fromkeys([*self.issues, *self.changed])])

    def _there(self, content: _Content | None, name: str) -> _Content:
        """What was read of a file; one that could not be read has been told of before."""
        if content is None:
            self._note([Issue(name, None, "", "nothing that can be read", "a file of the run")])
            raise RunFolderError(self.path, self.issues)
        return content

    def _bytes(self, name: str, most: int = LARGEST_TEXT_BYTES) -> bytes | None:
        try:
            return read_regular(self.path / name, most)
        except OSError as error:
            self._note([Issue(name, None, "", error.strerror or str(error), "a file of the run")])
            return None
        except ValueError:
            # a name that no file system takes
            self._note([Issue(name, None, "", "a name that is not that of a file", "a file of the run")])
            return None

    # -- files --------------------------------------------------------------------------------------------------------

    def _json(self, name: str) -> dict[str, Any]:
        content = self._bytes(name)
        if content is None:
            return {}
        try:
            data = json.loads(content, parse_constant=_no_number)
        except RecursionError:
            data, problem = None, "values nested too deeply"
        except ValueError as error:
            data, problem = None, f"content that is no JSON ({str(error)[:200]})"
        else:
            problem = "" if isinstance(data, dict) else "no JSON object"
            problem = problem or ("values nested too deeply" if _depth(data) > _DEEPEST else "")
        if problem:
            self._note([Issue(name, None, "", problem, "a JSON object")])
            return {}
        return dict(data)

    def _hashes(self, manifest: Mapping[str, Any], further: tuple[str, ...]) -> dict[str, str]:
        """Hashes by file, and whether the manifest is as it was written."""
        stated = {f"{layout.INSTANCE}/{name}": own for name, own in manifest["inputs_sha256"].items()}
        if manifest["format"] == 1 and not {"files_sha256", "manifest_sha256"} & manifest.keys():
            return stated
        files: dict[str, str] = manifest.get("files_sha256", {})
        if manifest.get("manifest_sha256") != manifest_hash(manifest):
            self.changed.append(Issue(layout.MANIFEST, None, "", _CHANGED, "the file as it was written"))
        for name in (layout.SUMMARY, *_TABLES, *further, *_ARRAYS):
            if name not in files:
                self._note([Issue(layout.MANIFEST, None, f"files_sha256.{name}", "nothing", "the hash of the file")])
        return {**stated, **files}

    def _check(self, name: str, content: bytes | None, hashes: Mapping[str, str]) -> bool:
        """Whether a file is what the manifest says, as far as it says anything."""
        stated = hashes.get(name)
        if content is None or stated is None or hashlib.sha256(content).hexdigest() == stated:
            return content is not None
        self.changed.append(Issue(name, None, "", _CHANGED, "the file as it was written"))
        return False

    def _table(self, name: str, hashes: Mapping[str, str]) -> pd.DataFrame | None:
        content = self._bytes(name)
        self._check(name, content, hashes)
        if content is None:
            return None
        try:
            return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8")
        except (ValueError, pd.errors.ParserError) as error:
            found = f"content that is no table ({str(error)[:200]})"
            self._note([Issue(name, None, "", found, "comma-separated columns")])
            return None

    def _array(self, name: str, hashes: Mapping[str, str]) -> xr.Dataset | None:
        content = self._bytes(name, LARGEST_DATA_BYTES)
        if content is None:
            return None
        self._check(name, content, hashes)
        dataset, issues = read_netcdf(content, name)
        self._note(issues)
        return dataset

    def _inputs(self, manifest: Mapping[str, Any], hashes: Mapping[str, str]) -> dict[str, bytes]:
        inputs = {}
        for name in manifest["inputs_sha256"]:
            place = f"{layout.INSTANCE}/{name}"
            if name.startswith("/") or ".." in Path(name).parts or printable(name) != name or "\n" in name:
                found = "a path that leads out of the run folder, or is none"
                self._note([Issue(layout.MANIFEST, None, f"inputs_sha256.{name}", found, "a file of the instance")])
                continue
            content = self._bytes(place, LARGEST_DATA_BYTES)
            self._check(place, content, hashes)
            if content is not None:
                inputs[name] = content
        return inputs

    # -- tables -------------------------------------------------------------------------------------------------------

    def _commitments(self, table: pd.DataFrame, zone: str) -> pd.DataFrame:
        if not self._has(layout.COMMITMENTS, table, list(_COMMITMENT_COLUMNS)):
            return table
        result = table.copy()
        for column in (name for name in table.columns if name.startswith("volume_") or name in PRICE_COLUMNS):
            result[column] = self._numbers(layout.COMMITMENTS, table, column, may_be_empty=True)
        for column in ("block_start", "block_end"):
            result[column] = self._moments(layout.COMMITMENTS, table, column).dt.tz_convert(zone)
        for line, name in enumerate(result["product"], start=2):
            problem = name_problem(name) if name else "is empty"
            if problem:
                self._note([Issue(layout.COMMITMENTS, line, "product", f"a name that {problem}", "a product")])
        return result

    def _site_decisions(self, table: pd.DataFrame) -> pd.DataFrame:
        if not self._has(layout.SITE_DECISIONS, table, list(DECISION_COLUMNS)):
            return table
        for line, name in enumerate(table["component"], start=2):
            problem = name_problem(name) if name else "is empty"
            if problem:
                self._note([Issue(layout.SITE_DECISIONS, line, "component", f"a name that {problem}", "a component")])
        return table.assign(value=self._numbers(layout.SITE_DECISIONS, table, "value"))

    def _trace(self, table: pd.DataFrame) -> pd.DataFrame:
        if not self._has(layout.TRACE, table, list(_TRACE_COLUMNS)):
            return table
        numbers = {name: self._numbers(layout.TRACE, table, name, finite=False) for name in _TRACE_COLUMNS}
        result = table.copy()
        for name, column in numbers.items():
            whole = name == "iteration" and bool(np.isfinite(column).all())
            result[name] = column.astype(np.int64) if whole else column
        return result

    def _has(self, name: str, table: pd.DataFrame, columns: list[str]) -> bool:
        missing = [column for column in columns if column not in table]
        self._note([Issue(name, 1, column, "no such column", f"columns {', '.join(columns)}") for column in missing])
        return not missing

    def _numbers(
        self, name: str, table: pd.DataFrame, column: str, *, may_be_empty: bool = False, finite: bool = True
    ) -> pd.Series[float]:
        values = pd.to_numeric(table[column].replace("", "nan"), errors="coerce").astype(float)
        for line, (text, value) in enumerate(zip(table[column], values, strict=True), start=2):
            is_sound = math.isfinite(value) or (may_be_empty and not text) or (not finite and math.isinf(value))
            if not is_sound and len(self.issues) < layout.MOST_ISSUES:
                self._note([Issue(name, line, column, f"'{text[:40]}'", "a number")])
        return values

    def _moments(self, name: str, table: pd.DataFrame, column: str) -> pd.Series[pd.Timestamp]:
        times = pd.to_datetime(table[column], utc=True, errors="coerce", format="ISO8601")
        for line, (text, time) in enumerate(zip(table[column], times, strict=True), start=2):
            if pd.isna(time) and len(self.issues) < layout.MOST_ISSUES:
                self._note([Issue(name, line, column, f"'{text[:40]}'", "a time in ISO 8601 with its offset")])
        return times


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _depth(data: Any) -> int:
    deepest, level = 0, [data]
    while level and deepest <= _DEEPEST:
        deepest += 1
        inner = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [value for values in inner for value in values]
    return deepest
