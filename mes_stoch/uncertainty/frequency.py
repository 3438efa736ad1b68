"""What a frequency deviation calls of a reserve that answers it in proportion."""

from __future__ import annotations

import numpy as np

from mes_stoch.uncertainty.process import Series


def proportional_response(
    deviation_hz: Series, dead_band_hz: float, full_activation_hz: float
) -> tuple[Series, Series]:
    """Mean called shares up and down of each period.

    Equations
    ---------
    With the deviation ``f[t, k]`` of step ``k`` in period ``t``, the dead band ``D`` and full activation at ``F``::

        a[t, k] = clip(-f[t, k] / F, -1, 1)  where |f[t, k]| > D, else 0
        up[t] = mean over k of max(a, 0),   down[t] = mean over k of max(-a, 0)

    Both can be positive in one period; they sum to at most 1.

    Parameters
    ----------
    deviation_hz : array, shape (periods, steps)
        From the nominal frequency.

    Returns
    -------
    up, down : arrays, shape (periods,)
    """
    response = np.clip(-deviation_hz / full_activation_hz, -1.0, 1.0)
    response[np.abs(deviation_hz) <= dead_band_hz] = 0.0
    return np.maximum(response, 0.0).mean(axis=1), np.maximum(-response, 0.0).mean(axis=1)
