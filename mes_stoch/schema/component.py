"""What all components share: the contract of a kind of component with the rest of the program.

A kind is a model of what a user may write (:class:`Component`) that answers questions. Whoever needs to know something
of a component asks it; nobody asks which kind it is. Answers are physics and limits, never money earned or lost: that
is worked out twice, by the ``equations`` and the ``settlement`` of the kind, which share nothing.

Powers are in MW at the port named, energies in MWh, money in the instance's currency. A field typed
:data:`~mes_stoch.schema.base.Quantity` takes a number or the name of a series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import Field

from mes_stoch.schema.arc import Arc, LinearQuantity, largest
from mes_stoch.schema.base import AUTO, Derived, Identifier, Model, Positive, Quantity
from mes_stoch.schema.connection import Connection, ReserveLink, export_share, import_share
from mes_stoch.schema.conversion import Conversion
from mes_stoch.schema.data_rules import DataRule, PriceOfEnergy
from mes_stoch.schema.emission import Emission
from mes_stoch.schema.site_decision import SiteDecision
from mes_stoch.schema.store import Store, charge_share, discharge_share

EntryPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Port:
    """Where a component meets a node.

    Parameters
    ----------
    node : str
    key : tuple
        Path of the key that names the node, within the component's entry.
    supplies, takes : bool
        Whether energy can flow into the node, and out of it, here.
    """

    node: str
    key: EntryPath
    supplies: bool
    takes: bool


@dataclass(frozen=True)
class OperatingRange:
    """Energy of a unit in its own direction at a node: from ``low_mw`` to ``high``, MW.

    ``is_consumption`` where that direction is out of the node; ``forecast`` is the series that bounds what can be
    injected, where there is one. ``available_per_unit`` is the share of ``high`` and ``forecast`` that can be used.
    """

    low_mw: float
    high: Quantity
    is_consumption: bool = False
    forecast: Quantity | None = None
    available_per_unit: Quantity = 1.0


@dataclass(frozen=True)
class SlackPenalty:
    """A field for the cost of slack of a component, which follows from prices where it says ``auto``.

    Parameters
    ----------
    field : str
    quantities : tuple of str
        Variables of the component that are this slack.
    node : str
        Node at which the slack is worth what prices can pay.
    made_good_per_mwh : float
        MWh of slack that a MWh more at the node makes good.
    spared_per_mwh : float
        MWh at the node that a MWh of slack spares.
    is_position : bool
        A market position that is not kept, whose penalty is that of the schedule, not of a node.
    is_possible : bool
        Whether there can be such slack at all.
    is_physical : bool
        Whether what it allows is something that the device can do, so that no price makes energy of it and any cost
        of it is sound.
    hint : str
        What to do about a penalty that is too small.
    """

    field: str
    quantities: tuple[str, ...]
    node: str
    made_good_per_mwh: float = 1.0
    spared_per_mwh: float = 1.0
    is_position: bool = False
    is_possible: bool = True
    is_physical: bool = False
    hint: str = ""


class Component(Model):
    """One component of a site. A kind overrides ``type`` with its tag and answers what differs from the defaults."""

    type: str

    #: Words of other tools for keys of this kind (patterns), and how the format says the same.
    other_words: ClassVar[tuple[tuple[str, str], ...]] = ()

    #: Limits that are one number, and the fields that say what share of them can be used in each period.
    shares: ClassVar[Mapping[str, str]] = {}

    #: Words in place of a number that other tools take, by key and word, and how the format says the same.
    other_values: ClassVar[Mapping[tuple[str, str], str]] = {}

    #: Whether components of the kind can hold reserve (:class:`ReserveProvider`).
    can_provide: ClassVar[bool] = False

    #: Whether its equations, hub and settlement multiply by the length of each period, the first of which may be
    #: shorter; kinds of this project all do.
    follows_period_lengths: ClassVar[bool] = False

    #: Whether the schedule is given by data, so that a reduction against it cannot be planned.
    has_given_baseline: ClassVar[bool] = False

    # -- where it stands ------------------------------------------------------------------------------------------

    def ports(self) -> Sequence[Port]:
        """Every place where the component meets a node."""
        raise NotImplementedError(f"components of type {self.type} do not say where they meet nodes")

    def connection(self) -> Connection | None:
        """The component as a connection to a public network; ``None`` where it is none."""
        return None

    def store(self) -> Store | None:
        """The component as a store of energy at one node; ``None`` where it is none."""
        return None

    def reserve_link(self) -> ReserveLink | None:
        """The component as a link that reserve held behind it can come over; ``None`` where it is none."""
        return None

    def conversions(self) -> Sequence[Conversion]:
        """How it turns carriers into others; none where it does not."""
        return ()

    @property
    def converts_one_at_a_time(self) -> bool:
        """Whether only one of its conversions runs at a time, so that none undoes another."""
        return False

    def called_conversions(self) -> Sequence[Conversion]:
        """Conversions whose ratios are what a MW called can move at other nodes: the steepest of them counts.

        Those of :meth:`conversions`, where a kind does not say that a call moves less of it.
        """
        return self.conversions()

    def arcs(self) -> Sequence[Arc]:
        """Ways of energy between it and its nodes, one for each node and direction.

        The default takes them from the ports, with limits and ratios from what else the component answers; a kind says
        more where its limits stand elsewhere.
        """
        ways = dict.fromkeys(
            (port.node, supplies)
            for port in self.ports()
            for supplies, is_open in ((True, port.supplies), (False, port.takes))
            if is_open
        )
        return tuple(_arc(self, node, supplies) for node, supplies in ways)

    # -- what it serves and must take -----------------------------------------------------------------------------

    @property
    def has_fixed_demand(self) -> bool:
        """Whether it draws power whatever is decided, which can be left unserved."""
        return False

    @property
    def has_fixed_supply(self) -> bool:
        """Whether it brings power whatever is decided, which can be thrown away."""
        return False

    @property
    def can_be_off(self) -> bool:
        """Whether it is on or off, so that its limits need not hold at standstill."""
        return False

    # -- what is decided of it with the commitments ---------------------------------------------------------------

    def site_decisions(self) -> Sequence[SiteDecision]:
        """Numbers of it that are decided once for all scenarios, with the commitments; none by default.

        Its equations ask the model for each of them (``context.decide``).
        """
        return ()

    def as_decided(self, values: Mapping[str, float]) -> Self:
        """The same component where decisions are made, by quantity: fields of that name hold their numbers."""
        return self.model_copy(update=dict(values)) if values else self

    # -- reserve --------------------------------------------------------------------------------------------------

    @property
    def provided(self) -> Sequence[str]:
        """Ids of the products that it provides."""
        return ()

    @property
    def ramp(self) -> float | None:
        """Speed of its electrical power in MW/min, which limits reserve; ``None``: no limit."""
        return None

    @property
    def delivery_node(self) -> str | None:
        """The only node at which it can deliver reserve; ``None``: any at which it has one port."""
        return None

    @property
    def can_hold(self) -> bool:
        """Whether it can hold power for the products it provides."""
        return self.can_provide

    @property
    def counts_for_capacity(self) -> bool:
        """Whether it can bring power, or stop drawing it, in a critical hour; its equations tell what is available."""
        return False

    @property
    def has_reactive_power(self) -> bool:
        """Whether it is a unit whose active and reactive power share one capability, and tells an availability."""
        return False

    @property
    def power_can_be_limited(self) -> bool:
        """Whether its power can be kept within a capability."""
        return True

    @property
    def is_dispatchable(self) -> bool:
        """Whether it is a unit with an energy of its own that can be dispatched (:meth:`operating_range`)."""
        return False

    def operating_range(self, node: str) -> OperatingRange | None:
        """Its energy at a node as a dispatchable unit; ``None`` where it is none there."""
        return None

    # -- data and prices ------------------------------------------------------------------------------------------

    def prices(self) -> Iterator[PriceOfEnergy]:
        """Every price of energy it states."""
        yield from ()

    def data_rules(self) -> Iterator[DataRule]:
        """What must hold for the numbers behind its quantities, in every scenario and period."""
        yield from ()

    def known_ahead(self, period_h: float) -> Iterator[tuple[Quantity, int]]:
        """Quantities that who operates it knows some periods before they count, and how many; none by default.

        Operation without foresight (:mod:`mes_stoch.evaluation.rolling`) sees them so early: what is decided in a
        period must leave a way on.
        """
        yield from ()

    def cost_at(self, node: str) -> float:
        """The most that operation costs per MWh at a node, in the instance's currency."""
        return 0.0

    def emissions(self) -> Sequence[Emission]:
        """CO2 of what flows from it into nodes; none by default."""
        return ()

    def import_charge_eur_per_mwh(self, period_h: float, first_period_h: float | None = None, months: int = 1) -> float:
        """The most that a MWh withdrawn over it can cost beyond its price of energy: charges on power.

        ``first_period_h`` is given where the first period is shorter than the others; ``months`` is how many of them
        the horizon touches.
        """
        return 0.0

    @property
    def carried_in_month(self) -> Sequence[str]:
        """Fields that a horizon takes from the end of the one before it in the same calendar month, such as a peak.

        The settlement says what they are then, by field: ``carried_in_month(data, name, spec)``. The first horizon of a
        month has their defaults.
        """
        return ()

    def returned_per_unit(self, node: str, hours: float) -> float | None:
        """Share of a MWh put in at a node that comes back there after some hours; ``None`` where nothing is stored."""
        return None

    def slack_penalties(self) -> Sequence[SlackPenalty]:
        """Fields for the cost of its slack."""
        return ()

    def penalty(self, slack: SlackPenalty) -> float | Derived | None:
        """What a field of :meth:`slack_penalties` says."""
        value: float | Derived | None = getattr(self, slack.field)
        return value


