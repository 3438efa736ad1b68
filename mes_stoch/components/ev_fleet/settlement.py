"""Settlement of fleets of vehicles: wear, and energy missing at departures and at the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.ev_fleet.format import EvFleet
from mes_stoch.io.validation.penalties import amount
from mes_stoch.settlement.calls import net_delivery
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: EvFleet) -> Iterator[CashFlow]:
    """Energy discharged to the site at the cost of wear; what vehicles leave without, and the end lacks."""
    if spec.discharge_max_mw > 0:
        out = data.decided(f"{name}.discharge_mw") + net_delivery(data, name, ("up",))
        price = spec.throughput_cost_eur_per_mwh
        yield cash_flow(data, name, f"operation.{name}", "wear of discharging", -out, price, "MWh")
    penalty = amount(spec.departure_penalty_eur_per_mwh)
    if spec.departure_mwh != 0 and penalty is not None:
        missing = np.maximum(data.values(spec.departure_mwh) - data.decided(f"{name}.departed_mwh"), 0.0)
        yield cash_flow(
            data,
            name,
            f"slack.departure_{name}",
            "energy missing in vehicles that leave",
            -missing,
            penalty,
            "MWh",
            quantity_unit="MWh",
            hours=1.0,
        )
    penalty = amount(spec.terminal_penalty_eur_per_mwh)
    if penalty is not None:
        missing = np.maximum(_target(data, spec) - data.decided(f"{name}.level_mwh")[:, -1:], 0.0)
        yield cash_flow(
            data,
            name,
            f"slack.terminal_{name}",
            "energy missing at the end",
            -missing,
            penalty,
            "MWh",
            quantity_unit="MWh",
            hours=1.0,
            spans=data.spans(None),
        )


def _target(data: SettlementData, spec: EvFleet) -> Array:
    """Energy to leave behind: stated, or the initial one as far as it fits those that stay, MWh."""
    if spec.terminal_mwh is not None:
        return np.full((len(data.scenarios), 1), spec.terminal_mwh)
    stay = data.values(spec.plugged_in_per_unit)[:, -1:]
    if spec.leaving_per_unit is not None:
        stay = np.maximum(stay - data.values(spec.leaving_per_unit)[:, -1:], 0.0)
    return np.asarray(np.minimum(spec.initial_mwh, spec.fleet_energy_mwh * stay))
