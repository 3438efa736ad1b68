"""How far a commitment may be from the best one over all days, not only those of a sample.

Equations
---------
With ``P(r, s)`` the best profit of scenario ``s`` with the first stage ``r``, a candidate ``x`` and a sample ``k`` of
``n`` independent scenarios, the gap of the sample

    G_k = max_r (1/n) sum_s P(r, s) - (1/n) sum_s P(x, s) >= 0

is on the mean no less than the true gap ``max_r E P(r, s) - E P(x, s)``. What is used for its first term is the proven
bound of the sample's program, and for the second a feasible dispatch, so that ``G_k`` is never taken for too small.

- **Multiple replications**, ``m > 2`` samples: ``gap <= mean(G) + t_{m-1} sd(G) / sqrt(m)``.
- **Averaged two-replication**, two samples: ``gap <= (G_1 + G_2) / 2 + t_{2n-1} sqrt((S_1^2 + S_2^2) / 2) / sqrt(2 n)``
  with ``S_k^2`` the variance over scenarios of ``P(x_k, s) - P(x, s)``, ``x_k`` the sample's own commitment.

``t`` is the quantile of Student's t at the confidence, one-sided: both hold approximately, for large ``m`` and ``n``.

**Three stages** (Chiralaksanakul & Morton 2004). A sample is ``n`` day-ahead nodes with ``L`` leaves each, all drawn;
a scenario above is a node. The bound of the sampled tree is on the mean no less than the true optimum, since the true
optimal policy is feasible in it. The second term is what the candidate earns in the same leaves with day-ahead
positions decided by other leaves below the same nodes (:mod:`mes_stoch.evaluation.day_ahead_policy`): on the mean no
more than it could earn. So ``mean(G)`` is again no less than the true gap on the mean, and holds besides it what the
policy of a few leaves gives away, and what the sampled tree gains by knowing its leaves.

Sources
-------
Chiralaksanakul & Morton (2004), Assessing policy quality in multi-stage stochastic programming, Stochastic Programming
E-Print Series;
Mak, Morton, Wood (1999), Monte Carlo bounding techniques for determining solution quality in stochastic programs,
DOI 10.1016/S0167-6377(98)00054-6; Bayraksan & Morton (2006), Assessing solution quality in stochastic programs,
DOI 10.1007/s10107-006-0720-x.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from mes_stoch.evaluation.intervals import CONFIDENCE
from mes_stoch.evaluation.solves import Solves
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation import OptimalityGapResult
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker

TWO = 2

#: What a policy costs in every scenario of a sample, given the time there is.
Policy = Callable[[Stop], FloatArray]
#: A first stage, one value per root column, or a policy with decisions of later stages.
Candidate = FloatArray | Policy


@dataclass(frozen=True)
class Replication:
    """One sample.

    Parameters
    ----------
    bound_upper : float
        No commitment earns more in the sample, on the mean.
    best : float
        What the sample's own commitment earns.
    candidate : float
        What the candidate earns in it.
    variance : float
        Over scenarios, of what the sample's own commitment earns more than the candidate.
    scenarios : int
    kind : str
        What the bound rests on.
    seed : int or None
    is_complete : bool
        Whether the sample was solved to the gap.
    """

    bound_upper: float
    best: float
    candidate: float
    variance: float
    scenarios: int
    kind: BoundKind
    seed: int | None = None
    is_complete: bool = True

    @property
    def gap(self) -> float:
        """Gap of the sample, never below zero."""
        return max(self.bound_upper - self.candidate, 0.0)


@dataclass(frozen=True)
class OptimalityGap:
    """An estimate from several samples.

    ``policy_leaves`` is by how many leaves a day-ahead node decides the candidate's positions; ``None``: two stages.
    """

    replications: tuple[Replication, ...]
    currency: str = ""
    confidence: float = CONFIDENCE
    is_complete: bool = True
    leaves_per_node: int = 1
    policy_leaves: int | None = None

    @property
    def method(self) -> str:
        return "averaged two-replication" if len(self.replications) == TWO else "multiple replications"

    @property
    def estimate(self) -> float:
        """Mean gap of the samples: biased upward, and the less the larger they are."""
        return math.fsum(replication.gap for replication in self.replications) / len(self.replications)

    @property
    def sampling_error(self) -> float:
        """What is added to the mean for the confidence."""
        count = len(self.replications)
        if count == TWO:
            total = sum(replication.scenarios for replication in self.replications)
            spread = math.sqrt(sum(replication.variance for replication in self.replications) / TWO)
            return float(student.ppf(self.confidence, total - 1)) * spread / math.sqrt(total)
        spread = float(np.std([replication.gap for replication in self.replications], ddof=1))
        return float(student.ppf(self.confidence, count - 1)) * spread / math.sqrt(count)

    @property
    def upper(self) -> float:
        """The true gap is at most this, with the confidence."""
        return self.estimate + self.sampling_error

    @property
    def candidate(self) -> float:
        """What the candidate earns, over all samples."""
        return math.fsum(replication.candidate for replication in self.replications) / len(self.replications)

    def table(self) -> pd.DataFrame:
        """A row a sample."""
        names = ("seed", "scenarios", "bound_upper", "kind", "best", "candidate", "gap")
        return pd.DataFrame([[getattr(r, name) for name in names] for r in self.replications], columns=list(names))

    def result(self) -> OptimalityGapResult:
        """The part of ``evaluation.json``."""
        return OptimalityGapResult(
            method="averaged two-replication" if len(self.replications) == TWO else "multiple replications",
            currency=self.currency,
            replications=len(self.replications),
            scenarios=self.replications[0].scenarios,
            seeds=[replication.seed for replication in self.replications],
            bound_kind=weaker(*(replication.kind for replication in self.replications)),
            profit_mean=self.candidate,
            gap_mean=self.estimate,
            sampling_error=self.sampling_error,
            gap_upper=self.upper,
            confidence=self.confidence,
            leaves_per_node=self.leaves_per_node,
            policy_leaves=self.policy_leaves,
        )


def replicate(
    program: StochasticProgram,
    candidate: Candidate,
    options: SolveOptions,
    *,
    seed: int | None = None,
    method: str = "auto",
    stop: Stop | None = None,
) -> Replication:
    """Solve a sample, and evaluate the candidate in it.

    Raises
    ------
    UsageError
        Scenarios of unlike weight are no independent draws.
    InfeasibleError
        A scenario has no dispatch with the candidate.
    NotInTimeError, SolveError
    """
    weights = np.asarray(program.probabilities, dtype=np.float64)
    if not np.allclose(weights, weights[0], rtol=1e-9, atol=0.0):
        raise UsageError(
            f"{program.name}: scenarios of unlike probability are no independent draws, and say nothing of days that "
            "were not drawn"
        )
    solves = Solves(options, stop or Stop())
    found = solves.result(program, method)
    if found is None or not found.scenarios:
        raise NotInTimeError(f"{program.name}: no commitment of a sample was found in time")
    own = np.array([solution.cost for solution in sorted(found.scenarios, key=lambda solution: solution.index)])
    costs = candidate(solves.stop) if callable(candidate) else _costs(program, candidate, options, solves.stop)
    return Replication(
        bound_upper=-found.lower,
        best=-found.upper,
        candidate=-float(weights @ costs),
        variance=float(np.var(costs - own, ddof=1)) if len(own) > 1 else math.inf,
        scenarios=len(costs),
        kind=found.bound_kind,
        seed=seed,
        is_complete=solves.is_complete,
    )


def _costs(program: StochasticProgram, root: FloatArray, options: SolveOptions, stop: Stop) -> FloatArray:
    values = evaluate_given(program, root, lambda _: None, gap_rel=options.gap_rel, stop=stop)
    return np.array([value.upper for value in values])


def seeds_of(seed: int, count: int, purpose: int = 0) -> list[int]:
    """Seeds of samples that have nothing in common.

    Parameters
    ----------
    purpose : int
        Another one has other seeds, so that a commitment that was found by samples is not judged by the same.

    >>> len(set(seeds_of(7, 30) + seeds_of(7, 30, purpose=1)))
    60
    """
    of = [] if purpose == 0 else [purpose]
    return [int(np.random.SeedSequence([seed, place, *of]).generate_state(1)[0]) for place in range(count)]


def optimality_gap(
    sample: Callable[[int], tuple[StochasticProgram, Candidate]],
    seeds: Sequence[int],
    options: SolveOptions,
    *,
    currency: str = "",
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> OptimalityGap:
    """Replications over samples of several seeds.

    Parameters
    ----------
    sample : callable
        A seed's program, and the candidate: its root, or a policy that says what it costs in every scenario.
    seeds : sequence of int
        At least two.

    Raises
    ------
    UsageError, InfeasibleError, NotInTimeError, SolveError
    """
    if len(seeds) < TWO:
        raise UsageError("an optimality gap takes two replications or more")
    found: list[Replication] = []
    for place, seed in enumerate(seeds, 1):
        program, candidate = sample(seed)
        if len(seeds) == TWO and len(program.scenario_names) < TWO:
            raise UsageError(
                "two replications take two draws (day-ahead nodes) or more each, by which their spread is estimated"
            )
        try:
            replication = replicate(program, candidate, options, seed=seed, stop=stop)
        except NotInTimeError:
            if len(found) <= TWO:
                raise
            # those that are there are independent of each other all the same
            return OptimalityGap(tuple(found), currency, is_complete=False)
        found.append(replication)
        if told is not None:
            told(f"replication {place} of {len(seeds)}: gap at most {replication.gap:,.2f} {currency}".rstrip())
    return OptimalityGap(tuple(found), currency, is_complete=all(replication.is_complete for replication in found))
