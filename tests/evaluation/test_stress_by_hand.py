"""The stress test on plans written by hand: what it must find, to the MWh, and what it must let pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from helpers.plan_by_hand import books_by_hand
from helpers.site_builder import grid, make_instance

from mes_stoch.evaluation.stress.outcome import StressTest, stress
from mes_stoch.schema.instance import Instance

DAY_AHEAD = {"da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1}}


def battery(**fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 2.0,
        "discharge_max_mw": 2.0,
        "initial_mwh": 1.0,
        "provides": ["fr_afrr_up"],
        **fields,
    }


def reserve(**fields: Any) -> dict[str, Any]:
    return {"volume_max_mw": 5.0, "capacity_price_eur_per_mw_h": 10.0, "block_h": None, **fields}


def site(
    components: Mapping[str, Any], products: Mapping[str, Any], periods: int = 1, period_h: float = 1.0
) -> Instance:
    return make_instance({"grid": grid(), **components}, {**DAY_AHEAD, **products}, periods=periods, period_h=period_h)


def idle(name: str, level: Any, **decided: Any) -> dict[str, Any]:
    """A store that does nothing but what is said."""
    own = {"charge_mw": 0.0, "discharge_mw": 0.0, "level_mwh": level, **decided}
    return {f"{name}.{quantity}": values for quantity, values in own.items()}


def found(test: StressTest, leaf: int = 0) -> list[tuple[str, str, float]]:
    """Place, limit and missing amount of every miss, those of products alone and together once."""
    rows = {(r.place, r.limit, round(float(r.missing[leaf]), 9)) for r in test.misses(leaf)}
    return sorted(rows)


def start_of(test: StressTest, leaf: int = 0) -> float:
    """Hours into the horizon at which the worst call begins."""
    return float(test.misses(leaf)[0].start_h[leaf])


# -- the same energy sold twice ---------------------------------------------------------------------------------------


def test_energy_sold_and_held_at_the_end_of_the_horizon() -> None:
    """1 MWh in store is discharged in the only hour, in which 1 MW is held for an hour: 1 MWh is missing."""
    instance = site({"battery": battery()}, {"fr_afrr_up": reserve()})
    plan = idle("battery", 0.0, discharge_mw=1.0) | {"grid.scheduled_mw": 1.0, "battery.fr_afrr_up_held_mw": 1.0}
    assert found(stress(books_by_hand(instance, plan))) == [("battery", "lowest level", 1.0)]
    # half of it sold: the other half can be given
    plan = idle("battery", 0.5, discharge_mw=0.5) | {"grid.scheduled_mw": 0.5, "battery.fr_afrr_up_held_mw": 0.5}
    assert stress(books_by_hand(instance, plan)).passed


def test_energy_sold_in_the_last_hour_of_a_block() -> None:
    """Held for four hours, sold in the last: a call in the last hour finds nothing, one that ends before it does."""
    instance = site({"battery": battery()}, {"fr_afrr_up": reserve(block_h=4)}, periods=4)
    plan = idle("battery", [1, 1, 1, 0], discharge_mw=[0, 0, 0, 1]) | {
        "grid.scheduled_mw": [0, 0, 0, 1],
        "battery.fr_afrr_up_held_mw": 1.0,
    }
    test = stress(books_by_hand(instance, plan))
    assert found(test) == [("battery", "lowest level", 1.0)]
    assert start_of(test) == 3.0
    plan["battery.fr_afrr_up_held_mw"] = [1, 1, 1, 0]
    assert stress(books_by_hand(instance, plan)).passed


def test_room_sold_twice_downward() -> None:
    """Room for 1 MWh is filled by the schedule while 1 MW downward is held for an hour."""
    instance = site({"battery": battery(provides=["fr_afrr_down"])}, {"fr_afrr_down": reserve()})
    plan = idle("battery", 2.0, charge_mw=1.0) | {"grid.scheduled_mw": -1.0, "battery.fr_afrr_down_held_mw": 1.0}
    assert found(stress(books_by_hand(instance, plan))) == [("battery", "highest level", 1.0)]


def heat_site(**store: Any) -> Instance:
    """A heat pump of 1 MW and COP 3 with a heat store of 3 MWh serves a demand of 6 MW."""
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
        "provides": ["fr_afrr_up"],
    }
    heat = {"node": "warmth", "energy_max_mwh": 10.0, "charge_max_mw": 10.0, "discharge_max_mw": 10.0}
    return site(
        {
            "pump": pump,
            "store": battery(**heat, initial_mwh=3.0, provides=[]) | store,
            "heating": {"type": "demand", "node": "warmth", "demand_mw": 6.0},
        },
        {"fr_afrr_up": reserve()},
    )


def test_heat_behind_a_reserve_sold_twice() -> None:
    """All heat in store serves the demand; a heat pump that stops would owe 3 MWh more."""
    plan = idle("store", 0.0, discharge_mw=3.0) | {
        "pump.power_mw": 1.0,
        "pump.fr_afrr_up_held_mw": 1.0,
        "grid.scheduled_mw": -1.0,
    }
    assert found(stress(books_by_hand(heat_site(), plan))) == [("store", "lowest level", 3.0)]
    # 3 MWh more in store, and 1 MW of discharge to spare: 3 MW are asked of it
    tight = heat_site(initial_mwh=6.0, discharge_max_mw=4.0)
    plan["store.level_mwh"] = 3.0
    assert found(stress(books_by_hand(tight, plan))) == [("store", "discharging power to take over", 2.0)]
    assert stress(books_by_hand(heat_site(initial_mwh=6.0), plan)).passed


# -- physics of a store -----------------------------------------------------------------------------------------------


def test_an_empty_store_may_stop_charging() -> None:
    instance = site(
        {"battery": battery(initial_mwh=0.0, charge_max_mw=1.0, discharge_max_mw=1.0)},
        {"fr_afrr_up": reserve(block_h=1)},
        periods=2,
    )
    plan = idle("battery", [1, 2], charge_mw=1.0) | {"grid.scheduled_mw": -1.0, "battery.fr_afrr_up_held_mw": 1.0}
    assert stress(books_by_hand(instance, plan)).passed
    # 1.5 MW would draw half a MWh that is not there
    plan["battery.fr_afrr_up_held_mw"] = 1.5
    assert found(stress(books_by_hand(instance, plan))) == [("battery", "lowest level", 0.5)]


def test_losses_on_the_way_out() -> None:
    """1 MWh at the port takes 1.25 MWh from the store; 1 is there."""
    instance = site({"battery": battery(discharge_efficiency_per_unit=0.8)}, {"fr_afrr_up": reserve()})
    plan = idle("battery", 1.0) | {"grid.scheduled_mw": 0.0, "battery.fr_afrr_up_held_mw": 1.0}
    assert found(stress(books_by_hand(instance, plan))) == [("battery", "lowest level", 0.25)]


def test_standing_loss_over_a_call() -> None:
    """2 MW h from 2 MWh over two hours, a tenth lost each hour: 2 -> 0.8 -> -0.28."""
    instance = site(
        {"battery": battery(initial_mwh=2.0, standing_loss_per_h=0.1)},
        {"fr_afrr_up": reserve(sustain_h=2.0)},
        periods=2,
    )
    plan = idle("battery", [1.8, 1.62]) | {"grid.scheduled_mw": 0.0, "battery.fr_afrr_up_held_mw": 1.0}
    assert found(stress(books_by_hand(instance, plan))) == [("battery", "lowest level", 0.28)]


def test_a_full_store_may_lose_a_little_on_the_way_round() -> None:
    """Called down by 0.1 MWh with no room at all.

    Charging c and discharging d with c - d = 0.1 and 0.5 c = d / 0.5 takes c = 2/15, d = 1/30 MW: a twelfth of the hour
    with 2 MW both ways. With limits of 0.1 MW no time is left to lose anything, and half of 0.1 MWh has no room.
    """
    lossy = {"charge_efficiency_per_unit": 0.5, "discharge_efficiency_per_unit": 0.5, "initial_mwh": 2.0}
    plan = idle("battery", 2.0) | {"grid.scheduled_mw": 0.0, "battery.fr_afrr_down_held_mw": 0.1}
    wide = site({"battery": battery(**lossy, provides=["fr_afrr_down"])}, {"fr_afrr_down": reserve()})
    assert stress(books_by_hand(wide, plan)).passed
    narrow = battery(**lossy, provides=["fr_afrr_down"], charge_max_mw=0.1, discharge_max_mw=0.1)
    instance = site({"battery": narrow}, {"fr_afrr_down": reserve()})
    assert found(stress(books_by_hand(instance, plan))) == [("battery", "highest level", 0.05)]


# -- when calls begin and end -----------------------------------------------------------------------------------------


def test_a_call_shorter_than_a_period_at_the_end_of_it() -> None:
    """A quarter of an hour of 1 MW, from a store that the hour empties: the last quarter finds nothing."""
    instance = site({"battery": battery()}, {"fr_afrr_up": reserve(sustain_h=0.25)})
    plan = idle("battery", 0.0, discharge_mw=1.0) | {"grid.scheduled_mw": 1.0, "battery.fr_afrr_up_held_mw": 1.0}
    test = stress(books_by_hand(instance, plan))
    assert found(test) == [("battery", "lowest level", 0.25)]
    assert start_of(test) == 0.75


def test_a_sustain_time_that_is_no_multiple_of_the_period() -> None:
    """1.5 h of 1 MW; 3 MWh until the third hour takes 2 of them. The worst call runs from 1:30 to 3:00."""
    instance = site(
        {"battery": battery(energy_max_mwh=3.0, initial_mwh=3.0, discharge_max_mw=3.0)},
        {"fr_afrr_up": reserve(sustain_h=1.5)},
        periods=3,
    )
    plan = idle("battery", [3, 3, 1], discharge_mw=[0, 0, 2]) | {
        "grid.scheduled_mw": [0, 0, 2],
        "battery.fr_afrr_up_held_mw": 1.0,
    }
    test = stress(books_by_hand(instance, plan))
    assert found(test) == [("battery", "lowest level", 0.5)]
    assert start_of(test) == 1.5


def test_inside_a_period_as_well_as_at_its_end() -> None:
    """The store is filled again in the second hour: at 2:00 all is well, at 1:30, after 1.5 h of the call, it is not.

    1 MWh, refilled at 1 MW from 1:00 on, called at 1 MW from 0:00 to 1:30: at 1:00 nothing is left, and from then on
    what comes in goes out. Called at 1.2 MW 0.2 MWh are missing at 1:00 and 0.3 at 1:30.
    """
    instance = site({"battery": battery()}, {"fr_afrr_up": reserve(sustain_h=1.5)}, periods=2)
    plan = idle("battery", [1, 2], charge_mw=[0, 1]) | {"grid.scheduled_mw": [0, -1]}
    plan["battery.fr_afrr_up_held_mw"] = 1.0
    assert stress(books_by_hand(instance, plan)).passed
    plan["battery.fr_afrr_up_held_mw"] = 1.2
    test = stress(books_by_hand(instance, plan))
    assert found(test) == [("battery", "lowest level", 0.3)]
    assert (start_of(test), float(test.misses(0)[0].at_h[0])) == (0.0, 1.5)


def test_a_call_ends_with_its_block() -> None:
    """Held for two hours at a time in blocks of one: what the second hour sells is none of the first block's."""
    instance = site({"battery": battery()}, {"fr_afrr_up": reserve(block_h=1, sustain_h=2.0)}, periods=2)
    plan = idle("battery", [1, 0], discharge_mw=[0, 1]) | {
        "grid.scheduled_mw": [0, 1],
        "battery.fr_afrr_up_held_mw": [1, 0],
    }
    assert stress(books_by_hand(instance, plan)).passed
    contract = site({"battery": battery()}, {"fr_afrr_up": reserve(block_h=None, sustain_h=2.0)}, periods=2)
    # as one block a call from 0:00 on follows what is held: nothing from 1:00 on, but by then the store is empty
    assert found(stress(books_by_hand(contract, plan))) == [("battery", "lowest level", 1.0)]


