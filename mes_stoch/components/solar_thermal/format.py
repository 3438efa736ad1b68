"""What a user may write about fields of solar collectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mes_stoch.schema.base import Identifier, NonNegative, Positive, Quantity
from mes_stoch.schema.calculated import calculated
from mes_stoch.schema.component import Component, OperatingRange, Port
from mes_stoch.schema.data_rules import DataRule, LimitRule, NumberRule

Values = NDArray[np.float64]


class SolarThermal(Component):
    """A field of solar collectors, whose heat follows from irradiance and temperatures and can be left unused."""

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"eta_?0|eta_?0_.*|optical_efficiency|zero_loss.*", "write optical_efficiency_per_unit"),
        (r"a_?1|c_?1|a1_.*|linear_loss.*|u_value.*", "write loss_w_per_m2_k"),
        (r"a_?2|c_?2|a2_.*|quadratic_loss.*", "write quadratic_loss_w_per_m2_k2"),
        (r"irradian(ce|tion).*|ghi.*|solar_radiation.*|global_.*", "write irradiance_w_per_m2, in the plane"),
        (r"temp_collector.*|t_(mean|collector).*|temp_amb.*", "write collector_temperature_degc, ambient_..."),
        (r"(area|surface|collector_area|aperture).*", "write area_m2"),
    )

    type: Literal["solar_thermal"]
    node: Identifier = Field(description="Node it heats.")
    area_m2: Positive = Field(description="Area that the efficiency refers to, gross or aperture as the data sheet.")
    irradiance_w_per_m2: Quantity = Field(description="Irradiance in the plane of the collectors.")
    collector_temperature_degc: Quantity = Field(description="Mean temperature of the fluid in the collectors.")
    ambient_temperature_degc: Quantity = Field(description="Temperature of the air around them.")
    optical_efficiency_per_unit: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Efficiency without losses of heat, eta0."
    )
    loss_w_per_m2_k: NonNegative = Field(default=0.0, description="Heat lost for each kelvin above the air, a1.")
    quadratic_loss_w_per_m2_k2: NonNegative = Field(
        default=0.0, description="Heat lost for each square of kelvins above the air, a2."
    )
    cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Operation, pumps above all, per MWh of heat.")

    @property
    def available_mw(self) -> Quantity:
        """Heat that the sun allows: ``area (eta0 G - a1 (Tm - Ta) - a2 (Tm - Ta)^2)``, at least 0."""
        area, optical = self.area_m2, self.optical_efficiency_per_unit
        linear, quadratic = self.loss_w_per_m2_k, self.quadratic_loss_w_per_m2_k2

        def heat(irradiance: Values, collector: Values, ambient: Values) -> Values:
            above = collector - ambient
            gained = optical * irradiance - linear * above - quadratic * above**2
            return np.asarray(area * 1e-6 * np.maximum(gained, 0.0), dtype=float)

        inputs = (self.irradiance_w_per_m2, self.collector_temperature_degc, self.ambient_temperature_degc)
        said = ", ".join(entry if isinstance(entry, str) else f"{entry:g}" for entry in inputs)
        numbers = f"{area:g} m2, {optical:g}, {linear:g}, {quadratic:g}"
        return calculated(f"solar heat of {said} ({numbers})", inputs, heat)

    def ports(self) -> Sequence[Port]:
        return (Port(self.node, ("node",), supplies=True, takes=False),)

    def operating_range(self, node: str) -> OperatingRange | None:
        return OperatingRange(0.0, self.available_mw, forecast=self.available_mw)

    def cost_at(self, node: str) -> float:
        return self.cost_eur_per_mwh if node == self.node else 0.0

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("irradiance_w_per_m2", self.irradiance_w_per_m2, "not_negative", "an irradiance of 0 or more")
        hint = "irradiance is in W/m2"
        most = "at most 2000 W/m2"
        yield LimitRule("irradiance_w_per_m2", self.irradiance_w_per_m2, None, 2000.0, "", most, hint)
        for key in ("collector_temperature_degc", "ambient_temperature_degc"):
            hint = "temperatures are in degC"
            yield LimitRule(key, getattr(self, key), -100.0, 500.0, "at least -100 degC", "at most 500 degC", hint)


KINDS = (SolarThermal,)
