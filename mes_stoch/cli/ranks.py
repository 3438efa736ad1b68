"""Where all ranks of a parallel run make sure that everyone is ready, before any waits for another inside MPI."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mes_stoch.cli import output
from mes_stoch.schema.errors import InterruptedRunError, MesStochError, UsageError
from mes_stoch.solvers.parallel import leftovers, mpi


class AgreedError(MesStochError):
    """An error that every rank knows of, so that one can tell it and all can leave in order."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


@contextlib.contextmanager
def ready_together() -> Iterator[None]:
    """Prepare on every rank; go on only if all could.

    All ranks read the same files, so most errors are everybody's and are told once. But a disk that one machine cannot
    see, or a run folder that rank 0 cannot make, is one rank's alone: without this the others would wait for it.
    """
    if mpi.launcher_size() == 1:
        yield
        return
    problem: MesStochError | None = None
    try:
        yield
    except MesStochError as error:
        problem = error
    except KeyboardInterrupt:
        problem = InterruptedRunError("interrupted before the run began; nothing was written")
    try:
        communicator = mpi.world()
    except UsageError as error:
        # no MPI, or not the launcher's: the same on every rank, and nobody can wait for anybody
        raise AgreedError(str(problem or error), (problem or error).exit_code) from None
    if communicator is None:
        if problem is not None:
            raise problem
        return
    mine = None if problem is None else (str(problem), problem.exit_code)
    everyone: list[tuple[str, int] | None] = communicator.allgather(mine)
    leftovers.forget_own()
    if output.prints_output():
        leftovers.sweep()
    for rank, found in enumerate(everyone):
        if found is not None:
            text, code = found
            alone = any(other != found for other in everyone)
            raise AgreedError(f"rank {rank}: {text}" if alone and rank > 0 else text, code)
