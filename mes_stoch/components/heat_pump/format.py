"""What a user may write about heat pumps and compression chillers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.components.heat_pump.format_cop import Cycle, LiftPoint, one_less
from mes_stoch.components.shared.format_on_off import UnitWithStarts
from mes_stoch.schema.base import Identifier, NonNegative, Positive, Quantity
from mes_stoch.schema.component import OperatingRange, Port
from mes_stoch.schema.conversion import Conversion, ConversionPort
from mes_stoch.schema.data_rules import DataRule, LimitRule

ModeName = Literal["heating", "cooling", "recovery"]
Share = Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True)
class Mode:
    """One use of the compressor: what a MWh of its electricity brings to nodes (+1) and takes from them (-1)."""

    name: ModeName
    flows: tuple[tuple[str, int, Quantity], ...]


class HeatPump(UnitWithStarts):
    """A compressor for heat, cold or both, with a COP from the temperatures of source and sink.

    Heat and cold share its electric power. ``power_min_mw > 0`` makes it either off or between minimum and maximum.
    """

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"cop|scop|eer|seer|cop_per_unit|efficiency|.*_cop|conversion_factors?|etas?",
            "a COP that does not change is a table of one point, cop_by_lift: [{lift_k: 0, cop_per_unit: 3}]; one that "
            "is a series is a converter's ratio_per_unit",
        ),
        (r"quality_grade|carnot_efficiency|eta_carnot|second_law.*", "write quality_grade_per_unit"),
        (r"temp_low|.*low_temp.*|t_(source|low|cold).*", "write source_temperature_degc"),
        (r"temp_high|.*high_temp.*|t_(sink|high|hot|supply).*", "write sink_temperature_degc"),
        (
            r"power_mw|capacity_mw|p_nom(_mw)?|rated_power_mw|heat_max_mw|thermal_power.*",
            "write power_max_mw, the largest electric power",
        ),
        (r"(availability|unavailability|outages?|maintenance|derating|p_max_pu)(_.*)?", "write available_per_unit"),
    )

    type: Literal["heat_pump"]
    power_node: Identifier = Field(description="Node it draws electricity from.")
    heat_node: Identifier | None = Field(default=None, description="Node it heats; null: none.")
    cooling_node: Identifier | None = Field(default=None, description="Node it cools; null: none.")
    source_node: Identifier | None = Field(
        default=None, description="Node that the heat of its source is drawn from; null: air, ground, water outside."
    )
    modes: Literal["shared", "exclusive", "recovery"] = Field(
        default="shared",
        description="With both nodes: heat and cold from parts of its power, from all of it for one or the other, or "
        "both at once, the heat drawn from what is cooled.",
    )
    power_max_mw: Positive = Field(description="Largest electric power that it draws.")
    power_min_mw: NonNegative = Field(default=0.0, description="Smallest electric power when on; 0: no on/off.")
    source_temperature_degc: Quantity | None = Field(
        default=None, description="Temperature of what heat is drawn from: air, ground, brine."
    )
    sink_temperature_degc: Quantity | None = Field(default=None, description="Temperature at which heat is given.")
    quality_grade_per_unit: Share | None = Field(
        default=None,
        description="Its COP as a share of Carnot's, of about 0.4 to 0.6 in practice; null: cop_by_lift says it.",
    )
    cop_by_lift: list[LiftPoint] = Field(
        default_factory=list, description="COP by sink less source temperature, in place of quality_grade_per_unit."
    )
    cop_max_per_unit: Positive = Field(default=10.0, description="Largest COP from quality_grade_per_unit.")
    cooling_source_temperature_degc: Quantity | None = Field(
        default=None, description="For cold, where it makes heat as well; null: as for heat."
    )
    cooling_sink_temperature_degc: Quantity | None = Field(
        default=None, description="For cold, where it makes heat as well; null: as for heat."
    )
    cooling_quality_grade_per_unit: Share | None = Field(
        default=None, description="COP for cold as a share of Carnot's; null: as for heat."
    )
    cooling_cop_by_lift: list[LiftPoint] = Field(
        default_factory=list, description="COP for cold by lift; empty: as for heat."
    )
    mode_block_h: Positive | None = Field(
        default=None, description="With modes exclusive, it changes over only between blocks of so many local hours."
    )
    called_mode: Literal["heating", "cooling"] | None = Field(
        default=None, description="Which of the two calls of reserve change, where it has both."
    )
    cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Operation and wear per MWh of electricity.")

    # -- what it does ---------------------------------------------------------------------------------------------

    @property
    def heating_cycle(self) -> Cycle:
        """Between which temperatures it heats; also it cools where it does nothing else, or recovers heat."""
        return Cycle(
            self.source_temperature_degc,
            self.sink_temperature_degc,
            self.quality_grade_per_unit,
            self.cop_max_per_unit,
            tuple(self.cop_by_lift),
        )

    @property
    def cooling_cycle(self) -> Cycle:
        """Between which temperatures it cools."""
        source, sink = self.cooling_source_temperature_degc, self.cooling_sink_temperature_degc
        table, grade = tuple(self.cooling_cop_by_lift), self.cooling_quality_grade_per_unit
        if not table and grade is None:
            table, grade = tuple(self.cop_by_lift), self.quality_grade_per_unit
        return Cycle(
            self.source_temperature_degc if source is None else source,
            self.sink_temperature_degc if sink is None else sink,
            grade,
            self.cop_max_per_unit,
            table,
        )

    @property
    def cycles(self) -> tuple[tuple[str, Cycle], ...]:
        """Those that it has, with what their fields begin with."""
        heats = self.heat_node is not None
        found = [("", self.heating_cycle)] if heats else []
        if self.cooling_node is not None and self.modes != "recovery":
            found.append(("cooling_" if heats else "", self.cooling_cycle))
        return tuple(found)

    @property
    def uses(self) -> tuple[Mode, ...]:
        """What its power can be used for."""
        heat, cold = self.heat_node, self.cooling_node
        if heat is not None and cold is not None and self.modes == "recovery":
            cop = self.heating_cycle.heating_per_unit
            return (Mode("recovery", ((heat, 1, cop), (cold, 1, one_less(cop)))),)
        found = []
        if heat is not None:
            cop = self.heating_cycle.heating_per_unit
            drawn = () if self.source_node is None else ((self.source_node, -1, one_less(cop)),)
            found.append(Mode("heating", ((heat, 1, cop), *drawn)))
        if cold is not None:
            found.append(Mode("cooling", ((cold, 1, self.cooling_cycle.cooling_per_unit),)))
        return tuple(found)

    @property
    def called_use(self) -> Mode | None:
        """What calls of reserve change; ``None`` where that is not said."""
        own = self.uses
        return own[0] if len(own) == 1 else next((use for use in own if use.name == self.called_mode), None)

    @property
    def is_exclusive(self) -> bool:
        """Whether it heats or cools, and never both within a period."""
        return len(self.uses) == 2 and self.modes == "exclusive"

    # -- answers --------------------------------------------------------------------------------------------------

    def ports(self) -> Sequence[Port]:
        found = [Port(self.power_node, ("power_node",), supplies=False, takes=True)]
        for key, supplies in (("heat_node", True), ("cooling_node", True), ("source_node", False)):
            node = getattr(self, key)
            if node is not None:
                found.append(Port(node, (key,), supplies=supplies, takes=not supplies))
        return found

    def conversions(self) -> Sequence[Conversion]:
        return tuple(self._conversion(use) for use in self.uses)

    def called_conversions(self) -> Sequence[Conversion]:
        return () if self.called_use is None else (self._conversion(self.called_use),)

    def _conversion(self, use: Mode) -> Conversion:
        inputs = [ConversionPort(self.power_node, 1.0)]
        inputs += [ConversionPort(node, ratio) for node, direction, ratio in use.flows if direction < 0]
        return Conversion(
            self.power_node,
            tuple(inputs),
            tuple(ConversionPort(node, ratio) for node, direction, ratio in use.flows if direction > 0),
            self.power_min_mw,
            self.power_max_mw,
            self.cost_eur_per_mwh,
            self.dearest_start_eur,
            self.available_per_unit,
        )

    @property
    def delivery_node(self) -> str | None:
        return self.power_node

    def operating_range(self, node: str) -> OperatingRange | None:
        return OperatingRange(0.0, self.power_max_mw, is_consumption=True) if node == self.power_node else None

    def data_rules(self) -> Iterator[DataRule]:
        yield from super().data_rules()
        for prefix, cycle in self.cycles:
            if not cycle.is_constant:
                yield from self._cycle_rules(prefix, cycle)

    def key(self, prefix: str, field: str) -> str:
        """Where a field of a cycle stands: that for cold, or that for heat where it is left out."""
        own = getattr(self, f"{prefix}{field}")
        return field if own is None or own == [] else f"{prefix}{field}"

    def _cycle_rules(self, prefix: str, cycle: Cycle) -> Iterator[DataRule]:
        hint = "temperatures are in degC, and no compressor works there"
        for end, value in (("source", cycle.source_degc), ("sink", cycle.sink_degc)):
            if value is not None:
                key = self.key(prefix, f"{end}_temperature_degc")
                yield LimitRule(key, value, -100.0, 300.0, "at least -100 degC", "at most 300 degC", hint)
        if cycle.table:
            expected = f"a lift of at most {cycle.table[-1].lift_k:g} K, the last of the table"
            hint = "give the COP at the largest lift of the data as well"
            key = self.key(prefix, "cop_by_lift")
            yield LimitRule(key, cycle.lift_k, None, cycle.table[-1].lift_k, "", expected, hint)


KINDS = (HeatPump,)
