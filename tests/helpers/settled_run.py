"""A run of an instance that has no folder, and its settlement."""

from __future__ import annotations

from datetime import datetime

from mes_stoch.model.site_program import build_program
from mes_stoch.report.assemble import assemble_run
from mes_stoch.report.run import Run, RunSettings
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import Settlement, settle_data
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive


def solved(instance: Instance, tree: ScenarioTree, gap_rel: float = 1e-7, time_limit_s: float = 60.0) -> Run:
    program = build_program(instance, tree)
    result = solve_extensive(program, SolveOptions(gap_rel=gap_rel, time_limit_s=time_limit_s))
    return assemble_run(program, result, RunSettings(inputs={}, method="ef", started=datetime(2025, 1, 1)))


def settled(instance: Instance, tree: ScenarioTree) -> Settlement:
    run = solved(instance, tree)
    return settle_data(SettlementData(instance, tree, run.solution, run.flow_data))
