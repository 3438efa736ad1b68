"""A three-stage instance small enough to solve by hand, as a folder a user would write.

One hour, a generator of 2 MW at 16 * 2.5 = 40 EUR/MWh, day-ahead price 50 everywhere, intraday trades up to 1 MW either
way, 12 EUR/MW for up to 2 MW of reserve that is never called and too dear to miss. Leaves: `low` and `high` (intraday
20 and 90, probability 1/4 each) below one day-ahead node, `plain` (intraday 50, probability 1/2) alone below another.

With ``G = 2 - r`` of the generator left for energy, ``d`` sold day-ahead and output ``g`` within ``[0, G]``, intraday
sells ``g - d`` within ``[-1, 1]``, and the profit besides reserve is ``50 d + p_id (g - d) - 40 g``:

- low:   30 d - 20 g, best with the least ``g``:  30 d up to d = 1, then 10 d + 20 up to d = G + 1
- high: -40 d + 50 g, best with the largest ``g``: 10 d + 50 up to d = G - 1, then 50 G - 40 d
- plain: 10 g = 10 G whatever d

If every leaf has its own d:  low d = G + 1, high d = G - 1: (10 G + 30 + 10 G + 40) / 4 + 10 G / 2 = 10 G + 17.5,
    so that a MW of reserve costs 10 and earns 12: r = 2, profit 24 + 17.5 = 41.5.
If low and high share d:  the slopes are 30 and 10 below d = G - 1, and 30 and -40 above: d = G - 1, or for G = 2 the
    same number 1 (beyond it 10 and -40). (30 (G - 1) + 10 (G - 1) + 50) / 4 + 10 G / 2 = 15 G + 2.5,
    so that a MW of reserve costs 15: r = 0, profit 32.5.
"""

from __future__ import annotations

from pathlib import Path

TWO_STAGE_PROFIT, TWO_STAGE_RESERVE_MW = 41.5, 2.0
THREE_STAGE_PROFIT, THREE_STAGE_RESERVE_MW = 32.5, 0.0
DAY_AHEAD_MW = {"low": 1.0, "high": 1.0}
PROFITS = {"low": 30.0, "high": 60.0, "plain": 20.0}

NODES = "  day_ahead_nodes: {low: windy, high: windy, plain: calm}\n"

_INSTANCE = """\
format: 1
name: three_stages
horizon: {start: 2025-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: 1}
carriers: [electricity, gas]
nodes:
  power: {carrier: electricity}
  fuel: {carrier: gas}
components:
  grid: {type: grid_connection, node: power, import_max_mw: 100, export_max_mw: 100}
  mains: {type: grid_connection, node: fuel, import_max_mw: null, import_price_eur_per_mwh: 16}
  generator:
    type: converter
    reference: power
    power_max_mw: 2
    inputs: [{node: fuel, ratio_per_unit: 2.5}]
    outputs: [{node: power, ratio_per_unit: 1}]
    provides: [fr_mfrr_up]
products:
  da: {price_eur_per_mwh: da_price_eur_per_mwh, settlement_period_h: 1}
  id: {price_eur_per_mwh: id_price_eur_per_mwh, settlement_period_h: 1, liquidity_mw: 1}
  imbalance: {price_long_eur_per_mwh: 0, price_short_eur_per_mwh: 300}
  fr_mfrr_up:
    block_h: 1
    volume_max_mw: 2
    capacity_price_eur_per_mw_h: 12
    activation_up_per_unit: 0
    shortfall_penalty_eur_per_mw_h: 100
    missed_penalty_eur_per_mwh: 100
bids: {minimum: false, steps: false}
uncertainty:
  kind: explicit
  probabilities: {low: 0.25, high: 0.25, plain: 0.5}
"""

_SCENARIOS = """\
scenario,time,da_price_eur_per_mwh,id_price_eur_per_mwh
low,2025-01-15T00:00+01:00,50,20
high,2025-01-15T00:00+01:00,50,90
plain,2025-01-15T00:00+01:00,50,50
"""


def write_folder(folder: Path, *, nodes: str = NODES, scenarios: str = _SCENARIOS) -> Path:
    """The instance with other lines on its nodes, or other scenarios; ``nodes=""`` makes it two-stage."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(_INSTANCE + nodes, encoding="utf-8")
    (folder / "scenarios.csv").write_text(scenarios, encoding="utf-8")
    return folder


def with_other_day_ahead_price() -> str:
    """Scenarios in which `high` has a day-ahead price of its own."""
    return _SCENARIOS.replace("high,2025-01-15T00:00+01:00,50", "high,2025-01-15T00:00+01:00,51")


def write_folder_of_two_products(folder: Path) -> Path:
    """The two-stage instance whose generator may be held as other reserve as well, for 11 EUR/MW."""
    file = write_folder(folder, nodes="") / "instance.yaml"
    text = file.read_text(encoding="utf-8")
    reserve = text[text.index("  fr_mfrr_up:\n") : text.index("bids:")]
    second = reserve.replace("fr_mfrr_up", "fr_rc_up").replace("per_mw_h: 12", "per_mw_h: 11")
    text = text.replace("provides: [fr_mfrr_up]", "provides: [fr_mfrr_up, fr_rc_up]").replace("bids:", second + "bids:")
    file.write_text(text, encoding="utf-8")
    return folder
