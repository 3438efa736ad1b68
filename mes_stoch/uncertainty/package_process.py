"""A scenario process of an installed package, with its mistakes told by name and what it draws checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from mes_stoch.registry import Kind
from mes_stoch.schema.base import Model
from mes_stoch.uncertainty.process import DrawContext, Drawn, ScenarioProcess, Series


class PackageProcess:
    """Passes everything on to a process of an installed package.

    Parameters
    ----------
    kind : Kind
        The process in the registry.
    parameters : Model
        Of the process's own class ``Parameters``.

    Raises
    ------
    ExtensionError
        From every method, where the process fails, or draws anything but one finite number a period for each of its
        series.
    """

    Parameters: ClassVar[type[Model]] = Model

    def __init__(self, kind: Kind, parameters: Model) -> None:
        self._kind = kind
        with kind.errors_named("making the process"):
            self._process: ScenarioProcess = kind.process()(parameters)

    @property
    def currency(self) -> Any:
        return getattr(self._process, "currency", None)

    def series_names(self) -> tuple[str, ...]:
        with self._kind.errors_named("series_names"):
            names = self._process.series_names()
            if isinstance(names, str):
                raise TypeError(f"{names!r} where several names are expected")
            return tuple(names)

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn:
        with self._kind.errors_named("draw_day_ahead"):
            drawn = self._process.draw_day_ahead(generator, context)
            return self._checked(drawn, context, set(drawn))

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        with self._kind.errors_named("draw_realtime"):
            # leaves of one node must not see what another has made of it
            drawn = self._process.draw_realtime(
                generator, context, {name: day_ahead[name].copy() for name in day_ahead}
            )
            return self._checked(drawn, context, set(self.series_names()) - set(day_ahead))

    def _checked(self, drawn: Mapping[str, Series], context: DrawContext, expected: set[str]) -> Drawn:
        """What was drawn as arrays that nobody else holds."""
        names = self.series_names()
        if set(drawn) != expected or not expected <= set(names):
            raise ValueError(f"it draws {', '.join(sorted(drawn))}; series_names says {', '.join(sorted(names))}")
        found = {name: np.array(values, dtype=float) for name, values in drawn.items()}
        for name, values in found.items():
            if values.shape != (context.periods,) or not np.isfinite(values).all():
                raise ValueError(f"{name} is not one finite number for each of the {context.periods} periods")
        return found
