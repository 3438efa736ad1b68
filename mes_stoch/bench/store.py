"""The benchmark's folder: what is measured is stored at once, and not measured again.

::

    DIR/
      bench.json          settings, machine and versions the figures belong to
      measurements.csv    one row per measurement, all fields
      traces.csv          proven bounds against time, for the figure
      measurements/*.json what the two tables are made of
      inputs/             instance copies and trees
      work/               working folders of the measurements
      *.png  table.md     what a reader wants
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mes_stoch.bench.machine import machine, versions
from mes_stoch.bench.phases import PHASES
from mes_stoch.bench.settings import current_name
from mes_stoch.io.files import made_folder
from mes_stoch.io.plain_values import plain
from mes_stoch.schema.errors import UsageError

_HEAD = "bench.json"
_ROWS = "measurements"
_OWN = (_HEAD, f"{_ROWS}.csv", "traces.csv", "table.md", "time_to_gap.png", "cost_per_scenario.png")
_OWN_FOLDERS = (_ROWS, "inputs", "work")

#: Columns of ``measurements.csv``. Bounds are on the expected profit, EUR; ``time_s`` runs from the program in hand to
#: the certified gap, ``process_wall_s`` from the start of the processes to their end. ``since_start_s`` of
#: a trace is by the latter clock.
COLUMNS = (
    *("key", "kind", "variant", "scenarios", "ranks", "threads", "bids", "instance", "seed", "method"),
    *("gap_asked", "limit_s", "status", "note", "time_s", "time_cpu_s", "process_wall_s", "process_cpu_s"),
    *("process_time_to_gap_s", "peak_memory_mib", "bound_lower", "bound_upper", "gap_reached", "iterations"),
    *(f"{phase}_s" for phase in PHASES),
    *("rows", "columns", "entries", "solves", "through_ms", "bare_ms", "draw_ms", "stamp_ms", "hand_over_ms"),
    *("ended_utc", "load_average", "cpu", "cores", "memory_gib", "system"),
    *("python", "mes_stoch", "code", "highspy", "pyomo", "mpi-sppy", "mpi4py", "mpich", "openmpi", "numpy", "scipy"),
    "linopy",
)
TRACE_COLUMNS = ("key", "time_s", "since_start_s", "bound_lower", "bound_upper")

Row = dict[str, Any]


@dataclass(frozen=True)
class BenchFolder:
    """A folder of measurements; :meth:`claim` or :meth:`open` makes one."""

    path: Path

    @classmethod
    def claim(cls, path: Path, identity: Mapping[str, Any], *, force: bool) -> BenchFolder:
        """Take a new folder, or go on in one whose figures can stand beside the new ones.

        Parameters
        ----------
        path : Path
        identity : mapping
            What must be the same for that, besides machine and versions.
        force : bool
            Delete what is there.

        Raises
        ------
        UsageError
            The folder holds something else, or a benchmark of other settings, machine or versions.
        """
        folder = cls(path)
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is a file; choose another --out")
        strangers = sorted(entry.name for entry in path.iterdir() if not _is_own(entry)) if path.is_dir() else []
        if strangers:
            raise UsageError(
                f"{path} holds files that do not belong to a benchmark ({', '.join(strangers[:3])}); "
                "choose another --out"
            )
        if force:
            folder.clear()
        head = {"settings": dict(identity), "machine": machine(), "versions": versions()}
        if folder.is_benchmark:
            folder._require_same(head)
        made_folder(path)
        folder._put(path / _HEAD, json.dumps(plain(head), indent=2) + "\n")
        return folder

    @classmethod
    def open(cls, path: Path) -> BenchFolder:
        """A folder with measurements.

        Raises
        ------
        UsageError
        """
        folder = cls(path)
        if not folder.is_benchmark or not folder.rows():
            raise UsageError(f"{path} holds no measurements; run `mes-stoch bench` without --report-only first")
        return folder

    @property
    def is_benchmark(self) -> bool:
        return (self.path / _HEAD).is_file()

    @property
    def head(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.path / _HEAD).read_text(encoding="utf-8"))
        return content

    def clear(self) -> None:
        """Delete what a benchmark writes, and nothing else."""
        for name in _OWN:
            (self.path / name).unlink(missing_ok=True)
        for name in _OWN_FOLDERS:
            shutil.rmtree(self.path / name, ignore_errors=True)

    def work_folder(self, key: str) -> Path:
        """A fresh working folder for one measurement."""
        folder = self.path / "work" / key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder.resolve()

    def row(self, key: str) -> Row | None:
        """The row of a finished measurement."""
        return next((row for row in self.rows() if row["key"] == key), None)

    def rows(self) -> list[Row]:
        """All rows in the order they were measured."""
        return [one["row"] for one in self._all()]

    def traces(self) -> pd.DataFrame:
        """Bounds against time of all measurements that have a trace."""
        return pd.DataFrame(
            [{"key": one["row"]["key"], **point} for one in self._all() for point in one["trace"]],
            columns=list(TRACE_COLUMNS),
        )

    def keep(self, row: Mapping[str, Any], trace: list[dict[str, float]]) -> None:
        """Store a measurement; both tables are complete after every one."""
        unknown = set(row) - set(COLUMNS)
        if unknown:
            raise KeyError(f"no column for {', '.join(sorted(unknown))}")
        content = json.dumps(plain({"row": {name: row.get(name) for name in COLUMNS}, "trace": trace}), indent=1)
        place = self.path / _ROWS / f"{row['key']}.json"
        place.parent.mkdir(exist_ok=True)
        self._put(place, content + "\n")
        self.write_tables()

    def write_tables(self) -> None:
        """``measurements.csv`` and ``traces.csv`` from what is stored."""
        frame = pd.DataFrame(self.rows(), columns=list(COLUMNS))
        self._put(self.path / f"{_ROWS}.csv", frame.to_csv(index=False))
        self._put(self.path / "traces.csv", self.traces().to_csv(index=False))

    def put_text(self, name: str, text: str) -> Path:
        self._put(self.path / name, text)
        return self.path / name

    def _all(self) -> list[dict[str, Any]]:
        stored = (json.loads(path.read_text(encoding="utf-8")) for path in (self.path / _ROWS).glob("*.json"))
        found = sorted(map(_current, stored), key=lambda one: (str(one["row"]["ended_utc"]), str(one["row"]["key"])))
        # what failed under a former name may have been measured again since
        latest = {one["row"]["key"]: one for one in found}
        return [one for one in found if latest[one["row"]["key"]] is one]

    def _put(self, path: Path, text: str) -> None:
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)

    def _require_same(self, head: Mapping[str, Any]) -> None:
        """Figures of two machines, versions or settings are no comparison; sources may change, and rows say so."""
        before = self.head
        for part in ("settings", "machine", "versions"):
            for name, value in plain(head[part]).items():
                if name == "code" or before[part].get(name) == value:
                    continue
                raise UsageError(
                    f"{self.path} was measured with {name} {before[part].get(name)}, and this would be {value}; "
                    "choose another --out, or start over with --force"
                )


def _current(stored: dict[str, Any]) -> dict[str, Any]:
    """A stored measurement by today's names of kinds."""
    row = stored["row"]
    kind = current_name(row["kind"])
    return {**stored, "row": {**row, "kind": kind, "key": kind + row["key"].removeprefix(row["kind"])}}


def _is_own(entry: Path) -> bool:
    hidden = entry.name.startswith(".") and entry.name.endswith(".tmp")
    return hidden or entry.name in (_OWN_FOLDERS if entry.is_dir() else _OWN)


def finite(value: Any) -> float:
    """A number of a row, ``nan`` where there is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else math.nan
