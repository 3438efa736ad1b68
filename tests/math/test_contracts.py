"""Contracts by hand: several at once with rules taken over by `like`, and engagement over a whole contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, optimum

import mes_stoch as ms
from mes_stoch.products.flexibility.format import LocalFlexibility

ENERGY = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}

EVERY_CONTRACT = "[north_evening, north_winter, south_calls]"
SITE = """\
format: 1
name: three_contracts
horizon: {start: 2025-01-15T16:00, timezone: Europe/Paris, period_h: 1, periods: 4}
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid: {type: grid_connection, node: power, import_max_mw: 10, export_max_mw: 10}
  process:
    type: sheddable_demand
    node: power
    demand_mw: 4
    shed_cost_eur_per_mwh: 150
    provides: [north_evening, north_winter, south_calls]
products:
  da: {price_eur_per_mwh: 0, settlement_period_h: 1}
  north_evening:
    like: enedis_local_reserved
    zone: north
    volume_max_mw: 3
    fixed_price_eur_per_mw_h: 30
    calendar:
      - {days: working_days, time_from: "17:00", time_to: "19:00"}
    activation_price_eur_per_mwh: 200
    activation_per_unit: 0
  north_winter:
    like: enedis_local_reserved
    zone: north
    service_type: deferral
    volume_max_mw: 3
    fixed_price_eur_per_mw_h: 12
    calendar:
      - {months: [1, 2, 11, 12], time_from: "18:00", time_to: "20:00"}
    activation_price_eur_per_mwh: 200
    activation_per_unit: 0
    shortfall_penalty_eur_per_mw_h: 4
  south_calls:
    like: enedis_local_unreserved
    zone: south
    volume_max_mw: 2
    activation_price_eur_per_mwh: 170
    activation_per_unit: local_call_per_unit
uncertainty:
  kind: explicit
