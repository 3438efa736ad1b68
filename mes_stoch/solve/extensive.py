"""The extensive form: all scenarios in one program, handed to HiGHS as arrays in one call.

Equations
---------
::

    minimise    sum_s p_s (c_s[root]' r + c_s[rest]' y_s + o_s)
    subject to  the rows of every scenario s on (r, y_s)

with one copy ``r`` of the root columns (bounds intersected) and one block ``y_s`` per scenario. Rows that hold root
columns alone are kept once where all scenarios state them alike.

Source
------
Birge & Louveaux (2011), Introduction to Stochastic Programming, section 2.4, DOI 10.1007/978-1-4614-0237-4.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, UnboundedError
from mes_stoch.solve import bounds
from mes_stoch.solve.highs import HighsModel, Solution
from mes_stoch.solve.pool import ScenarioPool, require_bounded
from mes_stoch.solve.result import EngineResult, Progress, SolveOptions, Status, TracePoint

logger = logging.getLogger("mes_stoch.solve.extensive")

# From about ten hospital days on the interior point (with crossover) overtakes simplex: 27 against 59 CPU-s at 30.
_INTERIOR_POINT_FROM_ENTRIES = 250_000


@dataclass(frozen=True)
class ExtensiveForm:
    """The assembled program and where things stand in it.

    Parameters
    ----------
    program : LinearProgram
        Costs are multiplied by ``scale``, so that a coefficient is as large as in one scenario and HiGHS' absolute
        tolerances mean the same for 10 scenarios as for 1,000.
    scale : float
        Number of scenarios.
    root_count : int
        The first columns are the root's, in the order of ``StochasticProgram.root``.
    block_starts : int array
        First column of every scenario's own block.
    """

    program: LinearProgram
    scale: float
    root_count: int
    block_starts: IndexArray


def assemble(program: StochasticProgram) -> ExtensiveForm:
    """Stamp all scenarios into one :class:`LinearProgram`."""
    count = len(program.scenario_names)
    weights = np.asarray(program.probabilities, dtype=np.float64) * count
    root = _RootCopy(program)
    columns: list[_Block] = []
    row_offset = 0
    for index in range(count):
        block = root.split(program.scenario(index), weights[index], row_offset)
        columns.append(block)
        row_offset += block.row_count
    rest_counts = np.array([len(block.cost) for block in columns], dtype=np.int64)
    root_matrix = sp.csc_array(sp.vstack([block.root_matrix for block in columns], format="csc"))
    pointers = [np.asarray(root_matrix.indptr, dtype=np.int64)]
    for block in columns:
        pointers.append(block.pointers[1:] + pointers[-1][-1])
    column_count = root.count + int(rest_counts.sum())
    matrix = sp.csc_array(
        (
            np.concatenate([root_matrix.data, *(block.data for block in columns)]),
            np.concatenate([root_matrix.indices, *(block.indices for block in columns)]).astype(np.int32),
            np.concatenate(pointers).astype(np.int32),
        ),
        shape=(row_offset, column_count),
    )
    form = LinearProgram(
        matrix=matrix,
        cost=np.concatenate([root.cost, *(block.cost for block in columns)]),
        offset=root.offset,
        row_lower=np.concatenate([block.row_lower for block in columns]),
        row_upper=np.concatenate([block.row_upper for block in columns]),
        column_lower=np.concatenate([root.lower, *(block.lower for block in columns)]),
        column_upper=np.concatenate([root.upper, *(block.upper for block in columns)]),
        integer=np.concatenate([root.integer, *(block.integer for block in columns)]),
    )
    starts = root.count + np.concatenate([[0], np.cumsum(rest_counts)[:-1]])
    return ExtensiveForm(form, float(count), root.count, starts.astype(np.int32))


def solve_extensive(
    program: StochasticProgram, options: SolveOptions, progress: Progress | None = None
) -> EngineResult:
    """Solve all scenarios at once, then evaluate the commitment found scenario by scenario.

    Parameters
    ----------
    program : StochasticProgram
    options : SolveOptions
    progress : callable, optional
        Called with a :class:`TracePoint` whenever HiGHS reports new bounds (mixed-integer programs).

    Returns
    -------
    EngineResult
        ``lower`` is HiGHS' dual bound of the extensive form, ``upper`` the independent evaluation.

    Where the time limit comes before any feasible point, the commitment is the one nearest to none at all, and the
    bound the better of HiGHS' and wait-and-see's; evaluating them takes longer than the limit.

    Raises
    ------
    InfeasibleError, UnboundedError
    SolveError
        The bounds contradict each other.
    """
    start = time.perf_counter()
    trace = _Trace(start, progress)
    form = assemble(program)
    # The rest of the gap is left to the scenario solves of the evaluation.
    settings: dict[str, str | bool | int | float] = {"mip_rel_gap": 0.8 * options.gap_rel}
    if form.program.matrix.nnz > _INTERIOR_POINT_FROM_ENTRIES:
        settings |= {"solver": "ipm", "mip_lp_solver": "ipm"}
    model = HighsModel(form.program, threads=options.threads, options=settings)
    logger.debug("extensive form: %d rows, %d columns", *form.program.matrix.shape)
    if model.is_mip:
        model.on_mip_progress(lambda lower, upper: trace.add(lower / form.scale, upper / form.scale))
    assembled = time.perf_counter()
    with model.interruptible():
        solution = model.run(options.time_limit_s - (assembled - start))
    solved = time.perf_counter()
    _require_solution(program, solution)
    lower = solution.dual_bound / form.scale
    if solution.values is None:
        root = program.root.nearest(np.zeros(form.root_count))
        lower = max(lower, _wait_and_see_bound(program))
    else:
        integer = form.program.integer[: form.root_count]
        root = solution.values[: form.root_count].copy()
        root[integer] = np.round(root[integer])
    scenarios = bounds.evaluate(program, range(len(program.scenario_names)), root)
    lower, upper = bounds.certify(lower, bounds.expected_cost(program, scenarios), program.name)
    trace.close(lower, upper)
    rows, columns = form.program.matrix.shape
    return EngineResult(
        method="ef",
        status=_status(model, solution, bounds.relative_gap(lower, upper), options),
        root=root,
        lower=lower,
        upper=upper,
        iterations=solution.nodes if model.is_mip else solution.simplex_iterations,
        ranks=1,
        wall_time_s=time.perf_counter() - start,
        trace=tuple(trace.points),
        scenarios=tuple(scenarios),
        details={
            "rows": rows,
            "columns": columns,
            "entries": int(form.program.matrix.nnz),
            "objective": solution.objective / form.scale,
            "assemble_time_s": assembled - start,
            "solve_time_s": solved - assembled,
            "evaluate_time_s": time.perf_counter() - solved,
        },
    )


def _wait_and_see_bound(program: StochasticProgram) -> float:
    """Bound from every scenario's relaxation alone, where the extensive form was stopped before it had any."""
    indices = range(len(program.scenario_names))
    nothing = np.zeros((len(indices), int(program.root.consensus.sum())))
    each = bounds.lagrangian_bound(program, indices, nothing, pool=ScenarioPool(program, relax=True))
    return float(np.asarray(program.probabilities) @ each)


