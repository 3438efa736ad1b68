"""One rank fails in the way asked for, the others wait for it inside MPI."""

from __future__ import annotations

import sys

from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.solvers.parallel import mpi

kind = sys.argv[1]


def work() -> None:
    communicator = mpi.world()
    if kind.endswith("uncaught"):
        mpi.abort_when_uncaught()
    with mpi.ProgressThread(communicator):
        if communicator.Get_rank() == 1:
            if kind.startswith("raise"):
                raise ValueError("the tank of rank 1 is empty")
            if kind == "infeasible":
                raise InfeasibleError("no dispatch satisfies heat at 07:00")
            if kind == "exit":
                sys.exit(7)
            if kind == "exit-with-text":
                sys.exit("nothing to do for rank 1")
        if kind != "orderly":
            communicator.Barrier()
    if kind == "orderly":
        sys.exit(4)


if kind.endswith("uncaught"):
    work()
else:
    with mpi.abort_on_failure():
        work()
