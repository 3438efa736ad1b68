"""What one call of the command line hands to its commands."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mes_stoch.solve.signals import SignalWatch


@dataclass
class Invocation:
    """The command as typed, whether all ranks of a parallel run take part in it, and where its results are.

    Parameters
    ----------
    begun : float
        ``time.perf_counter()`` of its beginning, from which a time limit counts.
    watch : SignalWatch
        Where signals are heard of.
    """

    command: str | None = None
    is_joint: bool = False
    results: str | None = None
    begun: float = field(default_factory=time.perf_counter)
    watch: SignalWatch = field(default_factory=SignalWatch)