def _status(model: HighsModel, solution: Solution, gap: float, options: SolveOptions) -> Status:
    if solution.status == "optimal" and gap <= bounds.NEGATIVE_GAP_TOLERANCE:
        return "optimal"
    if gap <= options.gap_rel:
        return "gap_reached"
    return "interrupted" if model.was_interrupted else "limit"


def _require_solution(program: StochasticProgram, solution: Solution) -> None:
    """Say which scenario is at fault where the whole has no optimum."""
    nothing = np.zeros(int(program.root.consensus.sum()))
    if solution.status == "infeasible":
        pool = ScenarioPool(program)
        for index in range(len(program.scenario_names)):
            alone = pool.solve_priced(index, nothing)
            if alone.status == "infeasible":
                require_bounded(program, index, alone)
        raise InfeasibleError(
            f"{program.name}: every scenario can be satisfied alone, but no first stage satisfies all of them"
        )
    if solution.status == "unbounded":
        for index in range(len(program.scenario_names)):
            require_bounded(program, index, ScenarioPool(program).solve_priced(index, nothing))
        raise UnboundedError(f"{program.name}: the expected profit grows without limit")


@dataclass(frozen=True)
class _Block:
    row_count: int
    root_matrix: sp.csc_array
    pointers: NDArray[np.int64]
    indices: NDArray[np.int64]
    data: FloatArray
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: BoolArray
    row_lower: FloatArray
    row_upper: FloatArray


