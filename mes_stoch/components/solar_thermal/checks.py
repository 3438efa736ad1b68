"""What must hold for a field of solar collectors."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.solar_thermal.format import SolarThermal
from mes_stoch.io.readers.locate import show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, name: str, spec: SolarThermal) -> Iterator[Issue]:
    """An irradiance below zero that is written as a number; series are checked with the tree."""
    irradiance = spec.irradiance_w_per_m2
    if not isinstance(irradiance, str) and irradiance < 0:
        place = ("components", name, "irradiance_w_per_m2")
        yield context.locator.issue(place, show(irradiance), "a number in W/m2 of at least 0")
