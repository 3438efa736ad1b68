"""Two-part tariffs and take-or-pay supply, by hand, with and without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

LOAD = {"type": "demand", "node": "power", "demand_mw": 2.0}
#: Heat of a boiler for fuel at 30, or of a district network at 20.
HEAT: dict[str, Any] = {
    "boiler": {
        "type": "converter",
        "reference": "warmth",
        "power_max_mw": 10.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
    },
    "district": {"type": "grid_connection", "node": "warmth", "import_max_mw": 10.0, "import_price_eur_per_mwh": 20.0},
    "heating": {"type": "demand", "node": "warmth", "demand_mw": 3.0},
}


@pytest.mark.parametrize(
    ("start", "periods", "days"),
    [("2025-01-15T00:00", 2, 2 / 24), ("2025-03-30T00:00", 23, 1.0), ("2025-10-26T00:00", 25, 1.0)],
)
def test_a_day_of_a_connection_costs_whatever_flows(start: str, periods: int, days: float) -> None:
    """48 a day of local time, and 2 MW at 10; an export connection that is not used costs 24 a day."""
    sale = {"type": "grid_connection", "node": "power", "import_max_mw": 0.0, "export_max_mw": 1.0}
    components = {
        "grid": grid(export_max_mw=0.0, import_price_eur_per_mwh=10.0, fixed_cost_eur_per_day=48.0),
        "sale": {**sale, "fixed_cost_eur_per_day": 24.0},
        "load": LOAD,
    }
    instance = make_instance(components, periods=periods, start=start)
    found = optimum(instance)
    assert found.profit == pytest.approx(-72.0 * days - 20.0 * periods)
    assert found.stream("fixed_cost.grid") == pytest.approx(-48.0 * days)
    settlement = settled(instance, make_tree(instance))
    assert settlement.agrees
    assert settlement.totals["fixed_cost.sale"].tolist() == pytest.approx([-24.0 * days])


def supply(price: float | str = 30.0, **fields: Any) -> Instance:
    """Fuel of which 4 MWh in two hours are paid at 25 even where they are not taken."""
    mains = {"type": "grid_connection", "node": "fuel", "import_max_mw": 10.0, "import_price_eur_per_mwh": price}
    contract = {"take_or_pay_mwh": 4.0, "take_or_pay_price_eur_per_mwh": 25.0}
    instance: Instance = make_instance({"mains": {**mains, **contract, **fields}, **HEAT}, periods=2)
    return instance


def test_what_is_not_taken_is_paid() -> None:
    """A MWh of fuel costs 5 more where it is paid anyhow: 4 MWh at 30 and 2 MWh of the network; without, 6 at 20."""
    instance = supply()
    found = optimum(instance)
    assert found.profit == pytest.approx(-160.0)
    assert optimum(instance, drop=["mains.take_or_pay"]).profit == pytest.approx(-120.0)
    settlement = settled(instance, make_tree(instance))
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(-160.0)


def test_paying_may_be_cheaper_than_taking() -> None:
    """At 46 and 25, fuel costs 21 more where it is taken, heat of the network 20: 6 x 20 + 4 x 25."""
    instance = supply(46.0)
    assert optimum(instance).profit == pytest.approx(-220.0)
    settlement = settled(instance, make_tree(instance))
    assert settlement.agrees
    assert settlement.totals["take_or_pay.mains"].tolist() == pytest.approx([-100.0])


def test_nobody_is_paid_for_burning() -> None:
    """At an import price below what is paid anyhow, fuel thrown away would earn the difference."""
    instance = supply("fuel_price_eur_per_mwh")
    issues = check_tree(instance, make_tree(instance, {"fuel_price_eur_per_mwh": [30.0, 24.0]}))
    assert [issue.key for issue in issues] == ["components.mains.import_price_eur_per_mwh"]
    assert "at least take_or_pay_price" in issues[0].expected


@pytest.mark.parametrize(("price", "count"), [(4.0, 0), (6.0, 1)])
def test_what_is_paid_anyhow_is_not_sold_on(price: float, count: int) -> None:
    """Fuel costs 5 more where it is paid anyhow; another meter that takes it at 6 would earn the difference."""
    sale = {"type": "grid_connection", "node": "fuel", "import_max_mw": 0.0, "export_max_mw": 1.0}
    mains = {"type": "grid_connection", "node": "fuel", "import_max_mw": 10.0, "import_price_eur_per_mwh": 30.0}
    contract = {"take_or_pay_mwh": 4.0, "take_or_pay_price_eur_per_mwh": 25.0}
    instance = make_instance({"mains": {**mains, **contract}, "sale": {**sale, "export_price_eur_per_mwh": price}})
    issues = check_tree(instance, make_tree(instance))
    assert len(issues) == count
    if issues:
        assert "1 EUR/MWh earned" in issues[0].found