def test_calls_of_several_products_end_together() -> None:
    """One MWh each held for different times: either alone can be given, both together cannot.

    The first product is held in the second hour, for an hour; the second for two hours at half a MW. Where the first is
    held in the first hour instead, its call has ended an hour before that of the second, and counts as bought back.
    """
    instance = site(
        {"battery": battery(provides=["fr_afrr_up", "fr_mfrr_up"], initial_mwh=1.5)},
        {
            "fr_afrr_up": reserve(block_h=1, sustain_h=1.0),
            "fr_mfrr_up": reserve(block_h=2, sustain_h=2.0, activation_up_per_unit=0.0),
        },
        periods=2,
    )
    plan = idle("battery", 1.5) | {
        "grid.scheduled_mw": 0.0,
        "battery.fr_afrr_up_held_mw": [0.0, 1.0],
        "battery.fr_mfrr_up_held_mw": 0.5,
        "battery.fr_mfrr_up_called_mw": 0.0,
    }
    test = stress(books_by_hand(instance, plan))
    assert found(test) == [("battery", "lowest level", 0.5)]
    assert {r.calls.name for r in test.misses(0)} == {"all, up"}
    plan["battery.fr_afrr_up_held_mw"] = [1.0, 0.0]
    assert stress(books_by_hand(instance, plan)).passed


# -- on top of what the leaf has called -------------------------------------------------------------------------------


def called(share: Any, **rules: Any) -> Instance:
    return site(
        {"battery": battery(provides=["fr_mfrr_up"], initial_mwh=2.0)},
        {"fr_mfrr_up": reserve(sustain_h=1.0, call_maximum_h=None, activation_up_per_unit="call", **rules)},
        periods=3,
    )


