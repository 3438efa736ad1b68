"""Solar collectors by hand.

1000 m2, eta0 = 0.8, a1 = 3.5 W/(m2 K), a2 = 0.02 W/(m2 K2), fluid at 60 degC. At 800 W/m2 and 20 degC, 40 K above the
air: 640 - 140 - 32 = 468 W/m2, 0.468 MW. At 200 W/m2: 160 - 172 is less than nothing. The boiler's heat costs 50.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import mains, make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

FIELD: dict[str, Any] = {
    "type": "solar_thermal",
    "node": "warmth",
    "area_m2": 1000.0,
    "irradiance_w_per_m2": "sun_w_per_m2",
    "collector_temperature_degc": 60.0,
    "ambient_temperature_degc": "air_degc",
    "optical_efficiency_per_unit": 0.8,
    "loss_w_per_m2_k": 3.5,
    "quadratic_loss_w_per_m2_k2": 0.02,
}
BOILER: dict[str, Any] = {
    "type": "converter",
    "reference": "warmth",
    "power_max_mw": 5.0,
    "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
    "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
}


def site(demand: float, periods: int = 1, **fields: Any) -> Instance:
    components = {"sun": {**FIELD, **fields}, "mains": mains(50.0), "boiler": BOILER}
    components["heating"] = {"type": "demand", "node": "warmth", "demand_mw": demand}
    return make_instance(components, periods=periods)


def test_heat_of_the_sun() -> None:
    """1 MW is wanted: the boiler makes 0.532 MW in the first hour, and all in the second."""
    instance, series = site(1.0, 2), {"sun_w_per_m2": [800.0, 200.0], "air_degc": 20.0}
    assert optimum(instance, series).profit == pytest.approx(-50.0 * 0.532 - 50.0)
    assert optimum(instance, series, drop=("sun.available",)).profit == pytest.approx(0.0)
    assert two_views(instance, make_tree(instance, series)).compare(5, 1).agrees


def test_heat_that_nobody_wants_is_left() -> None:
    """0.3 MW at 2 a MWh for the pumps."""
    instance, series = site(0.3, cost_eur_per_mwh=2.0), {"sun_w_per_m2": 800.0, "air_degc": 20.0}
    assert optimum(instance, series).profit == pytest.approx(-0.6)
    assert settled(instance, make_tree(instance, series)).expected_profit == pytest.approx(-0.6)


def test_every_scenario_has_its_weather() -> None:
    """0.468 MW at 20 degC; at 0 degC 640 - 210 - 72 = 358 W/m2."""
    series = {"sun_w_per_m2": 800.0, "air_degc": [[20.0], [0.0]]}
    profit = optimum(site(1.0), series, [0.5, 0.5]).profit
    assert profit == pytest.approx(-50.0 * (0.5 * 0.532 + 0.5 * 0.642))


def test_numbers_in_place_of_series() -> None:
    instance = site(1.0, irradiance_w_per_m2=800.0, ambient_temperature_degc=20.0)
    assert optimum(instance).profit == pytest.approx(-50.0 * 0.532)


@pytest.mark.parametrize(
    ("sun", "air", "key"),
    [
        (-1.0, 20.0, "irradiance_w_per_m2"),
        (3000.0, 20.0, "irradiance_w_per_m2"),
        (800.0, 800.0, "ambient_temperature_degc"),
        (float("nan"), 20.0, "irradiance_w_per_m2"),
    ],
)
def test_weather_that_cannot_be(sun: float, air: float, key: str) -> None:
    instance = site(1.0)
    issues = check_tree(instance, make_tree(instance, {"sun_w_per_m2": sun, "air_degc": air}))
    assert {issue.key for issue in issues} == {f"components.sun.{key}"}
