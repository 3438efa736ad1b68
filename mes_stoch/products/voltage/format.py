"""The voltage service: reactive power held ready by units whose active and reactive power share one capability."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.products.voltage.format_capability import Corner, circle_corners
from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive, Quantity
from mes_stoch.schema.data_rules import DataRule, NumberRule
from mes_stoch.schema.product import Stage, TradedProduct


class CapabilityPoint(Model):
    """A corner of what a unit can run at: injection is positive, of active and of reactive power."""

    power_mw: float = Field(description="Active power of the corner; positive is injected.")
    reactive_mvar: float = Field(description="Reactive power of the corner; positive is injected.")


class ReactiveUnit(Model):
    """Active and reactive power that one unit can run at together: a disc, or a polygon of its own.

    ``apparent_power_mva`` of a converter: ``P^2 + Q^2 <= S^2``, as a polygon with ``sides`` corners on the circle.
    ``capability`` of a synchronous machine: the corners of a convex polygon in order, either way round. It is what the
    unit can run at while it is on; a unit that is off has no reactive power.
    """

    apparent_power_mva: Positive | None = Field(
        default=None, description="Apparent power of a converter-connected unit; or give capability."
    )
    sides: Annotated[int, Field(ge=4, multiple_of=4)] = Field(
        default=32,
        description="Corners of the polygon in the circle of apparent_power_mva, a multiple of 4. Between two corners "
        "it lies inside the circle by up to 1 - cos(pi / sides) of the radius: 0.5 % for 32.",
    )
    capability: list[CapabilityPoint] = Field(
        default_factory=list, description="Corners of a convex polygon of active and reactive power."
    )

    @property
    def corners(self) -> list[Corner]:
        """Corners of what the unit can run at, MW and Mvar; reading an instance makes sure that one is given."""
        if self.apparent_power_mva is not None:
            return circle_corners(self.apparent_power_mva, self.sides)
        return [(point.power_mw, point.reactive_mvar) for point in self.capability]


class VoltageService(TradedProduct):
    """Reactive power kept available in blocks or over a whole contract, for a fixed payment."""

    payment: ClassVar[str] = "reactive power"
    kind_in_words: ClassVar[str] = "a voltage service, of which no active power is held"

    family: Literal["voltage"]
    stage: Literal["commit"] = Field(default="commit", description="The reactive power is committed ahead.")
    direction: Literal["both", "injection", "absorption"] = Field(
        default="both",
        description="Reactive power to inject, to absorb, or as much either way; from nothing to all of it.",
    )
    block_h: Positive | None = Field(
        description="The volume is constant over a block of local clock hours; null: over the horizon (a contract)."
    )
    volume_max_mvar: NonNegative = Field(description="Largest reactive power that can be committed in a block.")
    price_eur_per_mvar_h: Quantity = Field(description="Received per Mvar available and hour.")
    shortfall_penalty_eur_per_mvar_h: Positive = Field(
        description="Cost of reactive power committed but not available, on top of losing its payment."
    )
    units: dict[Identifier, ReactiveUnit] = Field(description="What every unit that provides the service can run at.")

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
        return True

    def data_rules(self) -> Iterator[DataRule]:
        key, expected = "price_eur_per_mvar_h", "a price of 0 or more"
        yield NumberRule(key, self.price_eur_per_mvar_h, "not_negative", expected)


KINDS = (VoltageService,)
