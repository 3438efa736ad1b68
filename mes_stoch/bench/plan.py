"""From settings to single measurements, in the order in which they are made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mes_stoch.bench.settings import DRIVER_RANKS, BenchSettings

#: Extensive-form algorithms tried, best foot forward: HiGHS' default and its interior point.
EF_VARIANTS = ("simplex", "interior_point")
#: HiGHS options of the floor: the own solver's for a scenario, and HiGHS' own defaults.
FLOOR_VARIANTS = ("scenario_options", "highs_defaults")
# HiGHS' defaults spend most of their time in heuristics; one statement of it is enough.
_DEFAULTS_UP_TO = 100
_PEER_MEMORY_UP_TO = 300  # linopy's dense blocks beyond this size say nothing new


@dataclass(frozen=True)
class Measurement:
    """One figure to take: one line of the CSV.

    Parameters
    ----------
    kind : str
        ``own``, ``floor``, ``ef``, ``mpisppy_driver``, ``handover``, ``hedging`` or ``stamping``.
    scenarios, ranks : int
    variant : str
        Which way the kind is done, where there are several.
    bids : bool
        Minimum bids and bid steps on.
    """

    kind: str
    scenarios: int
    ranks: int = 1
    variant: str = ""
    bids: bool = False

    @property
    def key(self) -> str:
        """Name of the measurement: of its file, and of its row."""
        parts = [self.kind, *([self.variant] if self.variant else []), f"n{self.scenarios}", f"r{self.ranks}"]
        return "-".join([*parts, *(["bids"] if self.bids else [])])

    @property
    def is_peer(self) -> bool:
        """Whether somebody else's method is measured, which is stopped at a multiple of the own solver's time."""
        return self.kind in ("ef", "mpisppy_driver") or (self.kind, self.variant) == ("handover", "linopy")

    def describe(self) -> str:
        """In a reader's words."""
        what = f"{self.kind} {self.variant}".strip().replace("_", " ")
        ranks = "1 process" if self.ranks == 1 else f"{self.ranks} processes"
        return f"{what}, {self.scenarios} scenarios, {ranks}" + (", bid rules on" if self.bids else "")

    def as_fields(self) -> dict[str, Any]:
        return {"key": self.key, **asdict(self)}


def plan(settings: BenchSettings) -> list[Measurement]:
    """All measurements of a benchmark; own ones before the peers of the same size, small sizes before large ones."""
    found: list[Measurement] = []
    for size in sorted({*settings.sizes, *settings.floor_only_sizes}):
        found += _at_size(settings, size)
    if "hedging" in settings.measures:
        found.append(Measurement("hedging", settings.hedging_scenarios))
    if "stamping" in settings.measures:
        found.append(Measurement("stamping", settings.stamping_scenarios))
    if "scaling" in settings.measures:
        found += [Measurement("own", size) for size in sorted(settings.scaling_sizes)]
    return list(dict.fromkeys(found))


def _at_size(settings: BenchSettings, size: int) -> list[Measurement]:
    measures, ranks = settings.measures, [count for count in settings.ranks if count <= size]
    with_peers = size in settings.sizes
    found: list[Measurement] = []
    if "own" in measures:
        found += [Measurement("own", size, count) for count in ranks]
        if "mpisppy_driver" in measures and with_peers and size >= DRIVER_RANKS:
            found.append(Measurement("own", size, DRIVER_RANKS))
        if settings.with_bid_rules:
            found += [Measurement("own", size, count, bids=True) for count in ranks[-1:]]
    if "floor" in measures:
        variants = FLOOR_VARIANTS if size <= _DEFAULTS_UP_TO else FLOOR_VARIANTS[:1]
        found += [Measurement("floor", size, count, variant) for variant in variants for count in ranks]
    if "ef" in measures and with_peers:
        found += [Measurement("ef", size, 1, variant) for variant in EF_VARIANTS]
    if "mpisppy_driver" in measures and with_peers:
        found.append(Measurement("mpisppy_driver", size, DRIVER_RANKS, "scenarios"))
        # one bundle would be the extensive form under another name
        if size % settings.bundle == 0 and size > settings.bundle:
            found.append(Measurement("mpisppy_driver", size, DRIVER_RANKS, f"bundles_of_{settings.bundle}"))
    if "handover" in measures and with_peers and size <= _PEER_MEMORY_UP_TO:
        found += [Measurement("handover", size, 1, variant) for variant in ("stamped", "linopy")]
    return found
