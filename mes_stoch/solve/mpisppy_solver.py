"""The solver plug-in through which mpi-sppy solves stamped scenarios with HiGHS.

mpi-sppy drives a *persistent* solver: ``set_instance`` once, then ``set_objective`` and ``solve`` each iteration. This
one reads multipliers, penalty and average straight from mpi-sppy's parameters instead of walking the objective
expression, and writes cost changes into a model that HiGHS keeps, with its basis. The quadratic proximal term is
replaced by :mod:`mes_stoch.solve.proximal`, so linear and mixed-integer recourse both work.
"""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from pyomo.opt import SolutionStatus, SolverFactory, SolverStatus, TerminationCondition
from pyomo.solvers.plugins.solvers.persistent_solver import PersistentSolver

from mes_stoch.model.program import FloatArray
from mes_stoch.schema.errors import SolveError
from mes_stoch.solve.highs import SCENARIO_MIP_OPTIONS, HighsModel, Solution
from mes_stoch.solve.mpisppy_models import LeanScenario
from mes_stoch.solve.pool import require_bounded
from mes_stoch.solve.proximal import ProximalTerm

SOLVER_NAME = "mes_stoch_highs"


class _Solutions(list[Any]):
    """A list that mpi-sppy may call to get at an element, as Pyomo's own results do."""

    def __call__(self, position: int = 0) -> Any:
        return self[position]


