"""Where all ranks of a parallel run make sure that everyone is ready, before any waits for another inside MPI."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TypeVar

import click

from mes_stoch.cli import output
from mes_stoch.cli.invocation import Invocation
from mes_stoch.schema.errors import InterruptedRunError, MesStochError, UsageError
from mes_stoch.solvers.parallel import leftovers, mpi

T = TypeVar("T")


class AgreedError(MesStochError):
    """An error that every rank knows of, so that one can tell it and all can leave in order."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def take_part(context: click.Context, invocation: Invocation, *, is_joint: bool, is_possible: bool) -> None:
    """Let the ranks of a parallel run share a command's work, or end all but the leading one.

    Parameters
    ----------
    is_joint : bool
        Whether what is asked for can be shared.
    is_possible : bool
        Whether it can at least be done by one of several ranks.

    Raises
    ------
    UsageError
        It is one process's work, and several were started.
    """
    # nothing of what an evaluation has not yet written is lost by ending at once
    invocation.watch.end_at_a_signal()
    invocation.is_joint = is_joint and mpi.launcher_size() > 1
    if mpi.launcher_size() == 1 or invocation.is_joint:
        return
    if not output.prints_output():
        context.exit(0)
    if not is_possible:
        raise UsageError("ranks share the scenarios of a commitment that is given, and nothing else: leave mpiexec out")


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


def of_rank_zero(value: T | None) -> T:
    """What the leading rank has, on every rank; collective."""
    from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

    found = ScenarioCommunicator(mpi.world()).broadcast(value)
    if found is None:  # pragma: no cover - the leading rank has one
        raise UsageError("the leading rank has nothing to share")
    return found
