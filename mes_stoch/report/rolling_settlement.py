"""Operated paths laid before the ledger: their profit found again from data, decisions and meters alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mes_stoch.report.datasets import build_flows, build_solution
from mes_stoch.schema.errors import SolveError
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import Settlement, settle_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mes_stoch.evaluation.rolling.foresight import Rolling
    from mes_stoch.evaluation.rolling.operate import RolledPath
    from mes_stoch.model.site_program import SiteProgram

#: Of the money that moves in a leaf.
_TOLERANCE = 1e-6


def settle_paths(site: SiteProgram, paths: Sequence[RolledPath]) -> Settlement:
    """Every cash flow of some operated leaves of a site's tree, beside what the model says of them."""
    from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution

    solutions = tuple(ScenarioSolution(path.leaf, -path.profit, path.values, None) for path in paths)
    root = paths[0].values[site.root.columns]
    cost = -float(sum(site.probabilities[path.leaf] * path.profit for path in paths))
    result = EngineResult("rolling", "optimal", root, cost, cost, 0, 1, 0.0, (), solutions)
    solution, flows = build_solution(site, result), build_flows(site, result)
    return settle_data(SettlementData(site.instance, site.tree, solution, flows))


def settled(rolling: Rolling) -> Rolling:
    """The same, settled.

    Raises
    ------
    SolveError
        The ledger finds another profit in some leaf.
    """
    settlement = settle_paths(rolling.site, rolling.paths)
    differences = np.abs(settlement.profit.to_numpy() - rolling.profits.scenarios["profit_eur"].to_numpy())
    allowed = _TOLERANCE * settlement.sizes
    if (differences > allowed).any():
        worst = int(np.argmax(differences - allowed))
        told = "; ".join(settlement.worst_differences(2))
        raise SolveError(
            f"the ledger settles the operation of scenario {settlement.ledger.data.scenarios[worst]} with "
            f"{differences[worst]:.6g} {rolling.profits.currency} of difference: {told}"
        )
    return replace(rolling, settled_difference=float(differences.max()))
