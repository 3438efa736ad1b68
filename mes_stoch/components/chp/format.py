"""What a user may write about combined heat and power with a feasible operating region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.components.chp.format_region import Region
from mes_stoch.components.shared.format_on_off import UnitWithStarts
from mes_stoch.schema.arc import Arc, LinearQuantity
from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive
from mes_stoch.schema.component import OperatingRange, Port
from mes_stoch.schema.conversion import Conversion, ConversionPort


class OperatingPoint(Model):
    """A corner of the operating region."""

    power_mw: NonNegative = Field(description="Electrical power that it gives at this corner.")
    heat_mw: NonNegative = Field(description="Heat that it gives at this corner.")
    fuel_mw: NonNegative = Field(description="Fuel that it takes at this corner.")


class Chp(UnitWithStarts):
    """Combined heat and power: any convex combination of its points while it is on.

    Two points are a back-pressure turbine or an engine, three or four an extraction-condensing turbine. Where a point
    has no power, heat and fuel, the region begins at standstill, and there is no on/off decision.
    """

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"power_(min|max)_mw|capacity_mw|p_nom(_mw)?|rated_power_mw|reference|inputs|outputs",
            "a chp is said by fuel_node, power_node, heat_node and points of power_mw, heat_mw and fuel_mw",
        ),
        (
            r".*efficiency(_per_unit)?|.*eta.*|conversion_factors?(_.*)?|c_?m(_.*)?|c_?[bv]|beta|power_loss.*|"
            r"power_to_heat.*|(back_?pressure|extraction).*|ratio_per_unit",
            "write points; docs/model.md says how they follow from efficiencies, power loss and power-to-heat ratio",
        ),
        (
            r"(availability|unavailability|outages?|maintenance|derating|p_max_pu)(_.*)?",
            "write available_per_unit, the share of the largest power that can be used: a number or a series",
        ),
    )

    type: Literal["chp"]
    fuel_node: Identifier = Field(description="Node it takes fuel from.")
    power_node: Identifier = Field(description="Node it gives power to, where it delivers reserve; its reference port.")
    heat_node: Identifier = Field(description="Node it gives heat to.")
    points: Annotated[list[OperatingPoint], Field(min_length=2)] = Field(
        description="Corners of its operating region, in any order."
    )
    cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Operation and wear per MWh of power.")
    energy_ramp_mw_per_min: Positive | None = Field(
        default=None, description="Speed at which its schedule of power may change between periods; null: no limit."
    )

    @property
    def region(self) -> Region:
        return Region(tuple((point.power_mw, point.heat_mw, point.fuel_mw) for point in self.points))

    @property
    def power_min_mw(self) -> float:
        return min(point.power_mw for point in self.points)

    @property
    def least_point(self) -> OperatingPoint:
        """Where it runs if it must and nobody has a use for it: the least power, and the least heat and fuel there."""
        return min(self.points, key=lambda point: (point.power_mw, point.heat_mw, point.fuel_mw))

    @property
    def power_max_mw(self) -> float:
        return max(point.power_mw for point in self.points)

    def ports(self) -> Sequence[Port]:
        return (
            Port(self.fuel_node, ("fuel_node",), supplies=False, takes=True),
            Port(self.power_node, ("power_node",), supplies=True, takes=False),
            Port(self.heat_node, ("heat_node",), supplies=True, takes=False),
        )

    def conversions(self) -> Sequence[Conversion]:
        return tuple(
            self._conversion(
                point.power_mw, (point.fuel_mw / point.power_mw, 0.0), (point.heat_mw / point.power_mw, 0.0)
            )
            for point in self.points
            if point.power_mw > 0
        )

    def called_conversions(self) -> Sequence[Conversion]:
        """With fuel and heat as a call moves them; the straight lines meet the points."""
        fuel, heat = self.region.fuel_per_power[1], self.region.heat_per_power
        return tuple(
            self._conversion(
                point.power_mw,
                (fuel, point.fuel_mw - fuel * point.power_mw),
                (heat, point.heat_mw - heat * point.power_mw),
            )
            for point in self.points
            if point.power_mw > 0
        )

    def _conversion(self, power_mw: float, fuel: tuple[float, float], heat: tuple[float, float]) -> Conversion:
        inputs = [ConversionPort(self.fuel_node, *fuel)]
        outputs = [ConversionPort(self.power_node, 1.0)]
        if heat[0] >= 0:
            outputs.append(ConversionPort(self.heat_node, *heat))
        else:
            # heat that more power takes away, from what there is
            inputs.append(ConversionPort(self.heat_node, -heat[0], -heat[1]))
        return Conversion(
            self.power_node,
            tuple(inputs),
            tuple(outputs),
            power_mw,
            power_mw,
            self.cost_eur_per_mwh,
            self.dearest_start_eur,
            self.available_per_unit,
        )

    def arcs(self) -> Sequence[Arc]:
        running = [point for point in self.points if point.power_mw > 0]
        available = LinearQuantity.of(self.available_per_unit)

        def arc(node: str, supplies: bool, flows: Sequence[float], share: LinearQuantity) -> Arc:
            ratios = dict.fromkeys(
                LinearQuantity(flow / point.power_mw) for flow, point in zip(flows, running, strict=True)
            )
            return Arc(node, supplies, tuple(ratios), LinearQuantity(max(flows)).times(share))

        # heat and fuel need not follow the power that is available
        whole = LinearQuantity(1.0)
        return (
            arc(self.fuel_node, False, [point.fuel_mw for point in running], whole),
            arc(self.power_node, True, [point.power_mw for point in running], available),
            arc(self.heat_node, True, [point.heat_mw for point in running], whole),
        )

    @property
    def delivery_node(self) -> str | None:
        return self.power_node

    @property
    def counts_for_capacity(self) -> bool:
        return True

    @property
    def has_reactive_power(self) -> bool:
        return True

    def operating_range(self, node: str) -> OperatingRange | None:
        return OperatingRange(0.0, self.power_max_mw) if node == self.power_node else None


KINDS = (Chp,)
