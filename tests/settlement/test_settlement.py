"""Settlement against the optimiser: shipped instances, random sites, published figures, and runs tampered with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from helpers.random_site import random_site
from helpers.settled_run import settled, solved
from helpers.site_builder import grid, make_instance, make_tree

import mes_stoch as ms
from mes_stoch.report.run import Run
from mes_stoch.schema.calendar import CalendarWindow
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import Settlement, settle_data

INSTANCES = Path(__file__).resolve().parents[2] / "instances"

#: Scenarios to draw where an instance's own number would take minutes.
FEW = {"hospital_fr": 8, "bench_district": 2, "campus_au": 2}


def assert_agrees(settlement: Settlement, profit: pd.Series[float]) -> None:
    """Every scenario's profit to 1e-6 of itself, every stream to 1e-6 of the money that moves."""
    assert settlement.profit.to_numpy() == pytest.approx(profit.to_numpy(), rel=1e-6, abs=1e-6)
    assert settlement.agrees, settlement.worst_differences()


@pytest.mark.parametrize("name", sorted(path.parent.name for path in INSTANCES.glob("*/instance.yaml")))
def test_every_shipped_instance(name: str) -> None:
    site = ms.read(INSTANCES / name)
    run = ms.solve(site, site.tree(FEW.get(name)), gap_rel=0.01)
    assert run is not None
    settlement = ms.settle(run)
    assert_agrees(settlement, run.profit)
    assert settlement.expected_profit == pytest.approx(run.objective, rel=1e-6)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("leaves", [[1, 1, 1, 1], [2, 3, 1]])
def test_random_sites_of_two_and_three_stages(seed: int, integer: bool, leaves: list[int]) -> None:
    instance, tree = random_site(np.random.default_rng(seed), leaves, integer=integer, periods=4)
    run = solved(instance, tree)
    settlement = settle_data(SettlementData(instance, tree, run.solution, run.flow_data))
    assert_agrees(settlement, run.profit)
    # something was held, called and left out of balance, or the comparison says little
    moved = settlement.totals.abs().sum()
    assert (moved[["energy", "tariff.mains"]] > 0).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("settlement_period_h", [None, 2.0])
def test_spreads_and_the_french_imbalance(seed: int, settlement_period_h: float | None) -> None:
    """Positions that cost a spread and a fee in their hours of delivery; imbalance at prices that follow the system."""
    given, tree = random_site(np.random.default_rng(seed), [1, 1, 1], integer=False, periods=4)
    rule = {
        "price_long_eur_per_mwh": None,
        "price_short_eur_per_mwh": None,
        "vwap_up_eur_per_mwh": 250.0,
        "vwap_down_eur_per_mwh": -40.0,
        "system_trend_per_unit": -1.0 if seed % 2 else 1.0,
        "k_per_unit": 0.1,
        "settlement_period_h": settlement_period_h,
    }
    intraday = {
        "half_spread_eur_per_mwh": 2.0,
        "fee_eur_per_mwh": 0.5,
        "calendar": [CalendarWindow(time_from="01:00", time_to="03:00")],
    }
    changed = {"imbalance": rule, "id": intraday}
    products = {name: p.model_copy(update=changed.get(name, {})) for name, p in given.products.items()}
    instance = given.model_copy(update={"products": products})
    run = solved(instance, tree)
    settlement = settle_data(SettlementData(instance, tree, run.solution, run.flow_data))
    assert_agrees(settlement, run.profit)
    assert settlement.totals["energy.id_half_spread"].to_numpy() == pytest.approx(
        4.0 * settlement.totals["energy.id_fee"].to_numpy()
    )
    traded = settlement.ledger.lines().query("owner == 'id'")
    assert set(pd.to_datetime(traded["time"]).dt.hour) <= {1, 2}


CRITICAL_H = 10


