"""What a user may write about charges of a connection beside its prices of energy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from mes_stoch.schema.base import NonNegative, Positive, Quantity
from mes_stoch.schema.component import Component
from mes_stoch.schema.data_rules import DataRule, NumberRule

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
        "write subscribed_power_mw, and excess_charge_eur_per_mw for the import above it",
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
    subscribed_power_mw: NonNegative | None = Field(
        default=None, description="Power up to which nothing is charged as excess; null: no subscription."
    )
    excess_charge_eur_per_mw: NonNegative = Field(
        default=0.0, description="Paid per MW of the highest mean import of each month above subscribed_power_mw."
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
        return self.demand_charge_eur_per_mw > 0 or self.excess_charge_eur_per_mw > 0

    @property
    def carried_in_month(self) -> Sequence[str]:
        return ("peak_so_far_mw",) if self.is_charged_by_power else ()

    @property
    def power_thresholds_mw(self) -> tuple[float, float]:
        """Mean import of the first month above which the demand charge and the excess charge begin."""
        return self.peak_so_far_mw, max(self.peak_so_far_mw, self.subscribed_power_mw or 0.0)

    def import_charge_eur_per_mwh(self, period_h: float) -> float:
        per_mw = self.demand_charge_eur_per_mw + self.excess_charge_eur_per_mw
        return self.demand_charge_share_per_unit * per_mw / (self.demand_charge_interval_h or period_h)

    def data_rules(self) -> Iterator[DataRule]:
        counts = self.demand_charge_counts_per_unit
        yield NumberRule("demand_charge_counts_per_unit", counts, "share", "a share between 0 and 1")
