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

import contextlib
import logging
import math
import time
from dataclasses import dataclass

import numpy as np

from mes_stoch.model.merge import Merged, Merger
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, MesStochError, UnboundedError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.extensive_proof import ExtensiveProof, second_opinion
from mes_stoch.solvers.certificate.found_dispatch import as_found
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.money import in_common_money
from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution, SolveOptions, Status, TraceCallback
from mes_stoch.solvers.certificate.unfinished import without_commitment
from mes_stoch.solvers.decomposition.cutting_planes import CuttingPlanes
from mes_stoch.solvers.highs.model import HighsModel, Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, TraceKind
from mes_stoch.solvers.subproblems.open_columns import named
from mes_stoch.solvers.subproblems.pool import ScenarioPool, require_bounded
from mes_stoch.solvers.subproblems.relaxation import ScenarioRelaxations
from mes_stoch.solvers.subproblems.whole import made_exact

logger = logging.getLogger("mes_stoch.solvers.extensive.algorithm")

# From about ten hospital days on the interior point (with crossover) overtakes simplex: 27 against 59 CPU-s at 30.
_INTERIOR_POINT_FROM_ENTRIES = 250_000
_CAUTION, _SHARE_OF_EVALUATION, _SHARE_OF_A_SAMPLE = 1.5, 0.5, 0.05
#: Of the time to close: evaluating no commitment at all, before the bound; of that, solving scenarios by themselves.
_SHARE_OF_NOTHING, _SHARE_OF_WAIT_AND_SEE = 0.7, 0.5
#: HiGHS takes a program over and presolves it before it looks at a clock: about 3 times what putting it together takes.
_BEFORE_THE_FIRST_LOOK = 3.0
_GRACE_S, _PATIENCE_S = 1.0, 15.0
#: Relative difference of two dispatches that the tolerances of the solver explain.
_AS_CHEAP = 1e-6


@dataclass(frozen=True)
class ExtensiveForm:
    """The assembled program and where things stand in it.

    Parameters
    ----------
    program : LinearProgram
        Costs are multiplied by ``scale``, so that a coefficient is as large as in one scenario and HiGHS' absolute
        tolerances mean the same for 10 scenarios as for 1,000.
    scale : float
        The power of two nearest to the number of scenarios.
    root_count : int
        The first columns are the root's, in the order of ``StochasticProgram.root``.
    block_starts : int array
        First column of every scenario's own block.
    merged : Merged
        The program with what putting it together has rounded.
    """

    program: LinearProgram
    scale: float
    root_count: int
    block_starts: IndexArray
    merged: Merged

    def root_of(self, values: FloatArray) -> FloatArray:
        """The root's part of a point, with whole integers."""
        integer = self.program.integer[: self.root_count]
        root = values[: self.root_count].copy()
        root[integer] = np.round(root[integer])
        return root


def assemble(program: StochasticProgram, stop: Stop | None = None) -> ExtensiveForm:
    """Stamp all scenarios into one :class:`LinearProgram`.

    Raises
    ------
    NotInTimeError
        ``stop`` said so before it was whole.
    """
    stop = stop or Stop()

    def stamped(index: int) -> LinearProgram:
        if stop():
            raise bounds.NotInTimeError(f"{program.name}: there was no time to put all scenarios into one program")
        return program.scenario(index)

    count = len(program.scenario_names)
    # a power of two, so that a probability times it is exact
    scale = 2.0 ** round(math.log2(count))
    weights = np.asarray(program.probabilities, dtype=np.float64) * scale
    merged = Merger(program.root.columns).merge((stamped(index) for index in range(count)), weights)
    return ExtensiveForm(merged.program, float(scale), len(program.root.columns), merged.block_starts, merged)


