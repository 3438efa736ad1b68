"""Numbers as a page prints them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mes_stoch.report.amounts import amount

#: Significant digits of the numbers behind a figure: more than a screen can show.
_DIGITS = 6


def plain_list(values: NDArray[np.float64]) -> list[float | None]:
    """Numbers for JSON, with six digits; what is no number is a gap.

    >>> plain_list(np.array([0.1 + 0.2, 1234567.8, np.nan]))
    [0.3, 1234570.0, None]
    """
    return [float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None for value in values]


def money(value: float | None, currency: str) -> str:
    """An amount with its currency; a dash where there is none."""
    return "-" if value is None or not math.isfinite(value) else f"{amount(value)} {currency}"


def bare(value: float | None) -> str:
    """An amount of a column that names the currency; a dash where there is none."""
    return "-" if value is None or not math.isfinite(value) else amount(value)


def volume(value: float | None) -> str:
    """MW or MWh without the noise of binary fractions.

    >>> volume(0.1 + 0.2), volume(0.0), volume(12.5), volume(1 / 3)
    ('0.3', '0', '12.5', '0.333')
    """
    if value is None or not math.isfinite(value):
        return "-"
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def share(value: float | None) -> str:
    """A share in percent."""
    return "-" if value is None or not math.isfinite(value) else f"{100 * value:.4g} %"