def test_what_earlier_calls_have_taken_is_gone() -> None:
    """2 MWh, one called in the first hour: a further call finds one, and one after that nothing is asked to give."""
    plan = idle("battery", [1, 1, 1]) | {
        "grid.scheduled_mw": 0.0,
        "battery.fr_mfrr_up_held_mw": 1.5,
        "battery.fr_mfrr_up_called_mw": [1.0, 0, 0],
    }
    series = {"call": [1.0, 0.0, 0.0]}
    rules: dict[str, Any] = {"calls_max_per_day": None, "call_hours_max_per_day": None}
    instance = called("call", **rules)
    assert found(stress(books_by_hand(instance, plan, series=series))) == [("battery", "lowest level", 0.5)]
    # one call a day: it was the one of the first hour, which may have been of 1.5 MW and finds 2 MWh
    rules["calls_max_per_day"] = 1
    assert stress(books_by_hand(called("call", **rules), plan, series=series)).passed


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        # sustain 2 h, 1 MW, 1 MWh in store: one MWh is missing wherever a call of two hours may begin
        ({"calls_max_per_day": 2}, 1.0),
        ({"calls_max_per_day": 1}, 0.0),
        ({"calls_max": 1}, 0.0),
        # rest of two hours after the call of the first: at 3:00 one hour of the horizon is left
        ({"rest_minimum_h": 2.0}, 0.0),
        ({"rest_minimum_h": 1.0}, 1.0),
        # three hours a day, one used: two are left
        ({"call_hours_max_per_day": 3.0}, 1.0),
        ({"call_hours_max_per_day": 2.0}, 0.0),
        ({"call_hours_max_per_day": 2.5}, 0.5),
        ({"call_maximum_h": 1.5}, 0.5),
    ],
    ids=lambda value: str(value),
)
def test_limits_of_calls(rules: dict[str, Any], missing: float) -> None:
    """One call of an hour has been; what else may be called follows from the product's limits."""
    free: dict[str, Any] = {"calls_max_per_day": None, "call_hours_max_per_day": None, "call_maximum_h": None}
    instance = site(
        {"battery": battery(provides=["fr_mfrr_up"], initial_mwh=2.0)},
        {"fr_mfrr_up": reserve(sustain_h=2.0, activation_up_per_unit="call", **(free | rules))},
        periods=4,
    )
    plan = idle("battery", [1, 1, 1, 1]) | {
        "grid.scheduled_mw": 0.0,
        "battery.fr_mfrr_up_held_mw": 1.0,
        "battery.fr_mfrr_up_called_mw": [1.0, 0, 0, 0],
    }
    test = stress(books_by_hand(instance, plan, series={"call": [1.0, 0, 0, 0]}))
    assert found(test) == ([("battery", "lowest level", missing)] if missing else [])


@pytest.mark.parametrize(("share", "missing"), [(0.5, 0.5), (1.0, 0.0)])
def test_a_call_in_part_is_raised_to_a_full_one(share: float, missing: float) -> None:
    """Half a MW called for three hours from 1.5 MWh: in the third a full call of an hour finds 0.5 MWh.

    A MW called in full from 3 MWh has had its hour before, and nothing more is asked.
    """
    plan = idle("battery", [2 * share, share, 0.0]) | {
        "grid.scheduled_mw": 0.0,
        "battery.fr_mfrr_up_held_mw": 1.0,
        "battery.fr_mfrr_up_called_mw": share,
    }
    free: dict[str, Any] = {"calls_max_per_day": None, "call_hours_max_per_day": None, "call_maximum_h": None}
    instance = site(
        {"battery": battery(provides=["fr_mfrr_up"], energy_max_mwh=3.0, initial_mwh=3.0 * share)},
        {"fr_mfrr_up": reserve(sustain_h=1.0, activation_up_per_unit="call", **free)},
        periods=3,
    )
    test = stress(books_by_hand(instance, plan, series={"call": share}))
    assert found(test) == ([("battery", "lowest level", missing)] if missing else [])


@pytest.mark.parametrize(("share", "missing"), [(1.0, 0.0), (0.4, 0.5)])
def test_a_call_of_the_leaf_uses_up_its_time_within_a_period(share: float, missing: float) -> None:
    """A call that began with the hour has had its half hour by a quarter to; nothing is in store in the second hour.

    Beside aFRR of a quarter of an hour, calls that end at 1:15 would have begun at 0:45. In part, the same call may be
    raised to a full one of half an hour at 1:00.
    """
    rules: dict[str, Any] = {"rest_minimum_h": 2.0, "calls_max_per_day": None, "call_hours_max_per_day": None}
    instance = site(
        {"battery": battery(provides=["fr_afrr_up", "fr_mfrr_up"], initial_mwh=share)},
        {
            "fr_afrr_up": reserve(sustain_h=0.25),
            "fr_mfrr_up": reserve(sustain_h=0.5, call_maximum_h=None, activation_up_per_unit="call", **rules),
        },
        periods=2,
    )
    plan = idle("battery", [0.0, 0.0]) | {
        "grid.scheduled_mw": 0.0,
        "battery.fr_afrr_up_held_mw": 0.0,
        "battery.fr_mfrr_up_held_mw": 1.0,
        "battery.fr_mfrr_up_called_mw": [share, 0.0],
    }
    test = stress(books_by_hand(instance, plan, series={"call": [share, 0.0]}))
    assert test.largest_miss("MWh") == pytest.approx(missing)


@pytest.mark.parametrize(("share", "missing"), [(1.0, 0.0), (0.4, 0.75)])
def test_a_full_call_of_the_leaf_does_not_begin_again_within_its_period(share: float, missing: float) -> None:
    """A call held for half an hour that began at 0:00 and is called in full until 1:00 does not run until 1:15.

    Of the 1.25 h of the day that may be called 0.25 h are left for the third hour, so that starts at 0:45 are tried as
    well, a quarter of an hour before a border. A quarter of a MWh is in store from 1:00 on: enough for 1 MW in the
    third hour, and not for the 2 MW that are held in the second, which would find 2 x 0.25 - 0.25 = 0.25 MWh missing
    at 1:15. Called in part, the call may be raised to a full one at 1:00: 2 x 0.5 - 0.25 = 0.75 MWh are missing.
    """
    rules: dict[str, Any] = {"calls_max_per_day": None, "call_hours_max_per_day": 1.25, "call_maximum_h": None}
    instance = site(
        {"battery": battery(provides=["fr_mfrr_up"], initial_mwh=share + 0.25)},
        {"fr_mfrr_up": reserve(sustain_h=0.5, activation_up_per_unit="call", **rules)},
        periods=3,
    )
    plan = idle("battery", 0.25) | {
        "grid.scheduled_mw": 0.0,
        "battery.fr_mfrr_up_held_mw": [1.0, 2.0, 1.0],
        "battery.fr_mfrr_up_called_mw": [share, 0.0, 0.0],
    }
    test = stress(books_by_hand(instance, plan, series={"call": [share, 0.0, 0.0]}))
    assert found(test) == ([("battery", "lowest level", missing)] if missing else [])


