"""A program and a measure of risk put together: the program that engines solve."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from mes_stoch.model.availability.program import AvailabilityProgram, with_availability
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import IndexArray, StochasticProgram
from mes_stoch.model.risk.measure import RiskMeasure
from mes_stoch.model.risk.measures import measure_of
from mes_stoch.model.risk.program import RiskProgram
from mes_stoch.model.site_program import SiteProgram, by_day_ahead_node
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.profit_survey import survey_profits

P = TypeVar("P", bound=StochasticProgram)

#: A site's leaves as they are, with rules of availability, with risk, or with both.
RuledProgram: TypeAlias = SiteProgram | AvailabilityProgram[SiteProgram]
LeafProgram: TypeAlias = RuledProgram | RiskProgram[RuledProgram]
#: What engines solve: leaves, or day-ahead nodes.
SolvedProgram: TypeAlias = LeafProgram | BundledProgram[LeafProgram]


def risk_averse(
    program: P,
    measure: RiskMeasure,
    beta: float,
    shared: IndexArray | None = None,
    stop: Stop | None = None,
) -> P | RiskProgram[P]:
    """The program that maximises ``(1 - beta) E[profit] + beta measure[profit]``; at ``beta`` 0 the program itself.

    Parameters
    ----------
    program : StochasticProgram
        With three stages that of the leaves, before they are bundled.
    measure : RiskMeasure
    beta : float
    shared : int array, optional
        Columns besides the root's that several scenarios have in common.
    stop : Stop, optional
        Asked before every scenario whether to give up; all are looked at once.

    Raises
    ------
    UsageError, ModelError, InterruptedRunError, TimeLimitError
        A weight outside [0, 1], a profit without proven bounds, or no time.
    """
    if beta == 0.0:
        return program
    survey = survey_profits(program, ScenarioCommunicator(mpi.world()), shared, stop)
    return RiskProgram(program, measure, beta, survey)


def site_with_risk(leaves: SiteProgram, stop: Stop | None = None) -> SolvedProgram:
    """The program of a site with the rules and the risk that its instance states, by leaf or by day-ahead node.

    Raises
    ------
    ModelError, InterruptedRunError, TimeLimitError
        As :func:`risk_averse`.
    """
    ruled: RuledProgram = with_availability(leaves)
    program: LeafProgram = ruled
    risk = leaves.instance.risk
    if risk is not None:
        shared = leaves.day_ahead_columns if leaves.stages == 3 else None
        program = risk_averse(ruled, measure_of(risk), risk.beta, shared, stop)
    return by_day_ahead_node(leaves, program)
