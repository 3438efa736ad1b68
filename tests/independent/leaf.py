"""One scenario of the program: its data, its columns, and what devices have put at each node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .read import Scenario, Site
from .rows import Linear, Program, total

Series = list[Linear]
EVERY = "every"
UP, DOWN = "up", "down"


def opposite(direction: str) -> str:
    return DOWN if direction == UP else UP


@dataclass(eq=False)
class Leg:
    """One direction of a product, with its data in this scenario."""

    product: str
    direction: str
    rules: Mapping[str, Any]
    share: np.ndarray  # a: called share of the volume
    window: np.ndarray  # w: obliged share
    can_be_called: bool
    open: np.ndarray  # 0 where the limits of the product exclude a call

    @property
    def name(self) -> str:
        return f"{self.product}_{self.direction}"

    @property
    def group(self) -> str:
        return str(self.rules.get("exclusivity_group", "flexibility"))

    @property
    def sustain_h(self) -> float:
        return float(self.rules["sustain_h"])

    @property
    def is_discrete(self) -> bool:
        return self.rules.get("call", "continuous") == "discrete"

    @property
    def response_min(self) -> float:
        """Full activation time and notice, minutes."""
        return float(self.rules["full_activation_time_s"]) / 60 + 60 * float(self.rules.get("notice_h", 0.0))


@dataclass(eq=False)
class Port:
    """Flow into a node: ``sign ratio P`` of the reference flow; ``raises`` is +1 where upward calls raise P."""

    node: str
    sign: float
    ratio: np.ndarray
    raises: float


@dataclass(eq=False)
class Device:
    """What a device is to the rest of the site."""

    name: str
    node: str
    base: dict[str, list[Series]] = field(default_factory=dict)  # flows into nodes, of the schedule
    called: dict[str, list[Series]] = field(default_factory=dict)  # of the called operation
    held: dict[Leg, Series] = field(default_factory=dict)  # rho
    given: dict[Leg, Series] = field(default_factory=dict)  # e
    up: Series = field(default_factory=list)
    down: Series = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    store: Any = None
    certified: Series | None = None  # what counts for the capacity mechanism, by period
    energy: Series | None = None  # in its own direction, for FCAS
    on: Series | None = None

    def legs(self, direction: str) -> list[Leg]:
        return [leg for leg in self.held if leg.direction == direction]

    def groups(self, direction: str) -> list[str]:
        """Groups but `every`; `every` alone where there are no others."""
        found = dict.fromkeys(leg.group for leg in self.legs(direction))
        return [g for g in found if g != EVERY] or list(found)

    def of_group(self, direction: str, group: str) -> list[Leg]:
        return [leg for leg in self.legs(direction) if leg.group in (group, EVERY)]

    def flow(self, node: str, base: Series, called: Series) -> None:
        self.base.setdefault(node, []).append(base)
        self.called.setdefault(node, []).append(called)


@dataclass
class Leaf:
    """A scenario under construction."""

    site: Site
    scenario: Scenario
    program: Program
    penalties: Mapping[str, float]
    legs: dict[str, list[Leg]] = field(default_factory=dict)  # by product
    devices: dict[str, Device] = field(default_factory=dict)
    volumes: dict[str, Series] = field(default_factory=dict)  # r by period
    unserved: dict[str, Series] = field(default_factory=dict)
    dumped: dict[str, Series] = field(default_factory=dict)
    dumped_limit: dict[str, np.ndarray] = field(default_factory=dict)
    kept_on_mw: dict[str, np.ndarray] = field(default_factory=dict)  # what units that are kept on take
    imported: dict[str, Series] = field(default_factory=dict)
    exported: dict[str, Series] = field(default_factory=dict)
    schedule: Series = field(default_factory=list)  # X of the traded connection
    missed: dict[Leg, Series] = field(default_factory=dict)
    accepted_payment: dict[tuple[str, int], Linear] = field(default_factory=dict)  # of offers at prices, by block

    @property
    def h(self) -> list[float]:
        """Length of every period."""
        return self.site.clock.hours

    @property
    def periods(self) -> range:
        return range(self.site.clock.periods)

    def data(self, field_value: Any) -> np.ndarray:
        """A number, a list or the name of a series, over the periods."""
        if isinstance(field_value, str):
            return self.scenario.series[field_value]
        return np.broadcast_to(np.asarray(field_value, dtype=float), (len(self.periods),))

    def column(self, name: str, lower: float = 0.0, upper: float = np.inf, *, integer: bool = False) -> Linear:
        return self.program.column(f"{self.scenario.name}:{name}", lower, upper, integer=integer)

    def columns(self, name: str, upper: Any = np.inf, lower: Any = 0.0) -> Series:
        low, high = self.data(lower), self.data(upper)
        return [self.column(f"{name}[{t}]", low[t], high[t]) for t in self.periods]

    def shared(self, stage: str, name: str, lower: float, upper: float, *, integer: bool = False) -> Linear:
        """A column of the root, of this leaf's day-ahead node, or of the leaf alone."""
        owner = {"commit": "root", "day_ahead": self.scenario.node, "realtime": self.scenario.name}[stage]
        if (owner, name) not in self.program.shared:
            self.program.shared[owner, name] = self.program.column(f"{owner}:{name}", lower, upper, integer=integer)
        return self.program.shared[owner, name]

    def earn(self, stream: str, amount: Linear) -> None:
        self.program.earn(stream, amount * self.scenario.probability)

    def earn_series(self, stream: str, prices: Any, quantity: Sequence[Linear]) -> None:
        """``sum of h[t] price[t] quantity[t]``."""
        price = self.data(prices)
        self.earn(stream, total(self.h[t] * price[t] * quantity[t] for t in self.periods))

    def penalty(self, owner: str, kind: str) -> float | None:
        """Penalty of slack, EUR/MWh, as stated by the instance or derived; None forbids it."""
        place = f"{owner}.{kind}_penalty_eur_per_mwh"
        section, name = owner.split(".")
        own = self.site.spec[section][name].get(f"{kind}_penalty_eur_per_mwh", "auto")
        if own != "auto":
            return None if own is None else float(own)
        return self.penalties.get(place)

    def zeros(self) -> Series:
        return [Linear() for _ in self.periods]

    def sum_of(self, parts: Sequence[Series]) -> Series:
        return [total(part[t] for part in parts) for t in self.periods]
