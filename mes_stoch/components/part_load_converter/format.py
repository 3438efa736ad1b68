"""What a user may write about units whose flows are piecewise linear in the flow at one port."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.components.shared.format_ports import UnitPort, UnitWithPorts
from mes_stoch.schema.arc import Arc, LinearQuantity
from mes_stoch.schema.base import Identifier, NonNegative, Positive
from mes_stoch.schema.conversion import Conversion, ConversionPort

#: Slopes that differ by less, as a share of the larger, are one: between them the curve does not bend.
SAME_SLOPE = 1e-9

_EFFICIENCIES = (
    r"cop|scop|eer|seer|eta|.*efficiency(_per_unit)?|ratio_per_unit|conversion_factors?|points_mw|power_mw",
    "write flow_mw at each port, the flows in MW at each point; their quotients are efficiencies",
)
_NO_LOAD = (
    r"(no_load|stand_?by|idle|auxiliary).*",
    "what flows for being on is part of the first flow_mw of a port",
)


class PartLoadPort(UnitPort):
    """The flow at one port of a unit, point by point of its curve."""

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (_EFFICIENCIES, _NO_LOAD)

    flow_mw: Annotated[list[NonNegative], Field(min_length=2)] = Field(
        description="Flow at each point of the curve, as many as at the reference port, in the same order."
    )


class PartLoadConverter(UnitWithPorts):
    """A unit whose efficiency changes with its load: electrolyser, fuel cell, boiler, chiller, heat pump.

    Points of its curve are listed port by port; between them flows are linear. If the first point of the reference port
    is above 0 the unit is off or between the first and the last point (one binary a state).
    """

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"points|segments|pieces|piecewise(_conversion)?|breakpoints|curve|efficiency_curve",
            "write the points at the ports: flow_mw, a list of as many flows at each of them",
        ),
        _EFFICIENCIES,
        _NO_LOAD,
        (
            r"power_(min|max)_mw|capacity_mw|p_nom(_mw)?|rated_power_mw|(p_)?min(imum)?_(pu|load|part_load)",
            "the first and the last flow_mw of the reference port are its least and its largest flow",
        ),
        (
            r"(availability|unavailability|outages?|maintenance|derating|p_max_pu)(_.*)?",
            "write available_per_unit, the share of the largest power that can be used: a number or a series",
        ),
    )

    type: Literal["part_load_converter"]
    reference: Identifier = Field(description="Node of the reference port, where reserve is delivered; its flow rises.")
    inputs: Annotated[list[PartLoadPort], Field(min_length=1)] = Field(
        description="What it takes: a port for each node."
    )
    outputs: Annotated[list[PartLoadPort], Field(min_length=1)] = Field(
        description="What it gives: a port for each node."
    )
    formulation: Literal["exact", "convex"] = Field(
        default="exact",
        description="exact: on the curve, a binary where it bends; convex: it may also run worse than its curve.",
    )
    cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Operation and wear per MWh at the reference port.")
    energy_ramp_mw_per_min: Positive | None = Field(
        default=None, description="Speed at which its schedule may change between periods; null: no limit."
    )

    @property
    def sides(self) -> tuple[tuple[str, list[PartLoadPort]], ...]:
        """The two lists of ports by their keys."""
        return (("inputs", self.inputs), ("outputs", self.outputs))

    @property
    def reference_port(self) -> PartLoadPort:
        return next(port for _, own in self.sides for port in own if port.node == self.reference)

    @property
    def power_min_mw(self) -> float:
        return self.reference_port.flow_mw[0]

    @property
    def power_max_mw(self) -> float:
        return self.reference_port.flow_mw[-1]

    @property
    def bends(self) -> tuple[int, ...]:
        """The first point, those between which some flow is linear, and the last."""
        last = len(self.reference_port.flow_mw) - 1
        ports = [*self.inputs, *self.outputs]
        found = [0]
        for point in range(1, last):
            slopes = [(self._slope(port, found[-1], point), self._slope(port, point, point + 1)) for port in ports]
            if any(abs(before - after) > SAME_SLOPE * max(abs(before), abs(after)) for before, after in slopes):
                found.append(point)
        return (*found, last)

    @property
    def widths_mw(self) -> tuple[float, ...]:
        """Width of every segment between bends, at the reference port."""
        flow = self.reference_port.flow_mw
        return tuple(flow[after] - flow[before] for before, after in self._segments)

    def slopes(self, port: PartLoadPort) -> tuple[float, ...]:
        """MW at a port per MW at the reference port, in every segment."""
        return tuple(self._slope(port, *ends) for ends in self._segments)

    def no_load_mw(self, port: PartLoadPort, segment: int = 0) -> float:
        """What the straight line of a segment has at a port where the reference port has nothing, MW."""
        before = self.bends[segment]
        on_line = self.slopes(port)[segment] * self.reference_port.flow_mw[before]
        found = port.flow_mw[before] - on_line
        # a line through the origin has none, whatever rounding says
        return found if abs(found) > SAME_SLOPE * max(on_line, port.flow_mw[before]) else 0.0

    @property
    def _segments(self) -> tuple[tuple[int, int], ...]:
        return tuple(pairwise(self.bends))

    def _slope(self, port: PartLoadPort, before: int, after: int) -> float:
        reference = self.reference_port.flow_mw
        return (port.flow_mw[after] - port.flow_mw[before]) / (reference[after] - reference[before])

    @property
    def is_curve(self) -> bool:
        """Whether there is one reference port whose flow rises, with as many flows at every port that do not fall."""
        ports = [*self.inputs, *self.outputs]
        reference = [port.flow_mw for port in ports if port.node == self.reference]
        return (
            len(reference) == 1
            and all(len(port.flow_mw) == len(reference[0]) for port in ports)
            and all(after > before for before, after in pairwise(reference[0]))
            and all(after >= before for port in ports for before, after in pairwise(port.flow_mw))
        )

    def conversions(self) -> Sequence[Conversion]:
        # asked before what a user wrote is known to be sound
        return (*self._between_points(), *self._at_points()) if self.is_curve else ()

    def called_conversions(self) -> Sequence[Conversion]:
        return tuple(self._between_points()) if self.is_curve else ()

    def _between_points(self) -> Iterator[Conversion]:
        """A conversion for each segment, with what its straight line has at no load: it holds between its ends."""
        flow = self.reference_port.flow_mw
        for number, (before, after) in enumerate(self._segments):

            def at(port: PartLoadPort, number: int = number) -> ConversionPort:
                return ConversionPort(port.node, self.slopes(port)[number], self.no_load_mw(port, number))

            yield self._conversion(at, flow[before], flow[after])

    def _at_points(self) -> Iterator[Conversion]:
        """A conversion for each bend, in proportion to its flows: what a MWh is worth at that load."""
        flow = self.reference_port.flow_mw
        for point in self.bends:
            if flow[point] > 0:

                def at(port: PartLoadPort, point: int = point) -> ConversionPort:
                    return ConversionPort(port.node, port.flow_mw[point] / flow[point])

                yield self._conversion(at, flow[point], flow[point])

    def _conversion(self, at: Callable[[PartLoadPort], ConversionPort], least: float, most: float) -> Conversion:
        return Conversion(
            self.reference,
            tuple(at(port) for port in self.inputs),
            tuple(at(port) for port in self.outputs),
            least,
            most,
            self.cost_eur_per_mwh,
            self.dearest_start_eur,
            self.available_per_unit,
        )

    def arcs(self) -> Sequence[Arc]:
        found: dict[tuple[str, bool], list[PartLoadPort]] = {}
        for side, own in self.sides:
            for port in own:
                found.setdefault((port.node, side == "outputs"), []).append(port)
        return tuple(self._arc(node, supplies, own) for (node, supplies), own in found.items())

    def _arc(self, node: str, supplies: bool, own: Sequence[PartLoadPort]) -> Arc:
        flow = self.reference_port.flow_mw
        ratios = dict.fromkeys(
            LinearQuantity(sum(port.flow_mw[point] for port in own) / flow[point])
            for point in self.bends
            if flow[point] > 0
        )
        largest = LinearQuantity(sum(port.flow_mw[-1] for port in own))
        return Arc(node, supplies, tuple(ratios), largest.times(LinearQuantity.of(self.available_per_unit)))


KINDS = (PartLoadConverter,)