def _arc(component: Component, node: str, supplies: bool) -> Arc:
    """The way between a component and a node in one direction, by what the component answers."""
    conversions = [conversion for conversion in component.conversions() if conversion.ports_at(node, supplies)]
    if not conversions:
        return Arc(node, supplies, power_max_mw=_limit(component, node, supplies))
    ratios = dict.fromkeys(conversion.ratio_at(node, supplies) for conversion in conversions)
    return Arc(node, supplies, tuple(ratios), largest(one.power_max_at(node, supplies) for one in conversions))


def _limit(component: Component, node: str, supplies: bool) -> LinearQuantity | None:
    """Largest power of what is not converted, MW; ``None``: no limit is stated."""
    limit: Quantity | None = None
    share: Quantity = 1.0
    connection, store, unit = component.connection(), component.store(), component.operating_range(node)
    if connection is not None:
        limit = connection.import_max_mw if supplies else connection.export_max_mw
        share = import_share(connection) if supplies else export_share(connection)
    elif store is not None:
        limit = store.discharge_max_mw if supplies else store.charge_max_mw
        share = discharge_share(store) if supplies else charge_share(store)
    elif unit is not None and unit.is_consumption != supplies:
        limit, share = unit.high, unit.available_per_unit
    elif unit is not None and unit.low_mw < 0:
        limit = -unit.low_mw
    return None if limit is None else LinearQuantity.of(limit).times(LinearQuantity.of(share))


class ReserveProvider(Component):
    """A component that can hold reserve: which products, and how fast it moves."""

    can_provide: ClassVar[bool] = True

    provides: list[Identifier] = Field(
        default_factory=list, description="Ids of the reserve products this device takes part in."
    )
    ramp_mw_per_min: Positive | None = Field(
        default=None,
        description="Speed of its electrical power; limits reserve by full-activation time; null: no limit.",
    )

    @property
    def provided(self) -> Sequence[str]:
        return self.provides

    @property
    def ramp(self) -> float | None:
        return self.ramp_mw_per_min


def providers(components: Mapping[str, Component], product_id: str) -> dict[str, Component]:
    """Components that provide a product, by name."""
    return {name: spec for name, spec in components.items() if product_id in spec.provided}


def is_derived(penalty: float | str | None) -> bool:
    """Whether a penalty says that it follows from prices."""
    return penalty == AUTO
