"""A distribution as the values of past data at fixed normal scores: draws by interpolation, scores by its inverse."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mes_stoch.schema.base import Model
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.process import Series

#: Scores at which values are kept; beyond the last ones a draw is the least or largest value of the past.
SCORE_GRID: NDArray[np.float64] = np.round(np.linspace(-3.5, 3.5, 71), 10)


class NormalScores(Model):
    """Quantiles of a sample on a grid of standard normal scores.

    Equations
    ---------
    With the quantile function ``Q`` of the sample and the normal distribution function ``Phi``::

        value(z) = Q(Phi(z)),   score(x) = the z of value(z) = x, the middle of them where several have that value

    between the scores of the grid linearly in ``z``; at its ends the extremes of the sample.
    """

    values: list[float] = Field(
        min_length=len(SCORE_GRID), max_length=len(SCORE_GRID), description="At scores from -3.5 to 3.5 in tenths."
    )

    @classmethod
    def fit(cls, sample: Series) -> Self:
        """Of finite numbers.

        Raises
        ------
        UsageError
            There are none.
        """
        from scipy.special import ndtr  # takes longer to import than a small instance to solve

        if sample.size == 0:
            raise UsageError("a distribution needs at least one value of the past")
        values = np.quantile(sample, ndtr(SCORE_GRID))
        values[0], values[-1] = sample.min(), sample.max()
        return cls(values=values.tolist())

    def values_at(self, scores: Series) -> Series:
        """Quantiles at standard normal scores."""
        return np.asarray(np.interp(scores, SCORE_GRID, np.array(self.values)), dtype=float)

    def scores_of(self, values: Series) -> Series:
        """Standard normal scores of values."""
        known, first, count = np.unique(np.array(self.values), return_index=True, return_counts=True)
        middle = 0.5 * (SCORE_GRID[first] + SCORE_GRID[first + count - 1])
        return np.asarray(np.interp(values, known, middle), dtype=float)
