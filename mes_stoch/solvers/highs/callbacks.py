"""What listens to a long run of HiGHS: bounds now and then, and whether to end.

Knows HiGHS' callback events by shape alone, so that the solver itself stays in :mod:`mes_stoch.solvers.highs.model`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

_REPORT_INTERVAL_S = 0.25


def throttled(report: Callable[[float, float], None]) -> Callable[[Any], None]:
    """A listener that calls ``report(dual bound, primal bound)`` at most every quarter of a second."""
    next_report = 0.0

    def forward(event: Any) -> None:
        # HiGHS asks "go on?" at every turn, with its bounds; its log callback is silent when its output is off.
        nonlocal next_report
        now = time.perf_counter()
        if now >= next_report:
            next_report = now + _REPORT_INTERVAL_S
            report(float(event.data_out.mip_dual_bound), float(event.data_out.mip_primal_bound))

    return forward


def ending(stop: Callable[[], bool]) -> Callable[[Any], None]:
    """A listener that answers a solver's "go on?"."""

    def answer(event: Any) -> None:
        if stop():
            event.interrupt()

    return answer
