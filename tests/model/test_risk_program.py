"""Measures of risk and the program that weighs them: optima by hand, by another program, and what must always hold.

The programs by hand are newsvendors: order ``x`` at 0.2 a unit, sell ``min(x, demand)`` at 1. With demands of 10 and 50
that are equally likely, an order between them earns ``10 - 0.2 x`` or ``0.8 x``: 0.3 a unit in the mean, -0.2 in the
worst case. So the mean is best at 50 (profits 0 and 40), the worst case at 10 (8 and 8), and a plan that gives the
worst case a weight ``beta`` changes from one to the other at ``0.3 - 0.5 beta = 0``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from helpers.mean_risk import worst_share
from numpy.typing import NDArray
from scipy.optimize import linprog
from solvers.array_programs import ArrayProgram, linear_program, newsvendor

from mes_stoch.model.program import FloatArray, RootStage
from mes_stoch.model.risk.measure import AddedColumns, ProfitSurvey, RiskMeasure, RiskTerms
from mes_stoch.model.risk.program import RiskProgram
from mes_stoch.model.risk.tail import ConditionalValueAtRisk, WorstCase, value_at_risk
from mes_stoch.schema.errors import InterruptedRunError, ModelError, TimeLimitError, UsageError
from mes_stoch.solvers.auto import solve_by
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.profit_survey import survey_profits
from mes_stoch.solvers.risk_averse import risk_averse

METHODS = ("ef", "decomposition", "ph")
EXACT = SolveOptions(gap_rel=1e-7)


def vendor(weights: list[float] | None = None, demands: list[float] | None = None) -> ArrayProgram:
    demands = demands or [10.0, 50.0]
    program = newsvendor(demands, [0.2] * len(demands))
    if weights is not None:
        program.probabilities = np.array(weights)
    return program


def solved(program: ArrayProgram, measure: RiskMeasure, beta: float, method: str = "ef") -> EngineResult:
    result = solve_by(method, risk_averse(program, measure, beta), EXACT)
    assert result is not None
    return result


def utility(result: EngineResult) -> float:
    assert result.lower == pytest.approx(result.upper, abs=1e-5)
    return -result.upper


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("alpha", "beta", "order", "worth"),
    [
        pytest.param(0.5, 1.0, 10.0, 8.0, id="the worst half alone"),
        pytest.param(0.5, 0.5, 50.0, 0.5 * 20 + 0.5 * 0, id="both, the mean wins"),
        pytest.param(0.5, 0.8, 10.0, 8.0, id="both, the worst half wins"),
        pytest.param(0.0, 1.0, 50.0, 20.0, id="all of the probability is the mean"),
        # the worst three quarters: all of the low demand and half of the high one
        pytest.param(0.25, 1.0, 50.0, (0.5 * 0 + 0.25 * 40) / 0.75, id="a scenario that counts in part"),
    ],
)
def test_two_scenarios_by_hand(method: str, alpha: float, beta: float, order: float, worth: float) -> None:
    result = solved(vendor(), ConditionalValueAtRisk(alpha), beta, method)
    assert utility(result) == pytest.approx(worth, abs=1e-5)
    assert result.root[0] == pytest.approx(order, abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("measure", [WorstCase(), ConditionalValueAtRisk(0.999)], ids=["worst case", "alpha near one"])
def test_the_worst_case_is_the_limit(method: str, measure: RiskMeasure) -> None:
    result = solved(vendor(), measure, 1.0, method)
    assert utility(result) == pytest.approx(8.0, abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("measure", [WorstCase(), ConditionalValueAtRisk(0.5)], ids=["worst case", "cvar"])
def test_a_scenario_without_probability_does_not_count(method: str, measure: RiskMeasure) -> None:
    """With a demand of nothing the worst profit would be that of no order, 0."""
    program = vendor([0.5, 0.0, 0.5], [10.0, 0.0, 50.0])
    assert utility(solved(program, measure, 1.0, method)) == pytest.approx(8.0, abs=1e-5)
    counted = vendor([0.4, 0.2, 0.4], [10.0, 0.0, 50.0])
    assert utility(solved(counted, WorstCase(), 1.0, method)) == pytest.approx(0.0, abs=1e-5)


def test_the_best_threshold_lies_in_the_surveyed_range() -> None:
    """Orders up to 100 at 0.2 lose 20 at most, and a sale of 50 earns 50 at most; the best threshold is 8."""
    survey = survey_profits(vendor(), ScenarioCommunicator())
    assert (survey.lower, survey.upper) == pytest.approx((-20.0, 50.0))
    assert survey.lower <= -20.0
    assert survey.upper >= 50.0
    assert solved(vendor(), WorstCase(), 1.0).root[1] == pytest.approx(8.0, abs=1e-4)


def test_a_scenario_without_probability_does_not_widen_the_range() -> None:
    survey = survey_profits(vendor([0.5, 0.5, 0.0], [10.0, 50.0, 90.0]), ScenarioCommunicator())
    assert survey.upper == pytest.approx(50.0)


def test_a_column_without_a_bound_is_bounded_by_rows() -> None:
    """``y`` has no limit of its own; ``y <= x <= 100`` is one."""
    program = vendor()
    for scenario in program.scenarios:
        scenario.column_upper[1] = np.inf
    survey = survey_profits(program, ScenarioCommunicator())
    assert (survey.lower, survey.upper) == pytest.approx((-20.0, 100.0))


def test_a_profit_without_bounds_is_refused() -> None:
    program = vendor()
    for scenario in program.scenarios:
        scenario.column_upper[:] = np.inf
    with pytest.raises(ModelError, match="no proven finite bounds"):
        risk_averse(program, WorstCase(), 1.0)


def test_there_may_be_no_time_to_look_at_all_scenarios() -> None:
    with pytest.raises(TimeLimitError, match="no time"):
        risk_averse(vendor(), WorstCase(), 1.0, stop=Stop(0.0))
    stop = Stop()
    stop.request.make("SIGTERM")
    with pytest.raises(InterruptedRunError):
        risk_averse(vendor(), WorstCase(), 1.0, stop=stop)


def test_no_weight_changes_nothing() -> None:
    program = vendor()
    assert risk_averse(program, WorstCase(), 0.0) is program


@pytest.mark.parametrize("beta", [-0.1, 1.1])
def test_weights_that_make_no_sense(beta: float) -> None:
    with pytest.raises(UsageError, match="the weight of risk"):
        risk_averse(vendor(), WorstCase(), beta)


@pytest.mark.parametrize("alpha", [-0.1, 1.0, np.nan])
def test_shares_that_make_no_sense(alpha: float) -> None:
    with pytest.raises(UsageError, match="alpha"):
        ConditionalValueAtRisk(alpha)


def test_columns_and_rows_keep_their_numbers() -> None:
    program = vendor()
    program.scenarios[1].cost[1] = 0.0
    averse = risk_averse(program, ConditionalValueAtRisk(0.5), 0.25)
    assert isinstance(averse, RiskProgram)
    assert averse.column_names == ("x0", "x1", "risk.profit_at_risk", "risk.shortfall")
    assert averse.row_names == ("row0", "risk.shortfall")
    assert averse.root.columns.tolist() == [0, 2]
    assert averse.root.names == ("order", "risk.profit_at_risk")
    assert averse.root.consensus.tolist() == [True, True]
    first, second = averse.scenario(0), averse.scenario(1)
    # a sale earns nothing in the second scenario, and has its entry in the row all the same
    assert first.matrix.toarray().tolist() == [[-1, 1, 0, 0], [-0.2, 1, -1, 1]]
    assert second.matrix.toarray().tolist() == [[-1, 1, 0, 0], [-0.2, 0, -1, 1]]
    assert first.matrix.indices.tolist() == second.matrix.indices.tolist()
    assert first.cost == pytest.approx([0.75 * 0.2, -0.75, -0.25, 0.25 / 0.5])


@pytest.mark.parametrize("money", [2.0**-30, 1000.0, 1e9])
@pytest.mark.parametrize("method", METHODS)
def test_whatever_the_unit_of_money(method: str, money: float) -> None:
    """The threshold is counted in a power of two of about the costs, and the worst case is worth 8 as ever."""
    program = vendor()
    for scenario in program.scenarios:
        scenario.cost[:] *= money
    averse = risk_averse(program, WorstCase(), 1.0)
    result = solve_by(method, averse, EXACT)
    assert result is not None
    assert -result.upper / money == pytest.approx(8.0, abs=1e-5)
    assert -result.lower / money == pytest.approx(8.0, abs=1e-5)
    assert 4.0 < result.root[1] < 16.0


def test_a_constant_is_part_of_the_profit() -> None:
    """Fixed costs of 100 a scenario make every profit smaller by 100, and change no order."""
    program = newsvendor([10.0, 50.0], [0.2, 0.2], offset=100.0)
    result = solved(program, WorstCase(), 0.5)
    assert utility(result) == pytest.approx(10.0 - 100.0, abs=1e-5)
    assert result.root[0] == pytest.approx(50.0, abs=1e-4)


def test_what_duals_say_of_the_profit() -> None:
    """In the worst of two scenarios a unit of profit is worth 1 - beta + beta / 0.5, in the other 1 - beta."""
    averse = risk_averse(vendor(), ConditionalValueAtRisk(0.5), 0.25)
    assert isinstance(averse, RiskProgram)
    result = solve_by("ef", averse, EXACT)
    assert result is not None
    weights = [averse.profit_weight(one.row_dual) for one in result.scenarios if one.row_dual is not None]
    assert weights == pytest.approx([0.75 + 0.25 / 0.5, 0.75], abs=1e-6)


def by_linprog(demands: NDArray[np.float64], weights: NDArray[np.float64], share: float, beta: float) -> float:
    """The newsvendor with risk as one linear program: order, threshold, sales, shortfalls."""
    count = len(demands)
    nothing, one = np.zeros((count, 1)), np.ones((count, 1))
    cost = np.concatenate([[(1 - beta) * 0.2, -beta], -(1 - beta) * weights, beta * weights / share])
    sold = np.hstack([-one, nothing, np.eye(count), np.zeros((count, count))])
    short = np.hstack([0.2 * one, one, -np.eye(count), -np.eye(count)])
    bounds = [(0, 100), (None, None), *((0, demand) for demand in demands), *[(0, None)] * count]
    answer = linprog(cost, A_ub=np.vstack([sold, short]), b_ub=np.zeros(2 * count), bounds=bounds)
    assert answer.status == 0
    return -float(answer.fun)


@pytest.mark.parametrize("seed", range(4))
def test_against_one_linear_program(seed: int) -> None:
    generator = np.random.default_rng(seed)
    demands, weights = generator.uniform(0, 80, 12), generator.dirichlet(np.ones(12))
    program = vendor(weights.tolist(), demands.tolist())
    values = []
    for alpha in (0.0, 0.3, 0.6, 0.9):
        expected = by_linprog(demands, weights, 1 - alpha, 0.7)
        values.append(utility(solved(program, ConditionalValueAtRisk(alpha), 0.7, "decomposition")))
        assert values[-1] == pytest.approx(expected, abs=1e-5)
    # a smaller share of the worst is worth less
    assert np.all(np.diff(values) <= 1e-6)
    assert values[0] > values[-1] + 0.1


@pytest.mark.parametrize("seed", range(20))
def test_measures_of_a_distribution_by_fractions(seed: int) -> None:
    generator = np.random.default_rng([7, seed])
    profits = np.round(generator.normal(0, 100, 9), 1)
    weights = generator.multinomial(64, np.full(9, 1 / 9)) / 64
    for alpha in (0.0, 0.25, 0.75, 0.984375):
        expected = worst_share(profits.tolist(), weights.tolist(), 1 - alpha)
        assert ConditionalValueAtRisk(alpha).value(profits, weights) == pytest.approx(expected)
    assert WorstCase().value(profits, weights) == profits[weights > 0].min()


def test_value_at_risk_by_hand() -> None:
    profits, weights = np.array([5.0, -3.0, 9.0, -50.0]), np.array([0.25, 0.25, 0.5, 0.0])
    at_risk = [value_at_risk(profits, weights, share) for share in (0.25, 0.26, 0.5, 1.0)]
    assert at_risk == [-3.0, 5.0, 5.0, 9.0]


@dataclass(frozen=True)
class MeanOfTwoTails:
    """Half the mean of the worst half and half the worst case: a measure of somebody else's, with two thresholds."""

    shares: tuple[float, float] = (0.5, 0.1)

    def terms(self, probabilities: FloatArray, survey: ProfitSurvey) -> RiskTerms:
        two, unit = np.ones(2), np.eye(2)
        value = -0.5 / np.array(self.shares)
        return RiskTerms(
            root=AddedColumns(("a", "b"), two * survey.lower, two * survey.upper, 0.5 * two),
            leaf=AddedColumns(("below a", "below b"), np.zeros(2), np.full(2, np.inf), value),
            row_names=("below a", "below b"),
            root_matrix=-unit,
            leaf_matrix=unit,
            profit_coefficient=two,
            row_lower=np.zeros(2),
            row_upper=np.full(2, np.inf),
            root_scale=two * survey.spread,
        )

    def value(self, profits: FloatArray, probabilities: FloatArray) -> float:
        tails = [worst_share(profits.tolist(), probabilities.tolist(), float(Fraction(s))) for s in self.shares]
        return sum(tails) / 2


