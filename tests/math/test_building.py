"""A building within a comfort band: by hand, with and without each rule.

It loses half of what it is above ambient in an hour (``UA h / C = ln 2``), so that a MW of ``ln 2 q`` warms it towards
``q`` degrees above ambient: ``T = T' / 2 + (T_ambient + q) / 2``. Heat costs ``p`` a MWh: ``p ln 2`` for ``q = 1``.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.io.validation.price_limits import series_ranges

LN2 = math.log(2.0)
HEATED = {"heating_node": "warmth", "heat_missing_penalty_eur_per_mwh": 1000.0}
COOLED = {"cooling_node": "cold", "cold_missing_penalty_eur_per_mwh": 1000.0}


def site(periods: int, period_h: float = 1.0, **fields: Any) -> Any:
    house = {
        "type": "building",
        "heat_capacity_mwh_per_k": 1.0,
        "heat_loss_mw_per_k": LN2,
        "ambient_temperature_degc": 0.0,
        "temperature_min_degc": 20.0,
        "temperature_max_degc": 24.0,
        "initial_temperature_degc": 20.0,
        "discomfort_penalty_eur_per_kh": 1000.0,
        **fields,
    }
    components = {"house": house}
    for name, key, node in (("district", "heating_node", "warmth"), ("chilled", "cooling_node", "cold")):
        if key in fields:
            components[name] = {
                "type": "grid_connection",
                "node": node,
                "import_max_mw": 1000.0,
                "import_price_eur_per_mwh": "p_eur_per_mwh",
            }
    return make_instance(components, periods=periods, period_h=period_h)


def cost(instance: Any, prices: list[float], **options: Any) -> float:
    series = {"p_eur_per_mwh": prices}
    if not options:
        tree = make_tree(instance, series)
        assert settled(instance, tree).agrees
        comparison = two_views(instance, tree).compare(3, seed=1)
        assert comparison.is_feasible
        assert comparison.agrees, comparison
    return -optimum(instance, series, **options).profit


def test_heat_is_stored_where_it_is_cheap() -> None:
    """To stay at 20 takes q = 20 in both hours, 800 at 10 and 30.

    A degree more after the first hour takes q = 2 more in it and 1 less in the second one: saves 10, four times up to
    24 degrees, 20 times where there is no upper end of the band.
    """
    instance = site(2, **HEATED)
    assert cost(instance, [10.0, 30.0]) == pytest.approx(760.0 * LN2)
    assert cost(instance, [10.0, 30.0], drop=["house.comfort_high"]) == pytest.approx(600.0 * LN2)
    # a degree a period later costs as much as it saves
    assert cost(instance, [10.0, 19.0]) == pytest.approx((200.0 + 380.0) * LN2)
    # nothing keeps it warm between the ends: 10 degrees after the first hour, q = 30 in the second
    assert cost(instance, [10.0, 4.0], drop=["house.comfort_low"]) == pytest.approx(30.0 * 4.0 * LN2)


def test_the_temperature_it_ends_at() -> None:
    """One hour at 10: q = 20; where it may end at 15, half as much keeps a band from 15; without the row nothing."""
    assert cost(site(1, **HEATED), [10.0]) == pytest.approx(200.0 * LN2)
    low = {"temperature_min_degc": 0.0}
    assert cost(site(1, **HEATED, **low), [10.0]) == pytest.approx(200.0 * LN2)
    assert cost(site(1, **HEATED, **low, terminal_temperature_degc=15.0), [10.0]) == pytest.approx(100.0 * LN2)
    assert cost(site(1, **HEATED, **low), [10.0], drop=["house.terminal_low"]) == pytest.approx(0.0, abs=1e-9)


def test_discomfort_has_its_price() -> None:
    """Unheated it is 10 degrees after an hour. A degree takes q = 2, 20 ln 2 = 13.86 at 10: 5 is less, 15 more."""
    fields = HEATED | {"terminal_temperature_degc": 10.0}
    assert cost(site(1, **fields, discomfort_penalty_eur_per_kh=5.0), [10.0]) == pytest.approx(50.0)
    assert cost(site(1, **fields, discomfort_penalty_eur_per_kh=15.0), [10.0]) == pytest.approx(200.0 * LN2)
    # half an hour outside costs half as much; unheated 20 / sqrt 2 degrees are left
    half = site(1, 0.5, **fields, discomfort_penalty_eur_per_kh=5.0)
    assert cost(half, [10.0]) == pytest.approx(2.5 * (20.0 - 20.0 / math.sqrt(2.0)))


def test_a_device_that_is_too_small() -> None:
    """q = 10 at most: 15 degrees, 5 too cold at 5 each, and 5 MWh missing at the end at 1000."""
    instance = site(1, **HEATED, heating_max_mw=10.0 * LN2, discomfort_penalty_eur_per_kh=5.0)
    assert cost(instance, [10.0]) == pytest.approx(100.0 * LN2 + 25.0 + 5000.0)


def test_half_hours_are_exact() -> None:
    """With q = 20 at most, two half hours at full power are the hour: 200 at 10."""
    instance = site(2, 0.5, **HEATED, heating_max_mw=20.0 * LN2, temperature_min_degc=0.0)
    assert cost(instance, [10.0, 10.0]) == pytest.approx(200.0 * LN2)
    # heat late is lost less: without the limit all of it comes in the second half hour, which must bring
    # 20 - 20 / 2 = 10 degrees, of which half an hour at q brings (1 - 1 / sqrt 2) q
    free = site(2, 0.5, **HEATED, temperature_min_degc=0.0)
    q = 10.0 / (1.0 - 1.0 / math.sqrt(2.0))
    assert cost(free, [10.0, 10.0]) == pytest.approx(0.5 * q * 10.0 * LN2)


def test_gains_and_ambient_temperature() -> None:
    """q = 20, of which 12 degrees are outside and 3 come from people: 5 at 10."""
    instance = site(1, **HEATED, ambient_temperature_degc=12.0, gains_mw=3.0 * LN2)
    assert cost(instance, [10.0]) == pytest.approx(50.0 * LN2)
    # too hot without any cooling: 20 + (30 - 20) / 2 = 25, a degree at 1000; nothing to be done about it
    assert cost(site(1, **HEATED, ambient_temperature_degc=30.0), [10.0]) == pytest.approx(1000.0)


def test_cooling_ahead() -> None:
    """30 degrees outside, a band of 20 to 24, from 24 to 24: q = 6 in both hours, 60 and 180 ln 2 at 10 and 30.

    A degree less after the first hour takes q = 2 and saves 1: 10 saved, four times until 20 degrees.
    """
    summer = COOLED | {"ambient_temperature_degc": 30.0, "initial_temperature_degc": 24.0}
    instance = site(2, **summer)
    assert cost(instance, [10.0, 30.0]) == pytest.approx(200.0 * LN2)
    # 6 of the 20 degrees that the second hour takes are spared at most
    assert cost(instance, [10.0, 30.0], drop=["house.comfort_low"]) == pytest.approx(180.0 * LN2)
    # with neither band nor end it is not cooled
    free = cost(instance, [10.0, 30.0], drop=["house.comfort_high", "house.terminal_high"])
    assert free == pytest.approx(0.0, abs=1e-9)
    wide = site(1, **summer | {"temperature_max_degc": 30.0})
    assert cost(wide, [10.0]) == pytest.approx(60.0 * LN2)
    assert cost(wide, [10.0], drop=["house.terminal_high"]) == pytest.approx(0.0, abs=1e-9)


def test_heated_and_cooled() -> None:
    """It ends where it began: 20 degrees outside and 22 inside take q = 2 of heat, 24 outside as much cooling."""
    both = HEATED | COOLED | {"initial_temperature_degc": 22.0}
    assert cost(site(1, **both, ambient_temperature_degc=20.0), [10.0]) == pytest.approx(20.0 * LN2)
    assert cost(site(1, **both, ambient_temperature_degc=24.0), [10.0]) == pytest.approx(20.0 * LN2)


def test_without_losses() -> None:
    """2 MWh/K, 20 to 22 degrees: 4 MWh at the cheaper of two hours, 10."""
    fields = HEATED | {"heat_loss_mw_per_k": 0.0, "heat_capacity_mwh_per_k": 2.0, "terminal_temperature_degc": 22.0}
    assert cost(site(2, **fields), [10.0, 30.0]) == pytest.approx(40.0)


def test_a_band_that_changes() -> None:
    """A night at 10, a morning at 20 degrees: the night is unheated, 10 after it, and the morning takes q = 30."""
    fields = HEATED | {"temperature_min_degc": "min_degc"}
    instance = site(2, **fields)
    series = {"p_eur_per_mwh": [10.0, 10.0], "min_degc": [10.0, 20.0]}
    assert settled(instance, make_tree(instance, series)).agrees
    assert -optimum(instance, series).profit == pytest.approx(300.0 * LN2)


def test_a_building_that_loses_much_is_left_warm_all_the_same() -> None:
    """Three quarters of what it is above ambient are lost in an hour: 2 ln 2 / 0.75 MWh at 60 for 1 MWh at its end.

    That is 110.9, more than 1.2 x 1.5 x 60 = 108: the penalty counts what is lost on the way as well. 20 degC take
    20 x 2 ln 2 MWh.
    """
    comfort = {"temperature_min_degc": 0.0, "heat_missing_penalty_eur_per_mwh": "auto"}
    instance = site(1, **HEATED | comfort, heat_loss_mw_per_k=2.0 * LN2)
    ranges = series_ranges(instance, make_tree(instance, {"p_eur_per_mwh": [60.0]}))
    priced = with_penalties(instance, ranges)
    house: Any = priced.components["house"]
    assert house.heat_missing_penalty_eur_per_mwh == pytest.approx(108.0 * 2.0 * LN2 / 0.75)
    assert cost(priced, [60.0]) == pytest.approx(60.0 * 20.0 * 2.0 * LN2)
    # at 108 it would be left to cool: 5 degC, 15 MWh missing
    cheap = site(1, **HEATED | comfort | {"heat_missing_penalty_eur_per_mwh": 108.0}, heat_loss_mw_per_k=2.0 * LN2)
    assert cost(cheap, [60.0]) == pytest.approx(15.0 * 108.0)
