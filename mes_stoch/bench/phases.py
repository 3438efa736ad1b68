"""Where the time of a run goes: the project's own seams, timed from outside.

Every method builds, stamps, hands over, solves and proves through the same few functions, whatever it does between
them. :func:`timed_phases` puts a clock around these for the length of a run. Times are exclusive: what HiGHS does to
dispatch a commitment in a scenario, or to price multipliers with integers, counts as ``bounds``; all else as ``solve``.
"""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

#: Phases of a run in their order; ``other`` is what remains of its time.
PHASES = ("draw", "read", "build", "compile", "stamp", "hand_over", "solve", "bounds", "report", "write", "other")

_PROOF = "bounds"
# (module, attribute path, phase)
_SEAMS = (
    ("mes_stoch.model.site_program", "assemble", "build"),
    ("mes_stoch.model.site_program", "compile_structure", "compile"),
    ("mes_stoch.model.site_program", "SiteProgram.scenario", "stamp"),
    ("mes_stoch.solvers.highs.model", "HighsModel.__init__", "hand_over"),
    ("mes_stoch.solvers.highs.model", "HighsModel.pass_program", "hand_over"),
    ("mes_stoch.solvers.highs.model", "HighsModel.run", "solve"),
    ("mes_stoch.solvers.certificate.bounds", "evaluate", _PROOF),
    ("mes_stoch.solvers.certificate.bounds", "priced_bounds", _PROOF),
    ("mes_stoch.solvers.subproblems.pool", "ScenarioPool.solve_priced", _PROOF),
    ("mes_stoch.solvers.subproblems.pool", "ScenarioPool.solve_fixed", _PROOF),
    ("mes_stoch.solvers.decomposition.recourse", "Recourse.dispatch", _PROOF),
    ("mes_stoch.solvers.decomposition.recourse", "Recourse.one_opt", _PROOF),
    ("mes_stoch.solvers.decomposition.recourse", "Recourse.improve", _PROOF),
    ("mes_stoch.solvers.decomposition.recourse", "Recourse.least_cost", _PROOF),
    ("mes_stoch.report.assemble", "assemble_run", "report"),
)


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


@contextmanager
def timed_phases(clock: PhaseClock) -> Iterator[None]:
    """Time the project's seams with ``clock`` while the block runs; afterwards all is as before."""

    def wrap(original: Callable[..., Any], phase: str) -> Callable[..., Any]:
        @functools.wraps(original)
        def timed(*arguments: Any, **keywords: Any) -> Any:
            with clock.phase(phase):
                return original(*arguments, **keywords)

        return timed

    with replaced([(owner, name, wrap(getattr(owner, name), phase)) for owner, name, phase in _seams()]):
        yield


@contextmanager
def replaced(attributes: list[tuple[Any, str, Any]]) -> Iterator[None]:
    """Set ``(owner, name, value)`` for the length of the block."""
    before = [(owner, name, owner.__dict__[name]) for owner, name, _ in attributes]
    for owner, name, value in attributes:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def _seams() -> Iterator[tuple[Any, str, str]]:
    for module, path, phase in _SEAMS:
        owner: Any = importlib.import_module(module)
        *parents, name = path.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        yield owner, name, phase
