"""When a computation has to end: asked for by a signal, here or on another rank, or because its time is up.

One object is handed down through every method and polled once a scenario, once a callback of the solver. It never
raises: what is proven so far is worth more than the moment won. Ranks see it turn at different moments, so a loop over
scenarios may be cut short by one rank alone, but is left by all together
(:meth:`mes_stoch.solvers.parallel.scenario_communicator.ScenarioCommunicator.any`).
"""

from __future__ import annotations

import math
import time
from typing import Self


class Request:
    """Whether somebody wants the run to end; shared by all that wait for it, set from any thread.

    Attributes
    ----------
    reason : str
        The signal's name, or where the request came from; empty while there is none.
    """

    def __init__(self) -> None:
        self.reason = ""

    def make(self, reason: str) -> None:
        """Ask the run to end; the first reason stays."""
        self.reason = self.reason or reason


class Stop:
    """Says whether to end; calling it is the poll.

    Parameters
    ----------
    deadline : float
        ``time.perf_counter()`` after which the time is up.
    request : Request, optional
        Default one that nobody makes.
    latest : float, optional
        Deadline of what is little to write, a bound without dispatches: time is kept for writing results, not for that.
        Default ``deadline``.
    end : float, optional
        When even what a deadline leaves time for has to be over (:meth:`closing`). Default never.

    >>> stop = Stop()
    >>> stop(), stop.seconds_left()
    (False, inf)
    >>> stop.request.make("SIGTERM")
    >>> stop(), stop.is_interrupted, stop.earlier(0.0).seconds_left()
    (True, True, 0.0)
    """

    __slots__ = ("deadline", "end", "latest", "request")

    def __init__(
        self,
        deadline: float = math.inf,
        request: Request | None = None,
        latest: float | None = None,
        end: float = math.inf,
    ) -> None:
        self.deadline = deadline
        self.latest = deadline if latest is None else latest
        self.end = max(deadline, end)
        self.request = Request() if request is None else request

    @classmethod
    def within(cls, seconds: float | None, request: Request | None = None) -> Self:
        """A deadline so many seconds from now on; ``None``: none."""
        return cls(math.inf if seconds is None else time.perf_counter() + seconds, request)

    def __call__(self) -> bool:
        return bool(self.request.reason) or time.perf_counter() > self.deadline

    @property
    def is_interrupted(self) -> bool:
        """Whether it was asked for, and not only late."""
        return bool(self.request.reason)

    def seconds_left(self) -> float:
        """Time a solver may take: 0 once asked to end, infinite without a deadline."""
        return self._until(self.deadline)

    def seconds_left_at_most(self) -> float:
        """The same until :attr:`latest`."""
        return self._until(self.latest)

    def _until(self, deadline: float) -> float:
        return 0.0 if self.request.reason else max(deadline - time.perf_counter(), 0.0)

    def with_share(self, share: float) -> Stop:
        """The same requests and a part of the time left."""
        return self.earlier(time.perf_counter() + share * self.seconds_left())

    def earlier(self, deadline: float) -> Stop:
        """The same requests and a deadline that is no later than ``deadline``."""
        return Stop(min(self.deadline, deadline), self.request, self.latest, self.end)

    def closing(self, grace_s: float, deadline: float | None = None) -> Stop:
        """For work without which all before it would be lost: some time from now on, until :attr:`end` at most.

        Parameters
        ----------
        grace_s : float
            What a small program is left for it however late it is, s.
        deadline : float, optional
            Where there is more time than that; default :attr:`deadline`.
        """
        own = self.deadline if deadline is None else deadline
        return Stop(max(own, min(time.perf_counter() + grace_s, self.end)), self.request, end=self.end)
