"""What several parts of ``evaluation.json`` have in common: shares, intervals of estimates, brackets of proof."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import Model

Share = Annotated[float, Field(ge=0, le=1)]


class ConfidenceInterval(Model):
    """Where a mean over days not drawn lies, with a probability."""

    level: Share
    lower: float
    upper: float


class BracketResult(Model):
    """Two ends that hold a number by proof; null: nothing is known on that side."""

    value: Literal["between", "minus infinity", "infinity"] = Field(
        default="between", description="Where a scenario has no dispatch at all, a profit is minus infinity."
    )
    lower: float | None
    upper: float | None


class DecidedNumber(Model):
    """A number of a component that is decided with the commitments."""

    component: str
    quantity: str
    unit: str
    value: float


class CommittedVolume(Model):
    """What is committed of a product in a block; with offers at prices, at one of them."""

    product: str
    block_start: str = Field(description="Local time (ISO 8601).")
    direction: str | None = Field(default=None, description="Of an offer at a price: up, down, sell or buy.")
    price_eur_per_mw_h: float | None = Field(default=None, description="At which capacity is offered.")
    price_eur_per_mwh: float | None = Field(default=None, description="At which energy is offered.")
    volume_mw: float | None = None
    volume_mvar: float | None = None
