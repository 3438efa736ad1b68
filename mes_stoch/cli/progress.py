"""Lines that say how far a solve is: time, iteration, bounds on the profit, gap."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mes_stoch.report.progress import Progress


class ProgressLines:
    """Prints how far a solve is at most every ``every_s`` seconds; the first always.

    Parameters
    ----------
    write : callable
        Gets one line.
    every_s : float
        Throttle.
    silence_s : float
        After so long without a line, one says that work goes on.
    clock : callable
        Seconds, monotonic.

    ``currency`` is that of the bounds; it is known once the instance is read.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        every_s: float = 2.0,
        silence_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.currency = "EUR"
        self._write = write
        self._every_s = every_s
        self._silence_s = silence_s
        self._clock = clock
        self._printed_at: float | None = None
        self._waiting: Progress | None = None
        self._started_at = clock()
        self._spoken_at = self._started_at
        self._over = threading.Event()

    def __enter__(self) -> ProgressLines:
        self._started_at = self._spoken_at = self._clock()
        threading.Thread(target=self._beat, name="mes_stoch progress lines", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.close()

    def __call__(self, point: Progress) -> None:
        now = self._clock()
        if self._printed_at is not None and now - self._printed_at < self._every_s:
            self._waiting = point
            return
        if self._printed_at is None:
            self._write(_header(self.currency))
        self._printed_at = self._spoken_at = now
        self._waiting = None
        self._write(progress_line(point))

    def close(self) -> None:
        """Print the last point, where the throttle kept it back."""
        if self._waiting is not None:
            self._write(progress_line(self._waiting))
            self._waiting = None

    def _beat(self) -> None:
        """Say now and then that the solver is at work where it has nothing new: silence reads as a hang."""
        while not self._over.wait(1.0):
            now = self._clock()
            if now - self._spoken_at >= self._silence_s:
                self._spoken_at = now
                self._write(f"{now - self._started_at:>8.1f}s  at work, no new bounds")


def _header(currency: str) -> str:
    lower, upper = f"lower bound {currency}", f"upper bound {currency}"
    return f"{'time':>9}  {'iteration':>9}  {lower:>18}  {upper:>18}  {'gap':>9}"


def progress_line(point: Progress) -> str:
    """One line: time, iteration, bounds, gap."""
    lower, upper = point.bound_lower, point.bound_upper
    gap = f"{100 * point.gap_rel:.3g} %" if math.isfinite(point.gap_rel) else "-"
    # bounds are proven, but for what a search says of itself
    own = "" if point.is_proven else "  search"
    return f"{point.elapsed_s:>8.1f}s  {point.iteration:>9}  {_bound(lower):>18}  {_bound(upper):>18}  {gap:>9}{own}"


def _bound(value: float) -> str:
    return f"{value:,.2f}" if math.isfinite(value) else "none yet"
