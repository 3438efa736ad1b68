"""A battery that is filled and emptied by the least-cost schedule, small enough to do both loops by hand.

Four hours. A battery of 1 MW and 2 MWh without losses, 1 MWh in it and to be left in it, 1 EUR/MWh for what it
discharges. Energy at 20, 60, 40, 40 EUR/MWh day-ahead and intraday, where a trade costs 10 EUR/MWh more either way. Up
to 1 MW of upward reserve in blocks of two hours at 25 EUR/MW/h, any volume; 1 h of a call is held; 100 EUR/MW/h for
what is short on top of the lost payment. Two scenarios, 1/2 each: ``quiet``, and ``called``, in which the reserve is
called in full in the third hour and paid 100 EUR/MWh.

**Loop 1**, energy alone: charge 1 MW in the first hour (full), discharge 1 MW in the second, rest: -20 + 60 - 1 = 39 in
both scenarios. Charging in the third hour to discharge in the fourth would cost 1.

**Loop 2**, beside that schedule:

- First block: in its second hour the battery discharges all it can, so nothing can be held there. A MW would be paid
  for one of two hours, 25, and cost 100: none is offered.
- Second block: the battery rests with 1 MWh, which holds 1 MW for 1 h: 2 h x 25 = 50 EUR in both scenarios.
- Called: 1 MWh is delivered in the third hour, 100 - 1; the battery is empty. The call lasted an hour in full, so the
  fourth hour pays back: the day-ahead position stays 0, 1 MW is bought intraday at 40 + 10 and charged. Then 1 MWh is
  there to be left, and, charging, to hold the reserve in the fourth hour. The call earns 100 - 1 - 50 = 49.
- quiet 39 + 50 = 89, called 39 + 50 + 49 = 138: **113.5** on the mean.

Without payback the battery is left empty; that costs more than the call pays, so nothing would be called for profit.

**Together** (RP): the first block as well, for which the battery must not discharge in the second hour: the block is
paid 2 h x 25 = 50 and gives up 39. In ``called`` the hour of cheap energy then fills the battery for the call, at 20 in
place of 50.

- quiet 50 + 50 = 100; called 50 + 50 + 100 - 1 - 20 = 179: **139.5** on the mean.
- A MW less in the first block loses 50 in both and gains 39 in ``quiet``, and 19 in ``called`` (60 - 1 in the second
  hour, and 40 in the fourth to fill up again). A MW less in the second loses 50 in both, and gains 19 in ``quiet``
  (what is bought at 20 and kept out of the first block is sold at 40 - 1); less in ``called``, where the call goes too.

**Value of coordination**: 139.5 - 113.5 = **26**.
"""

from __future__ import annotations

from pathlib import Path

LOOP_ONE = 39.0
TWO_LOOP, TWO_LOOP_MW = 113.5, (0.0, 1.0)
TWO_LOOP_PROFITS = {"quiet": 89.0, "called": 138.0}
TOGETHER, TOGETHER_MW = 139.5, (1.0, 1.0)
COORDINATION = 26.0

_INSTANCE = """\
format: 1
name: two_loops
horizon: {start: 2025-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: 4}
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid: {type: grid_connection, node: power, import_max_mw: 10, export_max_mw: 10}
  battery:
    type: storage
    node: power
    energy_max_mwh: 2
    charge_max_mw: 1
    discharge_max_mw: 1
    initial_mwh: 1
    charge_efficiency_per_unit: 1
    discharge_efficiency_per_unit: 1
    throughput_cost_eur_per_mwh: 1
    provides: [fr_mfrr_up]
products:
  da: {price_eur_per_mwh: da_price_eur_per_mwh, settlement_period_h: 1}
  id:
    price_eur_per_mwh: id_price_eur_per_mwh
    settlement_period_h: 1
    liquidity_mw: 5
    half_spread_eur_per_mwh: 10
  imbalance: {price_long_eur_per_mwh: 0, price_short_eur_per_mwh: 300}
  fr_mfrr_up:
    block_h: 2
    sustain_h: 1
    volume_max_mw: 1
    capacity_price_eur_per_mw_h: 25
    energy_price_up_eur_per_mwh: 100
    activation_up_per_unit: mfrr_activation_up_per_unit
    shortfall_penalty_eur_per_mw_h: 100
    missed_penalty_eur_per_mwh: 200
bids: {minimum: false, steps: false}
uncertainty:
  kind: explicit
  file: scenarios.csv
"""

PRICES = (20, 60, 40, 40)


def write_folder(folder: Path, *, calls: dict[str, tuple[float, ...]] | None = None, nodes: str = "") -> Path:
    """The instance, or one with other calls by scenario; ``nodes`` makes it three-stage."""
    calls = {"quiet": (0, 0, 0, 0), "called": (0, 0, 1, 0)} if calls is None else calls
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(_INSTANCE + nodes, encoding="utf-8")
    rows = ["scenario,time,da_price_eur_per_mwh,id_price_eur_per_mwh,mfrr_activation_up_per_unit"]
    for name, shares in calls.items():
        for hour, (price, share) in enumerate(zip(PRICES, shares, strict=True)):
            rows.append(f"{name},2025-01-15T{hour:02d}:00+01:00,{price},{price},{share:g}")
    (folder / "scenarios.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
