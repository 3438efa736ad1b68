"""Products that hold power ready and are called: reserves, free offers, demand reduction, local and tender contracts.

They share one set of rules (:class:`Flexibility`) and one algebra (:mod:`mes_stoch.products.flexibility`). What a
family adds is how it is paid, and which of the rules it fixes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from mes_stoch.schema.base import Identifier, NonNegative, Positive, Quantity
from mes_stoch.schema.products.base import Stage, TradedProduct
from mes_stoch.schema.products.calendar import CalendarWindow, DateText

Direction = Literal["up", "down"]
Count = Annotated[int, Field(ge=0)]
PerUnit = Annotated[float, Field(ge=0, le=1)]

#: Called shares and windows up to this are rounding: nothing is called, nothing obliges. A share so near to the window
#: is a call in full. One number for model, checks of trees and stress test, or noise in data would use up calls.
LEAST_CALLED_PER_UNIT = 1e-6

#: Hours of calls up to this are rounding, h.
LEAST_CALLED_H = 1e-6


class EnergyPayment(NamedTuple):
    """Money per MWh called: ``sign`` is +1 where the site receives ``price`` for energy in the product's direction."""

    stream: str
    price: Quantity
    sign: int


class Flexibility(TradedProduct):
    """Power held ready in blocks or over a whole contract, called by an operator, and paid by its family's rules."""

    direction: Literal["up", "down", "symmetric"]
    stage: Stage = Field(default="commit", description="When the volume is decided.")
    block_h: Positive | None = Field(
        description="The volume is constant over a block of local clock hours; null: over the horizon (a contract)."
    )
    volume_max_mw: NonNegative = Field(description="Largest volume that can be committed in a block.")
    minimum_bid_mw: NonNegative = Field(default=0.0, description="Smallest volume that is not zero.")
    bid_step_mw: NonNegative = Field(default=0.0, description="Volumes are multiples of this; 0: any volume.")
    full_activation_time_s: Positive = Field(description="Time from the call to full delivery.")
    sustain_h: NonNegative = Field(description="Time a full call must be held.")
    sustain_alternatives_h: list[NonNegative] = Field(
        default_factory=list,
        description="Other times that could hold where no source settles it; `mes-stoch sensitivity` tries them.",
    )
    call: Literal["continuous", "discrete"] = Field(
        default="continuous",
        description="Discrete calls begin and end: what a running call in full has used is no longer held for it.",
    )
    window_per_unit: Quantity = Field(
        default=1.0, description="Share of the volume that must be ready; 0 outside the periods of obligation."
    )
    calendar: list[CalendarWindow] = Field(
        default_factory=list, description="Periods of obligation; none listed: always. Multiplies window_per_unit."
    )
    holidays: list[DateText] = Field(default_factory=list, description="Days that are no working days.")
    contract_start: DateText | None = Field(default=None, description="First day of obligation; null: no limit.")
    contract_end: DateText | None = Field(default=None, description="Last day of obligation; null: no limit.")
    energy_settlement: Literal["ordered", "delivered", "uncorrected"] = Field(
        default="ordered",
        description="Energy paid, and taken out of the imbalance, as ordered, as delivered, or not at all.",
    )
    shortfall_penalty_eur_per_mw_h: NonNegative = Field(
        description="Cost of capacity committed but not held, on top of losing its payment."
    )
    missed_penalty_eur_per_mwh: NonNegative = Field(description="Cost of energy ordered but not delivered.")
    clawback_per_unit: NonNegative = Field(
        default=1.0, description="Share of a block's payment lost in proportion to its worst miss."
    )
    delivery_tolerance_per_unit: PerUnit = Field(
        default=0.0, description="Share of a call that may be missed without penalty or loss of payment."
    )
    calls_max_per_day: Count | None = Field(default=None, description="Most calls that begin on a local day.")
    call_hours_max_per_day: NonNegative | None = Field(default=None, description="Most hours called on a local day.")
    calls_max: Count | None = Field(default=None, description="Most calls over the horizon.")
    call_minimum_h: NonNegative = Field(default=0.0, description="Shortest call.")
    call_maximum_h: Positive | None = Field(default=None, description="Longest call.")
    rest_minimum_h: NonNegative = Field(default=0.0, description="Least time between two calls.")
    notice_h: NonNegative = Field(
        default=0.0,
        description="Time from the announcement of a call to its beginning; adds to the full activation time.",
    )
    exclusivity_group: Identifier = Field(
        default="flexibility", description="Products of one group never share a MW; products of different groups do."
    )

    # -- what the algebra and the settlement ask of a family ----------------------------------------------------------

    @property
    def capacity_price(self) -> Quantity:
        """Received per MW and hour of obligation, EUR/MW/h; 0 where readiness is not paid."""
        return 0.0

    @abstractmethod
    def activation(self, direction: Direction) -> Quantity | None:
        """Called share of the volume in a direction; ``None`` where the family names none."""

    @abstractmethod
    def energy_payments(self, direction: Direction) -> tuple[EnergyPayment, ...]:
        """What a called MWh is paid, by stream."""

    @property
    def directions(self) -> tuple[Direction, ...]:
        return ("up", "down") if self.direction == "symmetric" else (self.direction,)

    @property
    def has_window(self) -> bool:
        """Whether the obligation is not the same in all periods."""
        bounded = self.contract_start is not None or self.contract_end is not None
        return bool(self.calendar) or bounded or self.window_per_unit != 1.0

    @property
    def owes_readiness(self) -> bool:
        """Whether capacity that is not held costs anything; otherwise delivery of what is called is all that counts."""
        return self.shortfall_penalty_eur_per_mw_h > 0 or self.capacity_price != 0

    @property
    def response_time_s(self) -> float:
        """Time from the announcement to full delivery, s."""
        return self.full_activation_time_s + 3600.0 * self.notice_h


