"""A site whose backtest can be worked out by hand, and made-up series for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import mes_stoch as ms
from mes_stoch.io.market_data.district_heat import SOURCE as HEAT
from mes_stoch.io.market_data.western_denmark import SOURCE as MARKETS

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


def write_stand_in_files(folder: Path, days: int) -> None:
    """Made-up files in the form of those of western Denmark 2021: ``days`` of them from 1 March, and their heat."""
    generator = np.random.default_rng(20210301)
    utc = pd.date_range("2021-02-28 23:00", periods=24 * days, freq="h")
    hour = (utc.hour.to_numpy() + 1) % 24
    day_ahead = 45.0 + 20.0 * np.sin((hour - 9.0) * np.pi / 12.0) + generator.normal(0.0, 6.0, len(utc))
    called = np.where(generator.random(len(utc)) < 0.1, generator.uniform(20.0, 290.0, len(utc)), 0.0)
    balancing = np.where(called > 0.0, day_ahead + 15.0, day_ahead - generator.choice([0.0, 8.0], len(utc)))
    table = pd.DataFrame(
        {
            "time_utc": utc.astype(str),
            "da_eur_mwh": day_ahead,
            "mFRR_UpPurchased": 290.0,
            "mFRR_UpPriceEUR": generator.uniform(0.5, 6.0, len(utc)),
            "RegulatingPowerUp": called,
            "BalancingPowerPriceUpEUR": np.maximum(balancing, day_ahead),
            "BalancingPowerConsumptionPriceEUR": balancing,
            "fcr_dk_eur_mw_4h": np.repeat(generator.uniform(20.0, 60.0, 6 * days), 4),
        }
    )
    heat_hours = 24 * (days + 2)
    heat = pd.DataFrame(
        {
            "date": pd.date_range("2019-02-24", periods=heat_hours, freq="h").astype(str),
            "heat demand": 8.0 + generator.uniform(-1.0, 1.0, heat_hours),
        }
    )
    for name, frame in ((MARKETS.file, table), (HEAT.file, heat)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(path, index=False)
