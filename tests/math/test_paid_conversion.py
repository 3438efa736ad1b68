"""Converters that are paid for running: what it is worth by hand, and where it would be money for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import engine, grid, mains, make_instance, make_tree, optimum

from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.uncertainty.quality import check_tree

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}


def prices(*values: float) -> dict[str, Any]:
    return {"da_price_eur_per_mwh": list(values)}


def issues_of(instance: Instance, *values: float) -> list[Issue]:
    return check_tree(instance, make_tree(instance, prices(*values)))


def heater(**fields: Any) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
        **fields,
    }


def cooler(price: float) -> dict[str, Any]:
    """Takes heat for nothing, or against a payment."""
    return {
        "type": "grid_connection",
        "node": "warmth",
        "import_max_mw": 0.0,
        "export_max_mw": 10.0,
        "export_price_eur_per_mwh": price,
    }


# -- what it is worth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("paid", "profit"), [(0.0, 0.0), (10.0, 10.0), (4.0, 0.0)])
def test_certificates_for_power(paid: float, profit: float) -> None:
    """Power at 25 from fuel at 30 loses 5 a MWh: with 10 a MWh paid it earns 5, for 2 MW."""
    site = {"grid": grid(), "mains": mains(30.0), "unit": engine(cost_eur_per_mwh=-paid)}
    instance = make_instance(site, DA)
    assert issues_of(instance, 25.0) == []
    assert optimum(instance, prices(25.0)).profit == pytest.approx(profit, abs=1e-9)
    run = settled(instance, make_tree(instance, prices(25.0)))
    assert run.expected_profit == pytest.approx(profit, abs=1e-6)


def test_calls_are_paid_as_well() -> None:
    """Energy at cost; half of 1 MW upward reserve is called at an activation price of 30: 0.5 MWh x 10 paid on top.

    Running costs 30 - 10 = 20 and sells at 20: no margin on energy. A call earns 30 - 20 = 10 a MWh, 5 in all.
    """
    reserve = {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 0.0,
        "activation_up_per_unit": 0.5,
        "energy_price_up_eur_per_mwh": 30.0,
    }
    markets = {
        **DA,
        "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
        "fr_mfrr_up": reserve,
    }
    unit = engine(cost_eur_per_mwh=-10.0, provides=["fr_mfrr_up"])
    instance = make_instance({"grid": grid(), "mains": mains(30.0), "unit": unit}, markets)
    result = optimum(instance, prices(20.0))
    assert result.profit == pytest.approx(5.0)
    assert settled(instance, make_tree(instance, prices(20.0))).expected_profit == pytest.approx(5.0, abs=1e-6)


def test_bounds_of_the_profit_hold() -> None:
    """Two hours at 25 and 15: 2 MW x (25 - 30 + 10) = 10 in the first, off in the second."""
    site = {"grid": grid(), "mains": mains(30.0), "unit": engine(cost_eur_per_mwh=-10.0)}
    instance = make_instance(site, DA, periods=2)
    program = build_program(instance, make_tree(instance, prices(25.0, 15.0)))
    result = solve_extensive(program, SolveOptions(gap_rel=1e-7, time_limit_s=60.0))
    lower, upper = sorted((-result.upper, -result.lower))
    assert lower - 1e-6 <= 10.0 <= upper + 1e-6
    assert upper - lower < 1e-3


# -- money for nothing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "cooling", "power", "profit"),
    [
        # 20 - 10 a MWh for heat that nobody wants, 2 MW
        (20.0, 0.0, 10.0, 20.0),
        (20.0, -5.0, 10.0, 10.0),
        # the cooler takes more than is left
        (20.0, -15.0, 10.0, None),
        (5.0, 0.0, 10.0, None),
        # what the negative price pays is no payment for running; the 5 on top are
        (5.0, 0.0, -10.0, 30.0),
        (0.0, 0.0, -10.0, None),
    ],
)
def test_a_paid_heater_with_a_cooler(paid: float, cooling: float, power: float, profit: float | None) -> None:
    instance = make_instance({"grid": grid(), "heater": heater(cost_eur_per_mwh=-paid), "cooler": cooler(cooling)}, DA)
    found = [issue for issue in issues_of(instance, power) if "without use" in issue.expected]
    assert bool(found) is (profit is not None)
    if profit is not None:
        assert found[0].key == "components.heater.cost_eur_per_mwh"
        assert optimum(instance, prices(power)).profit == pytest.approx(profit)


def test_heat_that_is_used_may_be_paid() -> None:
    """1 MW of demand: 20 - 10 earned, and no more heat than that. A network that buys heat for 1 is a use as well."""
    load = {"type": "demand", "node": "warmth", "demand_mw": 1.0}
    instance = make_instance({"grid": grid(), "heater": heater(cost_eur_per_mwh=-20.0), "load": load}, DA)
    assert issues_of(instance, 10.0) == []
    assert optimum(instance, prices(10.0)).profit == pytest.approx(10.0)
    sold = make_instance({"grid": grid(), "heater": heater(cost_eur_per_mwh=-20.0), "network": cooler(1.0)}, DA)
    assert issues_of(sold, 10.0) == []


@pytest.mark.parametrize(("paid", "refused"), [(29.0, False), (31.0, True)])
def test_a_ring_that_is_paid_more_than_it_loses(paid: float, refused: bool) -> None:
    """A MWh of power makes 0.8 of gas and that 0.4 of power: at 50 the 0.6 that are lost cost 30."""
    electrolyser = heater(cost_eur_per_mwh=-paid)
    electrolyser["outputs"] = [{"node": "fuel", "ratio_per_unit": 0.8}]
    unit = engine(power_min_mw=0.0)
    unit["inputs"] = [{"node": "fuel", "ratio_per_unit": 2.0}]
    instance = make_instance({"grid": grid(), "mains": mains(70.0), "electrolyser": electrolyser, "unit": unit}, DA)
    assert bool([issue for issue in issues_of(instance, 50.0) if "without use" in issue.expected]) is refused
    # 2 MW are paid 62 and lose 1.2 MWh
    assert optimum(instance, prices(50.0)).profit == pytest.approx(2.0 if refused else 0.0, abs=1e-9)


def test_the_hours_in_which_it_pays_are_told() -> None:
    instance = make_instance(
        {"grid": grid(), "heater": heater(cost_eur_per_mwh=-20.0), "cooler": cooler(0.0)}, DA, periods=3
    )
    (issue,) = issues_of(instance, 50.0, 10.0, 50.0)
    assert issue.found == "20 EUR/h earned (scenario s0, 2025-01-15 01:00) at full power"


# -- penalties --------------------------------------------------------------------------------------------------------


def test_demand_is_served_before_a_paid_unit() -> None:
    """1 MW over the connection at 50, asked for by a demand, and by a heater that is paid 500 for heat sold at 1.

    Served: -50. The penalty follows from prices and from what is paid: at 1.5 times 50 alone, leaving the demand
    unserved would earn 500 + 1 - 50 - 75.
    """
    load = {"type": "demand", "node": "power", "demand_mw": 1.0}
    meter = grid(import_max_mw=1.0, export_max_mw=0.0, import_price_eur_per_mwh=50.0)
    site = {"grid": meter, "load": load, "heater": heater(cost_eur_per_mwh=-500.0), "network": cooler(1.0)}
    instance = make_instance(site)
    tree = make_tree(instance)
    assert check_tree(instance, tree) == []
    priced = with_penalties(instance, series_ranges(instance, tree))
    result = optimum(priced)
    assert result.profit == pytest.approx(-50.0)
    stated = make_instance(site, nodes={"power": {"unserved_penalty_eur_per_mwh": 75.0}})
    assert optimum(stated).profit == pytest.approx(501.0 - 50.0 - 75.0)
    (issue,) = check_tree(stated, make_tree(stated))
    assert issue.key == "nodes.power.unserved_penalty_eur_per_mwh"
