"""What all products share: where they are traded, until when, and what they exclude."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import Identifier, Model
from mes_stoch.schema.products.calendar import DateText

Stage = Literal["commit", "day_ahead", "realtime"]

#: ``D-1 12:00`` (delivery day less one, local time), ``Y-1 00:00`` and ``Q-1 00:00`` for contracts, ``H-5min`` for
#: a gate that moves with delivery.
Gate = Annotated[str, Field(pattern=r"^([YQMD]-\d+|D) ([01]\d|2[0-3]):[0-5]\d$|^H-\d+min$")]


class MarketProduct(Model):
    """One thing sold or bought."""

    #: What the family pays for, in words.
    payment: ClassVar[str] = ""

    @classmethod
    def payment_under(cls, rules: Mapping[str, Any]) -> str:
        """What is paid for where some rules hold, in words."""
        return cls.payment

    gate: Gate | None = Field(
        default=None,
        description="Until when the volume can change: `D-1 08:00`, `Y-1 00:00`, `H-5min`; null: not said.",
    )
    source: str = ""
    placeholders: list[Identifier] = Field(
        default_factory=list,
        description="Keys whose value in the catalogue has no source: a placeholder, marked [user], to be replaced.",
    )
    delivery_from: DateText | None = Field(
        default=None, description="First day on which the product is delivered at all; null: no limit known."
    )
    delivery_until: DateText | None = Field(default=None, description="Last day on which it is; null: none known.")


class TradedProduct(MarketProduct):
    """A product of a grid connection."""

    connection: Identifier | None = Field(default=None, description="Grid connection; null: the only one that can be.")
    exclusive_with: list[Identifier] = Field(
        default_factory=list, description="Products of which no volume may be committed in the same hours."
    )
