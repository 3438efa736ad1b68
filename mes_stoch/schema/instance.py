"""The instance format: one ``instance.yaml`` and the CSV series beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from mes_stoch.registry import COMPONENTS, PROCESSES, PRODUCT_FAMILIES, RISK_MEASURES, Group, kinds, refused
from mes_stoch.schema.base import AUTO, Currency, Derived, Identifier, Model, NonNegative, Positive
from mes_stoch.schema.calls_before import CallsBefore
from mes_stoch.schema.component import Component
from mes_stoch.schema.connection import Connection, ReserveLink
from mes_stoch.schema.emission import Co2
from mes_stoch.schema.flexibility import Flexibility, as_called
from mes_stoch.schema.kinds import KindUnion
from mes_stoch.schema.outage import Outages
from mes_stoch.schema.product import Market, MarketProduct
from mes_stoch.schema.reduction import Reduction
from mes_stoch.schema.risk import Risk
from mes_stoch.schema.site_decision import SiteDecision, SiteKey
from mes_stoch.schema.store import Store

#: A component, a product or a measure of risk, of any kind that is installed.
AnyComponent = Annotated[Component, KindUnion(COMPONENTS)]
AnyProduct = Annotated[MarketProduct, KindUnion(PRODUCT_FAMILIES)]
AnyRisk = Annotated[Risk, KindUnion(RISK_MEASURES)]


_SECONDS_PER_HOUR = 3600


class Horizon(Model):
    """Equal periods from a local start; days of 23 and 25 hours are written with their true number of periods.

    The first period may be what is left of one that has begun, so that a horizon can start at any minute.
    """

    start: str = Field(description="ISO 8601 date and time in `timezone`, e.g. 2025-01-15T00:00.")
    timezone: str = Field(
        default="Europe/Paris",
        description="Time zone by its IANA name: local days, blocks and gates follow its clock changes.",
    )
    period_h: Positive = Field(description="Length of every period but the first, which may be shorter.")
    first_period_h: Positive | None = Field(
        default=None,
        description="Length of the first period, at most period_h: what is left of a period that has begun, which ends "
        "where it would, on the grid of periods from local midnight on; 0.6666667 for hours from 10:20 on. null: "
        "period_h.",
    )
    periods: Annotated[int, Field(ge=1)] = Field(
        description="Number of periods, the first one included; a day of 25 hours has 100 quarter-hours."
    )
    days_per_year: NonNegative = Field(default=365.0, description="Scales the horizon's money to a year in the report.")

    @property
    def begun_h(self) -> float:
        """What is over of the first period when the horizon starts, h; 0 where all periods are of one length."""
        if self.first_period_h is None:
            return 0.0
        # times are whole seconds: 0.6666667 is 40 minutes
        return round((self.period_h - self.first_period_h) * _SECONDS_PER_HOUR) / _SECONDS_PER_HOUR

    @property
    def length_h(self) -> float:
        """Length of the horizon, h."""
        return self.period_h * self.periods - self.begun_h

    @property
    def lengths_h(self) -> NDArray[np.float64]:
        """Length of each period, h: what turns power into energy."""
        lengths = np.full(self.periods, float(self.period_h))
        lengths[0] -= self.begun_h
        return lengths

    def each_length_h(self) -> Iterator[float]:
        """The same one after the other, however many a file that has not been checked asks for."""
        for period in range(self.periods):
            yield self.period_h if period else self.period_h - self.begun_h

    def hours_of(self, periods: NDArray[np.int64]) -> float:
        """Length of some periods together, h."""
        return float(len(periods) * self.period_h - (self.begun_h if 0 in periods else 0.0))


class Node(Model):
    """A bus of one carrier: what flows in equals what flows out, but for penalised slack.

    Slack is no plant: at most the demand here can be left unserved, and at most what sources that cannot be curtailed
    bring here can be thrown away; likewise what units take and bring that their state before the horizon keeps on.
    """

    carrier: Identifier = Field(description="What flows there: one of the list `carriers`.")
    unserved_penalty_eur_per_mwh: Positive | Derived | None = Field(
        default=AUTO, description="Cost of demand left unserved; auto: above what prices can pay; null forbids it."
    )
    dump_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO, description="Cost of surplus thrown away; auto: above what prices can pay; null forbids it."
    )


class Bids(Model):
    """Switches of the bid rules; both off makes the first stage continuous."""

    minimum: bool = Field(default=True, description="Whether minimum bids hold (binaries in the first stage).")
    steps: bool = Field(
        default=True, description="Whether volumes are multiples of the products' steps (integers in the first stage)."
    )


class Start(Model):
    """What was decided before the horizon and binds in it, from the first block or settlement period on.

    What was called before it counts towards the limits of products on their calls.
    """

    commitments_mw: dict[Identifier, list[NonNegative]] = Field(
        default_factory=dict,
        description="By product: volumes awarded earlier, of the first block on, one that has begun included.",
    )
    positions_mw: dict[Identifier, list[float]] = Field(
        default_factory=dict,
        description="By market: positions whose gate has closed, of the first settlement period on; positive is sold.",
    )
    calls: dict[Identifier, CallsBefore] = Field(
        default_factory=dict,
        description="By product, of a product called both ways by direction (`<product>_up`, `<product>_down`): its "
        "calls before the horizon, that under way included, which its limits on calls still count.",
    )


class ExplicitScenarios(Model):
    """Scenarios written out in a long CSV: columns ``scenario``, ``time`` and one per series."""

    kind: Literal["explicit"]
    file: str = Field(default="scenarios.csv", description="CSV of the scenarios, beside instance.yaml.")
    probabilities: dict[str, NonNegative] | None = Field(
        default=None, description="By scenario name, summing to 1; null: all equal."
    )
    day_ahead_nodes: dict[str, Identifier] | None = Field(
        default=None,
        description="By scenario name: scenarios of one node share the day-ahead decisions (three stages); null: each "
        "scenario has a node of its own (two stages).",
    )


#: The process whose parameters stand in a file of their own.
FITTED = "fitted"


class SyntheticScenarios(Model):
    """Scenarios drawn by a seeded process; its series are named in the process's own documentation."""

    kind: Literal["synthetic"]
    process: Identifier = Field(
        description="Process that draws the series: `fr_synthetic_day` and others of the package, `fitted`, or one of "
        "an installed package."
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        description="Seed of the draws; the same seed gives the same scenarios on any machine."
    )
    scenarios: Annotated[int, Field(ge=1)] = Field(default=10, description="How many, where the user does not say.")
    leaves_per_day_ahead_node: Annotated[int, Field(ge=1)] = Field(
        default=1,
        description="Scenarios that share the day-ahead market's outcome and the decisions taken on it; 1: two stages.",
    )
    parameters: dict[str, float] = Field(default_factory=dict, description="Overrides of the process's parameters.")
    process_file: str | None = Field(
        default=None,
        description="File of a process fitted to past series, beside this one: what `process: fitted` draws from. "
        "`mes-stoch fit` writes it.",
    )
    outages: dict[Identifier, Outages] = Field(
        default_factory=dict,
        description="By name of a series to be drawn beside those of the process: outages of a unit as the share that "
        "is available; components name it in their availability, e.g. `available_per_unit`.",
    )
    tilted_calls: dict[Identifier, Positive] = Field(
        default_factory=dict,
        description="By series of rare calls that the process can tilt: the odds that a call begins in a period are "
        "multiplied by this in the draw, and the scenarios weighted so that expectations stay (importance sampling).",
    )
    reduction: Reduction | None = Field(
        default=None,
        description="Draw more scenarios than are planned over, and keep those that stand for all; null: plain draws.",
    )
    #: Content of ``process_file``; empty until the instance has been read.
    _process_document: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def process_document(self) -> Mapping[str, Any]:
        """Content of ``process_file`` as JSON gives it; empty where there is none."""
        return self._process_document

    def with_process_document(self, content: Mapping[str, Any]) -> Self:
        """The same with the content of ``process_file``."""
        found = self.model_copy()
        found._process_document = content
        return found