@pytest.mark.parametrize("regime", ["decentralised", "centralised"])
def test_a_certified_level_and_what_is_missing_of_it(regime: str) -> None:
    """2 MW certified at 36,500 EUR/MW/year over one day of 365, in a scenario whose 10 PP2 hours find 1.5 MW.

    100 EUR/MW a day: 200. Missing 0.5 MW in 10 hours, each 6,000 / 100 = 60 EUR/MW (decentralised) or 9,000 / 100 = 90.
    """
    product = {
        "regime": regime,
        "available_mw": 2.0,
        "daily_stock_factor_per_unit": 1.0,
        "weekly_stock_factor_per_unit": 1.0,
        "price_eur_per_mw_year": 36_500.0,
        "reference_price_eur_per_mw_year": 6_000.0,
        "penalty_eur_per_mw_year": 9_000.0,
        "critical_hours_per_year": 100.0,
        "critical_per_unit": "critical_per_unit",
    }
    process = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": 1.5,
        "shed_cost_eur_per_mwh": 0.0,
        "provides": ["fr_capacity"],
    }
    markets = {"da": {"price_eur_per_mwh": 0.0, "settlement_period_h": 1}, "fr_capacity": product}
    instance = make_instance({"grid": grid(), "process": process}, markets, periods=24)
    tree = make_tree(instance, {"critical_per_unit": [[0.0] * 24, [1.0] * 24]}, (0.99, 0.01))
    settlement = settled(instance, tree)
    assert settlement.agrees
    certified = lines_of(settlement, "level certified")
    assert certified == [pytest.approx((2.0, 36_500 / 8760, 24.0, 200.0))] * 2
    missing = lines_of(settlement, "level missing in a critical hour")
    price = 60.0 if regime == "decentralised" else 90.0
    assert missing == [pytest.approx((-0.5, price, 1.0, -0.5 * price))] * CRITICAL_H
    assert settlement.expected_profit == pytest.approx(200 - 0.01 * CRITICAL_H * 0.5 * price)


def test_power_drawn_in_hours_of_obligation() -> None:
    """1.5 MW drawn in an hour of obligation at 12,000 EUR/MW/year over 120 h: 1.5 x 100."""
    product = {
        "available_mw": 0.0,
        "daily_stock_factor_per_unit": 1.0,
        "weekly_stock_factor_per_unit": 1.0,
        "price_eur_per_mw_year": 0.0,
        "critical_per_unit": 0.0,
        "calendar": [],
        "obligation_price_eur_per_mw_year": 12_000.0,
        "obligation_per_unit": "obligation_per_unit",
        "obligation_hours_per_year": 120.0,
    }
    load = {"type": "demand", "node": "power", "demand_mw": 1.5}
    markets = {"da": {"price_eur_per_mwh": 0.0, "settlement_period_h": 1}, "fr_capacity": product}
    instance = make_instance({"grid": grid(), "load": load}, markets, periods=3)
    settlement = settled(instance, make_tree(instance, {"obligation_per_unit": [0.0, 1.0, 0.0]}))
    assert settlement.agrees
    assert lines_of(settlement, "drawn in an hour of obligation") == [pytest.approx((-1.5, 100.0, 1.0, -150.0))]


def test_reactive_power_and_what_is_not_available_of_it() -> None:
    """3 Mvar at 2, 2, 4 and 4 EUR/Mvar/h from a converter of 5 MVA that has to feed in 5 MW in the second hour.

    A contract of four hours at a mean of 3: 36. Beside full active power there is none: 3 x 2 lost, 3 x 1 of penalty.
    """
    product = {
        "volume_max_mvar": 3.0,
        "price_eur_per_mvar_h": "mvar_eur_per_mvar_h",
        "shortfall_penalty_eur_per_mvar_h": 1.0,
        "units": {"pv": {"apparent_power_mva": 5.0}},
    }
    source = {
        "type": "source",
        "node": "power",
        "available_mw": "sun_mw",
        "curtailable": False,
        "provides": ["fr_voltage"],
    }
    markets = {"da": {"price_eur_per_mwh": 0.0, "settlement_period_h": 1}, "fr_voltage": product}
    instance = make_instance({"grid": grid(), "pv": source}, markets, periods=4)
    data = {"mvar_eur_per_mvar_h": [2.0, 2.0, 4.0, 4.0], "sun_mw": [0.0, 5.0, 0.0, 0.0]}
    settlement = settled(instance, make_tree(instance, data))
    assert settlement.agrees
    assert lines_of(settlement, "reactive power committed") == [pytest.approx((3.0, 3.0, 4.0, 36.0))]
    lost = lines_of(settlement, "reactive power not available: payment lost")
    assert lost == [pytest.approx((-3.0, 2.0, 1.0, -6.0))]
    assert lines_of(settlement, "penalty: reactive power not available") == [pytest.approx((-3.0, 1.0, 1.0, -3.0))]
    assert settlement.expected_profit == pytest.approx(27.0)


