"""How the time of one ``solve`` command is shared out: the run, its results, and figures where they fit in."""

from __future__ import annotations

import time

from mes_stoch.solvers.interruption.stop import Request, Stop
from mes_stoch.solvers.parallel.process_age import age_s

#: Loading matplotlib and drawing takes about two seconds, twice that beside other work.
_DRAWING_S = 4.0
#: What comes after the solve whatever its size, of which the tolerance covers as much as an idle machine takes.
_CLOSING_S, _SHARE_OF_CLOSING, _BUSIEST = 1.5, 0.2, 4.0
_SHARE_OF_DRAWING, _TOLERANCE, _TOLERANCE_S = 0.1, 0.05, 1.0
#: The limit may be missed by a tenth and two seconds; writing and leaving take the last of it.
_SHARE_MISSED, _MISSED_S, _LEAVING_S = 0.1, 2.0, 0.8


class SolveClock:
    """The time limit of a command.

    Parameters
    ----------
    begun : float
        ``time.perf_counter()`` of the command's beginning.
    limit_s : float
        Of everything it does.
    draws : bool
        Whether figures are asked for.
    request : Request
        What else ends it.
    """

    def __init__(self, begun: float, limit_s: float, *, draws: bool, request: Request) -> None:
        self.draws = draws
        self._latest = begun + (1.0 + _TOLERANCE) * limit_s + _TOLERANCE_S
        drawing_s = min(_SHARE_OF_DRAWING * limit_s, _DRAWING_S) if draws else 0.0
        closing_s = min(_SHARE_OF_CLOSING * limit_s, _CLOSING_S * (slowness() - 1.0))
        end = begun + (1.0 + _SHARE_MISSED) * limit_s + _MISSED_S - _LEAVING_S * slowness()
        self.stop = Stop(begun + limit_s - drawing_s - closing_s, request, end=end)

    def has_time_to_draw(self) -> bool:
        """Whether figures are asked for, and a signal or the limit leave time for them."""
        hurries = self.stop.is_interrupted or time.perf_counter() + _DRAWING_S > self._latest
        return self.draws and not hurries


def slowness() -> float:
    """Wall time of this process so far by its processor time, at least 1: how long a second's work takes here.

    >>> 1.0 <= slowness() <= 4.0
    True
    """
    return min(max(age_s() / max(time.process_time(), 1e-3), 1.0), _BUSIEST)
