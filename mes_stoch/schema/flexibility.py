"""Power that is held ready and called: the contract of families that components provide and an operator calls.

Families of reserves, free offers, demand reduction, local contracts and frequency services have these rules in common.
What a family adds is how it is paid, and which of the rules it fixes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive, Quantity
from mes_stoch.schema.calendar import CalendarWindow, DateText
from mes_stoch.schema.data_rules import DataRule, NumberRule, OrderRule, PriceOfEnergy
from mes_stoch.schema.product import BidRules, MarketProduct, Stage, TradedProduct

Direction = Literal["up", "down"]
Count = Annotated[int, Field(ge=0)]
PerUnit = Annotated[float, Field(ge=0, le=1)]

#: Called shares and windows up to this are rounding: nothing is called, nothing obliges. A share so near to the window
#: is a call in full. One number for model, checks of trees and stress test, or noise in data would use up calls.
LEAST_CALLED_PER_UNIT = 1e-6

#: Hours of calls up to this are rounding, h.
LEAST_CALLED_H = 1e-6


class AvailabilityRule(Model):
    """All that is committed is held, and all that is called delivered, with a probability over the scenarios."""

    probability_per_unit: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.9, description="Least probability of no shortfall and no miss; 0.9 is the P90 rule."
    )
    over: Literal["block", "horizon"] = Field(
        default="block", description="The span in which none may occur: each block of the volume, or all of them."
    )
    approach: Literal["exact", "cvar"] = Field(
        default="exact", description="Exact takes a binary a scenario and span; cvar is linear, and on the safe side."
    )


class EnergyPayment(NamedTuple):
    """Money per MWh called: ``sign`` is +1 where the site receives ``price`` for energy in the product's direction."""

    stream: str
    price: Quantity
    sign: int


