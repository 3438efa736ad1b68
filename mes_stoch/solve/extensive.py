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

from mes_stoch.model.merge import Merger
from mes_stoch.model.program import IndexArray, LinearProgram, StochasticProgram
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
    merged = Merger(program.root.columns).merge((program.scenario(index) for index in range(count)), weights)
    return ExtensiveForm(merged.program, float(count), len(program.root.columns), merged.block_starts)


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
