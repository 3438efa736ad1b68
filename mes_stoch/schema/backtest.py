"""The format of a backtest: a file a day, and ``backtest.json`` with all of them and their totals."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative, Positive

Count = Annotated[int, Field(ge=1)]


class BacktestPlan(Model):
    """What the numbers of a backtest depend on; days of one folder have it in common."""

    format: Literal[1] = 1
    instance: str
    currency: str
    mes_stoch_version: str
    site: str = Field(description="Digest of the instance as it is operated.")
    series: str = Field(description="Digest of the real series.")
    source: str = Field(description="Name of the real series.")
    window_days: Count = Field(description="Days before the operated one that its commitment is made from.")
    method: str
    fan: Count = Field(description="Days of the window that each step of the operation is planned for; 1: their mean.")
    gap_rel: Positive
    time_limit_s: Positive = Field(description="Of each solve.")

    def differences(self, other: BacktestPlan) -> list[str]:
        """What is not the same in another plan, in words."""
        mine, theirs = self.model_dump(), other.model_dump()
        return [f"{name}: {mine[name]}, not {theirs[name]}" for name in mine if mine[name] != theirs[name]]


class DayVolume(Model):
    """A volume committed for a block of a day, with its unit; with offers at prices, at one of them."""

    product: str
    block_start: str = Field(description="Local time, ISO 8601.")
    volume: NonNegative
    unit: str
    direction: str | None = Field(default=None, description="Of an offer at a price: up, down, sell or buy.")
    price_eur_per_mw_h: float | None = Field(default=None, description="At which capacity is offered.")
    price_eur_per_mwh: float | None = Field(default=None, description="At which energy is offered.")


class BacktestDay(Model):
    """One day: what was planned for it, what was earned on it, and what could have been. Profits in the currency."""

    day: date
    window: list[date] = Field(description="Days that the commitment was made from, equally likely.")
    status: str = Field(description="Of the solve that made the commitment.")
    planned: float = Field(description="Expected profit of the commitment over the window, each day known as a whole.")
    planned_upper: float = Field(description="No commitment has a larger expectation there; proven.")
    realised: float = Field(description="Profit of the operation without foresight, settled by the ledger.")
    given_lower: float = Field(description="Profit of a dispatch of the same commitment with the day known.")
    given_upper: float = Field(description="No dispatch of that commitment earns more; proven.")
    perfect_lower: float = Field(description="Profit of a commitment and its dispatch with the day known.")
    perfect_upper: float = Field(description="No commitment earns more on that day; proven.")
    streams: dict[str, float] = Field(description="Realised profit by stream, as settled; those that are not 0.")
    missing_mwh: dict[str, float] = Field(
        description="Not held (MW h), delivered or served, by the stream that penalises it; empty where nothing is."
    )
    commitments: list[DayVolume]
    settlement_difference: NonNegative = Field(
        description="Largest difference of a stream from the model's account, over the money that moves."
    )
    wall_time_s: NonNegative
    began_with: dict[str, float] = Field(
        default={}, description="Fields of the instance that the day took from the one before it in its month: peaks."
    )
    carried: dict[str, float] = Field(default={}, description="The same fields for the next day of the month.")

    @property
    def regret_lower(self) -> float:
        """What perfect foresight would have earned more, at least."""
        return self.perfect_lower - self.realised

    @property
    def regret_upper(self) -> float:
        """What perfect foresight would have earned more, at most; proven."""
        return self.perfect_upper - self.realised


class BacktestTotals(Model):
    """Sums over the days."""

    days: Count
    planned: float
    realised: float
    given_lower: float
    given_upper: float
    perfect_lower: float
    perfect_upper: float
    regret_lower: float
    regret_upper: float
    days_with_a_miss: Annotated[int, Field(ge=0)] = Field(description="Days on which something was missing.")
    streams: dict[str, float]
    missing_mwh: dict[str, float]


class BacktestDocument(Model):
    """``backtest.json``."""

    plan: BacktestPlan
    sources: list[dict[str, Any]]
    notes: list[str] = Field(description="What was assumed of the series.")
    left_out: dict[date, str] = Field(description="Days of the span that could not be operated, and why.")
    pairing: dict[date, dict[str, date]] = Field(
        default={}, description="By day, operated or of a window: dates of series that not every day has of itself."
    )
    totals: BacktestTotals
    days: list[BacktestDay]
