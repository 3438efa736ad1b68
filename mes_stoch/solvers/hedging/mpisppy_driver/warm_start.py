"""Where progressive hedging begins: the point and the multipliers that decomposition ends with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.solver_state import Findings
from mes_stoch.solvers.parallel.scenario_communicator import Team


@dataclass(frozen=True)
class Start:
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


def start_from(program: StochasticProgram, findings: Findings, team: Team) -> Start | None:
    """The start a decomposition has found; collective. ``None`` where it found nothing."""
    if findings.point is None or findings.multipliers is None:
        return None
    parts = [findings.multipliers] if team.communicator is None else team.communicator.allgather(findings.multipliers)
    multipliers = bounds.project_multipliers(program.probabilities, np.concatenate(parts))
    return Start(findings.point, multipliers)
