"""What a user may write about converters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.components.shared.format_ports import UnitPort, UnitWithPorts
from mes_stoch.schema.base import Identifier, NonNegative, Positive, Quantity
from mes_stoch.schema.conversion import Conversion, ConversionPort
from mes_stoch.schema.data_rules import DataRule, NumberRule


class ConverterPort(UnitPort):
    """One flow of a converter in proportion to its reference flow."""

    ratio_per_unit: Quantity = Field(description="MWh at this port per MWh at the reference port; a COP, 1/efficiency.")
    no_load_mw: NonNegative = Field(default=0.0, description="Extra flow whenever the unit is on (needs power_min_mw).")


class Converter(UnitWithPorts):
    """Turns carriers into others in fixed proportions: CHP, boiler, heat pump, chiller, electrolyser.

    The reference port has ratio 1 and carries the limits. ``power_min_mw > 0`` makes the unit either off or between
    minimum and maximum (one binary per period), and gives sense to the fields about starts and stops.
    """

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"cop|scop|eer|seer|eta|efficiency|.*_efficiency(_per_unit)?|.*_cop|cop_.*",
            "ratio_per_unit of a port says it: a COP or efficiency at the output where the reference is the input, or "
            "1 divided by it at the input where the reference is the output",
        ),
        (
            r"points|segments|pieces|piecewise.*|breakpoints|part_load.*|.*curve",
            "a unit whose efficiency changes with its load is a part_load_converter, with flow_mw at each port; a "
            "region of power and heat is a chp",
        ),
        (
            r"power_mw|capacity_mw|p_nom(_mw)?|rated_power_mw",
            "write power_max_mw, the largest flow at the reference port",
        ),
        (
            r"(availability|unavailability|outages?|maintenance|derating|p_max_pu)(_.*)?",
            "write available_per_unit, the share of power_max_mw that can be used: a number or a series, 0 in outages",
        ),
        (
            r"start_?up_(time|duration)(_.*)?|start_time(_.*)?|offline_reserve(_.*)?|non_?spinning(_.*)?|quick_start(_.*)?",
            "write quick_start_h, the time from off to the power of a reserve that it may hold while off",
        ),
        (
            r"stand_?by(_.*)?|idle(_.*)?",
            "write standby_input_mw, what it draws while it is kept warm, standby_cost_eur_per_h and "
            "standby_start_cost_eur",
        ),
        (
            r"(hot|warm|cold)_start(_?up)?_costs?(_.*)?|start_?up_costs?(_.*)?|costs?_start_?up(_.*)?",
            "write start_cost_eur for one cost of a start, or start_costs, a list of {off_from_h, cost_eur}, where it "
            "rises with the time off",
        ),
    )

    shares: ClassVar[Mapping[str, str]] = {"power_max_mw": "available_per_unit"}

    type: Literal["converter"]
    reference: Identifier = Field(description="Node of the reference port.")
    power_max_mw: Positive = Field(description="Largest flow at the reference port.")
    power_min_mw: NonNegative = Field(default=0.0, description="Smallest flow when on; 0: no on/off decision.")
    inputs: Annotated[list[ConverterPort], Field(min_length=1)] = Field(
        description="What it takes: a port for each node."
    )
    outputs: Annotated[list[ConverterPort], Field(min_length=1)] = Field(
        description="What it gives: a port for each node."
    )
    cost_eur_per_mwh: float = Field(
        default=0.0,
        description="Operation and wear per MWh at the reference port; below 0: paid for it (subsidy, certificate).",
    )
    energy_ramp_mw_per_min: Positive | None = Field(
        default=None, description="Speed at which its schedule may change between periods; null: no limit."
    )
    start_up_power_mw: list[NonNegative] = Field(
        default_factory=list,
        description="Flow at the reference port in the periods before power_min_mw is reached, first to last.",
    )
    shut_down_power_mw: list[NonNegative] = Field(
        default_factory=list, description="Flow there in the periods after a stop, first to last."
    )
    standby_input_mw: NonNegative | None = Field(
        default=None,
        description="What it draws in stand-by, at its reference port where that is an input, else at its only input; "
        "null: no stand-by.",
    )
    standby_cost_eur_per_h: NonNegative = Field(default=0.0, description="Further cost of an hour in stand-by.")
    standby_start_cost_eur: NonNegative = Field(
        default=0.0, description="Cost of a start from stand-by, in place of start_cost_eur."
    )
    quick_start_h: Positive | None = Field(
        default=None,
        description="Time from off to the power of a reserve, which it may then hold while off, of products that are "
        "called as a whole and leave that time; null: reserve only while it runs.",
    )

    @property
    def start_stop_fields(self) -> tuple[str, ...]:
        given = {
            "standby_input_mw": self.standby_input_mw is not None,
            "start_up_power_mw": bool(self.start_up_power_mw),
            "shut_down_power_mw": bool(self.shut_down_power_mw),
        }
        return (*super().start_stop_fields, *(name for name, is_given in given.items() if is_given))

    @property
    def standstill_max_mw(self) -> float:
        """Largest power of a start by a call, whose first period may be its last."""
        limits = (self.power_max_mw, self.start_power_max_mw, self.stop_power_max_mw)
        return min(limit for limit in limits if limit is not None)

    def standby_mw(self, port: ConverterPort) -> float:
        """What one of its inputs draws in stand-by, MW."""
        if self.standby_input_mw is None:
            return 0.0
        is_drawn = self.reference_is_output or port.node == self.reference
        return self.standby_input_mw if is_drawn else 0.0

    @property
    def sides(self) -> tuple[tuple[str, list[ConverterPort]], ...]:
        """The two lists of ports by their keys."""
        return (("inputs", self.inputs), ("outputs", self.outputs))

    def conversions(self) -> Sequence[Conversion]:
        inputs, outputs = (
            tuple(ConversionPort(port.node, port.ratio_per_unit, port.no_load_mw) for port in own)
            for _, own in self.sides
        )
        return (
            Conversion(
                self.reference,
                inputs,
                outputs,
                self.power_min_mw,
                self.power_max_mw,
                self.cost_eur_per_mwh,
                self.dearest_start_eur,
                self.available_per_unit,
                (*self.start_up_power_mw, *self.shut_down_power_mw),
            ),
        )

    def data_rules(self) -> Iterator[DataRule]:
        yield from super().data_rules()
        for side, own in self.sides:
            for number, port in enumerate(own):
                key = f"{side}[{number}].ratio_per_unit"
                yield NumberRule(key, port.ratio_per_unit, "positive", "a ratio above 0")


KINDS = (Converter,)
