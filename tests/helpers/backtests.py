"""A site whose backtest can be worked out by hand, and made-up series for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

import mes_stoch as ms

#: A generator that costs 30 EUR/MWh and can be held as reserve, and a battery of 8 MWh; three periods of eight hours.
SITE = """
format: 1
name: three_periods
horizon: {start: 2021-01-01T00:00, timezone: Europe/Copenhagen, period_h: 8, periods: 3}
carriers: [electricity, gas]
nodes:
  power: {carrier: electricity}
  fuel: {carrier: gas}
components:
  grid: {type: grid_connection, node: power, import_max_mw: 5, export_max_mw: 5}
  mains: {type: grid_connection, node: fuel, import_max_mw: null, import_price_eur_per_mwh: 30}
  generator:
    type: converter
    reference: power
    power_max_mw: 1
    inputs: [{node: fuel, ratio_per_unit: 1}]
    outputs: [{node: power, ratio_per_unit: 1}]
    provides: [reserve]
  battery:
    type: storage
    node: power
    energy_max_mwh: 8
    charge_max_mw: 1
    discharge_max_mw: 1
    initial_mwh: 0
products:
  da:
    stage: realtime # every period is traded when its price is known
    gate: H-5min
    settlement_period_h: 8
    price_eur_per_mwh: spot_price_eur_per_mwh
  imbalance: {price_long_eur_per_mwh: spot_price_eur_per_mwh, price_short_eur_per_mwh: spot_price_eur_per_mwh}
  reserve:
    like: fr_mfrr_up
    volume_max_mw: 1
    minimum_bid_mw: 0
    bid_step_mw: 0
    capacity_price_eur_per_mw_h: reserve_price_eur_per_mw_h
    energy_price_up_eur_per_mwh: 30
    activation_up_per_unit: 0
price_cap_eur_per_mwh: 1000
uncertainty: {kind: synthetic, process: fr_synthetic_day, seed: 1}
solve: {method: ef, gap_rel: 1.0e-6, time_limit_s: 60}
"""


def made_up(days: Mapping[str, Sequence[float]], reserve_price: float = 8.0) -> ms.RealDays:
    """Prices of the three periods of each day; the price of readiness is the same all the time."""
    stamps = [pd.Timestamp(f"{day}T{hour:02d}:00", tz="Europe/Copenhagen") for day in days for hour in (0, 8, 16)]
    prices = np.concatenate([np.asarray(values, dtype=float) for values in days.values()])
    values = pd.DataFrame(
        {"spot_price_eur_per_mwh": prices, "reserve_price_eur_per_mw_h": reserve_price},
        index=pd.DatetimeIndex(stamps, name="time"),
    )
    return ms.RealDays("made_up", values)
