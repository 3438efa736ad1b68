"""The French rule for the prices of imbalance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class ImbalancePrices(NamedTuple):
    """What a MWh long receives and a MWh short pays, EUR/MWh; long is never above short."""

    long: Values
    short: Values


def imbalance_prices(vwap_up: Values, vwap_down: Values, trend: Values, k: Values) -> ImbalancePrices:
    """Prices from those of balancing energy.

    Equations
    ---------
    ::

        v     = vwap_up where trend >= 0 (system short or balanced), else vwap_down
        long  = min(v (1 - k), v (1 + k))
        short = max(v (1 - k), v (1 + k))

    Source
    ------
    RTE, dispositif de responsable d'equilibre, prix de reglement des ecarts (clients.rte-france.com,
    dispositif_prix.jsp).

    >>> up, down, k = np.array([100.0, -100.0]), np.array([20.0, 20.0]), np.array([0.05, 0.05])
    >>> prices = imbalance_prices(up, down, np.array([1.0, 0.0]), k)
    >>> prices.long.tolist(), prices.short.tolist()
    ([95.0, -105.0], [105.0, -95.0])
    """
    v = np.where(trend >= 0, vwap_up, vwap_down)
    one, other = v * (1 - k), v * (1 + k)
    return ImbalancePrices(np.minimum(one, other), np.maximum(one, other))
