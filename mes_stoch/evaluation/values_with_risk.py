"""The same values for a plan that weighs risk: the functional is applied to the distribution of the profit.

Equations
---------
With ``rho[profit] = (1 - beta) E[profit] + beta measure[profit]`` in the place of the expectation
(:mod:`mes_stoch.evaluation.values`)::

    RP  = max_r rho[P(r, s)]                  the risk-averse program
    WS  = rho[max_r P(r, s)]                  every scenario alone, then the functional of what each of them earns
    EV  = rho[max_r P(r, mean scenario)]      of one certain profit
    EEV = rho[P(r_EV, s)]                     what the first stage of the mean scenario is worth in the scenarios

``rho`` never falls where a profit rises, so that bounds of the scenarios' profits, put into it, bound its value:
``rho[lower] <= WS <= rho[upper]``, and likewise EEV with two stages, where nothing but the first stage joins the
scenarios. With three stages the day-ahead decisions of a node weigh its leaves by what the whole distribution makes of
them, so EEV is the bracket of a program: the risk-averse one with its root fixed. With day-ahead decisions fixed as
well leaves are apart again.

Wait-and-see is worth no less than RP, since it earns no less in any scenario, and RP no less than EEV.

Source
------
Noyan (2012), Risk-averse two-stage stochastic programming with an application to disaster management (mean-risk
values of perfect information and of the stochastic solution), DOI 10.1016/j.cor.2011.03.017.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.profit import seed_of
from mes_stoch.evaluation.solves import UNKNOWN, Solves, reached_its_gap
from mes_stoch.evaluation.values import Values, decided_in, mean_of
from mes_stoch.model.mean_program import OneScenario
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.model.risk.measure import RiskMeasure
from mes_stoch.model.risk.measures import measure_of
from mes_stoch.model.site_program import SiteProgram
from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.schema.risk import Risk
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop

NO_DISPATCH = Bracket(-math.inf, -math.inf)


@dataclass(frozen=True)
class Functional:
    """``(1 - beta) E[profit] + beta measure[profit]``.

    >>> from mes_stoch.model.risk.tail import WorstCase
    >>> halves = np.array([0.5, 0.5])
    >>> Functional(WorstCase(), 0.5).of([Bracket(0.0, 1.0), Bracket(8.0, 8.0)], halves)
    Bracket(lower=2.0, upper=2.75)
    """

    measure: RiskMeasure
    beta: float

    def value(self, profits: FloatArray, weights: FloatArray) -> float:
        """Of profits that are known; minus infinity where one that has a probability is."""
        counted = np.asarray(weights) > 0
        profits, weights = np.asarray(profits)[counted], np.asarray(weights)[counted]
        if np.isneginf(profits).any():
            return -math.inf
        return (1.0 - self.beta) * math.fsum(weights * profits) + self.beta * self.measure.value(profits, weights)

    def of(self, profits: Sequence[Bracket], weights: FloatArray) -> Bracket:
        """Bracket of the functional, from a bracket of each profit."""
        lower = np.array([bracket.lower for bracket in profits])
        upper = np.array([bracket.upper for bracket in profits])
        counted = np.asarray(weights) > 0
        most = math.inf if np.isposinf(upper[counted]).any() else self.value(upper, weights)
        return Bracket(self.value(lower, weights), most)

    def certain(self, profit: Bracket) -> Bracket:
        """Of one profit that is certain."""
        return self.of([profit], np.ones(1))


def values_with_risk(
    leaves: SiteProgram,
    risk: Risk,
    options: SolveOptions,
    *,
    recourse: Bracket | None = None,
    stop: Stop | None = None,
    told: Callable[[str], object] | None = None,
) -> Values:
    """Values of a site whose instance weighs risk, two or three stages.

    Parameters
    ----------
    leaves : SiteProgram
        One scenario a leaf; without risk.
    risk : Risk
        With a weight above 0.
    recourse : Bracket, optional
        RP as a utility, where it is known.

    Raises
    ------
    InfeasibleError, UnboundedError, SolveError
    """
    return _Work(leaves, risk, Solves(options, stop or Stop()), told or (lambda _: None)).values(recourse)


@dataclass
class _Work:
    leaves: SiteProgram
    risk: Risk
    solves: Solves
    told: Callable[[str], object]

    def __post_init__(self) -> None:
        self.functional = Functional(measure_of(self.risk), self.risk.beta)
        self.weights = np.asarray(self.leaves.probabilities, dtype=np.float64)

    def values(self, recourse: Bracket | None) -> Values:
        if recourse is None:
            self.told("RP: the stochastic program with risk")
            recourse = self.solves.of_site(self.leaves)
        self.told("EV: the mean scenario")
        mean, believed = mean_of(self.leaves, self.solves)
        fixed = None
        expected = Bracket(-math.inf, recourse.upper)
        if mean is not None and reached_its_gap(mean):
            self.told("EEV: its first stage in every scenario")
            expected = self._with_root(mean.root, recourse)
        if self.leaves.stages == 3:
            fixed = self._with_day_ahead(mean, recourse)
        self.told(f"WS: {len(self.weights)} scenarios, each alone")
        waiting = self._alone(self.leaves)
        return Values(
            recourse=recourse,
            wait_and_see=waiting,
            expected_value=self.functional.certain(believed),
            expected_result=expected,
            scenarios=len(self.weights),
            expected_result_day_ahead=fixed,
            seed=seed_of(self.leaves.tree),
            currency=self.leaves.instance.currency,
            is_complete=self.solves.is_complete,
            utility=f"utility ({1 - self.risk.beta:.4g} x mean + {self.risk.beta:.4g} x {self.risk.measure})",
        )

    def _with_root(self, root: FloatArray, recourse: Bracket) -> Bracket:
        """What a first stage is worth."""
        if self.leaves.stages == 2:
            return self._given(self.leaves, root, recourse)
        columns = self.leaves.root.columns
        try:
            found = self.solves.of_site(self.leaves.with_fixed(columns, root))
        except InfeasibleError:
            return NO_DISPATCH
        return found if found.lower > recourse.upper else Bracket(found.lower, min(found.upper, recourse.upper))

    def _with_day_ahead(self, mean: EngineResult | None, recourse: Bracket) -> Bracket:
        """The same with day-ahead decisions of the mean scenario fixed, which leaves every leaf by itself."""
        if mean is None or not reached_its_gap(mean):
            return Bracket(-math.inf, recourse.upper)
        self.told("EEV_day_ahead: its day-ahead decisions as well")
        return self._given(decided_in(self.leaves, mean), mean.root, recourse)

    def _given(self, leaves: SiteProgram, root: FloatArray, recourse: Bracket) -> Bracket:
        """Leaves that nothing joins but what is fixed in all of them."""
        gap_rel = self.solves.options.gap_rel
        try:
            values = evaluate_given(leaves, root, lambda _: None, gap_rel=gap_rel, stop=self.solves.stop)
        except InfeasibleError:
            return NO_DISPATCH
        except NotInTimeError:
            self.solves.is_complete = False
            return Bracket(-math.inf, recourse.upper)
        return self.functional.of([Bracket(-value.upper, -value.lower) for value in values], self.weights)

    def _alone(self, leaves: StochasticProgram) -> Bracket:
        """Wait and see."""
        found = [
            self.solves.bracket(OneScenario(leaves, index), "ef") if weight > 0 else UNKNOWN
            for index, weight in enumerate(self.weights)
        ]
        return self.functional.of(found, self.weights)
