"""How much of the way from a single scenario to the whole sample a reduced tree goes.

Equations
---------
With ``D_k`` the Wasserstein distance of the reduced tree from the sample, and ``D_1`` that of the best single
scenario::

    relative accuracy = 1 - D_k / D_1

1 is the sample itself, 0 what a single scenario does. ``D`` is of order ``r``: the ``r``-th root of the cost.

Source
------
Dupacova, Groewe-Kuska, Roemisch (2003), section 5, DOI 10.1007/s10107-002-0331-0: reduced to half of its scenarios, a
load tree keeps about 90 % relative accuracy.
"""

from __future__ import annotations

from mes_stoch.uncertainty.reduction.distances import CostMatrix, FloatArray, in_precision_of


def single_cost(cost: CostMatrix, probabilities: FloatArray) -> float:
    """What it costs to move everything to the best single scenario."""
    return float((in_precision_of(cost, probabilities) @ cost).min())


def relative_accuracy(cost: float, cost_of_single: float, order: int) -> float:
    """Relative accuracy of a reduced tree; 1 where all scenarios are alike.

    >>> relative_accuracy(1.0, 4.0, 1), relative_accuracy(1.0, 4.0, 2)
    (0.75, 0.5)
    """
    if cost_of_single <= 0.0:
        return 1.0
    return float(1.0 - (cost / cost_of_single) ** (1.0 / order))
