"""One rank fails in the way asked for, the others wait for it inside MPI."""

from __future__ import annotations

import sys

from mes_stoch.schema.errors import InfeasibleError
from mes_stoch.solve import parallel

kind = sys.argv[1]


def work() -> None:
    communicator = parallel.world()
    if kind.endswith("uncaught"):
        parallel.abort_when_uncaught()
    with parallel.ProgressThread(communicator):
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
    with parallel.abort_on_failure():
        work()
