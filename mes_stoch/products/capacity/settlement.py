"""Settlement of the capacity mechanism."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.products.capacity.format import CapacityMechanism
from mes_stoch.rules.calendar import can_be_critical
from mes_stoch.rules.time_axis import horizon_days
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.component import providers
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow

_DAY_H = 24.0


def cash_flows(data: SettlementData, product_id: str, product: CapacityMechanism) -> Iterator[CashFlow]:
    """The certified level at the yearly price, and what is missing of it in critical hours at the regime's price.

    Rules
    -----
    The level is paid for the horizon's share of a year: the yearly price per hour of the year, for the hours of the
    horizon's days. In a critical hour the level less what the devices count is settled at the shortfall price of a
    year over its critical hours. What the connection's meter draws in hours of obligation costs what the supplier
    passes on.

    Source
    ------
    ``schema/catalogue/fr_capacity.yaml``.
    """
    level = data.decided(f"{product_id}.volume_mw")
    horizon = data.instance.horizon
    price = data.means(data.values(product.price_eur_per_mw_year), data.spans(None))
    yield cash_flow(
        data,
        product_id,
        f"capacity.{product_id}",
        "level certified",
        level,
        price / (horizon.days_per_year * _DAY_H),
        "MW/h",
        hours=horizon_days(horizon) * _DAY_H,
        spans=data.spans(None),
    )
    critical = np.where(can_be_critical(product, data.time), data.values(product.critical_per_unit), 0.0)
    short = np.maximum(level - counted(data, product_id, product), 0.0)
    yield cash_flow(
        data,
        product_id,
        f"capacity_settlement.{product_id}",
        "level missing in a critical hour",
        -critical * short,
        data.values(_shortfall_price(product)) / product.critical_hours_per_year,
        "MW/h",
    )
    if product.obligation_price_eur_per_mw_year is not None:
        yield _obligation(data, product_id, product)


def _obligation(data: SettlementData, product_id: str, product: CapacityMechanism) -> CashFlow:
    connection = str(product.connection)
    node = data.instance.connections()[connection].node
    drawn = np.maximum(data.metered(connection, node), 0.0)
    obliged = np.where(can_be_critical(product, data.time), data.values(product.obligation_per_unit), 0.0)
    price = data.values(product.obligation_price_eur_per_mw_year or 0.0) / product.obligation_hours_per_year
    stream, item = f"capacity_obligation.{product_id}", "drawn in an hour of obligation"
    return cash_flow(data, product_id, stream, item, -obliged * drawn, price, "MW/h")


def _shortfall_price(product: CapacityMechanism) -> Quantity:
    """What a MW short of the level costs for a year, by the regime."""
    by_regime = {
        "decentralised": product.reference_price_eur_per_mw_year,
        "centralised": product.penalty_eur_per_mw_year,
    }
    return by_regime[product.regime] or 0.0


def counted(data: SettlementData, product_id: str, product: CapacityMechanism) -> Array:
    """What all devices count, MW by period; nothing outside the hours that can be critical."""
    possible = np.flatnonzero(can_be_critical(product, data.time))
    total = np.zeros((len(data.scenarios), len(data.time)))
    for name in providers(data.instance.components, product_id):
        if len(possible):
            total[:, possible] += data.decided(f"{product_id}.counted_{name}_mw")
    return total