solve: {method: ef, gap_rel: 1.0e-9}
"""
CALLS = (0, 0, 1, 1)
SCENARIO = "scenario,time,local_call_per_unit\n" + "".join(
    f"only,2025-01-15T{16 + hour}:00+01:00,{call}\n" for hour, call in enumerate(CALLS)
)


def test_three_contracts_of_one_process(tmp_path: Path) -> None:
    """4 MW under three contracts; hour by hour what a MW is worth (EUR/MW/h):

    ====  =============  ============  ===================
    hour  north_evening  north_winter  south_calls
    ====  =============  ============  ===================
    16    -              -             not called
    17    30             -             not called
    18    30             12            20 if called (170 - 150)
    19    -              12            20 if called
    ====  =============  ============  ===================

    ``north_evening`` takes its 3 MW: 2 h x 3 x 30 = 180. In hour 18 one MW is left. It answers the call, 20, rather
    than hold a MW of ``north_winter``, 12, that costs 4 when it is short. So a MW of ``north_winter`` is short in hour
    18, -4, and earns 12 in hour 19 as long as it takes none from the call there (12 - 20): 2 MW. In all
    180 + (20 - 2 x 4) + (2 x 12 + 2 x 20) = 256.
    """
    folder = tmp_path / "three_contracts"
    folder.mkdir()
    (folder / "instance.yaml").write_text(SITE, encoding="utf-8")
    (folder / "scenarios.csv").write_text(SCENARIO, encoding="utf-8")
    site = ms.read(folder)
    products = site.loaded.instance.products
    assert [p.zone for p in products.values() if isinstance(p, LocalFlexibility)] == ["north", "north", "south"]
    run = ms.solve(site, site.tree())
    volumes = {entry["product"]: entry["volume_mw"] for entry in run.summary["commitments"]}
    assert volumes["north_evening"] == pytest.approx(3.0)
    assert volumes["north_winter"] == pytest.approx(2.0)
    assert run.summary["objective"] == pytest.approx(256.0)
    # each contract alone has all 4 MW: a MW sold three times would earn 180 + 2 x 3 x 12 + 2 x 2 x 20
    alone = 0.0
    for name in ("north_evening", "north_winter", "south_calls"):
        (folder / "instance.yaml").write_text(SITE.replace(EVERY_CONTRACT, f"[{name}]"), encoding="utf-8")
        single = ms.read(folder)
        alone += ms.solve(single, single.tree()).summary["objective"]
    assert alone == pytest.approx(180.0 + 72.0 + 80.0)


def engaged(product: str, block_h: float | None, **fields: Any) -> Any:
    """Two days, 3 MW to shed on the first and 1 MW on the second; 10 EUR/MW/h, 15 for what is short."""
    process = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": "demand_mw",
        "shed_cost_eur_per_mwh": 0.0,
        "provides": [product],
    }
    reserve = {
        "block_h": block_h,
        "volume_max_mw": 10.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 15.0,
        "missed_penalty_eur_per_mwh": 100.0,
        **fields,
    }
    return make_instance({"grid": grid(), "process": process}, {**ENERGY, product: reserve}, periods=48)


@pytest.mark.parametrize("product", ["fr_mfrr_up", "fr_rc_up"])
@pytest.mark.parametrize(
    ("block_h", "volumes_mw", "profit"),
    [
        # the second MW would earn 24 x 10 on the first day and cost 24 x 15 on the second
        (None, [1.0], 48 * 10.0),
        (24, [3.0, 1.0], 24 * (3 + 1) * 10.0),
    ],
)
def test_a_contract_binds_the_whole_horizon(
    product: str, block_h: float | None, volumes_mw: list[float], profit: float
) -> None:
    data = {"da_price_eur_per_mwh": 0.0, "demand_mw": [3.0] * 24 + [1.0] * 24}
    result = optimum(engaged(product, block_h), data)
    assert result.variable(f"{product}.volume_mw") == pytest.approx(volumes_mw)
    assert result.profit == pytest.approx(profit)


@pytest.mark.parametrize(("block_h", "profit"), [(None, 48 * 10 - 48 * 10), (24, 24 * 10)])
def test_one_miss_costs_the_payment_of_its_block(block_h: float | None, profit: float) -> None:
    """1 MW held for two days and fully missed for one hour of the first (100 for the energy, 300 for the imbalance).

    A daily block loses the payment of that day, a contract that of the whole horizon.
    """
    instance = engaged("fr_mfrr_up", block_h, activation_up_per_unit="call_per_unit")
    call = [0.0] * 12 + [1.0] + [0.0] * 35
    data = {"da_price_eur_per_mwh": 0.0, "demand_mw": 1.0, "call_per_unit": call}
    fixed = {"fr_mfrr_up.volume_mw": 1.0, "process.fr_mfrr_up_called_mw": 0.0}
    assert optimum(instance, data, fixed=fixed).profit == pytest.approx(profit - 400.0)
    free = optimum(instance, data, fixed=fixed, drop=["fr_mfrr_up.clawback_up"])
    assert free.profit == pytest.approx(480.0 - 400.0)


@pytest.mark.parametrize(("tolerance", "taken_back"), [(0.0, 0.0), (0.1, 48 * 0.1 * 50.0)])
def test_a_tolerance_is_no_way_to_earn_by_ignoring_calls(tolerance: float, taken_back: float) -> None:
    """Called energy at 350 against 300 for being short and 100 for a miss: without tolerance a miss loses 50.

    Within a tolerance the 100 are not paid, and each of 48 x 0.1 MWh ignored would earn 50: they are taken back.
    """
    terms = {"energy_price_up_eur_per_mwh": 350.0, "delivery_tolerance_per_unit": tolerance}
    instance = engaged("fr_mfrr_up", 24, activation_up_per_unit=1.0, **terms)
    fixed = {"fr_mfrr_up.volume_mw": 1.0, "process.fr_mfrr_up_called_mw": 1.0 - tolerance}
    result = optimum(instance, {"da_price_eur_per_mwh": 0.0, "demand_mw": 3.0}, fixed=fixed)
    assert result.stream("activation.fr_mfrr_up") == pytest.approx(48 * 350.0 - taken_back)
    assert result.stream("imbalance") == pytest.approx(-48 * tolerance * 300.0)


@pytest.mark.parametrize(("penalty", "alarms"), [(0, []), (0.5, ["south_calls.short_up_mw"])])
def test_what_is_not_owed_raises_no_alarm(tmp_path: Path, penalty: float, alarms: list[str]) -> None:
    """``south_calls`` alone, offered for four hours as one and called in the last two: 2 x 2 x 20 = 80.

    In the first hour there is nothing to shed. That is a shortfall of 2 MW h where readiness is owed (and costs 0.5),
    and nothing to speak of where delivery alone counts.
    """
    folder = tmp_path / "three_contracts"
    folder.mkdir()
    text = SITE.replace(EVERY_CONTRACT, "[south_calls]").replace("demand_mw: 4", "demand_mw: process_demand_mw")
    one_block = f"    block_h: 4\n    shortfall_penalty_eur_per_mw_h: {penalty}\n"
    text = text.replace("    zone: south\n", f"    zone: south\n{one_block}")
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    header, *rows = SCENARIO.splitlines()
    demand = ("process_demand_mw", "0", "4", "4", "4")
    lines = [f"{line},{entry}\n" for line, entry in zip([header, *rows], demand, strict=True)]
    (folder / "scenarios.csv").write_text("".join(lines), encoding="utf-8")
    site = ms.read(folder)
    summary = ms.solve(site, site.tree()).summary
    assert summary["objective"] == pytest.approx(80.0 - 2 * penalty)
    assert [entry["name"] for entry in summary["slack"]] == alarms
