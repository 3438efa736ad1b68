"""The gap of a commitment, scenario by scenario: whose gap is how large.

Equations
---------
With a feasible cost ``u_s`` of every scenario at the commitment ``r`` and an affine lower estimate of its cost,

    gap_s = u_s - (offset_s + gradient_s' r) >= 0

and the scenario gaps add up, weighted, to the distance between the commitment's cost and the estimates at ``r``; where
``r`` minimises the sum of the estimates, to the whole gap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.model.program import FloatArray
from mes_stoch.solvers.certificate.result import ScenarioSolution
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker

_NEXT_TO_NOTHING = 0.01


class ScenarioGaps:
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

    def scenario_gap(self, place: int) -> float:
        """The gap of the scenario in this place."""
        return float(self.scenarios[place].cost - self.offsets[place] - self._slopes[place])

    def raise_offset(self, place: int, offset: float, kind: BoundKind = "solver") -> None:
        """Take a better estimate; ``raised`` counts the weighted gain."""
        if offset > self.offsets[place]:
            self.kind = weaker(self.kind, kind)
            self.raised += float(self._weights[place] * (offset - self.offsets[place]))
            self.offsets[place] = offset

    def order(self, worth: float) -> list[int]:
        """Places whose gap is larger than ``worth``, the largest weighted one first.

        Those whose weighted scenario gaps come to next to nothing all together are left out: the estimates of a
        scenario of probability 1e-13 have a gap as large as its multipliers, and change nothing.
        """
        scenario_gaps = np.array([self.scenario_gap(place) for place in range(len(self.scenarios))])
        weighted = self._weights * scenario_gaps
        order = np.argsort(-weighted, kind="stable")
        nothing = _NEXT_TO_NOTHING * worth / max(len(order), 1)
        return [int(place) for place in order if scenario_gaps[place] > worth and weighted[place] > nothing]

    def enough(self, pending: Sequence[int], amount: float, communicator: ScenarioCommunicator) -> int:
        """How many of ``pending`` to take so that, over all ranks, their gaps come to ``amount``; at least one."""
        scenario_gaps = np.array([self._weights[place] * self.scenario_gap(place) for place in pending])
        mine = float(scenario_gaps.sum())
        everyone = communicator.total(mine)
        if everyone <= 0.0 or not pending:
            return min(1, len(pending))
        return min(len(pending), 1 + int(np.searchsorted(np.cumsum(scenario_gaps), amount * mine / everyone)))
