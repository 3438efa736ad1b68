"""What a user may write about an electrolyser whose efficiency falls with its load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.extend import (
    Conversion,
    ConversionPort,
    Efficiency,
    Identifier,
    Model,
    NonNegative,
    OperatingRange,
    Port,
    Positive,
    ReserveProvider,
)

EXTENDS = 1


class Segment(Model):
    """A part of the power range with one efficiency."""

    width_mw: Positive = Field(description="Electrical power of this part of the range.")
    hydrogen_per_unit: Efficiency = Field(description="MWh of hydrogen per MWh of electricity within it.")


class Electrolyser(ReserveProvider):
    """Makes hydrogen from electricity, the less of it per MWh the more power it draws.

    Segments are used in their order; each is less efficient than the one before.
    """

    type: Literal["electrolyser"]
    electricity: Identifier = Field(description="Node it draws power from, and where it delivers reserve.")
    hydrogen: Identifier = Field(description="Node it brings hydrogen to.")
    segments: Annotated[list[Segment], Field(min_length=1)]
    cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Operation and wear per MWh of electricity.")

    @property
    def power_max_mw(self) -> float:
        return sum(segment.width_mw for segment in self.segments)

    @property
    def best_per_unit(self) -> float:
        """Hydrogen per MWh at least load: the most that a MW more or less of power can change."""
        return self.segments[0].hydrogen_per_unit

    def ports(self) -> Sequence[Port]:
        return (
            Port(self.electricity, ("electricity",), supplies=False, takes=True),
            Port(self.hydrogen, ("hydrogen",), supplies=True, takes=False),
        )

    def conversions(self) -> Sequence[Conversion]:
        made = sum(segment.width_mw * segment.hydrogen_per_unit for segment in self.segments)
        return [
            Conversion(
                reference=self.electricity,
                inputs=(ConversionPort(self.electricity, 1.0),),
                outputs=(ConversionPort(self.hydrogen, ratio),),
                power_min_mw=0.0,
                power_max_mw=self.power_max_mw,
                cost_eur_per_mwh=self.cost_eur_per_mwh,
            )
            for ratio in dict.fromkeys((self.best_per_unit, made / self.power_max_mw))
        ]

    @property
    def delivery_node(self) -> str | None:
        return self.electricity

    @property
    def is_dispatchable(self) -> bool:
        return True

    def operating_range(self, node: str) -> OperatingRange | None:
        return OperatingRange(0.0, self.power_max_mw, is_consumption=True)


KINDS = (Electrolyser,)
