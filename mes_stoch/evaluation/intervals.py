"""How far a mean of a sample, and the mean of its worst part, may be from those of all days: intervals of estimates.

Equations
---------
Of ``n`` draws (day-ahead nodes; the leaves of a node belong together) with mean profits ``x_i``:

- **t**: ``mean +- t_{n-1} s / sqrt(n)``, ``s`` the deviation of the draws. For the mean of the worst share ``u = 1 -
  alpha``, with ``q`` the quantile at ``u``, the same of ``q - max(q - x, 0) / u``, whose mean it is.
- **bootstrap**: draws are taken again with replacement; bias-corrected and accelerated percentiles (``scipy.stats``).
- **block bootstrap**, for days that follow each other: blocks of ``L`` consecutive days are taken again with
  replacement, on a circle so that every day is as likely, until there are as many days; percentiles of what they give.
  It holds what days have in common with their neighbours, up to ``L`` days.

All are estimates, and hold approximately for many draws (blocks).

Sources
-------
Efron (1987), Better bootstrap confidence intervals, DOI 10.1080/01621459.1987.10478410; Kuensch (1989), The jackknife
and the bootstrap for general stationary observations, DOI 10.1214/aos/1176347265; Politis & Romano (1992), A circular
block-resampling procedure for stationary data, in Exploring the Limits of Bootstrap; Hong, Hu & Liu (2014), Monte Carlo
methods for value-at-risk and conditional value-at-risk: a review, DOI 10.1145/2661631.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap
from scipy.stats import t as student

from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.evaluation_sampling import IntervalsResult
from mes_stoch.schema.evaluation_shared import ConfidenceInterval

Method = Literal["t", "bootstrap", "block-bootstrap"]
METHODS: tuple[Method, ...] = get_args(Method)
CONFIDENCE = 0.95
_RESAMPLES = 4000
_SEED = 0
#: Resamples at once, in numbers held: the bootstrap of many days stays within a few megabytes.
_AT_ONCE = 1_000_000
#: Of each row of positions of draws.
FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]
Statistic = Callable[[IndexArray], FloatArray]


@dataclass(frozen=True)
class IntervalRule:
    """How intervals are made.

    Parameters
    ----------
    method : str
    block_days : int, optional
        Length of a block, in scenarios that follow each other; default the cube root of their number.
    confidence : float
    alpha : float
        The worst ``1 - alpha`` of the probability is what the second interval is of.

    Raises
    ------
    UsageError
        No such method, or a length of blocks that makes no sense.
    """

    method: Method = "t"
    block_days: int | None = None
    confidence: float = CONFIDENCE
    alpha: float = CONFIDENCE

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"an interval is made by one of {', '.join(METHODS)}, not by {self.method!r}")
        if self.block_days is None:
            return
        if self.method != "block-bootstrap":
            raise UsageError(f"blocks belong to the block-bootstrap, and the interval is made by {self.method}")
        if not isinstance(self.block_days, int) or self.block_days < 1:
            raise UsageError(f"a block has 1 day or more, not {self.block_days}")


@dataclass(frozen=True)
class Draws:
    """Profits by draw.

    Parameters
    ----------
    profits : array, shape (draws, leaves)
    weights : array, shape (draws, leaves)
        Probability of a leaf given its draw; rows sum to 1, and are filled up with leaves of weight 0.
    """

    profits: FloatArray
    weights: FloatArray

    @property
    def means(self) -> FloatArray:
        """Mean profit of each draw."""
        return np.asarray((self.profits * self.weights).sum(axis=1))

    def worst_means(self, share: float, chosen: IndexArray) -> FloatArray:
        """Mean of the worst share of the probability, for every row of chosen draws."""
        profits = self.profits[chosen].reshape(len(chosen), -1)
        weights = self.weights[chosen].reshape(len(chosen), -1) / chosen.shape[1]
        order = np.argsort(profits, axis=1, kind="stable")
        profits, weights = np.take_along_axis(profits, order, 1), np.take_along_axis(weights, order, 1)
        before = np.cumsum(weights, axis=1) - weights
        counted = np.clip(share - before, 0.0, weights)
        return np.asarray((profits * counted).sum(axis=1) / counted.sum(axis=1))

    def influence(self, share: float) -> FloatArray:
        """What each draw contributes to the mean of the worst share; its mean is that."""
        order = np.argsort(self.profits.ravel(), kind="stable")
        reached = np.cumsum(self.weights.ravel()[order]) / len(self.profits)
        place = min(int(np.searchsorted(reached, share * (1 - 1e-12))), len(order) - 1)
        quantile = self.profits.ravel()[order[place]]
        below = np.maximum(quantile - self.profits, 0.0) / share
        return np.asarray(((quantile - below) * self.weights).sum(axis=1))


@dataclass(frozen=True)
class Intervals:
    """Intervals of the mean and of the mean of the worst part; ``worst`` is ``None`` where too few draws lie in it.

    Parameters
    ----------
    standard_error : float
        Of the mean, by the same method.
    draws : int
    block_days : int or None
        Length of the blocks that were taken.
    """

    rule: IntervalRule
    mean: tuple[float, float]
    worst: tuple[float, float] | None
    standard_error: float
    draws: int
    block_days: int | None = None

    def result(self) -> IntervalsResult:
        """The part of ``evaluation.json``."""
        level = self.rule.confidence
        return IntervalsResult(
            method=self.rule.method,
            draws=self.draws,
            block_days=self.block_days,
            resamples=None if self.rule.method == "t" else _RESAMPLES,
            standard_error=self.standard_error,
            mean=ConfidenceInterval(level=level, lower=self.mean[0], upper=self.mean[1]),
            cvar_alpha=self.rule.alpha,
            cvar=None
            if self.worst is None
            else ConfidenceInterval(level=level, lower=self.worst[0], upper=self.worst[1]),
        )


def intervals_of(draws: Draws, rule: IntervalRule) -> Intervals:
    """Intervals by a rule.

    Raises
    ------
    UsageError
        A single draw has no spread, or a block is longer than the days there are.
    """
    count, share = len(draws.profits), 1.0 - rule.alpha
    if count < 2:
        raise UsageError("an interval takes two draws or more, from which their spread is estimated")
    # an estimate of a tail in which no whole draw lies says nothing of the tail
    has_tail = count * share >= 1 - 1e-9
    if rule.method == "t":
        mean, error = student_interval(draws.means, rule.confidence)
        worst = student_interval(draws.influence(share), rule.confidence)[0] if has_tail else None
        return Intervals(rule, mean, worst, error, count)
    means = draws.means

    def mean_of(chosen: IndexArray) -> FloatArray:
        return np.asarray(means[chosen].mean(axis=1))

    def worst_of(chosen: IndexArray) -> FloatArray:
        return draws.worst_means(share, chosen)

    if rule.method == "bootstrap":
        mean, error = bootstrap_interval(count, mean_of, rule.confidence)
        worst = bootstrap_interval(count, worst_of, rule.confidence)[0] if has_tail else None
        return Intervals(rule, mean, worst, error, count)
    length = block_length(count) if rule.block_days is None else rule.block_days
    mean, error = block_interval(count, length, mean_of, rule.confidence)
    worst = block_interval(count, length, worst_of, rule.confidence)[0] if has_tail else None
    return Intervals(rule, mean, worst, error, count, length)


def student_interval(values: FloatArray, confidence: float = CONFIDENCE) -> tuple[tuple[float, float], float]:
    """Interval of the mean of independent values by Student's t, and its standard error."""
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    reach = float(student.ppf(0.5 + confidence / 2, len(values) - 1)) * error
    mean = float(np.mean(values))
    return (mean - reach, mean + reach), error


