"""Work done by the solver in this process, in counts that no other load of the machine changes.

Wall-clock times on a shared machine tell little; iterations, models handed over and bytes handed over are the same
wherever the same versions run. The counters are always on: a few additions a call.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Counts:
    """What was asked of HiGHS.

    Parameters
    ----------
    models : int
        Whole programs handed over.
    bytes_handed_over : int
        Size of all arrays that went to HiGHS: whole programs, changes, added rows and columns, starts.
    changes : int
        Calls that changed a program in place.
    runs : int
        Solves, those included that only tell infeasible from unbounded.
    lp_iterations, mip_iterations : int
        Simplex iterations of linear and of mixed-integer runs.
    other_iterations : int
        Interior-point and crossover iterations.
    nodes : int
        Branch-and-bound nodes.
    """

    models: int = 0
    bytes_handed_over: int = 0
    changes: int = 0
    runs: int = 0
    lp_iterations: int = 0
    mip_iterations: int = 0
    other_iterations: int = 0
    nodes: int = 0

    def __sub__(self, earlier: Counts) -> Counts:
        return Counts(*(getattr(self, each.name) - getattr(earlier, each.name) for each in fields(self)))

    def as_dict(self) -> dict[str, int]:
        """By name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


_TOTAL = Counts()


def counts() -> Counts:
    """What this process has asked of HiGHS since it started, or since :func:`reset`; a copy."""
    return Counts(**_TOTAL.as_dict())


def reset() -> None:
    """Start again from zero."""
    for each in fields(_TOTAL):
        setattr(_TOTAL, each.name, 0)


def record(**more: int) -> None:
    """Add to the process's counters; for :mod:`mes_stoch.solvers.highs.model`."""
    for name, value in more.items():
        setattr(_TOTAL, name, getattr(_TOTAL, name) + value)
