"""What products that are committed at the root say of their volumes: blocks, limits, prices they are offered at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.rules.volume_blocks import volume_blocks
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.price_offers import SIDES, PriceStep, Side
from mes_stoch.schema.product import MarketProduct

UNITS = ("mw", "mvar")
#: By how much a volume may miss a multiple of its step, or a limit, MW: files are written with a few digits.
VOLUME_TOLERANCE = 1e-6


@dataclass(frozen=True)
class CommittedProduct:
    """What a product that is committed at the root says of its volumes."""

    spec: MarketProduct
    unit: str
    starts: list[pd.Timestamp]
    ends: list[pd.Timestamp]
    largest: float
    smallest: float
    step: float
    prices: tuple[PriceStep, ...] = ()

    @property
    def nothing(self) -> NDArray[np.float64]:
        """Its volumes where nothing is given."""
        blocks = len(self.starts)
        return np.full((len(self.prices), blocks) if self.prices else blocks, np.nan)

    def problem(self, volume: float) -> str | None:
        """What would have to be there instead, or ``None``."""
        slack = VOLUME_TOLERANCE * max(1.0, abs(volume))
        if abs(volume) <= VOLUME_TOLERANCE:
            return None
        if not self.smallest - slack <= volume <= self.largest + slack:
            lowest = f"0, or {self.smallest:g}" if self.smallest > 0 else "0"
            return f"{lowest} to {self.largest:g}"
        if self.step > 0 and abs(volume - self.step * round(volume / self.step)) > slack:
            return f"a multiple of {self.step:g}"
        return None

    def exact(self, volume: float) -> float:
        """The volume without what writing it down has added."""
        if abs(volume) <= VOLUME_TOLERANCE:
            return 0.0
        if self.step > 0:
            volume = self.step * round(volume / self.step)
        return min(max(volume, self.smallest), self.largest)


def committed_products(instance: Instance, time: pd.DatetimeIndex) -> dict[str, CommittedProduct]:
    """Every product whose volume is decided at the root."""
    period_h, lengths = instance.horizon.period_h, instance.horizon.lengths_h
    found = {}
    for name, product in instance.products.items():
        offers = product.price_offers()
        units = [unit for unit in UNITS if hasattr(product, f"volume_max_{unit}")]
        unit = units[0] if units else None if offers is None else "mw"
        if product.decision_stage != "commit" or unit is None:
            continue
        spans = volume_blocks(product, time, period_h)
        step = float(getattr(product, f"bid_step_{unit}", 0.0)) if instance.bids.steps else 0.0
        largest = _largest(instance, product, unit)
        found[name] = CommittedProduct(
            spec=product,
            unit=unit,
            starts=[time[int(span[0])] for span in spans],
            ends=[time[int(span[-1])] + pd.Timedelta(hours=lengths[int(span[-1])]) for span in spans],
            largest=step * math.floor(largest / step + VOLUME_TOLERANCE) if step > 0 else largest,
            smallest=float(getattr(product, f"minimum_bid_{unit}", 0.0)) if instance.bids.minimum else 0.0,
            step=step,
            prices=() if offers is None else offers.steps,
        )
    return found


def _largest(instance: Instance, product: MarketProduct, unit: str) -> float:
    """Largest volume of a product, which a market has from its connection where it does not say."""
    stated = getattr(product, f"volume_max_{unit}", None)
    return float(stated) if stated is not None else max(largest_of_market(instance, product, s) for s in SIDES)


def largest_of_market(instance: Instance, product: MarketProduct, side: Side) -> float:
    """Largest volume of all orders of one side of a market, MW."""
    market = product.market()
    connection = None if market is None else instance.components[str(market.connection)].connection()
    if market is None or connection is None:  # pragma: no cover - nothing else is offered without a largest volume
        return math.inf
    if not (market.can_sell if side == "sell" else market.can_buy):
        return 0.0
    if market.liquidity_mw is not None:
        return market.liquidity_mw
    return connection.export_max_mw if side == "sell" else connection.import_max_mw or 0.0
