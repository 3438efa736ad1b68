"""Standard normal series that remember: one AR(1), or a fast and a slow one added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.schema.base import Model
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.field_types import Correlation, Share, require_shape
from mes_stoch.uncertainty.fitted.normal_scores import NormalScores
from mes_stoch.uncertainty.process import Series, autoregressive

Mask = NDArray[np.bool_]
Components = Literal[1, 2]

#: Lags, in periods, at which two components are fitted to the autocorrelation of the past.
FITTED_LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
_LARGEST = 0.9999
_LEAST_VARIANCE = 1e-12
_NODES = 60
_SCORE_CORRELATIONS = np.linspace(-0.98, 1.0, 100)


@dataclass(frozen=True)
class Memory:
    """Autocorrelations of normal scores of the past; not a number at a lag that no pair is apart.

    Parameters
    ----------
    lags : array of int
        In periods.
    known : array, shape (lags,)
    """

    lags: NDArray[np.int_]
    known: Series

    @classmethod
    def of(cls, scores: Series, follows: Mask) -> Self:
        """Of a series of scores.

        Parameters
        ----------
        scores : array, shape (periods,)
            Not a number where nothing is known.
        follows : bool array, shape (periods,)
            Whether a period is the next after the one before it in the array.
        """
        finite = scores[np.isfinite(scores)]
        lags = np.array([lag for lag in FITTED_LAGS if lag <= max(1, len(scores) // 4)])
        if finite.size == 0 or np.ptp(finite) < 1e-9:
            # what never changes has no memory to be seen
            return cls(lags, np.zeros(len(lags)))
        known = _autocorrelations(scores, follows, lags)
        if not np.isfinite(known[0]):
            raise UsageError("persistence needs periods of the past that follow each other and change")
        return cls(lags, known)

    @classmethod
    def of_parts(cls, scores: Series, follows: Mask, distribution: NormalScores) -> Self:
        """Of scores at which the positive and the negative part of their values last as long as in the past.

        The autocorrelation of a part rises with that of the scores, by Gauss-Hermite quadrature, and the mean over both
        parts is inverted by interpolation; what no autocorrelation of scores reaches takes the nearest one.

        Parameters
        ----------
        scores, follows : arrays, shape (periods,)
        distribution : NormalScores
            Of the values that scores stand for.
        """
        plain = cls.of(scores, follows)
        weights, first, second = _score_pairs()
        reached, past = [], []
        for sign in (1.0, -1.0):
            one, other = (np.maximum(sign * distribution.values_at(value), 0.0) for value in (first, second))
            mean = weights @ one
            variance = weights @ (one - mean) ** 2
            known = _autocorrelations(np.maximum(sign * distribution.values_at(scores), 0.0), follows, plain.lags)
            if variance > _LEAST_VARIANCE and np.isfinite(known).all():
                reached.append((other - mean) @ weights @ (weights * (one - mean)) / variance)
                past.append(known)
        if not past or not plain.known.any():
            return plain
        rising = np.maximum.accumulate(np.mean(reached, axis=0))
        return cls(plain.lags, np.asarray(np.interp(np.mean(past, axis=0), rising, _SCORE_CORRELATIONS)))

    def without(self, other: Memory, correlation: float) -> Memory:
        """Of what is left beside another series, independent of it, with which the whole is correlated."""
        rest = (self.known - correlation**2 * other.known) / (1.0 - correlation**2)
        return Memory(self.lags, np.clip(rest, -_LARGEST, _LARGEST))


class Persistence(Model):
    """A stationary normal series of mean 0 and variance 1.

    Equations
    ---------
    With independent stationary AR(1) series ``x_i`` of variance 1 and shares ``w_i`` that sum to 1::

        z[t] = sum_i sqrt(w_i) x_i[t],   x_i[t] = rho_i x_i[t-1] + sqrt(1 - rho_i^2) e_i[t]
        autocorrelation(k) = sum_i w_i rho_i^k
    """

    autocorrelations: list[Correlation] = Field(
        min_length=1, max_length=2, description="rho of each component, from one period to the next."
    )
    shares: list[Share] = Field(min_length=1, max_length=2, description="Of the variance, by component.")

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        require_shape("shares", self.shares, len(self.autocorrelations))
        return self

    @classmethod
    def fit(cls, memory: Memory, components: Components) -> Self:
        """One component by the correlation of neighbours, two by least squares over all lags."""
        if components == 1 or np.isfinite(memory.known).sum() < 3 or not memory.known.any():
            return cls(autocorrelations=[float(np.clip(memory.known[0], -_LARGEST, _LARGEST))], shares=[1.0])
        rho, shares = _two_components(memory)
        return cls(autocorrelations=rho, shares=shares)

    def at(self, periods: float) -> Persistence:
        """The same memory from one period to the next of another length, so many of the fitted ones.

        What falls to ``rho`` in one period falls to ``rho^periods``; a correlation below 0 keeps its sign.
        """
        rho = [float(np.sign(rho) * abs(rho) ** periods) for rho in self.autocorrelations]
        return Persistence(autocorrelations=rho, shares=self.shares)

    def draw(self, generator: np.random.Generator, periods: int) -> Series:
        """Shape (periods,)."""
        drawn = np.zeros(periods)
        for rho, share in zip(self.autocorrelations, self.shares, strict=True):
            drawn += np.sqrt(share) * autoregressive(generator.standard_normal(periods), rho)
        return drawn


def _score_pairs() -> tuple[Series, Series, Series]:
    """Weights and nodes of a normal score, and of another, (correlations, nodes of the one, nodes of the other)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    rho = _SCORE_CORRELATIONS[:, None, None]
    return weights / weights.sum(), nodes, np.asarray(rho * nodes[:, None] + np.sqrt(1.0 - rho**2) * nodes)


def _autocorrelations(values: Series, follows: Mask, lags: NDArray[np.int_]) -> Series:
    """Correlations of a series with itself some periods before, over pairs without a gap between them."""
    run = np.cumsum(~follows)
    found = []
    for lag in lags:
        before, after = values[:-lag], values[lag:]
        kept = (run[:-lag] == run[lag:]) & np.isfinite(before) & np.isfinite(after)
        both = before[kept], after[kept]
        is_known = kept.sum() > 2 and both[0].std() > 0 and both[1].std() > 0
        found.append(np.corrcoef(*both)[0, 1] if is_known else np.nan)
    return np.array(found)


def _two_components(memory: Memory) -> tuple[list[float], list[float]]:
    """Autocorrelations and shares with the least squared distance from the known ones, every lag alike."""
    from scipy.optimize import least_squares  # takes longer to import than a small instance to solve

    kept = np.isfinite(memory.known)
    known, lags = memory.known[kept], memory.lags[kept]

    def misses(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        fast, slow, share = parameters
        return np.asarray(share * fast**lags + (1.0 - share) * slow**lags - known)

    starts = [(0.3, 0.9, 0.5), (0.7, 0.98, 0.7), (0.8, 0.995, 0.5), (0.9, 0.999, 0.8)]
    bounds = ([0.0, 0.0, 0.0], [_LARGEST, _LARGEST, 1.0])
    fits = [least_squares(misses, start, bounds=bounds) for start in starts]
    fast, slow, share = min(fits, key=lambda found: float(found.cost)).x.tolist()
    return [fast, slow], [share, 1.0 - share]
