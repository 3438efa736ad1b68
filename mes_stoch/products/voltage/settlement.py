"""Settlement of the voltage service."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.products.voltage.format import VoltageService
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, product_id: str, product: VoltageService) -> Iterator[CashFlow]:
    """Reactive power committed at the price of its hours; what is not available loses that and costs its penalty.

    Source
    ------
    ``schema/catalogue/fr_voltage.yaml``.
    """
    spans = data.spans(product.block_h)
    volume = data.decided(f"{product_id}.volume_mvar")
    price = data.values(product.price_eur_per_mvar_h)
    mean_price = data.means(price, spans)
    held = sum((data.decided(f"{product_id}.{unit}_held_mvar") for unit in product.units), np.zeros_like(price))
    short = np.maximum(data.by_period(volume, spans) - held, 0.0)
    stream, unit, per = f"capacity.{product_id}", "Mvar", "Mvar/h"
    yield cash_flow(
        data, product_id, stream, "reactive power committed", volume, mean_price, per, quantity_unit=unit, spans=spans
    )
    item = "reactive power not available: payment lost"
    yield cash_flow(data, product_id, stream, item, -short, price, per, quantity_unit=unit)
    yield cash_flow(
        data,
        product_id,
        f"penalty.shortfall_{product_id}",
        "penalty: reactive power not available",
        -short,
        product.shortfall_penalty_eur_per_mvar_h,
        per,
        quantity_unit=unit,
    )
