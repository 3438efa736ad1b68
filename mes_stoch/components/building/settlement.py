"""Settlement of buildings: discomfort, and what is missing at the end, of the temperature that its meters lead to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.building.format import Building
from mes_stoch.io.validation.penalties import amount
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Building) -> Iterator[CashFlow]:
    """Degrees outside the comfort band at their price; heat or cold missing at the end at its penalty."""
    temperature = _temperature(data, name, spec)
    outside = np.maximum(data.values(spec.temperature_min_degc) - temperature, 0.0)
    outside += np.maximum(temperature - data.values(spec.temperature_max_degc), 0.0)
    outside[outside < 1e-7] = 0.0
    price = spec.discomfort_penalty_eur_per_kh
    yield cash_flow(data, name, f"discomfort.{name}", "discomfort", -outside, price, "K/h", quantity_unit="K")
    above = spec.heat_capacity_mwh_per_k * (temperature[:, -1:] - spec.temperature_to_leave_degc)
    for node, penalty, what, missing in (
        (spec.heating_node, spec.heat_missing_penalty_eur_per_mwh, "heat", -above),
        (spec.cooling_node, spec.cold_missing_penalty_eur_per_mwh, "cold", above),
    ):
        price_of_it = None if node is None else amount(penalty)
        if price_of_it is not None:
            yield cash_flow(
                data,
                name,
                f"slack.{what}_missing_{name}",
                f"{what} missing at the end",
                -np.maximum(missing, 0.0),
                price_of_it,
                "MWh",
                quantity_unit="MWh",
                hours=1.0,
                spans=data.spans(None),
            )


def _temperature(data: SettlementData, name: str, spec: Building) -> Array:
    """Temperature at the end of every period, from the meters of its heat and cooling, degC."""
    heat = data.values(spec.gains_mw)
    for node, sign in ((spec.heating_node, -1.0), (spec.cooling_node, 1.0)):
        if node is not None:
            heat = heat + sign * data.metered(name, node)
    ambient = data.values(spec.ambient_temperature_degc)
    loss, capacity = spec.heat_loss_mw_per_k, spec.heat_capacity_mwh_per_k
    found = np.empty_like(heat)
    before = np.full(len(heat), spec.initial_temperature_degc)
    for t in range(heat.shape[1]):
        if loss > 0:
            # towards where it would settle
            settled = ambient[:, t] + heat[:, t] / loss
            before = settled + (before - settled) * np.exp(-loss * data.lengths_h[t] / capacity)
        else:
            before = before + heat[:, t] * data.lengths_h[t] / capacity
        found[:, t] = before
    return found
