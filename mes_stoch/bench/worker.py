"""Entry point of a measurement's process: ``python -m mes_stoch.bench.worker spec.json [share]``.

Reads what to do from ``spec.json``, and leaves ``part<share>.json`` beside it: what was found, and what this process
used.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from mes_stoch.io.plain_values import plain
from mes_stoch.schema.errors import MesStochError
from mes_stoch.solvers.parallel import mpi

_REFUSED = "refused"


@dataclass(frozen=True)
class Task:
    """What one process is asked.

    Parameters
    ----------
    folder : Path
        Working folder of the measurement.
    spec : dict
        ``task``, ``instance``, ``tree``, and what the task needs besides.
    share, shares : int
        Which of how many processes this is.
    """

    folder: Path
    spec: dict[str, Any]
    share: int
    shares: int

    def note_bounds(self, time_s: float, lower: float, upper: float) -> None:
        """Proven bounds on the expected **cost**, stored at once: a stopped process has shown what it had."""
        # by the wall clock, which the process that launched this one shares
        since = time.time() - float(self.spec["launched"])
        point = {"time_s": time_s, "since_start_s": since, "bound_lower": -upper, "bound_upper": -lower}
        line = json.dumps(plain(point))
        with (self.folder / "trace.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")


def main(arguments: list[str]) -> int:
    """Run one share of a task; exit code 0, or that of the error."""
    spec_path = Path(arguments[0]).resolve()
    spec = json.loads(spec_path.read_text(encoding="utf-8"))
    if mpi.launcher_size() > 1:
        share, shares = mpi.rank(), mpi.launcher_size()
    else:
        share, shares = (int(arguments[1]) if len(arguments) > 1 else 0), int(spec.get("shares", 1))
    started_mib = counted_peak_mib()
    task = Task(spec_path.parent, spec, share, shares)
    run: Callable[[Task], dict[str, Any]] = import_module(f"mes_stoch.bench.tasks.{spec['task']}").run
    code = 0
    try:
        found = run(task)
    except MesStochError as error:
        found, code = {_REFUSED: str(error)}, error.exit_code
    found |= {"process_cpu_s": time.process_time(), "peak_memory_mib": own_peak_mib(started_mib)}
    (task.folder / f"part{share}.json").write_text(json.dumps(plain(found)), encoding="utf-8")
    return code


def read_parts(folder: Path) -> list[dict[str, Any]]:
    """What the processes of a measurement left behind, in the order of their shares."""
    paths = sorted(folder.glob("part*.json"), key=lambda path: int(path.stem.removeprefix("part")))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def read_trace(folder: Path) -> list[dict[str, float]]:
    """The bounds a measurement has noted; the last line of a killed process may be half a line."""
    path = folder / "trace.jsonl"
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def own_peak_mib(before_mib: float) -> float | None:
    """Most memory that this process has held, where it has grown since :func:`counted_peak_mib` said ``before_mib``.

    ``None`` where it has not: what was counted then may be the size of the process that started this one.
    """
    peak_mib = counted_peak_mib()
    return peak_mib if peak_mib > before_mib else None


def counted_peak_mib() -> float:
    """What the system counts as this process's peak, which begins with that of the process that started it."""
    import resource  # not on Windows, where this package can still be imported

    # macOS counts bytes, everybody else KiB
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    with mpi.abort_on_failure(orderly_exit_codes=(0,)):
        sys.exit(main(sys.argv[1:]))
