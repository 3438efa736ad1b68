"""The one algebraic source: a Pyomo model of one scenario whose data are placeholders.

Every series of the scenario tree enters as a *placeholder variable*. Fixed to a scenario's numbers the model is an
ordinary Pyomo model of that scenario; read with the placeholders free, every coefficient, right-hand side and cost is
an affine function of the data, which is what :mod:`mes_stoch.model.compile` turns into numeric patches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from numpy.typing import NDArray

from mes_stoch.components.shared.context import (
    Availability,
    Buffer,
    CallEffect,
    ColumnRole,
    DirectedProduct,
    Direction,
    Expression,
    Firm,
    HeldReserve,
    LinkFlow,
    Network,
    OfPeriod,
    RowRole,
    Stage,
    Weighted,
)
from mes_stoch.components.shared.equations_moments import PeriodGrid
from mes_stoch.model.carried import base_into, carried_over
from mes_stoch.model.given_start import given_at_start
from mes_stoch.model.groups import ColumnGroup, RowGroup
from mes_stoch.model.ramps import limit_ramps
from mes_stoch.model.scenario_data import Datum, Rule
from mes_stoch.model.stacking import stack
from mes_stoch.model.traded_connection import scheduled_exchange
from mes_stoch.rules.time_axis import blocks, horizon_days
from mes_stoch.schema.calculated import CalculatedQuantity
from mes_stoch.schema.component import Component, providers
from mes_stoch.schema.connection import Connection
from mes_stoch.schema.errors import ExtensionError, ModelError
from mes_stoch.schema.instance import Bids, Instance
from mes_stoch.schema.reserve_ways import delivered_per_unit


@dataclass
class _Flows:
    """What meets at one node."""

    called: list[tuple[str, OfPeriod]] = field(default_factory=list)
    base: list[tuple[str, OfPeriod]] = field(default_factory=list)
    call_effects: list[CallEffect] = field(default_factory=list)
    buffers: list[Buffer] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    firm: dict[Firm, list[OfPeriod]] = field(default_factory=dict)


#: Names of committed volumes, by the unit they are traded in.
COMMITMENTS = ("volume_mw", "volume_mvar")


class SiteModel:
    """Implements what components and products ask of a model; see ``components/shared/context.py``.

    Parameters
    ----------
    instance : Instance
    time : pandas.DatetimeIndex
        Start of each period, local.
    """

    def __init__(self, instance: Instance, time: pd.DatetimeIndex) -> None:
        self.instance = instance
        self.time = time
        self.model: Any = pyo.ConcreteModel(name=instance.name)
        self.variables: list[tuple[ColumnGroup, list[Any]]] = []
        self.constraints: list[tuple[RowGroup, list[Any]]] = []
        self.streams: dict[str, list[Expression]] = {}
        self.data: dict[str, Datum] = {}
        self.placeholders: dict[str, Any] = {}
        self.nodes: dict[str, _Flows] = {name: _Flows() for name in instance.nodes}
        self.directed_products: list[DirectedProduct] = []
        self._availabilities: dict[str, Availability] = {}
        self.holders: dict[str, list[HeldReserve]] = {}
        self.link_flows: dict[str, LinkFlow] = {}
        self._missed: dict[str, Weighted] = {}
        self._unscheduled: list[OfPeriod] = []
        self._scheduled: dict[str, Any] = {}
        self._reserved: dict[tuple[str, Direction], OfPeriod] = {}
        self.emissions: dict[str, list[OfPeriod]] = {}
        self._columns = 0
        self._rows = 0

    # -- time -------------------------------------------------------------------------------------------------------

    @property
    def periods(self) -> range:
        return range(len(self.time))

    @property
    def period_h(self) -> float:
        return float(self.instance.horizon.period_h)

    @property
    def begun_h(self) -> float:
        return float(self.instance.horizon.begun_h)

    @cached_property
    def lengths_h(self) -> tuple[float, ...]:
        # plain numbers: those of numpy would take expressions for arrays
        return tuple(self.instance.horizon.lengths_h.tolist())

    def hours_of(self, periods: NDArray[np.int64]) -> float:
        return self.instance.horizon.hours_of(periods)

    @property
    def grid(self) -> PeriodGrid:
        """Periods as the rows of energy along a call count them."""
        return PeriodGrid(self.period_h, self.begun_h)

    @property
    def bids(self) -> Bids:
        return self.instance.bids

    @property
    def year_share(self) -> float:
        return horizon_days(self.instance.horizon) / self.instance.horizon.days_per_year

    def spans(self, hours: float | None) -> list[NDArray[np.int64]]:
        return [np.asarray(span, dtype=np.int64) for span in blocks(self.time, self.period_h, hours)]

    # -- data -------------------------------------------------------------------------------------------------------

    def quantity(self, value: float | str) -> OfPeriod:
        if not isinstance(value, str):
            number = float(value)
            return lambda t: number
        if isinstance(value, CalculatedQuantity):
            return self.derived(value, value.inputs, value.rule)
        if value not in self.placeholders:
            self._declare(Datum(value))
        placeholder = self.placeholders[value]
        return lambda t: placeholder[t]

    def derived(self, name: str, inputs: Sequence[float | str], rule: Rule) -> OfPeriod:
        for entry in inputs:
            if isinstance(entry, str):
                self.quantity(entry)
        if name not in self.placeholders:
            self._declare(Datum(name, tuple(inputs), rule))
        placeholder = self.placeholders[name]
        return lambda t: placeholder[t]

    def product(self, first: float | str, second: float | str) -> OfPeriod:
        if isinstance(first, str) and isinstance(second, str):
            return self.derived(f"{first} x {second}", [first, second], np.multiply)
        one, other = self.quantity(first), self.quantity(second)
        return lambda t: one(t) * other(t)

    def _declare(self, datum: Datum) -> None:
        placeholder = pyo.Var(list(self.periods))
        self.model.add_component(f"data:{datum.name}", placeholder)
        self.data[datum.name] = datum
        self.placeholders[datum.name] = placeholder

    # -- variables, rows, money -----------------------------------------------------------------------------------

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
        if role == "commitment" and name not in (*COMMITMENTS, *self._offered(owner)):
            # tables, files and the settlement of every run know volumes by these names
            raise ExtensionError(f"{owner}.{name}: a commitment is called {' or '.join(COMMITMENTS)}")
        size = len(self.periods) if spans is None else len(spans)
        variable = pyo.Var(range(size), bounds=(lower, upper), within=pyo.Integers if integer else pyo.Reals)
        self.model.add_component(f"{owner}.{name}", variable)
        for k, value in enumerate(given_at_start(self.instance, owner, name)[:size]):
            variable[k].setlb(value)
            variable[k].setub(value)
        positions = np.arange(self._columns, self._columns + size, dtype=np.int32)
        self._columns += size
        family = ColumnGroup(
            f"{owner}.{name}", owner, name, unit, stage, dimension, self._starts(spans), positions, role
        )
        self.variables.append((family, [variable[k] for k in range(size)]))
        return variable

    def decide(self, owner: str, quantity: str) -> Expression:
        stated = {decision.quantity: decision for decision in self.component(owner).site_decisions()}
        if quantity not in stated:
            raise ExtensionError(f"{owner}: {quantity} is no decision of its component (site_decisions)")
        known, decision = self.declared(owner, quantity), stated[quantity]
        if known is None:
            known = self.variable(
                owner,
                quantity,
                decision.unit,
                "commit",
                lower=decision.lower,
                upper=decision.upper,
                spans=self.spans(None),
                dimension="horizon",
                role="site_decision",
            )
        return known[0]

    def _offered(self, owner: str) -> Iterator[str]:
        """Names of the volumes that a product offers at prices."""
        product = self.instance.products.get(owner)
        offers = None if product is None else product.price_offers()
        if offers is not None:
            yield from (step.quantity for step in offers.steps)

    def declared(self, owner: str, name: str) -> Any | None:
        return self.model.component(f"{owner}.{name}")

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
        size = len(self.periods) if spans is None else len(spans)
        block = pyo.Constraint(range(size), rule=lambda _, k: rule(k))
        self.model.add_component(f"{owner}.{name}:", block)
        positions = np.arange(self._rows, self._rows + size, dtype=np.int32)
        self._rows += size
        family = RowGroup(
            f"{owner}.{name}", owner, name, unit, stage, dimension, self._starts(spans), positions, text, role
        )
        self.constraints.append((family, [block[k] for k in range(size)]))

    def _starts(self, spans: Sequence[NDArray[np.int64]] | None) -> NDArray[np.datetime64]:
        utc = np.asarray(self.time.tz_convert("UTC").tz_localize(None).values, dtype="datetime64[ns]")
        return utc if spans is None else utc[[int(span[0]) for span in spans]]

    def earn(self, stream: str, expression: Expression) -> None:
        self.streams.setdefault(stream, []).append(expression)

    def emit(self, owner: str, rate_kg_per_h: OfPeriod) -> None:
        self.emissions.setdefault(owner, []).append(rate_kg_per_h)

    # -- nodes ------------------------------------------------------------------------------------------------------

    def inject(self, node: str, owner: str, called: OfPeriod, base: OfPeriod | None = None) -> None:
        self.nodes[node].called.append((owner, called))
        self.nodes[node].base.append((owner, called if base is None else base))

    def firm(self, node: str, kind: Firm, power: OfPeriod) -> None:
        self.nodes[node].firm.setdefault(kind, []).append(power)

    def call_effect(self, node: str, call_effect: CallEffect) -> None:
        self.nodes[node].call_effects.append(call_effect)

    def buffer(self, node: str, buffer: Buffer) -> None:
        self.nodes[node].buffers.append(buffer)

    def network(self, node: str, network: Network) -> None:
        self.nodes[node].networks.append(network)

    def link(self, flow: LinkFlow) -> None:
        self.link_flows[flow.name] = flow
        for node, called in ((flow.from_node, flow.into_from), (flow.to_node, flow.into_to)):
            self.inject(node, flow.name, called, self._base_of_link(flow, node))

    def _base_of_link(self, flow: LinkFlow, node: str) -> OfPeriod:
        """Its base, which is known once all components stand: devices behind it may come after the link."""
        found: list[OfPeriod] = []

        def base(t: int) -> Expression:
            if not found:
                found.append(base_into(flow, node, carried_over(flow, self.instance.components, self.holders)))
            return found[0](t)

        return base

    def availability(self, owner: str, availability: Availability) -> None:
        self._availabilities[owner] = availability

    # -- reserve ----------------------------------------------------------------------------------------------------

    def reserve(self, owner: str, provides: Sequence[str], ramp_mw_per_min: float | None) -> HeldReserve:
        directed_products = tuple(directed for directed in self.directed_products if directed.product_id in provides)
        held: dict[str, Any] = {}
        called: dict[str, Weighted] = {}
        uncalled: dict[str, Weighted] = {}
        for directed in directed_products:
            held[directed.name], called[directed.name], uncalled[directed.name] = self._hold(owner, directed)
        reserve = HeldReserve(
            directed_products, held, called, uncalled, stack(self, owner, directed_products, held, called)
        )
        if directed_products:
            self.holders.setdefault(owner, []).append(reserve)
        if ramp_mw_per_min is not None:
            limit_ramps(self, owner, reserve, ramp_mw_per_min)
        return reserve

    def _hold(self, owner: str, directed: DirectedProduct) -> tuple[Any, Weighted, Weighted]:
        """What is held for a directed product, what of it is delivered, and what a full call would ask for on top."""
        held = self.variable(owner, f"{directed.name}_held_mw", "MW", "realtime", role="held")
        if directed.is_pro_rata:
            return (
                held,
                self._scaled(directed.activation, _at(held)),
                self._scaled(self.uncalled_share(directed), _at(held)),
            )
        called = self.variable(owner, f"{directed.name}_called_mw", "MW", "realtime", role="called")
        self.constraint(
            owner,
            f"{directed.name}_within_held",
            f"{owner} delivers no more {directed.name} than it holds",
            lambda t: called[t] <= held[t],
            role="headroom",
        )
        return held, self._scaled(1.0, _at(called)), self._scaled(directed.open, lambda t: held[t] - called[t])

    def uncalled_share(self, directed: DirectedProduct) -> float | str:
        """Share of what is held that a full call asks for on top of a signal that is followed pro rata."""
        if not isinstance(directed.activation, str) and not isinstance(directed.open, str):
            return (1.0 - directed.activation) * directed.open
        name = f"{directed.name}.uncalled_per_unit"
        self.derived(name, [directed.activation, directed.open], lambda share, may_run: (1.0 - share) * may_run)
        return name

    def _scaled(self, share: float | str, power: OfPeriod) -> Weighted:
        def weighted(weight: float | str) -> OfPeriod:
            factor = self.product(share, weight)
            return lambda t: factor(t) * power(t)

        return weighted

    def held(self, directed: DirectedProduct, t: int) -> Expression:
        return sum(
            _shared(self.delivered_per_unit(owner, directed), r.held[directed.name][t])
            for owner, r in self._holding(directed)
        )

    def called(self, directed: DirectedProduct, weight: float | str = 1.0) -> OfPeriod:
        parts = [
            (self.delivered_per_unit(owner, directed), r.called[directed.name](weight))
            for owner, r in self._holding(directed)
        ]
        return lambda t: sum(_shared(share, part(t)) for share, part in parts)

    def _holding(self, directed: DirectedProduct) -> Iterator[tuple[str, HeldReserve]]:
        for owner, reserves in self.holders.items():
            yield from ((owner, reserve) for reserve in reserves if directed.name in reserve.held)

    def delivered_per_unit(self, owner: str, directed: DirectedProduct) -> float:
        """Share of what a component holds that counts at the connection of a product: less than all behind links."""
        return delivered_per_unit(self.instance.components, owner, directed.product.connection)

    def held_by(self, owner: str, directed: DirectedProduct) -> OfPeriod:
        holders = [r.held[directed.name] for r in self.holders.get(owner, []) if directed.name in r.held]
        if not holders:
            raise ModelError(f"{owner} does not provide {directed.product_id}")
        return _sum_of(holders)

    def register_missed(self, directed: DirectedProduct, missed: Weighted) -> None:
        self._missed[directed.name] = missed

    def missed(self, directed: DirectedProduct, weight: float | str = 1.0) -> OfPeriod:
        found = self._missed.get(directed.name)
        if found is None:
            raise ExtensionError(
                f"{directed.product_id} is called, and its equations do not tell what of its calls is missed "
                "(context.register_missed)"
            )
        return found(weight)

    def register_unscheduled(self, unscheduled: OfPeriod) -> None:
        self._unscheduled.append(unscheduled)

    def unscheduled(self, t: int) -> Expression:
        return sum(part(t) for part in self._unscheduled)

    # -- components as products see them ------------------------------------------------------------------------------

    def component(self, name: str) -> Component:
        if name not in self.instance.components:
            raise ModelError(f"there is no component {name}")
        return self.instance.components[name]

    def planned(self, owner: str, node: str) -> OfPeriod:
        flows = [flow for name, flow in self.nodes[node].base if name == owner]
        return lambda t: sum(flow(t) for flow in flows)

    def providers(self, product_id: str) -> dict[str, Availability]:
        own = providers(self.instance.components, product_id)
        for name in own:
            if not self._availability(name).counts:
                raise ModelError(f"{name} provides {product_id}, but has nothing that counts")
        return {name: self._availability(name) for name in own}

    def _availability(self, owner: str) -> Availability:
        found = self._availabilities.get(owner)
        if found is None:
            raise ExtensionError(
                f"{owner} is counted as a unit, and its equations do not state its availability (context.availability)"
            )
        return found

    def running(self, owner: str) -> OfPeriod:
        return self._availability(owner).state

    def injection_range(self, owner: str, node: str) -> tuple[OfPeriod, OfPeriod]:
        base, reserves = self.planned(owner, node), self.holders.get(owner, [])
        return (
            lambda t: base(t) - sum(reserve.held_down(t) for reserve in reserves),
            lambda t: base(t) + sum(reserve.held_up(t) for reserve in reserves),
        )

    # -- the connection that is traded over ---------------------------------------------------------------------------

    def connection(self, name: str) -> Connection:
        found = self.instance.connections().get(name)
        if found is None:
            raise ModelError(f"{name} is not a grid connection")
        return found

    def schedule(self, connection: str) -> None:
        """Declare the scheduled exchange of a connection, limited together with the reserve held behind it."""
        scheduled, reserved = scheduled_exchange(
            self,
            connection,
            self.connection(connection),
            self.instance.components,
            self.directed_products,
            self.holders,
        )
        self._scheduled[connection] = scheduled
        self._reserved |= {(connection, direction): room for direction, room in reserved.items()}

    def reserved(self, connection: str, direction: Direction, t: int) -> Expression:
        """Room that a traded connection keeps for the reserve behind it, MW."""
        return self._reserved[connection, direction](t)

    def scheduled(self, connection: str, t: int) -> Expression:
        return self._scheduled[connection][t]

    def scheduled_connections(self) -> dict[str, str]:
        """Traded connections by the node they stand at."""
        return {self.connection(name).node: name for name in self._scheduled}


def _shared(share: float, power: Expression) -> Expression:
    return power if share == 1 else share * power


def _at(variable: Any) -> OfPeriod:
    return lambda t: variable[t]


def _sum_of(variables: Sequence[Any]) -> OfPeriod:
    return lambda t: sum(variable[t] for variable in variables)
