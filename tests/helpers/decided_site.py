"""A site that decides the level at which its battery begins, as a folder: its optimum and all others by hand.

One hour, a battery of 1 MW and 2 MWh, and energy that costs 300 and earns nothing. 1 MW of reserve up takes 1 MWh at
the start, 1 MW down room for 1 MWh; each is paid 50, up at 60 in one scenario and at 40 in the other. What is not held
costs 150 a MW on top of its payment. With ``L0`` at the start ``min(L0, 1)`` MW are held up, ``min(2 - L0, 1)`` down.
"""

from __future__ import annotations

from pathlib import Path

INSTANCE = """
format: 1
name: decided_site
horizon: {start: 2025-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: 1}
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid:
    type: grid_connection
    node: power
    import_max_mw: 5
    export_max_mw: 5
    import_price_eur_per_mwh: 300
    export_price_eur_per_mwh: -300
  battery:
    type: storage
    node: power
    energy_max_mwh: 2
    charge_max_mw: 1
    discharge_max_mw: 1
    initial_mwh: cyclic
    provides: [fr_afrr_up, fr_afrr_down]
products:
  da: {price_eur_per_mwh: 0, settlement_period_h: 1, connection: grid}
  imbalance: {price_long_eur_per_mwh: 0, price_short_eur_per_mwh: 300}
  fr_afrr_up:
    connection: grid
    block_h: 1
    volume_max_mw: 1
    sustain_h: 1
    capacity_price_eur_per_mw_h: up_price_eur_per_mw_h
    activation_up_per_unit: 0
    shortfall_penalty_eur_per_mw_h: 150
    missed_penalty_eur_per_mwh: 200
  fr_afrr_down:
    connection: grid
    block_h: 1
    volume_max_mw: 1
    sustain_h: 1
    capacity_price_eur_per_mw_h: 50
    activation_down_per_unit: 0
    shortfall_penalty_eur_per_mw_h: 150
    missed_penalty_eur_per_mwh: 200
bids: {minimum: false, steps: false}
uncertainty: {kind: explicit, file: scenarios.csv}
"""

SCENARIOS = """scenario,time,up_price_eur_per_mw_h
dear,2025-01-15T00:00+01:00,60
cheap,2025-01-15T00:00+01:00,40
"""

#: Expected profit of 1 MW each way by the level at the start: 100, less 200 for each MW that is not held.
WORTH = {0.0: -100.0, 0.5: 0.0, 1.0: 100.0, 1.5: 0.0, 2.0: -100.0}


def write_decided_site(folder: Path) -> Path:
    """Write ``instance.yaml`` and ``scenarios.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(INSTANCE, encoding="utf-8")
    (folder / "scenarios.csv").write_text(SCENARIOS, encoding="utf-8")
    return folder
