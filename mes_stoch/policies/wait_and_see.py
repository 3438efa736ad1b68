"""Every scenario is known before anything is committed: a reference that no operator reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.model.mean_program import OneScenario
from mes_stoch.policies.policy import PolicyForesight, PolicyProblem


@dataclass(frozen=True)
class WaitAndSee:
    """In every scenario the commitment that is best for it: WS of the textbook.

    Equations
    ---------
    ::

        WS = E[max_r P(r, s)] >= RP

    There is no single commitment, and so nothing to commit; the loss against the stochastic program is zero or below.
    """

    def commit(self, problem: PolicyProblem) -> PolicyForesight:
        """The best of every scenario alone."""
        found, upper = [], []
        for index in range(len(problem.leaves.scenario_names)):
            result = problem.solve(OneScenario(problem.leaves, index), "ef")
            found.append(result.scenarios[0])
            upper.append(-result.lower)
        return PolicyForesight(tuple(found), np.array(upper), note="a commitment for each scenario: a reference")
