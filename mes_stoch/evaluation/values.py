"""What information is worth, and what a stochastic model is: the values of the textbook, as brackets.

Equations
---------
For expected profit, with ``P(r, s)`` the best profit of scenario ``s`` with the first stage ``r``::

    RP  = max_r E[P(r, s)]                    the stochastic program
    WS  = E[max_r P(r, s)]                    wait and see: every scenario alone, known when it is planned for
    EV  = max_r P(r, mean scenario)           the expected-value problem, attained at r_EV
    EEV = E[P(r_EV, s)]                       what its first stage earns in the scenarios
    EVPI = WS - RP >= 0                       expected value of perfect information
    VSS  = RP - EEV >= 0                      value of the stochastic solution

Each is a bracket, from a proven bound on one side and a feasible dispatch on the other; differences are
``EVPI in [WS_lower - RP_upper, WS_upper - RP_lower]`` and likewise, signed as computed.

With three stages (Escudero et al. 2007) day-ahead decisions of the expected-value problem are fixed in turn as well:
``EEV`` above has the root fixed, ``EEV_day_ahead`` root and day-ahead decisions, and ``VSS_day_ahead = RP -
EEV_day_ahead``. Wait-and-see knows the whole leaf.

Sources
-------
Birge & Louveaux (2011), Introduction to Stochastic Programming, 2nd ed., chapter 4, DOI 10.1007/978-1-4614-0237-4;
Escudero, Garin, Merino, Perez (2007), The value of the stochastic solution in multistage problems,
DOI 10.1007/s11750-007-0005-4.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.evaluation.bracket import Bracket, bracket_result
from mes_stoch.evaluation.profit import seed_of
from mes_stoch.evaluation.solves import UNKNOWN, Solves, profit_of, reached_its_gap
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.mean_program import MeanProgram, OneScenario
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.model.site_program import SiteProgram, by_day_ahead_node
from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.schema.evaluation import ValuesResult
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop

Told = Callable[[str], object]


@dataclass(frozen=True)
class Values:
    """Brackets of the textbook values, in profit.

    Parameters
    ----------
    recourse, wait_and_see, expected_value, expected_result : Bracket
        RP, WS, EV, EEV. A first stage that some scenario cannot answer has an EEV of minus infinity. Where the mean
        scenario has no solution, or was not solved to its gap, nothing is known of EEV but that RP is no less.
    scenarios : int
        How many the program has.
    expected_result_day_ahead : Bracket or None
        With day-ahead decisions fixed as well; ``None`` with two stages.
    seed : int or None
        Of a drawn tree.
    currency : str
        Of all amounts; empty where a program has none.
    is_complete : bool
        Whether every solve has reached its gap.
    utility : str or None
        What is bracketed in the place of the expected profit, in words (:mod:`mes_stoch.evaluation.values_with_risk`).
    """

    recourse: Bracket
    wait_and_see: Bracket
    expected_value: Bracket
    expected_result: Bracket
    scenarios: int
    expected_result_day_ahead: Bracket | None = None
    seed: int | None = None
    currency: str = ""
    is_complete: bool = True
    utility: str | None = None

    @property
    def perfect_information(self) -> Bracket:
        """EVPI."""
        return self.wait_and_see - self.recourse

    @property
    def stochastic_solution(self) -> Bracket:
        """VSS."""
        return self.recourse - self.expected_result

    @property
    def stochastic_solution_day_ahead(self) -> Bracket | None:
        """VSS with day-ahead decisions fixed as well."""
        fixed = self.expected_result_day_ahead
        return None if fixed is None else self.recourse - fixed

    def named(self) -> dict[str, Bracket]:
        """All brackets by the names of the textbook, in the order they are read."""
        found: dict[str, Bracket | None] = {
            "WS": self.wait_and_see,
            "RP": self.recourse,
            "EEV": self.expected_result,
            "EEV_day_ahead": self.expected_result_day_ahead,
            "EV": self.expected_value,
            "EVPI": self.perfect_information,
            "VSS": self.stochastic_solution,
            "VSS_day_ahead": self.stochastic_solution_day_ahead,
        }
        return {name: bracket for name, bracket in found.items() if bracket is not None}

    def result(self) -> ValuesResult:
        """The part of ``evaluation.json``."""
        return ValuesResult(
            scenarios=self.scenarios,
            seed=self.seed,
            currency=self.currency,
            utility=self.utility,
            values={name: bracket_result(bracket) for name, bracket in self.named().items()},
        )


def values_of_program(
    program: StochasticProgram,
    options: SolveOptions,
    *,
    method: str = "auto",
    recourse: Bracket | None = None,
    leaves: StochasticProgram | None = None,
    stop: Stop | None = None,
    told: Told | None = None,
) -> Values:
    """The values of any two-stage program in minimisation form.

    Parameters
    ----------
    program : StochasticProgram
    options : SolveOptions
        Gap of each bracket; the first stage of the mean scenario is optimal for it to this gap.
    method : str
        By which the stochastic program is solved.
    recourse : Bracket, optional
        RP, where it is known already.
    leaves : StochasticProgram, optional
        What wait-and-see is alone with, and the mean is of; default the scenarios of ``program``.
    stop : Stop, optional
    told : callable, optional
        Told in a few words what comes next.

    Raises
    ------
    InfeasibleError, UnboundedError, SolveError
    """
    found, _ = _values(program, Solves(options, stop or Stop()), method, recourse, leaves, told)
    return found


def values_of_site(
    leaves: SiteProgram,
    options: SolveOptions,
    *,
    method: str = "auto",
    recourse: Bracket | None = None,
    stop: Stop | None = None,
    told: Told | None = None,
) -> Values:
    """The same of a site over its tree, two or three stages.

    Parameters
    ----------
    leaves : SiteProgram
        One scenario a leaf, as :func:`mes_stoch.model.site_program.build_leaf_program` makes it.
    """
    program = by_day_ahead_node(leaves, leaves)
    solves = Solves(options, stop or Stop())
    found, mean = _values(program, solves, method, recourse, leaves, told)
    found = replace(found, seed=seed_of(leaves.tree), currency=leaves.instance.currency)
    if not isinstance(program, BundledProgram):
        return found
    if told is not None:
        told("EEV_day_ahead: its day-ahead decisions as well")
    fixed = Bracket(-math.inf, found.recourse.upper)
    if mean is not None and reached_its_gap(mean):
        decided = decided_in(leaves, mean)
        fixed = _expected(by_day_ahead_node(decided, decided), mean.root, solves, found.recourse)
    return replace(found, expected_result_day_ahead=fixed, is_complete=solves.is_complete)


def _values(
    program: StochasticProgram,
    solves: Solves,
    method: str,
    recourse: Bracket | None,
    leaves: StochasticProgram | None,
    told: Told | None,
) -> tuple[Values, EngineResult | None]:
    """The values, and what was found for the mean scenario."""
    say = told or (lambda _: None)
    alone = program if leaves is None else leaves
    if recourse is None:
        say("RP: the stochastic program")
        recourse = solves.bracket(program, method)
    say("EV: the mean scenario")
    mean, believed = mean_of(alone, solves)
    expected = Bracket(-math.inf, recourse.upper)
    if mean is not None and reached_its_gap(mean):
        say("EEV: its first stage in every scenario")
        expected = _expected(program, mean.root, solves, recourse)
    say(f"WS: {len(alone.scenario_names)} scenarios, each alone")
    found = Values(
        recourse=recourse,
        wait_and_see=_wait_and_see(alone, solves),
        expected_value=believed,
        expected_result=expected,
        scenarios=len(alone.scenario_names),
        is_complete=solves.is_complete,
    )
    return found, mean


def mean_of(program: StochasticProgram, solves: Solves) -> tuple[EngineResult | None, Bracket]:
    """The mean scenario's solution; a mean of scenarios with whole numbers of their own may have none."""
    try:
        result = solves.result(MeanProgram(program), "ef")
    except InfeasibleError:
        return None, Bracket(-math.inf, -math.inf)
    return result, profit_of(result)


