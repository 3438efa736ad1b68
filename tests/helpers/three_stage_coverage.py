"""How often a stated confidence holds the gap of a three-stage problem whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers.reserved_orders import BEST, CANDIDATE, CANDIDATE_WITH_THREE, ORDER, sampled_nodes
from mes_stoch.evaluation.day_ahead_policy import policy_costs
from mes_stoch.evaluation.replications import Candidate, optimality_gap, seeds_of
from mes_stoch.model.program import StochasticProgram
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop

OPTIONS = SolveOptions(gap_rel=1e-6)
TRUTH = BEST - CANDIDATE_WITH_THREE


@dataclass(frozen=True)
class Coverage:
    """Of so many trials.

    Parameters
    ----------
    held : int
        Trials whose interval holds the gap of the policy.
    mean_gap, mean_bound, mean_candidate : float
        Over all samples of all trials.
    """

    trials: int
    replications: int
    nodes: int
    leaves: int
    held: int
    mean_gap: float
    mean_bound: float
    mean_candidate: float


def covered(
    trials: int, count: int, *, capacity: float = CANDIDATE, nodes: int = 12, leaves: int = 3, further: int = 3
) -> Coverage:
    """Trials of ``count`` replications each."""
    root = np.array([capacity])

    def sample(seed: int) -> tuple[StochasticProgram, Candidate]:
        evaluated, deciding = sampled_nodes(seed, nodes, leaves, further)

        def policy(stop: Stop) -> np.ndarray:
            return policy_costs(deciding, evaluated, ORDER, root, gap_rel=OPTIONS.gap_rel, stop=stop)

        return evaluated, policy

    gaps = [optimality_gap(sample, seeds_of(trial, count), OPTIONS) for trial in range(trials)]
    samples = [replication for gap in gaps for replication in gap.replications]
    return Coverage(
        trials=trials,
        replications=count,
        nodes=nodes,
        leaves=leaves,
        held=sum(gap.upper >= TRUTH for gap in gaps),
        mean_gap=float(np.mean([sample.gap for sample in samples])),
        mean_bound=float(np.mean([sample.bound_upper for sample in samples])),
        mean_candidate=float(np.mean([sample.candidate for sample in samples])),
    )