class _TwoWay(Flexibility):
    """Families whose two directions have activations and prices of their own."""

    energy_price_up_eur_per_mwh: Quantity | None = Field(
        default=None, description="Received for energy called up; null: none is paid."
    )
    energy_price_down_eur_per_mwh: Quantity | None = Field(
        default=None, description="Paid by the site for energy called down; null: none is paid."
    )
    energy_price_limit_eur_per_mwh: Positive | None = Field(
        default=None, description="Largest price of energy called, of either sign; null: not known."
    )
    activation_up_per_unit: Quantity | None = Field(default=None, description="Called share of the volume, up.")
    activation_down_per_unit: Quantity | None = Field(default=None, description="Called share of the volume, down.")
    offer_price_eur_per_mwh: Quantity | None = Field(
        default=None, description="The site's own price of energy; null: called whatever the marginal price."
    )
    marginal_price_eur_per_mwh: Quantity | None = Field(
        default=None, description="Price of the last offer called in merit order, in the product's direction."
    )

    def activation(self, direction: Direction) -> Quantity | None:
        return self.activation_up_per_unit if direction == "up" else self.activation_down_per_unit

    def energy_payments(self, direction: Direction) -> tuple[EnergyPayment, ...]:
        up = direction == "up"
        stated = self.energy_price_up_eur_per_mwh if up else self.energy_price_down_eur_per_mwh
        price = self.price_of_merit_order if stated is None else stated
        if price is None or self.energy_settlement == "uncorrected":
            return ()
        return (EnergyPayment("activation", price, 1 if up else -1),)

    @property
    @abstractmethod
    def price_of_merit_order(self) -> Quantity | None:
        """What energy is paid where no ``energy_price_*`` is stated, EUR/MWh."""


class Reserve(_TwoWay):
    """Capacity held ready, called by the system operator.

    Symmetric products have one volume and both directions; the others one. A reserve of one direction whose energy is
    offered at a price (``offer_price_eur_per_mwh``, as for aFRR) is called in merit order and paid the marginal price.
    """

    payment: ClassVar[str] = "capacity, energy"

    family: Literal["reserve"]
    capacity_price_eur_per_mw_h: Quantity
    shortfall_penalty_eur_per_mw_h: Positive = Field(
        description="Cost of capacity committed but not held, on top of losing its payment."
    )
    missed_penalty_eur_per_mwh: Positive = Field(description="Cost of energy ordered but not delivered.")

    @property
    def capacity_price(self) -> Quantity:
        return self.capacity_price_eur_per_mw_h

    @property
    def price_of_merit_order(self) -> Quantity | None:
        return self.marginal_price_eur_per_mwh


class FreeOffer(_TwoWay):
    """Energy offered to the balancing mechanism without being paid for readiness.

    Whether an offer is called is data: ``activation_*_per_unit``. Where the price of the marginal offer is known, an
    offer is called only in merit order: up if the marginal price is at least its own, down if it is at most its own. It
    is paid its own price.
    """

    payment: ClassVar[str] = "energy"

    family: Literal["free_offer"]
    direction: Direction
    missed_penalty_eur_per_mwh: Positive = Field(description="Cost of energy ordered but not delivered.")

    @property
    def price_of_merit_order(self) -> Quantity | None:
        return self.offer_price_eur_per_mwh


