"""Distances by what scenarios are worth to the site: what is alike in data may differ in money, and the reverse.

Profits come from the caller, who has the solver: ``v[c, i]`` is what the site earns in scenario ``i`` with the
commitment ``c`` (:attr:`mes_stoch.evaluation.profit.Profits.scenarios` of ``ms.evaluate(site, commitments=...)``).

**Recourse values**, of one or several given commitments. With ``s_c`` the spread of the profits of ``c`` over
scenarios, ``n`` commitments, ``D`` the distance by data with ``W`` the sum of its weights, and a share ``b`` of the
squared distance by value::

    d(i, j)^2 = (1 - b) D(i, j)^2 / W  +  b (1/n) sum_c ((v[c, i] - v[c, j]) / s_c)^2

No commitment's expected profit changes by more than the distance ``D_r`` between the tree and the sample allows::

    | sum_i p_i v[c, i] - sum_j q_j v[c, j] |  <=  s_c sqrt(n / b) D_r

since moving ``i`` to ``j`` changes it by no more than ``s_c sqrt(n / b) d(i, j)``. With ``b = 1`` and one commitment
this is the distance between two distributions of profit. It is the recourse function that has to be met, at the
commitments that matter: Henrion and Roemisch bound the error of the optimum by the largest error over all of them.

**Opportunity cost**, where commitment ``i`` is the best one for scenario ``i`` alone. What is lost by preparing for
one scenario and meeting the other, both ways round::

    c(i, j) = (v[i, i] - v[j, i]) + (v[j, j] - v[i, j])

It is 0 for scenarios that ask for the same commitment, however different their prices. A share ``1 - b`` of the cost
by data may be mixed in, each divided by its mean over pairs of scenarios. It is no metric: the bound above does not
hold for it.

Keutchayan, Ortmann and Rei cluster by the same matrix ``v``, and choose each cluster's representative by how well its
own commitment's profit in it meets the mean of that profit over the cluster, by a mixed-integer program; here the
choice is that of the methods beside, for any number of scenarios.

Sources
-------
Bertsimas, Mundru (2023), Optimization-based scenario reduction for data-driven two-stage stochastic optimization,
Operations Research 71, DOI 10.1287/opre.2022.2265; Keutchayan, Ortmann, Rei (2023), Problem-driven scenario clustering
in stochastic optimization, Computational Management Science 20, DOI 10.1007/s10287-023-00446-2; Henrion, Roemisch,
Optimal scenario generation and reduction in stochastic programming (preprint).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.reduction.distances import CostMatrix, FloatArray, standardised


@dataclass(frozen=True)
class ProblemValues:
    """What scenarios are worth, and how much that counts.

    Parameters
    ----------
    profits : array, shape (commitments, scenarios)
        In the instance's currency.
    share : float
        Of the squared distance (of the cost, with opportunity costs) that values have, in (0, 1]; data have the rest.
    is_opportunity : bool
        Whether commitment ``i`` is the best one for scenario ``i`` alone.
    """

    profits: FloatArray
    share: float = 1.0
    is_opportunity: bool = False


def problem_values(profits: object, share: float, scenarios: int, *, is_opportunity: bool = False) -> ProblemValues:
    """Checked values.

    Parameters
    ----------
    profits : array or table
        A row a commitment and a column a scenario, in the order of the tree; of one commitment a list.

    Raises
    ------
    UsageError
        Another shape, what is no number, a share outside (0, 1], or own commitments that are not the best.
    """
    try:
        values = np.atleast_2d(np.asarray(profits, dtype=float))
    except (TypeError, ValueError):
        raise UsageError("profits are numbers: a row a commitment, a column a scenario") from None
    if values.ndim != 2 or values.shape[1] != scenarios or not np.isfinite(values).all():
        raise UsageError(
            f"profits are finite numbers, a row a commitment and a column each of the {scenarios} scenarios; found "
            f"{' x '.join(map(str, values.shape))}"
        )
    if not 0.0 < share <= 1.0:
        raise UsageError(f"the share of values in the distance is above 0 and at most 1, not {share:g}")
    if is_opportunity:
        if len(values) != scenarios:
            raise UsageError(
                f"opportunity costs take a commitment for each of the {scenarios} scenarios, the best for it alone; "
                f"found {len(values)}"
            )
        worst = float((values - np.diag(values)).max())
        if worst > 1e-6 * max(float(np.abs(values).max()), 1.0):
            raise UsageError(
                f"opportunity costs take in row i the best commitment for scenario i alone, and another one earns "
                f"{worst:,.2f} more in a scenario"
            )
    return ProblemValues(values, float(share), is_opportunity)


def with_values(features: FloatArray, weights: float, values: ProblemValues, probabilities: FloatArray) -> FloatArray:
    """Points whose distance is mixed of data and recourse values.

    Parameters
    ----------
    features : array, shape (scenarios, coordinates)
        By data.
    weights : float
        Sum of their weights, ``W``.
    """
    columns = [standardised(row[:, None], probabilities) for row in values.profits]
    money = np.concatenate([np.zeros_like(features[:, :1]) if one is None else one for one in columns], axis=1)
    data = features * np.sqrt((1.0 - values.share) / max(weights, 1e-300))
    return np.concatenate([data, money * np.sqrt(values.share / len(values.profits))], axis=1)


def opportunity_cost(values: ProblemValues, data: CostMatrix, probabilities: FloatArray) -> CostMatrix:
    """Costs of preparing for the wrong scenario, mixed with those by data."""
    own = np.diag(values.profits)
    lost = own - values.profits
    both = np.maximum(lost + lost.T, 0.0)
    np.fill_diagonal(both, 0.0)
    parts = ((values.share, both), (1.0 - values.share, data))
    mixed = np.zeros_like(both)
    for share, cost in parts:
        mean = float(probabilities @ cost @ probabilities)
        if share > 0.0 and mean > 0.0:
            mixed += share / mean * cost
    return mixed
