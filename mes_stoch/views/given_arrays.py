"""What a kind hands to a hub under construction: numbers and positions of the right shape, or an error that says so."""

from __future__ import annotations

from typing import Any

import numpy as np

from mes_stoch.components.shared.hub_context import Columns, Values


def numbers(given: Any, count: int, what: str) -> Values:
    """Finite numbers, shape (count,); one stands for all.

    Raises
    ------
    ValueError
    """
    found = _spread(given, count, what)
    if not np.isfinite(found).all():
        raise ValueError(f"{what}: not all are numbers")
    return found


def limits(lower: Any, upper: Any, count: int, what: str) -> tuple[Values, Values]:
    """Lower and upper limits, shape (count,) each; infinite where there is none.

    Raises
    ------
    ValueError
    """
    least, most = _spread(lower, count, f"{what}: lower limit"), _spread(upper, count, f"{what}: upper limit")
    if not np.all(least <= most):
        raise ValueError(f"{what}: a lower limit above the upper one, or one that is no number")
    return least, most


def positions(given: Any, count: int, most: int, what: str) -> Columns:
    """Positions from 0 to below ``most``, shape (count,).

    Raises
    ------
    ValueError
    """
    found = np.asarray(given)
    if found.shape != (count,) or not (count == 0 or np.issubdtype(found.dtype, np.integer)):
        raise ValueError(f"{what}: {count} positions are needed; found {found.dtype} of shape {found.shape}")
    if count and not 0 <= found.min() <= found.max() < most:
        raise ValueError(f"{what}: {found.min()} to {found.max()}, where there are 0 to {most - 1}")
    return found.astype(np.int64)


def _spread(given: Any, count: int, what: str) -> Values:
    found = np.asarray(given, dtype=float)
    if found.shape not in ((), (count,)):
        raise ValueError(f"{what}: {count} numbers are needed, or one; found shape {found.shape}")
    return np.array(np.broadcast_to(found, (count,)))
