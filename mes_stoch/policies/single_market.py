"""The operator goes to one market of services alone."""

from __future__ import annotations

from dataclasses import dataclass

from mes_stoch.policies.policy import PolicyDecision, PolicyProblem
from mes_stoch.schema.errors import UsageError


@dataclass(frozen=True)
class SingleMarket:
    """Energy, and the one product that earns most on its own.

    Equations
    ---------
    With ``RP({p})`` the stochastic program in which only ``p`` may have a volume at the root::

        p = argmax_p RP({p}),   r = argmax of RP({p})

    By the profit found for each, which is the best to within the gap.

    Parameters
    ----------
    product : str, optional
        The product; default whichever earns most.
    """

    product: str | None = None

    def commit(self, problem: PolicyProblem) -> PolicyDecision:
        """The best commitment with one product."""
        offered = problem.blocks
        if self.product is not None and self.product not in offered:
            raise UsageError(
                f"single_market: {self.product} has no volume at the root; "
                f"products that have one: {', '.join(offered) or 'none'}"
            )
        if not offered:
            return PolicyDecision(problem.root_with({}), note="no product to choose from")
        chosen = [self.product] if self.product is not None else list(offered)
        found = []
        for place, name in enumerate(chosen, 1):
            problem.told(f"single market, {place} of {len(chosen)}: {name}")
            result, _ = problem.solve_tree(problem.offering({name}))
            found.append((-result.upper, name, result.root))
        # ties go to the first in the order of the instance
        _, name, root = max(found, key=lambda one: one[0])
        return PolicyDecision(root, note=name)
