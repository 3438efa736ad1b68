"""How far apart two scenarios are: continuous series by their values, activations by what has been called so far.

Equations
---------
With ``x_k[i, t]`` series ``k`` of scenario ``i`` in period ``t`` of ``T``, ``m_k[t]`` its mean over scenarios, and
``s_k`` its spread::

    s_k^2    = sum_i p_i (1/T) sum_t (x_k[i, t] - m_k[t])^2
    d(i, j)^2 = sum_k w_k (1/T) sum_t ((y_k[i, t] - y_k[j, t]) / s_k)^2
    c(i, j)  = d(i, j)^r

``y_k`` is ``x_k`` for a continuous series. For a series of activations it is the energy called so far per MW,
``h sum_{u <= t} x_k[u]`` with the length ``h`` of a period, and ``s_k`` the spread of that: two days called an hour
apart are then close, and a day called once is far from one that is never called, which period by period it is not
(two calls that miss each other would be further apart than a call and none). Each series that differs between
scenarios contributes ``2 w_k`` to the mean squared distance of two independent scenarios, whatever its unit; one that
does not differ contributes nothing. Activations are multiplied by ``event_weight`` besides.

All distances come from one product of matrices, ``|a - b|^2 = |a|^2 + |b|^2 - 2 a.b``, in double precision up to 2,000
scenarios and in single precision beyond.

Source
------
Dupacova, Groewe-Kuska, Roemisch (2003), Scenario reduction in stochastic programming: an approach using probability
metrics, Mathematical Programming 95, DOI 10.1007/s10107-002-0331-0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.readers.locate import did_you_mean, listed
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.reduction import ReductionRule
from mes_stoch.schema.tree import ScenarioTree

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
Precision = TypeVar("Precision", np.float64, np.float32)
#: Of costs, in double or single precision.
CostMatrix = NDArray[np.float64] | NDArray[np.float32]

#: Up to so many scenarios costs are in double precision.
EXACT_UP_TO = 2000
_BLOCK = 256
#: Squared distances below this share of the scenarios' own size are rounding, and are nothing.
_ROUNDING = {np.dtype(np.float64): 1e-14, np.dtype(np.float32): 4e-6}


def is_event(series: str, rule: ReductionRule) -> bool:
    """Whether a series says how much of a product is called, by its name or as the rule says.

    >>> rule = ReductionRule(event_series=["regulation_raise_per_unit"])
    >>> is_event("mfrr_activation_up_per_unit", rule), is_event("regulation_raise_per_unit", rule)
    (True, True)
    >>> is_event("pv_available_per_unit", rule), is_event("da_price_eur_per_mwh", rule)
    (False, False)
    """
    return series in rule.event_series or ("activation" in series and series.endswith("_per_unit"))


def require_known(names: Sequence[str], tree: ScenarioTree, key: str) -> None:
    """Refuse names that are no series of a tree which differ between scenarios.

    Raises
    ------
    UsageError
        With all of them.
    """
    known = tree.varying_series
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known) or f"there are {listed(known)}"
        raise UsageError(f"{key} names {listed(unknown)}, no series that differs between scenarios; {hint}")


def features_of(
    tree: ScenarioTree,
    rule: ReductionRule,
    series: Sequence[str] | None = None,
) -> FloatArray:
    """Scenarios as points, whose Euclidean distance is ``d``.

    Parameters
    ----------
    series : sequence of str, optional
        Default all that differ between scenarios.

    Returns
    -------
    array, shape (scenarios, coordinates)
        At least one coordinate.
    """
    weights = tree.probabilities
    parts = [np.zeros((len(weights), 1))]
    for name in tree.varying_series if series is None else series:
        event = is_event(name, rule)
        weight = rule.series_weights.get(name, 1.0) * (rule.event_weight if event else 1.0)
        if weight == 0.0:
            continue
        values = courses(tree, name)
        if event:
            values = np.cumsum(values * tree.lengths_h, axis=1)
        standard = standardised(values, weights)
        if standard is not None:
            parts.append(standard * np.sqrt(weight / tree.periods))
    return np.concatenate(parts[1:] or parts, axis=1)


def courses(tree: ScenarioTree, name: str) -> FloatArray:
    """A series of all scenarios, shape (scenarios, periods)."""
    return np.asarray(tree.dataset[name].transpose("scenario", "time").values, dtype=float)


def standardised(values: FloatArray, probabilities: FloatArray) -> FloatArray | None:
    """Columns without their means, divided by their common spread; ``None`` where scenarios do not differ.

    Parameters
    ----------
    values : array, shape (scenarios, columns)
    """
    weights = probabilities / probabilities.sum()
    centred = values - weights @ values
    spread = float(np.sqrt(weights @ np.mean(centred**2, axis=1)))
    largest = float(np.abs(values).max(initial=0.0))
    return None if spread <= 1e-12 * max(largest, 1e-300) else np.asarray(centred / spread)


def cost_matrix(features: FloatArray, order: int = 1) -> CostMatrix:
    """Costs ``d^r`` between all scenarios, symmetric, 0 on the diagonal.

    Parameters
    ----------
    features : array, shape (scenarios, coordinates)

    Returns
    -------
    array, shape (scenarios, scenarios)
    """
    if len(features) <= EXACT_UP_TO:
        return _powers(np.ascontiguousarray(features, dtype=np.float64), order)
    return _powers(np.ascontiguousarray(features, dtype=np.float32), order)


def _powers(points: NDArray[Precision], order: int) -> NDArray[Precision]:
    squares = np.einsum("ij,ij->i", points, points)
    cost: NDArray[Precision] = points @ points.T
    for rows in blocks(len(cost)):
        part = cost[rows]
        size = squares[rows, None] + squares
        part *= -2.0
        part += size
        part[part < _ROUNDING[cost.dtype] * size] = 0.0
        if order == 1:
            np.sqrt(part, out=part)
    np.fill_diagonal(cost, 0.0)
    return cost


def in_precision_of(cost: CostMatrix, values: FloatArray) -> Any:
    """Values in the precision of costs, so that a product of both is not converted row by row."""
    return values.astype(cost.dtype)


def blocks(count: int) -> Iterator[slice]:
    """Rows that are worked on together: they stay in the processor's cache."""
    return (slice(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK))
