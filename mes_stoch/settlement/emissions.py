"""CO2 from meters, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.schema.emission import KG_PER_T
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def emissions(data: SettlementData) -> dict[str, Array]:
    """CO2 of each component that has any, less its credits, kg an hour, shape (scenarios, periods)."""
    found = {}
    for name, spec in data.instance.components.items():
        own = spec.emissions()
        if own:
            flows = [(data.metered(name, emission.node), emission) for emission in own]
            found[name] = np.sum(
                [
                    data.values(one.per_mwh_in) * np.maximum(flow, 0.0)
                    - data.values(one.per_mwh_out) * np.maximum(-flow, 0.0)
                    for flow, one in flows
                ],
                axis=0,
            )
    return found


def settle_emissions(data: SettlementData) -> Iterator[CashFlow]:
    """Every component's CO2 at the price; what is above the cap at its penalty."""
    rules, found = data.instance.co2, emissions(data)
    if rules is None or not found:
        return
    for name, rate in found.items():
        tonnes = -data.lengths_h * rate / KG_PER_T
        if rules.price_eur_per_t > 0:
            yield cash_flow(
                data, name, "co2", "CO2 emitted", tonnes, rules.price_eur_per_t, "t", quantity_unit="t", hours=1.0
            )
    if rules.cap_t is not None and rules.cap_penalty_eur_per_t is not None:
        total = sum((data.lengths_h * rate / KG_PER_T).sum(axis=1, keepdims=True) for rate in found.values())
        yield cash_flow(
            data,
            "co2",
            "slack.co2_cap",
            "CO2 above the cap",
            -np.maximum(total - rules.cap_t, 0.0),
            rules.cap_penalty_eur_per_t,
            "t",
            quantity_unit="t",
            hours=1.0,
            spans=[np.arange(len(data.time))],
        )
