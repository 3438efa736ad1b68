"""Coefficients of performance (COP) of heat pumps and chillers from the temperatures between which they work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative, Positive, Quantity
from mes_stoch.schema.calculated import calculated

Values = NDArray[np.float64]

_KELVIN = 273.15


class LiftPoint(Model):
    """The COP at one temperature lift."""

    lift_k: NonNegative = Field(description="Sink temperature less source temperature.")
    cop_per_unit: Positive = Field(description="MWh of heat, or of cold, per MWh of electricity at that lift.")


@dataclass(frozen=True)
class Cycle:
    """Between which temperatures a machine works, and how well.

    Equations
    ---------
    With ``q`` the share of Carnot and temperatures in kelvin, MWh of heat or cold for a MWh of electricity::

        lift = T_sink - T_source
        COP_heating = q T_sink / lift,    COP_cooling = q T_source / lift,    at most cop_max, which stands where the
                                                                              sink is no warmer than the source

    or, from a table over the lift, linear between its points, that of the first below it; data beyond the last are
    refused. A table of one point is a constant. A COP for heat is at least 1: what a compressor draws becomes heat.

    Source
    ------
    ``calc_cops`` of oemof-thermal, whose quality grade is ``q``.
    """

    source_degc: Quantity | None
    sink_degc: Quantity | None
    quality_grade_per_unit: float | None
    cop_max_per_unit: float
    table: tuple[LiftPoint, ...]

    @property
    def is_constant(self) -> bool:
        """Whether temperatures do not matter."""
        return len(self.table) == 1

    @property
    def lift_k(self) -> Quantity:
        """How far the sink is above the source."""
        return calculated(f"lift of {self._span}", self._temperatures, lambda source, sink: sink - source)

    @property
    def heating_per_unit(self) -> Quantity:
        """MWh of heat for a MWh of electricity."""
        return self._cop("heating", 1.0)

    @property
    def cooling_per_unit(self) -> Quantity:
        """MWh of cold for a MWh of electricity."""
        return self._cop("cooling", 0.0)

    def _cop(self, what: str, least: float) -> Quantity:
        if self.is_constant:
            return max(self.table[0].cop_per_unit, least)
        if self.table:
            lifts = [point.lift_k for point in self.table]
            cops = [max(point.cop_per_unit, least) for point in self.table]
            said = ", ".join(f"{lift:g} K: {cop:g}" for lift, cop in zip(lifts, cops, strict=True))
            return calculated(
                f"COP {what} {self._span} ({said})",
                self._temperatures,
                lambda source, sink: np.interp(sink - source, lifts, cops),
            )
        grade, most = self.quality_grade_per_unit or 0.0, self.cop_max_per_unit

        def carnot(source: Values, sink: Values) -> Values:
            lift = np.maximum(sink - source, 0.0)
            useful = (sink if what == "heating" else source) + _KELVIN
            # where the lift is too small to tell, the cap
            capped = np.where(lift * most > grade * useful, grade * useful / np.maximum(lift, 1e-9), most)
            return np.asarray(np.maximum(capped, least), dtype=float)

        return calculated(
            f"COP {what} {self._span} ({grade:g} of Carnot, at most {most:g})", self._temperatures, carnot
        )

    @property
    def _temperatures(self) -> tuple[Quantity, Quantity]:
        # the checks ask for both wherever they matter
        source = 0.0 if self.source_degc is None else self.source_degc
        return source, (0.0 if self.sink_degc is None else self.sink_degc)

    @property
    def _span(self) -> str:
        return " to ".join(entry if isinstance(entry, str) else f"{entry:g} degC" for entry in self._temperatures)


def one_less(cop: Quantity) -> Quantity:
    """What of the heat a machine gives it takes from its source, for a MWh of electricity."""
    return calculated(f"{cop} less 1", (cop,), lambda values: values - 1.0)
