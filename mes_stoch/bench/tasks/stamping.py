"""What one scenario costs before anything is solved: draw, stamp, hand-over."""

from __future__ import annotations

import time
from typing import Any

from mes_stoch import api
from mes_stoch.bench.worker import Task
from mes_stoch.solvers.highs.model import HighsModel


def run(task: Task) -> dict[str, Any]:
    """CPU milliseconds per scenario; the structure is compiled once and not counted here."""
    from mes_stoch.model.site_program import build_program

    site = api.read(task.spec["instance"])
    count = int(task.spec["scenarios"])
    started = time.process_time()
    tree = site.tree(count)
    drawn = time.process_time()
    started_wall = time.perf_counter()
    program = build_program(site.instance, tree)
    compiled_wall, compiled = time.perf_counter(), time.process_time()
    # the tree takes its arrays out of the file's format at the first use, which is no scenario's own cost
    program.scenario(0)
    stamp_s = hand_over_s = 0.0
    for index in range(count):
        at = time.process_time()
        scenario = program.scenario(index)
        stamped = time.process_time()
        HighsModel(scenario)
        handed = time.process_time()
        stamp_s += stamped - at
        hand_over_s += handed - stamped
    return {
        "status": "optimal",
        "draw_ms": 1000 * (drawn - started) / count,
        "stamp_ms": 1000 * stamp_s / count,
        "hand_over_ms": 1000 * hand_over_s / count,
        "time_s": time.perf_counter() - compiled_wall,
        "time_cpu_s": time.process_time() - compiled,
        "phases_wall_s": {"compile": compiled_wall - started_wall},
    }
