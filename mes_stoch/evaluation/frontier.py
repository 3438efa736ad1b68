"""The frontier of risk and return: the best plans for all weights of a measure of risk, in one sweep.

Equations
---------
A plan (a first stage and a dispatch for every scenario) has an expected profit ``E`` and a measure ``M`` of its
profits. For a weight ``beta``

    u(beta) = max over plans  (1 - beta) E + beta M

- **Outer bound.** A proven ``u_beta >= u(beta)`` says that no plan lies above the line ``(1 - beta) E + beta M =
  u_beta``. All lines together are an envelope, concave, which no plan crosses, solved for or not.
- **Neighbours.** ``u`` is the maximum of functions that are linear in ``beta``, hence convex: between two weights it
  lies below the chord, so that

      u(beta) <= ((b - beta) u_a + (beta - a) u_b) / (b - a)      for a <= beta <= b

  and every plan that is known is worth ``(1 - beta) E + beta M`` at any weight. Where the two meet within the gap,
  there is nothing left to solve at ``beta``.

The sweep takes the two ends first and then the middle of what is open, each solve from the best plan that is known for
its weight. A point is the best plan of all that are known for its weight, whichever weight it was found for: plans that
others dominate, as solves within their gap may leave them, are not among the points.

Source
------
Markowitz (1952), Portfolio selection, DOI 10.1111/j.1540-6261.1952.tb01525.x; scalarised two-stage mean-risk programs:
Noyan (2012), DOI 10.1016/j.cor.2011.03.017; bounds of a parametric program in its objective: Geoffrion & Nauss (1977),
Parametric and postoptimality analysis in integer linear programming, DOI 10.1287/mnsc.23.5.453.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mes_stoch.evaluation.bracket import Bracket, bracket_result
from mes_stoch.evaluation.committed_volumes import committed_volumes, decided_numbers
from mes_stoch.evaluation.plans import MeanRisk, Plan
from mes_stoch.evaluation.profit import seed_of
from mes_stoch.evaluation.solves import Solves
from mes_stoch.model.availability.program import with_availability
from mes_stoch.model.risk.measure import RiskMeasure
from mes_stoch.model.site_program import SiteProgram, by_day_ahead_node
from mes_stoch.schema.errors import SolveError, UsageError
from mes_stoch.schema.evaluation import FrontierPointResult, FrontierResult
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.gap_floor import gap_floor
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, weaker

#: Weights that are swept where none are given.
WEIGHTS = tuple(round(0.1 * step, 1) for step in range(11))
_MOST_WEIGHTS = 201
#: Profits that differ by less, as a share of their size, are one.
_SAME = 1e-9
#: What rows off by a solver's tolerance may be worth, as a share of the largest profit; as where runs are assembled.
_ROW_TOLERANCE = 1e-4


@dataclass(frozen=True)
class FrontierPoint:
    """The best plan that is known for a weight.

    Parameters
    ----------
    weight : float
        Of the measure; the expected profit has the rest.
    plan : Plan
    bound_upper : float
        No plan is worth more at this weight; proven.
    bound_kind : str
        What that bound rests on.
    is_solved : bool
        Whether the weight was solved for; otherwise its bounds follow from those of other weights.
    """

    weight: float
    plan: Plan
    bound_upper: float
    bound_kind: BoundKind
    is_solved: bool

    @property
    def utility(self) -> Bracket:
        """What the best plan for this weight is worth."""
        return Bracket(self.plan.worth(self.weight), self.bound_upper)


@dataclass(frozen=True)
class Frontier:
    """Points by rising weight of risk, and what bounds them.

    Parameters
    ----------
    points : tuple of FrontierPoint
        Those that were finished in time.
    measure : str
        Name of the measure of risk.
    alpha : float or None
        Of ``cvar``.
    commitments : tuple of DataFrame
        Of each point; empty where the program is not a site's.
    site_decisions : tuple of DataFrame
        What each point decides of the site; empty where the program is not a site's.
    scenarios : int
    seed : int or None
    currency : str
    solves : int
        How many programs were solved.
    is_complete : bool
        Whether every weight is there, each within its gap.
    """

    points: tuple[FrontierPoint, ...]
    measure: str = ""
    alpha: float | None = None
    commitments: tuple[pd.DataFrame, ...] = ()
    site_decisions: tuple[pd.DataFrame, ...] = ()
    scenarios: int = 0
    seed: int | None = None
    currency: str = ""
    solves: int = 0
    is_complete: bool = True

    def most_expected(self, measure: float) -> float:
        """The largest expected profit that any plan with a value of the measure can have: the envelope.

        ``-inf`` where no plan has such a value.
        """
        ends = [point for point in self.points if point.weight == 1.0]
        if ends and measure > ends[0].bound_upper:
            return -math.inf
        lines = [(p.bound_upper - p.weight * measure) / (1.0 - p.weight) for p in self.points if p.weight < 1.0]
        return min(lines, default=math.inf)

    def result(self) -> FrontierResult:
        """The part of ``evaluation.json``."""
        nothing = tuple(pd.DataFrame() for _ in self.points)
        tables = zip(self.points, self.commitments or nothing, self.site_decisions or nothing, strict=True)
        return FrontierResult(
            measure=self.measure,
            alpha=self.alpha,
            scenarios=self.scenarios,
            seed=self.seed,
            currency=self.currency,
            solves=self.solves,
            points=[
                FrontierPointResult(
                    weight=point.weight,
                    profit_mean=point.plan.expected,
                    risk_value=point.plan.measured,
                    utility=bracket_result(point.utility),
                    bound_kind=point.bound_kind,
                    is_solved=point.is_solved,
                    commitments=committed_volumes(volumes),
                    site_decisions=decided_numbers(decisions),
                )
                for point, volumes, decisions in tables
            ],
        )


def frontier_of_site(
    leaves: SiteProgram,
    measure: RiskMeasure,
    weights: Sequence[float],
    options: SolveOptions,
    *,
    name: str = "cvar",
    alpha: float | None = None,
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> Frontier:
    """The frontier of a site over its tree, two or three stages.

    Parameters
    ----------
    leaves : SiteProgram
        One scenario a leaf.
    measure : RiskMeasure
    weights : sequence of float
        In [0, 1]; at least two.
    options : SolveOptions
        Gap of each point.
    name, alpha
        Of the measure, as they are told.

    Raises
    ------
    UsageError, InfeasibleError, UnboundedError, SolveError
    NotInTimeError
        No weight was finished in time.
    """
    shared = leaves.day_ahead_columns if leaves.stages == 3 else None
    ruled = with_availability(leaves)
    plans = MeanRisk(ruled, measure, lambda program: by_day_ahead_node(leaves, program), shared)
    found = frontier_of(plans, weights, options, stop=stop, told=told)
    return Frontier(
        points=found.points,
        measure=name,
        alpha=alpha,
        # what rules add to the root stands behind the volumes
        commitments=tuple(leaves.commitments(point.plan.root) for point in found.points),
        site_decisions=tuple(leaves.site_decisions(point.plan.root) for point in found.points),
        scenarios=len(leaves.scenario_names),
        seed=seed_of(leaves.tree),
        currency=leaves.instance.currency,
        solves=found.solves,
        is_complete=found.is_complete,
    )


def frontier_of(
    plans: MeanRisk,
    weights: Sequence[float],
    options: SolveOptions,
    *,
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> Frontier:
    """The frontier of any program and measure.

    Raises
    ------
    UsageError, InfeasibleError, UnboundedError, SolveError
    NotInTimeError
    """
    chosen = checked_weights(weights)
    sweep = _Sweep(plans, Solves(options, stop or Stop()), gap_floor(plans.leaves))
    for beta in _ends_first(chosen):
        sweep.take(beta, told or (lambda _: None))
    points = sweep.points(chosen)
    if not points:
        raise NotInTimeError(f"{plans.leaves.name}: there was no time for any point of the frontier")
    is_complete = sweep.solves.is_complete and len(points) == len(chosen)
    return Frontier(points, solves=len(sweep.bounds), is_complete=is_complete)


def checked_weights(weights: Sequence[float]) -> list[float]:
    """Weights in rising order, each once.

    Raises
    ------
    UsageError
        Fewer than two, too many, or one outside [0, 1].
    """
    chosen = sorted({float(weight) for weight in weights})
    wrong = [f"{weight:g}" for weight in chosen if not 0.0 <= weight <= 1.0]
    if wrong:
        raise UsageError(f"weights of risk are between 0 and 1; found {', '.join(wrong)}")
    if not 2 <= len(chosen) <= _MOST_WEIGHTS:
        raise UsageError(f"a frontier takes 2 to {_MOST_WEIGHTS} weights of risk; found {len(chosen)}")
    return chosen


def _ends_first(weights: Sequence[float]) -> list[float]:
    """The ends, then the middle of every stretch that is left.

    >>> _ends_first([0.0, 0.25, 0.5, 0.75, 1.0])
    [0.0, 1.0, 0.5, 0.25, 0.75]
    """
    order, stretches = [weights[0], weights[-1]], [(0, len(weights) - 1)]
    while stretches:
        first, last = stretches.pop(0)
        if last - first > 1:
            middle = (first + last) // 2
            order.append(weights[middle])
            stretches += [(first, middle), (middle, last)]
    return order


@dataclass
class _Sweep:
    """What is known so far: plans, and proven bounds by weight."""

    plans: MeanRisk
    solves: Solves
    floor: float
    bounds: dict[float, tuple[float, BoundKind]] = field(default_factory=dict)
    known: list[Plan] = field(default_factory=list)

    def take(self, beta: float, told: Callable[[str], object]) -> None:
        """Solve a weight, unless its neighbours have settled it."""
        best = self._best(beta)
        if best is not None:
            lower, (upper, _) = best.worth(beta), self._upper(beta)
            if math.isfinite(upper) and upper - lower <= self.solves.options.gap_rel * max(
                abs(upper), abs(lower), self.floor
            ):
                told(f"weight {beta:g}: proven by its neighbours")
                return
        if self.solves.stop():
            self.solves.is_complete = False
            return
        # plans of the other end are far off: from there passes take longer than from nowhere
        near = best if len(self.bounds) > 1 else None
        told(f"weight {beta:g}: solved" + ("" if near is None else " from the best plan known"))
        found = self.plans.solved(beta, self.solves, near)
        if found is None:
            return
        self.bounds[beta] = (found.bound_upper, found.bound_kind)
        if found.plan is not None:
            self.known.append(found.plan)

    def points(self, weights: Sequence[float]) -> tuple[FrontierPoint, ...]:
        chosen = []
        for beta in weights:
            plan = self._best(beta)
            upper, kind = self._upper(beta)
            if plan is not None and math.isfinite(upper):
                upper = self._not_below(plan.worth(beta), upper, beta)
                chosen.append(FrontierPoint(beta, plan, upper, kind, beta in self.bounds))
        return tuple(chosen)

    def _best(self, beta: float) -> Plan | None:
        """The plan that is worth most; of equals, where one side has no weight, the better on the other side."""
        if not self.known:
            return None
        most = max(plan.worth(beta) for plan in self.known)
        equal = [plan for plan in self.known if plan.worth(beta) >= most - _SAME * abs(most)]
        return max(equal, key=lambda plan: plan.expected + plan.measured)

    def _upper(self, beta: float) -> tuple[float, BoundKind]:
        """The least of its own bound and the chords of two others."""
        found = [self.bounds[beta]] if beta in self.bounds else []
        below = [(weight, *bound) for weight, bound in self.bounds.items() if weight < beta]
        above = [(weight, *bound) for weight, bound in self.bounds.items() if weight > beta]
        for a, at_a, kind_a in below:
            for b, at_b, kind_b in above:
                chord = ((b - beta) * at_a + (beta - a) * at_b) / (b - a)
                # the arithmetic itself is rounded
                found.append((chord + 1e-14 * (abs(at_a) + abs(at_b)), weaker(kind_a, kind_b)))
        return min(found, key=lambda bound: bound[0], default=(math.inf, "solver"))

    def _not_below(self, worth: float, upper: float, beta: float) -> float:
        """The bound, which no plan that is known may cross by more than a solver's rows are off."""
        size = max(self.floor, *(float(np.abs(plan.profits).max()) for plan in self.known))
        if worth > upper + _ROW_TOLERANCE * size:
            raise SolveError(
                f"{self.plans.leaves.name}: a plan is worth {worth:.6f} with the weight {beta:g}, above the bound "
                f"{upper:.6f}: the bounds contradict each other"
            )
        return max(worth, upper)
