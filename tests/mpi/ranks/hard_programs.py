"""Every rank: solve small programs without complete recourse, or bounded only as a whole; prints what was not right."""

from __future__ import annotations

import sys
from pathlib import Path

from mes_stoch.schema.errors import InfeasibleError, UnboundedError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup
from mes_stoch.solvers.parallel import mpi

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "solvers")]

with mpi.abort_on_failure():
    mpisppy_setup.load()
    from helpers.hard_programs import hard_case

    for seed in range(int(sys.argv[1])):
        case = hard_case(seed)
        status, bounds = "optimal", None
        try:
            result = solve_decomposition(case.program, SolveOptions(gap_rel=1e-6, time_limit_s=60.0))
        except InfeasibleError:
            status = "infeasible"
        except UnboundedError:
            status = "unbounded"
        else:
            bounds = None if result is None else (result.lower, result.upper)
        tolerance = 1e-6 * max(abs(case.optimum), 1e-3 * case.money)
        holds = bounds is None or bounds[0] - tolerance <= case.optimum <= bounds[1] + tolerance
        if status != case.status or not holds:
            print(f"rank {mpi.rank()}, seed {seed}: {case.status} {case.optimum}, found {status} {bounds}")  # noqa: T201