class Flexibility(TradedProduct):
    """Power held ready in blocks or over a whole contract, called by an operator, and paid by its family's rules."""

    needs_schedule: ClassVar[bool] = True

    #: Whether a market enables what is offered, so that no more has to be held than it enables.
    is_enabled_by_market: ClassVar[bool] = False

    #: Whether the site offers it by itself, so that it exists in its window alone; elsewhere an operator's calls
    #: outside the window are mistakes in the data.
    is_own_offer: ClassVar[bool] = False

    #: Whether the data say what is called; otherwise all that is sold is called in full.
    has_called_share: ClassVar[bool] = True

    #: Whether the components that provide it need a schedule that is given, from which a reduction is told.
    needs_given_baseline: ClassVar[bool] = False

    direction: Literal["up", "down", "symmetric"] = Field(
        description="up: more injection or less withdrawal when called; down: the reverse; symmetric: either way."
    )
    stage: Stage = Field(
        default="commit",
        description="When the volume is decided: before all is known (commit), with day-ahead prices, or later.",
    )
    block_h: Positive | None = Field(
        description="The volume is constant over a block of local clock hours; null: over the horizon (a contract)."
    )
    volume_max_mw: NonNegative = Field(description="Largest volume that can be committed in a block.")
    minimum_bid_mw: NonNegative = Field(
        default=0.0, description="Smallest volume that can be bid, if any is; switched off by bids.minimum."
    )
    bid_step_mw: NonNegative = Field(default=0.0, description="Volumes are multiples of this; 0: any volume.")
    full_activation_time_s: Positive = Field(description="Time from the call to full delivery.")
    sustain_h: NonNegative = Field(
        description="Time for which a full call must be kept up; stores and heat hold energy for it."
    )
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
    holidays: list[DateText] = Field(
        default_factory=list, description="Public holidays, e.g. 2025-12-25: no working days of the calendar."
    )
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
    calls_max_per_day: Count | None = Field(
        default=None, description="Most calls that begin on a local day; null: no limit."
    )
    call_hours_max_per_day: NonNegative | None = Field(
        default=None, description="Most hours of calls on a local day; null: no limit."
    )
    calls_max: Count | None = Field(default=None, description="Most calls over the horizon; null: no limit.")
    call_minimum_h: NonNegative = Field(default=0.0, description="Shortest call of the operator; 0: any.")
    call_maximum_h: Positive | None = Field(default=None, description="Longest call of the operator; null: no limit.")
    rest_minimum_h: NonNegative = Field(
        default=0.0, description="Least time from the end of a call to the next one; 0: none."
    )
    notice_h: NonNegative = Field(
        default=0.0,
        description="Time from the announcement of a call to its beginning; adds to the full activation time.",
    )
    availability: AvailabilityRule | None = Field(
        default=None, description="Probability with which it must be available; null: penalties alone."
    )
    exclusivity_group: Identifier = Field(
        default="flexibility", description="Products of one group never share a MW; products of different groups do."
    )

    # -- how it is paid and called ------------------------------------------------------------------------------------

    @property
    def capacity_price(self) -> Quantity:
        """Received per MW and hour of obligation, EUR/MW/h; 0 where readiness is not paid."""
        return 0.0

    @property
    def is_paid_for_readiness(self) -> bool:
        """Whether readiness has a price, which may be zero in some scenarios."""
        return self.capacity_price != 0

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
    def energy_price_limit(self) -> float | None:
        """Largest price of energy called, of either sign, EUR/MWh; ``None`` where it is not known."""
        return None

    def merit_order(self) -> tuple[Quantity, Quantity] | None:
        """The site's own price of energy and the marginal price that decides whether it is called, where they do."""
        return None

    @property
    def response_time_s(self) -> float:
        """Time from the announcement to full delivery, s."""
        return self.full_activation_time_s + 3600.0 * self.notice_h

    # -- as any product -----------------------------------------------------------------------------------------------

    def bid_rules(self) -> BidRules | None:
        return self

    @property
    def decision_stage(self) -> Stage | None:
        return self.stage

    @property
    def volume_block_h(self) -> float | None:
        return self.block_h

    @property
    def direction_in_words(self) -> str:
        return self.direction

    @property
    def has_availability_obligation(self) -> bool:
        """Whether capacity that is not held costs anything; otherwise delivery of what is called is all that counts."""
        return self.shortfall_penalty_eur_per_mw_h > 0 or self.capacity_price != 0

    def prices(self) -> Iterator[PriceOfEnergy]:
        for direction in self.directions:
            for payment in self.energy_payments(direction):
                is_call = payment.stream == "activation"
                yield PriceOfEnergy(payment.stream, payment.price, self.energy_price_limit, is_balancing=is_call)

    def activation_key(self, direction: Direction) -> str:
        """The key that says what is called in a direction."""
        return "activation_per_unit"

    def data_rules(self) -> Iterator[DataRule]:
        yield self._readiness_rule()
        yield NumberRule("window_per_unit", self.window_per_unit, "share", "a called share between 0 and 1")
        shares = {direction: self.activation(direction) for direction in self.directions}
        for direction, share in shares.items():
            if share is not None:
                expected = "a called share between 0 and 1"
                yield NumberRule(self.activation_key(direction), share, "share", expected)
        given = [share for share in shares.values() if share is not None]
        if len(shares) == 2 and len(given) == 2:
            yield OrderRule(
                "activation_up_per_unit",
                tuple(given),
                1.0,
                "called shares up and down that sum to at most 1",
                "no more than the whole volume can be called in a period",
            )
        for direction in self.directions:
            for payment in self.energy_payments(direction):
                if payment.stream == "activation":
                    yield NumberRule(f"energy_price_{direction}_eur_per_mwh", payment.price, "present")

    def _readiness_rule(self) -> DataRule:
        expected = "a price of capacity of 0 or more"
        return NumberRule("capacity_price_eur_per_mw_h", self.capacity_price, "not_negative", expected)


def directed_name(product_id: str, direction: Direction) -> str:
    """Product id with the direction once: ``fr_fcr_up``, ``fr_afrr_up``."""
    suffix = f"_{direction}"
    return product_id if product_id.endswith(suffix) else product_id + suffix


def as_called(product: MarketProduct) -> Flexibility | None:
    """A product as power that is held ready and called; ``None`` where it is not."""
    return product if isinstance(product, Flexibility) else None
