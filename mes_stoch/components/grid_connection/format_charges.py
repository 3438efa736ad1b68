"""What a user may write about charges of a connection beside its prices of energy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag

from mes_stoch.schema.base import MAPPING_TAG, NUMBER_TAG, Model, NonNegative, Positive, Quantity, number_or_mapping
from mes_stoch.schema.component import Component
from mes_stoch.schema.data_rules import DataRule, NumberRule
from mes_stoch.schema.site_decision import SiteDecision

_POWER = r"(peak|demand|power|capacity|maximum_demand)"
_CHARGE = r"(price|charge|cost|rate|tariff|fee)"

#: Words of other tools for the fields below.
CHARGE_WORDS = (
    (
        rf"((annual|monthly|yearly)_)?{_POWER}(_(import|grid|supply))?_{_CHARGE}s?(_.*)?|{_CHARGE}_(for_)?(peak|demand|power)(_.*)?"
        r"|(monthly|tou)_demand_rates.*|leistungspreis.*",
        "write demand_charge_eur_per_mw, a charge on the highest mean import of the month, in EUR/MW",
    ),
    (
        r"(subscribed|contracted|contract|agreed)_(power|capacity|demand)(_.*)?|puissance_souscrite.*",
        "write subscribed_power_mw, a number or {min_mw, max_mw, price_eur_per_mw}, and excess_charge_eur_per_mw for "
        "the import above it",
    ),
    (
        r"(excess|overrun|penalty)_(power|demand|peak)(_.*)?|depassement.*",
        "write excess_charge_eur_per_mw, for the highest mean import above subscribed_power_mw",
    ),
    (
        r"(fixed|standing|connection|base|basic|monthly|annual|yearly)_(cost|charge|fee|price)s?(_.*)?|grundpreis.*",
        "write fixed_cost_eur_per_day, what the connection costs on a day whatever flows",
    ),
    (
        r"(minimum|min|least)_(take|offtake|consumption|import|energy|purchase)(_.*)?|take_or_pay(_quantity|_energy)?",
        "write take_or_pay_mwh and take_or_pay_price_eur_per_mwh, for the horizon",
    ),
)


class Subscription(Model):
    """A subscribed power that is decided with the commitments, within a range and at a price."""

    min_mw: NonNegative = Field(default=0.0, description="Least power that can be subscribed.")
    max_mw: NonNegative = Field(description="Largest power that can be subscribed.")
    price_eur_per_mw: NonNegative = Field(
        default=0.0,
        description="Paid per MW subscribed and calendar month, of which the horizon carries "
        "demand_charge_share_per_unit: a twelfth of a price by the year.",
    )

    @property
    def bounds_mw(self) -> tuple[float, float]:
        """The least and the largest of them, MW."""
        return self.min_mw, self.max_mw


#: A number of MW, or a range from which it is decided.
Subscribed = Annotated[
    Annotated[NonNegative, Tag(NUMBER_TAG)] | Annotated[Subscription, Tag(MAPPING_TAG)],
    Discriminator(number_or_mapping),
]


class Charged(Component):
    """A connection with charges on its largest mean import over an interval, by the day, and on what is not taken."""

    demand_charge_eur_per_mw: NonNegative = Field(
        default=0.0,
        description="Paid per MW of the highest mean import of each calendar month, as metered; without energy.",
    )
    demand_charge_interval_h: Positive | None = Field(
        default=None,
        description="The meter takes means of import over this time (10 min in France; 15, 30 or 60 min elsewhere), a "
        "multiple of the period; null: the period.",
    )
    demand_charge_counts_per_unit: Quantity = Field(
        default=1.0,
        description="Share of the import that counts for the charges below and above, 0 to 1: 0 outside peak hours.",
    )
    demand_charge_share_per_unit: NonNegative = Field(
        default=1.0,
        le=1.0,
        description="Share of a month's charges (demand, excess) that the horizon carries: 1/30 for a typical day.",
    )
    peak_so_far_mw: NonNegative = Field(
        default=0.0,
        description="Highest mean import of the month before the horizon: only what is above it costs.",
    )
    subscribed_power_mw: Subscribed | None = Field(
        default=None,
        description="Power up to which nothing is charged as excess; a range with its price: decided once for all "
        "scenarios, with the commitments; null: no subscription.",
    )
    excess_charge_eur_per_mw: NonNegative | None = Field(
        default=0.0,
        description="Paid per MW of the highest mean import of each month above subscribed_power_mw; null forbids any.",
    )

    fixed_cost_eur_per_day: NonNegative = Field(
        default=0.0, description="Paid for each day of local time whatever flows: the fixed part of a two-part tariff."
    )
    take_or_pay_mwh: Positive | None = Field(
        default=None, description="Least energy to be withdrawn over the horizon; null: none."
    )
    take_or_pay_price_eur_per_mwh: Positive | None = Field(
        default=None, description="Paid on what is not withdrawn of take_or_pay_mwh; at most the import price."
    )

    @property
    def is_charged_by_power(self) -> bool:
        """Whether the largest import costs anything."""
        return self.demand_charge_eur_per_mw > 0 or self.is_limited_by_subscription

    @property
    def is_limited_by_subscription(self) -> bool:
        """Whether import above the subscribed power costs anything, or is forbidden."""
        excess = self.excess_charge_eur_per_mw
        return excess is None or excess > 0

    @property
    def subscription(self) -> Subscription | None:
        """The subscribed power as a range with its price; ``None`` where it is a number, or there is none."""
        stated = self.subscribed_power_mw
        return stated if isinstance(stated, Subscription) else None

    @property
    def is_subscription_open(self) -> bool:
        """Whether the subscribed power is still to be decided."""
        range_mw = self.subscription
        return range_mw is not None and range_mw.min_mw < range_mw.max_mw

    @property
    def known_subscription_mw(self) -> float:
        """The subscribed power once it is known, and 0 where there is none, MW.

        Raises
        ------
        TypeError
            It is still to be decided.
        """
        stated = self.subscribed_power_mw
        if self.is_subscription_open:
            raise TypeError("the subscribed power is asked for before it was decided")
        return stated.max_mw if isinstance(stated, Subscription) else stated or 0.0

    @property
    def subscription_price_eur_per_mw(self) -> float:
        """What a MW subscribed costs a month: nothing where only a number is stated."""
        range_mw = self.subscription
        return 0.0 if range_mw is None else range_mw.price_eur_per_mw

    def site_decisions(self) -> Sequence[SiteDecision]:
        range_mw = self.subscription
        if range_mw is None or not self.is_subscription_open:
            return ()
        return (SiteDecision("subscribed_power_mw", "MW", range_mw.min_mw, range_mw.max_mw),)

    def as_decided(self, values: Mapping[str, float]) -> Self:
        range_mw, value = self.subscription, values.get("subscribed_power_mw")
        if range_mw is None or value is None:
            return self
        decided = range_mw.model_copy(update={"min_mw": value, "max_mw": value})
        return self.model_copy(update={"subscribed_power_mw": decided})

    @property
    def carried_in_month(self) -> Sequence[str]:
        return ("peak_so_far_mw",) if self.is_charged_by_power else ()

    def import_charge_eur_per_mwh(self, period_h: float, first_period_h: float | None = None, months: int = 1) -> float:
        # a MW that must not be in excess is subscribed, in every month
        beyond = self.excess_charge_eur_per_mw
        per_mw = self.demand_charge_eur_per_mw
        per_mw += months * self.subscription_price_eur_per_mw if beyond is None else beyond
        # of an interval that has begun no less may be left than of the first period
        interval_h = first_period_h or self.demand_charge_interval_h or period_h
        return self.demand_charge_share_per_unit * per_mw / interval_h

    def data_rules(self) -> Iterator[DataRule]:
        counts = self.demand_charge_counts_per_unit
        yield NumberRule("demand_charge_counts_per_unit", counts, "share", "a share between 0 and 1")
