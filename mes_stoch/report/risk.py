"""What a plan is worth with the risk that it takes, from the profits of its leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mes_stoch.model.availability.program import AvailabilityProgram
from mes_stoch.model.risk.measures import measure_of
from mes_stoch.schema.errors import SolveError
from mes_stoch.schema.risk import own_terms
from mes_stoch.solvers.best_dispatch import best_dispatches

if TYPE_CHECKING:
    from mes_stoch.model.program import FloatArray
    from mes_stoch.model.site_program import SiteProgram
    from mes_stoch.solvers.certificate.result import EngineResult
    from mes_stoch.solvers.risk_averse import RuledProgram

_MONEY_TOLERANCE = 1e-6
#: What rows off by a solver's tolerance may be worth in a measure of the worst few, as a share of the largest profit.
_ROW_TOLERANCE = 1e-4


def is_risk_averse(program: SiteProgram) -> bool:
    """Whether a measure of risk counts beside the expected profit."""
    risk = program.instance.risk
    return risk is not None and risk.beta > 0.0


def with_best_dispatch(program: RuledProgram, result: EngineResult, budget_s: float) -> EngineResult:
    """Where the expected profit has no weight, a dispatch that earns what it can in scenarios that do not count.

    Which scenarios may break a rule of availability stays as it was decided.
    """
    site = program.program if isinstance(program, AvailabilityProgram) else program
    risk = site.instance.risk
    if risk is None or risk.beta < 1.0:
        return result
    held = program.root.columns
    if site.stages == 3:
        held = np.union1d(held, site.day_ahead_columns).astype(np.int32)
    return replace(result, scenarios=best_dispatches(program.scenario, result.scenarios, held, budget_s))


def with_exact_risk(program: SiteProgram, result: EngineResult) -> EngineResult:
    """The result with the utility of its profits in the place of one at the threshold that the solver chose.

    Profits say what the best threshold is, so their utility is at least the one at another, but for the solver's
    tolerance of the rows that hold shortfalls. The trace has no better bound, and ends with this one.

    Raises
    ------
    SolveError
        The profits are worth less than was certified, or more than can be.
    """
    if not is_risk_averse(program) or not result.scenarios:
        return result
    profits, weights = _distribution(program, result)
    worth = utility(program, profits, weights)
    size = max(result.gap_floor, float(np.abs(profits).max()))
    if not -result.upper - _ROW_TOLERANCE * size <= worth <= -result.lower + _MONEY_TOLERANCE * size:
        raise SolveError(
            f"the utility of the profits is {worth:.6f} {program.instance.currency}, outside of the certified interval "
            f"[{-result.upper:.6f}, {-result.lower:.6f}]: the result is inconsistent and is not written"
        )
    # above its own bound by rounding alone
    upper = -worth if -worth >= result.lower else min(result.lower, result.upper)
    trace = tuple(replace(point, upper=max(point.upper, upper)) for point in result.trace)
    if trace and trace[-1].upper > upper:
        trace = (*trace, replace(trace[-1], time_s=result.wall_time_s, upper=upper))
    return replace(result, upper=upper, trace=trace)


def utility(program: SiteProgram, profits: FloatArray, weights: FloatArray) -> float:
    """``(1 - beta) E[profit] + beta measure[profit]``; the expected profit where the instance states no risk."""
    risk, expected = program.instance.risk, float(weights @ profits)
    if risk is None or not is_risk_averse(program):
        return expected
    return (1.0 - risk.beta) * expected + risk.beta * measure_of(risk).value(profits, weights)


def risk_summary(program: SiteProgram, profits: FloatArray, weights: FloatArray) -> dict[str, Any]:
    """What the summary holds of risk: nothing where the instance states none."""
    risk = program.instance.risk
    if risk is None:
        return {}
    alpha = getattr(risk, "alpha", None)
    record = {"measure": risk.measure, "alpha": alpha, "beta": risk.beta, "of_single_days": risk.of_single_days}
    record |= own_terms(risk)
    found: dict[str, float | None] = {"value": None, "value_at_risk": None}
    if len(profits):
        measure = measure_of(risk)
        # not every measure has a threshold
        threshold = getattr(measure, "value_at_risk", None)
        at_risk = None if threshold is None else threshold(profits, weights)
        found = {"value": measure.value(profits, weights), "value_at_risk": at_risk}
    return {"expected_profit": float(weights @ profits) if len(profits) else None, "risk": record | found}


def _distribution(program: SiteProgram, result: EngineResult) -> tuple[FloatArray, FloatArray]:
    solutions = sorted(result.scenarios, key=lambda solution: solution.index)
    weights = np.asarray(program.probabilities, dtype=np.float64)[[solution.index for solution in solutions]]
    return np.array([-solution.cost for solution in solutions]), weights
