"""What policies earn over the scenarios of a tree, and what each of them loses against the stochastic program.

Equations
---------
With ``RP`` the stochastic program and ``V`` what a policy's commitment earns, dispatched in every scenario within what
the policy has fixed of its operation::

    V    in [profit of feasible dispatches, proven bound of them]
    loss = RP - V   in [RP_lower - V_upper, RP_upper - V_lower]

A policy with one commitment for all scenarios is a feasible point of the stochastic program: ``RP_lower`` is at least
every ``V_lower``, and ``V_upper`` at most ``RP_upper``. The loss of ``two_loop`` is the **value of coordination**.

All policies meet the same scenarios (common random numbers): the differences are free of what the draw has in common,
and are those of these scenarios. They commit with the tree that they are evaluated on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.evaluation.bracket import Bracket, bracket_result
from mes_stoch.evaluation.committed_volumes import committed_volumes, decided_numbers, mean_volume_mw
from mes_stoch.evaluation.profit import Profits, profits_of, profits_of_leaves, seed_of
from mes_stoch.evaluation.solves import Solves, reached_its_gap
from mes_stoch.model.program import StochasticProgram
from mes_stoch.model.site_program import SiteProgram, by_day_ahead_node
from mes_stoch.policies.named import NamedPolicy
from mes_stoch.policies.policy import PolicyDecision, PolicyForesight, PolicyProblem
from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.schema.evaluation import PoliciesResult, PolicyResult
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.interruption.stop import Stop

COORDINATION = "two_loop"
_NOWHERE = Bracket(-math.inf, -math.inf)


@dataclass(frozen=True)
class PolicyOutcome:
    """What a policy commits and earns.

    Parameters
    ----------
    bracket : Bracket
        Of its expected profit; minus infinity where some scenario has no dispatch with it, or nothing can be committed.
    profits : Profits or None
        Of feasible dispatches, by scenario.
    commitments : DataFrame or None
        Volumes by product and block; ``None`` where there is no commitment for all scenarios.
    site_decisions : DataFrame or None
        What it decides of components beside them.
    """

    bracket: Bracket
    profits: Profits | None = None
    commitments: pd.DataFrame | None = None
    site_decisions: pd.DataFrame | None = None
    note: str = ""
    brought_by: str = ""

    @property
    def mean_volume_mw(self) -> float | None:
        """What is committed of all products together (:func:`mean_volume_mw`)."""
        return None if self.commitments is None else mean_volume_mw(self.commitments)


@dataclass(frozen=True)
class PolicyComparison:
    """Policies over one tree.

    Parameters
    ----------
    recourse : Bracket
        RP, raised to what the best policy is known to earn.
    outcomes : dict of str to PolicyOutcome
        By name, in the order asked for; what there was no time for is left out.
    """

    recourse: Bracket
    outcomes: dict[str, PolicyOutcome]
    scenarios: int
    seed: int | None
    currency: str
    is_complete: bool = True

    def loss(self, name: str) -> Bracket:
        """What is lost against the stochastic program; below zero for a policy that knows more."""
        return self.recourse - self.outcomes[name].bracket

    @property
    def coordination(self) -> Bracket | None:
        """Value of coordination; ``None`` where the two-loop policy was not asked for, or there was no time."""
        return self.loss(COORDINATION) if COORDINATION in self.outcomes else None

    def result(self) -> PoliciesResult:
        """The part of ``evaluation.json``."""
        together = self.coordination
        return PoliciesResult(
            scenarios=self.scenarios,
            seed=self.seed,
            currency=self.currency,
            recourse=bracket_result(self.recourse),
            value_of_coordination=None if together is None else bracket_result(together),
            policies={name: self._result(name) for name in self.outcomes},
        )

    def _result(self, name: str) -> PolicyResult:
        outcome = self.outcomes[name]
        return PolicyResult(
            brought_by=outcome.brought_by,
            note=outcome.note,
            profit=bracket_result(outcome.bracket),
            loss=bracket_result(self.loss(name)),
            commitments=None if outcome.commitments is None else committed_volumes(outcome.commitments),
            site_decisions=decided_numbers(outcome.site_decisions),
            evaluated=None if outcome.profits is None else outcome.profits.result(),
        )

    def dataset(self) -> xr.Dataset:
        """What ``evaluation.nc`` holds of it: profit by scenario and policy."""
        found = {name: one.profits for name, one in self.outcomes.items() if one.profits is not None}
        if not found:
            return xr.Dataset()
        first = next(iter(found.values())).scenarios
        profits = np.stack([one.scenarios["profit_eur"].to_numpy() for one in found.values()], axis=1)
        return xr.Dataset(
            {"policy_profit_eur": (("scenario", "policy"), profits, {"units": self.currency})},
            coords={
                "scenario": first.index.to_numpy(dtype=str),
                "probability": ("scenario", first["probability"].to_numpy(dtype=float)),
                "policy": np.array(list(found), dtype=str),
            },
        )


def compare_policies(
    leaves: SiteProgram,
    policies: Sequence[NamedPolicy],
    options: SolveOptions,
    *,
    recourse: Bracket | None = None,
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> PolicyComparison:
    """Commit by every policy, and dispatch its commitment in every scenario.

    Parameters
    ----------
    leaves : SiteProgram
        One scenario a leaf.
    policies : sequence of NamedPolicy
    options : SolveOptions
        Gap of every bracket, and of every solve of a policy.
    recourse : Bracket, optional
        RP, where it is known.

    Raises
    ------
    NotInTimeError
        There was no time for any of them.
    InfeasibleError, UnboundedError, SolveError, ExtensionError
    """
    say = told or (lambda _: None)
    solves = Solves(options, stop or Stop())
    if recourse is None:
        say("RP: the stochastic program")
        recourse = solves.bracket(by_day_ahead_node(leaves, leaves))
    problem = PolicyProblem(leaves, _to_the_gap(solves), solves.stop, say)
    outcomes: dict[str, PolicyOutcome] = {}
    is_complete = True
    for number, policy in enumerate(policies, 1):
        say(f"policy {number} of {len(policies)}: {policy.name}")
        try:
            outcomes[policy.name] = _outcome(policy, problem, options)
        except NotInTimeError as error:
            say(f"{policy.name} is left out: {error}")
            is_complete = False
    if policies and not outcomes:
        raise NotInTimeError("the time limit came before any policy was evaluated")
    single = {name: one for name, one in outcomes.items() if not _is_foresight(one)}
    # a policy is a feasible point of the program; beyond its bound there is rounding alone
    found = max([recourse.lower, *(one.bracket.lower for one in single.values())])
    recourse = Bracket(max(recourse.lower, min(found, recourse.upper)), recourse.upper)
    for name, one in single.items():
        upper = max(min(one.bracket.upper, recourse.upper), one.bracket.lower)
        outcomes[name] = replace(one, bracket=Bracket(one.bracket.lower, upper))
    return PolicyComparison(
        recourse,
        outcomes,
        scenarios=len(leaves.scenario_names),
        seed=seed_of(leaves.tree),
        currency=leaves.instance.currency,
        is_complete=is_complete and solves.is_complete,
    )


def _to_the_gap(solves: Solves) -> Callable[[StochasticProgram, str], EngineResult]:
    """A solver for policies: what is not optimal to within the gap is not what their rule says."""

    def solve(program: StochasticProgram, method: str = "auto") -> EngineResult:
        result = solves.result(program, method)
        if result is None or not reached_its_gap(result):
            raise NotInTimeError(f"{program.name}: there was no time to solve what a policy asks for")
        return result

    return solve


def _outcome(policy: NamedPolicy, problem: PolicyProblem, options: SolveOptions) -> PolicyOutcome:
    try:
        decision = policy.commit(problem)
    except InfeasibleError as error:
        problem.told(f"{policy.name}: {error}")
        return PolicyOutcome(_NOWHERE, note="nothing that could be committed", brought_by=policy.brought_by)
    if isinstance(decision, PolicyForesight):
        return _with_foresight(decision, problem.leaves, policy)
    return _with_commitment(decision, problem, policy, options)


def _with_commitment(
    decision: PolicyDecision, problem: PolicyProblem, policy: NamedPolicy, options: SolveOptions
) -> PolicyOutcome:
    leaves = problem.leaves
    kept = leaves if decision.base_schedules is None else leaves.with_base_schedules(decision.base_schedules)
    program = by_day_ahead_node(kept, kept)
    commitments = leaves.commitments(decision.root)
    known = PolicyOutcome(
        _NOWHERE,
        commitments=commitments,
        site_decisions=leaves.site_decisions(decision.root),
        note=decision.note,
        brought_by=policy.brought_by,
    )
    try:
        profits = profits_of(program, decision.root, gap_rel=options.gap_rel, stop=problem.stop)
    except InfeasibleError as error:
        problem.told(f"{policy.name}: {error}")
        return known
    return replace(known, bracket=Bracket(profits.mean, max(profits.bound_upper, profits.mean)), profits=profits)


def _with_foresight(decision: PolicyForesight, leaves: SiteProgram, policy: NamedPolicy) -> PolicyOutcome:
    upper = math.fsum(leaves.probabilities * decision.upper)
    points = [(index, one.values) for index, one in enumerate(decision.scenarios)]
    profits = profits_of_leaves(leaves, points, upper, "solver")
    bracket = Bracket(profits.mean, max(upper, profits.mean))
    return PolicyOutcome(bracket, profits, note=decision.note, brought_by=policy.brought_by)


def _is_foresight(outcome: PolicyOutcome) -> bool:
    return outcome.profits is not None and outcome.commitments is None
