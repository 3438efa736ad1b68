"""Where the time of a run goes: a clock for the phases that the library marks (:mod:`mes_stoch.model.phases`).

Every method builds, stamps, hands over, solves and proves through the same few functions, whatever it does between
them. Times are exclusive: what HiGHS does to dispatch a commitment in a scenario, or to price multipliers with
integers, counts as ``bounds``; all else as ``solve``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: Phases of a run in their order. ``draw``, ``read`` and ``write`` are timed where the benchmark itself does them;
#: ``other`` is what remains of the run's time.
PHASES = ("draw", "read", "build", "compile", "stamp", "hand_over", "solve", "bounds", "report", "write", "other")

_PROOF = "bounds"


@dataclass
class _Open:
    """A phase that has begun, and what the phases inside it have taken."""

    name: str
    inner_wall_s: float = 0.0
    inner_cpu_s: float = 0.0


@dataclass
class PhaseClock:
    """Exclusive wall and CPU seconds by phase."""

    wall_s: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    _open: list[_Open] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what happens inside as ``name``, less the phases inside it."""
        # what solves while something is being proven belongs to the proof
        if name == "solve" and any(entry.name == _PROOF for entry in self._open):
            name = _PROOF
        entry = _Open(name)
        self._open.append(entry)
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            self._open.pop()
            self.wall_s[name] = self.wall_s.get(name, 0.0) + wall - entry.inner_wall_s
            self.cpu_s[name] = self.cpu_s.get(name, 0.0) + cpu - entry.inner_cpu_s
            if self._open:
                self._open[-1].inner_wall_s += wall
                self._open[-1].inner_cpu_s += cpu
