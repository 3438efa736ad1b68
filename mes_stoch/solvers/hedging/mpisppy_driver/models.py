"""The scenario models mpi-sppy sees: the commitment and one number for everything that follows from it.

mpi-sppy needs a Pyomo model to hang multipliers, averages and penalties on. It gets one with a variable per consensus
column and a single variable for a scenario's cost; the scenario itself stays in the stamped arrays, which
:mod:`mes_stoch.solvers.hedging.mpisppy_driver.solver` solves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyomo.environ as pyo

from mes_stoch.model.program import StochasticProgram
from mes_stoch.solvers.hedging.mpisppy_driver.warm_start import WarmStart
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.interruption.stop import Stop


@dataclass
class SolverSettings:
    """How one process solves the subproblems of progressive hedging, and what that cost.

    Parameters
    ----------
    gap_rel : float
        Relative gap of mixed-integer solves.
    stop : Stop
        Once it says so a subproblem hands its last solution back instead of a new one. The run ends at the next check;
        bounds are computed elsewhere and stay valid.
    start : WarmStart or None
        Point and multipliers to hedge from.
    make_model : callable
        Makes what holds a subproblem, from the arguments of :class:`HighsModel`.
    solves, solve_time_s
        Subproblem solves begun, and their wall time.
    stale_solves : int
        Subproblems handed back as they were: begun too late, or stopped before they had a solution.
    """

    gap_rel: float = 1e-3
    stop: Stop = field(default_factory=Stop)
    start: WarmStart | None = None
    make_model: Callable[..., HighsModel] = HighsModel
    solves: int = 0
    solve_time_s: float = 0.0
    stale_solves: int = 0


@dataclass(frozen=True)
class LeanScenario:
    """What the solver plug-in needs of a lean model; hangs on it as ``model._mes_stoch``."""

    program: StochasticProgram
    index: int
    settings: SolverSettings


def scenario_creator(scenario_name: str, *, indices: Mapping[str, int], program: Any, settings: SolverSettings) -> Any:
    """mpi-sppy's ``scenario_creator``.

    The plug-in writes a scenario's whole cost into ``cost``, so that no coefficient is stated twice.
    """
    from mpisppy.utils.sputils import attach_root_node

    index = indices[scenario_name]
    model = pyo.ConcreteModel(scenario_name)
    model.commitment = pyo.Var(range(int(program.root.consensus.sum())), initialize=0.0)
    model.cost = pyo.Var(initialize=0.0)
    model.objective = pyo.Objective(expr=model.cost)
    model._mpisppy_probability = float(program.probabilities[index])
    model._mes_stoch = LeanScenario(program=program, index=index, settings=settings)
    attach_root_node(model, model.cost, [model.commitment])
    return model


def creator_kwargs(program: StochasticProgram, settings: SolverSettings) -> dict[str, Any]:
    """Keyword arguments of :func:`scenario_creator`."""
    indices = {name: index for index, name in enumerate(program.scenario_names)}
    return {"indices": indices, "program": program, "settings": settings}


def impose(start: WarmStart, hedging: Any) -> None:
    """Begin from ``start``: all scenarios stand at its point, so the first update leaves its multipliers alone."""
    for model in hedging.local_scenarios.values():
        multipliers = start.multipliers[model._mes_stoch.index]
        for column, value in enumerate(start.point.tolist()):
            model.commitment[column].set_value(value, skip_validation=True)
            model._mpisppy_model.W["ROOT", column].value = float(multipliers[column])


def release(hedging: Any) -> None:
    """Free the solvers of an mpi-sppy object that has done its work."""
    for model in hedging.local_scenarios.values():
        plugin = getattr(model, "_solver_plugin", None)
        if plugin is not None:
            plugin.release()