@in_common_money(on_all_ranks=False)
def solve_extensive(
    program: StochasticProgram,
    options: SolveOptions,
    progress: TraceCallback | None = None,
    stop: Stop | None = None,
    near: FloatArray | None = None,
) -> EngineResult:
    """Solve all scenarios at once, then evaluate the commitment found scenario by scenario.

    Parameters
    ----------
    program : StochasticProgram
    options : SolveOptions
    progress : callable, optional
        Called with a :class:`TracePoint` whenever HiGHS reports new bounds (mixed-integer programs).
    stop : Stop, optional
        What ends it; default the time limit of ``options``.
    near : array, optional
        A value per root column that may be near the best: the search of a mixed-integer program begins with it.

    Returns
    -------
    EngineResult
        ``lower`` comes from the extensive form's row duals by safe arithmetic, or is HiGHS' search bound less an
        allowance; small mixed-integer programs are searched a second time by linear programs alone
        (:mod:`mes_stoch.solvers.certificate.extensive_proof`). ``upper`` is the independent evaluation.

    Part of the time is kept for the evaluation; where it is not enough, the search's own dispatch counts. Where HiGHS
    finds no feasible point in the rest, the commitment is the one nearest to none at all, and the bound the better of
    HiGHS' and wait-and-see's, each where it can be had in time.

    Raises
    ------
    InterruptedRunError
        It was asked to end before anything was proven.
    InfeasibleError, UnboundedError
    SolveError
        The bounds contradict each other.
    """
    interval = Interval(progress, gap_floor=options.gap_floor)
    start = interval.start
    stop = stop or Stop(start + options.time_limit_s)
    solving = stop.earlier(stop.deadline - _evaluation_time_s(program, stop))
    try:
        form = assemble(program, solving)
    except bounds.NotInTimeError:
        return _not_begun(program, interval, stop)
    assembled = time.perf_counter()
    if solving.seconds_left() < _BEFORE_THE_FIRST_LOOK * (assembled - start):
        return _not_begun(program, interval, stop)
    # The rest of the gap is left to the scenario solves of the evaluation.
    settings: dict[str, str | bool | int | float] = {"mip_rel_gap": 0.8 * options.gap_rel}
    if form.program.matrix.nnz > _INTERIOR_POINT_FROM_ENTRIES:
        # feasibility jump looks at no clock: 40 s at 100 hospital days, and found nothing
        settings |= {"solver": "ipm", "mip_lp_solver": "ipm", "mip_heuristic_run_feasibility_jump": False}
    model = HighsModel(form.program, threads=options.threads, options=settings)
    logger.debug("extensive form: %d rows, %d columns", *form.program.matrix.shape)
    trace = _Trace(interval, form.scale)
    if model.is_mip:
        model.on_mip_progress(trace.add)
        if near is not None:
            model.set_start(np.arange(form.root_count, dtype=np.int32), near)
    model.end_when(solving)
    solution = model.run(solving.seconds_left())
    solved = time.perf_counter()
    _require_solution(program, solution, stop)
    proof = ExtensiveProof(form.merged)
    lower, kind = proof.bound(model, solution)
    lower /= form.scale
    found = solution.values
    root = program.root.nearest(np.zeros(form.root_count)) if found is None else form.root_of(found)
    closing = _time_to_close(stop, stop.deadline)
    if found is None:
        scenarios = _evaluate(program, root, closing.with_share(_SHARE_OF_NOTHING))
    else:
        root, scenarios = _evaluate_found(program, form, root, found, closing)
    if found is not None:
        scenarios = _cheaper_as_found(program, form, root, found, scenarios, solution.objective, stop)
    if found is None:
        waiting = _wait_and_see_bound(program, closing)
        lower, kind = max((lower, kind), (waiting.value, waiting.kind))
    rows, columns = form.program.matrix.shape
    details: dict[str, str | float | int] = {
        "rows": rows,
        "columns": columns,
        "entries": int(form.program.matrix.nnz),
        "objective": solution.objective / form.scale,
        "assemble_time_s": assembled - start,
        "solve_time_s": solved - assembled,
        "evaluate_time_s": time.perf_counter() - solved,
        **proof.details(form.scale),
    }
    if len(proof.missing):
        details["columns_without_bound_named"] = named(program, proof.missing, form.block_starts)
    if not scenarios:
        interval.lower, interval.kind = lower, kind
        # each scenario has a share of the time, and the first to need more ends the evaluation before the end
        return without_commitment(
            "ef", program, interval, stop.earlier(time.perf_counter()), ScenarioCommunicator(), details
        )
    upper = bounds.expected_cost(program, scenarios)
    if solution.values is not None and kind == "solver" and not stop():
        asked = second_opinion(proof, upper * form.scale, options.gap_rel, stop)
        root, scenarios, upper = _better(program, form, asked.best, root, scenarios, upper, stop.closing(_GRACE_S))
        lower, kind = bounds.preferred(
            lower, kind, asked.bound / form.scale if asked.kind == "safe" else -math.inf, upper, options
        )
    proven = bounds.certified(program, lower, upper, scenarios)
    trace.close(proven.lower, proven.upper, kind)
    return EngineResult(
        method="ef",
        status=_status(solution, bounds.relative_gap(proven.lower, proven.upper, options.gap_floor), options, stop),
        root=root,
        lower=proven.lower,
        upper=proven.upper,
        iterations=solution.nodes if model.is_mip else solution.simplex_iterations,
        ranks=1,
        wall_time_s=time.perf_counter() - start,
        trace=tuple(interval.trace),
        scenarios=proven.scenarios,
        details=details,
        bound_kind=kind,
    )


