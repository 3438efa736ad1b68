"""Standard normal series that remember: one AR(1), or a fast and a slow one added up."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mes_stoch.schema.base import Model
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.process import Series, autoregressive

Mask = NDArray[np.bool_]
Components = Literal[1, 2]

#: Lags, in periods, at which two components are fitted to the autocorrelation of the past.
FITTED_LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
_LARGEST = 0.9999


class Persistence(Model):
    """A stationary normal series of mean 0 and variance 1.

    Equations
    ---------
    With independent stationary AR(1) series ``x_i`` of variance 1 and shares ``w_i`` that sum to 1::

        z[t] = sum_i sqrt(w_i) x_i[t],   x_i[t] = rho_i x_i[t-1] + sqrt(1 - rho_i^2) e_i[t]
        autocorrelation(k) = sum_i w_i rho_i^k
    """

    autocorrelations: list[float] = Field(
        min_length=1, max_length=2, description="rho of each component, from one period to the next."
    )
    shares: list[float] = Field(min_length=1, max_length=2, description="Of the variance, by component.")

    @classmethod
    def fit(cls, scores: Series, follows: Mask, components: Components) -> Self:
        """One component by the correlation of neighbours, two by least squares over :data:`FITTED_LAGS`.

        Parameters
        ----------
        scores : array, shape (periods,)
            Not a number where nothing is known.
        follows : bool array, shape (periods,)
            Whether a period is the next after the one before it in the array.
        """
        if np.ptp(scores[np.isfinite(scores)]) < 1e-9:
            # what never changes has no memory to be seen
            return cls(autocorrelations=[0.0], shares=[1.0])
        lags = [lag for lag in FITTED_LAGS if lag <= max(1, len(scores) // 4)]
        known = autocorrelations(scores, follows, lags)
        if not np.isfinite(known[0]):
            raise UsageError("persistence needs at least two periods of the past that follow each other")
        if components == 1 or len(lags) < 3:
            return cls(autocorrelations=[float(np.clip(known[0], -_LARGEST, _LARGEST))], shares=[1.0])
        rho, shares = _two_components(known, np.array(lags))
        return cls(autocorrelations=rho, shares=shares)

    def at(self, periods: float) -> Persistence:
        """The same memory from one period to the next of another length, so many of the fitted ones.

        What falls to ``rho`` in one period falls to ``rho^periods``; alternating signs are known at whole ones alone.
        """
        rho = [np.sign(rho) * abs(rho) ** periods if rho < 0 else rho**periods for rho in self.autocorrelations]
        return Persistence(autocorrelations=[float(value) for value in rho], shares=self.shares)

    def draw(self, generator: np.random.Generator, periods: int) -> Series:
        """Shape (periods,)."""
        drawn = np.zeros(periods)
        for rho, share in zip(self.autocorrelations, self.shares, strict=True):
            drawn += np.sqrt(share) * autoregressive(generator.standard_normal(periods), rho)
        return drawn


def autocorrelations(scores: Series, follows: Mask, lags: list[int]) -> Series:
    """Correlations of a series with itself some periods before, over pairs without a gap between them."""
    run = np.cumsum(~follows)
    found = []
    for lag in lags:
        before, after = scores[:-lag], scores[lag:]
        kept = (run[:-lag] == run[lag:]) & np.isfinite(before) & np.isfinite(after)
        both = before[kept], after[kept]
        is_known = kept.sum() > 2 and both[0].std() > 0 and both[1].std() > 0
        found.append(np.corrcoef(*both)[0, 1] if is_known else np.nan)
    return np.array(found)


def _two_components(known: Series, lags: NDArray[np.int_]) -> tuple[list[float], list[float]]:
    """Autocorrelations and shares with the least squared distance from the known ones, every lag alike."""
    from scipy.optimize import least_squares  # takes longer to import than a small instance to solve

    kept = np.isfinite(known)
    known, lags = known[kept], lags[kept]

    def misses(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        fast, slow, share = parameters
        return np.asarray(share * fast**lags + (1.0 - share) * slow**lags - known)

    starts = [(0.3, 0.9, 0.5), (0.7, 0.98, 0.7), (0.8, 0.995, 0.5), (0.9, 0.999, 0.8)]
    bounds = ([0.0, 0.0, 0.0], [_LARGEST, _LARGEST, 1.0])
    fits = [least_squares(misses, start, bounds=bounds) for start in starts]
    fast, slow, share = min(fits, key=lambda found: float(found.cost)).x.tolist()
    return [fast, slow], [share, 1.0 - share]
