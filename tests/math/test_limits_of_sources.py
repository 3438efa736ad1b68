"""Sources that are out of service and demands that can be shed at some times only: by hand, with and without."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.evaluation.stress.kinds import power_limits
from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.settlement.data import SettlementData
from mes_stoch.uncertainty.quality import check_tree
from mes_stoch.views.lattice import Lattice

SUN = {"type": "source", "node": "power", "available_mw": "sun_mw", "cost_eur_per_mwh": 2.0}
PROCESS = {"type": "sheddable_demand", "node": "power", "demand_mw": 4.0, "shed_max_per_unit": 0.5}
SERIES = {"sun_mw": [3.0, 2.0, 4.0], "share": [1.0, 0.0, 0.5]}
RESERVE = {
    "da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
    "fr_afrr_up": {
        "block_h": 1,
        "volume_max_mw": 5.0,
        "capacity_price_eur_per_mw_h": 200.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 300.0,
    },
}


def sold(**fields: Any) -> dict[str, Any]:
    return {"grid": grid(import_price_eur_per_mwh=80.0, export_price_eur_per_mwh=50.0), "sun": SUN | fields}


def process(**fields: Any) -> dict[str, Any]:
    own = PROCESS | {"shed_cost_eur_per_mwh": 10.0, **fields}
    return {"grid": grid(import_price_eur_per_mwh=80.0), "process": own}


def test_an_outage_of_a_source() -> None:
    """3, 0 and 2 MW at a margin of 48: 240; without an outage 9 MWh: 432; half of it always: 216."""
    for share, profit in (("share", 240.0), (1.0, 432.0), (0.5, 216.0)):
        instance = make_instance(sold(available_per_unit=share), periods=3)
        assert optimum(instance, SERIES).profit == pytest.approx(profit)
        assert settled(instance, make_tree(instance, SERIES)).agrees
        assert two_views(instance, make_tree(instance, SERIES)).compare(3, seed=1).agrees


def test_what_an_uncurtailable_source_lacks_is_bought() -> None:
    """A demand of 2 MW beside 3, 0 and 2 MW that must be taken: 1 sold, 2 bought, none: 50 - 160 - 2 x 5."""
    load = {"type": "demand", "node": "power", "demand_mw": 2.0}
    instance = make_instance(sold(available_per_unit="share", curtailable=False) | {"load": load}, periods=3)
    assert optimum(instance, SERIES).profit == pytest.approx(-120.0)


@pytest.mark.parametrize(("share", "profit"), [("share", -760.0), (1.0, -540.0), (0.5, -750.0)])
def test_a_demand_that_can_be_shed_at_times(share: Any, profit: float) -> None:
    """4 MW at 80: 960; every MWh shed saves 70, which are 2 + 0 + 1, 3 x 2 or 3 x 1 of them."""
    saved = {"share": 3.0, 1.0: 6.0, 0.5: 3.0}[share]
    instance = make_instance(process(available_per_unit=share), periods=3)
    assert optimum(instance, SERIES).profit == pytest.approx(-960.0 + 70.0 * saved)
    assert settled(instance, make_tree(instance, SERIES)).agrees
    assert two_views(instance, make_tree(instance, SERIES)).compare(3, seed=1).agrees


def test_what_cannot_be_shed_may_go_unserved() -> None:
    """Nothing can be bought: of 4 MW 2, 0 and 1 are shed for 10 each, 2 + 4 + 3 go unserved for 1000 each."""
    components = process(available_per_unit="share") | {"grid": grid(import_max_mw=0.0)}
    nodes = {"power": {"unserved_penalty_eur_per_mwh": 1000.0}}
    instance = make_instance(components, periods=3, nodes=nodes)
    assert optimum(instance, SERIES).profit == pytest.approx(-9030.0)
    assert two_views(instance, make_tree(instance, SERIES)).compare(3, seed=1).agrees


@pytest.mark.parametrize(("share", "held"), [(1.0, [3.0, 2.0, 4.0]), ("share", [3.0, 0.0, 2.0])])
def test_reserve_of_a_source_stays_within_what_is_available(share: Any, held: list[float]) -> None:
    """A MW of reserve earns 200, one of energy 98 (50 and the tariff, less 2): all of what is available is held."""
    instance = make_instance(sold(available_per_unit=share, provides=["fr_afrr_up"]), RESERVE, periods=3)
    best = optimum(instance, SERIES)
    assert best.variable("sun.fr_afrr_up_held_mw") == pytest.approx(held)
    assert best.profit == pytest.approx(200.0 * sum(held))


@pytest.mark.parametrize(("share", "held"), [(1.0, 6.0), ("share", 3.0)])
def test_reserve_of_a_demand_stays_within_what_can_be_shed(share: Any, held: float) -> None:
    """A MW held earns 200, a MWh shed saves the day-ahead price of 50 and the tariff of 80 for 200."""
    components = process(available_per_unit=share, provides=["fr_afrr_up"], shed_cost_eur_per_mwh=200.0)
    best = optimum(make_instance(components, RESERVE, periods=3), SERIES)
    assert best.variable("process.fr_afrr_up_held_mw").sum() == pytest.approx(held)
    assert best.profit == pytest.approx(200.0 * held - 130.0 * 12.0)


def test_the_stress_test_and_the_lattice_know_the_share() -> None:
    both = sold(available_per_unit="share", provides=["fr_afrr_up"]) | process(
        available_per_unit="share", provides=["fr_afrr_up"]
    )
    instance = make_instance(both, RESERVE, periods=3)
    tree = make_tree(instance, SERIES)
    dims = ("scenario", "time")
    solution = xr.Dataset(
        {"profit_eur": ("scenario", [0.0])}
        | {name: (dims, np.zeros((1, 3))) for name in ("sun.power_mw", "process.shed_mw")},
        coords={"scenario": ["s0"], "probability": ("scenario", [1.0])},
    )
    data = SettlementData(with_penalties(instance, {}), tree, solution, xr.Dataset())
    limits = {
        name: [most.tolist() for _, _, most in power_limits(data, name, instance.components[name], 1)]
        for name in ("sun", "process")
    }
    assert limits == {"sun": [[[3.0, 0.0, 2.0]]], "process": [[[2.0, 0.0, 1.0]]]}
    one = make_instance(sold(available_per_unit=0.25), periods=3)
    assert [str(arc.power_max_mw) for arc in one.components["sun"].arcs()] == ["0.25 x sun_mw"]
    assert len(Lattice.of(one).arcs) == 3


def test_fcas_is_scaled_to_what_is_in_service() -> None:
    """Raise of a plant of 8 MW, half of it out: enablement maximum 4 MW; 2 MW of raise leave 2 MW of energy."""
    sun = {"type": "source", "node": "power", "available_mw": "sun_mw", "provides": ["au_raise6sec"]}
    trapezium = {
        "max_available_mw": 2.0, "en_min_mw": 0.0, "low_breakpoint_mw": 0.0, "high_breakpoint_mw": 6.0, "en_max_mw": 8.0
    }  # fmt: skip
    products = {
        "au_energy": {"price_eur_per_mwh": 10.0, "settlement_period_h": 1.0},
        "au_raise6sec": {
            "volume_max_mw": 10.0,
            "block_h": None,
            "enablement_price_eur_per_mw_h": 20.0,
            "units": {"sun": trapezium},
        },
    }
    for share, profit in (("share", 2 * 20.0 + 2 * 10.0), (1.0, 2 * 20.0 + 6 * 10.0)):
        instance = make_instance({"grid": grid(), "sun": sun | {"available_per_unit": share}}, products)
        assert optimum(instance, {"sun_mw": 8.0, "share": 0.5}).profit == pytest.approx(profit)


@pytest.mark.parametrize("components", [sold(available_per_unit="share"), process(available_per_unit="share")])
def test_a_share_outside_0_and_1_is_told(components: dict[str, Any]) -> None:
    instance = make_instance(components, periods=3)
    issues = check_tree(instance, make_tree(instance, SERIES | {"share": [0.0, 1.1, -0.1]}))
    own = "sun" if "sun" in components else "process"
    assert {issue.key for issue in issues} == {f"components.{own}.available_per_unit"}