def decided_in(leaves: SiteProgram, mean: EngineResult) -> SiteProgram:
    """The program with the day-ahead decisions of the mean scenario's solution."""
    columns = leaves.day_ahead_columns
    return leaves.with_fixed(columns, _whole(leaves, mean.scenarios[0].values)[columns])


def _whole(program: SiteProgram, values: FloatArray) -> FloatArray:
    """Values whose integers are whole and which lie within the columns' own bounds."""
    structure = program.structure
    rounded = np.where(structure.integer, np.round(values), values)
    return np.clip(rounded, structure.column_lower, structure.column_upper)


def _expected(program: StochasticProgram, root: FloatArray, solves: Solves, recourse: Bracket) -> Bracket:
    """What a first stage earns; minus infinity where some scenario has no answer to it."""
    try:
        values = evaluate_given(program, root, lambda _: None, gap_rel=solves.options.gap_rel, stop=solves.stop)
    except InfeasibleError:
        return Bracket(-math.inf, -math.inf)
    except NotInTimeError:
        solves.is_complete = False
        return Bracket(-math.inf, recourse.upper)
    weights = program.probabilities
    upper = math.fsum(float(weights[value.index]) * value.upper for value in values)
    lower = math.fsum(float(weights[value.index]) * value.lower for value in values)
    return Bracket(-upper, -lower)


def _wait_and_see(program: StochasticProgram, solves: Solves) -> Bracket:
    lower, upper = [], []
    for index, weight in enumerate(program.probabilities):
        if weight > 0:
            found = solves.bracket(OneScenario(program, index), "ef")
            lower.append(float(weight) * found.lower)
            upper.append(float(weight) * found.upper)
            if found == UNKNOWN:
                # nothing that follows makes the mean known
                return UNKNOWN
    return Bracket(math.fsum(lower), math.fsum(upper))
