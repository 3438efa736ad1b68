"""The operator plans for the mean scenario."""

from __future__ import annotations

from dataclasses import dataclass

from mes_stoch.model.mean_program import MeanProgram
from mes_stoch.policies.policy import PolicyDecision, PolicyProblem


@dataclass(frozen=True)
class ExpectedValue:
    """The commitment that is best for the mean of all scenarios.

    Equations
    ---------
    With ``P(r, s)`` the best profit of scenario ``s`` with the first stage ``r``::

        r = argmax_r P(r, mean scenario)

    Data that follow from others (what is called, what is accepted) are averaged and never worked out anew
    (:mod:`mes_stoch.model.mean_program`). What it earns is the EEV of the textbook.

    Source
    ------
    Birge & Louveaux (2011), Introduction to Stochastic Programming, 2nd ed., section 4.2,
    DOI 10.1007/978-1-4614-0237-4.
    """

    def commit(self, problem: PolicyProblem) -> PolicyDecision:
        """The commitment of the mean scenario, optimal for it to within the gap."""
        mean = problem.solve(MeanProgram(problem.leaves), "ef")
        return PolicyDecision(mean.root, note="planned for the mean scenario")
