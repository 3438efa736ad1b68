"""Where progressive hedging begins: the point and the multipliers that decomposition ends with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.solver_state import SolverState
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator


@dataclass(frozen=True)
class WarmStart:
    """Where to begin.

    Parameters
    ----------
    point : array
        Consensus columns.
    multipliers : array, shape (scenarios, consensus columns)
        Averaging to zero; the same on every rank.
    """

    point: FloatArray
    multipliers: FloatArray


def start_from(program: StochasticProgram, state: SolverState, communicator: ScenarioCommunicator) -> WarmStart | None:
    """The start a decomposition has found; collective. ``None`` where it found nothing."""
    if state.point is None or state.multipliers is None:
        return None
    parts = [state.multipliers] if communicator.mpi is None else communicator.mpi.allgather(state.multipliers)
    multipliers = bounds.project_multipliers(program.probabilities, np.concatenate(parts))
    return WarmStart(state.point, multipliers)
