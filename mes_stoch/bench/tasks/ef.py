"""Peer: HiGHS on the extensive form, as it comes: its own heuristics, all cores."""

from __future__ import annotations

import time
from typing import Any

from mes_stoch import api
from mes_stoch.bench.phases import PhaseClock
from mes_stoch.bench.tasks.floor import HIGHS_DEFAULTS
from mes_stoch.bench.worker import Task
from mes_stoch.io.artifacts.tree import read_tree
from mes_stoch.solvers.certificate.bounds import relative_gap
from mes_stoch.solvers.extensive.algorithm import assemble
from mes_stoch.solvers.highs.model import HighsModel, OptionValue

_OPTIONS: dict[str, dict[str, OptionValue]] = {
    "simplex": {},
    "interior_point": {"solver": "ipm", "mip_lp_solver": "ipm"},
}


def run(task: Task) -> dict[str, Any]:
    """Assemble the extensive form from stamped arrays, and let HiGHS close the gap.

    ``time_s`` counts assembling, hand-over and solve: what ``time_s`` of the own solver counts.
    """
    from mes_stoch.model.site_program import build_program

    clock = PhaseClock()
    with clock.phase("read"):
        site = api.read(task.spec["instance"])
        tree = read_tree(task.spec["tree"])
    with clock.phase("compile"):
        program = build_program(site.instance, tree)
    started, started_cpu = time.perf_counter(), time.process_time()
    with clock.phase("stamp"):
        form = assemble(program)
    options: dict[str, OptionValue] = {
        **HIGHS_DEFAULTS,
        **_OPTIONS[task.spec["variant"]],
        "mip_rel_gap": float(task.spec["gap_rel"]),
    }
    with clock.phase("hand_over"):
        model = HighsModel(form.program, threads=int(task.spec["threads"]), options=options)

    def note(lower: float, upper: float) -> None:
        task.note_bounds(time.perf_counter() - started, lower / form.scale, upper / form.scale)

    if model.is_mip:
        model.on_mip_progress(note)
    with clock.phase("solve"):
        solution = model.run(float(task.spec["limit_s"]))
    note(solution.dual_bound, solution.objective)
    lower, upper = solution.dual_bound / form.scale, solution.objective / form.scale
    rows, columns = form.program.matrix.shape
    return {
        "time_s": time.perf_counter() - started,
        "time_cpu_s": time.process_time() - started_cpu,
        "bound_lower": -upper,
        "bound_upper": -lower,
        "status": "gap_reached" if relative_gap(lower, upper) <= task.spec["gap_rel"] else "limit",
        "iterations": solution.nodes,
        "rows": rows,
        "columns": columns,
        "entries": int(form.program.matrix.nnz),
        "phases_wall_s": clock.wall_s,
    }
