"""A whole benchmark: everything in the plan that is not in the folder yet, stored as it is finished."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from mes_stoch.api import METHODS
from mes_stoch.bench.goals import own_at
from mes_stoch.bench.inputs import Inputs
from mes_stoch.bench.measurements import Bench
from mes_stoch.bench.packages import bench_package
from mes_stoch.bench.plan import Measurement, plan
from mes_stoch.bench.settings import BenchSettings
from mes_stoch.bench.store import BenchFolder, Row
from mes_stoch.io.artifacts.manifest import read_inputs
from mes_stoch.io.instance import read_instance
from mes_stoch.schema.errors import UsageError

Say = Callable[[str], None]


def run_benchmark(settings: BenchSettings, out: Path, say: Say, *, force: bool = False) -> BenchFolder:
    """Measure what is not measured yet.

    Parameters
    ----------
    settings : BenchSettings
    out : Path
        Folder of the benchmark; one that was interrupted is gone on with.
    say : callable
        Gets a line before and after every measurement.
    force : bool
        Start over.

    Raises
    ------
    UsageError, InstanceError
        Settings that make no sense, an instance that is not valid, a folder of something else, no psutil.
    """
    settings.check(METHODS)
    # said before hours of measuring, not in every row
    bench_package("psutil")
    loaded = read_instance(settings.instance)
    digest = hashlib.sha256()
    for name, content in sorted(read_inputs(settings.instance, loaded.instance).items()):
        digest.update(name.encode() + content)
    _check_sizes(settings, None if loaded.scenario_series is None else len(loaded.scenario_series))
    identity = settings.identity() | {"instance_sha256": digest.hexdigest()}
    folder = BenchFolder.claim(out, identity, force=force)
    inputs = Inputs(out / "inputs", settings.seed)
    bench = Bench(settings, inputs, inputs.prepare(settings.instance))
    todo = plan(settings)
    for number, measurement in enumerate(todo, start=1):
        label = f"[{number}/{len(todo)}] {measurement.describe()}"
        done = folder.row(measurement.key)
        # what failed may have lacked a package, or memory: another run is another try
        if done is not None and done["status"] != "failed":
            say(f"{label}: {outcome(done)} (measured before)")
            continue
        limit_s = _limit_s(settings, folder, measurement)
        say(f"{label} ...")
        started = time.perf_counter()
        row, trace = bench.measure(measurement, folder.work_folder(measurement.key), limit_s)
        folder.keep(row, trace)
        say(f"{label}: {outcome(row)} ({time.perf_counter() - started:.0f} s)")
    return folder


def outcome(row: Row) -> str:
    """A row in a few words."""
    if row["status"] in ("failed", "stopped"):
        return f"{row['status']}: {row['note']}" if row["status"] == "failed" else str(row["note"])
    if row.get("through_ms") is not None:
        return f"{row['through_ms']:.2f} ms through mpi-sppy, {row['bare_ms']:.2f} ms bare"
    if row.get("stamp_ms") is not None:
        return f"draw {row['draw_ms']:.2f}, stamp {row['stamp_ms']:.2f}, hand-over {row['hand_over_ms']:.2f} ms"
    time_s = "" if row.get("time_s") is None else f"{row['time_s']:.2f} s"
    gap = "" if row.get("gap_reached") is None else f", gap {100 * row['gap_reached']:.3f} %"
    return f"{time_s}{gap}" or str(row["status"])


def _check_sizes(settings: BenchSettings, explicit: int | None) -> None:
    """An instance with explicit scenarios has one size."""
    if explicit is None:
        return
    asked = {measurement.scenarios for measurement in plan(settings)} - {explicit}
    if asked:
        raise UsageError(
            f"{settings.instance.name} has {explicit} explicit scenarios, and {min(asked)} were asked for; "
            f"set every size to {explicit}, or take an instance that draws its scenarios"
        )


def _limit_s(settings: BenchSettings, folder: BenchFolder, measurement: Measurement) -> float:
    """For a peer a multiple of the own solver's wall time with start at its size; otherwise the general limit."""
    if not measurement.is_peer:
        return settings.limit_s
    own = [float(row["process_wall_s"]) for row in own_at(folder.rows(), measurement.scenarios)]
    # the slowest of them, so that a peer that is stopped is slower than each by that factor
    return settings.limit_factor * max(own) if own else settings.limit_s
