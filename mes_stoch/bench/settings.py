"""What a benchmark run is asked to measure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mes_stoch.schema.errors import UsageError

#: What can be measured, in the order in which it is: everything is compared with ``own``, so that comes first.
MEASURES = {
    "own": "this project's own solver: time to a certified gap, by phase",
    "floor": "one cold mixed-integer solve of every scenario, the floor of any scenario decomposition",
    "ef": "peer: HiGHS on the extensive form, simplex and interior point",
    "mpisppy_driver": "peer: mpi-sppy's own driver, generic_cylinders, with HiGHS",
    "handover": "peer: linopy builds the extensive form and hands it to HiGHS; beside it stamped arrays",
    "hedging": "a progressive-hedging scenario-iteration through mpi-sppy against the bare HiGHS re-solve",
    "stamping": "draw, stamp and hand-over of one scenario, milliseconds",
    "scaling": "the own solver over ever more scenarios: cost per scenario, memory, ranks",
}

#: What measures and kinds of rows were called before; commands and stored rows that say so are still understood.
_FORMER_NAMES = {"ours": "own", "stock": "mpisppy_driver"}

#: Ranks of mpi-sppy's own driver: a hub, a Lagrangian and an incumbent spoke, one rank each.
DRIVER_RANKS = 3


@dataclass(frozen=True)
class BenchSettings:
    """One benchmark; every number in it is part of what a figure means.

    Parameters
    ----------
    instance : Path
        Instance folder.
    measures : tuple of str
        Keys of :data:`MEASURES`.
    sizes : tuple of int
        Scenario counts of ``own``, ``floor``, and the peers.
    floor_only_sizes : tuple of int
        Scenario counts at which ``own`` is held against ``floor`` but no peer is tried.
    scaling_sizes : tuple of int
        Scenario counts of ``scaling``.
    ranks : tuple of int
        Processes of ``own`` and ``floor``.
    stamping_scenarios, hedging_scenarios, hedging_iterations : int
        Sizes of ``stamping`` and ``hedging``.
    gap_rel : float
        Relative gap that everybody has to reach.
    method : str
        Method of ``own``, a name that ``mes-stoch solve`` knows.
    seed : int or None
        Root seed of the draw; ``None`` for the instance's own.
    limit_factor : float
        A peer is stopped after this many times the own solver's wall time at its size.
    limit_s : float
        Longest time for one measurement of the own solver, and for a peer where the own solver's is not known.
    bundle : int
        Scenarios per proper bundle in the bundled variant of ``mpisppy_driver``.
    with_bid_rules : bool
        Measure ``own`` once more at every size with the instance's minimum bids and steps.
    """

    instance: Path
    measures: tuple[str, ...] = tuple(MEASURES)
    sizes: tuple[int, ...] = (10, 30, 100)
    floor_only_sizes: tuple[int, ...] = (1000,)
    scaling_sizes: tuple[int, ...] = (100, 300, 1000, 3000, 10000)
    ranks: tuple[int, ...] = (1, 2)
    stamping_scenarios: int = 1000
    hedging_scenarios: int = 10
    hedging_iterations: int = 20
    gap_rel: float = 1e-3
    method: str = "auto"
    seed: int | None = None
    limit_factor: float = 20.0
    limit_s: float = 7200.0
    bundle: int = 5
    with_bid_rules: bool = True

    def check(self, methods: tuple[str, ...]) -> None:
        """Refuse what makes no sense, before anything is measured.

        Raises
        ------
        UsageError
        """
        unknown = [name for name in self.measures if name not in MEASURES]
        if unknown or not self.measures:
            given = f"unknown measure {unknown[0]!r}" if unknown else "nothing to measure"
            raise UsageError(f"{given}; the measures are {', '.join(MEASURES)}")
        if self.method not in methods:
            raise UsageError(f"unknown method {self.method!r}; the methods are {', '.join(methods)}")
        for name in ("sizes", "floor_only_sizes", "scaling_sizes", "ranks"):
            if any(number < 1 for number in getattr(self, name)):
                raise UsageError(f"{name} must be positive numbers")
        for name in ("gap_rel", "limit_factor", "limit_s"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be positive, not {getattr(self, name)}")

    def identity(self) -> dict[str, object]:
        """What must agree between two runs for their figures to stand in one table."""
        return {
            "instance": self.instance.name,
            "method": self.method,
            "gap_rel": self.gap_rel,
            "seed": self.seed,
            "limit_factor": self.limit_factor,
        }


def preset(name: str, instance: Path) -> BenchSettings:
    """``quick``: every measure once at a size a test can afford. ``full``: what the goals are about; many hours.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    full = BenchSettings(instance=instance)
    if name == "full":
        return full
    if name == "quick":
        return replace(
            full,
            sizes=(3,),
            floor_only_sizes=(),
            scaling_sizes=(3, 6),
            stamping_scenarios=20,
            hedging_scenarios=3,
            hedging_iterations=4,
            limit_factor=2.0,
            limit_s=300.0,
            bundle=3,
        )
    raise UsageError(f"unknown preset {name!r}; the presets are quick and full")


def current_name(name: str) -> str:
    """Today's name of a measure or kind.

    >>> current_name("stock"), current_name("floor")
    ('mpisppy_driver', 'floor')
    """
    return _FORMER_NAMES.get(name, name)
