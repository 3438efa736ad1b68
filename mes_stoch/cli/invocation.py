"""What one call of the command line hands to its commands."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, field

from mes_stoch.solvers.interruption.signals import SignalWatch

#: What is left where the command has taken its time already, s.
_LEAST_S = 0.01


@dataclass
class Invocation:
    """The arguments as typed, whether all ranks of a parallel run take part in it, and where its results are.

    Parameters
    ----------
    begun : float
        ``time.perf_counter()`` of its beginning, from which a time limit counts.
    watch : SignalWatch
        Where signals are heard of.
    """

    arguments: tuple[str, ...] = ()
    is_joint: bool = False
    results: str | None = None
    begun: float = field(default_factory=time.perf_counter)
    watch: SignalWatch = field(default_factory=SignalWatch)

    @property
    def command(self) -> str | None:
        """The command as typed, where it was."""
        return shlex.join(["mes-stoch", *self.arguments]) if self.arguments else None

    def seconds_left(self, time_limit: float | None) -> float | None:
        """Seconds of a limit on the whole command that are left for what it calls."""
        gone = time.perf_counter() - self.begun
        return None if time_limit is None else max(time_limit - gone, _LEAST_S)
