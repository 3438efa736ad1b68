"""What all products share: the contract of a product family with the rest of the program.

A family is a model of what a user may write (:class:`MarketProduct`) that answers questions. Whoever needs to know
something of a product asks it; nobody asks which family it is of. Answers are rules and limits, never amounts earned or
lost: that is worked out twice, by the ``equations`` and the ``settlement`` of the family, which share nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import Field

from mes_stoch.schema.base import GATE, Identifier, Model, Quantity
from mes_stoch.schema.calendar import CalendarWindow, DateText
from mes_stoch.schema.data_rules import DataRule, PriceOfEnergy
from mes_stoch.schema.price_offers import PriceOffers

Stage = Literal["commit", "day_ahead", "realtime"]

#: When the rows of a family are made: before positions on energy markets are known, with them, or after, where what
#: is missed and not scheduled is known.
Phase = Literal["before_energy", "energy", "imbalance"]
PHASES: tuple[Phase, ...] = ("before_energy", "energy", "imbalance")

#: Phases of families of other packages: markets of energy are not open to them in version 1 of the contract.
OPEN_PHASES: tuple[Phase, ...] = ("before_energy", "imbalance")

#: ``D-1 12:00`` (delivery day less one, local time), ``Y-1 00:00`` and ``Q-1 00:00`` for contracts, ``H-5min`` for
#: a gate that moves with delivery.
Gate = Annotated[str, Field(pattern=GATE)]


class Market(Protocol):
    """A market on which energy is bought and sold by positions; a positive position is sold."""

    @property
    def connection(self) -> str | None: ...
    @property
    def price_eur_per_mwh(self) -> Quantity: ...
    @property
    def trading_cost_eur_per_mwh(self) -> float: ...
    @property
    def settlement_period_h(self) -> float: ...
    @property
    def calendar(self) -> Sequence[CalendarWindow]: ...
    @property
    def liquidity_mw(self) -> float | None: ...
    @property
    def can_sell(self) -> bool: ...
    @property
    def can_buy(self) -> bool: ...
    @property
    def price_limit_eur_per_mwh(self) -> float | None: ...
    @property
    def stage(self) -> Stage: ...
    @property
    def gate(self) -> str | None: ...


class BidRules(Protocol):
    """What a product says of the volumes that can be bid, MW."""

    @property
    def stage(self) -> Stage: ...
    @property
    def volume_max_mw(self) -> float: ...
    @property
    def minimum_bid_mw(self) -> float: ...
    @property
    def bid_step_mw(self) -> float: ...


class MarketProduct(Model):
    """One thing sold or bought.

    A family overrides ``family`` with its tag and answers what differs from the defaults.
    """

    #: What the family pays for, in words.
    payment: ClassVar[str] = ""
    phase: ClassVar[Phase] = "before_energy"
    #: Whether its equations and settlement multiply by the length of each period, the first of which may be shorter;
    #: families of this project all do.
    follows_period_lengths: ClassVar[bool] = False

    #: Whether components say that they provide it.
    is_provided_by_components: ClassVar[bool] = True

    #: Whether it is sold over a grid connection.
    needs_connection: ClassVar[bool] = False

    #: Whether it settles what meters read beyond positions and calls.
    settles_imbalance: ClassVar[bool] = False

    #: Whether its sellers keep a schedule, and so need the day-ahead market.
    needs_schedule: ClassVar[bool] = False

    #: What the product is, said of one that cannot exclude others or be excluded; empty where it can.
    kind_in_words: ClassVar[str] = ""

    @classmethod
    def payment_under(cls, rules: Mapping[str, Any]) -> str:
        """What is paid for where some rules hold, in words."""
        return cls.payment

    family: str
    gate: Gate | None = Field(
        default=None,
        description="Until when the volume can change: `D-1 08:00`, `Y-1 00:00`, `H-5min`; null: not said.",
    )
    source: str = Field(default="", description="Where the rules come from; the catalogue states its own.")
    placeholders: list[Identifier] = Field(
        default_factory=list,
        description="Keys whose value in the catalogue has no source: a placeholder, marked [user], to be replaced.",
    )
    delivery_from: DateText | None = Field(
        default=None, description="First day on which the product is delivered at all; null: no limit known."
    )
    delivery_until: DateText | None = Field(default=None, description="Last day on which it is; null: none known.")

    # -- what it is -----------------------------------------------------------------------------------------------

    @property
    def connection_name(self) -> str | None:
        """The grid connection it is sold over; ``None`` where there is none or it is not said."""
        return None

    @property
    def excludes(self) -> Sequence[str]:
        """Products of which no volume may be committed in the same hours."""
        return ()

    def market(self) -> Market | None:
        """The product as a market of energy; ``None`` where it is none."""
        return None

    def bid_rules(self) -> BidRules | None:
        """What volumes can be bid, where volumes are bid in MW."""
        return None

    def price_offers(self) -> PriceOffers | None:
        """Prices at which volumes are offered; ``None`` where a volume is accepted whatever the price."""
        return None

    @property
    def decision_stage(self) -> Stage | None:
        """When its volume or position is decided; ``None`` where there is none."""
        return None

    @property
    def volume_block_h(self) -> float | None:
        """Length of the blocks of its volume, h; ``None``: one block, the horizon."""
        return None

    @property
    def direction_in_words(self) -> str:
        """Direction of a commitment as tables show it."""
        return ""

    @property
    def has_availability_obligation(self) -> bool:
        """Whether capacity committed and not held costs anything."""
        return False

    # -- data and prices ------------------------------------------------------------------------------------------

    def prices(self) -> Iterator[PriceOfEnergy]:
        """Every price of energy it states."""
        yield from ()

    def data_rules(self) -> Iterator[DataRule]:
        """What must hold for the numbers behind its quantities, in every scenario and period."""
        yield from ()

    def drawn_hour_values(self) -> Iterator[tuple[Quantity, float]]:
        """What is charged for power drawn in some hours of the year: price per MW and year, and number of hours."""
        yield from ()

    def kept_hour_values(self) -> Iterator[tuple[Quantity, float]]:
        """What power kept for some hours of the year is worth: price per MW and year, and number of hours."""
        yield from ()


class TradedProduct(MarketProduct):
    """A product of a grid connection."""

    needs_connection: ClassVar[bool] = True

    connection: Identifier | None = Field(default=None, description="Grid connection; null: the only one that can be.")
    exclusive_with: list[Identifier] = Field(
        default_factory=list, description="Products of which no volume may be committed in the same hours."
    )

    @property
    def connection_name(self) -> str | None:
        return self.connection

    @property
    def excludes(self) -> Sequence[str]:
        return self.exclusive_with
