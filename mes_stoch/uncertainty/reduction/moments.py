"""Probabilities that give the kept scenarios the moments of the sample, as near to their own as possible.

Equations
---------
With ``z_k[i, t] = (x_k[i, t] - mu_k) / s_k`` series ``k`` less its mean over the sample, by its deviation (both over
all scenarios and periods), the moments of the sample are met by probabilities ``q`` of the kept scenarios with::

    sum_j q_j = 1,   q >= 0
    mean          sum_j q_j (1/T) sum_t z_k[j, t]            = 0
    variance      sum_j q_j (1/T) sum_t z_k[j, t]^2          = 1
    correlation   sum_j q_j (1/T) sum_t z_k[j, t] z_l[j, t]  = correlation of k and l in the sample

all linear in ``q``, since means are met. Variances are met with means, correlations with both. Among all such ``q``
the nearest to the probabilities ``p`` there are is taken::

    minimise  sum_j (q_j - p_j)^2 / p_j

a quadratic program. With the equations solved by a singular-value decomposition it is one of least distance, which is
solved by non-negative least squares. Where no probabilities meet all moments, those with the least sum of squared
misses are taken; a miss is in deviations of the series (mean), or in units of its variance.

Sources
-------
Hoyland, Wallace (2001), Generating scenario trees for multistage decision problems, Management Science 47, DOI
10.1287/mnsc.47.2.295.9834 (moments by a program, inconsistent ones by least squares); Lawson, Hanson (1995), Solving
least squares problems, chapter 23, DOI 10.1137/1.9781611971217.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import nnls

from mes_stoch.schema.reduction import Moment
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.reduction.distances import FloatArray, courses

#: What is met.
MET = 1e-8
_RANK = 1e-11
#: Of least squares: how much more the sum of probabilities counts than a moment, and how much less their distance.
_SUM_WEIGHT, _DISTANCE_WEIGHT = 1e3, 1e-5


@dataclass(frozen=True)
class MatchedProbabilities:
    """Probabilities, and by how much each moment is missed.

    Parameters
    ----------
    probabilities : array
    misses : mapping of str to float
        By moment, in deviations of a series or units of its variance.
    """

    probabilities: FloatArray
    misses: Mapping[str, float]

    @property
    def largest_miss(self) -> float:
        return max(self.misses.values(), default=0.0)

    @property
    def worst(self) -> str:
        """The moment that is missed most."""
        return max(self.misses, key=lambda name: self.misses[name], default="")


def matched_probabilities(
    sample: ScenarioTree, kept: ScenarioTree, probabilities: FloatArray, moments: Sequence[Moment]
) -> MatchedProbabilities:
    """Probabilities of the kept scenarios that have moments of a sample.

    Parameters
    ----------
    sample : ScenarioTree
    kept : ScenarioTree
        With the same series.
    probabilities : array
        Of the kept scenarios, to be changed as little as possible.
    moments : sequence of str
        ``mean``, ``variance``, ``correlation``.
    """
    names, matrix, target = moment_equations(sample, kept, moments)
    return matched(names, matrix, target, probabilities)


def moment_equations(
    sample: ScenarioTree, kept: ScenarioTree, moments: Sequence[Moment]
) -> tuple[list[str], FloatArray, FloatArray]:
    """What every moment is called, what each kept scenario contributes to it, and what it is in the sample."""
    of_sample, of_kept = {}, {}
    weights = sample.probabilities
    for name in sample.varying_series:
        values = courses(sample, name)
        mean = float(weights @ values.mean(axis=1))
        deviation = float(np.sqrt(weights @ np.mean((values - mean) ** 2, axis=1)))
        if deviation > _RANK * max(float(np.abs(values).max()), 1e-300):
            of_sample[name] = (values - mean) / deviation
            of_kept[name] = (courses(kept, name) - mean) / deviation
    names: list[str] = []
    rows: list[FloatArray] = []
    targets: list[float] = []

    def add(label: str, in_kept: FloatArray, in_sample: FloatArray) -> None:
        names.append(label)
        rows.append(in_kept.mean(axis=1))
        targets.append(float(weights @ in_sample.mean(axis=1)))

    for name, values in of_kept.items():
        add(f"mean of {name}", values, of_sample[name])
    if {"variance", "correlation"} & set(moments):
        for name, values in of_kept.items():
            add(f"variance of {name}", values**2, of_sample[name] ** 2)
    if "correlation" in moments:
        for one, other in combinations(of_kept, 2):
            add(f"correlation of {one} and {other}", of_kept[one] * of_kept[other], of_sample[one] * of_sample[other])
    count = len(kept.scenario_names)
    return names, np.array(rows).reshape(len(rows), count), np.array(targets)


def matched(
    names: Sequence[str], matrix: FloatArray, target: FloatArray, probabilities: FloatArray
) -> MatchedProbabilities:
    """Probabilities near given ones with ``matrix @ q = target``.

    Parameters
    ----------
    names : sequence of str
        Of the rows.
    matrix : array, shape (moments, scenarios)
    target : array, shape (moments,)
    """
    found = [_least_squares(matrix, target, probabilities)]
    exact = _least_distance(matrix, target, probabilities)
    if exact is not None:
        found.append(exact)
    misses = [np.abs(matrix @ one - target) for one in found]
    best = min(range(len(found)), key=lambda place: float(misses[place].max(initial=0.0)))
    return MatchedProbabilities(found[best], dict(zip(names, misses[best].tolist(), strict=True)))


def _scales(probabilities: FloatArray) -> FloatArray:
    """Square roots of the probabilities, none of them 0: what has none may get some."""
    return np.asarray(np.sqrt(np.maximum(probabilities, 1e-3 / len(probabilities))))


def _least_distance(matrix: FloatArray, target: FloatArray, probabilities: FloatArray) -> FloatArray | None:
    """The nearest probabilities that meet all equations; ``None`` where there are none."""
    scales = _scales(probabilities)
    equations = np.vstack([matrix, np.ones(len(probabilities))]) * scales
    missing = np.append(target, 1.0) - equations @ (probabilities / scales)
    left, sizes, right = np.linalg.svd(equations, full_matrices=True)
    rank = int(np.count_nonzero(sizes > _RANK * sizes[0]))
    step = right[:rank].T @ ((left[:, :rank].T @ missing) / sizes[:rank])
    if np.abs(equations @ step - missing).max() > MET:
        return None
    # x = step + free y with the least |y|, such that the probabilities are not negative
    start = probabilities + scales * step
    if start.min() >= 0.0:
        return np.asarray(start)
    free = scales[:, None] * right[rank:].T
    if not free.shape[1]:
        return None
    system = np.vstack([free.T, -start])
    wanted = np.append(np.zeros(free.shape[1]), 1.0)
    multipliers, _ = nnls(system, wanted, maxiter=30 * system.shape[1])
    rest = system @ multipliers - wanted
    if np.linalg.norm(rest) < 1e-10:
        return None
    found = np.maximum(start - free @ (rest[:-1] / rest[-1]), 0.0)
    return np.asarray(found / found.sum())


def _least_squares(matrix: FloatArray, target: FloatArray, probabilities: FloatArray) -> FloatArray:
    """The probabilities with the least squared misses."""
    pull = _DISTANCE_WEIGHT / _scales(probabilities)
    system = np.vstack([matrix, np.full(len(probabilities), _SUM_WEIGHT), np.diag(pull)])
    wanted = np.concatenate([target, [_SUM_WEIGHT], pull * probabilities])
    found, _ = nnls(system, wanted, maxiter=30 * system.shape[1])
    return np.asarray(found / found.sum())