def test_three_stage_run_by_decomposition() -> None:
    site = ms.read(INSTANCES / "hospital_fr")
    run = ms.solve(site, site.tree(6, leaves_per_day_ahead_node=3), method="decomposition", gap_rel=0.01)
    assert run is not None
    assert run.summary["stages"] == 3
    assert_agrees(ms.settle(run), run.profit)


def process(product: dict[str, Any], demand_mw: float | str, data: dict[str, Any], periods: int) -> Settlement:
    """A plant that sheds at no cost, one upward product, no energy market."""
    component = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": demand_mw,
        "shed_cost_eur_per_mwh": 0.0,
        "provides": ["fr_mfrr_up"],
    }
    imbalance = {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}
    energy = {"price_eur_per_mwh": 0.0, "settlement_period_h": 1}
    instance = make_instance(
        {"grid": grid(), "process": component},
        {"da": energy, "imbalance": imbalance, "fr_mfrr_up": product},
        periods=periods,
        bids={"minimum": True, "steps": False},
    )
    return settled(instance, make_tree(instance, data))


def lines_of(settlement: Settlement, item: str) -> list[tuple[float, float, float, float]]:
    table = settlement.ledger.lines()
    rows = table[table["item"] == item]
    return [tuple(row) for row in rows[["quantity", "price", "hours", "amount"]].to_numpy().tolist()]


def test_regelleistung_example() -> None:
    """10 MW x 15 EUR/MW/h x 4 h = 600 EUR of capacity; 7 MW called for an hour at 70 EUR/MWh = 490 EUR.

    regelleistung.net, questions and answers on the settlement of balancing services.
    """
    product = {
        "block_h": 4,
        "volume_max_mw": 10.0,
        "capacity_price_eur_per_mw_h": 15.0,
        "activation_up_per_unit": "call_per_unit",
        "energy_price_up_eur_per_mwh": 70.0,
    }
    settlement = process(product, 10.0, {"call_per_unit": [0.0, 0.7, 0.0, 0.0]}, 4)
    assert lines_of(settlement, "capacity committed") == [pytest.approx((10.0, 15.0, 4.0, 600.0))]
    assert lines_of(settlement, "energy called up, as ordered") == [pytest.approx((7.0, 70.0, 1.0, 490.0))]
    assert settlement.expected_profit == pytest.approx(1090.0)


def test_what_a_block_loses_is_the_larger_of_two() -> None:
    """10 MW committed at 300 EUR/MW/h over 4 h by a plant of 8 MW in one hour and 10 MW in the others.

    Bids are of 10 MW or none. Not held: 2 MW in one hour, 2 MW h of 40, 0.5 MW on average. Called in full in that hour,
    2 of 10 MW miss: 2 / 10 of the block's payment, the larger. Penalties: 2 MW x 1 h x 5 and 2 MWh x 100, imbalance
    2 MWh x 300.
    """
    product = {
        "block_h": 4,
        "volume_max_mw": 10.0,
        "minimum_bid_mw": 10.0,
        "capacity_price_eur_per_mw_h": 300.0,
        "shortfall_penalty_eur_per_mw_h": 5.0,
        "missed_penalty_eur_per_mwh": 100.0,
        "activation_up_per_unit": "call_per_unit",
    }
    data = {"call_per_unit": [0.0, 1.0, 0.0, 0.0], "plant_mw": [10.0, 8.0, 10.0, 10.0]}
    called = process(product, "plant_mw", data, 4)
    assert lines_of(called, "capacity committed") == [pytest.approx((10.0, 300.0, 4.0, 12000.0))]
    assert lines_of(called, "call missed: payment lost") == [pytest.approx((-2.0, 300.0, 4.0, -2400.0))]
    assert lines_of(called, "capacity not held: payment lost") == []
    assert lines_of(called, "penalty: committed up and not held") == [pytest.approx((-2.0, 5.0, 1.0, -10.0))]
    assert lines_of(called, "penalty: called up and not delivered") == [pytest.approx((-2.0, 100.0, 1.0, -200.0))]
    assert lines_of(called, "imbalance: short") == [pytest.approx((-2.0, 300.0, 1.0, -600.0))]
    assert called.expected_profit == pytest.approx(12000 - 2400 - 10 - 200 - 600)
    assert called.agrees
    quiet = process(product, "plant_mw", {**data, "call_per_unit": 0.0}, 4)
    assert lines_of(quiet, "capacity not held: payment lost") == [pytest.approx((-0.5, 300.0, 4.0, -600.0))]
    assert lines_of(quiet, "call missed: payment lost") == []
    assert quiet.agrees


