"""What a part moves with: another series, or the difference of two, as standard normal scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier, Model
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import follows
from mes_stoch.uncertainty.fitted.normal_scores import NormalScores
from mes_stoch.uncertainty.fitted.part import LATENT
from mes_stoch.uncertainty.fitted.persistence import Memory
from mes_stoch.uncertainty.fitted.resolution import to_native
from mes_stoch.uncertainty.process import DrawContext, Series

_LARGEST = 0.999


class DriverOptions(Model):
    """Another series that a part moves with."""

    series: Identifier = Field(
        description="A series drawn before, such as a price, or a latent one, which is taken as normal scores."
    )
    minus: Identifier | None = Field(default=None, description="Subtracted from it, for a spread; null: nothing.")
    correlation: float | None = Field(
        default=None,
        gt=-1,
        lt=1,
        description="Of the normal scores; null: fitted, for which the past series must hold both.",
    )

    @model_validator(mode="after")
    def _latent_is_given(self) -> DriverOptions:
        if self.series.startswith(LATENT) and (self.correlation is None or self.minus is not None):
            raise ValueError("a latent series has no past: give its correlation, and nothing to subtract")
        return self


class Driver(Model):
    """A series drawn before, and how closely a part follows it.

    Equations
    ---------
    With the scores ``d`` of the driver, a persistent standard normal ``u`` of the part's own and the correlation ``c``
    the scores of the part are::

        z[t] = c d[t] + sqrt(1 - c^2) u[t]
    """

    series: str
    minus: str | None
    scores: NormalScores | None = Field(description="Distribution of its past; null: it is drawn as scores.")
    correlation: float = Field(ge=-1, le=1)

    @classmethod
    def fit(cls, options: DriverOptions, history: History, scores: Series) -> Self:
        """With the scores of the part over the past, shape (periods,), not a number where they are not known."""
        if options.series.startswith(LATENT):
            return cls(series=options.series, minus=None, scores=None, correlation=options.correlation or 0.0)
        past = past_values(options, history)
        distribution = NormalScores.fit(past[np.isfinite(past)])
        correlation = options.correlation
        if correlation is None:
            correlation = _correlation(scores, distribution.scores_of(past))
        return cls(series=options.series, minus=options.minus, scores=distribution, correlation=correlation)

    def needs(self) -> tuple[str, ...]:
        return (self.series,) if self.minus is None else (self.series, self.minus)

    def drawn_scores(self, known: Mapping[str, Series], context: DrawContext, native: DrawContext) -> Series:
        """Scores over native periods of what has been drawn over those of the context."""
        values = known[self.series]
        if self.minus is not None:
            values = values - known[self.minus]
        values = to_native(values, context, native)
        return values if self.scores is None else self.scores.scores_of(values)

    def past_scores(self, history: History) -> Series | None:
        """Scores of the past; ``None`` of a latent driver."""
        if self.scores is None:
            return None
        return self.scores.scores_of(past_values(self, history))

    def rest(self, memory: Memory, history: History) -> Memory:
        """Autocorrelations of ``u`` of the equations at which ``z`` has those of the past.

        Those of a latent driver are not known: ``z`` is then as persistent as ``u`` where the driver is.
        """
        own = self.past_scores(history)
        if own is None:
            return memory
        return memory.without(Memory.of(own, follows(history.time, history.period_h)), self.correlation)

    def left_beside(self, scores: Series, history: History) -> Series:
        """``u`` of the equations over the past; ``z`` itself of a latent driver, which has no past."""
        own = self.past_scores(history)
        if own is None:
            return scores
        return np.asarray((scores - self.correlation * own) / np.sqrt(1.0 - self.correlation**2))

    def mixed(self, own: Series, driver: Series) -> Series:
        """``z`` of the equations."""
        return np.asarray(self.correlation * driver + np.sqrt(1.0 - self.correlation**2) * own)


def past_values(driver: DriverOptions | Driver, history: History) -> Series:
    """The driver over the past, shape (periods,)."""
    values = history.values(driver.series)
    return values if driver.minus is None else values - history.values(driver.minus)


def _correlation(one: Series, other: Series) -> float:
    kept = np.isfinite(one) & np.isfinite(other)
    if kept.sum() < 3 or one[kept].std() == 0 or other[kept].std() == 0:
        raise UsageError("a correlation needs past periods in which both series are known and change")
    return float(np.clip(np.corrcoef(one[kept], other[kept])[0, 1], -_LARGEST, _LARGEST))