@pytest.mark.parametrize(
    ("rules", "missing"),
    [({"calls_max_per_day": 1}, 0.0), ({"rest_minimum_h": 2.0}, 0.0), ({"calls_max_per_day": 2}, 1.0)],
)
def test_a_call_that_has_ended_does_not_go_on_later(rules: dict[str, Any], missing: float) -> None:
    """Held for two hours and called in full in the first alone: it may go on from 1:00 to 2:00, and not at 1:30.

    1 MWh is in store until 2:00, enough for that, and sold in the third hour. Beside aFRR of half an hour calls that
    end at 2:30 are tried: one from 1:30 on would find 1 of 0.5 x 1 + 0.5 x 2 = 1.5 MWh. Where another call may
    begin, that of the third hour finds 1 of 2 MWh.
    """
    limits: dict[str, Any] = {"calls_max_per_day": None, "call_hours_max_per_day": None, "call_maximum_h": None}
    instance = site(
        {"battery": battery(provides=["fr_afrr_up", "fr_mfrr_up"], initial_mwh=2.0)},
        {
            "fr_afrr_up": reserve(sustain_h=0.5),
            "fr_mfrr_up": reserve(sustain_h=2.0, activation_up_per_unit="call", **(limits | rules)),
        },
        periods=3,
    )
    plan = idle("battery", [1.0, 1.0, 0.0], discharge_mw=[0.0, 0.0, 1.0]) | {
        "grid.scheduled_mw": [0.0, 0.0, 1.0],
        "battery.fr_afrr_up_held_mw": 0.0,
        "battery.fr_mfrr_up_held_mw": 1.0,
        "battery.fr_mfrr_up_called_mw": [1.0, 0.0, 0.0],
    }
    test = stress(books_by_hand(instance, plan, series={"call": [1.0, 0.0, 0.0]}))
    assert found(test) == ([("battery", "lowest level", missing)] if missing else [])


@pytest.mark.parametrize("sold_mw", [0.0, 1.0])
def test_a_call_in_part_uses_up_its_longest_time_within_a_period(sold_mw: float) -> None:
    """0.75 h of 1 MW may be called, half a MW is called from 0:00 on, for which half a MWh is in store.

    Raised to a full one at 0:00 the call runs until 0:45 and finds 0.5 of 0.75 MWh. At 0:15 0.125 h of the volume are
    used and 0.375 MWh left: it runs for 0.625 h, until 0:52:30, and finds 0.375 of 0.625 MWh. Either misses 0.25 MWh.

    With a MW sold from a MWh more, the call from 0:00 on finds 1.5 MWh for 2 MW until 0:45. The latest start is the
    worst: at 0:30 half an hour is left, until 1:00, and of the 2 MW of that half an hour 0.75 MWh are there.
    """
    limits: dict[str, Any] = {"calls_max_per_day": None, "call_hours_max_per_day": None, "call_maximum_h": 0.75}
    instance = site(
        {"battery": battery(provides=["fr_mfrr_up"], initial_mwh=0.5 + sold_mw)},
        {"fr_mfrr_up": reserve(sustain_h=0.75, activation_up_per_unit="call", **limits)},
    )
    plan = idle("battery", 0.0, discharge_mw=sold_mw) | {
        "grid.scheduled_mw": sold_mw,
        "battery.fr_mfrr_up_held_mw": 1.0,
        "battery.fr_mfrr_up_called_mw": 0.5,
    }
    test = stress(books_by_hand(instance, plan, series={"call": 0.5}))
    assert found(test) == [("battery", "lowest level", 0.25)]


@pytest.mark.parametrize(("share", "missing"), [(1e-12, 1.0), (1e-7, 1.0), (0.001, 0.0)])
def test_rounding_uses_up_no_call(share: float, missing: float) -> None:
    """One call of an hour a day, 1 MW held in the third and nothing in store: only a call before can excuse that."""
    plan = idle("battery", [0.0, 0.0, 0.0]) | {
        "grid.scheduled_mw": 0.0,
        "battery.fr_mfrr_up_held_mw": [0.0, 0.0, 1.0],
        "battery.fr_mfrr_up_called_mw": 0.0,
    }
    instance = site(
        {"battery": battery(provides=["fr_mfrr_up"], initial_mwh=0.0)},
        {"fr_mfrr_up": reserve(sustain_h=1.0, activation_up_per_unit="call", calls_max_per_day=1, call_maximum_h=1.0)},
        periods=3,
    )
    test = stress(books_by_hand(instance, plan, series={"call": [share, 0.0, 0.0]}))
    assert found(test) == ([("battery", "lowest level", missing)] if missing else [])


def test_help_from_calls_the_other_way_is_not_counted_on() -> None:
    """A downward call of the leaf fills the store, and what it brings is sold: without it 1 MWh is missing."""
    instance = site(
        {"battery": battery(provides=["fr_afrr_up", "fr_afrr_down"])},
        {"fr_afrr_up": reserve(), "fr_afrr_down": reserve(activation_down_per_unit="down")},
        periods=1,
    )
    plan = idle("battery", 1.0, discharge_mw=1.0) | {
        "grid.scheduled_mw": 1.0,
        "battery.fr_afrr_up_held_mw": 1.0,
        "battery.fr_afrr_down_held_mw": 1.0,
    }
    test = stress(books_by_hand(instance, plan, series={"down": 1.0}))
    assert found(test) == [("battery", "lowest level", 1.0)]


# -- power ------------------------------------------------------------------------------------------------------------


def engine(**fields: Any) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 4.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "provides": ["fr_afrr_up", "fr_afrr_down"],
        **fields,
    }


MAINS = {"mains": {"type": "grid_connection", "node": "fuel", "import_max_mw": None}}


def test_limits_of_an_engine() -> None:
    products = {"fr_afrr_up": reserve(), "fr_afrr_down": reserve()}
    instance = site({"engine": engine(power_min_mw=1.0), **MAINS}, products, periods=3)
    plan = {
        "engine.power_mw": [3.0, 1.5, 0.0],
        "engine.on": [1.0, 1.0, 0.0],
        "engine.fr_afrr_up_held_mw": [1.5, 1.0, 0.25],
        "engine.fr_afrr_down_held_mw": [1.0, 0.75, 0.0],
        "grid.scheduled_mw": [3.0, 1.5, 0.0],
    }
    meters = {("fuel", "mains"): [6.0, 3.0, 0.0]}
    # 3 + 1.5 > 4; an engine that is off holds nothing (0.25); 1.5 - 0.75 < 1
    assert found(stress(books_by_hand(instance, plan, metered=meters))) == [
        ("engine", "largest power", 0.5),
        ("engine", "smallest power", 0.25),
    ]
    plan["engine.fr_afrr_up_held_mw"] = [1.0, 1.0, 0.0]
    plan["engine.fr_afrr_down_held_mw"] = [1.0, 0.5, 0.0]
    assert stress(books_by_hand(instance, plan, metered=meters)).passed


