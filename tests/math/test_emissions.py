"""CO2 of a site by hand: price, credit, cap; with and without.

Two hours with a load of 2 MW; import costs 10 a MWh and emits 500 kg, own power costs 60.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.report.tables import report_text
from mes_stoch.schema.emission import Co2
from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

LOAD = {"type": "demand", "node": "power", "demand_mw": "load_mw"}
OWN = {"type": "source", "node": "power", "available_mw": "own_mw", "cost_eur_per_mwh": 60.0}
SERIES: dict[str, Any] = {"load_mw": 2.0, "own_mw": 10.0, "mix_kg_per_mwh": [500.0, 0.0]}


def site(co2: dict[str, float] | None, components: dict[str, Any] | None = None, **fields: Any) -> Instance:
    connection = {"export_max_mw": 0.0, "import_price_eur_per_mwh": 10.0, "import_emission_kg_per_mwh": 500.0, **fields}
    instance: Instance = make_instance(
        {"grid": grid(**connection), "load": LOAD, "own": OWN, **(components or {})}, periods=2
    )
    return instance.model_copy(update={"co2": None if co2 is None else Co2(**co2)})


@pytest.mark.parametrize(
    ("co2", "fields", "profit", "tonnes"),
    [
        # 4 MWh of import, with CO2 counted alone
        (None, {}, -40.0, 2.0),
        # 10 + 40 are less than 60
        ({"price_eur_per_t": 80.0}, {}, -200.0, 2.0),
        # 10 + 60 are more
        ({"price_eur_per_t": 120.0}, {}, -240.0, 0.0),
        # the second hour is clean: 2 x 60 + 2 x 10
        ({"price_eur_per_t": 120.0}, {"import_emission_kg_per_mwh": "mix_kg_per_mwh"}, -140.0, 0.0),
        # a MW more of its own costs 60, and is sold for 10 and 0.4 t of credit, 48: not worth it
        (
            {"price_eur_per_t": 120.0},
            {"export_emission_kg_per_mwh": 400.0, "export_price_eur_per_mwh": 10.0, "export_max_mw": 1.0},
            -240.0,
            0.0,
        ),
        # at 130 a tonne: 10 + 52 for what costs 60
        (
            {"price_eur_per_t": 130.0},
            {"export_emission_kg_per_mwh": 400.0, "export_price_eur_per_mwh": 10.0, "export_max_mw": 1.0},
            -240.0 + 2 * 2.0,
            -0.8,
        ),
        # 1 t are 2 MWh of import: 20 + 120
        ({"cap_t": 1.0, "cap_penalty_eur_per_t": 1000.0}, {}, -140.0, 1.0),
    ],
)
def test_what_is_emitted_costs(
    co2: dict[str, float] | None, fields: dict[str, Any], profit: float, tonnes: float
) -> None:
    instance = site(co2, **fields)
    tree = make_tree(instance, SERIES)
    assert optimum(instance, SERIES).profit == pytest.approx(profit)
    settlement = settled(instance, tree)
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit)
    run = solved(instance, tree)
    assert run.summary["co2"]["expected_t"] == pytest.approx(tonnes, abs=1e-9)
    assert run.status != "slack"


@pytest.mark.parametrize(
    ("price", "factor", "profit", "tonnes"),
    [
        # 10 + 500 kg at 120, 70, is more than 60
        (120.0, 0.0, -240.0, 0.0),
        # and less than 60 + 200 kg: 84
        (120.0, 200.0, -280.0, 2.0),
        # 10 + 100 and 60 + 40: 4 MWh of its own with 0.2 t each
        (200.0, 200.0, -400.0, 0.8),
        # the first hour of its own is clean: 60 + 60 there, 110 + 110
        (200.0, "own_kg_per_mwh", -120.0 - 220.0, 1.0),
    ],
)
def test_what_a_source_emits(price: float, factor: float | str, profit: float, tonnes: float) -> None:
    """2 MW for two hours, from the network or its own."""
    instance = site({"price_eur_per_t": price}, components={"own": OWN | {"emission_kg_per_mwh": factor}})
    series = SERIES | {"own_kg_per_mwh": [0.0, 300.0]}
    assert optimum(instance, series).profit == pytest.approx(profit)
    tree = make_tree(instance, series)
    settlement = settled(instance, tree)
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit)
    assert solved(instance, tree).summary["co2"]["expected_t"] == pytest.approx(tonnes, abs=1e-9)


def test_what_a_source_emits_when_it_is_called() -> None:
    """1 MW held at rest and called for an hour: 200 kg at 120 a tonne."""
    product = {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "sustain_h": 0.0,
        "capacity_price_eur_per_mw_h": 500.0,
        "activation_up_per_unit": 1.0,
        "energy_price_up_eur_per_mwh": 0.0,
        "shortfall_penalty_eur_per_mw_h": 1000.0,
        "missed_penalty_eur_per_mwh": 1000.0,
    }
    products = {
        "da": {"price_eur_per_mwh": 0.0, "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
        "fr_afrr_up": product,
    }
    own = OWN | {"available_mw": 10.0, "provides": ["fr_afrr_up"], "emission_kg_per_mwh": 200.0}
    instance = make_instance({"grid": grid(), "own": own}, products)
    instance = instance.model_copy(update={"co2": Co2(price_eur_per_t=120.0)})
    result = optimum(instance, {}, fixed={"own.power_mw": 0.0, "fr_afrr_up.volume_mw": 1.0})
    assert result.stream("co2") == pytest.approx(-24.0)
    settlement = settled(instance, make_tree(instance, {}))
    assert settlement.agrees
    assert settlement.totals["co2"].tolist() == pytest.approx([-24.0])


def test_a_cap_binds() -> None:
    instance = site({"cap_t": 1.0, "cap_penalty_eur_per_t": 1000.0})
    assert optimum(instance, SERIES, drop=["co2.emission_cap"]).profit == pytest.approx(-40.0)


def test_a_cap_holds_in_every_scenario_and_gives_way_at_its_penalty() -> None:
    """2 MW without own power emit 2 t, a tonne above the cap: 40 + 1000; 1 MW emits 1 t: 20."""
    instance = site({"cap_t": 1.0, "cap_penalty_eur_per_t": 1000.0})
    series = {**SERIES, "own_mw": 0.0, "load_mw": [[2.0, 2.0], [1.0, 1.0]]}
    tree = make_tree(instance, series, [0.5, 0.5])
    assert optimum(instance, series, [0.5, 0.5]).profit == pytest.approx(-(1040.0 + 20.0) / 2)
    assert settled(instance, tree).totals["slack.co2_cap"].tolist() == pytest.approx([-1000.0, 0.0])
    run = solved(instance, tree)
    assert run.status == "slack"
    (used,) = run.summary["slack"]
    assert (used["name"], used["unit"], used["meaning"]) == ("co2.cap_excess_t", "t", "CO2 above the cap of the site")
    assert (used["expected"], used["worst"]) == pytest.approx((0.5, 1.0))
    assert run.solution["emission_kg"].sel(emitter="grid").values.tolist() == pytest.approx(
        [pytest.approx([1000.0, 1000.0]), pytest.approx([500.0, 500.0])]
    )
    told = report_text(run)
    assert "CO2 over the horizon" in told
    assert run.summary["co2"] == {
        "expected_t": pytest.approx(1.5),
        "largest_t": pytest.approx(2.0),
        "cap_t": 1.0,
        "by_component_t": {"grid": pytest.approx(1.5)},
    }


def test_unserved_demand_saves_no_co2() -> None:
    """50,000 a tonne are 25,010 a MWh, which is paid before a demand is left unserved."""
    instance = site({"price_eur_per_t": 50000.0})
    run = solved(instance, make_tree(instance, {**SERIES, "own_mw": 0.0}))
    assert run.status != "slack"
    assert run.expected_profit == pytest.approx(-4 * 25010.0)


def test_a_credit_above_what_is_emitted_is_a_loop() -> None:
    instance = site({"price_eur_per_t": 100.0}, export_emission_kg_per_mwh=501.0, export_max_mw=1.0)
    issues = check_tree(instance, make_tree(instance, SERIES))
    assert [issue.key for issue in issues] == ["components.grid.import_emission_kg_per_mwh"]


@pytest.mark.parametrize(
    ("co2", "count"),
    [
        # bought at 10 with 100 kg, sold over another meter at 0 with a credit of 500 kg: 0.4 t are worth 10 at 25
        ({"price_eur_per_t": 20.0}, 0),
        ({"price_eur_per_t": 30.0}, 1),
        # above a cap another tonne is worth its penalty as well
        ({"price_eur_per_t": 20.0, "cap_t": 1.0, "cap_penalty_eur_per_t": 10.0}, 1),
    ],
)
def test_credits_over_two_meters(co2: dict[str, float], count: int) -> None:
    sale = {"type": "grid_connection", "node": "power", "import_max_mw": 0.0, "export_max_mw": 1.0}
    components = {
        "grid": grid(export_max_mw=0.0, import_price_eur_per_mwh=10.0, import_emission_kg_per_mwh=100.0),
        "sale": {**sale, "export_emission_kg_per_mwh": 500.0},
    }
    instance = make_instance(components).model_copy(update={"co2": Co2(**co2)})
    assert len(check_tree(instance, make_tree(instance))) == count
