"""What listens to a long run of HiGHS: bounds now and then, and Ctrl-C.

Knows HiGHS' callback events by shape alone, so that the solver itself stays in :mod:`mes_stoch.solve.highs`.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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


class Interruption:
    """Whether Ctrl-C has asked a run to end."""

    def __init__(self) -> None:
        self.asked = False

    def note(self, _number: int, _frame: object) -> None:
        """Signal handler; a second Ctrl-C does not wait for the solver."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def answer(self, event: Any) -> None:
        """Listener to a solver's "go on?"."""
        if self.asked:
            event.interrupt()


@contextmanager
def listening_to_interrupts(interruption: Interruption, moments: Sequence[Any]) -> Iterator[None]:
    """Let Ctrl-C reach a running solver at ``moments``, its callbacks.

    The handler runs when the solver calls back, since Python runs handlers between instructions of its own only. In a
    thread of its own there is no Ctrl-C to handle, and nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    for moment in moments:
        moment.subscribe(interruption.answer)
    before = signal.signal(signal.SIGINT, interruption.note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
