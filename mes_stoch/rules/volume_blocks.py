"""The blocks over which a volume is constant."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.rules.calendar import in_windows
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.product import Market, MarketProduct


def volume_blocks(product: MarketProduct, time: pd.DatetimeIndex, period_h: float) -> list[NDArray[np.int64]]:
    """Periods of each block of a product's volume; of a market those of its settlement periods that are traded.

    A product without blocks is one volume for the horizon.
    """
    market = product.market()
    if market is not None:
        return traded_periods(market, time, period_h)
    return blocks(time, period_h, product.volume_block_h)


def traded_periods(market: Market, time: pd.DatetimeIndex, period_h: float) -> list[NDArray[np.int64]]:
    """Settlement periods that begin in a market's hours of delivery."""
    spans = blocks(time, period_h, market.settlement_period_h)
    if not market.calendar:
        return spans
    inside = in_windows(market.calendar, (), time)
    return [span for span in spans if inside[span[0]]]
