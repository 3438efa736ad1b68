"""The solver plug-in through which mpi-sppy solves stamped scenarios with HiGHS.

mpi-sppy drives a *persistent* solver: ``set_instance`` once, then ``set_objective`` and ``solve`` each iteration. This
one takes multipliers, penalty and average as arrays (from :mod:`mes_stoch.solvers.hedging.mpisppy_driver.vectorised`,
or read from mpi-sppy's parameters where its own ``PH`` drives) instead of walking the objective expression, and writes
cost changes into a model that HiGHS keeps, with its basis. The quadratic proximal term is replaced by
:mod:`mes_stoch.solvers.hedging.mpisppy_driver.proximal`, so linear and mixed-integer recourse both work.

A solve that brings no new solution leaves the scenario where it was, as any progressive hedging does, and is counted;
at nothing at all where the run is asked to end before it has had one.
"""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from pyomo.opt import SolutionStatus, SolverFactory, SolverStatus, TerminationCondition
from pyomo.solvers.plugins.solvers.persistent_solver import PersistentSolver

from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.hedging.mpisppy_driver.models import LeanScenario
from mes_stoch.solvers.hedging.mpisppy_driver.proximal import ProximalTerm
from mes_stoch.solvers.hedging.mpisppy_driver.vectorised import PARAMETERS, HedgingTerms
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS, Solution
from mes_stoch.solvers.subproblems.integer_resolve import IntegerResolve
from mes_stoch.solvers.subproblems.pool import require_bounded

SOLVER_NAME = "mes_stoch_highs"

# Multipliers move a little at a time, and the iterates prove nothing: see integer_resolve.
_TRUSTED_RUNS = 10


def _nowhere(program: StochasticProgram) -> Solution:
    """What stands for a solution where the run ends before there is one: it proves nothing."""
    return Solution("time_limit", 0.0, -math.inf, np.zeros(len(program.column_names)), None, None, 0.0, 0, 0)


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
        self._resolve: IntegerResolve | None = None
        self._integers: IntegerResolve | None = None

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
        # Iteration 0 knows no multipliers; a scenario that is bounded only with the others needs those of the start.
        start = scenario.settings.start
        self._first_cost = self._cost if start is None else self._cost + start.multipliers[scenario.index]
        # Iteration 0 is there to get a point and a spread: its linear relaxation does for that.
        self._highs = scenario.settings.make_model(
            stamped, relax=True, options={**SCENARIO_MIP_OPTIONS, "mip_rel_gap": scenario.settings.gap_rel}
        )
        if stamped.integer.any():
            self._resolve = IntegerResolve(
                self._highs, stamped, scenario.settings.gap_rel, program.root.columns, trusted_runs=_TRUSTED_RUNS
            )
        if start is not None:
            self._highs.change_costs(self._columns, self._first_cost)
        self._variables = [model.commitment[position] for position in range(len(self._columns))]

    def set_objective(self, objective: Any) -> None:
        """Write the multipliers and the proximal term that mpi-sppy's parameters hold into column costs."""
        terms = self._pyomo_model._mpisppy_model
        if not self._parameters:
            keys = [("ROOT", position) for position in range(len(self._columns))]
            for name in PARAMETERS:
                parameter = getattr(terms, name)
                self._parameters[name] = [parameter[key] for key in keys]
        self.set_hedging_terms(HedgingTerms(*(self._read(name) for name in PARAMETERS)))

    def set_hedging_terms(self, terms: HedgingTerms) -> None:
        """The same from arrays."""
        switches = self._pyomo_model._mpisppy_model
        if not switches.prox_on.value:
            if self._proximal is not None:
                raise SolveError("the proximal term cannot be taken out of a subproblem again")
        else:
            if self._proximal is None:
                self._proximal = ProximalTerm(self._highs, self._columns)
                self._integers = self._resolve
            variance = np.maximum(terms.mean_square - terms.average**2, 0.0)
            self._proximal.update(terms.rho, terms.average, np.sqrt(variance))
        priced = self._cost + terms.multiplier if switches.W_on.value else self._first_cost
        self._highs.change_costs(self._columns, priced)

    def release(self) -> None:
        """Give the solver's memory back; nothing can be solved afterwards.

        mpi-sppy's objects hold each other, so without this dozens of megabytes a scenario wait for a garbage collector
        that does not see them.
        """
        self._scenario = self._resolve = self._integers = self._proximal = self._last = None
        if hasattr(self, "_highs"):
            del self._highs

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
        if self._resolve is not None:
            self._resolve.change_bounds(int(column[0]), float(lower[0]), float(upper[0]))

    def solve(self, *arguments: Any, **keywords: Any) -> Any:
        """Run HiGHS; raises where there is no solution, so that no stale value is ever taken for one.

        Raises
        ------
        InfeasibleError, UnboundedError, SolveError
        """
        scenario = self._require_scenario()
        settings = scenario.settings
        started = time.perf_counter()
        solution = None
        if not settings.stop():
            solution = self._run()
            settings.solves += 1
            settings.solve_time_s += time.perf_counter() - started
            if solution.status in ("infeasible", "unbounded"):
                require_bounded(scenario.program, scenario.index, solution)
        if solution is not None and solution.values is not None:
            self._last = solution
        else:
            settings.stale_solves += 1
        if self._last is None:
            if not settings.stop():
                raise SolveError("a subproblem without a solution")
            self._last = _nowhere(scenario.program)
        if keywords.get("load_solutions", True):
            self.load_vars()
        return SimpleNamespace(
            solver=SimpleNamespace(status=SolverStatus.ok, termination_condition=TerminationCondition.optimal),
            solution=_Solutions([SimpleNamespace(status=SolutionStatus.optimal)]),
            Problem=[SimpleNamespace(Lower_bound=self._last.dual_bound, Upper_bound=self._last.objective)],
        )

    def _run(self) -> Solution:
        """Within the time left."""
        stop = self._require_scenario().settings.stop
        limit = stop.seconds_left()
        solution = self._highs.run(limit) if self._integers is None else self._integers.run(limit)
        if solution.values is None and solution.status == "time_limit" and stop.seconds_left() > 1:
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
        return np.array([item.value for item in self._parameters[name]], dtype=np.float64)

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
