"""One measurement from start to row: which processes it takes, and what is read from what they leave."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mes_stoch.api import Site
from mes_stoch.bench import mpisppy_driver
from mes_stoch.bench.inputs import Inputs
from mes_stoch.bench.job import Finished, run_job
from mes_stoch.bench.machine import load_average, machine, usable_cores, versions
from mes_stoch.bench.phases import PHASES
from mes_stoch.bench.plan import Measurement
from mes_stoch.bench.settings import BenchSettings
from mes_stoch.bench.store import Row
from mes_stoch.bench.worker import read_parts, read_trace
from mes_stoch.io.plain_values import plain
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate.bounds import relative_gap
from mes_stoch.solvers.parallel.mpi import find_mpiexec

Trace = list[dict[str, float]]

_DIRECT = (
    "method",
    "iterations",
    "rows",
    "columns",
    "entries",
    "solves",
    "through_ms",
    "bare_ms",
    "draw_ms",
    "stamp_ms",
)
_SUMMED = ("time_cpu_s", "process_cpu_s")
_LAST_WORDS = 300


@dataclass(frozen=True)
class Bench:
    """What every measurement of a run needs to know.

    Parameters
    ----------
    settings : BenchSettings
    inputs : Inputs
    site : Site
        The instance without bid rules.
    """

    settings: BenchSettings
    inputs: Inputs
    site: Site

    def measure(self, measurement: Measurement, folder: Path, limit_s: float) -> tuple[Row, Trace]:
        """Make one measurement; failures of others are results too, and stand in the row.

        Parameters
        ----------
        measurement : Measurement
        folder : Path
            Fresh working folder.
        limit_s : float
            When its processes are ended.
        """
        load = load_average()
        row: Row = {
            **measurement.as_fields(),
            "instance": self.settings.instance.name,
            "seed": self._seed(),
            "threads": usable_cores() if measurement.kind == "ef" else 1,
            "method": self.settings.method if measurement.kind == "own" else None,
            "gap_asked": self.settings.gap_rel,
            "limit_s": limit_s,
        }
        try:
            found, trace = self._run(measurement, folder, limit_s)
        except UsageError as error:
            found, trace = {"status": "failed", "note": str(error)}, []
        row |= found | machine() | versions()
        row |= {"load_average": load, "ended_utc": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}
        return row, trace

    def _seed(self) -> int | None:
        seed = self.site.tree(_any_count(self.site)).dataset.attrs.get("seed")
        return None if seed is None else int(seed)

    def _run(self, measurement: Measurement, folder: Path, limit_s: float) -> tuple[Row, Trace]:
        instance = self.inputs.instance(bids=measurement.bids).resolve()
        if measurement.kind == "stamping":
            # draws for itself, which is part of what it measures
            return self._run_worker(measurement, folder, instance, None, limit_s)
        path, draw_s = self.inputs.draw(self.site, measurement.scenarios)
        run = self._run_driver if measurement.kind == "mpisppy_driver" else self._run_worker
        row, trace = run(measurement, folder, instance, path.resolve(), limit_s)
        return {**row, "draw_s": draw_s}, trace

    def _run_worker(
        self, measurement: Measurement, folder: Path, instance: Path, tree: Path | None, limit_s: float
    ) -> tuple[Row, Trace]:
        spec = {
            **measurement.as_fields(),
            "task": measurement.kind,
            "instance": str(instance),
            "tree": str(tree),
            "method": self.settings.method,
            "gap_rel": self.settings.gap_rel,
            "iterations": self.settings.hedging_iterations,
            "limit_s": limit_s,
            "threads": usable_cores(),
            "shares": measurement.ranks,
            "launched": time.time(),
        }
        path = folder / "spec.json"
        path.write_text(json.dumps(plain(spec)), encoding="utf-8")
        # the own solver ends itself at its limit, and has something to show; it is ended only where it does not
        patience = 60.0 + 0.5 * limit_s if measurement.kind == "own" else 0.0
        finished = run_job(_commands(measurement, path), folder, limit_s + patience)
        return _worker_found(finished, folder, limit_s, self.settings.gap_rel)

    def _run_driver(
        self, measurement: Measurement, folder: Path, instance: Path, tree: Path, limit_s: float
    ) -> tuple[Row, Trace]:
        command = mpisppy_driver.command(
            find_mpiexec(),
            instance,
            scenarios=measurement.scenarios,
            ranks=measurement.ranks,
            gap_rel=self.settings.gap_rel,
            rho=mpisppy_driver.rho_eur(self.site, tree),
            bundle=self.settings.bundle if measurement.variant.startswith("bundles") else None,
        )
        environment = mpisppy_driver.environment(measurement.ranks, usable_cores())
        finished = run_job([command], folder, limit_s, environment)
        return _driver_found(finished, self.settings.gap_rel)


def _commands(measurement: Measurement, spec: Path) -> list[list[str]]:
    worker = [sys.executable, "-m", "mes_stoch.bench.worker", str(spec)]
    if measurement.kind == "floor":
        # no messages pass, so no MPI: as many processes as ranks
        return [[*worker, str(share)] for share in range(measurement.ranks)]
    if measurement.ranks == 1:
        return [worker]
    return [[find_mpiexec(), "-n", str(measurement.ranks), *worker]]


def _any_count(site: Site) -> int | None:
    """As few scenarios as the instance lets one draw."""
    return None if site.loaded.scenario_series else 1


def _worker_found(finished: Finished, folder: Path, limit_s: float, gap_asked: float) -> tuple[Row, Trace]:
    """What worker processes left, added up."""
    parts, trace = read_parts(folder), read_trace(folder)
    row = _used(finished)
    if finished.stopped:
        row |= {"status": "stopped", "note": f"stopped after {limit_s:.1f} s", **_last_bounds(trace)}
        return row, trace
    refused = next((part["refused"] for part in parts if "refused" in part), None)
    if refused is not None or finished.code or not parts:
        row |= {"status": "failed", "note": refused or _last_words(finished)}
        return row, trace
    first = parts[0]
    row |= {name: first[name] for name in (*_DIRECT, "hand_over_ms") if name in first}
    row |= {name: math.fsum(part[name] for part in parts) for name in _SUMMED if name in first}
    peaks = [part["peak_memory_mib"] for part in parts]
    # exact where every process knows its own; as looks from outside found it otherwise
    if None not in peaks:
        row["peak_memory_mib"] = math.fsum(peaks)
    # shares run side by side: the slowest is when the last scenario is done
    times = [part["time_s"] for part in parts if part.get("time_s") is not None]
    row["time_s"] = max(times) if times else None
    row["status"] = first["status"]
    row |= _bounds_of(parts)
    if first["status"] == "gap_reached" or _gap(row) <= gap_asked:
        row["process_time_to_gap_s"] = finished.wall_s
    clocks = [part.get("phases_wall_s", {}) for part in parts]
    row |= {f"{name}_s": max(clock.get(name, 0.0) for clock in clocks) for name in PHASES if name in clocks[0]}
    return row, trace


def _used(finished: Finished) -> Row:
    return {
        "process_wall_s": finished.wall_s,
        "process_cpu_s": finished.cpu_s,
        "peak_memory_mib": finished.peak_memory_mib or None,
    }


def _bounds_of(parts: Sequence[dict[str, Any]]) -> Row:
    first = parts[0]
    if "bound_upper" not in first:
        return {}
    if "bound_lower" not in first:
        # shares of a wait-and-see bound
        return {"bound_upper": math.fsum(part["bound_upper"] for part in parts)}
    row = {"bound_lower": first["bound_lower"], "bound_upper": first["bound_upper"]}
    return {**row, "gap_reached": _gap(row)}


def _driver_found(finished: Finished, gap_asked: float) -> tuple[Row, Trace]:
    """Read the hub's own table; a bound is there from the moment its line came."""
    trace: Trace = []
    iterations, reached = 0, None
    for at, line in finished.lines:
        found = mpisppy_driver.bounds_in(line)
        if found is None:
            continue
        iterations, outer, inner = found
        trace.append({"time_s": at, "since_start_s": at, "bound_lower": -inner, "bound_upper": -outer})
        # a negative gap is no gap: one of its bounds is wrong
        if reached is None and 0.0 <= relative_gap(outer, inner) <= gap_asked:
            reached = at
    row = {**_used(finished), "iterations": iterations, **_last_bounds(trace)}
    if reached is not None:
        row |= {"status": "gap_reached", "time_s": reached, "process_time_to_gap_s": reached}
    elif finished.stopped:
        row |= {"status": "stopped", "note": f"stopped after {finished.wall_s:.1f} s"}
    elif finished.code:
        row |= {"status": "failed", "note": _last_words(finished)}
    else:
        row |= {"status": "limit", "note": "ended by itself without the gap"}
    return row, [{**point, "bound_lower": _none(point["bound_lower"])} for point in trace]


def _last_bounds(trace: Trace) -> Row:
    if not trace:
        return {}
    lower, upper = trace[-1]["bound_lower"], trace[-1]["bound_upper"]
    row = {"bound_lower": _none(lower), "bound_upper": _none(upper)}
    gap = _gap(row)
    return {**row, "gap_reached": gap if math.isfinite(gap) else None}


def _gap(row: Row) -> float:
    lower, upper = row.get("bound_lower"), row.get("bound_upper")
    if lower is None or upper is None:
        return math.inf
    return relative_gap(float(lower), float(upper))


def _none(value: float | None) -> Any:
    return value if value is not None and math.isfinite(value) else None


def _last_words(finished: Finished) -> str:
    lines = [line for line in finished.errors.splitlines() if line.strip()]
    text = lines[-1] if lines else f"ended with exit code {finished.code}"
    return text[-_LAST_WORDS:]