@pytest.mark.parametrize("least_mw", [0.0, 1.0])
def test_an_engine_of_which_less_is_available(least_mw: float) -> None:
    """3 of 4 MW in the second hour: 2.5 MW and 1 MW of reserve are half a MW too much there, and not in the first."""
    spec = engine(power_min_mw=least_mw, available_per_unit="share")
    instance = site({"engine": spec, **MAINS}, {"fr_afrr_up": reserve(), "fr_afrr_down": reserve()}, periods=2)
    plan = {
        "engine.power_mw": [3.0, 2.5],
        "engine.on": 1.0,
        "engine.fr_afrr_up_held_mw": 1.0,
        "engine.fr_afrr_down_held_mw": 1.0,
        "grid.scheduled_mw": [3.0, 2.5],
    }
    meters = {("fuel", "mains"): [6.0, 5.0]}
    test = stress(books_by_hand(instance, plan, series={"share": [1.0, 0.75]}, metered=meters))
    assert found(test) == [("engine", "largest power", 0.5)]
    assert start_of(test) == 1.0
    assert stress(books_by_hand(instance, plan, series={"share": [1.0, 0.875]}, metered=meters)).passed


def test_before_an_outage_an_engine_runs_at_any_power() -> None:
    """At most 2 MW before a stop of its own: 1 MW too much; before an outage its 4 MW."""
    spec = engine(power_min_mw=1.0, stop_power_max_mw=2.0, available_per_unit="share")
    instance = site({"engine": spec, **MAINS}, {"fr_afrr_up": reserve(), "fr_afrr_down": reserve()}, periods=2)
    plan = {
        "engine.power_mw": [2.5, 0.0],
        "engine.on": [1.0, 0.0],
        "engine.fr_afrr_up_held_mw": [0.5, 0.0],
        "engine.fr_afrr_down_held_mw": 0.0,
        "grid.scheduled_mw": [2.5, 0.0],
    }
    meters = {("fuel", "mains"): [5.0, 0.0]}
    assert found(stress(books_by_hand(instance, plan, series={"share": [1.0, 1.0]}, metered=meters))) == [
        ("engine", "largest power", 1.0),
        ("engine", "largest power, as operated", 0.5),
    ]
    assert stress(books_by_hand(instance, plan, series={"share": [1.0, 0.2]}, metered=meters)).passed


def test_starts_stops_and_ramps() -> None:
    fields = {"power_min_mw": 1.0, "start_power_max_mw": 2.0, "stop_power_max_mw": 2.5, "initial_on": False}
    instance = site({"engine": engine(**fields, ramp_mw_per_min=0.1), **MAINS}, {"fr_afrr_up": reserve()}, periods=4)
    plan = {
        "engine.power_mw": [1.5, 1.5, 1.5, 0.0],
        "engine.on": [1.0, 1.0, 1.0, 0.0],
        "engine.fr_afrr_up_held_mw": [0.5, 0.5, 0.5, 0.0],
        "grid.scheduled_mw": 1.5,
    }
    meters = {("fuel", "mains"): 3.0}
    # 0.1 MW a minute reach 0.5 MW in 300 s; 1.5 + 0.5 is what a start allows
    assert stress(books_by_hand(instance, plan, metered=meters)).passed
    plan["engine.fr_afrr_up_held_mw"] = [0.75, 0.5, 1.25, 0.0]
    assert found(stress(books_by_hand(instance, plan, metered=meters))) == [
        ("engine", "largest power", 0.25),
        ("engine", "ramp within 300 s", 0.75),
    ]


def test_sources_and_demands() -> None:
    instance = site(
        {
            "sun": {"type": "source", "node": "power", "available_mw": "sun_mw", "provides": ["fr_afrr_up"]},
            "load": {
                "type": "sheddable_demand",
                "node": "power",
                "demand_mw": 2.0,
                "shed_max_per_unit": 0.5,
                "shed_cost_eur_per_mwh": 0.0,
                "provides": ["fr_afrr_up"],
            },
        },
        {"fr_afrr_up": reserve()},
        periods=2,
    )
    plan = {
        "sun.power_mw": 1.0,
        "sun.fr_afrr_up_held_mw": 1.0,
        "load.shed_mw": 0.25,
        "load.fr_afrr_up_held_mw": [0.75, 1.0],
        "grid.scheduled_mw": 0.0,
    }
    test = stress(books_by_hand(instance, plan, series={"sun_mw": [2.0, 1.5]}))
    assert found(test) == [("load", "share that can be shed", 0.25), ("sun", "available power", 0.5)]


def test_groups_share_a_device_and_not_a_connection() -> None:
    """Two batteries, each selling its MW to a product of another group, behind an export limit of 1 MW."""
    stores = {
        "one": battery(provides=["fr_afrr_up"], initial_mwh=2.0, discharge_max_mw=1.0),
        "two": battery(provides=["fr_mfrr_up"], initial_mwh=2.0, discharge_max_mw=1.0),
    }
    products = {
        "fr_afrr_up": reserve(exclusivity_group="one"),
        "fr_mfrr_up": reserve(exclusivity_group="two", activation_up_per_unit=0.0),
    }
    instance = make_instance({"grid": grid(export_max_mw=1.0), **stores}, {**DAY_AHEAD, **products})
    plan = (
        idle("one", 2.0)
        | idle("two", 2.0)
        | {
            "grid.scheduled_mw": 0.0,
            "one.fr_afrr_up_held_mw": 1.0,
            "two.fr_mfrr_up_held_mw": 1.0,
            "two.fr_mfrr_up_called_mw": 0.0,
        }
    )
    assert found(stress(books_by_hand(instance, plan))) == [("grid", "export limit", 1.0)]
    # one battery that holds the same MW for both is one MW at the connection
    both = {"one": battery(provides=["fr_afrr_up", "fr_mfrr_up"], initial_mwh=2.0, discharge_max_mw=1.0)}
    instance = make_instance({"grid": grid(export_max_mw=1.0), **both}, {**DAY_AHEAD, **products})
    plan = idle("one", 2.0) | {
        "grid.scheduled_mw": 0.0,
        "one.fr_afrr_up_held_mw": 1.0,
        "one.fr_mfrr_up_held_mw": 1.0,
        "one.fr_mfrr_up_called_mw": 0.0,
    }
    assert stress(books_by_hand(instance, plan)).passed


def test_products_of_one_group_do_not_share_a_device() -> None:
    instance = site(
        {"one": battery(provides=["fr_afrr_up", "fr_mfrr_up"], initial_mwh=2.0, discharge_max_mw=1.0)},
        {"fr_afrr_up": reserve(sustain_h=0.0), "fr_mfrr_up": reserve(sustain_h=0.0, activation_up_per_unit=0.0)},
    )
    plan = idle("one", 2.0) | {
        "grid.scheduled_mw": 0.0,
        "one.fr_afrr_up_held_mw": 1.0,
        "one.fr_mfrr_up_held_mw": 0.25,
        "one.fr_mfrr_up_called_mw": 0.0,
    }
    assert found(stress(books_by_hand(instance, plan))) == [("one", "discharging power", 0.25)]


