"""HiGHS behind one small class: arrays in, checked solution out.

Every call's status is checked, an option HiGHS does not know is an error, "unbounded or infeasible" is resolved into
one of the two before a caller sees it, and the work asked for is counted (:mod:`mes_stoch.solvers.highs.statistics`).
``run`` releases the interpreter lock, so a thread that keeps MPI going (:mod:`mes_stoch.solvers.parallel.mpi`) runs
beside it. No callback is registered unless asked for: each registration stays for the life of the object and slows
every later run. Programs in far-off units are scaled by powers of two on the way in and out
(:mod:`mes_stoch.solvers.highs.scaling`); nothing of that is seen from outside. ``highspy`` is imported here and in
:mod:`mes_stoch.solvers.highs.calls`, nowhere else.

Source
------
HiGHS 1.16, Huangfu & Hall (2018), Parallelizing the dual revised simplex method, DOI 10.1007/s12532-017-0130-5.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import highspy
import numpy as np

from mes_stoch.model.phases import phase
from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.highs import calls as highs_calls
from mes_stoch.solvers.highs import statistics
from mes_stoch.solvers.highs.callbacks import ending, throttled
from mes_stoch.solvers.highs.calls import OptionValue, as_float, as_index, bytes_of, check, counted
from mes_stoch.solvers.highs.scaling import (
    SMALLEST_ENTRY,
    Scaling,
    eased,
    row_factors,
    scaling_for,
    without_dropped,
)
from mes_stoch.solvers.highs.solution import Solution, SolutionStatus

__all__ = ["SCENARIO_MIP_OPTIONS", "HighsModel", "OptionValue", "Solution", "SolutionStatus", "solve", "version"]

logger = logging.getLogger("mes_stoch.solvers.highs.model")

_COLUMN_WISE = 1
_MINIMISE = 1
_FEASIBLE = 2  # HiGHS' SolutionStatus "feasible" of info.primal_solution_status
_SCALE_BY_LARGEST_ENTRY = 4

_GAP_ABS = 1e-6  # HiGHS' own mip_abs_gap, in scaled money
_SEARCH_SLACK = 2e-6  # a search prunes what is not better by more than its tolerance
#: What is whole, and what is feasible, to a search. Its linear programs take a tenth of it for "zero" of a reduced
#: cost, presolve its own tolerance; less than 1e-10 HiGHS does not know.
_WHOLE, _ZERO_REDUCED_COST = 1e-9, 1e-10

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


class HighsModel:
    """A linear or mixed-integer program held by HiGHS, changed in place between runs.

    What the next run starts from is decided on purpose:

    ==============================================  =================================================================
    after                                           the next run of a linear program
    ==============================================  =================================================================
    nothing, :meth:`pass_program`                   is cold, with presolve
    a change of costs or bounds, an added row       starts from the last basis, without presolve
    :meth:`set_basis`                               starts from that basis, without presolve
    :meth:`clear_solver`                            is cold, with presolve
    ==============================================  =================================================================

    Keep the basis where little changes between runs (multipliers, a fixed commitment, a cut): a hospital day of 6,000
    columns then takes a fifth of its cold CPU time. Clear it, or hand the program over anew, where most numbers change
    at once: the basis of another scenario saves a tenth of the iterations, and the run takes 1.6 times the cold time,
    since a basis switches presolve off, which removes two rows of five. A mixed-integer run has no use for a basis;
    what it keeps is a point (:meth:`set_start`).

    HiGHS scales by each row's and column's largest entry (``simplex_scale_strategy`` 4) unless ``options`` say
    otherwise. Over 32 hospital days this took, against HiGHS' default, 3 to 7 % fewer simplex iterations from cold, 5
    to 7 % fewer after a change of costs and 12 % fewer after the commitment is fixed, and as much less CPU time; no
    scaling at all is as good for one scenario and worse for the extensive form. Objective and bound scales (powers of
    two) are left alone: they change the iterations of linear programs by 0 to +5 %, and those of mixed-integer
    programs no more than another random seed does (11 %). Programs whose numbers ask for scaling are told so in terms
    of the instance (:mod:`mes_stoch.solvers.certificate.numerics`).

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

    @phase("hand_over")
    def __init__(
        self,
        program: LinearProgram,
        *,
        threads: int = 1,
        relax: bool = False,
        options: Mapping[str, OptionValue] | None = None,
    ) -> None:
        self._highs: Any = highs_calls.SilentHighs()
        self._scaling = Scaling()
        self._gap_abs = _GAP_ABS
        self._whole_is_ours = "mip_feasibility_tolerance" not in (options or {})
        self.set_option("output_flag", False)
        self.threads = threads
        self.set_option("threads", threads)
        self.set_option("simplex_scale_strategy", _SCALE_BY_LARGEST_ENTRY)
        self.set_option("small_matrix_value", SMALLEST_ENTRY)
        for name, value in (options or {}).items():
            self.set_option(name, value)
        self.is_mip = False
        self.column_count = 0
        self.row_count = 0
        self.pass_program(program, relax=relax)

    @phase("hand_over")
    def pass_program(self, program: LinearProgram, *, relax: bool = False) -> None:
        """Replace the model; forgets basis and solution.

        Raises
        ------
        SolveError
            If HiGHS refuses it, or cannot number its coefficients.
        """
        matrix = program.matrix
        rows, columns = matrix.shape
        if matrix.nnz > highs_calls.LARGEST_INDEX:
            raise SolveError(f"{matrix.nnz} coefficients are more than HiGHS can number; solve scenario by scenario")
        self.is_mip = bool(program.integer.any()) and not relax
        self._scaling = scaling_for(program)
        scaled = without_dropped(self._scaling.apply(program))
        arrays = (
            as_float(scaled.cost),
            as_float(scaled.column_lower),
            as_float(scaled.column_upper),
            as_float(scaled.row_lower),
            as_float(scaled.row_upper),
            as_index(scaled.matrix.indptr),
            as_index(scaled.matrix.indices),
            as_float(scaled.matrix.data),
            program.integer.astype(np.int32) if self.is_mip else np.zeros(columns, dtype=np.int32),
        )
        status = self._highs.passModel(
            columns, rows, int(matrix.nnz), _COLUMN_WISE, _MINIMISE, float(scaled.offset), *arrays
        )
        statistics.record(models=1, bytes_handed_over=bytes_of(*arrays))
        # HiGHS warns of zeros among the coefficients, which it leaves out: allowed. An error is not.
        check(status, "passing the model", warning_is_fine=True)
        self.column_count, self.row_count = columns, rows
        self._lower, self._upper = scaled.column_lower, scaled.column_upper
        self._set_tolerances(scaled)

    def _set_tolerances(self, scaled: LinearProgram) -> None:
        """An absolute gap in the program's money, and zeros of a search that let next to nothing through."""
        if self._gap_abs != _GAP_ABS:
            self.set_option("mip_abs_gap", self._gap_abs)
        if self._whole_is_ours and scaled.integer.any():
            self.set_option("mip_feasibility_tolerance", _WHOLE)
        if self.is_mip:
            self.set_option("dual_feasibility_tolerance", _ZERO_REDUCED_COST)

    def search_slack(self, column_reach: FloatArray, row_reach: FloatArray) -> float:
        """What HiGHS' own absolute tolerances in a search amount to, in the program's money.

        Parameters
        ----------
        column_reach, row_reach : array
            How far each column, and each row's activity, can be from its value in the search.
        """
        columns, rows = self._scaling.of_columns(slice(None)), self._scaling.of_rows(slice(None))
        reach = float(np.sum(column_reach / columns)) + float(np.sum(row_reach * rows))
        return (_SEARCH_SLACK + _ZERO_REDUCED_COST * reach) / self._scaling.cost

    def set_option(self, name: str, value: OptionValue) -> None:
        """Set a HiGHS option by its own name; an unknown name, or a value of the wrong kind, is an error.

        ``mip_abs_gap`` is in the program's money, whatever it is scaled to.
        """
        if name == "mip_abs_gap":
            self._gap_abs = float(value)
            value = self._gap_abs * self._scaling.cost
        highs_calls.set_option(self._highs, name, value)

    def change_costs(self, columns: IndexArray, costs: FloatArray) -> None:
        """Set cost coefficients; ``columns`` ascending."""
        scaled = costs * self._scaling.of_columns(columns) * self._scaling.cost
        status = self._highs.changeColsCost(len(columns), *counted(as_index(columns), as_float(scaled)))
        check(status, "changing costs")

    def change_column_bounds(self, columns: IndexArray, lower: FloatArray, upper: FloatArray) -> None:
        """Set column bounds; ``columns`` ascending."""
        factor = self._scaling.of_columns(columns)
        status = self._highs.changeColsBounds(
            len(columns), *counted(as_index(columns), as_float(lower / factor), as_float(upper / factor))
        )
        check(status, "changing column bounds")

    def change_row_bounds(self, rows: IndexArray, lower: FloatArray, upper: FloatArray) -> None:
        """Set row bounds; ``rows`` ascending."""
        factor = self._scaling.of_rows(rows)
        limits = as_float(lower * factor), as_float(upper * factor)
        status = self._highs.changeRowsBounds(len(rows), *counted(as_index(rows), *limits))
        check(status, "changing row bounds")

    def change_integrality(self, columns: IndexArray, integer: BoolArray) -> None:
        """Set which of ``columns`` (ascending) are integer; a model without any becomes a linear program."""
        status = self._highs.changeColsIntegrality(len(columns), *counted(as_index(columns), integer.astype(np.uint8)))
        check(status, "changing integrality")
        kinds = self._highs.getLp().integrality_
        self.is_mip = any(kind == highspy.HighsVarType.kInteger for kind in kinds)

    def add_columns(self, cost: FloatArray, lower: FloatArray, upper: FloatArray) -> IndexArray:
        """Append empty continuous columns; returns their indices."""
        count = len(cost)
        empty = np.empty(0, dtype=np.int32)
        arrays = counted(as_float(cost * self._scaling.cost), as_float(lower), as_float(upper))
        self._scaling = self._scaling.with_columns(count)
        self._lower, self._upper = np.append(self._lower, lower), np.append(self._upper, upper)
        status = self._highs.addCols(count, *arrays, 0, empty, empty, np.empty(0, dtype=np.float64))
        check(status, "adding columns")
        added = np.arange(self.column_count, self.column_count + count, dtype=np.int32)
        self.column_count += count
        return added

    def add_rows(
        self, lower: FloatArray, upper: FloatArray, starts: IndexArray, columns: IndexArray, values: FloatArray
    ) -> IndexArray:
        """Append rows given by compressed sparse rows (``starts`` without the closing entry); returns their indices."""
        count = len(lower)
        lower, upper, values = self._scaled_rows(lower, upper, starts, columns, values)
        limits = counted(as_float(lower), as_float(upper))
        entries = counted(as_index(starts), as_index(columns), as_float(values), changes=0)
        status = self._highs.addRows(count, *limits, len(values), *entries)
        # as with a model handed over: zeros are left out with a warning
        check(status, "adding rows", warning_is_fine=True)
        added = np.arange(self.row_count, self.row_count + count, dtype=np.int32)
        self.row_count += count
        return added

    def _scaled_rows(
        self, lower: FloatArray, upper: FloatArray, starts: IndexArray, columns: IndexArray, values: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Rows as HiGHS is to have them: near one, and without what it would drop."""
        values = values * self._scaling.of_columns(columns)
        factors = row_factors(starts, values)
        self._scaling = self._scaling.with_rows(factors, self.row_count)
        owner = np.repeat(np.arange(len(lower)), np.diff(np.append(starts, len(values))))
        values, lower, upper = values * factors[owner], lower * factors, upper * factors
        gone = (values != 0) & (np.abs(values) <= SMALLEST_ENTRY)
        if gone.any():
            low, high = eased(values[gone], self._lower[columns[gone]], self._upper[columns[gone]])
            np.subtract.at(lower, owner[gone], high)
            np.subtract.at(upper, owner[gone], low)
            values = np.where(gone, 0.0, values)
        return lower, upper, values

    def clear_solver(self) -> None:
        """Forget basis and solution, so that the next run starts cold and presolves."""
        check(self._highs.clearSolver(), "clearing the solver")

    def basis(self) -> Any:
        """Current basis, opaque; hand it to :meth:`set_basis` of a model of the same shape.

        Not valid before the first run, and after one that needed no simplex.
        """
        return self._highs.getBasis()

    def set_basis(self, basis: Any) -> None:
        """Start the next run of a linear program from ``basis``; one that is not valid leaves things as they are.

        Raises
        ------
        SolveError
            The basis belongs to a program of another shape.
        """
        if basis.valid:
            check(self._highs.setBasis(basis), "setting the basis")

    def set_start(self, columns: IndexArray, values: FloatArray) -> None:
        """Offer (part of) a point to the next mixed-integer run; HiGHS completes and checks it itself.

        A point that turns out infeasible is dropped without a word: an offer can only help.
        """
        scaled = values / self._scaling.of_columns(columns)
        status = self._highs.setSolution(len(columns), *counted(as_index(columns), as_float(scaled)))
        check(status, "setting a start solution", warning_is_fine=True)

    def on_mip_progress(self, report: Callable[[float, float], None]) -> None:
        """Call ``report(dual bound, primal bound)`` while a mixed-integer run goes on.

        Registers a callback, which stays for the life of the object: for one long run, never for a re-solved model.
        """
        cost = self._scaling.cost
        self._highs.cbMipInterrupt.subscribe(throttled(lambda lower, upper: report(lower / cost, upper / cost)))

    def end_when(self, stop: Callable[[], bool]) -> None:
        """Let ``stop``, asked at every turn, end a run with what it has, as a time limit would.

        Registers callbacks, which stay for the life of the object: for one long run, never for a re-solved model.
        """
        for moment in (self._highs.cbMipInterrupt, self._highs.cbSimplexInterrupt, self._highs.cbIpmInterrupt):
            moment.subscribe(ending(stop))

    @phase("solve")
    def run(self, time_limit_s: float = math.inf) -> Solution:
        """Solve, and sort out what came back.

        Raises
        ------
        SolveError
            HiGHS failed numerically or reported a status nothing can be done with.
        """
        with highs_calls.own_scheduler():
            return self._solved(time_limit_s)

    def _solved(self, time_limit_s: float) -> Solution:
        # HiGHS counts its time limit over all runs of one object.
        limit = self._highs.getRunTime() + max(time_limit_s, 0.0)
        self.set_option("time_limit", limit if math.isfinite(limit) else math.inf)
        model_status = self._attempt()
        for settings in self._other_ways():
            if model_status in highs_calls.STATUS:
                break
            # A basis that has gone bad after many changes in place, or numbers that are too much for the way taken.
            logger.debug("HiGHS ended with %s; solving once more from scratch", model_status)
            self.clear_solver()
            with contextlib.ExitStack() as stack:
                for name, value in settings.items():
                    stack.enter_context(highs_calls.changed_option(self._highs, name, value))
                model_status = self._attempt()
        if model_status not in highs_calls.STATUS:
            raise SolveError(f"HiGHS ended with status {self._highs.modelStatusToString(model_status)!r}")
        return self._collect(highs_calls.STATUS[model_status])

    def _other_ways(self) -> Iterator[dict[str, OptionValue]]:
        """What to try where a run fails: cold, without presolve, and with the largest cost of a linear program at one.

        Tolerances of a search mean something else once costs are scaled, and are part of what it proves.
        """
        yield {}
        yield {"presolve": "off"}
        if not self.is_mip:
            largest = float(np.abs(np.array(self._highs.getLp().col_cost_)).max(initial=0.0)) or 1.0
            yield {"presolve": "off", "user_objective_scale": -round(math.log2(largest))}

    def _attempt(self) -> Any:
        model_status = self._run()
        if model_status == highs_calls.INFEASIBLE_OR_UNBOUNDED:
            model_status = self._infeasible_or_unbounded()
        return model_status

    def _run(self) -> Any:
        run_status = self._highs.run()
        info = self._highs.getInfo()
        simplex = "mip_iterations" if self.is_mip else "lp_iterations"
        # a count is -1 where that solver was not used
        other = max(int(info.ipm_iteration_count), 0) + max(int(info.crossover_iteration_count), 0)
        statistics.record(
            runs=1,
            other_iterations=other,
            nodes=max(int(info.mip_node_count), 0),
            **{simplex: max(int(info.simplex_iteration_count), 0)},
        )
        # What a run that has failed says of the model is not to be relied upon.
        failed = run_status == highspy.HighsStatus.kError
        return highspy.HighsModelStatus.kSolveError if failed else self._highs.getModelStatus()

    def _infeasible_or_unbounded(self) -> Any:
        """Which of the two: without presolve for an LP; a MIP is asked for any feasible point."""
        if not self.is_mip:
            with highs_calls.changed_option(self._highs, "presolve", "off"):
                return self._run()
        every = np.arange(self.column_count, dtype=np.int32)
        costs = np.array(self._highs.getLp().col_cost_)
        nothing = np.zeros(self.column_count)
        check(self._highs.changeColsCost(self.column_count, *counted(every, nothing)), "leaving costs out")
        try:
            status = self._run()
        finally:
            check(self._highs.changeColsCost(self.column_count, *counted(every, costs)), "changing costs")
        if status == highspy.HighsModelStatus.kOptimal:
            return highspy.HighsModelStatus.kUnbounded
        if status == highspy.HighsModelStatus.kInfeasible:
            return status
        # Its bound belongs to the model without costs, so nothing of this run may be reported.
        raise SolveError("HiGHS could not tell whether the program is infeasible or unbounded within the time limit")

    def _collect(self, status: SolutionStatus) -> Solution:
        info, found = self._highs.getInfo(), self._highs.getSolution()
        optimal = status == "optimal"
        feasible = optimal or (status == "time_limit" and info.primal_solution_status == _FEASIBLE)
        duals = optimal and not self.is_mip
        if (feasible and not found.value_valid) or (duals and not found.dual_valid):
            raise SolveError(f"HiGHS ended {status} without a solution to read")
        cost, columns, rows = (
            self._scaling.cost,
            self._scaling.of_columns(slice(None)),
            self._scaling.of_rows(slice(None)),
        )
        objective = float(info.objective_function_value) / cost if feasible else math.nan
        if self.is_mip:
            bound = float(info.mip_dual_bound) / cost if status in ("optimal", "time_limit") else -math.inf
            bound = min(bound, objective) if optimal else bound
        else:
            bound = objective if optimal else -math.inf
        if status == "infeasible":
            bound = math.inf
        return Solution(
            status=status,
            objective=objective,
            dual_bound=bound,
            values=np.array(found.col_value, dtype=np.float64) * columns if feasible else None,
            row_dual=np.array(found.row_dual, dtype=np.float64) * rows / cost if duals else None,
            column_dual=np.array(found.col_dual, dtype=np.float64) / (columns * cost) if duals else None,
            mip_gap=float(info.mip_gap) if self.is_mip else 0.0,
            simplex_iterations=int(info.simplex_iteration_count),
            nodes=max(int(info.mip_node_count), 0),
            ray=self._ray() if status == "unbounded" else None,
        )

    def dual_ray(self) -> FloatArray | None:
        """Row multipliers that say why the last linear program was infeasible, where the solver has them.

        They are for checking (:meth:`mes_stoch.solvers.proofs.safe_bounds.SafeBounds.cut` with zero cost), up to their
        sign.
        """
        status, has_ray, ray = self._highs.getDualRay()
        if self.is_mip or status != highspy.HighsStatus.kOk or not has_ray:
            return None
        return np.array(ray, dtype=np.float64) * self._scaling.of_rows(slice(None))

    def _ray(self) -> FloatArray | None:
        if self.is_mip:
            return None
        status, has_ray, ray = self._highs.getPrimalRay()
        if status != highspy.HighsStatus.kOk or not has_ray:
            # Presolve proves unboundedness without one.
            self.clear_solver()
            with highs_calls.changed_option(self._highs, "presolve", "off"):
                self._run()
            status, has_ray, ray = self._highs.getPrimalRay()
        if status != highspy.HighsStatus.kOk or not has_ray:
            return None
        return np.array(ray, dtype=np.float64) * self._scaling.of_columns(slice(None))


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
    return str(highs_calls.SilentHighs().version())
