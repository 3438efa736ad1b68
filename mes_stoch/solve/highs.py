"""HiGHS behind one small class: arrays in, checked solution out. The only module that touches ``highspy``.

Every call's status is checked, an option HiGHS does not know is an error, and "unbounded or infeasible" is resolved
into one of the two before a caller sees it. ``run`` releases the interpreter lock, so a thread that keeps MPI going
(:mod:`mes_stoch.solve.parallel`) runs beside it. No callback is registered unless asked for: in highspy up to 1.15.1
each registration stays for the life of the object and slows every later run.

Source
------
HiGHS 1.15, Huangfu & Hall (2018), Parallelizing the dual revised simplex method, DOI 10.1007/s12532-017-0130-5.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import highspy
import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solve.solution import Solution, SolutionStatus
from mes_stoch.solve.watch import Interruption, listening_to_interrupts, throttled

__all__ = ["SCENARIO_MIP_OPTIONS", "HighsModel", "OptionValue", "Solution", "SolutionStatus", "solve", "version"]

logger = logging.getLogger("mes_stoch.solve.highs")

OptionValue = str | bool | int | float

_COLUMN_WISE = 1
_MINIMISE = 1
_FEASIBLE = 2  # HiGHS' SolutionStatus "feasible" of info.primal_solution_status

_INFEASIBLE_OR_UNBOUNDED = highspy.HighsModelStatus.kUnboundedOrInfeasible
_STATUS: dict[Any, SolutionStatus] = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
    highspy.HighsModelStatus.kIterationLimit: "time_limit",
    highspy.HighsModelStatus.kInterrupt: "time_limit",
}

#: For the mixed-integer program of one scenario: thousands of rows, a few dozen binaries, a good bound at the root.
#: Nearly all of HiGHS' time then goes into sub-MIP heuristics (8 s of 9 s measured on a hospital day); cuts and
#: branching alone end five times sooner, at the same gap.
SCENARIO_MIP_OPTIONS: dict[str, str | bool | int | float] = {
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
}

# HiGHS has one task scheduler a process; it must be torn down before another thread count can be used.
_scheduler_threads: int | None = None


class HighsModel:
    """A linear or mixed-integer program held by HiGHS, changed in place between runs.

    Parameters
    ----------
    program : LinearProgram
    threads : int
        Threads of a run; 1 wherever several processes share a machine.
    relax : bool
        Drop integrality.
    options : mapping
        HiGHS options by their own names.
    """

    def __init__(
        self,
        program: LinearProgram,
        *,
        threads: int = 1,
        relax: bool = False,
        options: Mapping[str, OptionValue] | None = None,
    ) -> None:
        self._highs: Any = highspy.Highs()
        self.set_option("output_flag", False)
        self.threads = threads
        self.set_option("threads", threads)
        for name, value in (options or {}).items():
            self.set_option(name, value)
        self.is_mip = False
        self._interruption = Interruption()
        self.column_count = 0
        self.row_count = 0
        self.pass_program(program, relax=relax)

    def pass_program(self, program: LinearProgram, *, relax: bool = False) -> None:
        """Replace the model; forgets basis and solution."""
        matrix = program.matrix
        rows, columns = matrix.shape
        self.is_mip = bool(program.integer.any()) and not relax
        kind = program.integer.astype(np.int32) if self.is_mip else np.zeros(columns, dtype=np.int32)
        status = self._highs.passModel(
            columns,
            rows,
            int(matrix.nnz),
            _COLUMN_WISE,
            _MINIMISE,
            float(program.offset),
            _float(program.cost),
            _float(program.column_lower),
            _float(program.column_upper),
            _float(program.row_lower),
            _float(program.row_upper),
            np.ascontiguousarray(matrix.indptr, dtype=np.int32),
            np.ascontiguousarray(matrix.indices, dtype=np.int32),
            _float(matrix.data),
            kind,
        )
        # HiGHS warns, and drops, coefficients below small_matrix_value: allowed. An error is not.
        _check(status, "passing the model", warning_is_fine=True)
        self.column_count, self.row_count = columns, rows

    def set_option(self, name: str, value: OptionValue) -> None:
        """Set a HiGHS option by its own name; an unknown name, or a value of the wrong kind, is an error."""
        known, kind = self._highs.getOptionType(name)
        if known != highspy.HighsStatus.kOk:
            raise SolveError(f"HiGHS has no option {name!r}")
        if kind == highspy.HighsOptionType.kDouble and not isinstance(value, bool | str):
            value = float(value)
        if self._highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolveError(f"HiGHS refuses {value!r} for option {name!r}")

    def change_costs(self, columns: IndexArray, costs: FloatArray) -> None:
        """Set cost coefficients; ``columns`` ascending."""
        status = self._highs.changeColsCost(len(columns), _index(columns), _float(costs))
        _check(status, "changing costs")

    def change_column_bounds(self, columns: IndexArray, lower: FloatArray, upper: FloatArray) -> None:
        """Set column bounds; ``columns`` ascending."""
        status = self._highs.changeColsBounds(len(columns), _index(columns), _float(lower), _float(upper))
        _check(status, "changing column bounds")

    def change_row_bounds(self, rows: IndexArray, lower: FloatArray, upper: FloatArray) -> None:
        """Set row bounds; ``rows`` ascending."""
        status = self._highs.changeRowsBounds(len(rows), _index(rows), _float(lower), _float(upper))
        _check(status, "changing row bounds")

    def change_integrality(self, columns: IndexArray, integer: BoolArray) -> None:
        """Set which of ``columns`` (ascending) are integer; a model without any becomes a linear program."""
        status = self._highs.changeColsIntegrality(len(columns), _index(columns), integer.astype(np.uint8))
        _check(status, "changing integrality")
        kinds = self._highs.getLp().integrality_
        self.is_mip = any(kind == highspy.HighsVarType.kInteger for kind in kinds)

    def add_columns(self, cost: FloatArray, lower: FloatArray, upper: FloatArray) -> IndexArray:
        """Append empty continuous columns; returns their indices."""
        count = len(cost)
        empty = np.empty(0, dtype=np.int32)
        status = self._highs.addCols(
            count, _float(cost), _float(lower), _float(upper), 0, empty, empty, np.empty(0, dtype=np.float64)
        )
        _check(status, "adding columns")
        added = np.arange(self.column_count, self.column_count + count, dtype=np.int32)
        self.column_count += count
        return added

    def add_rows(
        self, lower: FloatArray, upper: FloatArray, starts: IndexArray, columns: IndexArray, values: FloatArray
    ) -> IndexArray:
        """Append rows given by compressed sparse rows (``starts`` without the closing entry); returns their indices."""
        count = len(lower)
        status = self._highs.addRows(
            count, _float(lower), _float(upper), len(values), _index(starts), _index(columns), _float(values)
        )
        _check(status, "adding rows")
        added = np.arange(self.row_count, self.row_count + count, dtype=np.int32)
        self.row_count += count
        return added

    def clear_solver(self) -> None:
        """Forget basis and solution, so that the next run starts cold and presolves."""
        _check(self._highs.clearSolver(), "clearing the solver")

    def basis(self) -> Any:
        """Current basis, opaque; hand it to :meth:`set_basis` of a model of the same shape."""
        return self._highs.getBasis()

    def set_basis(self, basis: Any) -> None:
        """Start the next run of a linear program from ``basis``."""
        if basis.valid:
            _check(self._highs.setBasis(basis), "setting the basis")

    def set_start(self, columns: IndexArray, values: FloatArray) -> None:
        """Offer (part of) a point to the next mixed-integer run; HiGHS completes and checks it itself."""
        status = self._highs.setSolution(len(columns), _index(columns), _float(values))
        _check(status, "setting a start solution", warning_is_fine=True)

    def on_mip_progress(self, report: Callable[[float, float], None]) -> None:
        """Call ``report(dual bound, primal bound)`` while a mixed-integer run goes on.

        Registers a callback, which stays for the life of the object: for one long run, never for a re-solved model.
        """
        self._highs.cbMipInterrupt.subscribe(throttled(report))

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C ended the last interruptible run."""
        return self._interruption.asked

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let Ctrl-C end a run with what it has, as a time limit would, instead of waiting for its end.

        Registers callbacks, which stay for the life of the object: for one long run.
        """
        self._interruption = Interruption()
        moments = (self._highs.cbMipInterrupt, self._highs.cbSimplexInterrupt, self._highs.cbIpmInterrupt)
        with listening_to_interrupts(self._interruption, moments):
            yield

    def run(self, time_limit_s: float = math.inf) -> Solution:
        """Solve, and sort out what came back.

        Raises
        ------
        SolveError
            HiGHS failed numerically or reported a status nothing can be done with.
        """
        _use_threads(self.threads)
        # HiGHS counts its time limit over all runs of one object.
        limit = self._highs.getRunTime() + max(time_limit_s, 0.0)
        self.set_option("time_limit", limit if math.isfinite(limit) else math.inf)
        model_status = self._run()
        if model_status == _INFEASIBLE_OR_UNBOUNDED:
            model_status = self._infeasible_or_unbounded()
        status = _STATUS.get(model_status)
        if status is None and not self.is_mip:
            # A basis that has gone bad after many changes in place: once more, cold.
            logger.debug("HiGHS ended with %s; solving once more from scratch", model_status)
            self.clear_solver()
            model_status = self._run()
            if model_status == _INFEASIBLE_OR_UNBOUNDED:
                model_status = self._infeasible_or_unbounded()
            status = _STATUS.get(model_status)
        if status is None:
            raise SolveError(f"HiGHS ended with status {self._highs.modelStatusToString(model_status)!r}")
        return self._collect(status)

    def _run(self) -> Any:
        _check(self._highs.run(), "solving", warning_is_fine=True)
        return self._highs.getModelStatus()

    def _infeasible_or_unbounded(self) -> Any:
        """Which of the two: without presolve for an LP; a MIP is asked for any feasible point."""
        if not self.is_mip:
            _, presolve = self._highs.getOptionValue("presolve")
            self.set_option("presolve", "off")
            try:
                return self._run()
            finally:
                self.set_option("presolve", presolve)
        every = np.arange(self.column_count, dtype=np.int32)
        costs = np.array(self._highs.getLp().col_cost_)
        self.change_costs(every, np.zeros(self.column_count))
        status = self._run()
        self.change_costs(every, costs)
        if status == highspy.HighsModelStatus.kOptimal:
            return highspy.HighsModelStatus.kUnbounded
        if status == highspy.HighsModelStatus.kInfeasible:
            return status
        # Its bound belongs to the model without costs, so nothing of this run may be reported.
        raise SolveError("HiGHS could not tell whether the program is infeasible or unbounded within the time limit")

    def _collect(self, status: SolutionStatus) -> Solution:
        info = self._highs.getInfo()
        optimal = status == "optimal"
        feasible = optimal or (status == "time_limit" and info.primal_solution_status == _FEASIBLE)
        duals = optimal and not self.is_mip
        objective = float(info.objective_function_value) if feasible else math.nan
        if self.is_mip:
            bound = float(info.mip_dual_bound) if status in ("optimal", "time_limit") else -math.inf
            bound = min(bound, objective) if optimal else bound
        else:
            bound = objective if optimal else -math.inf
        if status == "infeasible":
            bound = math.inf
        return Solution(
            status=status,
            objective=objective,
            dual_bound=bound,
            values=np.array(self._highs.allVariableValues(), dtype=np.float64) if feasible else None,
            row_dual=np.array(self._highs.allConstrDuals(), dtype=np.float64) if duals else None,
            column_dual=np.array(self._highs.allVariableDuals(), dtype=np.float64) if duals else None,
            mip_gap=float(info.mip_gap) if self.is_mip else 0.0,
            simplex_iterations=int(info.simplex_iteration_count),
            nodes=max(int(info.mip_node_count), 0),
            ray=self._ray() if status == "unbounded" else None,
        )

    def _ray(self) -> FloatArray | None:
        if self.is_mip:
            return None
        status, has_ray, ray = self._highs.getPrimalRay()
        if status != highspy.HighsStatus.kOk or not has_ray:
            # Presolve proves unboundedness without one.
            _, presolve = self._highs.getOptionValue("presolve")
            self.set_option("presolve", "off")
            self.clear_solver()
            self._run()
            self.set_option("presolve", presolve)
            status, has_ray, ray = self._highs.getPrimalRay()
        if status != highspy.HighsStatus.kOk or not has_ray:
            return None
        return np.array(ray, dtype=np.float64)


def solve(
    program: LinearProgram,
    *,
    threads: int = 1,
    time_limit_s: float = math.inf,
    relax: bool = False,
    options: Mapping[str, OptionValue] | None = None,
) -> Solution:
    """Solve ``program`` from scratch.

    An unbounded mixed-integer program carries the ray of its linear relaxation.
    """
    solution = HighsModel(program, threads=threads, relax=relax, options=options).run(time_limit_s)
    if solution.status == "unbounded" and solution.ray is None and not relax:
        relaxed = HighsModel(program, threads=threads, relax=True, options=options).run(time_limit_s)
        return Solution(**{**solution.__dict__, "ray": relaxed.ray})
    return solution


def version() -> str:
    """Version of the HiGHS library in use."""
    return str(highspy.Highs().version())


def _use_threads(threads: int) -> None:
    global _scheduler_threads
    if _scheduler_threads is not None and _scheduler_threads != threads:
        highspy.Highs.resetGlobalScheduler(True)
    _scheduler_threads = threads


def _check(status: Any, action: str, *, warning_is_fine: bool = False) -> None:
    if status == highspy.HighsStatus.kOk or (warning_is_fine and status == highspy.HighsStatus.kWarning):
        return
    raise SolveError(f"HiGHS failed while {action} ({status})")


def _float(values: FloatArray) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float64)


def _index(values: IndexArray) -> IndexArray:
    return np.ascontiguousarray(values, dtype=np.int32)