@pytest.mark.parametrize(("limit_mw", "missing"), [(1.0, 1.0), (2.0, 0.0)])
def test_calls_of_two_groups_are_both_delivered(limit_mw: float, missing: float) -> None:
    """A MW held for two products of different groups, and called for both: 2 MW, from the store and over the meter."""
    products = {
        "fr_afrr_up": reserve(exclusivity_group="one", activation_up_per_unit=1.0),
        "fr_mfrr_up": reserve(exclusivity_group="two", activation_up_per_unit=1.0),
    }
    store = battery(provides=list(products), initial_mwh=2.0, charge_max_mw=0.0, discharge_max_mw=limit_mw)
    instance = site({"battery": store}, products)
    plan = idle("battery", 0.0) | {
        "grid.scheduled_mw": 0.0,
        "battery.fr_afrr_up_held_mw": 1.0,
        "battery.fr_mfrr_up_held_mw": 1.0,
        "battery.fr_mfrr_up_called_mw": 1.0,
    }
    data = books_by_hand(instance, plan, metered={("power", "grid"): -2.0})
    assert found(stress(data)) == ([("battery", "discharging power, as operated", missing)] if missing else [])
    narrow = make_instance({"grid": grid(export_max_mw=1.5), "battery": store}, {**DAY_AHEAD, **products})
    data = books_by_hand(narrow, plan, metered={("power", "grid"): -2.0})
    assert ("grid", "export limit, as operated", 0.5) in found(stress(data))


def test_an_engine_as_operated() -> None:
    """Scheduled at 3 MW and 1 MW of each group, both called: 5 MW from an engine of 4; downward 1 MW, at its least."""
    products = {
        f"fr_{name}_{way}": reserve(exclusivity_group=name, **{f"activation_{way}_per_unit": f"called_{way}"})
        for name in ("afrr", "mfrr")
        for way in ("up", "down")
    }
    for name in ("fr_mfrr_up", "fr_mfrr_down"):
        products[name]["call"] = "continuous"
    instance = site({"engine": engine(power_min_mw=1.5, provides=list(products)), **MAINS}, products, periods=2)
    plan = {"engine.power_mw": 3.0, "engine.on": 1.0, "grid.scheduled_mw": 3.0}
    plan |= {f"engine.{name}_held_mw": 1.0 for name in products}
    series = {"called_up": [1.0, 0.0], "called_down": [0.0, 1.0]}
    data = books_by_hand(instance, plan, series=series, metered={("fuel", "mains"): [10.0, 2.0]})
    assert found(stress(data)) == [
        ("engine", "largest power, as operated", 1.0),
        ("engine", "smallest power, as operated", 0.5),
    ]
    series = {"called_up": [0.5, 0.0], "called_down": [0.0, 0.5]}
    assert stress(books_by_hand(instance, plan, series=series, metered={("fuel", "mains"): [8.0, 4.0]})).passed


# -- other nodes ------------------------------------------------------------------------------------------------------


def district(import_max_mw: float | None, **store: Any) -> Instance:
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
        "provides": ["fr_afrr_up"],
    }
    network = {"type": "grid_connection", "node": "warmth", "import_max_mw": import_max_mw, "export_max_mw": 0.0}
    heat = {"node": "warmth", "charge_max_mw": 5.0, "discharge_max_mw": 5.0, "provides": []}
    stores = {"store": battery(**heat) | store} if store else {}
    load = {"heating": {"type": "demand", "node": "warmth", "demand_mw": 4.0}}
    return site({"pump": pump, "network": network, **stores, **load}, {"fr_afrr_up": reserve()})


@pytest.mark.parametrize(
    ("import_max_mw", "store", "missing"),
    [
        # 4 MW of heat are needed: 3 from the pump, 1 from the network. A pump that stops owes 3 MW for an hour.
        (None, {}, []),
        (4.0, {}, []),
        (2.0, {}, [("network", "power it can give at warmth", 2.0)]),
        (2.0, {"initial_mwh": 2.0}, []),
        (2.0, {"initial_mwh": 1.5}, [("store", "lowest level", 0.5)]),
        (2.0, {"initial_mwh": 2.0, "discharge_max_mw": 0.5}, [("store", "discharging power to take over", 1.5)]),
    ],
    ids=["no limit", "wide", "narrow", "store", "empty", "slow"],
)
def test_heat_taken_over_by_networks_and_stores(
    import_max_mw: float | None, store: dict[str, Any], missing: list[tuple[str, str, float]]
) -> None:
    plan: dict[str, Any] = {"pump.power_mw": 1.0, "pump.fr_afrr_up_held_mw": 1.0, "grid.scheduled_mw": -1.0}
    if store:
        plan |= idle("store", store["initial_mwh"])
    instance = district(import_max_mw, **store)
    assert found(stress(books_by_hand(instance, plan, metered={("warmth", "network"): 1.0}))) == missing


def test_heat_that_a_call_adds_needs_room() -> None:
    """A CHP called up by 1 MW adds 1.2 MW of heat for an hour to a store with room for 1 MWh."""
    chp = engine(provides=["fr_afrr_up"]) | {
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.2}]
    }
    instance = site({"chp": chp, "store": battery(node="warmth", provides=[]), **MAINS}, {"fr_afrr_up": reserve()})
    plan = idle("store", 1.0) | {"chp.power_mw": 0.0, "chp.fr_afrr_up_held_mw": 1.0, "grid.scheduled_mw": 0.0}
    test = stress(books_by_hand(instance, plan, metered={("fuel", "mains"): 0.0}))
    assert found(test) == [("store", "highest level", 0.2)]


def shared_district(**shares: float) -> tuple[Instance, dict[str, Any]]:
    """A heat pump that owes 3 MW of heat, shared out over two stores of which one is slow and one small."""
    instance = site(
        {
            "pump": engine(provides=["fr_afrr_up"], power_max_mw=1.0)
            | {
                "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
                "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
            },
            "slow": battery(node="warmth", provides=[], initial_mwh=2.0, discharge_max_mw=1.0),
            "small": battery(node="warmth", provides=[], initial_mwh=1.5, discharge_max_mw=5.0),
            "heating": {"type": "demand", "node": "warmth", "demand_mw": 3.0},
        },
        {"fr_afrr_up": reserve()},
    )
    plan = idle("slow", 2.0) | idle("small", 1.5)
    plan |= {"pump.power_mw": 1.0, "pump.fr_afrr_up_held_mw": 1.0, "grid.scheduled_mw": -1.0}
    return instance, plan | {f"{store}.pump_fr_afrr_up_taken_share_mw": share for store, share in shares.items()}


def test_several_stores_take_over_as_planned() -> None:
    """Together 3.5 MWh and 6 MW are more than 3 MW for an hour; the slow one gives 1 and the small one has 1.5."""
    instance, plan = shared_district(slow=1.0, small=2.0)
    assert found(stress(books_by_hand(instance, plan))) == [("small", "lowest level", 0.5)]
    instance, plan = shared_district(slow=1.5, small=1.5)
    assert found(stress(books_by_hand(instance, plan))) == [("slow", "discharging power to take over", 0.5)]
    instance, plan = shared_district(slow=1.0, small=1.5)
    assert found(stress(books_by_hand(instance, plan))) == [("warmth", "planned shares of what a call changes", 0.5)]
    # without a plan the test tries to share it out itself, and finds as much missing
    instance, plan = shared_district()
    assert sum(missing for _, _, missing in found(stress(books_by_hand(instance, plan)))) == pytest.approx(0.5)


