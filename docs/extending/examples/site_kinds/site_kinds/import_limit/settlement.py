"""Settlement of an import limit, from the volume and the meter alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.extend import CashFlow, SettlementData, cash_flow
from site_kinds.import_limit.format import ImportLimit


def cash_flows(data: SettlementData, product_id: str, product: ImportLimit) -> Iterator[CashFlow]:
    """The reduction at the price of its hours; energy drawn beyond what is left at its penalty."""
    spans = data.spans(product.block_h)
    volume = data.by_period(data.decided(f"{product_id}.volume_mw"), spans)
    connection = str(product.connection)
    # a connection brings into its node what it draws from the network
    drawn = data.metered(connection, data.instance.connections()[connection].node)
    excess = np.maximum(drawn - (product.limit_mw - volume), 0.0)
    price = data.values(product.price_eur_per_mw_h)
    yield cash_flow(data, product_id, f"capacity.{product_id}", "import given up", volume, price, "MW/h")
    penalty, item = product.excess_penalty_eur_per_mwh, "penalty: drawn beyond the limit"
    yield cash_flow(data, product_id, f"penalty.excess_{product_id}", item, -excess, penalty, "MWh")
