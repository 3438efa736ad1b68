"""A house that buys a megawatt at prices that a fitted process draws."""

from __future__ import annotations


def fitted_house(scenarios: int) -> str:
    """Its ``instance.yaml``: a Saturday of January 2022, scenarios from ``process.json``."""
    return f"""\
format: 1
name: house
price_cap_eur_per_mwh: 2000
horizon: {{start: 2022-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: 24}}
carriers: [electricity]
nodes:
  power: {{carrier: electricity}}
components:
  grid: {{type: grid_connection, node: power, import_max_mw: 5, export_max_mw: 5}}
  load: {{type: demand, node: power, demand_mw: 1}}
products:
  day_ahead: {{family: energy, stage: day_ahead, settlement_period_h: 1, price_eur_per_mwh: da_price_eur_per_mwh}}
uncertainty: {{kind: synthetic, process: fitted, process_file: process.json, seed: 1, scenarios: {scenarios}}}
"""
