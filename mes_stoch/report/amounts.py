"""Amounts of money as a person reads them, in units of money of any size."""

from __future__ import annotations

import math


def amount(value: float, *, signed: bool = False) -> str:
    """Two decimals, or three digits where two decimals would hide the amount.

    >>> amount(1234.5), amount(-0.001), amount(0.0), amount(3.44e-05, signed=True)
    ('1,234.50', '-0.001', '0.00', '+3.44e-05')
    """
    sign = "+" if signed else ""
    if math.isfinite(value) and 0.0 < abs(value) < 0.005:
        return f"{value:{sign}.3g}"
    return f"{value:{sign},.2f}"
