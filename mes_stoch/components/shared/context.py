"""What a component or product may ask of the model it is put into.

The model layer implements this; components and products see no more of it. Quantities are functions of the period
index, so that a number, a data series and an expression read the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.calls_before import NO_CALLS_BEFORE, CallsBefore
from mes_stoch.schema.flexibility import Flexibility, directed_name
from mes_stoch.schema.power_by_level import PowerLine

Stage = Literal["commit", "day_ahead", "realtime"]
Direction = Literal["up", "down"]
Effect = Literal["taken", "added"]

#: What a column is: the volume of a product, a number of a component that is decided beside it, what only follows from
#: bids, a position on a market, reserve held and delivered, what may stand in for a law of the site at a penalty
#: (slack), what a contract settles as not held (shortfall) or not delivered (missed), or anything else that is decided
#: in operation.
ColumnRole = Literal[
    "commitment", "site_decision", "bid", "position", "held", "called", "slack", "shortfall", "missed", "dispatch"
]

#: What a row is about: a balance of a node, room for power, speed, energy behind calls, what can be bid, or any other
#: rule.
RowRole = Literal["balance", "headroom", "ramp", "energy", "bid", "rule"]

#: What a device cannot help: power that it must have, or power that it must bring.
Firm = Literal["demand", "supply"]

#: A Pyomo expression or a number; Pyomo has no static types.
Expression = Any
OfPeriod = Callable[[int], Expression]
Weighted = Callable[[float | str], OfPeriod]


@dataclass(frozen=True)
class DirectedProduct:
    """One direction of a reserve product; symmetric products have two.

    ``activation`` is the called share of the volume; ``open`` is 1 in periods in which a full call may run, whatever
    the scenario calls, and 0 where the limits of the product exclude it. Both are numbers or names of data; ``share``
    reads the first. ``before`` are its calls before the horizon.
    """

    product_id: str
    product: Flexibility
    direction: Direction
    activation: float | str
    open: float | str
    share: OfPeriod
    before: CallsBefore = NO_CALLS_BEFORE

    @property
    def name(self) -> str:
        """Product id with the direction once: ``fr_fcr_up``, ``fr_afrr_up``."""
        return directed_name(self.product_id, self.direction)

    @property
    def is_pro_rata(self) -> bool:
        """Whether one signal moves all holders in proportion, as for frequency response and secondary control."""
        return self.product.call == "continuous"

    @property
    def is_ever_called(self) -> bool:
        """Whether the data may call it at all."""
        return isinstance(self.activation, str) or self.activation != 0

    @property
    def sustain_h(self) -> float:
        """Time a full call must be held, h."""
        return self.product.sustain_h

    @property
    def sign(self) -> int:
        """+1 where a call means more injection."""
        return 1 if self.direction == "up" else -1


#: Exclusivity group of products that share a MW with no other product, whatever its group.
EVERY_GROUP = "every"


def pools(directed_products: Sequence[DirectedProduct], direction: Direction) -> dict[str, tuple[DirectedProduct, ...]]:
    """Directed products of one direction that never share a MW, by exclusivity group.

    Directed products of :data:`EVERY_GROUP` are in each of them. Different groups may be held with the same MW.
    """
    own = [directed for directed in directed_products if directed.direction == direction]
    groups = dict.fromkeys(directed.product.exclusivity_group for directed in own)
    apart = [group for group in groups if group != EVERY_GROUP] or list(groups)
    return {
        g: tuple(directed for directed in own if directed.product.exclusivity_group in (g, EVERY_GROUP)) for g in apart
    }


@dataclass(frozen=True)
class HeldReserve:
    """What one component holds and delivers.

    ``held`` has a Pyomo variable (MW, by period) per directed product. ``called`` and ``uncalled`` give, per directed
    product and for a weight (a number or the name of data), the weight times the delivered power by period, and times
    what a full call would ask for on top: data times data is new data, so the weight must come in here. ``stacked`` is
    the power kept free in directions in which products of several exclusivity groups share MW
    (:mod:`mes_stoch.model.stacking`).
    """

    directed_products: tuple[DirectedProduct, ...]
    held: dict[str, Any]
    called: dict[str, Weighted]
    uncalled: dict[str, Weighted]
    stacked: Mapping[Direction, Any] = field(default_factory=dict)

    def held_up(self, t: int) -> Expression:
        """Power kept free for upward calls, MW."""
        return self.kept_free("up", t)

    def held_down(self, t: int) -> Expression:
        """Power kept free for downward calls, MW."""
        return self.kept_free("down", t)

    def kept_free(self, direction: Direction, t: int) -> Expression:
        """Power kept free for calls of one direction, MW."""
        if direction in self.stacked:
            return self.stacked[direction][t]
        return sum(self.held[directed.name][t] for directed in self.of(direction))

    def of(self, direction: Direction) -> tuple[DirectedProduct, ...]:
        """Directed products of one direction."""
        return tuple(directed for directed in self.directed_products if directed.direction == direction)

    def called_up(self, t: int) -> Expression:
        return self.weighted_call("up", 1.0)(t)

    def called_down(self, t: int) -> Expression:
        return self.weighted_call("down", 1.0)(t)

    def weighted_call(self, direction: Direction, weight: float | str) -> OfPeriod:
        """Weight times what is delivered in one direction, MW."""
        parts = [self.called[directed.name](weight) for directed in self.of(direction) if directed.is_ever_called]
        return lambda t: sum(part(t) for part in parts)

    def net_called(self, weight: float | str = 1.0) -> OfPeriod:
        """Weight times the change of injection that calls bring, MW."""
        parts = [(directed.sign, self.called[directed.name](weight)) for directed in self.directed_products]
        return lambda t: sum(sign * part(t) for sign, part in parts)


@dataclass(frozen=True)
class CallEffect:
    """What calls of one directed product of one device change at a node other than the one where they are delivered.

    All in MW at that node: ``held`` is what a full call changes, ``called`` what the calls of the period do change,
    ``uncalled`` what a full call would change on top of that. ``called_share`` and ``uncalled_share`` give the last two
    as data times what is held, for directed products that follow a signal pro rata; ``lowers_flow`` says whether the
    device's own flow at the node becomes smaller.
    """

    device: str
    directed: DirectedProduct
    effect: Effect
    held: OfPeriod
    called: OfPeriod
    uncalled: OfPeriod
    lowers_flow: bool


def all_of_it(t: int) -> Expression:
    """The share that is available where nothing is said: all of it, in every period."""
    return 1.0


@dataclass(frozen=True)
class StorePower:
    """Largest powers of a store, MW at its port, and the share of each that is available in a period.

    Shares that never change belong into the limits. ``both_available`` is the product of the two shares: of two series
    it is data of its own.
    """

    charge_max_mw: float
    discharge_max_mw: float
    charge_available: OfPeriod = all_of_it
    discharge_available: OfPeriod = all_of_it
    both_available: OfPeriod = all_of_it

    @property
    def changes(self) -> bool:
        """Whether shares of it change."""
        return self.charge_available is not all_of_it or self.discharge_available is not all_of_it

    def charge_limit(self, t: int) -> Expression:
        """What it can take, MW."""
        return self.charge_available(t) * self.charge_max_mw

    def discharge_limit(self, t: int) -> Expression:
        """What it can give, MW."""
        return self.discharge_available(t) * self.discharge_max_mw

    def shares_period(self, t: int, charged: Expression, discharged: Expression) -> Expression:
        """Row by which a store charges for one part of a period and discharges for the other.

        :func:`mes_stoch.components.shared.equations_shared_period.share_period` states it for all periods. Where a
        limit is 0 always, only that way is forbidden.
        """
        if self.charge_max_mw == 0:
            return charged <= 0
        if self.discharge_max_mw == 0:
            return discharged <= 0
        into = self.discharge_available(t) * (charged / self.charge_max_mw)
        out = self.charge_available(t) * (discharged / self.discharge_max_mw)
        return into + out <= self.both_available(t)


@dataclass(frozen=True)
class Buffer:
    """A storage as seen from its node: all that the rows of its energy and power under a full call need.

    ``level`` is the level at the end of a period, of the called operation, and ``level(-1)`` the initial one, MWh;
    ``charge`` and ``discharge`` are its schedule before calls of its own, ``cancelled`` the part of its own calls that
    only slows the schedule down, MW at the port; ``keep`` is what standing loss leaves of the level in a period.

    ``energy_min_mwh`` and ``energy_max_mwh`` bound the level; where ``level_min`` and ``level_max`` are given, they do
    so at the end of a period instead, and what is in between lies on a straight line. ``level_max_at_start`` stands for
    ``energy_max_mwh`` at the start of the horizon. The shares of its power that are available are those of
    :class:`StorePower`; above ``charge_lines`` and ``discharge_lines`` over the level there is none. A store that does
    not back others stands for its own calls alone.
    """

    name: str
    level: OfPeriod
    charge: OfPeriod
    discharge: OfPeriod
    cancelled: OfPeriod | None
    energy_min_mwh: float
    energy_max_mwh: float
    charge_max_mw: float
    discharge_max_mw: float
    charge_efficiency: float
    discharge_efficiency: float
    keep: float
    reserve: HeldReserve
    charge_available: OfPeriod = all_of_it
    discharge_available: OfPeriod = all_of_it
    both_available: OfPeriod = all_of_it
    level_min: OfPeriod | None = None
    level_max: OfPeriod | None = None
    level_max_at_start: Expression | None = None
    backs_others: bool = True
    charge_lines: Sequence[PowerLine] = ()
    discharge_lines: Sequence[PowerLine] = ()

    @property
    def power(self) -> StorePower:
        """What it can take and give."""
        return StorePower(
            self.charge_max_mw,
            self.discharge_max_mw,
            self.charge_available,
            self.discharge_available,
            self.both_available,
        )

    def least_level(self, t: int) -> Expression:
        """Least level at the end of a period, MWh; ``-1``: at the start of the horizon."""
        return self.energy_min_mwh if self.level_min is None or t < 0 else self.level_min(t)

    def largest_level(self, t: int) -> Expression:
        """Largest level at the end of a period, MWh; ``-1``: at the start of the horizon."""
        if t < 0 and self.level_max_at_start is not None:
            return self.level_max_at_start
        return self.energy_max_mwh if self.level_max is None or t < 0 else self.level_max(t)


@dataclass(frozen=True)
class Availability:
    """What a device could bring to its node, whatever it does: what a capacity mechanism counts.

    ``power`` is the most it could inject or stop drawing, MW at the port, where it may run; ``state`` is 1 where it
    does run (always, for devices that are neither on nor off). ``energy`` is what stands behind it at the start of a
    period, MWh at the port; ``None`` where power can be held without end. ``counts`` is false for devices that only
    draw power and must have what they draw: they bring nothing.
    """

    power: OfPeriod
    state: OfPeriod = lambda t: 1.0
    energy: OfPeriod | None = None
    counts: bool = True


@dataclass(frozen=True)
class Network:
    """A grid connection as seen from its node: metered import less export, and limits, MW.

    ``import_max_mw`` is ``None`` where there is no limit. ``import_available`` and ``export_available`` are the shares
    of the limits that can be used.
    """

    name: str
    withdrawal: OfPeriod
    import_max_mw: float | None
    export_max_mw: float
    import_available: OfPeriod = lambda t: 1.0
    export_available: OfPeriod = lambda t: 1.0

    @property
    def import_limit(self) -> OfPeriod | None:
        """What it can give, MW; ``None``: no limit."""
        most, share = self.import_max_mw, self.import_available
        return None if most is None else lambda t: share(t) * most

    @property
    def export_limit(self) -> OfPeriod:
        """What it can take, MW."""
        return lambda t: self.export_available(t) * self.export_max_mw


@dataclass(frozen=True)
class LinkFlow:
    """A link as operated: its flow into either node (negative: out of it), and the most that can be sent, MW.

    ``sent_max`` is what can be sent from ``from_node``, ``sent_back_max`` what can be sent from ``to_node``.
    """

    name: str
    from_node: str
    to_node: str
    into_from: OfPeriod
    into_to: OfPeriod
    sent_max: OfPeriod
    sent_back_max: OfPeriod
    arrives_per_unit: float


class ModelContext(Protocol):
    """The model under construction, for one scenario."""

    @property
    def periods(self) -> range: ...

    @property
    def period_h(self) -> float:
        """Length of a period, h; the first may be shorter. Energy is power times ``lengths_h``."""
        ...

    @property
    def begun_h(self) -> float:
        """What is over of the first period when the horizon starts, h."""
        ...

    @property
    def lengths_h(self) -> Sequence[float]:
        """Length of each period, h."""
        ...

    def hours_of(self, periods: NDArray[np.int64]) -> float:
        """Length of some periods together, h."""
        ...

    @property
    def time(self) -> pd.DatetimeIndex:
        """Start of each period, local."""
        ...

    def spans(self, hours: float | None) -> list[NDArray[np.int64]]:
        """Periods of each block of so many local clock hours; ``None``: one block, the horizon."""
        ...

    def quantity(self, value: float | str) -> OfPeriod:
        """A number, or the data placeholder of a series."""
        ...

    def product(self, first: float | str, second: float | str) -> OfPeriod:
        """Product of two quantities, as new data where both are data."""
        ...

    def derived(self, name: str, inputs: Sequence[float | str], rule: Callable[..., NDArray[np.float64]]) -> OfPeriod:
        """Data computed per scenario: ``rule`` gets one array (periods,) per input (number, series or derived name)."""
        ...

    def variable(
        self,
        owner: str,
        name: str,
        unit: str,
        stage: Stage,
        *,
        lower: float | None = 0.0,
        upper: float | None = None,
        integer: bool = False,
        spans: Sequence[NDArray[np.int64]] | None = None,
        dimension: str = "time",
        role: ColumnRole = "dispatch",
    ) -> Any:
        """An indexed variable over periods, or over ``spans`` (arrays of period indices) of a named dimension."""
        ...

    def decide(self, owner: str, quantity: str) -> Expression:
        """A decision that the component states in ``site_decisions()``: one column, the same in all scenarios."""
        ...

    def constraint(
        self,
        owner: str,
        name: str,
        text: str,
        rule: OfPeriod,
        *,
        unit: str = "MW",
        spans: Sequence[NDArray[np.int64]] | None = None,
        dimension: str = "time",
        stage: Stage = "realtime",
        role: RowRole = "rule",
    ) -> None:
        """One row per index; ``text`` says in the user's words what the row demands."""
        ...

    def inject(self, node: str, owner: str, called: OfPeriod, base: OfPeriod | None = None) -> None:
        """Flow into a node, MW: as operated, and as scheduled before calls (the same where ``base`` is left out)."""
        ...

    def firm(self, node: str, kind: Firm, power: OfPeriod) -> None:
        """Say what must be served or taken at a node whatever is decided, MW: as much of it can become slack."""
        ...

    def earn(self, stream: str, expression: Expression) -> None:
        """Add to the profit, EUR, under a stream's name; costs are negative."""
        ...

    def emit(self, owner: str, rate_kg_per_h: OfPeriod) -> None:
        """CO2 of a component as operated, kg an hour; what it costs is the model's part."""
        ...

    def reserve(self, owner: str, provides: Sequence[str], ramp_mw_per_min: float | None) -> HeldReserve:
        """Variables of what ``owner`` holds for the products it provides, with ramp limits."""
        ...

    def call_effect(self, node: str, call_effect: CallEffect) -> None:
        """Say what a call changes at a node; what that asks of the node is the model's part."""
        ...

    def buffer(self, node: str, buffer: Buffer) -> None:
        """A storage, which holds energy for its own calls and helps its node to take those of others."""
        ...

    def network(self, node: str, network: Network) -> None:
        """A network behind a node, which takes what calls change there as far as its limits go."""
        ...

    def link(self, flow: LinkFlow) -> None:
        """A link that reserve may come over: injects its flow at both nodes, as operated and as scheduled."""
        ...

    def availability(self, owner: str, availability: Availability) -> None:
        """Say what a device could bring, for products that count it."""
        ...
