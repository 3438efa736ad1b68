"""``--method auto``: the method that fits the size, the binaries and the ranks, and the reason why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from mes_stoch.model.availability.program import AvailabilityProgram
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import FloatArray, StochasticProgram
from mes_stoch.schema.errors import UsageError
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions, TraceCallback
from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel import mpi

#: Up to here the extensive form is solved in about a second; beyond, its time grows faster than the number of scenarios
#: (docs/benchmarks.md), while decomposition's grows with it.
_EXTENSIVE_UP_TO_ENTRIES = 40_000

#: The same for nodes of several leaves: three of two hospital days each, with risk, take 10 CPU-s as a whole, and
#: have no dispatch after as long a decomposition.
_NODES_UP_TO = 400_000

_RANKS_OF_HEDGING = 3

_COUPLED = "a rule of availability joins all scenarios, so that they are solved as a whole"


@dataclass(frozen=True)
class Choice:
    """A method and the reason for it, in the user's words."""

    method: Literal["ef", "decomposition", "ph"]
    reason: str


def choose(program: StochasticProgram, ranks: int = 1) -> Choice:
    """Pick a method.

    Small programs are solved whole. Larger ones are decomposed; where the number of ranks suits progressive hedging,
    it goes on with what decomposition leaves open.

    Parameters
    ----------
    ranks : int
        MPI ranks of the run.
    """
    if couples_scenarios(program):
        if ranks > 1:
            raise UsageError(f"{_COUPLED}, which one process does; leave mpiexec and --ranks out")
        return Choice("ef", _COUPLED)
    scenario = program.scenario(0)
    count = len(program.scenario_names)
    entries, integers = int(scenario.matrix.nnz), int(scenario.integer.sum())
    size = f"{count} scenarios with {entries:,} matrix entries and {integers} integers each"
    if ranks == 1 and count * entries <= _EXTENSIVE_UP_TO_ENTRIES:
        return Choice("ef", f"{size}: small enough to be solved whole")
    where = f"on {ranks} ranks" if ranks > 1 else "in one process"
    suits_hedging = ranks == 1 or (ranks % _RANKS_OF_HEDGING == 0 and ranks <= _RANKS_OF_HEDGING * count)
    if integers and suits_hedging:
        return Choice("ph", f"{size}: decomposed {where}, progressive hedging goes on if a gap is left")
    return Choice("decomposition", f"{size}: decomposed {where}")


def couples_scenarios(program: object) -> bool:
    """Whether scenarios have more in common than the decisions of their stages: a rule over their probabilities."""
    while program is not None and not isinstance(program, AvailabilityProgram):
        program = getattr(program, "program", None)
    return program is not None


def solve_auto(
    program: StochasticProgram,
    options: SolveOptions,
    progress: TraceCallback | None = None,
    remark: Callable[[str], None] | None = None,
    stop: Stop | None = None,
    checkpoints: Checkpoints | None = None,
) -> EngineResult | None:
    """Solve by the method that :func:`choose` picks; its reason is told to ``remark`` and kept in the details.

    Returns
    -------
    EngineResult or None
        The result on rank 0, ``None`` on the others.

    Raises
    ------
    InterruptedRunError, InfeasibleError, UnboundedError, SolveError
    """
    choice = choose(program, _ranks())
    if remark is not None:
        remark(f"method {choice.method}: {choice.reason}")
    result = _solve(choice.method, program, options, progress, stop, checkpoints=checkpoints)
    if result is not None:
        result.details["chosen_method"] = choice.method
        result.details["reason"] = choice.reason
    return result


def _ranks() -> int:
    communicator = mpi.world()
    return 1 if communicator is None else int(communicator.Get_size())


def is_decomposed(method: str, program: StochasticProgram) -> bool:
    """Whether :func:`solve_by` decomposes a program and does no more: a rank then needs its own scenarios alone.

    Raises
    ------
    UsageError
        ``auto``, and no method can solve it on these ranks.
    """
    return method == "decomposition" or (method == "auto" and choose(program, _ranks()).method == "decomposition")


def solve_near(
    program: StochasticProgram, options: SolveOptions, near: FloatArray | None, stop: Stop | None = None
) -> EngineResult | None:
    """Solve from a root point that may be near the best: small programs whole, others by decomposition to the end.

    Raises
    ------
    InterruptedRunError, InfeasibleError, UnboundedError, SolveError
    """
    is_small = isinstance(program, BundledProgram) and _entries(program) <= _NODES_UP_TO
    is_whole = is_small or choose(program).method == "ef"
    return _solve("ef" if is_whole else "decomposition", program, options, None, stop, near)


def _entries(program: StochasticProgram) -> int:
    """Matrix entries of all scenarios, as many as the first has."""
    return len(program.scenario_names) * int(program.scenario(0).matrix.nnz)


def _solve(
    method: str,
    program: StochasticProgram,
    options: SolveOptions,
    progress: TraceCallback | None,
    stop: Stop | None,
    near: FloatArray | None = None,
    checkpoints: Checkpoints | None = None,
) -> EngineResult | None:
    progress = None if progress is None else _by_method(progress, method)
    if method == "ef":
        from mes_stoch.solvers.extensive.algorithm import solve_extensive

        return solve_extensive(program, options, progress, stop, near)
    if method == "decomposition":
        from mes_stoch.solvers.decomposition.algorithm import solve_decomposition

        return solve_decomposition(program, options, progress, stop, near, checkpoints)
    from mes_stoch.solvers.hedging.progressive_hedging import solve_ph

    return solve_ph(program, options, progress, stop=stop, checkpoints=checkpoints)


def _by_method(progress: TraceCallback, method: str) -> TraceCallback:
    """The same callback, told by which method a point was found."""
    return lambda point: progress(replace(point, method=method))


def solve_by(
    method: str,
    program: StochasticProgram,
    options: SolveOptions,
    progress: TraceCallback | None = None,
    remark: Callable[[str], None] | None = None,
    stop: Stop | None = None,
    checkpoints: Checkpoints | None = None,
) -> EngineResult | None:
    """Solve by a method's name: ``auto``, ``ef``, ``decomposition`` or ``ph``.

    The extensive form keeps no ``checkpoints``: its solver has no state that could be taken up again.

    Raises
    ------
    UsageError
        The method cannot solve the program.
    """
    if method == "auto":
        return solve_auto(program, options, progress, remark, stop, checkpoints)
    if method != "ef" and couples_scenarios(program):
        raise UsageError(f"{_COUPLED}: use --method ef, or auto")
    return _solve(method, program, options, progress, stop, checkpoints=checkpoints)