@SolverFactory.register(SOLVER_NAME, doc="HiGHS on stamped scenario arrays, for mpi-sppy")
class LeanHighs(PersistentSolver):  # type: ignore[misc]
    """Persistent solver of one lean scenario model."""

    def __init__(self, **keywords: Any) -> None:
        keywords["type"] = SOLVER_NAME
        super().__init__(**keywords)
        self._scenario: LeanScenario | None = None
        self._last: Solution | None = None
        self._proximal: ProximalTerm | None = None
        self._parameters: dict[str, list[Any]] = {}

    def available(self, exception_flag: bool = True) -> bool:
        return True

    def license_is_valid(self) -> bool:
        return True

    def has_capability(self, capability: str) -> bool:
        return True

    def has_instance(self) -> bool:
        return self._scenario is not None

    def set_instance(self, model: Any, **keywords: Any) -> None:
        """Stamp the scenario and hand it to HiGHS; again after mpi-sppy attached its terms, when nothing is redone."""
        if self._scenario is not None:
            return
        scenario: LeanScenario = model._mes_stoch
        program = scenario.program
        stamped = program.scenario(scenario.index)
        self._scenario = scenario
        self._pyomo_model = model
        self._columns = np.asarray(program.root.columns, dtype=np.int32)[program.root.consensus]
        self._cost = stamped.cost[self._columns].copy()
        self._integer = stamped.integer
        # Iteration 0 is there to get a point and a spread: its linear relaxation does for that.
        self._highs = HighsModel(
            stamped, relax=True, options={**SCENARIO_MIP_OPTIONS, "mip_rel_gap": scenario.settings.gap_rel}
        )
        self._variables = [model.commitment[position] for position in range(len(self._columns))]

    def set_objective(self, objective: Any) -> None:
        """Write the current multipliers and proximal term into column costs."""
        terms = self._pyomo_model._mpisppy_model
        if not self._parameters:
            keys = [("ROOT", position) for position in range(len(self._columns))]
            for name in ("W", "rho", "xbars", "xsqbars"):
                parameter = getattr(terms, name)
                self._parameters[name] = [parameter[key] for key in keys]
        multiplier = self._read("W") if terms.W_on.value else np.zeros(len(self._columns))
        if not terms.prox_on.value:
            if self._proximal is not None:
                raise SolveError("the proximal term cannot be taken out of a subproblem again")
        else:
            if self._proximal is None:
                self._proximal = ProximalTerm(self._highs, self._columns)
                if self._integer.any():
                    self._highs.change_integrality(np.arange(len(self._integer), dtype=np.int32), self._integer)
            average = self._read("xbars")
            variance = np.maximum(self._read("xsqbars") - average**2, 0.0)
            self._proximal.update(self._read("rho"), average, np.sqrt(variance))
        self._highs.change_costs(self._columns, self._cost + multiplier)

    def update_var(self, variable: Any) -> None:
        """Map a variable's bounds, or its value where it is fixed, to the scenario's column."""
        position = next(index for index, own in enumerate(self._variables) if own is variable)
        column = self._columns[position : position + 1]
        if variable.fixed:
            lower = upper = np.array([float(variable.value)])
        else:
            scenario = self._require_scenario()
            stamped = scenario.program.scenario(scenario.index)
            low, high = variable.bounds
            lower = np.maximum(stamped.column_lower[column], -np.inf if low is None else low)
            upper = np.minimum(stamped.column_upper[column], np.inf if high is None else high)
        self._highs.change_column_bounds(column, lower, upper)

    def solve(self, *arguments: Any, **keywords: Any) -> Any:
        """Run HiGHS; raises where there is no solution, so that no stale value is ever taken for one.

        Raises
        ------
        InfeasibleError, UnboundedError, SolveError
        """
        scenario = self._require_scenario()
        settings = scenario.settings
        started = time.perf_counter()
        if self._last is None or started < settings.deadline:
            solution = self._run(started)
            require_bounded(scenario.program, scenario.index, solution)
            if solution.values is not None:
                self._last = solution
            settings.solves += 1
            settings.solve_time_s += time.perf_counter() - started
        if self._last is None:
            raise SolveError("a subproblem without a solution")
        if keywords.get("load_solutions", True):
            self.load_vars()
        return SimpleNamespace(
            solver=SimpleNamespace(status=SolverStatus.ok, termination_condition=TerminationCondition.optimal),
            solution=_Solutions([SimpleNamespace(status=SolutionStatus.optimal)]),
            Problem=[SimpleNamespace(Lower_bound=self._last.dual_bound, Upper_bound=self._last.objective)],
        )

    def _run(self, now: float) -> Solution:
        """Within the time left, except for the first solution, which the method cannot do without."""
        settings = self._require_scenario().settings
        solution = self._highs.run(math.inf if self._last is None else settings.deadline - now)
        if solution.values is None and solution.status == "time_limit" and settings.deadline - time.perf_counter() > 1:
            name = self._pyomo_model.name
            raise SolveError(f"no feasible point of scenario {name!r} was found though there was time left")
        return solution

    def load_vars(self, vars_to_load: Any = None) -> None:
        """Write the commitment and the scenario's cost into the lean model."""
        if self._last is None or self._last.values is None:
            raise SolveError("there is no solution to load")
        point = self._last.values[self._columns]
        for variable, value in zip(self._variables, point.tolist(), strict=True):
            if not variable.fixed:
                variable.set_value(value, skip_validation=True)
        self._pyomo_model.cost.set_value(self._last.objective, skip_validation=True)

    def _read(self, name: str) -> FloatArray:
        return np.fromiter((float(item.value) for item in self._parameters[name]), float, len(self._columns))

    def _require_scenario(self) -> LeanScenario:
        if self._scenario is None:
            raise SolveError("the solver has been given no scenario")
        return self._scenario

    # The rest of Pyomo's interface: a lean model never changes shape.

    def _refuse(self, *arguments: Any, **keywords: Any) -> Any:
        raise SolveError("a lean scenario model cannot be changed in shape")

    add_var = add_constraint = add_block = add_sos_constraint = add_column = _refuse
    remove_var = remove_constraint = remove_block = remove_sos_constraint = _refuse
    _add_var = _add_constraint = _add_block = _add_sos_constraint = _add_column = _refuse
    _remove_var = _remove_constraint = _remove_sos_constraint = _refuse
    _apply_solver = _get_expr_from_pyomo_expr = _get_expr_from_pyomo_repn = _warm_start = _postsolve = _refuse

    def _set_instance(self, model: Any, kwds: Any = None) -> None:
        self.set_instance(model)

    def _set_objective(self, objective: Any) -> None:
        self.set_objective(objective)

    def _load_vars(self, vars_to_load: Any = None) -> None:
        self.load_vars(vars_to_load)
