"""From nodes back to leaves, and from utility back to profit: what is solved in one form is reported in another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mes_stoch.model.availability.program import AvailabilityProgram
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.risk.program import RiskProgram
from mes_stoch.model.root_program import root_rows
from mes_stoch.solvers.certificate.result import ScenarioSolution

if TYPE_CHECKING:
    from mes_stoch.model.program import BoolArray
    from mes_stoch.model.site_program import SiteProgram
    from mes_stoch.solvers.certificate.result import EngineResult
    from mes_stoch.solvers.risk_averse import LeafProgram, RuledProgram, SolvedProgram


def by_leaf(program: SolvedProgram, result: EngineResult) -> tuple[RuledProgram, EngineResult]:
    """The program of the leaves, without risk, and the result with a dispatch and a profit for each of them.

    Costs are worked out from the leaf's own numbers; a node's cost is their mean given the node. Duals are per unit of
    the leaf's own cost (:meth:`~mes_stoch.model.bundle.BundledProgram.unbundle_row_duals`).
    """
    leaves: LeafProgram
    if isinstance(program, BundledProgram):
        leaves = program.program
        found = [leaf for node in result.scenarios for leaf in _leaves(program, node)]
        found.sort(key=lambda leaf: leaf.index)
        result = replace(result, scenarios=tuple(found))
    else:
        leaves = program
    if not isinstance(leaves, RiskProgram):
        return leaves, result
    common = None
    if isinstance(program, BundledProgram):
        common = root_rows(leaves.scenario(0), program.shared)[: len(leaves.program.row_names)]
    return leaves.program, _without_risk(leaves, result, common)


def without_rules(program: RuledProgram, result: EngineResult) -> tuple[SiteProgram, EngineResult]:
    """The site, and the result in the columns and rows of its leaves; what rules of availability add costs nothing."""
    if not isinstance(program, AvailabilityProgram):
        return program, result
    return program.program, replace(
        result,
        root=program.inner_root(result.root),
        scenarios=tuple(
            ScenarioSolution(
                one.index,
                one.cost,
                program.inner_values(one.values),
                None if one.row_dual is None else program.inner_row_duals(one.row_dual),
                None if one.column_dual is None else program.inner_values(one.column_dual),
            )
            for one in result.scenarios
        ),
    )


def _without_risk(
    program: RiskProgram[RuledProgram], result: EngineResult, common_rows: BoolArray | None
) -> EngineResult:
    """The result in the columns and rows of the leaves' own programs, with the leaves' own costs.

    Duals are per unit of the leaf's own cost. A row on decisions that leaves of a node share has none: its dual is that
    of the node's utility, in which each leaf's profit has a weight of its own.
    """
    return replace(
        result,
        root=program.inner_root(result.root),
        scenarios=tuple(_inner_solution(program, one, common_rows) for one in result.scenarios),
    )


def _inner_solution(
    program: RiskProgram[RuledProgram], solution: ScenarioSolution, common_rows: BoolArray | None
) -> ScenarioSolution:
    values = program.inner_values(solution.values)
    leaf = program.program.scenario(solution.index)
    row_dual = None if solution.row_dual is None else program.inner_row_duals(solution.row_dual)
    if row_dual is not None and common_rows is not None:
        row_dual = np.where(common_rows, np.nan, row_dual)
    return ScenarioSolution(solution.index, float(leaf.cost @ values) + leaf.offset, values, row_dual)


def _leaves(program: BundledProgram[LeafProgram], node: ScenarioSolution) -> list[ScenarioSolution]:
    members = program.members(node.index)
    nothing = [None] * len(members)
    row_duals = nothing if node.row_dual is None else program.unbundle_row_duals(node.index, node.row_dual)
    column_duals = nothing if node.column_dual is None else program.unbundle_column_duals(node.index, node.column_dual)
    leaves = []
    parts = zip(members, program.unbundle(node.index, node.values), row_duals, column_duals, strict=True)
    for member, values, row_dual, column_dual in parts:
        leaf = program.program.scenario(member)
        cost = float(leaf.cost @ values) + leaf.offset
        leaves.append(ScenarioSolution(member, cost, values, row_dual, column_dual))
    return leaves