def test_a_megawatt_of_two_groups_moves_once() -> None:
    """A heat pump holds its MW for a product of either group, and one is called by the leaf: the store gives 3 MWh.

    A full call of the other finds the pump stopped already, and takes no more heat away. Without the call of the leaf
    it takes those 3 MWh, which are no longer there if the schedule has used them.
    """
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
        "provides": ["fr_afrr_up", "fr_mfrr_up"],
    }
    store = battery(node="warmth", provides=[], energy_max_mwh=3.0, initial_mwh=3.0, discharge_max_mw=3.0)
    instance = site(
        {"pump": pump, "store": store, "heating": {"type": "demand", "node": "warmth", "demand_mw": 3.0}},
        {
            "fr_afrr_up": reserve(exclusivity_group="one"),
            "fr_mfrr_up": reserve(exclusivity_group="two", sustain_h=1.0, activation_up_per_unit="call"),
        },
    )
    plan = idle("store", 0.0, discharge_mw=3.0) | {
        "pump.power_mw": 1.0,
        "pump.fr_afrr_up_held_mw": 1.0,
        "pump.fr_mfrr_up_held_mw": 1.0,
        "pump.fr_mfrr_up_called_mw": 1.0,
        "grid.scheduled_mw": -1.0,
    }
    assert stress(books_by_hand(instance, plan, series={"call": 1.0})).passed
    plan["pump.fr_mfrr_up_called_mw"] = 0.0
    assert found(stress(books_by_hand(instance, plan, series={"call": 0.0}))) == [
        ("store", "discharging power to take over", 3.0),
        ("store", "lowest level", 3.0),
    ]


def test_a_running_call_of_another_group_takes_the_heat_once() -> None:
    """The leaf calls half of the MW of one group; a full call of the other adds the other half, and takes 1.5 MWh."""
    pump = engine(provides=["fr_afrr_up", "fr_mfrr_up"], power_max_mw=2.0) | {
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
    }
    store = battery(node="warmth", provides=[], energy_max_mwh=3.0, initial_mwh=3.0, discharge_max_mw=3.0)
    instance = site(
        {"pump": pump, "store": store, "heating": {"type": "demand", "node": "warmth", "demand_mw": 6.0}},
        {
            "fr_afrr_up": reserve(exclusivity_group="one"),
            "fr_mfrr_up": reserve(exclusivity_group="two", sustain_h=1.0, activation_up_per_unit="call"),
        },
    )
    plan = idle("store", 1.5, discharge_mw=1.5) | {
        "pump.power_mw": 2.0,
        "pump.fr_afrr_up_held_mw": 1.0,
        "pump.fr_mfrr_up_held_mw": 1.0,
        "pump.fr_mfrr_up_called_mw": 0.5,
        "grid.scheduled_mw": -2.0,
    }
    assert stress(books_by_hand(instance, plan, series={"call": 0.5})).passed
    # of a single group it is another MW: 3 MWh beside the 1.5, or both in full, 6, of the 3
    one = {
        name: spec.model_copy(update={"exclusivity_group": "one"})
        for name, spec in instance.products.items()
        if name.startswith("fr_")
    }
    together = instance.model_copy(update={"products": {**instance.products, **one}})
    assert found(stress(books_by_hand(together, plan, series={"call": 0.5}))) == [
        ("store", "discharging power to take over", 1.5),
        ("store", "discharging power to take over", 3.0),
        ("store", "lowest level", 1.5),
        ("store", "lowest level", 3.0),
    ]


def both_ways(up: str, down: str, demand_mw: float, **store: float) -> tuple[Instance, dict[str, Any]]:
    """A heat pump that takes 3 MWh of heat a MW called up, and a CHP that takes 1 MWh a MW called down, and a store."""
    pump = engine(provides=[up], power_max_mw=1.0) | {
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
    }
    chp = engine(provides=[down], power_max_mw=1.0) | {
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.0}]
    }
    heat = {"heating": {"type": "demand", "node": "warmth", "demand_mw": demand_mw}}
    tank = battery(node="warmth", provides=[], energy_max_mwh=10.0, **store)
    products = {name: reserve(sustain_h=1.0) for name in dict.fromkeys((up, down))}
    instance = site({"pump": pump, "chp": chp, "store": tank, **heat, **MAINS}, products)
    plan = idle("store", store["initial_mwh"]) | {"pump.power_mw": 1.0, "chp.power_mw": 1.0, "grid.scheduled_mw": 0.0}
    for unit, product in (("pump", up), ("chp", down)):
        for way in ("up", "down") if product == "fr_fcr" else (product.rsplit("_", 1)[1],):
            directed = f"fr_fcr_{way}" if product == "fr_fcr" else product
            plan[f"{unit}.{directed}_held_mw"] = float((unit, way) in (("pump", "up"), ("chp", "down")))
    return instance, plan


@pytest.mark.parametrize(
    ("up", "down", "store", "missing"),
    [
        # 3 MWh a MW of pump called up and 1 MWh a MW of CHP called down, from one store, at once
        ("fr_afrr_up", "fr_afrr_down", {"initial_mwh": 4.0}, []),
        ("fr_afrr_up", "fr_afrr_down", {"initial_mwh": 3.0}, [("store", "lowest level", 1.0)]),
        (
            "fr_afrr_up",
            "fr_afrr_down",
            {"initial_mwh": 4.0, "discharge_max_mw": 3.0},
            [("store", "discharging power to take over", 1.0)],
        ),
        # one signal goes one way at a time
        ("fr_fcr", "fr_fcr", {"initial_mwh": 3.0}, []),
        ("fr_fcr", "fr_fcr", {"initial_mwh": 2.5}, [("store", "lowest level", 0.5)]),
    ],
)
def test_calls_up_and_down_take_the_same_heat(
    up: str, down: str, store: dict[str, float], missing: list[tuple[str, str, float]]
) -> None:
    instance, plan = both_ways(up, down, 4.0, **{"discharge_max_mw": 10.0, "charge_max_mw": 10.0, **store})
    data = books_by_hand(instance, plan, metered={("fuel", "mains"): 2.0})
    assert found(stress(data)) == missing


# -- leaves -----------------------------------------------------------------------------------------------------------


def test_the_worst_leaf_comes_first() -> None:
    instance = site({"battery": battery()}, {"fr_afrr_up": reserve()})
    plan = idle("battery", [[0.5], [0.0], [0.25]], discharge_mw=[[0.5], [1.0], [0.75]]) | {
        "grid.scheduled_mw": [[0.5], [1.0], [0.75]],
        "battery.fr_afrr_up_held_mw": [[0.5], [0.5], [0.5]],
    }
    test = stress(books_by_hand(instance, plan, probabilities=(0.5, 0.2, 0.3)))
    assert test.worst_leaves() == [1, 2, 0]
    assert test.worst_leaves(1) == [1]
    assert not test.passed
    assert test.leaves_with_a_miss == 2
    assert test.probability_of_a_miss == pytest.approx(0.5)
    assert test.largest_miss("MWh") == pytest.approx(0.5)
    assert test.largest_miss("MW") == 0.0
    table = test.table()
    assert table[["leaf", "place", "missing"]].to_numpy().tolist() == [["s1", "battery", 0.5], ["s2", "battery", 0.25]]