def _not_begun(program: StochasticProgram, interval: Interval, stop: Stop) -> EngineResult:
    """The bound of scenarios by themselves, where the whole would have been too large for the time there is."""
    logger.debug("no time to solve the extensive form")
    waiting = _wait_and_see_bound(program, _time_to_close(stop, stop.latest))
    interval.raise_lower(waiting.value, kind=waiting.kind)
    return without_commitment("ef", program, interval, stop.earlier(time.perf_counter()), ScenarioCommunicator(), {})


def _cheaper_as_found(
    program: StochasticProgram,
    form: ExtensiveForm,
    root: FloatArray,
    found: FloatArray,
    scenarios: list[ScenarioSolution],
    objective: float,
    stop: Stop,
) -> list[ScenarioSolution]:
    """The search's own dispatch where there is no other, or where the evaluation had no time to find one as cheap."""
    if scenarios:
        cost, searched = bounds.expected_cost(program, scenarios), objective / form.scale
        if cost <= searched + _AS_CHEAP * max(abs(cost), abs(searched)):
            return scenarios
    dispatch = as_found(program, form.block_starts, root, found, _time_to_close(stop, stop.latest))
    if not dispatch:
        return scenarios
    if scenarios and bounds.expected_cost(program, scenarios) <= bounds.expected_cost(program, dispatch):
        return scenarios
    return dispatch


def _better(
    program: StochasticProgram,
    form: ExtensiveForm,
    found: Solution | None,
    root: FloatArray,
    scenarios: list[ScenarioSolution],
    upper: float,
    stop: Stop,
) -> tuple[FloatArray, list[ScenarioSolution], float]:
    """The commitment of a second opinion where it is cheaper."""
    if found is None or found.values is None or not found.objective / form.scale < upper:
        return root, scenarios, upper
    other = form.root_of(found.values)
    try:
        again = bounds.evaluate(program, range(len(program.scenario_names)), other, stop=stop)
    except MesStochError:
        return root, scenarios, upper
    cost = bounds.expected_cost(program, again)
    return (other, again, cost) if cost < upper else (root, scenarios, upper)


def _evaluation_time_s(program: StochasticProgram, stop: Stop) -> float:
    """What evaluating a commitment will take, by one scenario at no commitment; at most half the time there is."""
    left = stop.seconds_left()
    if not math.isfinite(left):
        return 0.0
    began = time.perf_counter()
    with contextlib.suppress(MesStochError):  # whatever is wrong shows when the whole is solved
        nothing = np.asarray(program.root.nearest(np.zeros(len(program.root.columns))))
        bounds.evaluate(program, [0], nothing, stop=stop.earlier(began + _SHARE_OF_A_SAMPLE * left))
    each = time.perf_counter() - began
    return min(_CAUTION * each * len(program.scenario_names), _SHARE_OF_EVALUATION * left)


def _time_to_close(stop: Stop, deadline: float) -> Stop:
    """What ends the work that follows the solver's.

    Who interrupts waits a while for the evaluation, since it is what makes the work before it worth anything; a small
    program has a second for it whatever the limit.
    """
    return Stop(time.perf_counter() + _PATIENCE_S) if stop.is_interrupted else stop.closing(_GRACE_S, deadline)


