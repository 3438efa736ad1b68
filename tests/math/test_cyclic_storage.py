"""A level at the start that is decided with the commitments and comes back: by hand, with and without.

A battery of 1 MW. The first scenario sells at 100 in one hour and buys at 0 in the next, the second does the reverse;
their probabilities are 0.6 and 0.4. With ``L0`` at the start the first earns 100 min(L0, 1), and the second, which
needs room for what it buys first, 100 min(E - L0, 1), where E is the size of the store.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData
from mes_stoch.solvers.auto import solve_by
from mes_stoch.solvers.certificate.result import SolveOptions

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}
PRICES = {"da_price_eur_per_mwh": [[100.0, 0.0], [0.0, 100.0]]}
WEIGHTS = (0.6, 0.4)


def battery(**fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": "cyclic",
        **fields,
    }


def site(**fields: Any) -> Instance:
    instance: Instance = make_instance({"grid": grid(), "battery": battery(**fields)}, DA, periods=2)
    return instance


def test_one_level_for_all_scenarios() -> None:
    """With room for 1 MWh the first wants to begin full and the second empty: 60 L0 + 40 (1 - L0), 60 at L0 = 1.

    Were the level a decision of each scenario, both would earn 100; so they would if they need not come back to it.
    """
    found = optimum(site(), PRICES, WEIGHTS)
    assert found.profit == pytest.approx(60.0)
    assert found.variable("battery.initial_mwh", 1) == pytest.approx([1.0])
    alone = [optimum(site(), {"da_price_eur_per_mwh": prices}).profit for prices in PRICES["da_price_eur_per_mwh"]]
    assert alone == pytest.approx([100.0, 100.0])
    assert optimum(site(), PRICES, WEIGHTS, drop=["battery.terminal"]).profit == pytest.approx(100.0)


@pytest.mark.parametrize(("stated", "profit"), [(0.0, 40.0), (0.5, 70.0), (1.0, 100.0), (1.5, 80.0)])
def test_the_level_is_the_best_that_could_be_stated(stated: float, profit: float) -> None:
    """With room for 2 MWh 1 MWh serves both: 100. Stated: 60 min(L0, 1) + 40 min(2 - L0, 1)."""
    found = optimum(site(energy_max_mwh=2.0), PRICES, WEIGHTS)
    assert found.profit == pytest.approx(100.0)
    assert found.variable("battery.initial_mwh") == pytest.approx([1.0])
    assert optimum(site(energy_max_mwh=2.0, initial_mwh=stated), PRICES, WEIGHTS).profit == pytest.approx(profit)


@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_the_level_keeps_what_losses_leave(loss: float) -> None:
    """Two hours at 50 and 100, with a tenth lost an hour: begin empty, and sell 0.9 of the MWh bought: 90 - 50.

    A MWh that is there at the start is lost in part, and to be made good.
    """
    instance = site(standing_loss_per_h=loss, terminal_penalty_eur_per_mwh=None)
    found = optimum(instance, {"da_price_eur_per_mwh": [50.0, 100.0]})
    assert found.profit == pytest.approx(100.0 * (1.0 - loss) - 50.0)
    if loss:
        assert found.variable("battery.initial_mwh") == pytest.approx([0.0])


@pytest.mark.parametrize(("initial", "profit"), [("cyclic", 100.0), (1.0, 100.0), (0.0, 50.0), (2.0, 50.0)])
def test_energy_and_room_that_are_held_for_calls(initial: float | str, profit: float) -> None:
    """1 MW up and 1 MW down for an hour take 1 MWh and room for 1 MWh: 50 each; energy costs 300 and earns nothing."""
    rules = {"block_h": 1, "volume_max_mw": 1.0, "sustain_h": 1.0, "capacity_price_eur_per_mw_h": 50.0}
    rules |= {"shortfall_penalty_eur_per_mw_h": 150.0, "missed_penalty_eur_per_mwh": 200.0}
    products = {
        "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
        "fr_afrr_up": {**rules, "activation_up_per_unit": 0.0},
        "fr_afrr_down": {**rules, "activation_down_per_unit": 0.0},
    }
    store = battery(energy_max_mwh=2.0, initial_mwh=initial, provides=["fr_afrr_up", "fr_afrr_down"])
    line = grid(import_price_eur_per_mwh=300.0, export_max_mw=1.0, export_price_eur_per_mwh=-300.0)
    instance = make_instance({"grid": line, "battery": store}, products)
    found = optimum(instance)
    assert found.profit == pytest.approx(profit)
    if initial == "cyclic":
        assert found.variable("battery.initial_mwh") == pytest.approx([1.0])
        free = optimum(instance, fixed={"battery.initial_mwh": 0.0}, drop=["battery.energy_taken"])
        assert free.profit == pytest.approx(100.0)
        run = solved(instance, make_tree(instance))
        outcome = stress(SettlementData(instance, run.tree, run.solution, run.flow_data))
        assert outcome.passed
        assert outcome.calls_tested > 0


@pytest.mark.parametrize("method", ["ef", "decomposition", "ph"])
@pytest.mark.parametrize(("size", "profit"), [(1.0, 60.0), (2.0, 100.0)])
def test_every_method_finds_it(method: str, size: float, profit: float) -> None:
    instance = site(energy_max_mwh=size)
    program = build_program(instance, make_tree(instance, PRICES, WEIGHTS))
    options = SolveOptions(gap_rel=1e-6, time_limit_s=60.0, cold_start=method == "ph")
    result = solve_by(method, program, options)
    assert result is not None
    assert (-result.upper, -result.lower) == pytest.approx((profit, profit))
    (row,) = program.site_decisions(result.root).to_dict("records")
    assert row == {"component": "battery", "quantity": "initial_mwh", "unit": "MWh", "value": pytest.approx(1.0)}


def test_it_is_settled_by_the_level_that_was_decided() -> None:
    settlement = settled(site(), make_tree(site(), PRICES, WEIGHTS))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(60.0)


def test_what_is_missing_at_the_end_is_settled() -> None:
    """At a penalty of 70 it pays to begin full and to sell the MWh at 100, which nothing makes good: 30 in either."""
    instance = site(charge_max_mw=0.0, terminal_penalty_eur_per_mwh=70.0)
    settlement = settled(instance, make_tree(instance, PRICES, WEIGHTS))
    assert settlement.agrees
    assert settlement.totals["slack.terminal_battery"].tolist() == pytest.approx([-70.0, -70.0])
    assert settlement.expected_profit == pytest.approx(30.0)


def test_given_decisions_are_kept() -> None:
    """Half full is worth 60 x 0.5 + 40 x 0.5; the root is then no decision any more."""
    leaves = build_program(site(), make_tree(site(), PRICES, WEIGHTS)).with_site_decisions(
        {("battery", "initial_mwh"): 0.5}
    )
    result = solve_by("ef", leaves, SolveOptions(gap_rel=1e-6, time_limit_s=60.0))
    assert result is not None
    assert -result.upper == pytest.approx(50.0)
