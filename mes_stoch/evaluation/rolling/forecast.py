"""What is expected of the rest of a day, given what has been seen of it: scenarios weighted by their likeness.

Equations
---------
``x_j[t]`` are the series of the day, ``x_kj[t]`` those of scenario ``k`` with probability ``p_k``, ``s_j`` the standard
deviation of series ``j`` about its mean in each period, ``N_j`` the periods of it that have been seen and ``J`` the
series of which something has been::

    z_kj[t] = min(|x_j[t] - x_kj[t]| / s_j, 3)
    D_k     = mean over j in J of the mean over t < N_j of z_kj[t]^2
    w_k     ~ p_k exp(-D_k / (2 b^2))

a Gaussian kernel of bandwidth ``b`` on the mean squared difference. Differences count up to three deviations, so that
one rare call does not decide it. With nothing seen the weights are the probabilities. A course of the day is what has
been seen, followed by the rest of a scenario. Where the last period seen, ``t``, differs from the scenario, a share of
the difference that is forgotten with time is kept, so that a forecast does not jump::

    x_j[t + h] = x_kj[t + h] + phi_j^h (x_j[t] - x_kj[t]),    within the range of the scenarios in period t + h

with ``phi_j`` the autocorrelation from one period to the next of the scenarios' differences from their mean, between 0
and 1: the conditional course if these follow an autoregression of first order. Prices that would so lose an order that
data must have (of long and short imbalance, export and import) are those of the scenario. Calls are not carried on so:
in the rest of a scenario they keep the limits of their products after those that have come
(:mod:`mes_stoch.uncertainty.continued_calls`).

Source
------
Nadaraya (1964), On estimating regression, DOI 10.1137/1109020, for the kernel; conditional scenario weights in
multistage programs as in Hannah, Powell & Blei (2010), Nonparametric density estimation for stochastic optimization
with an observable state variable, NIPS 23.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mes_stoch.model.program import FloatArray
from mes_stoch.schema.data_rules import OrderRule
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.continued_calls import continued_calls
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.tree import call_limits

BANDWIDTH = 0.5
_LARGEST_DIFFERENCE = 3.0
#: Courses of less weight than this, as a share of the largest, are left out.
_LEAST_WEIGHT = 1e-3


@dataclass(frozen=True)
class Course:
    """How a day may go: every series over the whole horizon, what has been seen included, and its weight."""

    weight: float
    series: Mapping[str, FloatArray]


class Forecast(Protocol):
    """Says how a day may go on."""

    def courses(self, seen: Mapping[str, FloatArray]) -> Sequence[Course]:
        """Courses of the day, weights adding up to 1.

        Parameters
        ----------
        seen : dict of str to array
            The first periods of each series, as many as have been seen; nothing else of the day is known.
        """
        ...


class LikenessForecast:
    """The scenarios of a tree, weighted by their likeness to what has been seen; see the module's equations.

    Parameters
    ----------
    instance : Instance
        Whose products limit the calls.
    tree : ScenarioTree
        Scenarios of another seed, or days that have been: never the one that is operated. Periods are taken one by one,
        whatever their date.
    excluded : sequence of int
        Scenarios that are left out.
    bandwidth : float
        ``b``.
    goes_on : bool
        Whether courses go on from what was seen last. For a plan for their mean, which would jump otherwise; courses
        that are planned for one by one keep more of their spread without it.

    Raises
    ------
    UsageError
        No scenario is left.
    """

    def __init__(
        self,
        instance: Instance,
        tree: ScenarioTree,
        excluded: Sequence[int] = (),
        bandwidth: float = BANDWIDTH,
        *,
        goes_on: bool = True,
    ) -> None:
        weights = tree.probabilities.copy()
        weights[list(excluded)] = 0.0
        self._taken = np.flatnonzero(weights > 0)
        if not len(self._taken):
            raise UsageError("a forecast needs a scenario besides the one that is operated")
        if not bandwidth > 0:
            raise UsageError(f"the bandwidth of a forecast is above 0, not {bandwidth}")
        self._weights = weights[self._taken] / weights.sum()
        self._tree = tree
        self._bandwidth = bandwidth
        self._goes_on = goes_on
        self._context = DrawContext.of(instance.horizon, tree.time)
        self._limits = call_limits(instance, tree.time)
        self._values: dict[str, FloatArray] = {}
        self._deviations: dict[str, float] = {}
        self._memories: dict[str, float] = {}
        rules = [rule for component in instance.components.values() for rule in component.data_rules()]
        rules += [rule for product in instance.products.values() for rule in product.data_rules()]
        self._orders = [rule for rule in rules if isinstance(rule, OrderRule)]

    def courses(self, seen: Mapping[str, FloatArray]) -> list[Course]:
        weights = self._likeness(seen)
        kept = weights >= _LEAST_WEIGHT * weights.max()
        weights = np.where(kept, weights, 0.0) / weights[kept].sum()
        return [Course(float(weights[k]), self._course(seen, k)) for k in np.flatnonzero(kept).tolist()]

    def _course(self, seen: Mapping[str, FloatArray], k: int) -> dict[str, FloatArray]:
        """Every series in a scenario, and where they would stand in another order than data must, as it has them."""
        series = {name: self._continued(name, values, k) for name, values in seen.items()}
        for rule in self._orders:
            names = {price for price in (*rule.lower, rule.upper) if isinstance(price, str)}
            if not names or not names <= set(series):
                continue
            lower = sum(series[price] if isinstance(price, str) else price for price in rule.lower)
            upper = series[rule.upper] if isinstance(rule.upper, str) else rule.upper
            is_wrong = np.asarray(lower > upper)
            for name in names:
                count = len(seen[name])
                series[name][count:] = np.where(is_wrong, self._of(name)[k], series[name])[count:]
        return series

    def _likeness(self, seen: Mapping[str, FloatArray]) -> FloatArray:
        """Weight of every scenario."""
        distances = []
        for name, values in seen.items():
            deviation = self._deviation(name)
            if len(values) and deviation > 0:
                difference = np.abs(self._of(name)[:, : len(values)] - values) / deviation
                distances.append((np.minimum(difference, _LARGEST_DIFFERENCE) ** 2).mean(axis=1))
        if not distances:
            return np.asarray(self._weights, dtype=np.float64)
        distance = np.mean(distances, axis=0)
        # the nearest has exponent 0, however far away it is
        weights = self._weights * np.exp((distance.min() - distance) / (2.0 * self._bandwidth**2))
        return np.asarray(weights / weights.sum(), dtype=np.float64)

    def _continued(self, name: str, seen: FloatArray, k: int) -> FloatArray:
        limits: CallLimits | None = self._limits.get(name)
        if limits is None:
            return np.concatenate([seen, self._carried_on(name, seen, k)])
        course = np.concatenate([seen, self._of(name)[k, len(seen) :]])
        return continued_calls(course, len(seen), limits, self._context)

    def _carried_on(self, name: str, seen: FloatArray, k: int) -> FloatArray:
        """The rest of a series in a scenario, begun at what was seen last."""
        values, count = self._of(name), len(seen)
        rest = values[:, count:]
        if not (self._goes_on and count and rest.shape[1]):
            return np.asarray(rest[k], dtype=np.float64)
        kept = np.power(self._memory(name), np.arange(1, rest.shape[1] + 1))
        moved = rest[k] + kept * (seen[-1] - values[k, count - 1])
        return np.asarray(np.clip(moved, rest.min(axis=0), rest.max(axis=0)), dtype=np.float64)

    def _memory(self, name: str) -> float:
        """``phi`` of a series."""
        if name not in self._memories:
            values = self._of(name)
            differences = values - self._weights @ values
            before, after = differences[:, :-1], differences[:, 1:]
            size = float(self._weights @ (before**2).sum(axis=1))
            shared = float(self._weights @ (before * after).sum(axis=1))
            self._memories[name] = min(max(shared / size, 0.0), 1.0) if size > 0 else 0.0
        return self._memories[name]

    def _of(self, name: str) -> FloatArray:
        """A series in all scenarios taken, shape (scenarios, periods)."""
        if name not in self._values:
            self._values[name] = np.array([self._tree.values(name, int(k)) for k in self._taken])
        return self._values[name]

    def _deviation(self, name: str) -> float:
        if name not in self._deviations:
            values = self._of(name)
            mean = self._weights @ values
            self._deviations[name] = float(np.sqrt((self._weights @ (values - mean) ** 2).mean()))
        return self._deviations[name]
