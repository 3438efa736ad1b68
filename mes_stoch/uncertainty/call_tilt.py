"""Importance sampling of rare calls: drawn likelier than they are, with the likelihood ratio that puts it right.

Equations
---------
A call may begin in period ``t``, where the limits allow one, with the chance ``p[t]``. It is drawn with the chance
``q`` whose odds are ``f`` times as large, and a leaf gets the weight ``L``, over those periods ``A`` of its own course
in which a call could begin::

    q[t] = f p[t] / (1 + (f - 1) p[t])
    L    = product over t in A of  p[t] / q[t]  where a call begins,  (1 - p[t]) / (1 - q[t])  where none does

For any function ``g`` of a leaf ``E_q[L g] = E_p[g]``. A tree of ``n`` leaves has the probabilities ``L_s / sum L``:
expectations over them tend to the true ones as ``n`` grows, with an error of the order of ``1 / n`` on the mean, since
the sum of ``L`` is itself drawn; ``(1/n) sum L_s g_s``, which is the expectation over the tree times the mean of ``L``
(kept as ``likelihood_ratio_mean``), is right on the mean for every ``n``. Periods in which no call could begin are left
out: what they would have drawn changes nothing, and its ratio would be noise. The effective number of scenarios is
``(sum L)^2 / sum L^2``; a factor that makes a few calls a day of one in many days is as much as pays.

Source
------
Glynn, Iglehart (1989), Importance sampling for stochastic simulations, Management Science 35, DOI
10.1287/mnsc.35.11.1367.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Chances = NDArray[np.float64]


class CallTilt:
    """Factors on the odds of calls, by series, and the logarithms of the likelihood ratios of one leaf.

    Parameters
    ----------
    factors : mapping of str to float
    """

    def __init__(self, factors: Mapping[str, float]) -> None:
        self._factors = dict(factors)
        self._log_ratios: dict[str, float] = {}

    def of(self, series: str, chances: Chances) -> TiltedChances | None:
        """What a series of calls is drawn with; ``None`` where it is drawn as it is."""
        factor = self._factors.get(series)
        if factor is None:
            return None
        self._log_ratios.setdefault(series, 0.0)
        return TiltedChances(self, series, np.minimum(chances, 1.0), factor)

    def add(self, series: str, log_ratio: float) -> None:
        """A step of a series whose likelihoods differ."""
        self._log_ratios[series] += log_ratio

    def take(self) -> dict[str, float]:
        """By series the logarithm of the ratio of the leaf drawn last, and a fresh record for the next."""
        taken, self._log_ratios = self._log_ratios, {}
        return taken


def weights_of(log_ratios: Chances, factors: Mapping[str, float]) -> tuple[Chances, dict[str, object]]:
    """Probabilities of the leaves of a tree, and what its attributes say of them.

    Parameters
    ----------
    log_ratios : array, shape (leaves,)
    """
    largest = float(log_ratios.max())
    ratios = np.exp(log_ratios - largest)
    probabilities = ratios / ratios.sum()
    return np.asarray(probabilities), {
        "tilted_calls": ", ".join(f"{series} x {factor:g}" for series, factor in sorted(factors.items())),
        "likelihood_ratio_mean": float(ratios.mean() * math.exp(largest)),
        "effective_scenarios": float(1.0 / (probabilities @ probabilities)),
    }


class TiltedChances:
    """Chances that calls of a series begin, as they are and as they are drawn."""

    def __init__(self, tilt: CallTilt, series: str, plain: Chances, factor: float) -> None:
        self._tilt = tilt
        self._series = series
        self._plain = plain
        self.drawn = np.asarray(factor * plain / (1.0 + (factor - 1.0) * plain))

    def decided(self, period: int, *, begins: bool) -> None:
        """Enter a period in which a call could begin, and whether one does."""
        plain, drawn = float(self._plain[period]), float(self.drawn[period])
        if begins:
            self._tilt.add(self._series, math.log(plain / drawn))
        elif plain > 0.0:
            self._tilt.add(self._series, math.log1p(-plain) - math.log1p(-drawn))
