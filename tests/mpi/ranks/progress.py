"""Rank 0 reads one-sidedly from rank 1, which is busy outside MPI with the interpreter lock released."""

from __future__ import annotations

import sys
import time

import numpy as np

from mes_stoch.solvers.parallel import mpi

with mpi.abort_on_failure():
    communicator = mpi.world()
    from mpi4py import MPI

    window = MPI.Win.Allocate(8, comm=communicator)
    with mpi.ProgressThread(communicator if sys.argv[1] == "with" else None):
        communicator.Barrier()
        if communicator.Get_rank() == 0:
            buffer = np.zeros(1)
            started = time.perf_counter()
            for _ in range(5):
                window.Lock(1, MPI.LOCK_SHARED)
                window.Get(buffer, 1)
                window.Unlock(1)
            sys.stdout.write(f"{time.perf_counter() - started}\n")
        elif communicator.Get_rank() == 1:
            time.sleep(2.0)
        communicator.Barrier()
    window.Free()