def bootstrap_interval(
    count: int, statistic: Statistic, confidence: float = CONFIDENCE
) -> tuple[tuple[float, float], float]:
    """Bias-corrected and accelerated interval of a statistic of ``count`` independent draws, by their positions."""
    everyone = np.arange(count, dtype=np.int32)
    if np.ptp(_without_each(everyone, statistic)) == 0.0:
        # nothing differs that the statistic sees, and acceleration is not defined
        centre = float(statistic(everyone[None])[0])
        return (centre, centre), 0.0
    found = bootstrap(
        (everyone,),
        lambda rows, axis=-1: statistic(np.atleast_2d(rows)) if rows.ndim > 1 else statistic(rows[None])[0],
        n_resamples=_RESAMPLES,
        batch=_batch(count),
        confidence_level=confidence,
        method="BCa",
        random_state=np.random.default_rng(_SEED),
    )
    interval = found.confidence_interval
    return (float(interval.low), float(interval.high)), float(found.standard_error)


def _without_each(everyone: IndexArray, statistic: Statistic) -> FloatArray:
    """A statistic of all draws but one, for each of them."""
    step = _batch(len(everyone))
    return np.concatenate(
        [
            statistic(np.array([np.delete(everyone, place) for place in everyone[first : first + step]]))
            for first in range(0, len(everyone), step)
        ]
    )


def block_length(count: int) -> int:
    """Length of blocks where none is stated: the cube root of the number of days, to which the best is proportional."""
    return max(math.ceil(math.cbrt(count) - 1e-9), 1)


def block_interval(
    count: int, length: int, statistic: Statistic, confidence: float = CONFIDENCE
) -> tuple[tuple[float, float], float]:
    """Interval of a statistic of ``count`` days that follow each other, by blocks of ``length`` of them.

    Raises
    ------
    UsageError
        There are not two blocks.
    """
    if 2 * length > count:
        raise UsageError(f"blocks of {length} days need {2 * length} days or more, and there are {count}")
    generator = np.random.default_rng(_SEED)
    blocks, found, step = -(-count // length), [], _batch(count)
    for first in range(0, _RESAMPLES, step):
        starts = generator.integers(0, count, (min(step, _RESAMPLES - first), blocks))
        chosen = (starts[:, :, None] + np.arange(length)) % count
        found.append(statistic(chosen.reshape(len(chosen), -1)[:, :count].astype(np.int32)))
    together = np.concatenate(found)
    tail = 50.0 * (1.0 - confidence)
    lower, upper = np.percentile(together, [tail, 100.0 - tail])
    return (float(lower), float(upper)), float(np.std(together, ddof=1))


def _batch(count: int) -> int:
    """Resamples that are made at once."""
    return max(_AT_ONCE // count, 1)