class _RootCopy:
    """Collects the root's share of every scenario while the rest is cut into blocks."""

    def __init__(self, program: StochasticProgram) -> None:
        self.columns = np.asarray(program.root.columns)
        self.count = len(self.columns)
        self.cost = np.zeros(self.count)
        self.offset = 0.0
        self.lower = np.full(self.count, -np.inf)
        self.upper = np.full(self.count, np.inf)
        self.integer = np.zeros(self.count, dtype=bool)
        self._first_root_rows: tuple[FloatArray, FloatArray, FloatArray] | None = None

    def split(self, scenario: LinearProgram, weight: float, row_offset: int) -> _Block:
        in_root = np.zeros(len(scenario.cost), dtype=bool)
        in_root[self.columns] = True
        self.cost += weight * scenario.cost[self.columns]
        self.offset += weight * scenario.offset
        self.lower = np.maximum(self.lower, scenario.column_lower[self.columns])
        self.upper = np.minimum(self.upper, scenario.column_upper[self.columns])
        self.integer |= scenario.integer[self.columns]
        rest = scenario.matrix[:, ~in_root]
        root = scenario.matrix[:, self.columns]
        keep = self._rows_to_keep(scenario, root, rest)
        if not keep.all():
            rest, root = rest[keep, :], root[keep, :]
        return _Block(
            row_count=int(keep.sum()),
            root_matrix=sp.csc_array(root),
            pointers=np.asarray(rest.indptr, dtype=np.int64),
            indices=np.asarray(rest.indices, dtype=np.int64) + row_offset,
            data=np.asarray(rest.data, dtype=np.float64),
            cost=weight * scenario.cost[~in_root],
            lower=scenario.column_lower[~in_root],
            upper=scenario.column_upper[~in_root],
            integer=scenario.integer[~in_root],
            row_lower=scenario.row_lower[keep],
            row_upper=scenario.row_upper[keep],
        )

    def _rows_to_keep(self, scenario: LinearProgram, root: sp.csc_array, rest: sp.csc_array) -> BoolArray:
        """All rows, less those on the root alone where the first scenario has said the same."""
        keep = np.ones(scenario.matrix.shape[0], dtype=bool)
        root_only = np.bincount(rest.indices, minlength=len(keep)) == 0
        stated = (root[root_only, :].toarray(), scenario.row_lower[root_only], scenario.row_upper[root_only])
        if self._first_root_rows is None:
            self._first_root_rows = stated
        elif all(np.array_equal(mine, first) for mine, first in zip(stated, self._first_root_rows, strict=True)):
            keep[root_only] = False
        return keep


class _Trace:
    """Bounds over time; a point is added only where a bound moved."""

    def __init__(self, start: float, progress: Progress | None) -> None:
        self.points: list[TracePoint] = []
        self._start = start
        self._progress = progress
        self._lower, self._upper = -math.inf, math.inf

    def add(self, lower: float, upper: float) -> None:
        lower = lower if math.isfinite(lower) else -math.inf
        upper = upper if math.isfinite(upper) else math.inf
        if not (lower > self._lower or upper < self._upper):
            return
        self.close(max(lower, self._lower), min(upper, self._upper))

    def close(self, lower: float, upper: float) -> None:
        self._lower, self._upper = lower, upper
        point = TracePoint(time.perf_counter() - self._start, len(self.points), self._lower, self._upper)
        self.points.append(point)
        if self._progress is not None:
            self._progress(point)