def _evaluate_found(
    program: StochasticProgram, form: ExtensiveForm, root: FloatArray, found: FloatArray, stop: Stop
) -> tuple[FloatArray, list[ScenarioSolution]]:
    """The commitment of a point and its dispatch in every scenario.

    A point holds within the solver's tolerance, and a commitment that is a hair outside what a scenario can answer
    has no dispatch. Its integers then stay, and all the rest is solved again to the least tolerance.
    """
    scenarios = _evaluate(program, root, stop)
    if scenarios or stop():
        return root, scenarios
    exact = made_exact(form.program, found, stop.seconds_left())
    if exact is None:
        return root, []
    root = form.root_of(exact)
    return root, _evaluate(program, root, stop)


def _evaluate(program: StochasticProgram, root: FloatArray, stop: Stop) -> list[ScenarioSolution]:
    """The commitment's dispatch in every scenario, or nothing where there was no time for it, or is none.

    That a commitment cannot be answered says nothing of others: it does not make the program infeasible.
    """
    try:
        return bounds.evaluate(program, range(len(program.scenario_names)), root, stop=stop)
    except (bounds.NotInTimeError, InfeasibleError) as error:
        logger.debug("a commitment is not evaluated: %s", error)
        return []


def _wait_and_see_bound(program: StochasticProgram, stop: Stop) -> bounds.Proven:
    """Bound from every scenario's relaxation alone, where the extensive form was stopped before it had any.

    Scenarios that there is no time to solve are priced with the bases of others.
    """
    indices = range(len(program.scenario_names))
    solving = stop.with_share(_SHARE_OF_WAIT_AND_SEE)
    planes = CuttingPlanes(program, ScenarioRelaxations(program, stop), indices, ScenarioCommunicator(), solving)
    planes.wait_and_see()
    if solving() and planes.verdict == "open":
        planes.borrow(np.zeros(planes.width), stop.seconds_left(), stop.end)
    else:
        planes.update_bound()
    return bounds.Proven(planes.lower, planes.kind)


def _status(solution: Solution, gap: float, options: SolveOptions, stop: Stop) -> Status:
    if solution.status == "optimal" and gap <= bounds.NEGATIVE_GAP_TOLERANCE:
        return "optimal"
    if gap <= options.gap_rel:
        return "gap_reached"
    return "interrupted" if stop.is_interrupted else "limit"


def _require_solution(program: StochasticProgram, solution: Solution, stop: Stop) -> None:
    """Say which scenario is at fault where the whole has no optimum."""
    nothing = np.zeros(int(program.root.consensus.sum()))
    if solution.status == "infeasible":
        pool = ScenarioPool(program)
        for index in range(len(program.scenario_names)):
            if stop():
                raise InfeasibleError(f"{program.name} has no solution; there was no time to find out which scenario")
            alone = pool.solve_priced(index, nothing, stop.seconds_left())
            if alone.status == "infeasible":
                require_bounded(program, index, alone)
        raise InfeasibleError(
            f"{program.name}: every scenario can be satisfied alone, but no first stage satisfies all of them"
        )
    if solution.status == "unbounded":
        for index in range(len(program.scenario_names)):
            if stop():
                break
            require_bounded(program, index, ScenarioPool(program).solve_priced(index, nothing, stop.seconds_left()))
        raise UnboundedError(f"{program.name}: the expected profit increases without bound")


class _Trace:
    """HiGHS' own bounds over time, and what was proven at the end; a point is added only where a bound moved."""

    def __init__(self, interval: Interval, scale: float) -> None:
        self._interval = interval
        self._scale = scale

    def add(self, lower: float, upper: float) -> None:
        lower = lower / self._scale if math.isfinite(lower) else -math.inf
        upper = upper / self._scale if math.isfinite(upper) else math.inf
        known = self._interval
        if lower > known.lower or upper < known.upper:
            self._note(max(lower, known.lower), min(upper, known.upper), "search")

    def close(self, lower: float, upper: float, kind: BoundKind) -> None:
        """What has been proven in the end."""
        self._interval.kind = kind
        self._note(lower, upper, kind)

    def _note(self, lower: float, upper: float, kind: TraceKind) -> None:
        self._interval.lower, self._interval.upper = lower, upper
        self._interval.iteration = len(self._interval.trace)
        self._interval.note(kind)
