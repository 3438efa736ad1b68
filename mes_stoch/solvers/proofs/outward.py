"""Sums and products of doubles rounded outward: what is said of the exact value holds whatever was rounded on the way.

Equations
---------
With the unit roundoff ``u = 2^-53`` every order of adding ``n`` doubles, fused or not, obeys

    |fl(sum t) - sum t| <= (n - 1) u sum |t|

and a product or quotient is off by at most ``u`` of itself, or by the smallest positive number where it underflows.
The factors here are twice as large and cover what the errors' own rounding adds.

Source
------
Rump (2012), Error estimation of floating-point summation and dot product, DOI 10.1007/s10543-011-0342-4; Higham (2002),
Accuracy and Stability of Numerical Algorithms, section 3.1, DOI 10.1137/1.9780898718027.
"""

from __future__ import annotations

import math

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray

#: Twice the unit roundoff.
EPSILON = 2.0**-52
#: More than any underflow loses.
TINY = 2.0**-1021

_SUMMED_EXACTLY = 512


def error_factor(terms: IndexArray) -> FloatArray:
    """Error of a sum of so many rounded products, as a share of the sum of their sizes."""
    return np.asarray((terms + 2) * EPSILON, dtype=np.float64)


def rounding_of_sum(one: FloatArray, other: FloatArray) -> FloatArray:
    """By how much each ``one + other`` is off, exactly (Knuth's two-sum).

    >>> rounding_of_sum(np.array([1.0, 1.0]), np.array([2.0, 2.0**-60])).tolist() == [0.0, 2.0**-60]
    True
    """
    total = one + other
    second = total - one
    return np.asarray(np.abs((one - (total - second)) + (other - second)))


def total_down(terms: FloatArray) -> float:
    """At most the sum of ``terms``, each of them a number rounded once; ``-inf`` where nothing finite can be said."""
    sizes = float(np.abs(terms).sum())
    if not math.isfinite(sizes):
        return -math.inf
    if len(terms) <= _SUMMED_EXACTLY:
        near, count = math.fsum(terms.tolist()), 2
    else:
        near, count = float(terms.sum()), len(terms)
    return float(np.nextafter(near - count * EPSILON * sizes - len(terms) * TINY, -math.inf))


def total_up(terms: FloatArray) -> float:
    """At least the sum of ``terms``, each of them a number rounded once."""
    return -total_down(-terms)