Uncertainty = Annotated[ExplicitScenarios | SyntheticScenarios, Field(discriminator="kind")]


class SolveDefaults(Model):
    """Used where the command line does not say otherwise."""

    method: Literal["auto", "ef", "decomposition", "ph"] = Field(
        default="auto",
        description="auto: what fits the size; ef: all scenarios in one program; decomposition: by scenario; ph: "
        "progressive hedging.",
    )
    gap_rel: Positive = Field(
        default=1e-3, description="Where the proven bounds are this close, relative to the larger, the solve is done."
    )
    time_limit_s: Positive = Field(default=3600.0, description="Time after which it stops with what is proven by then.")


#: What stands where a component does for demand left unserved at a node, and for supply thrown away there; no component
#: has such a name.
SLACK_NAMES = ("unserved", "dumped")


class Instance(Model):
    """A site, what it can sell, and what it does not know."""

    format: Literal[1] = Field(description="Version of the instance format.")
    name: Identifier = Field(description="Name of the instance; runs are called after it.")
    description: str = Field(default="", description="What it is, in a sentence or two; tables and reports show it.")
    currency: Currency = Field(
        default="EUR",
        description="Three capital letters (ISO 4217) of the currency of every amount. Keys and series of money carry "
        "its code in small letters where this schema says eur: in an instance with `currency: AUD` write "
        "price_aud_per_mwh.",
    )
    horizon: Horizon = Field(description="Time that is planned: its start, and periods of equal length.")
    carriers: list[Identifier] = Field(
        min_length=1, description="Kinds of energy: electricity, heat, cooling, gas, hydrogen, or names of your own."
    )
    nodes: dict[Identifier, Node] = Field(
        min_length=1, description="Buses by name; each has one carrier, and its flows balance in every period."
    )
    components: dict[Identifier, AnyComponent] = Field(
        min_length=1, description="Devices, demands and connections by name; `type` says what each is."
    )
    products: dict[Identifier, AnyProduct] = Field(
        default_factory=dict, description="What the site sells, by product id."
    )
    bids: Bids = Field(default=Bids(), description="Which rules of bidding hold.")
    start: Start | None = Field(
        default=None,
        description="What was decided before the horizon: volumes awarded, positions whose gate has closed, and the "
        "calls that limits still count. With volumes and positions a horizon may begin inside the first block of these "
        "products and markets.",
    )
    price_cap_eur_per_mwh: Positive | None = Field(
        default=None,
        description="Largest price, of either sign, that a market, tariff, call or imbalance can have; penalties "
        "follow from it. null: the price limits of markets and products, and the largest price stated.",
    )
    co2: Co2 | None = Field(
        default=None, description="Price and cap of CO2; emission factors stand at components. null: counted alone."
    )
    wheeling: bool = Field(
        default=False,
        description="Whether the site may buy over one meter and sell over another at once, without a device between.",
    )
    series: str | None = Field(default=None, description="CSV of series common to all scenarios: `time` and columns.")
    uncertainty: Uncertainty = Field(
        description="Where the scenarios come from: a file (explicit), or a seeded process (synthetic)."
    )
    risk: AnyRisk | None = Field(
        default=None, description="Weighs bad outcomes; null: the expected profit alone counts."
    )
    solve: SolveDefaults = Field(
        default=SolveDefaults(), description="How to solve where the command line does not say otherwise."
    )

    def called_products(self) -> dict[str, Flexibility]:
        """Products that are held ready and called, by id."""
        found = ((name, as_called(product)) for name, product in self.products.items())
        return {name: product for name, product in found if product is not None}

    def markets(self) -> dict[str, Market]:
        """Markets of energy, by product id."""
        found = ((name, product.market()) for name, product in self.products.items())
        return {name: market for name, market in found if market is not None}

    def connections(self) -> dict[str, Connection]:
        """Connections to public networks, by component."""
        found = ((name, spec.connection()) for name, spec in self.components.items())
        return {name: connection for name, connection in found if connection is not None}

    def stores(self) -> dict[str, Store]:
        """Stores of energy, by component."""
        found = ((name, spec.store()) for name, spec in self.components.items())
        return {name: store for name, store in found if store is not None}

    def site_decisions(self) -> dict[SiteKey, SiteDecision]:
        """What is decided of components with the commitments, by component and quantity."""
        return {
            (name, decision.quantity): decision
            for name, spec in self.components.items()
            for decision in spec.site_decisions()
        }

    def as_decided(self, values: Mapping[SiteKey, float]) -> Instance:
        """The same instance where decisions of the site are made."""
        own: dict[str, dict[str, float]] = {}
        for (name, quantity), value in values.items():
            own.setdefault(name, {})[quantity] = value
        if not own:
            return self
        decided = {name: spec.as_decided(own.get(name, {})) for name, spec in self.components.items()}
        return self.model_copy(update={"components": decided})

    def links(self) -> dict[str, ReserveLink]:
        """Links that reserve can come over, by component."""
        found = ((name, spec.reserve_link()) for name, spec in self.components.items())
        return {name: link for name, link in found if link is not None}

    def traded_connections(self) -> set[str]:
        """Connections that products are sold over."""
        found = (product.connection_name for product in self.products.values())
        return {name for name in found if name is not None}


def plugins_of(instance: Instance) -> dict[str, str]:
    """Kinds of an instance that installed packages bring, by tag: name and version of the package."""
    found = (kinds(group).get(tag) for group, tag in _tags(instance))
    return {kind.tag: kind.brought_by for kind in found if kind is not None and not kind.is_built_in}


def kinds_left_out(instance: Instance) -> list[str]:
    """What installed packages bring under tags of an instance, and is not what the instance gets."""
    reasons = (refused(group).get(tag) for group, tag in _tags(instance))
    return sorted({reason for reason in reasons if reason is not None})


def _tags(instance: Instance) -> list[tuple[Group, str]]:
    used: list[tuple[Group, str]] = [(COMPONENTS, spec.type) for spec in instance.components.values()]
    used += [(PRODUCT_FAMILIES, product.family) for product in instance.products.values()]
    if isinstance(instance.uncertainty, SyntheticScenarios):
        used.append((PROCESSES, instance.uncertainty.process))
    if instance.risk is not None:
        used.append((RISK_MEASURES, instance.risk.measure))
    return used
