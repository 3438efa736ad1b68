"""From nodes back to leaves: a three-stage program is solved by day-ahead node and reported by leaf."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mes_stoch.model.bundle import BundledProgram
from mes_stoch.solvers.certificate.result import ScenarioSolution

if TYPE_CHECKING:
    from mes_stoch.model.site_program import SiteProgram
    from mes_stoch.solvers.certificate.result import EngineResult


def by_leaf(
    program: SiteProgram | BundledProgram[SiteProgram], result: EngineResult
) -> tuple[SiteProgram, EngineResult]:
    """The program of the leaves and the result with a dispatch for each of them.

    Costs are worked out from the leaf's own numbers; a node's cost is their mean given the node. Duals are per unit of
    the leaf's own cost (:meth:`~mes_stoch.model.bundle.BundledProgram.unbundle_row_duals`).
    """
    if not isinstance(program, BundledProgram):
        return program, result
    leaves = [leaf for node in result.scenarios for leaf in _leaves(program, node)]
    leaves.sort(key=lambda leaf: leaf.index)
    return program.program, replace(result, scenarios=tuple(leaves))


def _leaves(program: BundledProgram[SiteProgram], node: ScenarioSolution) -> list[ScenarioSolution]:
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
