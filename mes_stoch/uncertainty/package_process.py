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
            return tuple(self._process.series_names())

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn:
        with self._kind.errors_named("draw_day_ahead"):
            drawn = self._process.draw_day_ahead(generator, context)
            self._check(drawn, context, set(drawn))
            return drawn

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        with self._kind.errors_named("draw_realtime"):
            drawn = self._process.draw_realtime(generator, context, day_ahead)
            self._check(drawn, context, set(self._process.series_names()) - set(day_ahead))
            return drawn

    def _check(self, drawn: Drawn, context: DrawContext, expected: set[str]) -> None:
        if set(drawn) != expected or not expected <= set(self._process.series_names()):
            raise ValueError(f"it draws {sorted(drawn)}, and says that it draws {sorted(self._process.series_names())}")
        for name, values in drawn.items():
            shape = np.shape(values)
            if shape != (context.periods,) or not np.all(np.isfinite(values)):
                raise ValueError(f"{name} is not one finite number for each of the {context.periods} periods")
