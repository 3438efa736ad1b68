"""Several solves in one evaluation: the time each of them may take, within the time for all."""

from __future__ import annotations

import time

from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop


def one_solve(stop: Stop, options: SolveOptions) -> Stop:
    """The same requests to end, and no more time than one solve may take."""
    return stop.earlier(time.perf_counter() + options.time_limit_s)
