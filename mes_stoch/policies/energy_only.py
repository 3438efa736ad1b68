"""The operator trades energy and sells no services."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.model.base_schedule import ColumnRanges
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.policies.policy import PolicyDecision, PolicyProblem


@dataclass(frozen=True)
class EnergyOnly:
    """No volume of any product, at any stage; positions on energy markets as best.

    Volumes that are decided after the root (offers of a later gate) are kept at 0 as well; what was awarded before the
    horizon stays.
    """

    def commit(self, problem: PolicyProblem) -> PolicyDecision:
        """Nothing but energy; positions with the stage ``commit`` are those that are best without services."""
        leaves, ranges = without_later_volumes(problem.leaves)
        root = replace(problem, leaves=leaves).root_with({})
        return PolicyDecision(root, base_schedules=ranges, note="no services")


def without_later_volumes(leaves: SiteProgram) -> tuple[SiteProgram, list[ColumnRanges] | None]:
    """The site without volumes that are decided after the root, and the ranges that keep them at 0."""
    later = [
        group.positions
        for group in leaves.column_groups
        if group.role in ("commitment", "bid") and group.stage != "commit" and group.owner in leaves.instance.products
    ]
    if not later:
        return leaves, None
    columns = np.concatenate(later)
    least = leaves.structure.column_lower[columns]
    nothing = ColumnRanges(columns, least, least)
    ranges = [nothing] * len(leaves.scenario_names)
    return leaves.with_base_schedules(ranges), ranges
