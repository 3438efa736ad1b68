"""A policy: the same volume of every product in every block, whatever the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.extend import PolicyDecision, PolicyProblem


@dataclass(frozen=True)
class SteadyVolume:
    """``volume_mw`` of every product that is committed; the site keeps what it cannot hold short, and pays for it."""

    volume_mw: float = 1.0

    def commit(self, problem: PolicyProblem) -> PolicyDecision:
        """The volumes, taken to the nearest that the bid rules allow."""
        volumes = {product: np.full(blocks, self.volume_mw) for product, blocks in problem.blocks.items()}
        return PolicyDecision(problem.root_with(volumes), note=f"{self.volume_mw:g} MW of each, always")
