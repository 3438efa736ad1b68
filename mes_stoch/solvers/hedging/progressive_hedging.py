"""Progressive hedging, in one process or over the ranks of an MPI run."""

from __future__ import annotations

from mes_stoch.model.program import StochasticProgram
from mes_stoch.solvers.certificate.money import in_common_money
from mes_stoch.solvers.certificate.result import EngineResult, SolveOptions, TraceCallback
from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints
from mes_stoch.solvers.hedging.serial import solve_serial
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel import mpi


@in_common_money(on_all_ranks=True)
def solve_ph(
    program: StochasticProgram,
    options: SolveOptions,
    progress: TraceCallback | None = None,
    *,
    warm: bool | None = None,
    stop: Stop | None = None,
    checkpoints: Checkpoints | None = None,
) -> EngineResult | None:
    """Solve by progressive hedging.

    Started alone, it runs in this process. Started by ``mpiexec -n 3k`` (or ``srun``), a third of the ranks hedge, a
    third compute lower bounds and a third look for commitments.

    Parameters
    ----------
    program : StochasticProgram
    options : SolveOptions
    progress : callable, optional
        Called on rank 0 with every new pair of bounds.
    warm : bool, optional
        Start from the linear relaxation, which often closes the gap before the first iteration; default what the
        options say.
    stop : Stop, optional
        What ends it; default the time limit of ``options``.
    checkpoints : Checkpoints, optional
        Where what has been proven is kept, and what of an earlier run it goes on with.

    Returns
    -------
    EngineResult or None
        The result on rank 0, ``None`` on the others.

    Raises
    ------
    UsageError
        The number of ranks does not fit.
    InterruptedRunError, InfeasibleError, UnboundedError, SolveError
    """
    warm = not options.cold_start if warm is None else warm
    communicator = mpi.world()
    if communicator is None:
        return solve_serial(program, options, progress, warm=warm, stop=stop, checkpoints=checkpoints)
    from mes_stoch.solvers.hedging.cylinders import solve_cylinders

    return solve_cylinders(program, options, communicator, progress, warm=warm, stop=stop, checkpoints=checkpoints)