@pytest.mark.parametrize("method", METHODS)
def test_a_measure_of_somebody_elses(method: str) -> None:
    """Ten demands of 5 to 50, by hand: the order that is best among the demands, where the profit has its kinks."""
    demands, weights = np.arange(5.0, 55.0, 5.0), np.full(10, 0.1)
    measure = MeanOfTwoTails()
    best = max(measure.value(np.minimum(order, demands) - 0.2 * order, weights) for order in (0.0, *demands))
    result = solved(vendor(weights.tolist(), demands.tolist()), measure, 1.0, method)
    assert utility(result) == pytest.approx(best, abs=1e-5)


def test_scenarios_of_unlike_columns_are_refused() -> None:
    small = linear_program([1.0], [[1.0]], [0.0], [1.0], [0.0], [1.0])
    large = linear_program([1.0, 1.0], [[1.0, 1.0]], [0.0], [1.0], [0.0, 0.0], [1.0, 1.0])
    root = RootStage(np.array([0], dtype=np.int32), ("x",), np.array([True]), np.ones(1))
    survey = ProfitSurvey(-2.0, 0.0, 1.0, 1.0, np.array([0], dtype=np.int32))
    program = RiskProgram(ArrayProgram([small, large], np.full(2, 0.5), root), WorstCase(), 1.0, survey)
    assert program.scenario(0).matrix.shape == (2, 3)
    with pytest.raises(ModelError, match="has other columns than the rest"):
        program.scenario(1)
