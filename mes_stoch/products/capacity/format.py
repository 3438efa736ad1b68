"""The capacity mechanism: a certified level, counted in the critical hours of the year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import NonNegative, Positive, Quantity
from mes_stoch.schema.calendar import CalendarWindow, DateText
from mes_stoch.schema.data_rules import DataRule, NumberRule
from mes_stoch.schema.product import BidRules, Stage, TradedProduct

#: What a device without a stock of energy has: all of its power counts.
StockFactor = Annotated[float, Field(gt=0, le=1)]


class CapacityMechanism(TradedProduct):
    """A level certified ahead for a delivery year, paid for the year, and counted in its critical hours.

    ``certified <= Kj Kh available``: the coefficients derate what cannot hold its power through the critical hours of a
    day (Kj) or a week (Kh). What is missing in the critical hours of a scenario is settled: at the reference price of
    the mechanism (``regime: decentralised``), or at a penalty (``regime: centralised``, a single buyer). What the level
    earns and costs is reckoned by day; see :mod:`mes_stoch.products.capacity.equations`.
    """

    payment: ClassVar[str] = "yearly"
    kind_in_words: ClassVar[str] = "a capacity mechanism, which counts power that other products hold"

    family: Literal["capacity_mechanism"]
    regime: Literal["decentralised", "centralised"] = Field(
        description="decentralised: a shortfall costs reference_price_eur_per_mw_year; centralised: "
        "penalty_eur_per_mw_year."
    )
    stage: Literal["commit"] = Field(default="commit", description="The level is certified before anything is known.")
    available_mw: NonNegative = Field(description="Power of the certified devices together, before coefficients.")
    daily_stock_factor_per_unit: StockFactor = Field(
        description="Kj: derates what cannot hold its power through the critical hours of a day; 1 if nothing is."
    )
    weekly_stock_factor_per_unit: StockFactor = Field(description="Kh: the same over the critical hours of a week.")
    minimum_bid_mw: NonNegative = Field(default=0.0, description="Smallest certified level that is not zero.")
    bid_step_mw: NonNegative = Field(default=0.0, description="Levels are multiples of this; 0: any level.")
    price_eur_per_mw_year: Quantity = Field(description="Received per MW certified and year.")
    reference_price_eur_per_mw_year: Quantity | None = Field(
        default=None, description="Decentralised regime: paid per MW of shortfall and year."
    )
    penalty_eur_per_mw_year: Quantity | None = Field(
        default=None, description="Centralised regime: paid per MW of shortfall and year."
    )
    critical_per_unit: Quantity = Field(
        description="1 in critical hours, 0 outside; multiplies the calendar. Which days are critical (PP2 days, "
        "tightest hours) is a feature of the scenario."
    )
    calendar: list[CalendarWindow] = Field(
        default_factory=list, description="Hours that can be critical; none listed: all."
    )
    holidays: list[DateText] = Field(
        default_factory=list, description="Public holidays, e.g. 2025-12-25: no working days of the calendar."
    )
    critical_hours_per_year: Positive = Field(
        description="Critical hours of a year: a scenario weighs as many of them as it has."
    )
    obligation_price_eur_per_mw_year: Quantity | None = Field(
        default=None,
        description="Decentralised regime: what the site's supplier passes on per MW drawn in the hours of obligation "
        "(PP1) and year; null: nothing.",
    )
    obligation_per_unit: Quantity = Field(
        default=0.0,
        description="1 in hours of obligation, 0 outside; multiplies the calendar. PP1 days are critical too.",
    )
    obligation_hours_per_year: Positive = Field(
        default=125.0, description="Hours of obligation in a year: a scenario weighs as many of them as it has."
    )
    converters_count: Literal["available", "running"] = Field(
        default="available",
        description="available: a converter counts its maximum, on or off; running: only while it is on.",
    )

    @property
    def volume_max_mw(self) -> float:
        """Largest level that can be certified, MW: ``Kj Kh available``."""
        return self.daily_stock_factor_per_unit * self.weekly_stock_factor_per_unit * self.available_mw

    @property
    def shortfall_price(self) -> Quantity:
        """Cost of a shortfall under the regime, EUR/MW and year; reading an instance makes sure that it is given."""
        decentralised = self.regime == "decentralised"
        price = self.reference_price_eur_per_mw_year if decentralised else self.penalty_eur_per_mw_year
        return 0.0 if price is None else price

    @property
    def shortfall_price_key(self) -> str:
        """The key of the regime's shortfall price."""
        return "reference_price_eur_per_mw_year" if self.regime == "decentralised" else "penalty_eur_per_mw_year"

    def bid_rules(self) -> BidRules | None:
        return self

    @property
    def decision_stage(self) -> Stage | None:
        return self.stage

    @property
    def direction_in_words(self) -> str:
        # a certified level has no direction, for nothing is called of it
        return "certified"

    def drawn_hour_values(self) -> Iterator[tuple[Quantity, float]]:
        if self.obligation_price_eur_per_mw_year is not None:
            yield self.obligation_price_eur_per_mw_year, self.obligation_hours_per_year

    def kept_hour_values(self) -> Iterator[tuple[Quantity, float]]:
        yield self.shortfall_price, self.critical_hours_per_year

    def data_rules(self) -> Iterator[DataRule]:
        for key in ("price_eur_per_mw_year", self.shortfall_price_key, "obligation_price_eur_per_mw_year"):
            if getattr(self, key) is not None:
                yield NumberRule(key, getattr(self, key), "not_negative", "a price of 0 or more")
        yield NumberRule("critical_per_unit", self.critical_per_unit, "share", "1 in critical hours, 0 outside")
        if self.obligation_price_eur_per_mw_year is not None:
            expected = "1 in hours of obligation, 0 outside"
            yield NumberRule("obligation_per_unit", self.obligation_per_unit, "share", expected)


KINDS = (CapacityMechanism,)
