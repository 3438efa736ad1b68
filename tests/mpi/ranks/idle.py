"""A hub that takes its time between iterations; every rank says how busy it was meanwhile."""

from __future__ import annotations

import json
import sys
import time

import numpy as np

sys.path.insert(0, sys.argv[1])
from array_programs import newsvendor

from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.hedging.cylinders import solve_cylinders
from mes_stoch.solvers.hedging.rho import RhoControl
from mes_stoch.solvers.parallel import mpi

TURNS = 7
PAUSE_S = 1.0


def slow(self, hedging):
    time.sleep(PAUSE_S)
    return False


with mpi.abort_on_failure():
    communicator = mpi.world()
    RhoControl.ease = slow
    # A gap below zero is never reached, so the hub goes on to its iteration limit.
    options = SolveOptions(gap_rel=-1.0, iteration_limit=TURNS)
    program = newsvendor(list(np.linspace(10, 40, 6)), [0.5] * 6)
    started, cpu_start = time.perf_counter(), time.process_time()
    solve_cylinders(program, options, communicator, warm=False)
    wall_time_s = time.perf_counter() - started
    shares = communicator.gather(((time.process_time() - cpu_start) / wall_time_s, wall_time_s))
    if shares is not None:
        sys.stdout.write(json.dumps(shares))
