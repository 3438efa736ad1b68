"""Slack in a plan: the status says so, and slack beyond what must be is told with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import grid, mains, make_instance, make_tree

from mes_stoch.report.tables import report_text
from mes_stoch.schema.instance import Instance


def boiler(**fields: Any) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "warmth",
        "power_max_mw": 1.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
        **fields,
    }


def heated(unit: dict[str, Any], gas: float = 30.0, **node: Any) -> Instance:
    heating = {"type": "demand", "node": "warmth", "demand_mw": "heat_mw"}
    return make_instance({"mains": mains(gas), "heating": heating, "boiler": unit}, nodes={"warmth": node}, periods=2)


def test_slack_that_must_be_is_a_status_and_no_choice() -> None:
    """1.7 MW of heat and 1 MW of boiler: 0.7 MWh go unserved, which is the least there can be."""
    instance = heated(boiler(), unserved_penalty_eur_per_mwh=1000.0)
    run = solved(instance, make_tree(instance, {"heat_mw": [1.7, 0.5]}))
    assert run.status == "slack"
    (used,) = run.summary["slack"]
    assert used["expected"] == pytest.approx(0.7)
    assert run.summary["slack_check"] == {"scenarios": 1, "examined": 1, "chosen": []}
    assert "leans on slack" in report_text(run)
    assert run.summary["penalties"]["nodes.warmth.unserved_penalty_eur_per_mwh"] == 1000.0


def test_no_slack_no_status() -> None:
    instance = heated(boiler())
    run = solved(instance, make_tree(instance, {"heat_mw": [0.7, 0.5]}))
    assert run.status == "optimal"
    assert run.summary["slack_check"] is None


def test_a_start_that_costs_more_than_what_it_serves_is_chosen_slack() -> None:
    """0.1 MWh of heat go unserved for 1,000 x 0.1 = 100, since a start costs 400 and 0.1 MWh of gas 3."""
    unit = boiler(power_min_mw=0.1, start_cost_eur=400.0, initial_on=False)
    instance = heated(unit, unserved_penalty_eur_per_mwh=1000.0)
    run = solved(instance, make_tree(instance, {"heat_mw": [0.1, 0.0]}))
    assert run.objective == pytest.approx(-100.0)
    assert run.status == "slack"
    (chosen,) = run.summary["slack_check"]["chosen"]
    assert chosen["scenario"] == "s0"
    assert (chosen["paid"], chosen["least"]) == pytest.approx((100.0, 0.0), abs=1e-6)
    assert "start.boiler -400.00" in chosen["reason"]
    # 403 in place of 100
    assert "cost 303.00 EUR more" in chosen["reason"]
    assert "chooses slack" in report_text(run)


def test_reasons_are_told_in_any_unit_of_money() -> None:
    """The same in a unit of a million: 403 in place of 100 are 0.000303, which two decimals would hide."""
    unit = boiler(power_min_mw=0.1, start_cost_eur=400e-6, initial_on=False)
    instance = heated(unit, gas=30e-6, unserved_penalty_eur_per_mwh=1000e-6)
    run = solved(instance, make_tree(instance, {"heat_mw": [0.1, 0.0]}))
    (chosen,) = run.summary["slack_check"]["chosen"]
    assert "start.boiler -0.0004" in chosen["reason"]
    assert "cost 0.000303 EUR more" in chosen["reason"]


def test_the_derived_penalty_is_above_a_start() -> None:
    """The same start at the minimum of 0.1 MW in an hour is 4,000 EUR/MWh, which the derived penalty holds on top."""
    instance = heated(boiler(power_min_mw=0.1, start_cost_eur=400.0, initial_on=False))
    run = solved(instance, make_tree(instance, {"heat_mw": [0.1, 0.0]}))
    assert run.objective == pytest.approx(-403.0)
    assert run.status == "optimal"


def test_a_schedule_that_is_not_kept_settles_as_imbalance_and_penalty() -> None:
    """3 MW must be bought in a first stage that two scenarios share; the demand of one of them is 2 MW.

    The ledger, made from meters and positions, agrees with the optimiser.
    """
    products = {
        "da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1, "stage": "commit"},
        "imbalance": {"price_long_eur_per_mwh": 10.0, "price_short_eur_per_mwh": 300.0},
    }
    load = {"type": "demand", "node": "power", "demand_mw": "load_mw"}
    instance = make_instance({"grid": grid(export_max_mw=0.0), "load": load}, products)
    tree = make_tree(instance, {"da_eur_per_mwh": 50.0, "load_mw": [[3.0], [2.0]]}, (0.9, 0.1))
    run = solved(instance, tree)
    # limits 4,000 and 300: 1.2 x 4,300 for each MWh, of 0.1 x 1 MWh long
    assert run.summary["streams"]["slack.schedule_grid"] == pytest.approx(-0.1 * 5160.0)
    assert run.summary["streams"]["imbalance"] == pytest.approx(0.1 * 10.0)
    assert run.objective == pytest.approx(-150.0 - 516.0 + 1.0)
    assert run.status == "slack"
    assert run.summary["slack_check"]["chosen"] == []
    assert settled(instance, tree).agrees


def test_what_a_unit_kept_on_must_bring_can_be_thrown_away() -> None:
    """A boiler that its minimum time keeps on for one hour, at 0.5 MW and more, with 0.2 MW of heat to serve.

    0.3 MWh are thrown away at a penalty of 1.5 x 30; 0.5 MWh of gas cost 15. In the second hour it is free to go off.
    """
    unit = boiler(power_min_mw=0.5, minimum_up_h=2.0, initial_on=True, initial_state_h=1.0)
    instance = heated(unit)
    run = solved(instance, make_tree(instance, {"heat_mw": [0.2, 0.0]}))
    assert run.objective == pytest.approx(-15.0 - 0.3 * 45.0)
    assert run.status == "slack"
    assert run.solution["warmth.dumped_mw"].values.tolist() == [[pytest.approx(0.3), pytest.approx(0.0)]]