class DemandReduction(Flexibility):
    """Blocks of demand reduction sold on an energy market; the site's supplier is paid for the energy not drawn.

    The seller decides the volume and has to deliver it: every block sold is called in full.
    """

    payment: ClassVar[str] = "energy, supplier"

    family: Literal["demand_reduction"]
    direction: Literal["up"]
    energy_settlement: Literal["delivered"] = "delivered"
    call: Literal["discrete"] = "discrete"
    missed_penalty_eur_per_mwh: Positive = Field(description="Cost of energy sold but not reduced.")
    price_eur_per_mwh: Quantity = Field(description="Price of the market the blocks are sold on.")
    supplier_payment_eur_per_mwh: Quantity = Field(description="Paid to the site's supplier per MWh reduced.")

    def activation(self, direction: Direction) -> Quantity | None:
        return 1.0

    def energy_payments(self, direction: Direction) -> tuple[EnergyPayment, ...]:
        return (
            EnergyPayment("activation", self.price_eur_per_mwh, 1),
            EnergyPayment("supplier", self.supplier_payment_eur_per_mwh, -1),
        )


class _Contract(Flexibility):
    """A contract of one direction with one activation series."""

    direction: Direction
    activation_per_unit: Quantity = Field(description="Called share of the volume.")

    def activation(self, direction: Direction) -> Quantity | None:
        return self.activation_per_unit


class LocalFlexibility(_Contract):
    """A distributor's local flexibility: power in a zone, with or without reservation.

    With reservation readiness is paid (``fixed_price_*``) and owed in the contract's calendar; without, only delivered
    energy is paid.
    """

    payment: ClassVar[str] = "fixed, energy"

    @classmethod
    def payment_under(cls, rules: Mapping[str, Any]) -> str:
        return cls.payment if rules.get("reservation", True) else "energy"

    family: Literal["local_flexibility"]
    zone: str = Field(description="Zone of the grid the contract is for.")
    service_type: Literal["deferral", "incident", "works", "n_minus_1", "injection_congestion"] | None = None
    reservation: bool = Field(description="Whether readiness is paid and owed.")
    energy_settlement: Literal["delivered"] = "delivered"
    fixed_price_eur_per_mw_h: NonNegative | None = Field(
        default=None, description="Per MW and hour of the calendar; or give fixed_price_eur_per_mw_year."
    )
    fixed_price_eur_per_mw_year: NonNegative | None = Field(
        default=None, description="Per MW and year; earned hour by hour over window_hours_per_year."
    )
    window_hours_per_year: Positive | None = Field(default=None, description="Hours of the calendar in a year.")
    activation_price_eur_per_mwh: Quantity = Field(description="Received per MWh delivered, in either direction.")
    energy_price_eur_per_mwh: Quantity | None = Field(
        default=None,
        description="Direction down: paid by the site per MWh delivered for the energy itself, which it sold ahead and "
        "keeps, since the call is taken out of its imbalance.",
    )

    @property
    def capacity_price(self) -> Quantity:
        if not self.reservation:
            return 0.0
        if self.fixed_price_eur_per_mw_h is not None:
            return self.fixed_price_eur_per_mw_h
        if self.fixed_price_eur_per_mw_year is None or self.window_hours_per_year is None:
            return 0.0
        return self.fixed_price_eur_per_mw_year / self.window_hours_per_year

    def energy_payments(self, direction: Direction) -> tuple[EnergyPayment, ...]:
        activation = EnergyPayment("activation", self.activation_price_eur_per_mwh, 1)
        if direction == "up" or self.energy_price_eur_per_mwh is None:
            return (activation,)
        return (activation, EnergyPayment("called_energy", self.energy_price_eur_per_mwh, -1))


class DemandResponseTender(_Contract):
    """Yearly demand-response tender: a complement to the capacity mechanism, and a bonus for what is called.

    ``rate = max(0, tender_price - capacity_reference_price) / window_hours_per_year`` per MW and hour of obligation.
    """

    payment: ClassVar[str] = "yearly, bonus"

    family: Literal["demand_response_tender"]
    direction: Literal["up"]
    tender_price_eur_per_mw_year: NonNegative
    capacity_reference_price_eur_per_mw_year: NonNegative = Field(
        description="Price of the capacity mechanism that the complement is reckoned from."
    )
    window_hours_per_year: Positive = Field(description="Hours of obligation in a year.")
    activation_bonus_eur_per_mwh: Quantity = Field(default=0.0, description="Received per MWh delivered.")

    @property
    def capacity_price(self) -> Quantity:
        complement = max(0.0, self.tender_price_eur_per_mw_year - self.capacity_reference_price_eur_per_mw_year)
        return complement / self.window_hours_per_year

    def energy_payments(self, direction: Direction) -> tuple[EnergyPayment, ...]:
        return (EnergyPayment("activation", self.activation_bonus_eur_per_mwh, 1),)