def test_tiny_site_by_hand() -> None:
    """The four scenarios of the README add up to -687.5; every line is quantity x price x hours."""
    site = ms.read(INSTANCES / "tiny_site")
    settlement = ms.settle(ms.solve(site, site.tree(), method="ef", gap_rel=1e-8))
    table = settlement.ledger.lines()
    assert (table["quantity"] * table["price"] * table["hours"]).to_numpy() == pytest.approx(table["amount"].to_numpy())
    assert settlement.expected_profit == pytest.approx(-687.5)
    weights = dict(zip(settlement.ledger.data.scenarios, settlement.ledger.data.probabilities, strict=True))
    assert (table["amount"] * table["scenario"].map(weights)).sum() == pytest.approx(-687.5)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = ms.read(INSTANCES / "hospital_fr")
    run = ms.solve(site, site.tree(2), gap_rel=0.01)
    assert run is not None
    return run.write(tmp_path_factory.mktemp("runs") / "run")


@pytest.mark.parametrize(
    ("name", "change_mw"),
    # less held than there was: more would cost nothing
    [("fr_fcr.volume_mw", 0.01), ("chp.fr_mfrr_up_held_mw", -0.01), ("da.position_mw", 0.01), ("chp.power_mw", 0.01)],
)
def test_a_solution_tampered_with_is_found_out(run_folder: Path, name: str, change_mw: float) -> None:
    run = ms.read_run(run_folder)
    assert ms.settle(run).agrees
    variable = next(v for v in (name, name.replace("position", "sold")) if v in run.solution)
    run.solution[variable] = run.solution[variable] + change_mw
    assert not ms.settle(run).agrees


def test_prices_and_meters_tampered_with_are_found_out(run_folder: Path) -> None:
    run = ms.read_run(run_folder)
    price = next(name for name in run.tree.series_names if name.startswith("da_price"))
    dataset = run.tree.dataset.copy()
    dataset[price] = dataset[price] + 0.01
    dearer = Run(**{**vars(run), "tree": ScenarioTree(dataset)})
    assert not ms.settle(dearer).agrees
    run.flow_data["flow_mw"] = run.flow_data["flow_mw"] * 1.0001
    assert not ms.settle(run).agrees


def test_stated_money_tampered_with_is_found_out(run_folder: Path) -> None:
    run = ms.read_run(run_folder)
    run.solution["stream_eur"][0, 0] += 0.1
    settlement = ms.settle(run)
    assert not settlement.agrees
    assert settlement.largest_difference == pytest.approx(0.1)
    stream, scenario = str(run.solution["stream"].values[0]), str(run.solution["scenario"].values[0])
    assert f"{stream} in scenario {scenario}" in settlement.worst_differences()[0]


def test_one_scenario_is_a_part_of_the_ledger(run_folder: Path, tmp_path: Path) -> None:
    ledger = ms.settle(run_folder).ledger
    first, second = ledger.data.scenarios
    whole = ledger.lines()
    assert list(whole["scenario"].unique()) == [first, second]
    pd.testing.assert_frame_equal(whole[whole["scenario"] == first], ledger.lines([first]))
    assert ledger.write(tmp_path / "ledger.csv") == len(whole)
    written = pd.read_csv(tmp_path / "ledger.csv")
    assert written["amount"].to_numpy() == pytest.approx(whole["amount"].to_numpy(), rel=1e-9, abs=1e-9)
    assert list(tmp_path.iterdir()) == [tmp_path / "ledger.csv"]
    with pytest.raises(UsageError, match="no scenario 'nobody'"):
        ledger.lines(["nobody"])


def test_a_number_that_is_none_is_no_agreement(run_folder: Path) -> None:
    run = ms.read_run(run_folder)
    run.solution["chp.power_mw"][0, 0] = np.nan
    assert not ms.settle(run).agrees


def test_a_run_without_dispatch_cannot_be_settled(run_folder: Path) -> None:
    run = ms.read_run(run_folder)
    empty = Run(**{**vars(run), "solution": xr.Dataset()})
    with pytest.raises(UsageError, match="no dispatch to settle"):
        ms.settle(empty)