def test_a_store_of_which_less_is_available() -> None:
    """1 of 2 MW to discharge in the second hour, with 1.25 MW held; half a MW to charge, with 0.75 MW held."""
    shares = {"charge_available_per_unit": "in", "discharge_available_per_unit": "out"}
    store = battery(**shares, energy_max_mwh=20.0, initial_mwh=10.0, provides=["fr_afrr_up", "fr_afrr_down"])
    instance = site({"battery": store}, {"fr_afrr_up": reserve(), "fr_afrr_down": reserve()}, periods=2)
    plan = idle("battery", 10.0) | {
        "battery.fr_afrr_up_held_mw": 1.25,
        "battery.fr_afrr_down_held_mw": 0.75,
        "grid.scheduled_mw": 0.0,
    }
    test = stress(books_by_hand(instance, plan, series={"in": [1.0, 0.25], "out": [1.0, 0.5]}))
    assert found(test) == [("battery", "charging power", 0.25), ("battery", "discharging power", 0.25)]
    assert stress(books_by_hand(instance, plan, series={"in": [1.0, 0.375], "out": [1.0, 0.625]})).passed
    # as operated: 1 MW goes in where half a MW can
    charged = idle("battery", [10.0, 11.0], charge_mw=[0.0, 1.0]) | {
        "battery.fr_afrr_up_held_mw": 0.0,
        "battery.fr_afrr_down_held_mw": 0.0,
        "grid.scheduled_mw": [0.0, -1.0],
    }
    meters = {("power", "grid"): [0.0, 1.0]}
    assert ("battery", "charging power, as operated", 0.5) in found(
        stress(books_by_hand(instance, charged, series={"in": [1.0, 0.25], "out": 1.0}, metered=meters))
    )


def test_bounds_of_a_level_that_change() -> None:
    """2 MWh, all to be in store after the first hour and none after the second, so 1.5 MWh half an hour in.

    4 MW are given for half an hour from the start of the second hour: half a MWh too much.
    """
    store = battery(initial_mwh=2.0, discharge_max_mw=4.0, level_min_mwh="low", level_penalty_eur_per_mwh=None)
    instance = site({"battery": store}, {"fr_afrr_up": reserve(sustain_h=0.5, block_h=1)}, periods=2)
    plan = idle("battery", 2.0) | {"battery.fr_afrr_up_held_mw": [0.0, 3.0], "grid.scheduled_mw": 0.0}
    low = {"low": [2.0, 0.0]}
    assert found(stress(books_by_hand(instance, plan, series=low))) == [("battery", "lowest level", 0.5)]
    plan["battery.fr_afrr_up_held_mw"] = [0.0, 2.0]
    assert stress(books_by_hand(instance, plan, series=low)).passed
    # what is paid for in the first hour lowers the line: 1.75 MWh at its start, half of that half an hour in
    plan["battery.fr_afrr_up_held_mw"] = [0.25, 2.25]
    paid = plan | {"battery.level_below_mwh": [0.25, 0.0]}
    assert stress(books_by_hand(instance, paid, series=low)).passed
    # levels of the leaf itself
    plan |= {"battery.fr_afrr_up_held_mw": 0.0, "battery.level_mwh": [1.5, 1.5], "battery.discharge_mw": [0.5, 0.0]}
    plan |= {"grid.scheduled_mw": [0.5, 0.0]}
    assert ("battery", "lowest level", 0.5) in found(stress(books_by_hand(instance, plan, series=low)))


def test_a_fixed_loss_drains_a_store_while_calls_run() -> None:
    """2 MWh, 0.25 MW lost: 1.75 MW can be given for the hour, and a level that stays is a level too high."""
    store = battery(initial_mwh=2.0, fixed_loss_mw=0.25)
    instance = site({"battery": store}, {"fr_afrr_up": reserve()})
    plan = idle("battery", 1.75) | {"battery.fr_afrr_up_held_mw": 1.75, "grid.scheduled_mw": 0.0}
    assert stress(books_by_hand(instance, plan)).passed
    plan["battery.fr_afrr_up_held_mw"] = 2.0
    assert found(stress(books_by_hand(instance, plan))) == [("battery", "lowest level", 0.25)]
    plan |= {"battery.fr_afrr_up_held_mw": 0.0, "battery.level_mwh": 2.0}
    assert ("battery", "level its flows can leave", 0.25) in found(stress(books_by_hand(instance, plan)))
    # unless that is paid for
    assert stress(books_by_hand(instance, plan | {"battery.loss_short_mw": 0.25})).passed


def test_a_store_that_takes_over_with_what_is_available() -> None:
    """3 MW of heat for a pump that is called to rest, with 0.2 of 10 MW: 1 MW is missing."""
    instance = heat_site(discharge_available_per_unit="share")
    plan = idle("store", 0.0, discharge_mw=3.0) | {
        "pump.power_mw": 1.0,
        "pump.fr_afrr_up_held_mw": 1.0,
        "grid.scheduled_mw": -1.0,
        "store.level_mwh": 0.0,
    }
    meters = {("power", "grid"): 1.0}
    places = found(stress(books_by_hand(instance, plan, series={"share": 0.5}, metered=meters)))
    # 3 MW more than the 3 MW of its schedule, where 5 MW can be given
    assert ("store", "discharging power to take over", 1.0) in places


def test_a_connection_of_which_less_is_available() -> None:
    """3 of 4 MW of export in the second hour: 2.5 MW and 1 MW of reserve are half a MW too much there."""
    connection = grid(export_max_mw=4.0, export_available_per_unit="share")
    instance = site({"grid": connection, "engine": engine(), **MAINS}, {"fr_afrr_up": reserve()}, periods=2)
    plan = {
        "engine.power_mw": [3.0, 2.5],
        "engine.fr_afrr_up_held_mw": 1.0,
        "grid.scheduled_mw": [3.0, 2.5],
    }
    meters = {("fuel", "mains"): [6.0, 5.0], ("power", "grid"): [-3.0, -2.5]}
    test = stress(books_by_hand(instance, plan, series={"share": [1.0, 0.75]}, metered=meters))
    assert found(test) == [("grid", "export limit", 0.5)]
    assert start_of(test) == 1.0
    assert stress(books_by_hand(instance, plan, series={"share": [1.0, 0.875]}, metered=meters)).passed
    # 2.5 MW go through the meter where 2 MW are available
    assert ("grid", "export limit, as operated", 0.5) in found(
        stress(books_by_hand(instance, plan, series={"share": [1.0, 0.5]}, metered=meters))
    )
