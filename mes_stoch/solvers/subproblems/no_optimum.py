"""What is said, on all ranks, of a program that decomposition has found to have no optimum."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from mes_stoch.model.merge import Merger
from mes_stoch.model.program import StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, MesStochError, SolveError, UnboundedError
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.subproblems.pool import ScenarioPool, require_bounded


def explain(
    program: StochasticProgram,
    verdict: Literal["infeasible", "unbounded"],
    culprit: int | None,
    communicator: ScenarioCommunicator,
    stop: Stop,
) -> None:
    """Raise what is wrong, the same on every rank; collective.

    Parameters
    ----------
    verdict : str
        Of the linear relaxation.
    culprit : int or None
        A scenario of this rank that has shown it.
    stop : Stop
        Until when it may be looked into whether an unbounded program is feasible at all.

    Raises
    ------
    InfeasibleError, UnboundedError
    SolveError
        The relaxation is unbounded, and whether the program itself is feasible could not be found out in time.
    """
    raise _agreed(
        _infeasible(program, communicator)
        if verdict == "infeasible"
        else _unbounded(program, culprit, communicator, stop),
        communicator,
    )


def _agreed(mine: MesStochError | None, communicator: ScenarioCommunicator) -> MesStochError:
    everyone = [mine] if communicator.mpi is None else communicator.mpi.allgather(mine)
    return next(error for error in everyone if error is not None)


def _infeasible(program: StochasticProgram, communicator: ScenarioCommunicator) -> MesStochError:
    """A scenario of this rank that has no solution by itself, or that none of them has is the reason."""
    pool = ScenarioPool(program, memory_budget_bytes=0)
    nothing = np.zeros(int(program.root.consensus.sum()))
    own: MesStochError | None = None
    for index in communicator.local_indices(len(program.scenario_names)):
        alone = pool.solve_priced(index, nothing)
        if alone.status == "infeasible":
            try:
                require_bounded(program, index, alone)
            except InfeasibleError as error:
                own = error
            break
    alone_infeasible = [own] if communicator.mpi is None else communicator.mpi.allgather(own)
    return next((error for error in alone_infeasible if error is not None), together_infeasible(program))


def together_infeasible(program: StochasticProgram) -> InfeasibleError:
    """No first stage satisfies all scenarios, though each has one of its own."""
    return InfeasibleError(
        f"{program.name}: every scenario can be satisfied alone, but no first stage satisfies all of them"
    )


def grows_without_limit(program: StochasticProgram) -> UnboundedError:
    """All scenarios together, whatever each of them does alone."""
    return UnboundedError(f"{program.name}: the expected profit increases without bound")


def _unbounded(
    program: StochasticProgram, culprit: int | None, communicator: ScenarioCommunicator, stop: Stop
) -> MesStochError | None:
    """Unbounded where it is feasible: for integers that has to be looked into."""
    if communicator.broadcast(bool(program.scenario(0).integer.any())):
        error = communicator.broadcast(_without_costs(program, stop) if communicator.is_rank_zero else None)
        if error is not None:
            return error
    if culprit is not None:
        relaxed = highs.solve(program.scenario(culprit), relax=True)
        if relaxed.status == "unbounded":
            try:
                require_bounded(program, culprit, relaxed)
            except UnboundedError as error:
                return error
    return grows_without_limit(program)


def _without_costs(program: StochasticProgram, stop: Stop) -> MesStochError | None:
    """Whether any point keeps all rules."""
    count = len(program.scenario_names)
    merged = Merger(program.root.columns).merge(map(program.scenario, range(count)), program.probabilities).program
    found = highs.solve(replace(merged, cost=np.zeros(len(merged.cost))), time_limit_s=stop.seconds_left())
    if found.status == "infeasible":
        return together_infeasible(program)
    if found.values is None:
        return SolveError(
            f"{program.name}: the linear relaxation is unbounded, and no feasible point was found in time to say that "
            "the program is"
        )
    return None
