"""A process fitted to past series: parts that draw one after the other, with their parameters in one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mes_stoch.registry import Kind
from mes_stoch.schema.base import Model
from mes_stoch.schema.errors import InstanceError, Issue, ModelError, UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import LATENT, LOG_WEIGHT, Part, Stage
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

#: What numbers that do not fit each other make of a draw.
_DAMAGE = (ValueError, LookupError, TypeError, ArithmeticError)


@dataclass(frozen=True)
class ProcessFile:
    """The file that a process was read from.

    Parameters
    ----------
    name : str
        Of the instance that draws from it.
    file : str
    kinds : tuple of Kind
        Of its parts.
    """

    name: str
    file: str
    kinds: tuple[Kind, ...]

    @contextmanager
    def errors_named(self, number: int) -> Iterator[None]:
        """Draw a part: what fails in it names the file and the part, or the package that brings it.

        Raises
        ------
        InstanceError
            Of a part of this program: it draws any numbers that fit each other.
        ExtensionError
            Of a part of a package, whose fault it may be as well.
        """
        kind = self.kinds[number]
        try:
            with kind.errors_named(f"drawing parts.{number} of {self.file}"):
                yield
        except _DAMAGE as error:
            words = f"{kind.tag} whose draw fails with {type(error).__name__}: {error}"
            hint = "the file was changed or damaged: fit the process again with mes-stoch fit"
            issue = Issue(self.file, None, f"parts.{number}", words, "parameters that fit each other", hint)
            raise InstanceError(self.name, [issue]) from error


class FittedProcess:
    """Draws the series of its parts, day-ahead ones at a node and the others at its leaves.

    Each part has a generator of its own, spawned in the order of the parts of its stage, so that a change in one
    leaves the draws of the others as they were, except where it is read.

    Parameters
    ----------
    parts : sequence of Part
        In the order they draw.
    currency : str
        Of every price.
    source : ProcessFile, optional
        Where it was read from; a process put together otherwise has none.
    """

    Parameters: ClassVar[type[Model]] = Model

    def __init__(self, parts: Sequence[Part], currency: str, source: ProcessFile | None = None) -> None:
        self.parts = tuple(parts)
        self.currency = currency
        self.source = source

    def series_names(self) -> tuple[str, ...]:
        """Names of all series, day-ahead first."""
        return tuple(name for stage in ("day_ahead", "realtime") for name in self._names(stage))

    def _names(self, stage: str) -> list[str]:
        return [name for part in self.parts if part.stage == stage for name in part.series_names()]

    @property
    def tilted_calls(self) -> dict[str, float]:
        """Series drawn likelier than they are, and the factor on the odds or the rate of their calls."""
        return {name: factor for part in self.parts for name, factor in part.tilted().items()}

    def untilted(self) -> FittedProcess:
        """The same process, drawn as it is."""
        parts = [part.model_copy(update={"tilt": None}) if part.tilted() else part for part in self.parts]
        return FittedProcess(parts, self.currency, self.source)

    def past_values(self, history: History) -> dict[str, pd.Series]:
        """Past values of the series that it draws, by the times of a history; without those that it does not have."""
        found: dict[str, pd.Series] = {}
        for number, part in enumerate(self.parts):
            with nullcontext() if self.source is None else self.source.kinds[number].errors_named("past_values"):
                past = part.past_values(history)
                found |= {str(name): past[name] for name in past.columns}
        return found

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn:
        """What is known when the day-ahead market clears; latent series too, for the leaves."""
        return self._draw("day_ahead", generator, context, {})

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn:
        """What a leaf adds; the logarithm of its likelihood ratio too, of the node and the leaf together."""
        drawn = self._draw("realtime", generator, context, day_ahead)
        if LOG_WEIGHT in day_ahead:
            drawn[LOG_WEIGHT] = drawn.get(LOG_WEIGHT, 0.0) + day_ahead[LOG_WEIGHT]
        return {name: values for name, values in drawn.items() if name == LOG_WEIGHT or not name.startswith(LATENT)}

    def _draw(
        self, stage: Stage, generator: np.random.Generator, context: DrawContext, before: Mapping[str, Series]
    ) -> Drawn:
        parts = [(number, part) for number, part in enumerate(self.parts) if part.stage == stage]
        known: Drawn = {**context.given, **before}
        drawn: Drawn = {}
        for (number, part), own in zip(parts, generator.spawn(len(parts)), strict=True):
            _require_known(part, known)
            with nullcontext() if self.source is None else self.source.errors_named(number):
                found = part.draw(own, context, known)
                _require_complete(part, found, context)
            if LOG_WEIGHT in found and LOG_WEIGHT in drawn:
                found[LOG_WEIGHT] = found[LOG_WEIGHT] + drawn[LOG_WEIGHT]
            drawn |= found
            known |= found
        return drawn


def _require_known(part: Part, known: Mapping[str, Series]) -> None:
    """What a part reads must be a series of the instance, or drawn before."""
    if missing := [name for name in part.needs() if name not in known]:
        drawn = ", ".join(part.series_names())
        raise UsageError(
            f"{drawn}: the process reads {', '.join(missing)}, which neither the instance's series nor a part before "
            f"it gives; they give {', '.join(sorted(known)) or 'nothing'}"
        )


def _require_complete(part: Part, found: Mapping[str, Series], context: DrawContext) -> None:
    """A part that draws anything but one finite number a period for each of its series is mistaken."""
    named = {name for name in found if not name.startswith(LATENT)}
    if named != set(part.series_names()):
        raise ModelError(f"a part draws {sorted(named)}, and says that it draws {sorted(part.series_names())}")
    for name, values in found.items():
        if np.shape(values) != (context.periods,) or not np.isfinite(values).all():
            raise ModelError(f"{name} is not one finite number for each of the {context.periods} periods")
