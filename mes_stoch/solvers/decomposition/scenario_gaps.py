"""The gap of a commitment, scenario by scenario: who owes how much.

Equations
---------
With a feasible cost ``u_s`` of every scenario at the commitment ``r`` and an affine lower estimate of its cost,

    debt_s = u_s - (offset_s + gradient_s' r) >= 0

and the debts add up, weighted, to the distance between the commitment's cost and the estimates at ``r``; where ``r``
minimises the sum of the estimates, to the whole gap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.model.program import FloatArray
from mes_stoch.solvers.certificate.result import ScenarioSolution
from mes_stoch.solvers.parallel.scenario_communicator import Team
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker

_NEXT_TO_NOTHING = 0.01


class Ledger:
    """This rank's scenarios.

    Parameters
    ----------
    scenarios : sequence of ScenarioSolution
    offsets, gradients : array, shape (scenarios,) and (scenarios, consensus columns)
        Lower estimates; ``offsets`` is changed in place.
    weights : array, shape (scenarios,)
        Probabilities.
    consensus : array
        The commitment.
    """

    def __init__(
        self,
        scenarios: Sequence[ScenarioSolution],
        offsets: FloatArray,
        gradients: FloatArray,
        weights: FloatArray,
        consensus: FloatArray,
    ) -> None:
        self.scenarios = list(scenarios)
        self.offsets = offsets
        self.gradients = gradients
        self._weights = weights
        self._slopes = gradients @ consensus
        self.raised = 0.0
        self.kind: BoundKind = "safe"

    def debt(self, place: int) -> float:
        """What the scenario in this place owes."""
        return float(self.scenarios[place].cost - self.offsets[place] - self._slopes[place])

    def raise_offset(self, place: int, offset: float, kind: BoundKind = "solver") -> None:
        """Take a better estimate; ``raised`` counts the weighted gain."""
        if offset > self.offsets[place]:
            self.kind = weaker(self.kind, kind)
            self.raised += float(self._weights[place] * (offset - self.offsets[place]))
            self.offsets[place] = offset

    def order(self, worth: float) -> list[int]:
        """Places that owe more than ``worth``, the largest weighted debt first.

        Those whose weighted debts come to next to nothing all together are left out: the estimates of a scenario of
        probability 1e-13 owe as much as its multipliers are large, and change nothing.
        """
        debts = np.array([self.debt(place) for place in range(len(self.scenarios))])
        weighted = self._weights * debts
        order = np.argsort(-weighted, kind="stable")
        nothing = _NEXT_TO_NOTHING * worth / max(len(order), 1)
        return [int(place) for place in order if debts[place] > worth and weighted[place] > nothing]

    def enough(self, pending: Sequence[int], amount: float, team: Team) -> int:
        """How many of ``pending`` to take so that, over all ranks, the debts taken come to ``amount``; at least one."""
        debts = np.array([self._weights[place] * self.debt(place) for place in pending])
        mine = float(debts.sum())
        everyone = team.total(mine)
        if everyone <= 0.0 or not pending:
            return min(1, len(pending))
        return min(len(pending), 1 + int(np.searchsorted(np.cumsum(debts), amount * mine / everyone)))
