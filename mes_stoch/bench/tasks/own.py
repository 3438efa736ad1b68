"""This project's own solver on a stored tree, through the library's front door."""

from __future__ import annotations

import shutil
import time
from typing import Any

from mes_stoch import api
from mes_stoch.bench.phases import PhaseClock
from mes_stoch.bench.worker import Task
from mes_stoch.io.artifacts.tree import read_tree
from mes_stoch.model.phases import timed_by
from mes_stoch.report.progress import Progress


def run(task: Task) -> dict[str, Any]:
    """Read, solve, write; every phase apart.

    ``time_s`` is the method's own wall time: stamping, hand-over, all solves and all proofs, from the compiled program
    to the certified interval. Reading, compiling and writing are counted in phases of their own.
    """
    clock = PhaseClock()
    with clock.phase("read"):
        site = api.read(task.spec["instance"])
        tree = read_tree(task.spec["tree"])
    started_cpu = time.process_time()

    def note(now: Progress) -> None:
        # every contender notes bounds on cost
        task.note_bounds(now.elapsed_s, -now.bound_upper, -now.bound_lower)

    with timed_by(clock), clock.phase("other"):
        run = api.solve(
            site,
            tree,
            task.spec["method"],
            gap_rel=task.spec["gap_rel"],
            time_limit_s=task.spec["limit_s"],
            progress=note,
        )
    ended_cpu = time.process_time()
    outside = sum(clock.cpu_s.get(phase, 0.0) for phase in ("build", "compile", "report"))
    found: dict[str, Any] = {"time_cpu_s": ended_cpu - started_cpu - outside}
    if run is not None:
        target = task.folder / "run"
        with clock.phase("write"):
            run.write(target)
        # gigabytes at many scenarios, and a run like any other
        shutil.rmtree(target)
        summary = run.summary
        found |= {
            "time_s": summary["wall_time_s"],
            "status": summary["status"],
            "bound_lower": summary["bound_lower"],
            "bound_upper": summary["bound_upper"],
            "iterations": summary["iterations"],
            "method": _chosen(task.spec["method"], summary["solver"]),
        }
    return found | {"phases_wall_s": clock.wall_s}


def _chosen(method: str, details: dict[str, Any]) -> str:
    """The method asked for, and the one it came to where that was left open."""
    chosen = details.get("chosen_method", method)
    return method if chosen == method else f"{method}: {chosen}"
