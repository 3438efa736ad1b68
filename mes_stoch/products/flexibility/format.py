"""What a user may write about products that hold power ready: reserves, free offers, demand reduction, contracts.

They share one set of rules (:class:`~mes_stoch.schema.flexibility.Flexibility`) and one algebra
(:mod:`mes_stoch.products.flexibility.equations`). What a family adds is how it is paid, and which of the rules it
fixes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import NonNegative, Positive, Quantity
from mes_stoch.schema.data_rules import DataRule, known_when_accepted
from mes_stoch.schema.flexibility import Direction, EnergyPayment, Flexibility
from mes_stoch.schema.price_offers import PriceOffers, PriceStep, Pricing


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
    activation_up_per_unit: Quantity | None = Field(
        default=None,
        description="Share of the volume that is called upwards in a period, 0 to 1: data, not a decision.",
    )
    activation_down_per_unit: Quantity | None = Field(
        default=None,
        description="Share of the volume that is called downwards in a period, 0 to 1: data, not a decision.",
    )
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

    def activation_key(self, direction: Direction) -> str:
        return f"activation_{direction}_per_unit"

    @property
    def energy_price_limit(self) -> float | None:
        return self.energy_price_limit_eur_per_mwh

    def merit_order(self) -> tuple[Quantity, Quantity] | None:
        own, marginal = self.offer_price_eur_per_mwh, self.marginal_price_eur_per_mwh
        return None if own is None or marginal is None else (own, marginal)

    @property
    @abstractmethod
    def price_of_merit_order(self) -> Quantity | None:
        """What energy is paid where no ``energy_price_*`` is stated, EUR/MWh."""


class Reserve(_TwoWay):
    """Capacity held ready, called by the system operator.

    Symmetric products have one volume and both directions; the others one. A reserve of one direction whose energy is
    offered at a price (``offer_price_eur_per_mwh``, as for aFRR) is called in merit order and paid the marginal price.

    Capacity is accepted whatever the price, as an offer at the floor is, or offered at prices
    (``capacity_offer_prices_eur_per_mw_h``), each accepted in the scenarios whose price of capacity reaches it.
    """

    payment: ClassVar[str] = "capacity, energy"

    family: Literal["reserve"]
    capacity_price_eur_per_mw_h: Quantity = Field(
        description="Received per MW committed and hour of the block, called or not."
    )
    capacity_offer_prices_eur_per_mw_h: list[NonNegative] | None = Field(
        default=None,
        description="Prices at which capacity is offered, one to five, rising; a volume is decided for each, and "
        "accepted where capacity_price_eur_per_mw_h is at least its price. null: accepted whatever the price.",
    )
    capacity_pricing: Pricing = Field(
        default="cleared",
        description="What capacity accepted at a price is paid: the clearing price (cleared), or its own price (bid).",
    )
    shortfall_penalty_eur_per_mw_h: Positive = Field(
        description="Cost of capacity committed but not held, on top of losing its payment."
    )
    missed_penalty_eur_per_mwh: Positive = Field(description="Cost of energy ordered but not delivered.")

    @property
    def capacity_price(self) -> Quantity:
        return self.capacity_price_eur_per_mw_h

    @property
    def is_paid_for_readiness(self) -> bool:
        return True

    def price_offers(self) -> PriceOffers | None:
        prices = self.capacity_offer_prices_eur_per_mw_h
        if prices is None:
            return None
        steps = (
            PriceStep(f"offer_{number}", price, "eur_per_mw_h", self.direction_in_words)
            for number, price in enumerate(prices, start=1)
        )
        return PriceOffers(tuple(steps), self.capacity_price_eur_per_mw_h, self.capacity_pricing)

    def data_rules(self) -> Iterator[DataRule]:
        yield from super().data_rules()
        if self.capacity_offer_prices_eur_per_mw_h is not None:
            yield known_when_accepted("capacity_price_eur_per_mw_h", self.capacity_price_eur_per_mw_h)

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

    is_own_offer: ClassVar[bool] = True

    family: Literal["free_offer"]
    direction: Direction = Field(description="up: more injection or less withdrawal; down: the reverse.")
    missed_penalty_eur_per_mwh: Positive = Field(description="Cost of energy ordered but not delivered.")

    @property
    def price_of_merit_order(self) -> Quantity | None:
        return self.offer_price_eur_per_mwh


class DemandReduction(Flexibility):
    """Blocks of demand reduction sold on an energy market; the site's supplier is paid for the energy not drawn.

    The seller decides the volume and has to deliver it: every block sold is called in full.
    """

    payment: ClassVar[str] = "energy, supplier"

    is_own_offer: ClassVar[bool] = True
    has_called_share: ClassVar[bool] = False
    needs_given_baseline: ClassVar[bool] = True
    needs_schedule: ClassVar[bool] = False

    family: Literal["demand_reduction"]
    direction: Literal["up"] = Field(description="up: less is drawn.")
    energy_settlement: Literal["delivered"] = Field(
        default="delivered", description="Energy is paid, and taken out of the imbalance, as delivered."
    )
    call: Literal["discrete"] = Field(default="discrete", description="Blocks sold begin and end.")
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

    direction: Direction = Field(description="up: more injection or less withdrawal; down: the reverse.")
    activation_per_unit: Quantity = Field(
        description="Share of the volume that is called in a period, 0 to 1: data, not a decision."
    )

    def activation(self, direction: Direction) -> Quantity | None:
        return self.activation_per_unit


class LocalFlexibility(_Contract):
    """A distributor's local flexibility: power in a zone, with or without reservation.

    With reservation readiness is paid (``fixed_price_*``) and obliged in the contract's calendar; without, only
    delivered energy is paid.
    """

    payment: ClassVar[str] = "fixed, energy"

    @classmethod
    def payment_under(cls, rules: Mapping[str, Any]) -> str:
        return cls.payment if rules.get("reservation", True) else "energy"

    family: Literal["local_flexibility"]
    zone: str = Field(description="Zone of the grid the contract is for.")
    service_type: Literal["deferral", "incident", "works", "n_minus_1", "injection_congestion"] | None = Field(
        default=None, description="What the distributor needs it for; told in tables, and of no effect. null: not said."
    )
    reservation: bool = Field(description="Whether readiness is paid and obliged.")
    energy_settlement: Literal["delivered"] = Field(
        default="delivered", description="Energy is paid, and taken out of the imbalance, as delivered."
    )
    fixed_price_eur_per_mw_h: NonNegative | None = Field(
        default=None, description="Per MW and hour of the calendar; or give fixed_price_eur_per_mw_year."
    )
    fixed_price_eur_per_mw_year: NonNegative | None = Field(
        default=None, description="Per MW and year; earned hour by hour over window_hours_per_year."
    )
    window_hours_per_year: Positive | None = Field(
        default=None, description="Hours of the calendar in a year, over which a yearly price is spread."
    )
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
    direction: Literal["up"] = Field(description="up: less is drawn.")
    tender_price_eur_per_mw_year: NonNegative = Field(
        description="Price of the tender per MW and year; paid as far as it is above the reference price of capacity."
    )
    capacity_reference_price_eur_per_mw_year: NonNegative = Field(
        description="Price of the capacity mechanism that the complement is reckoned from."
    )
    window_hours_per_year: Positive = Field(
        description="Hours of obligation in a year, over which the yearly price is spread."
    )
    activation_bonus_eur_per_mwh: Quantity = Field(default=0.0, description="Bonus received per MWh delivered.")

    @property
    def capacity_price(self) -> Quantity:
        complement = max(0.0, self.tender_price_eur_per_mw_year - self.capacity_reference_price_eur_per_mw_year)
        return complement / self.window_hours_per_year

    def energy_payments(self, direction: Direction) -> tuple[EnergyPayment, ...]:
        return (EnergyPayment("activation", self.activation_bonus_eur_per_mwh, 1),)


KINDS = (Reserve, FreeOffer, DemandReduction, LocalFlexibility, DemandResponseTender)
