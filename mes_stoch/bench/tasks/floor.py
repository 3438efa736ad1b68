"""The floor of any scenario decomposition: every scenario solved once, cold, as a mixed-integer program."""

from __future__ import annotations

import time
from typing import Any

from mes_stoch import api
from mes_stoch.bench.phases import PhaseClock
from mes_stoch.bench.worker import Task
from mes_stoch.io.artifacts.tree import read_tree
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS, HighsModel, OptionValue

#: What :class:`HighsModel` sets for itself, set back to what HiGHS ships with.
HIGHS_DEFAULTS: dict[str, OptionValue] = {"simplex_scale_strategy": 2}


def run(task: Task) -> dict[str, Any]:
    """Stamp, hand over and solve this process's share of the scenarios; a fresh HiGHS object for each.

    ``bound_upper`` is this share of the wait-and-see bound on the profit, which the solves prove in passing.
    """
    from mes_stoch.model.site_program import build_program

    clock = PhaseClock()
    with clock.phase("read"):
        site = api.read(task.spec["instance"])
        tree = read_tree(task.spec["tree"])
    with clock.phase("compile"):
        program = build_program(site.instance, tree)
    chosen = SCENARIO_MIP_OPTIONS if task.spec["variant"] == "scenario_options" else HIGHS_DEFAULTS
    options: dict[str, OptionValue] = {**chosen, "mip_rel_gap": float(task.spec["gap_rel"])}
    bound = 0.0
    started, started_cpu = time.perf_counter(), time.process_time()
    for index in range(task.share, len(program.scenario_names), task.shares):
        with clock.phase("stamp"):
            scenario = program.scenario(index)
        with clock.phase("hand_over"):
            model = HighsModel(scenario, options=options)
        with clock.phase("solve"):
            solution = model.run()
        if solution.status != "optimal":
            raise SolveError(f"scenario {program.scenario_names[index]} ended with {solution.status}")
        bound += float(program.probabilities[index]) * solution.dual_bound
    return {
        "time_s": time.perf_counter() - started,
        "time_cpu_s": time.process_time() - started_cpu,
        "bound_upper": -bound,
        "status": "optimal",
        "phases_wall_s": clock.wall_s,
    }
