"""What a user may write about a building that is to be kept warm or cool."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.arc import Arc, LinearQuantity
from mes_stoch.schema.base import AUTO, Derived, Identifier, NonNegative, Positive, Quantity
from mes_stoch.schema.component import Component, Port, SlackPenalty
from mes_stoch.schema.data_rules import DataRule, NumberRule, OrderRule


class Building(Component):
    """A building whose temperature may move within a comfort band: one node, one resistance and one capacity."""

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"provides|ramp_mw_per_min",
            "a building holds no reserve by itself; the heat pump that heats it can, with a storage at its node",
        ),
        (r"(thermal_)?(capacity|capacitance|mass)(_.*)?|c_.*", "write heat_capacity_mwh_per_k"),
        (
            r"ua(_.*)?|u_value.*|(thermal_)?(resistance|conductance)(_.*)?|r_.*",
            "write heat_loss_mw_per_k, which is 1/R",
        ),
        (r"(set_?point|comfort|indoor)_.*", "write temperature_min_degc and temperature_max_degc"),
        (r"(outdoor|outside|external)_.*|t_(amb|out).*", "write ambient_temperature_degc"),
        (r"(solar|internal)_gains?.*|gains?", "write gains_mw"),
        (r"node", "write heating_node, cooling_node or both"),
    )

    type: Literal["building"]
    heating_node: Identifier | None = Field(default=None, description="Where its heat comes from; null: not heated.")
    heating_max_mw: NonNegative | None = Field(default=None, description="Most heat that it takes; null: no limit.")
    cooling_node: Identifier | None = Field(default=None, description="Where its cooling comes from; null: not cooled.")
    cooling_max_mw: NonNegative | None = Field(default=None, description="Most cooling that it takes; null: no limit.")
    heat_capacity_mwh_per_k: Positive = Field(description="Heat that warms it by a degree: its capacity C.")
    heat_loss_mw_per_k: NonNegative = Field(description="Heat that it loses per degree above ambient.")
    ambient_temperature_degc: Quantity = Field(description="Temperature of the air outside.")
    gains_mw: Quantity = Field(default=0.0, description="Heat that sun, people and machines bring, not paid for.")
    temperature_min_degc: Quantity = Field(description="Comfort band, at the end of each period.")
    temperature_max_degc: Quantity = Field(description="Upper end of the comfort band, at the end of each period.")
    initial_temperature_degc: float = Field(description="Temperature inside at the start of the horizon.")
    terminal_temperature_degc: float | None = Field(
        default=None,
        description="Where heated, the least temperature at the end of the horizon, where cooled the largest; "
        "null: the initial one.",
    )
    discomfort_penalty_eur_per_kh: Positive = Field(
        description="Cost of a degree outside the band for an hour; its number is your price of comfort."
    )
    heat_missing_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO, description="Cost of heat missing at the end; auto: from prices; null forbids it."
    )
    cold_missing_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO, description="Cost of heat left too much at the end where it is cooled, likewise."
    )

    @property
    def temperature_to_leave_degc(self) -> float:
        """Temperature to leave behind, degC: stated, or the initial one."""
        stated = self.terminal_temperature_degc
        return self.initial_temperature_degc if stated is None else stated

    @property
    def _kept_for_an_hour(self) -> float:
        """What is left in it, at its end, of heat that has come over an hour."""
        share = self.heat_loss_mw_per_k / self.heat_capacity_mwh_per_k
        # no less than a thousandth: more would be out of all prices
        return max(1e-3, -math.expm1(-share) / share) if share > 0 else 1.0

    def ports(self) -> Sequence[Port]:
        sides = ((self.heating_node, "heating_node"), (self.cooling_node, "cooling_node"))
        return tuple(Port(node, (key,), supplies=False, takes=True) for node, key in sides if node is not None)

    def arcs(self) -> Sequence[Arc]:
        sides = ((self.heating_node, self.heating_max_mw), (self.cooling_node, self.cooling_max_mw))
        return tuple(
            Arc(node, False, power_max_mw=None if most is None else LinearQuantity(most))
            for node, most in sides
            if node is not None
        )

    def data_rules(self) -> Iterator[DataRule]:
        for key in ("ambient_temperature_degc", "gains_mw", "temperature_min_degc", "temperature_max_degc"):
            yield NumberRule(key, getattr(self, key), "present")
        yield OrderRule(
            "temperature_max_degc",
            (self.temperature_min_degc,),
            self.temperature_max_degc,
            "a largest temperature of at least temperature_min_degc",
            "the comfort band would be empty",
        )

    def slack_penalties(self) -> Sequence[SlackPenalty]:
        found = []
        kept = self._kept_for_an_hour
        hint = "set terminal_temperature_degc to what may be left behind"
        for node, field, quantity in (
            (self.heating_node, "heat_missing_penalty_eur_per_mwh", "heat_missing_mwh"),
            (self.cooling_node, "cold_missing_penalty_eur_per_mwh", "cold_missing_mwh"),
        ):
            if node is not None:
                found.append(
                    SlackPenalty(field, (quantity,), node, made_good_per_mwh=kept, spared_per_mwh=1.0 / kept, hint=hint)
                )
        return tuple(found)


KINDS = (Building,)
